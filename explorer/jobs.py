"""What the workers run, and the names of `models` that the session needs.

Importing this file imports torch, so only a worker thread does it first; see `explorer.session`.
It does not know Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from explorer.question import Answer, Question, Sheet, SheetQuestion, Way, WayAnswer
from explorer.worker import Breath
from models import basis, checkpoint, dataset, moving, traversal, vector
from models.basis import principal
from models.checkpoint import Checkpoint
from models.collect import Progress, collect
from models.dataset import Frames, spread
from models.device import describe, pick_device, use_threads
from models.drive import drive
from models.evaluate import evaluate, evaluate_held_out
from models.frame import RECIPES
from models.history import History
from models.machine import cores
from models.observation import Observation, perceive
from models.path import interpolate
from models.recorder import Recorder
from models.render import command_for_path, command_for_picture, command_for_traversals
from models.sampling import sample_aggregate, sample_posterior, sample_prior
from models.sensitivity import effects, round_trip, sensitivity
from models.sensitivity import spread as pixel_spread
from models.train import TrainConfig, TrainState, TrainStep, train
from models.vae import VAE

__all__ = [
    "RECIPES",
    "History",
    "Recorder",
    "TrainConfig",
    "command_for_path",
    "command_for_picture",
    "command_for_traversals",
    "describe",
    "drive",
    "interpolate",
    "principal",
    "sample_aggregate",
    "sample_posterior",
    "sample_prior",
    "vector",
]

APPRAISED_FRAMES = 256  # behind the figures of a model that the window measures
REST_SECONDS = 0.15  # that z stands still before what is costly is computed
BATCH = 8  # pictures between two looks for a newer z: some 12 ms


def load_model(request: tuple[Path, str, Path]) -> tuple[Path, Checkpoint, bool]:
    """Read the checkpoint at a path onto a device; gives all of the path, it, and whether the file
    has its figures.

    One that nobody has measured yet is, on some of the frames at the last path.
    """
    path, device, samples = request
    loaded = checkpoint.load(path)
    loaded = replace(loaded, vae=loaded.vae.to(pick_device(device)))
    return path, _measured(loaded, samples), loaded.aggregate is not None


def _measured(loaded: Checkpoint, samples: Path) -> Checkpoint:
    vae = loaded.vae
    if loaded.aggregate is not None or not vae.encodes:
        return loaded
    use_threads(cores())
    frames = dataset.load(samples).sized(vae.shape)
    frames = frames.take(spread(np.arange(len(frames)), APPRAISED_FRAMES))
    evaluation = evaluate(vae, Frames([frames]))
    return replace(loaded, figures=evaluation.figures(), aggregate=evaluation.aggregate)


def load_frames(path: Path) -> Frames:
    """Open frames of any kind."""
    return dataset.load(path)


def load_pictures(paths: tuple[Path, ...]) -> Frames:
    """Open what is to be looked at: frames of any kind."""
    return dataset.load_together(paths)


def examine(request: tuple[Frames, int, VAE]) -> tuple[Frames, int, Observation, VAE]:
    """What the VAE makes of the frame at an index, which are given back with it."""
    frames, index, vae = request
    [frame] = frames.sized(vae.shape).take(np.array([index]))
    return frames, index, *look((frame, vae))


def explore(request: tuple[Question, VAE]) -> Generator[Answer | Breath]:
    """The parts of the answer to a question: the picture at once, then ever costlier ones."""
    question, vae = request
    z, wishes = question.z, question.wishes
    use_threads(1)  # one picture is too small to be shared out
    picture = vae.image(z)
    yield Answer(question, "picture", picture)
    if wishes.other is not None:
        difference = picture.astype(np.float32) - vae.image(wishes.other)
        yield Answer(question, "difference", difference.mean(-1))
    if vae.encodes:
        yield Answer(question, "round trip", round_trip(vae, z))
    if wishes.direction is not None:
        yield Answer(question, "sensitivity", sensitivity(vae, z, wishes.direction))
    yield Breath(REST_SECONDS)
    if wishes.moves is not None:
        changes = yield from _in_batches(partial(effects, vae, z), wishes.moves)
        yield Answer(question, "effects", changes)
        far = wishes.reach * wishes.moves
        ends = np.stack([z - far, z + far], axis=1).reshape(-1, len(z))
        pictures = yield from _in_batches(vae.image, ends)
        yield Answer(question, "ends", pictures.reshape(-1, 2, *vae.shape))


def traverse(request: tuple[SheetQuestion, VAE]) -> Generator[Sheet | Breath]:
    """The sheet of traversals, once z has rested."""
    question, vae = request
    yield Breath(REST_SECONDS)
    started = time.perf_counter()
    use_threads(cores())
    choose = traversal.principal_rows if question.principal else traversal.latent_rows
    labels, moves, indices = choose(question.kl, question.aggregate)
    points = traversal.points(question.z, moves)
    z = points.reshape(-1, points.shape[-1])
    # As many at once as the command line takes: other sums may round to another pixel.
    pictures = yield from _in_batches(vae.image, z, traversal.BATCH)
    axes = principal(question.aggregate) if question.principal else basis.latents(len(question.z))
    values = axes.coordinates(points)[np.arange(len(indices)), :, indices]
    pictures = pictures.reshape(*points.shape[:2], *vae.shape)
    seconds = time.perf_counter() - started
    yield Sheet(question, labels, traversal.values(), points, values, pictures, seconds)


def survey(request: tuple[Way, VAE]) -> Generator[WayAnswer | Breath]:
    """The pictures at a way's keyframes, then the KL of what all its pictures are encoded to."""
    way, vae = request
    use_threads(1)  # it may be played at the same time
    yield WayAnswer(way, "keyframes", traversal.decode(vae, way.keyframes))
    if vae.encodes:
        kl = yield from _in_batches(lambda z: vae.posterior(vae.image(z)).kl.sum(-1), way.z)
        yield WayAnswer(way, "kl", kl)


