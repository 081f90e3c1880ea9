"""Redrawing the curves of a training run of 10^3 to 10^6 steps, and the plain way to do so.

It does not know what is measured in a training. Run it as `python -m benchmarks curves`.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from benchmarks.paint import application
from explorer.training.curves import LossCurves
from explorer.training.history import ComparedRun
from models import command

LATENTS = 32
STEPS = (10**3, 10**4, 10**5, 10**6)
NEW = 12  # batches between two redraws, as a CPU trains
TEST_EVERY = 100  # batches between two held-out tests
ROUNDS = 15  # ours and the plain way in turn, so that a drifting machine slows both
WIDTH, HEIGHT = 330, 440  # of the curves in a window of 1440x900
PSNR, MEANS_OF_100 = 2, 2  # indices of the choices that cost most
VIEWS = ("loss", "latents", "rate-distortion")


class Row(NamedTuple):
    """Median milliseconds of processor time for one redraw, painting included."""

    view: str
    steps: int
    ours: float
    plain: float
    ratio: float  # median of the rounds' ratios


class Run:
    """Losses as a training gives them, without end: falling, the batches' far noisier than tests'.

    Every latent comes alive in its turn.
    """

    def __init__(self, seed: int = 0):
        self._rng = np.random.default_rng(seed)
        self.step = 0

    def batches(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The next so many steps, SSE per image, and KL per latent."""
        steps = np.arange(self.step + 1, self.step + count + 1)
        self.step += count
        return self._measured(steps, 0.1)

    def tests(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same of held-out frames."""
        return self._measured(steps, 0.005)

    def _measured(
        self, steps: np.ndarray, noise: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        recon_loss = (16 + 900 / (1 + steps / 20)) * self._rng.normal(1, noise, len(steps))
        alive = np.log10(steps)[:, np.newaxis] - np.linspace(0, 6, LATENTS)
        kl = np.clip(alive, 0, 1.5) * self._rng.normal(1, noise, (len(steps), 1))
        return steps, recon_loss, kl.astype(np.float32)


def ours(steps: int, view: int) -> tuple[QWidget, Callable[[], None]]:
    """The program's own, with unit, smoothing, marks and two runs to compare; and what goes on."""
    run = Run()
    curves = LossCurves(LATENTS)
    marks = [(float(step), "beta 1 → 2") for step in np.linspace(1, steps, 20)]
    tests = np.arange(TEST_EVERY, steps + 1, TEST_EVERY)
    trained, tested = run.batches(steps), run.tests(tests)
    curves.load(*trained, *tested, marks)
    arrays = [
        part for _, *losses in (trained, tested) for part in (losses[0] + 3, losses[1].sum(axis=1))
    ]
    other = (trained[0], *arrays[:2], tests, *arrays[2:])
    curves.setCompared([ComparedRun("a", *other), ComparedRun("b", *other)])
    curves.unitCombo.setCurrentIndex(PSNR)
    curves.smoothingCombo.setCurrentIndex(MEANS_OF_100)
    curves.showView(view)

    def go_on() -> None:
        curves.append(*run.batches(NEW))
        [step], [recon_loss], [kl] = run.tests(np.array([run.step]))
        curves.appendHeldOut(step, recon_loss, kl)
        curves.redraw()

    return curves, go_on


def plain(steps: int, view: int) -> tuple[QWidget, Callable[[], None]]:
    """pyqtgraph as it comes: all data to every curve at each redraw; and what goes on."""
    run = Run()
    arrays = list(run.batches(steps))
    plots = [pg.PlotWidget() for _ in range(1 if view else 2)]
    panel = QWidget()
    layout = QVBoxLayout(panel)
    for plot in plots:
        layout.addWidget(plot)
    lines = [plot.plot() for plot in plots for _ in range(2)]
    image = pg.ImageItem(axisOrder="row-major")
    if view == 1:
        plots[0].addItem(image)

    def go_on() -> None:
        for index, new in enumerate(run.batches(NEW)):
            arrays[index] = np.concatenate([arrays[index], new])
        taken, recon_loss, kl = arrays
        psnr = -10 * np.log10(recon_loss / 14400)
        if view == 1:
            image.setImage(kl.T)
            lines[0].setData(taken, (kl > 0.1).sum(axis=1))
        elif view == 2:
            lines[0].setData(kl[::TEST_EVERY].sum(axis=1), psnr[::TEST_EVERY])
        else:
            window = np.full(100, 0.01)
            for line, values in zip(lines[::2], (psnr, kl.sum(axis=1)), strict=True):
                line.setData(taken, values)
            for line, values in zip(lines[1::2], (psnr, kl.sum(axis=1)), strict=True):
                line.setData(taken, np.convolve(values, window, "same"))

    return panel, go_on


def measure(view: int, steps: int) -> Row:
    """Redraw both ways in turn."""
    application()
    picture = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    ways = [ours(steps, view), plain(steps, view)]
    for widget, _ in ways:
        widget.resize(WIDTH, HEIGHT)
        widget.show()
    QApplication.processEvents()
    seconds: list[list[float]] = [[], []]
    for turn in range(ROUNDS + 1):
        for (widget, go_on), taken in zip(ways, seconds, strict=True):
            started = time.thread_time()
            go_on()
            widget.render(picture, QPoint())
            if turn:
                taken.append(time.thread_time() - started)
    for widget, _ in ways:
        widget.close()
    own, other = seconds
    ratio = statistics.median(b / a for a, b in zip(own, other, strict=True))
    row = 1e3 * statistics.median(own), 1e3 * statistics.median(other), ratio
    return Row(VIEWS[view], steps, *row)


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks curves`."""
    parser = command.Parser(prog="benchmarks curves", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--steps", type=command.positive, nargs="+", default=list(STEPS), metavar="N"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    rows = [measure(view, steps) for view in range(len(VIEWS)) for steps in options.steps]
    if options.json:
        print(json.dumps([row._asdict() for row in rows]))
        return
    print(
        f"| {'redraw of':15} | {'steps':>7} | {'ours, ms':>8} | {'plain, ms':>9} | {'ratio':>6} |"
    )
    print(f"|{'-' * 17}|{'-' * 8}:|{'-' * 9}:|{'-' * 10}:|{'-' * 7}:|")
    for row in rows:
        print(
            f"| {row.view:15} | {row.steps:7} | {row.ours:8.2f} | {row.plain:9.2f} "
            f"| {row.ratio:6.2f} |"
        )
