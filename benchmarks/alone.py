"""What needs no window: collecting, live steps, training, encoding, evaluating, painting.

It does not know what the figures ought to be for other machines than the one they are taken on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks import paint, plain
from benchmarks.peak import operations, share
from benchmarks.row import ROUNDS, Row, in_turn
from models import dataset
from models.carracing import Scene, rollout
from models.dataset import Frames
from models.device import computes_in_bfloat16
from models.evaluate import evaluate
from models.train import TrainConfig, TrainState, train
from models.vae import VAE

SAMPLE_FRAMES = Path(__file__).parent.parent / "resources" / "frames.npz"
SEED = 1
ACTION = (0.0, 0.1, 0.0)


def collect() -> Iterator[Row]:
    """Frames kept while driving, every third step."""
    steps, every = 300, 3

    def ours() -> None:
        for _ in rollout(lambda scene: ACTION, SEED, steps=steps, every=every):
            pass

    taken = in_turn(ours, lambda: plain.drive(steps, every, SEED))
    frames = steps // every
    yield Row(
        "collect, every third step kept",
        "frames/s",
        frames / taken.ours,
        "6 times plain",
        taken.ratio >= 6,
        frames / taken.plain,
        taken.ratio,
        f"{1 / (every * _physics()):.0f} with nothing drawn",
    )


def live() -> Iterator[Row]:
    """Live steps with a large picture for the person."""
    steps = 150

    def ours() -> float:
        steps_taken = rollout(lambda scene: ACTION, SEED, lambda: (640, 480), steps=steps)
        return statistics.median(_intervals(steps_taken))

    def others() -> float:
        return statistics.median(_intervals(plain.live(steps, SEED)))

    taken = in_turn(ours, others)
    yield Row(
        "one live step: environment, frame, view",
        "ms",
        1e3 * taken.ours,
        "3.5 ms median",
        1e3 * taken.ours <= 3.5,
        1e3 * taken.plain,
        taken.ratio,
        f"{1e3 * _physics():.2f} the physics alone",
    )


def training(device: str = "cpu", sizes: tuple[int, ...] = (64,)) -> Iterator[Row]:
    """Training, the same network, batch and device, in 32 bits and in 16."""
    frames = _frames()
    for size in sizes:
        config = TrainConfig(device=device, steps=10 if device == "cpu" else 200, batch_size=size)
        yield _trained(config, frames)
        if device != "cpu" or computes_in_bfloat16():
            yield _trained(replace(config, bfloat16=True), frames)


def _trained(config: TrainConfig, frames: np.ndarray) -> Row:
    device, size = config.device, config.batch_size

    def ours() -> None:
        for _ in train(config, Frames([frames]), TrainState.start(config, VAE())):
            pass

    taken = in_turn(ours, lambda: plain.train(VAE().to(device), frames, size, config.steps))
    images, target = config.steps * size, 5 if device == "cuda" else 2
    batch = torch.zeros(4, 3, 60, 80), torch.zeros(4, 32)
    each = 3 * operations(lambda: VAE()(*batch)) / 4  # backward is twice forward
    dtype = torch.bfloat16 if config.bfloat16 else torch.float32
    return Row(
        f"train, batch {size}, {'bfloat16' if config.bfloat16 else 'float32'} against Adam",
        "images/s",
        images / taken.ours,
        f"{target} times plain",
        taken.ratio >= target,
        images / taken.plain,
        taken.ratio,
        share(images / taken.ours, each, dtype, device),
    )


def encode() -> Iterator[Row]:
    """Encoding a dataset, and evaluating a model on it."""
    frames, vae = _frames(), VAE().frozen()

    def encodes() -> None:
        for batch in Frames([frames]).batches(256):
            vae.posterior(batch)

    ways = {
        "encode a dataset": (encodes, lambda: plain.encode(vae, frames, 256), 1),
        "evaluate on a dataset": (
            lambda: evaluate(vae, Frames([frames])),
            lambda: plain.evaluate(vae, frames, 256),
            2,
        ),
    }
    encoding = operations(lambda: vae.encoder(torch.zeros(4, 3, 60, 80))) / 4
    decoding = operations(lambda: vae.decoder(torch.zeros(4, 32))) / 4
    for what, (ours, others, count) in ways.items():
        taken = in_turn(ours, others)
        each = encoding + (decoding * 2 if count == 2 else 0)
        yield Row(
            what,
            "images/s",
            len(frames) / taken.ours,
            "3 times plain",
            taken.ratio >= 3,
            len(frames) / taken.plain,
            taken.ratio,
            share(len(frames) / taken.ours, each, torch.float32),
        )


def painting() -> Iterator[Row]:
    """Painting all rows of the latent panel anew, beside plain widgets, which show less."""
    paint.application()
    times = 50
    taken = in_turn(paint.painter_of(paint.ours(), times), paint.painter_of(paint.plain(), times))
    yield Row(
        f"paint {paint.LATENTS} rows of latents",
        "ms",
        1e3 * taken.ours / times,
        "",
        None,
        1e3 * taken.plain / times,
        taken.ratio,
    )


def _intervals(steps: Iterator) -> list[float]:
    """Seconds between the items, without what comes before the first."""
    next(steps)
    taken, last = [], time.perf_counter()
    for _ in steps:
        now = time.perf_counter()
        taken.append(now - last)
        last = now
    return taken


def _physics() -> float:
    """Seconds of a step in which nothing is drawn, the median of some rounds."""
    scene = Scene()
    scene.drawing = False
    scene.reset(seed=SEED)
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(100):
            scene.act(ACTION)
        taken.append((time.perf_counter() - started) / 100)
    scene.close()
    return statistics.median(taken)


def _frames() -> np.ndarray:
    frames = dataset.load(SAMPLE_FRAMES)
    return frames.take(np.arange(1024))
