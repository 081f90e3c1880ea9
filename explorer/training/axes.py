"""The axes of the training dock's plots: steps in whole numbers, losses written out in full.

It does not know what is plotted over them.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from explorer.widgets.numerals import grouped


class DirectAxis(pg.AxisItem):
    """Paints itself at once: a recorded picture of texts takes ten times as long to play."""

    def updateAutoSIPrefix(self) -> None:
        """Nothing: there is no prefix, and setting the label anew each time costs more than all."""

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None
    ) -> None:
        if self.orientation == "bottom" and not self.style["showValues"]:
            painter.setPen(self.pen())
            painter.drawLine(self.boundingRect().topLeft(), self.boundingRect().topRight())
            return
        painter.save()
        painter.setFont(self.style["tickFont"] or painter.font())
        specs = self.generateDrawSpecs(painter)
        if specs is not None:
            self.drawPicture(painter, *specs)
        painter.restore()

    def drawPicture(
        self, painter: QPainter, axisSpec: tuple, tickSpecs: list[tuple], textSpecs: list[tuple]
    ) -> None:
        # The grid's own pens are translucent and take as long as the curves.
        painter.setPen(self.pen())
        painter.drawLines([QLineF(*axisSpec[1:]), *(QLineF(*tick[1:]) for tick in tickSpecs)])
        painter.setPen(self.textPen())
        for place, flags, text in textSpecs:
            painter.drawText(place, int(flags), text)


class StepAxis(DirectAxis):
    """Steps in whole numbers with their thousands apart."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [grouped(value) if value == round(value) else "" for value in values]


class LossAxis(DirectAxis):
    """Losses written out in full; on a log scale at round mantissas, within a decade evenly."""

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        if not self.logMode:
            return super().tickValues(minVal, maxVal, size)
        most = max(2, int(size / (26 if self.orientation == "left" else 44)))
        decades = range(math.floor(minVal), math.ceil(maxVal) + 1)
        for mantissas in ((1, 1.5, 2, 3, 4, 6), (1, 2, 5), (1, 3), (1,)):
            ticks = [math.log10(m) + d for d in decades for m in mantissas]
            ticks = [tick for tick in ticks if minVal <= tick <= maxVal]
            if min(3, most) <= len(ticks) <= most:
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
        return [_short(value) for value in shown]


def _short(value: float) -> str:
    """As few figures as tell two ticks apart; an axis has room for six."""
    if abs(value) >= 9999.5:
        return f"{value / 1000:.4g}k"
    return grouped(value) if abs(value) >= 1000 else f"{value:.4g}"
