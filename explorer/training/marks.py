"""Annotated vertical lines of a plot: what a person changed, and when.

It does not know what the changes do.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from explorer.training.curve_item import mixed
from explorer.training.pixels import PixelItem

ROWS = 3  # of labels, one below the other
_PADDING = 2.0


class Marks(PixelItem):
    """All marks of a plot; a label that would lie on another's is left to the read-out.

    The newest are labelled first: what was changed a moment ago is what one looks for.
    """

    def __init__(self, font: QFont):
        super().__init__()
        self._font = font
        self._marks: list[tuple[float, str]] = []
        self.setZValue(1.5)

    def marks(self) -> list[tuple[float, str]]:
        """Step and label of each, oldest first; the label is empty where it has none."""
        return list(self._marks)

    def setMarks(self, marks: list[tuple[float, str]]) -> None:
        """Show these instead, oldest first."""
        self._marks = list(marks)
        self.update()

    def labels(self) -> list[tuple[QRectF, str]]:
        """Where in the plot, in pixels of the scene, which labels are written."""
        room = self.room()
        metrics = QFontMetricsF(self._font)
        taken: list[QRectF] = []
        written = []
        for (_, text), x in zip(reversed(self._marks), reversed(self._columns()), strict=True):
            if not text or not room.left() <= x <= room.right():
                continue
            size = metrics.size(Qt.TextFlag.TextSingleLine, text)
            width = min(size.width() + 2 * _PADDING, room.width())
            left = min(max(x - width / 2, room.left()), room.right() - width)
            for row in range(ROWS):
                place = QRectF(
                    left, room.top() + 3 + row * (size.height() + 1), width, size.height()
                )
                if not any(place.intersects(other) for other in taken):
                    taken.append(place)
                    written.append((place, text))
                    break
        return written

    def paintPixels(self, painter: QPainter, room: QRectF) -> None:
        if not self._marks:
            return
        painter.setPen(mixed(self.theme.text, self.theme.well, 0.45))
        columns = np.unique(np.round(self._columns()))  # many at one place are one line
        columns = columns[(columns >= room.left()) & (columns <= room.right())]
        painter.drawLines([QLineF(x, room.top(), x, room.bottom()) for x in columns.tolist()])
        metrics = QFontMetricsF(self._font)
        painter.setFont(self._font)
        painter.setPen(QColor(self.theme.text))
        for place, text in self.labels():
            painter.fillRect(place, QColor(self.theme.well))
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _columns(self) -> np.ndarray:
        """Where each is, (n,) pixels of the scene."""
        transform = self.sceneTransform()
        left = transform.map(QPointF(0.0, 0.0)).x()
        steps = np.array([step for step, _ in self._marks], np.float64)
        return left + steps * transform.m11()
