"""Named horizontal lines of a plot: what a loss is held above, or pulled to.

It does not know why.
"""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from explorer.training.curve_item import cosmetic
from explorer.training.pixels import PixelItem

FLOORS = {"free bits": 1.0, "KL floor": 0.64, "capacity": 0.3}
"""Their names, and where along the line they stand: apart, should two lines be one."""

_GAP = 3  # pixels


class Floors(PixelItem):
    """Dotted lines behind the curves, each with its name on the side that has room."""

    def __init__(self, font: QFont):
        super().__init__()
        self._font = font
        self._values: dict[str, float] = {}
        self.setZValue(0.4)

    def values(self) -> dict[str, float]:
        """Where there is a line, by name."""
        return dict(self._values)

    def setValue(self, name: str, value: float | None) -> None:
        """Move a line of FLOORS, or take it away."""
        self._values.pop(name, None)
        if value is not None:
            self._values[name] = value
        self.update()

    def paintPixels(self, painter: QPainter, room: QRectF) -> None:
        transform = self.sceneTransform()
        metrics = QFontMetricsF(self._font)
        painter.setFont(self._font)
        color = QColor(self.theme.muted)
        for name, value in self._values.items():
            y = transform.map(QPointF(0.0, value)).y()
            if not room.top() <= y <= room.bottom():
                continue
            painter.setPen(cosmetic(color, 1.0, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(room.left(), y, room.right(), y))
            size = metrics.size(Qt.TextFlag.TextSingleLine, name)
            left = room.left() + FLOORS[name] * (room.width() - size.width() - _GAP)
            above = y - size.height() >= room.top()
            painter.setPen(color)
            painter.drawText(
                QRectF(left, y - size.height() if above else y, size.width() + 1, size.height()),
                Qt.AlignmentFlag.AlignCenter,
                name,
            )
