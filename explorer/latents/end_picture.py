"""A small picture at one end of a slider: what its latent does on that side.

It does not know which latent, nor who decodes.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

SIZE = QSize(32, 24)


class EndPicture(QWidget):
    """Paints an (H, W, 3) uint8 picture as high as the row allows; nothing before the first."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._image = QImage()
        self._aspect = SIZE.width() / SIZE.height()
        self._stale = False
        # Not fixed: a row must be able to become narrow again.
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)

    def setImage(self, array: np.ndarray | None, aspect: float) -> None:
        """Show a picture that is `aspect` times as wide as high, or none."""
        self._image, self._aspect = QImage(), aspect
        if array is not None:
            height, width, _ = array.shape
            kind = QImage.Format.Format_RGB888
            self._image = QImage(np.ascontiguousarray(array).data, width, height, 3 * width, kind)
            self._image = self._image.convertToFormat(QImage.Format.Format_RGB32)
        self.update()

    def setStale(self, stale: bool) -> None:
        """Paint it fainter: it is of another z."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIZE.width(), 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.5 if self._stale or not self.isEnabled() else 1.0)
        high = min(self.height(), self.width() / self._aspect)
        place = QRectF(0, (self.height() - high) / 2, high * self._aspect, high)
        painter.drawImage(place, self._image)