def _in_batches(
    function: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, batch: int = BATCH
) -> Generator[Breath, None, np.ndarray]:
    """`function(rows)`, a few rows at a time; an empty array for none."""
    parts = []
    for first in range(0, len(rows), batch):
        parts.append(function(rows[first : first + batch]))
        yield Breath()
    return np.concatenate(parts) if parts else np.empty(0)


def export(request: tuple[Path, Sheet | Way, VAE]) -> Path:
    """Write a sheet as PNG, or a way as its name ends in: GIF, PNG strip, MP4."""
    path, what, vae = request
    if isinstance(what, Sheet):
        moving.write_png(path, traversal.sheet(what.pictures, what.labels))
        return path
    use_threads(cores())
    pictures = traversal.decode(vae, what.z)
    writers = {".gif": moving.write_gif, ".png": moving.write_strip, ".mp4": moving.write_mp4}
    writers[path.suffix.lower()](path, pictures)
    return path


def measure_spread(request: tuple[Any, VAE]) -> np.ndarray:
    """What the sigma of a posterior means in pixels."""
    posterior, vae = request
    use_threads(1)
    return pixel_spread(vae, posterior)


def look(request: tuple[np.ndarray, VAE]) -> tuple[Observation, VAE]:
    """What the VAE, which is given back with it, makes of one frame."""
    frame, vae = request
    use_threads(1)
    return perceive(Observation(frame, None, 0.0, None), vae), vae


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


class Landed(NamedTuple):
    """How far a collection is, and the frames that have landed since the last word."""

    progress: Progress
    frames: Frames | None


def run_collection(frames: int, folder: Path, seed: int, workers: int) -> Generator[Landed]:
    """Collect frames into a dataset folder by so many worker processes."""
    with closing(collect(frames, folder, seed, workers)) as told:
        for progress in told:
            landed = progress.landed
            yield Landed(progress, dataset.load_shards(folder, landed) if landed else None)


def preview(request: tuple[Frames, np.ndarray]) -> tuple[Frames, np.ndarray, np.ndarray]:
    """The pictures at some indices of frames, both of which are given back with them."""
    frames, indices = request
    return frames, indices, frames.take(indices)


def run_training(
    config: TrainConfig, frames: Callable[[], Frames], start: VAE | None
) -> Generator[TrainStep, TrainConfig | None, None]:
    """Train on the newest frames from the weights of `start`, or from fresh ones."""
    return (yield from train(config, frames, TrainState.start(config, start)))
