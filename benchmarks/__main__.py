"""Prints the benchmark table: ours, the plain way in turn with it, and the ratio.

Run it as `python -m benchmarks [NAME ...] [--json]`. Five have options of their own: `vision`
trains for hours, `foreign` rates a model on others' frames, `drag` and `drive` time the window,
`curves` the redraw of a training's history.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks import curves, drag, drive, foreign, paint, plain, vision
from models import command, dataset
from models.carracing import rollout
from models.dataset import Frames
from models.train import TrainConfig, TrainState, train
from models.vae import VAE

SAMPLE_FRAMES = Path(__file__).parent.parent / "resources" / "frames.npz"
ROUNDS = 5  # ours and the plain way in turn, so that a drifting machine slows both
SEED = 1


class Benchmark(NamedTuple):
    """What is measured; both ways take no argument and do `count` units of work."""

    what: str
    unit: str
    count: int
    ours: Callable[[], object]
    plain: Callable[[], object]


class Row(NamedTuple):
    """Medians over the rounds, in units a second."""

    name: str
    what: str
    unit: str
    ours: float
    plain: float
    ratio: float  # median of the rounds' ratios


def collect() -> Benchmark:
    """Frames kept while driving, every third step."""
    steps, every = 300, 3

    def ours() -> None:
        for _ in rollout(lambda scene: (0.0, 0.1, 0.0), SEED, steps=steps, every=every):
            pass

    return Benchmark(
        "collect, every third step",
        "frames/s",
        steps // every,
        ours,
        lambda: plain.drive(steps, every, SEED),
    )


def live() -> Benchmark:
    """Live steps with a large picture for the person."""
    steps = 150

    def ours() -> None:
        for _ in rollout(lambda scene: (0.0, 0.1, 0.0), SEED, lambda: (640, 480), steps=steps):
            pass

    return Benchmark(
        "one live step with its large view",
        "steps/s",
        steps,
        ours,
        lambda: plain.drive(steps, 1, SEED),
    )


def training() -> Benchmark:
    """Training, the same network and batch, float32 on the CPU; ours by Muon, plain by Adam."""
    frames = _frames()
    config = TrainConfig(device="cpu", steps=10)

    def ours() -> None:
        for _ in train(config, Frames([frames]), TrainState.start(config, VAE())):
            pass

    return Benchmark(
        f"train, batch {config.batch_size}, float32, Muon",
        "images/s",
        config.steps * config.batch_size,
        ours,
        lambda: plain.train(VAE(), frames, config.batch_size, config.steps),
    )


def encode() -> Benchmark:
    """Encoding a dataset."""
    frames, vae = _frames(), VAE().frozen()

    def ours() -> None:
        for batch in Frames([frames]).batches(256):
            vae.posterior(batch)

    return Benchmark(
        "encode a dataset", "images/s", len(frames), ours, lambda: plain.encode(vae, frames, 256)
    )


def painting() -> Benchmark:
    """Painting all rows of the latent panel anew."""
    paint.application()
    times = 50
    return Benchmark(
        f"paint {paint.LATENTS} rows of latents",
        "paints/s",
        times,
        paint.painter_of(paint.ours(), times),
        paint.painter_of(paint.plain(), times),
    )


BENCHMARKS = {
    "collect": collect,
    "live": live,
    "train": training,
    "encode": encode,
    "paint": painting,
}


def measure(name: str, benchmark: Benchmark) -> Row:
    """Run both ways in turn, ROUNDS times after one round to warm up."""
    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(ROUNDS + 1):
        for way in seconds:
            started = time.perf_counter()
            getattr(benchmark, way)()
            if turn:
                seconds[way].append(time.perf_counter() - started)
    ours, other = seconds["ours"], seconds["plain"]
    return Row(
        name,
        benchmark.what,
        benchmark.unit,
        benchmark.count / statistics.median(ours),
        benchmark.count / statistics.median(other),
        statistics.median(b / a for a, b in zip(ours, other, strict=True)),
    )


def _frames() -> np.ndarray:
    frames = dataset.load(SAMPLE_FRAMES)
    return frames.take(np.arange(1024))


def main() -> None:
    for name, apart in (
        ("vision", vision),
        ("foreign", foreign),
        ("drag", drag),
        ("drive", drive),
        ("curves", curves),
    ):
        if sys.argv[1:2] == [name]:
            apart.main(sys.argv[2:])
            return
    parser = command.Parser(
        prog="benchmarks",
        description=__doc__.split("\n")[0],
        epilog="`vision` compares trainings instead, for hours, `foreign` rates a model on frames "
        "as others make them, `drag` and `drive` time the window, `curves` its plots; see their "
        "--help.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    unknown = set(options.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    rows = [measure(name, BENCHMARKS[name]()) for name in options.names or BENCHMARKS]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
    machine += f"torch {torch.__version__}"
    if options.json:
        print(json.dumps({"machine": machine, "rows": [row._asdict() for row in rows]}))
        return
    print(machine)
    print(f"\n| {'what':36} | {'unit':8} | {'ours':>7} | {'plain':>7} | {'ratio':>5} |")
    print(f"|{'-' * 38}|{'-' * 10}|{'-' * 8}:|{'-' * 8}:|{'-' * 6}:|")
    for row in rows:
        print(
            f"| {row.what:36} | {row.unit:8} | {row.ours:7.0f} | {row.plain:7.0f} "
            f"| {row.ratio:5.2f} |"
        )


if __name__ == "__main__":
    command.run(main)
