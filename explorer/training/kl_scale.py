"""The colours of a KL in nats, from the ground of a plot upwards, and the scale that tells them.

It does not know whose KL it is.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.activity import ACTIVE_NATS
from explorer.widgets.theme import Theme

MOST = 4.0  # nats; more has the last colour
_ACTIVE_SHARE = 0.3  # of the scale: below it hardly a colour, above it clearly one
_COLORS = 256
_TICKS = (0.0, 0.1, 1.0, 4.0)
_BAR, _BAR_HEIGHT, _OVERHANG = 110, 6, 32  # pixels
_LABEL_POINTS = 7.5


def share(kl: np.ndarray) -> np.ndarray:
    """How far along the scale a KL in nats is, 0 to 1: evenly up to 0.1, then by its logarithm."""
    kl = np.nan_to_num(np.asarray(kl, np.float64))
    low = _ACTIVE_SHARE * kl / ACTIVE_NATS
    far = np.log(np.clip(kl, ACTIVE_NATS, MOST) / ACTIVE_NATS) / np.log(MOST / ACTIVE_NATS)
    return np.where(kl < ACTIVE_NATS, np.clip(low, 0, 1), _ACTIVE_SHARE + (1 - _ACTIVE_SHARE) * far)


def colors(theme: Theme) -> np.ndarray:
    """(256, 4) uint8 RGBA along the scale, evenly lighter on dark ground, darker on light."""
    middle, end = ("#e69f00", "#fff3d6") if theme.dark else ("#d97a14", "#3d1500")
    start = "#5a3608" if theme.dark else "#f3c28a"
    stops = [theme.well, start, middle, end]
    points = [QColor(stop).getRgb() for stop in stops]
    places = [0.0, _ACTIVE_SHARE, 0.7, 1.0]
    along = np.linspace(0, 1, _COLORS)
    channels = [np.interp(along, places, channel) for channel in zip(*points, strict=True)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


def colored(kl: np.ndarray, table: np.ndarray) -> np.ndarray:
    """KL of any shape in nats as colours of the table: (*shape, 4) uint8 RGBA."""
    return table[np.round(share(kl) * (_COLORS - 1)).astype(np.uint8)]


class KlScale(QWidget):
    """A bar of the colours with its nats."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colours of the KL per latent, 0 to 4 nats")
        self.setToolTip("The colours of the map: from 0.1 nats on a latent counts as active.")

    def setTheme(self, theme: Theme) -> None:
        """Dress the scale."""
        self._theme = theme
        self._image = QImage(
            np.ascontiguousarray(colors(theme)[np.newaxis]).tobytes(),
            _COLORS,
            1,
            QImage.Format.Format_RGBA8888,
        ).copy()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_BAR + _OVERHANG, _BAR_HEIGHT + 1 + self._metrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.drawImage(QRectF(0, 0, _BAR, _BAR_HEIGHT), self._image)
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(QRectF(0, 0, _BAR, _BAR_HEIGHT))
        painter.setFont(self._font())
        painter.setPen(QColor(self._theme.muted))
        below = self.height() - _BAR_HEIGHT - 1
        for nats in _TICKS:
            x = round(float(share(np.array(nats))) * _BAR)
            text = f"{nats:g} nats" if nats == _TICKS[-1] else f"{nats:g}"
            first = self._metrics().horizontalAdvance(text[0]) / 2 if nats else 0.0
            place = QRectF(x - first, _BAR_HEIGHT + 1, _BAR, below)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, text)

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(_LABEL_POINTS)
        return font

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._font())
