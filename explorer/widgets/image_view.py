"""A view of one uint8 picture, scaled to fit in the proportions of what it shows.

It does not know where pictures come from.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.theme import theme_of


class ImageView(QWidget):
    """Shows an (H, W, 3) uint8 RGB array; `image()` gives back the very array on show."""

    def __init__(
        self, name: str, description: str, smooth: bool = True, parent: QWidget | None = None
    ):
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(description)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 60)
        self._smooth = smooth
        self._placeholder = ""
        self._aspect: float | None = None
        self._array: np.ndarray | None = None
        self._qimage = QImage()
        self._overlay = QImage()

    def image(self) -> np.ndarray | None:
        """The array on show, (H, W, 3) uint8, or None before the first one."""
        return self._array

    def setImage(self, array: np.ndarray) -> None:
        """Show an (H, W, 3) uint8 RGB array; it must not be written to afterwards."""
        self._array = array
        height, width, _ = array.shape
        # In the screen's own format: Qt would convert at each paint, in a thread pool for which
        # the window waits while training holds the cores. The QImage borrows the array's memory.
        red, green, blue = np.moveaxis(array.astype(np.uint32), 2, 0)
        self._pixels = np.ascontiguousarray(0xFF000000 | (red << 16) | (green << 8) | blue)
        self._qimage = QImage(
            self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32
        )
        self.update()

    def setOverlay(self, rgba: np.ndarray | None) -> None:
        """Lay (H, W, 4) uint8 RGBA over the picture, or nothing."""
        self._overlay = QImage()
        if rgba is not None:
            height, width, _ = rgba.shape
            kind = QImage.Format.Format_RGBA8888
            self._overlay = QImage(np.ascontiguousarray(rgba).data, width, height, kind).copy()
        self.update()

    def hasOverlay(self) -> bool:
        """Whether something lies over the picture."""
        return not self._overlay.isNull()

    def clear(self) -> None:
        """Forget the picture and show the placeholder."""
        self._array = None
        self._qimage = QImage()
        self.update()

    def setPlaceholder(self, text: str) -> None:
        """What to say while there is no picture."""
        self._placeholder = text
        self.update()

    def setAspect(self, aspect: float | None) -> None:
        """Width by height of what pictures show; None where their pixels are square."""
        self._aspect = aspect
        self.update()

    def aspect(self) -> float:
        """Width by height of the picture on show."""
        rect = self.pictureRect()
        return rect.width() / max(rect.height(), 1.0)

    def sizeHint(self) -> QSize:
        return QSize(240, 180)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width * 3 // 4

    def pictureRect(self) -> QRectF:
        """Where the picture stands in widget coordinates, pixels."""
        ratio = 4 / 3
        if not self._qimage.isNull():
            ratio = self._aspect or self._qimage.width() / self._qimage.height()
        width = min(float(self.width()), self.height() * ratio)
        height = width / ratio
        # On whole pixels: a picture of just this size is then copied instead of interpolated.
        left, top = round((self.width() - width) / 2), round((self.height() - height) / 2)
        return QRectF(left, top, width, height)

    def pictureSize(self) -> tuple[int, int]:
        """Width and height of the picture in the screen's own pixels."""
        # Of 4:3 whatever is on show, or a picture made to this size could ask for another one.
        width, ratio = min(float(self.width()), self.height() * 4 / 3), self.devicePixelRatioF()
        return max(1, round(width * ratio)), max(1, round(width * ratio * 3 / 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._qimage.isNull():
            theme = theme_of(self)
            painter.fillRect(self.pictureRect(), QColor(theme.well))
            painter.setPen(QColor(theme.muted))
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self._placeholder,
            )
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
        painter.drawImage(self.pictureRect(), self._qimage)
        painter.drawImage(self.pictureRect(), self._overlay)
