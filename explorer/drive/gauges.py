"""Four painted bars: steering, gas, brake and speed.

It does not know whether a person or the autopilot drives.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.theme import theme_of

_FULL_SPEED = 100.0  # the game's units per second, a little above what the car reaches on a road
_HEIGHT = 44
_BAR = 6
_GAP = 8


class Gauges(QWidget):
    """Steer (zero in the middle), gas, brake and speed in two rows of two."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("gauges")
        self.setAccessibleName("Steering, gas, brake and speed")
        self.setToolTip(
            "What the car is told, and its speed in the game's units per second (bar: 0 to 100)."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._values = (0.0, 0.0, 0.0, 0.0)

    def sizeHint(self) -> QSize:
        return QSize(260, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def values(self) -> tuple[float, float, float, float]:
        """The shown (steer -1..1, gas 0..1, brake 0..1, speed in units per second)."""
        return self._values

    def setGauges(self, steer: float, gas: float, brake: float, speed: float) -> None:
        """Show steer in -1..1 (-1 is left), gas and brake in 0..1, speed in units per second."""
        values = (float(steer), float(gas), float(brake), float(speed))
        if values != self._values:
            self._values = values
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        label = max(metrics.horizontalAdvance(word) for word in ("steer", "brake", "gas", "speed"))
        number = metrics.horizontalAdvance("000")
        steer, gas, brake, speed = self._values
        column, row = (self.width() - 2 * _GAP) / 2, self.height() / 2
        for name, part, color, x, y in (
            ("steer", steer, theme.mu, 0.0, 0.0),
            ("gas", gas, theme.good, column + 2 * _GAP, 0.0),
            ("brake", brake, theme.warning, 0.0, row),
            ("speed", speed / _FULL_SPEED, theme.kl, column + 2 * _GAP, row),
        ):
            painter.setPen(QColor(theme.text))
            painter.drawText(QRectF(x, y, label, row), Qt.AlignmentFlag.AlignVCenter, name)
            track = QRectF(x + label + _GAP, y + (row - _BAR) / 2, column - label - _GAP, _BAR)
            if x:
                # Both bars of the column end where the number begins, so that they compare.
                track.setWidth(track.width() - number - _GAP / 2)
            if name == "speed":
                beside = QRectF(track.right() + _GAP / 2, y, number, row)
                flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
                painter.drawText(beside, flags, f"{speed:.0f}")
            _paint_bar(painter, track, part, color, theme.border, centred=name == "steer")
            if name == "steer":
                painter.fillRect(
                    QRectF(track.center().x() - 0.5, track.top() - 2, 1, _BAR + 4),
                    QColor(theme.muted),
                )


def _paint_bar(
    painter: QPainter, track: QRectF, part: float, color: str, ground: str, centred: bool
) -> None:
    """Fill `part` of the track from its left end, or from its middle either way."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
    part = min(1.0, max(-1.0 if centred else 0.0, part))
    if part == 0.0:
        return
    filled = QRectF(track)
    if centred:
        middle, reach = track.center().x(), part * track.width() / 2
        filled.setLeft(min(middle, middle + reach))
        filled.setRight(max(middle, middle + reach))
    else:
        filled.setWidth(part * track.width())
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(filled, _BAR / 2, _BAR / 2)
