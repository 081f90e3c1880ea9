"""A slim bar of the trail's colours between the numbers they stand for.

It does not know what the numbers measure.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.map.inks import ramp
from explorer.widgets.theme import theme_of

STOPS = 16
TALL = 8


class ColorBar(QWidget):
    """Low at the left, high at the right; without numbers it is empty."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("mapColorBar")
        self.setAccessibleName("Colours of the trail")
        self.setToolTip("What the colours of the trail stand for.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._ends = ("", "")

    def sizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().height())

    def ends(self) -> tuple[str, str]:
        """What stands at the low and at the high end."""
        return self._ends

    def setEnds(self, low: str, high: str) -> None:
        """Write these at the ends."""
        if (low, high) != self._ends:
            self._ends = low, high
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        low, high = self._ends
        if not low:
            return
        painter, theme = QPainter(self), theme_of(self)
        metrics = painter.fontMetrics()
        painter.setPen(QColor(theme.muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, high)
        left = metrics.horizontalAdvance(low) + 6
        right = self.width() - metrics.horizontalAdvance(high) - 6
        bar = QRectF(left, (self.height() - TALL) / 2, max(0, right - left), TALL)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        colors = ramp(theme.dark)
        for stop in range(STOPS):
            share = stop / (STOPS - 1)
            gradient.setColorAt(share, QColor(*map(int, colors[round(255 * share)])))
        painter.fillRect(bar, gradient)
