"""One curve of a plot: of a trace of any length only what the plot has columns for.

It does not know what is measured.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPen

from explorer.training.trace import Trace

Conversion = Callable[[np.ndarray], np.ndarray]
_PIXELS = 300  # of a plot that is not laid out yet


class Curve(pg.PlotCurveItem):
    """Draws a trace in a unit, on a linear or logarithmic scale; `show` after the trace has grown.

    Both the unit and the scale are monotonous, so that the extremes of a column stay extremes and
    only what is drawn is converted.
    """

    def __init__(self, bold: bool = False, coarseness: int = 1):
        """`coarseness` is how many pixels a column of it is wide."""
        # Few points and two pixels wide: smooth edges cost little there and show.
        super().__init__(connect="finite", antialias=bold)
        self._coarseness = coarseness
        self._trace = Trace()
        self._unit: Conversion = _as_it_is
        self._window = 1
        self._is_log = False
        self._drawn_for: tuple | None = None  # range and pixels of the view

    def show(
        self, trace: Trace, unit: Conversion | None = None, log: bool = False, window: int = 1
    ) -> None:
        """Draw a trace by `unit`, on a log10 scale or not, as means of `window` values."""
        self._trace, self._unit = trace, unit or _as_it_is
        self._is_log, self._window = log, window
        self._draw()

    def getOriginalDataset(self) -> tuple[np.ndarray, np.ndarray]:
        """All steps of the trace and its values in the unit, (n,) each."""
        return self._trace.steps, self._unit(self._trace.values)

    def boundingRect(self) -> QRectF:
        return self.viewRect() or QRectF()

    @Slot()
    def viewTransformChanged(self) -> None:
        # A PlotCurveItem alone keeps the old one.
        pg.GraphicsItem.viewTransformChanged(self)
        self.prepareGeometryChange()

    @Slot()
    def refresh(self) -> None:
        """Draw what a moved or resized view has room for; for the moment before it is painted."""
        if self._drawn_for != self._room():
            self._draw()

    def _room(self) -> tuple[float, float, int] | None:
        """The steps in view and the pixels for them."""
        view = self.getViewBox()
        return None if view is None else (*view.viewRange()[0], round(view.width()) or _PIXELS)

    def _draw(self) -> None:
        self._drawn_for = self._room()
        if len(self._trace) == 0 or self._drawn_for is None:
            if self.xData is not None:
                self.setData([], [])
            return
        low, high, pixels = self._drawn_for
        columns = max(1, pixels // self._coarseness)
        if self._window > 1:
            shown = self._trace.smoothed(low, high, columns, self._window)
        else:
            shown = self._trace.within(low, high, columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = self._unit(shown.values)
            values = np.log10(values) if self._is_log else values
        self.setData(shown.steps, np.where(np.isfinite(values), values, np.nan))


def cosmetic(color: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen as wide in pixels whatever the scale."""
    pen = QPen(color, width, style)
    pen.setCosmetic(True)
    return pen


def mixed(color: str, ground: str, share: float) -> QColor:
    """A share of a colour on a ground; opaque lines are drawn several times faster."""
    front, back = QColor(color), QColor(ground)
    return QColor(
        *(
            round(share * a + (1 - share) * b)
            for a, b in zip(front.getRgb()[:3], back.getRgb()[:3], strict=True)
        )
    )


def _as_it_is(values: np.ndarray) -> np.ndarray:
    return values
