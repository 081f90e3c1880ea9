"""One plot of a loss over training steps: batches faint, held-out frames bold, marks on top.

It does not know which loss it shows, nor keeps any of its values.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.widgets.numerals import grouped
from explorer.widgets.theme import Theme

_AXIS_WIDTH = 38
_LABEL_POINTS = 7.5


class _StepAxis(pg.AxisItem):
    """Steps in whole numbers with their thousands apart."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [grouped(value) if value == round(value) else "" for value in values]


class _LossAxis(pg.AxisItem):
    """Losses written out in full; on a log scale at round mantissas, within a decade evenly."""

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        if not self.logMode:
            return super().tickValues(minVal, maxVal, size)
        most = max(2, int(size / 26))
        decades = range(math.floor(minVal), math.ceil(maxVal) + 1)
        for mantissas in ((1, 1.5, 2, 3, 4, 6), (1, 2, 5), (1, 3), (1,)):
            ticks = [math.log10(m) + d for d in decades for m in mantissas]
            ticks = [tick for tick in ticks if minVal <= tick <= maxVal]
            if 3 <= len(ticks) <= most:
                return [(1.0, ticks)]
        if len(ticks) >= 2:
            return [(1.0, ticks[:: math.ceil(len(ticks) / most)])]
        low, high = 10.0**minVal, 10.0**maxVal
        step = 10.0 ** math.floor(math.log10(high - low))
        while (high - low) / step < 4:
            step /= 2
        while (high - low) / step > most:
            step *= 2
        evenly = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
        return [(1.0, [math.log10(value) for value in evenly if value > 0])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        shown = [10.0**value for value in values] if self.logMode else values
        return [grouped(v) if abs(v) >= 1000 else f"{v:.3g}" for v in shown]


class CurvePlot(pg.PlotWidget):
    """Two curves and their marks; drag moves, wheel zooms, double-click shows everything again."""

    zoomed = Signal()
    everythingWanted = Signal()

    def __init__(self, name: str, description: str, dashed: bool, parent: QWidget | None = None):
        self._step_axis = _StepAxis("bottom")
        self._loss_axis = _LossAxis("left")
        super().__init__(parent, axisItems={"bottom": self._step_axis, "left": self._loss_axis})
        self.setObjectName(name)
        self.setAccessibleName(description)
        self.setToolTip(
            "Faint: training batches, bold: held-out frames. "
            "Drag to move, wheel to zoom, double-click to see everything."
        )
        # A plot has no keys; in the tab order it would be a stop where nothing can be done.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(64)
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.getViewBox().disableAutoRange()
        plot.getViewBox().setDefaultPadding(0.0)
        plot.layout.setContentsMargins(0, 4, 6, 0)
        for axis in (self._step_axis, self._loss_axis):
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=0, maxTextLevel=0, maxTickLevel=0)
            # The grid belongs to the axes, which stand in front of the curves by default.
            axis.setZValue(-1000)
        self._loss_axis.setWidth(_AXIS_WIDTH)
        self._dashed = dashed
        self._steps_shown = True
        self._empty: bool | None = None
        self._theme: Theme | None = None
        self._marks: list[tuple[float, pg.InfiniteLine]] = []
        self.training = pg.PlotDataItem(connect="finite", antialias=False)
        # Few points and two pixels wide: smooth edges cost little here and show.
        self.heldOut = pg.PlotDataItem(connect="finite", antialias=True)
        for level, curve in enumerate((self.training, self.heldOut), start=1):
            curve.setZValue(level)
            # Added first: addItem overwrites these three with the plot's own settings.
            plot.addItem(curve)
            # One highest and one lowest value a pixel: more cannot be seen, only paid for.
            curve.opts["autoDownsampleFactor"] = 1.0
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        self._floor = pg.InfiniteLine(
            angle=0,
            label="free bits",
            labelOpts={"position": 0.99, "anchors": [(1, 0), (1, 1)]},
        )
        self._floor.label.setFont(self._smallFont())
        self._floor.setVisible(False)
        plot.addItem(self._floor)
        plot.getViewBox().sigRangeChangedManually.connect(self._onZoom)

    def sizeHint(self) -> QSize:
        # Little, so that a short dock takes its room from what stands beside the plots.
        return QSize(240, 90)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.everythingWanted.emit()

    def setStepsShown(self, shown: bool) -> None:
        """Write the steps below the plot, or leave that to the plot it is stacked on."""
        self._steps_shown = shown
        self._step_axis.setStyle(showValues=shown)
        self._step_axis.setHeight(None if shown else 4)

    def setEmpty(self, empty: bool) -> None:
        """Leave the axes blank while there is nothing that their numbers could mean."""
        if empty == self._empty:
            return
        self._empty = empty
        self.getPlotItem().showGrid(y=not empty, alpha=0.8)
        self._loss_axis.setStyle(showValues=not empty)
        self._step_axis.setStyle(showValues=self._steps_shown and not empty)

    def setColors(self, theme: Theme, color: str) -> None:
        """Dress the plot in a theme, its curves in `color` (#rrggbb)."""
        self._theme = theme
        self.setBackground(theme.well)
        for axis in (self._step_axis, self._loss_axis):
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setTickFont(self._smallFont())
        # Mixed with the ground, not translucent: opaque lines are drawn several times faster.
        self.training.setPen(_cosmetic(_mixed(color, theme.well, 0.45), 1.0))
        style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
        self.heldOut.setPen(_cosmetic(QColor(color), 2.0, style))
        self._floor.label.setColor(theme.muted)
        self._floor.setPen(_cosmetic(QColor(theme.muted), 1.0, Qt.PenStyle.DotLine))
        for _, line in self._marks:
            self._dressMark(line)

    def setLog(self, on: bool) -> None:
        """Put the losses on a logarithmic scale."""
        self.getPlotItem().setLogMode(y=on)

    def isLog(self) -> bool:
        """Whether the losses are on a logarithmic scale."""
        return bool(self._loss_axis.logMode)

    def setView(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        """Show these steps, and these values with a margin.

        The values' range is left alone while it fits well, so that the scale does not tremble.
        """
        low, high = values
        if self.isLog():
            low, high = math.log10(max(low, 1e-6)), math.log10(max(high, 1e-6))
        margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
        view = self.getPlotItem().getViewBox()
        shown_low, shown_high = view.viewRange()[1]
        fits = shown_low <= low and high <= shown_high
        if not fits or (high - low) < 0.7 * (shown_high - shown_low):
            bottom = 0.0 if low == 0.0 and not self.isLog() else low - margin
            view.setYRange(bottom, high + margin, padding=0)
        view.setXRange(*steps, padding=0)

    def setFloor(self, value: float | None) -> None:
        """A faint horizontal line at the free bits of an image, or none."""
        self._floor.setVisible(value is not None)
        if value is not None:
            self._floor.setValue(value)

    def floor(self) -> float | None:
        """Where the horizontal line is, None without one."""
        return float(self._floor.value()) if self._floor.isVisible() else None

    def addMark(self, step: float, text: str, labelled: bool) -> None:
        """A thin vertical line at a step, with a small label unless another plot carries it."""
        line = pg.InfiniteLine(
            pos=step,
            angle=90,
            label=text.replace("{", "{{").replace("}", "}}") if labelled else None,
            labelOpts={"position": 0.12 + 0.14 * (len(self._marks) % 3)},
        )
        if labelled:
            line.label.setFont(self._smallFont())
        line.setZValue(1.5)
        self._marks.append((step, line))
        if self._theme is not None:
            self._dressMark(line)
        self.getPlotItem().addItem(line)

    def marks(self) -> list[tuple[float, str]]:
        """Step and label of each mark, oldest first; the label is empty where it has none."""
        return [
            (step, line.label.toPlainText() if hasattr(line, "label") else "")
            for step, line in self._marks
        ]

    def removeMarksFrom(self, step: float) -> None:
        """Take away the marks at this step and after it."""
        for _, line in [mark for mark in self._marks if mark[0] >= step]:
            self.getPlotItem().removeItem(line)
        self._marks = [mark for mark in self._marks if mark[0] < step]

    def _smallFont(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(_LABEL_POINTS)
        return font

    def _dressMark(self, line: pg.InfiniteLine) -> None:
        line.setPen(_cosmetic(_mixed(self._theme.text, self._theme.well, 0.45), 1.0))
        if hasattr(line, "label"):
            line.label.setColor(self._theme.text)
            line.label.fill = pg.mkBrush(self._theme.well)

    @Slot(object)
    def _onZoom(self, axes: object) -> None:
        self.zoomed.emit()


def _cosmetic(color: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(color, width, style)
    pen.setCosmetic(True)
    return pen


def _mixed(color: str, ground: str, share: float) -> QColor:
    front, back = QColor(color), QColor(ground)
    return QColor(
        *(
            round(share * a + (1 - share) * b)
            for a, b in zip(front.getRgb()[:3], back.getRgb()[:3], strict=True)
        )
    )
