"""What becomes dearer as things grow: frames, latents, the history of a training, workers.

It does not know what the figures ought to be; the table is there to be looked at.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks import curves
from benchmarks.memory import STATUS, held
from benchmarks.row import Row
from models.collect import collect
from models.dataset import Frames, load
from models.frame import FRAME_SHAPE
from models.machine import cores
from models.train import TrainConfig, TrainState, train
from models.vae import VAE, VAEConfig

FRAMES = (10**3, 10**4, 10**5, 10**6)
LATENTS = (8, 32, 128)
BATCH = 64


def frames() -> Iterator[Row]:
    """Drawing a batch out of a mapped file of many frames, and the memory that the file takes."""
    for count in FRAMES:
        yield _batch_of(count)


def _batch_of(count: int) -> Row:
    """The file is sparse: it has all its pages, and takes no room on the disk."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        np.lib.format.open_memmap(path, "w+", np.uint8, (count, *FRAME_SHAPE)).flush()
        before = held() if STATUS.exists() else 0.0
        opened = load(path)
        milliseconds = _median(lambda: opened.take(rng.integers(count, size=BATCH)), 50)
        more = (held() - before) if STATUS.exists() else 0.0
    return Row(
        f"a batch of {BATCH} of {count:,} frames".replace(",", " "),
        "ms",
        milliseconds,
        "",
        None,
        limit=f"{more:.1f} MB more memory",
    )


def latents() -> Iterator[Row]:
    """Training and decoding with few and many latents."""
    few = np.random.default_rng(0).integers(256, size=(512, *FRAME_SHAPE), dtype=np.uint8)
    for count in LATENTS:
        yield _with_latents(count, few)


def _with_latents(count: int, few: np.ndarray) -> Row:
    vae = VAE(VAEConfig(latent_dim=count))
    config = TrainConfig(device="cpu", steps=6, latent_dim=count)
    z, frozen = np.zeros(count, np.float32), vae.frozen()
    milliseconds = _median(lambda: frozen.image(z), 30)
    state, began = TrainState.start(config, vae), 0.0
    for record in train(config, Frames([few]), state):
        began = began if record.step > 1 else time.perf_counter()
    rate = (config.steps - 1) * config.batch_size / (time.perf_counter() - began)
    return Row(
        f"train, {count} latents",
        "images/s",
        rate,
        "",
        None,
        limit=f"decode {milliseconds:.1f} ms",
    )


def history() -> Iterator[Row]:
    """One redraw of the loss curves over a short and a long history, beside plain pyqtgraph."""
    for steps in curves.STEPS:
        row = curves.measure(0, steps)
        yield Row(
            f"redraw the loss of {steps:,} steps".replace(",", " "),
            "ms",
            row.ours,
            "8 ms",
            row.ours <= 8,
            row.plain,
            row.ratio,
        )


def workers() -> Iterator[Row]:
    """Collecting by one process to as many as there are cores."""
    counts = sorted({1, *(2**n for n in range(1, 8) if 2**n <= cores()), cores()})
    alone = 0.0
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            wanted, began = 1500 * count, time.perf_counter()
            for _ in collect(wanted, Path(folder) / "frames", 0, count):
                pass
            rate = wanted / (time.perf_counter() - began)
        alone = alone or rate
        yield Row(
            f"collect by {count} worker{'s' * (count > 1)}",
            "frames/s",
            rate,
            "",
            None,
            limit=f"{rate / alone:.2f} times one",
        )


def growth() -> Iterator[Row]:
    """All of them."""
    for part in (frames, latents, history, workers):
        yield from part()


def _median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - began))
    return statistics.median(taken)
