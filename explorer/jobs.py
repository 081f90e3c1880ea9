"""What the workers run, and the names of `models` that the session needs.

Importing this file imports torch, so only a worker thread does it first; see `explorer.session`.
It does not know Qt.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models import checkpoint, dataset
from models.checkpoint import Checkpoint
from models.dataset import Frames, spread
from models.device import describe, pick_device, use_threads
from models.drive import drive
from models.evaluate import evaluate, evaluate_held_out
from models.frame import RECIPES
from models.history import History
from models.machine import cores
from models.observation import Observation, perceive
from models.recorder import Recorder
from models.train import TrainConfig, TrainState, TrainStep, train
from models.vae import VAE

__all__ = ["RECIPES", "History", "Recorder", "TrainConfig", "describe", "drive"]

APPRAISED_FRAMES = 256  # behind the figures of a model that the window measures


def load_model(request: tuple[Path, str, Path]) -> Checkpoint:
    """Read the checkpoint at a path onto a device.

    One that nobody has measured yet is, on some of the frames at the last path.
    """
    path, device, samples = request
    loaded = checkpoint.load(path)
    vae = loaded.vae.to(pick_device(device))
    if loaded.aggregate is not None or not vae.encodes:
        return replace(loaded, vae=vae)
    use_threads(cores())
    frames = dataset.load(samples).sized(vae.shape)
    frames = frames.take(spread(np.arange(len(frames)), APPRAISED_FRAMES))
    evaluation = evaluate(vae, Frames([frames]))
    return replace(loaded, vae=vae, figures=evaluation.figures(), aggregate=evaluation.aggregate)


def load_frames(path: Path) -> Frames:
    """Open frames of any kind."""
    return dataset.load(path)


def decode(request: tuple[np.ndarray, VAE]) -> np.ndarray:
    """The picture of z, (H, W, 3) uint8."""
    z, vae = request
    use_threads(1)  # one picture is too small to be shared out
    return vae.image(z)


def look(request: tuple[np.ndarray, VAE]) -> Observation:
    """What the VAE makes of one frame."""
    frame, vae = request
    use_threads(1)
    return perceive(Observation(frame, None, 0.0, None), vae)


def reconstruct(request: tuple[np.ndarray, VAE]) -> np.ndarray:
    """Frames (n, H, W, 3) uint8 through the bottleneck and back, decoded from the mean."""
    frames, vae = request
    use_threads(1)
    return vae.image(vae.posterior(frames).mu)


def appraise(request: tuple[VAE, Mapping[str, Any], Frames, str]) -> Checkpoint:
    """A checkpoint of a VAE with its figures on the held-out part of the frames."""
    vae, history, frames, name = request
    use_threads(cores())
    evaluation = evaluate_held_out(vae, frames, TrainConfig.held_out, APPRAISED_FRAMES)
    return replace(checkpoint.describe(vae, evaluation, history, name), vae=vae)


def save(request: tuple[Path, Checkpoint | tuple]) -> tuple[Path, Checkpoint]:
    """Write a checkpoint, appraising the VAE first when it has learned since it last was."""
    path, what = request
    model = what if isinstance(what, Checkpoint) else appraise(what)
    checkpoint.save(path, model)
    return path, replace(model, name=path.stem)


def run_training(
    config: TrainConfig, frames: Frames, start: VAE | None
) -> Generator[TrainStep, TrainConfig | None, None]:
    """Train from the weights of `start`, or from fresh ones."""
    return (yield from train(config, frames, TrainState.start(config, start)))
