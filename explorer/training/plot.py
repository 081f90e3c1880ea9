"""A plot as the training dock has them: quiet axes, a scale that keeps still, one thin crosshair.

It does not know what is plotted in it.
"""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QMouseEvent
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView, QWidget

from explorer.training.axes import LossAxis, StepAxis
from explorer.training.curve_item import cosmetic
from explorer.widgets.theme import Theme

AXIS_WIDTH = 38
_LABEL_POINTS = 7.5
_LEAST = 1e-6  # on a logarithmic scale
_CROSSHAIR = 4.0  # above the curves


class Plot(pg.PlotWidget):
    """Drag moves, wheel zooms, double-click shows everything again.

    `pointed` carries where the mouse is, as the axes count: on a logarithmic one that is log10.
    """

    zoomed = Signal()
    everythingWanted = Signal()
    pointed = Signal(float, float)
    left = Signal()

    def __init__(
        self,
        name: str,
        description: str,
        bottom: pg.AxisItem | None = None,
        beside: pg.AxisItem | None = None,
        parent: QWidget | None = None,
    ):
        self.xAxis = bottom or StepAxis("bottom")
        self.yAxis = beside or LossAxis("left")
        axes = {"bottom": self.xAxis, "left": self.yAxis}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self.setObjectName(name)
        self.setAccessibleName(description)
        # A plot has no keys; in the tab order it would be a stop where nothing can be done.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(44)
        # A few items, all of which move at each redraw: nothing to look up, nothing to restore.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        for spared in (
            QGraphicsView.OptimizationFlag.DontSavePainterState,
            QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing,
        ):
            self.setOptimizationFlag(spared)
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.getViewBox().disableAutoRange()
        plot.getViewBox().setDefaultPadding(0.0)
        plot.layout.setContentsMargins(0, 4, 6, 0)
        for axis in (self.xAxis, self.yAxis):
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=0, maxTextLevel=0, maxTickLevel=0)
            # The grid belongs to the axes, which stand in front of the curves by default.
            axis.setZValue(-1000)
        for unseen in ("top", "right"):
            plot.getAxis(unseen).unlinkFromView()  # which would keep it up to date all the same
        self.yAxis.setWidth(AXIS_WIDTH)
        self._has_grid = True
        self._steps_shown = True
        self._empty: bool | None = None
        self._crosshair = pg.InfiniteLine(angle=90)
        self._crosshair.setZValue(_CROSSHAIR)
        self._crosshair.setVisible(False)
        plot.addItem(self._crosshair)
        plot.getViewBox().sigRangeChangedManually.connect(self._onZoom)

    def sizeHint(self) -> QSize:
        # Little, so that a short dock takes its room from what stands beside the plots.
        return QSize(240, 90)

    def smallFont(self) -> QFont:
        """That of all that is written in a plot."""
        font = QFont(self.font())
        font.setPointSizeF(_LABEL_POINTS)
        return font

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.everythingWanted.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        view = self.getPlotItem().getViewBox()
        place = self.mapToScene(event.position().toPoint())
        if view.sceneBoundingRect().contains(place):
            point = view.mapSceneToView(place)
            self.pointed.emit(point.x(), point.y())
        else:
            self.left.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def setCrosshair(self, x: float | None) -> None:
        """A thin vertical line at `x`, or none."""
        self._crosshair.setVisible(x is not None)
        if x is not None:
            self._crosshair.setValue(x)

    def crosshair(self) -> float | None:
        """Where the vertical line is, None without one."""
        return float(self._crosshair.value()) if self._crosshair.isVisible() else None

    def setGridWanted(self, wanted: bool) -> None:
        """Draw horizontal lines at the ticks, or not."""
        self._has_grid = wanted
        self._empty = None

    def setStepsShown(self, shown: bool) -> None:
        """Write the steps below the plot, or leave that to the plot it is stacked on."""
        self._steps_shown = shown
        self.xAxis.setStyle(showValues=shown)
        self.xAxis.setHeight(None if shown else 4)

    def setEmpty(self, empty: bool) -> None:
        """Leave the axes blank while there is nothing that their numbers could mean."""
        if empty == self._empty:
            return
        self._empty = empty
        self.getPlotItem().showGrid(y=self._has_grid and not empty, alpha=0.8)
        self.yAxis.setStyle(showValues=not empty)
        self.xAxis.setStyle(showValues=self._steps_shown and not empty)

    def setTheme(self, theme: Theme) -> None:
        """Dress ground and axes."""
        self.setBackground(theme.well)
        for axis in (self.xAxis, self.yAxis):
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setTickFont(self.smallFont())
        self._crosshair.setPen(cosmetic(QColor(theme.text), 1.0))

    def setLog(self, on: bool) -> None:
        """Put the vertical axis on a logarithmic scale."""
        self.getPlotItem().setLogMode(y=on)

    def isLog(self) -> bool:
        """Whether the vertical axis is on a logarithmic scale."""
        return bool(self.yAxis.logMode)

    def setView(self, across: tuple[float, float], values: tuple[float, float]) -> None:
        """Show these across, and these values with a margin.

        The values' range is left alone while it fits well, so that the scale does not tremble.
        """
        view = self.getPlotItem().getViewBox()
        shown_across, shown = view.viewRange()
        still = self.still(values, shown, self.isLog())
        wanted = {"xRange": across} if list(across) != shown_across else {}
        wanted |= {"yRange": still} if still is not None else {}
        if wanted:
            view.setRange(**wanted, padding=0)
        # Else it would happen while it is painted, and all would be painted a second time.
        view.prepareForPaint()

    @staticmethod
    def still(
        values: tuple[float, float], shown: list[float], log: bool
    ) -> tuple[float, float] | None:
        """The range of an axis that shows these values with a margin; None if the present does."""
        low, high = values
        if log:
            low, high = math.log10(max(low, _LEAST)), math.log10(max(high, _LEAST))
        margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
        fits = shown[0] <= low and high <= shown[1]
        if fits and (high - low) >= 0.7 * (shown[1] - shown[0]):
            return None
        return (0.0 if low == 0.0 and not log else low - margin), high + margin

    @Slot(object)
    def _onZoom(self, axes: object) -> None:
        self.zoomed.emit()
