"""The KL of each latent over the steps as a map of colours, and below it how many are active.

It does not know the history's owner, nor what a latent stands for.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.training.axes import DirectAxis
from explorer.training.curve_item import cosmetic
from explorer.training.history import LossHistory
from explorer.training.kl_scale import KlScale, colored, colors
from explorer.training.plot import Plot
from explorer.widgets.activity import ACTIVE_NATS
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import grouped, three_figures
from explorer.widgets.theme import DARK, Theme

_NAME_HEIGHT = 12  # pixels that the name of a row takes
_COLUMNS = 300  # of a plot that is not laid out yet


class _LatentAxis(DirectAxis):
    """The names of the rows, as many as there is room for."""

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        low, high = sorted((minVal, maxVal))
        every = next(
            e for e in (1, 2, 4, 8, 16, 32, 10**6) if size * e >= _NAME_HEIGHT * (high - low)
        )
        rows = np.arange(0, math.ceil(high), every)
        return [(1.0, [row + 0.5 for row in rows.tolist() if low <= row + 0.5 <= high])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"z{int(value):02d}" for value in values]


class LatentsView(QWidget):
    """Rows in the order of the latents, so that none jumps while it comes alive or dies."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme: Theme = DARK
        self._history: LossHistory | None = None
        self._columns = np.empty((0, 0), np.float32)  # (k, latent_dim) nats, on show
        self._edges = np.array([0.0, 1.0])  # of the columns together, steps
        self._following = True
        self._is_stale = False
        self._pointed: tuple[float, float] | None = None

        self.caption = FittingLabel()
        self.map = Plot("latentsPlot", "KL of each latent over steps", beside=_LatentAxis("left"))
        self.map.setToolTip(
            "Each row is a latent, its colour the mean KL of the batches. Drag to move, "
            "wheel to zoom in time, double-click to see everything."
        )
        self.map.setStepsShown(False)
        self.map.setGridWanted(False)
        view = self.map.getPlotItem().getViewBox()
        view.invertY(True)
        view.setMouseEnabled(x=True, y=False)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.map.getPlotItem().addItem(self._image)
        self.count = FittingLabel()
        self.scale = KlScale()
        self.active = Plot("activePlot", "Active latents over steps")
        self.active.setToolTip("How many latents carry more than 0.1 nats.")
        self.active.setXLink(self.map)
        self.active.setMinimumHeight(56)
        self.active.getPlotItem().getViewBox().setMouseEnabled(x=True, y=False)
        self._active = pg.PlotCurveItem([0, 0], [0], stepMode="center")
        self.active.getPlotItem().addItem(self._active)

        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.count, 1)
        row.addWidget(self.scale)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.caption)
        layout.addWidget(self.map, 3)
        layout.addLayout(row)
        layout.addWidget(self.active, 1)
        for plot in self.plots():
            plot.zoomed.connect(self._onZoom)
            plot.left.connect(self._onLeft)
        self.map.pointed.connect(self._onPointed)
        self.active.pointed.connect(self._onPointedBelow)
        view.sigRangeChanged.connect(self._onRange)
        view.sigResized.connect(self._onRange)
        self.map.scene().sigPrepareForPaint.connect(self._refresh)

    def plots(self) -> tuple[Plot, ...]:
        """The map and the count below it."""
        return self.map, self.active

    def columns(self) -> np.ndarray:
        """(k, latent_dim) nats: the means on show, over stretches of the steps."""
        return self._columns

    def setTheme(self, theme: Theme) -> None:
        """Dress map, scale and count."""
        self._theme = theme
        for plot in self.plots():
            plot.setTheme(theme)
        self.scale.setTheme(theme)
        self._active.setPen(cosmetic(QColor(theme.kl), 1.5))
        for label in (self.caption, self.count):
            label.setStyleSheet(f"color: {theme.kl}")
        self._paint()

    def setFollowing(self) -> None:
        """Show the whole run from the next `draw` on."""
        self._following = True

    def draw(self, history: LossHistory) -> None:
        """Draw the training batches of the history as it is now."""
        self._history = history
        steps = history.training.steps
        for plot in self.plots():
            plot.setEmpty(len(steps) == 0)
        if len(steps) and self._following:
            view = self.map.getPlotItem().getViewBox()
            view.setRange(
                xRange=(steps[0] - 0.5, steps[-1] + 0.5),
                yRange=(0, history.latent_dim),
                padding=0,
            )
            self.active.getPlotItem().getViewBox().setYRange(0, history.latent_dim, padding=0)
            for plot in self.plots():
                plot.getPlotItem().getViewBox().prepareForPaint()  # or all is painted twice
        self._average()
        if self._pointed is None:
            self._say()
        else:
            self._tell(*self._pointed)

    def _average(self) -> None:
        """Bring the columns up to date, as many as there are pixels or records."""
        self._is_stale = False
        training = self._history.training
        self._columns = np.empty((0, self._history.latent_dim), np.float32)
        view = self.map.getPlotItem().getViewBox()
        if len(training):
            low, high = view.viewRange()[0]
            low, high = max(low, training.steps[0] - 0.5), min(high, training.steps[-1] + 0.5)
            if high > low:
                most = max(1, round((view.width() or _COLUMNS) * (high - low) / _width(view)))
                within = np.searchsorted(training.steps, [low, high])
                edges = np.linspace(low, high, min(most, max(1, within[1] - within[0])) + 1)
                self._columns = training.kl_columns(edges)
                self._edges = edges
        self._paint()

    def _paint(self) -> None:
        self._image.setVisible(len(self._columns) > 0)
        if len(self._columns) == 0:
            self._active.setData([0, 0], [0])
            return
        picture = colored(self._columns.T, colors(self._theme))
        self._image.setImage(picture, levels=None)
        low, high = self._edges[0], self._edges[-1]
        self._image.setRect(QRectF(low, 0, high - low, self._columns.shape[1]))
        self._active.setData(self._edges, (self._columns > ACTIVE_NATS).sum(axis=1))

    def _say(self) -> None:
        self.caption.setWordings("KL per latent, nats, mean of the batches", "KL per latent, nats")
        training = self._history.training if self._history else ()
        active = f" {training.active_units()} / {self._history.latent_dim}" if training else ""
        self.count.setWordings(f"— active latents{active}", f"— active{active}")

    def _tell(self, step: float, row: float) -> None:
        """What the map shows at a step and, where one is pointed at, of a latent."""
        low, high = self._edges[0], self._edges[-1]
        if not low <= step <= high or len(self._columns) == 0:
            self._say()
            return
        column = min(int((step - low) / (high - low) * len(self._columns)), len(self._columns) - 1)
        at = grouped(round(step))
        if 0 <= row < self._columns.shape[1]:
            kl = three_figures(float(self._columns[column, int(row)]))
            name = f"z{int(row):02d}"
            self.caption.setWordings(
                f"{name} at step {at}: {kl} nats", f"{name} · {at} · {kl} nats"
            )
        active = int((self._columns[column] > ACTIVE_NATS).sum())
        self.count.setWordings(
            f"— active at step {at}: {active}", f"— active at {at}: {active}", f"— {active} at {at}"
        )

    @Slot()
    def _refresh(self) -> None:
        if self._is_stale and self._history is not None:
            self._average()

    @Slot()
    def _onRange(self) -> None:
        self._is_stale = True

    @Slot()
    def _onZoom(self) -> None:
        self._following = False

    @Slot(float, float)
    def _onPointed(self, step: float, row: float) -> None:
        self._pointed = step, row
        for plot in self.plots():
            plot.setCrosshair(step)
        self._tell(step, row)

    @Slot(float, float)
    def _onPointedBelow(self, step: float, count: float) -> None:
        self._say()
        self._onPointed(step, -1.0)

    @Slot()
    def _onLeft(self) -> None:
        self._pointed = None
        for plot in self.plots():
            plot.setCrosshair(None)
        self._say()


def _width(view: pg.ViewBox) -> float:
    low, high = view.viewRange()[0]
    return max(high - low, 1e-9)
