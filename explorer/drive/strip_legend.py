"""The line above the strip's map: which line is which and its value, and what the colours mean.

It does not know the frames.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.drive.colouring import FULL, MU, Colouring
from explorer.widgets.numerals import short
from explorer.widgets.theme import theme_of

_POINTS = 8.0
_STILL = 100  # ms; digits that change faster cannot be read
_DASH, _GAP, _BAR = 14, 3, 36  # pixels


class StripLegend(QWidget):
    """One line, painted, because its words have the colours of what they name."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("stripLegend")
        self._colouring = MU
        self._kl = self._error = float("nan")
        font = QFont(self.font())
        font.setPointSizeF(_POINTS)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._still = QTimer(self, singleShot=True, interval=_STILL)
        self._still.timeout.connect(self._tell)

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 1)

    def setColouring(self, colouring: Colouring) -> None:
        """What the map's colours stand for."""
        self._colouring = colouring
        self._tell()

    def setValues(self, kl: float, error: float) -> None:
        """The KL in nats and the squared error of one frame; NaN where there is none."""
        self._kl, self._error = kl, error
        if not self._still.isActive():
            self._tell()
            self._still.start()

    def texts(self) -> tuple[str, str]:
        """What stands beside the two lines."""
        kl = f"KL {short(self._kl)} nats" if np.isfinite(self._kl) else "KL"
        error = f"error {short(self._error)} SSE" if np.isfinite(self._error) else "error"
        return kl, error

    @Slot()
    def _tell(self) -> None:
        low, high = self._colouring.ends()
        colour = f"colour: {self._colouring.words} {low} … {high}"
        self.setAccessibleName(" · ".join((*self.texts(), colour)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, metrics = theme_of(self), QFontMetricsF(self.font())
        painter = QPainter(self)
        middle, left = round(self.height() / 2), 0.0
        lines = (theme.kl, Qt.PenStyle.DashLine), (theme.recon, Qt.PenStyle.SolidLine)
        for (color, style), text in zip(lines, self.texts(), strict=True):
            painter.setPen(QPen(QColor(color), 2, style))
            painter.drawLine(round(left), middle, round(left) + _DASH, middle)
            left += _DASH + _GAP
            left += self._write(painter, left, text) + 8
        low, high = self._colouring.ends()
        right = self.width() - metrics.horizontalAdvance(high)
        painter.setPen(QColor(theme.muted))
        self._write(painter, right, high)
        place = QRectF(right - _GAP - _BAR, middle - 4, _BAR, 8)
        colors = self._colouring.colors(theme)[: FULL + 1].copy()
        painter.drawImage(place, QImage(colors.data, FULL + 1, 1, QImage.Format.Format_RGB32))
        self._write(painter, place.left() - _GAP - metrics.horizontalAdvance(low), low)

    def _write(self, painter: QPainter, left: float, text: str) -> float:
        wide = QFontMetricsF(self.font()).horizontalAdvance(text)
        painter.drawText(
            QRectF(left, 0, wide + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text
        )
        return wide
