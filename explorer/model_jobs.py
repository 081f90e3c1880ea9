"""What the workers do with models: open, appraise and save them, and keep their directions.

Importing this file imports torch; `explorer.jobs` is where a worker finds it. It does not know Qt,
nor how anything is trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models import checkpoint, dataset, direction_file, run, run_folder
from models.checkpoint import Checkpoint
from models.dataset import Frames, spread
from models.device import pick_device, use_threads
from models.direction import Direction
from models.evaluate import evaluate, evaluate_held_out
from models.machine import cores
from models.run_folder import BEST
from models.train import TrainConfig
from models.vae import VAE

APPRAISED_FRAMES = 256  # behind the figures of a model that the window measures


def load_model(request: tuple[Path, str, Path]) -> tuple[Path, Checkpoint, bool]:
    """Read the checkpoint at a path onto a device; gives all of the path, it, and whether the file
    has its figures.

    One that nobody has measured yet is: the best of a run on held-out frames of that run's own,
    another on some of the frames at the last path.
    """
    path, device, samples = request
    learned = None
    if path.name == BEST and run_folder.is_run(path.parent):
        loaded, learned = run.best_of(path.parent, samples)
    else:
        loaded = checkpoint.load(path)
    loaded = replace(loaded, vae=loaded.vae.to(pick_device(device)))
    return path, _measured(loaded, samples, learned), loaded.aggregate is not None


def _measured(loaded: Checkpoint, samples: Path, learned: Frames | None) -> Checkpoint:
    vae = loaded.vae
    if loaded.aggregate is not None or not vae.encodes:
        return loaded
    use_threads(cores())
    if learned is not None:
        evaluation = evaluate_held_out(vae, learned, TrainConfig.held_out, APPRAISED_FRAMES)
    else:
        frames = dataset.load(samples).sized(vae.shape)
        frames = frames.take(spread(np.arange(len(frames)), APPRAISED_FRAMES))
        evaluation = evaluate(vae, Frames([frames]))
    return replace(loaded, figures=evaluation.figures(), aggregate=evaluation.aggregate)


def appraise(request: tuple[VAE, Mapping[str, Any], Frames, str]) -> Checkpoint:
    """A checkpoint of a VAE with its figures on the held-out part of the frames."""
    vae, history, frames, name = request
    use_threads(cores())
    evaluation = evaluate_held_out(vae, frames, TrainConfig.held_out, APPRAISED_FRAMES)
    return replace(checkpoint.describe(vae, evaluation, history, name), vae=vae)


def save(
    request: tuple[Path, Checkpoint | tuple, tuple[Direction, ...]],
) -> tuple[Path, Checkpoint]:
    """Write a checkpoint with directions, appraising the VAE first when it has learned since."""
    path, what, directions = request
    model = what if isinstance(what, Checkpoint) else appraise(what)
    model = replace(model, directions=directions)
    checkpoint.save(path, model)
    return path, replace(model, name=path.stem)


def keep_directions(
    request: tuple[Path, VAE, tuple[Direction, ...], tuple[Direction, ...]],
) -> tuple[VAE, direction_file.Kept]:
    """Put directions of a VAE, which is given back, into a folder, drop others; gives all there."""
    folder, vae, put, drop = request
    return vae, direction_file.change(folder, vae, put, drop)
