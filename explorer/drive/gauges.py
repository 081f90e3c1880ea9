"""Four painted bars: steering, gas, brake and speed.

It does not know whether a person or the autopilot drives.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.caption import dress_as_caption
from explorer.widgets.theme import theme_of

_FULL_SPEED = 100.0  # the game's units per second, a little above what the car reaches on a road
_BAR = 5
_GAP = 8


class Gauges(QWidget):
    """Steer (zero in the middle), gas, brake and speed side by side, each below its name."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("gauges")
        self.setAccessibleName("Steering, gas, brake and speed")
        self.setToolTip(
            "What the car is told, and its speed in the game's units per second (bar: 0 to 100)."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        dress_as_caption(self)
        self._values = (0.0, 0.0, 0.0, 0.0)

    def sizeHint(self) -> QSize:
        return QSize(260, self.fontMetrics().height() + _BAR + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

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
        words = painter.fontMetrics().height()
        steer, gas, brake, speed = self._values
        column = (self.width() - 3 * _GAP) / 4
        for index, (name, part, color) in enumerate(
            (
                ("steer", steer, theme.mu),
                ("gas", gas, theme.good),
                ("brake", brake, theme.warning),
                ("speed", speed / _FULL_SPEED, theme.kl),
            )
        ):
            cell = QRectF(index * (column + _GAP), 0, column, words)
            painter.setPen(QColor(theme.text))
            painter.drawText(cell, Qt.AlignmentFlag.AlignLeft, name)
            if name == "speed":
                painter.drawText(cell, Qt.AlignmentFlag.AlignRight, f"{speed:.0f}")
            track = QRectF(cell.left(), words + 2, column, _BAR)
            _paint_bar(painter, track, part, color, theme.border, centred=name == "steer")
            if name == "steer":
                painter.fillRect(
                    QRectF(track.center().x() - 0.5, track.top() - 1, 1, _BAR + 2),
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
