"""Rate against distortion on held-out frames: where a run stands and how it came there.

It does not know the history's owner, nor how the unit of the distortion is computed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.training.axes import LossAxis
from explorer.training.compared import Beside, color_of
from explorer.training.curve_item import cosmetic, mixed
from explorer.training.history import LossHistory
from explorer.training.plot import Plot
from explorer.training.span import span
from explorer.training.units import Look
from explorer.widgets.numerals import grouped, three_figures
from explorer.widgets.theme import DARK, Theme

_POINTS = 500  # of a trail
_FRESH = 0.2  # of the trail, from its end, is bold
_NEAR = 24  # pixels between the mouse and a point that it tells
_LEAST_RATE = 0.01  # nats, on a logarithmic scale: a collapsed run would stretch it without end


class RateDistortionView(QWidget):
    """A point that moves as the run learns, its trail, and the trails of other runs."""

    told = Signal(str)
    """What is under the mouse; empty for nothing."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme: Theme = DARK
        self._following = True
        self._steps = np.empty(0)  # of the points of the trail, (n,)
        self._points = np.empty((0, 2))  # as the axes count
        self._values = np.empty((0, 2))  # the same in nats and in the unit
        self._unit = ""
        self._runs: list[tuple[pg.PlotCurveItem, pg.ScatterPlotItem]] = []
        self.plot = Plot(
            "rateDistortionPlot",
            "Rate against distortion on held-out frames",
            bottom=LossAxis("bottom"),
        )
        self.plot.setToolTip(
            "Across the KL, upwards the reconstruction, both of held-out frames; the point is the "
            "newest test, the pale ring the newest batches. Drag to move, wheel to zoom, "
            "double-click to see everything."
        )
        self.plot.xAxis.setLabel("KL, nats / image")
        self.trail = self._line(1)
        self.fresh = self._line(2)
        self.newest = self._dot(3, 10)
        self.batches = self._dot(2, 14)
        self._ring = self._dot(4, 13)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.plot.zoomed.connect(self._onZoom)
        self.plot.pointed.connect(self._onPointed)
        self.plot.left.connect(self._onLeft)

    def plots(self) -> tuple[Plot, ...]:
        """The one plot."""
        return (self.plot,)

    def setTheme(self, theme: Theme) -> None:
        """Dress the plot and its trails."""
        self._theme = theme
        self.plot.setTheme(theme)
        font = self.plot.smallFont()
        self.plot.xAxis.label.setFont(font)
        self.plot.xAxis.setLabel(color=theme.muted)
        self.trail.setPen(cosmetic(mixed(theme.recon, theme.well, 0.45), 1.2))
        self.fresh.setPen(cosmetic(QColor(theme.recon), 2.0))
        self.newest.setPen(None)
        self.newest.setBrush(QColor(theme.recon))
        self.batches.setPen(cosmetic(mixed(theme.recon, theme.well, 0.5), 1.2))
        self.batches.setBrush(None)
        self._ring.setPen(cosmetic(QColor(theme.text), 1.2))
        self._ring.setBrush(None)
        for index, (line, dot) in enumerate(self._runs):
            color = mixed(color_of(index, theme), theme.well, 0.7)
            line.setPen(cosmetic(color, 1.0))
            dot.setPen(None)
            dot.setBrush(color)

    def setFollowing(self) -> None:
        """Show the whole trail from the next `draw` on."""
        self._following = True

    def setCompared(self, runs: Sequence[Beside]) -> None:
        """Draw the trails of these, from the next `draw` on."""
        for items in self._runs:
            for item in items:
                self.plot.getPlotItem().removeItem(item)
        self._runs = [(self._line(0.5), self._dot(0.6, 7)) for _ in runs]
        self.setTheme(self._theme)

    def draw(self, history: LossHistory, look: Look, compared: Sequence[Beside]) -> None:
        """Draw the history as it is now."""
        if look.log != self.plot.isLog():
            self.plot.getPlotItem().setLogMode(x=look.log, y=look.log)
        held_out, training = history.held_out, history.training
        chosen = _spread(len(held_out))
        self._steps = held_out.steps[chosen]
        self._points = _placed(held_out.kl[chosen], held_out.recon_loss[chosen], look)
        self._values = np.stack(
            [held_out.kl[chosen], look.recon_loss(held_out.recon_loss[chosen])], axis=1
        )
        self._unit = look.unit.label
        fresh = max(0, int(len(chosen) * (1 - _FRESH)))
        self.trail.setData(*self._points[: fresh + 1].T)
        self.fresh.setData(*self._points[fresh:].T)
        self.newest.setData(*self._points[-1:].T)
        batches = np.empty((0, 2))
        if len(training):
            recent = [training.recent_kl()], [training.recent_recon_loss()]
            batches = _placed(*map(np.array, recent), look)
        self.batches.setData(*batches.T)
        for (line, dot), run in zip(self._runs, compared, strict=True):
            chosen = _spread(len(run.kl))
            points = _placed(run.kl.values[chosen], run.recon_loss.values[chosen], look)
            line.setData(*points.T)
            dot.setData(*points[-1:].T)
        self.plot.setEmpty(len(held_out) + len(training) + len(compared) == 0)
        if self._following:
            self._follow(history, look, compared)

    def _follow(self, history: LossHistory, look: Look, compared: Sequence[Beside]) -> None:
        held_out = history.held_out if len(history.held_out) else history.training
        kl, losses = (
            [held_out.kl[-1:], held_out.kl],
            [held_out.recon_loss[-1:], held_out.recon_loss],
        )
        for run in compared:
            kl.append(run.kl.values)
            losses.append(run.recon_loss.values)
        if not sum(map(len, losses)):
            return  # and no unit has to make sense of nothing
        rates = span(kl)
        if look.log:
            rates = max(rates[0], _LEAST_RATE), max(rates[1], _LEAST_RATE)
        low, high = sorted(look.recon_loss(np.array(span(losses))).tolist())
        view = self.plot.getPlotItem().getViewBox()
        across = self.plot.still(rates, view.viewRange()[0], look.log)
        self.plot.setView(across or tuple(view.viewRange()[0]), (low, high))

    def _line(self, level: float) -> pg.PlotCurveItem:
        line = pg.PlotCurveItem(connect="finite", antialias=True)
        line.setZValue(level)
        self.plot.getPlotItem().addItem(line)
        return line

    def _dot(self, level: float, size: int) -> pg.ScatterPlotItem:
        dot = pg.ScatterPlotItem(size=size, symbol="o", antialias=True)
        dot.setZValue(level)
        self.plot.getPlotItem().addItem(dot)
        return dot

    @Slot()
    def _onZoom(self) -> None:
        self._following = False

    @Slot(float, float)
    def _onPointed(self, x: float, y: float) -> None:
        """Tell the nearest point of the trail, if one is near."""
        if not len(self._points):
            return
        pixel = self.plot.getPlotItem().getViewBox().viewPixelSize()
        away = np.hypot(*((self._points - (x, y)) / pixel).T)
        away = np.where(np.isfinite(away), away, np.inf)
        nearest = int(np.argmin(away))
        if away[nearest] > _NEAR:
            self._onLeft()
            return
        self._ring.setData(*self._points[nearest : nearest + 1].T)
        kl, loss = (three_figures(float(value)) for value in self._values[nearest])
        step = grouped(self._steps[nearest])
        self.told.emit(f"step {step} · KL {kl} nats · {loss} {self._unit}")

    @Slot()
    def _onLeft(self) -> None:
        self._ring.setData([], [])
        self.told.emit("")


def _spread(count: int) -> np.ndarray:
    """At most some 500 positions among so many, the newest always; the others keep still."""
    every = 1
    while count > every * _POINTS:
        every *= 2
    positions = np.arange(0, count, every)
    return np.append(positions, count - 1) if count and positions[-1] != count - 1 else positions


def _placed(kl: np.ndarray, recon_loss: np.ndarray, look: Look) -> np.ndarray:
    """Where points are as the axes count: (n, 2)."""
    points = np.stack([kl, look.recon_loss(recon_loss)], axis=1)
    if look.log:
        with np.errstate(divide="ignore", invalid="ignore"):
            points = np.log10(np.maximum(points, [_LEAST_RATE, 0.0]))
    return np.where(np.isfinite(points), points, np.nan)
