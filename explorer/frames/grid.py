"""A wall of small pictures, each with its number of the episode and whether it is held out.

It does not know which frames they are, nor who reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.widgets.theme import theme_of

CELLS = 24
_GAP = 6
_BORDER = 2  # pixels; a held-out picture's is thicker by one
_SHAPE = 4 / 3  # width by height of a cell without its caption


class Cell(NamedTuple):
    """What is told of a picture."""

    frame: int  # in the sequence, from 0
    episode: int  # from 1
    held_out: bool


class FrameGrid(QWidget):
    """As many columns as let the pictures be largest."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("framesGrid")
        self.setAccessibleName("Preview of the frames")
        self.setToolTip("Frames evenly spread over all; the slider moves each of them on.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._cells: Sequence[Cell] = ()
        self._images: list[QImage] = []
        self._pixels = np.empty(0, np.uint32)
        self._pictures = np.empty((0, 60, 80, 3), np.uint8)
        self._placeholder = ""

    def setPictures(self, pictures: np.ndarray, cells: Sequence[Cell]) -> None:
        """Show pictures (n, H, W, 3) uint8, n at most CELLS, with what is told of each."""
        self._pictures, self._cells = pictures, cells
        red, green, blue = np.moveaxis(pictures.astype(np.uint32), -1, 0)
        self._pixels = np.ascontiguousarray(0xFF000000 | (red << 16) | (green << 8) | blue)
        height, width = pictures.shape[1:3]
        self._images = [
            QImage(one.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            for one in self._pixels
        ]
        self.setAccessibleDescription("; ".join(self.tell(k) for k in range(len(cells))))
        self.update()

    def pictures(self) -> np.ndarray:
        """Those on show, (n, H, W, 3) uint8."""
        return self._pictures

    def cells(self) -> Sequence[Cell]:
        """What is told of each picture."""
        return self._cells

    def tell(self, place: int) -> str:
        """A picture in words."""
        cell = self._cells[place]
        side = "held out" if cell.held_out else "to train on"
        return f"Frame {cell.frame + 1}, episode {cell.episode}, {side}"

    def cellRect(self, place: int) -> QRect:
        """Where a picture stands, pixels, without its caption."""
        columns, size = self._grid()
        row, column = divmod(place, columns)
        used = columns * (size.width() + _GAP) - _GAP
        x = (self.width() - used) // 2 + column * (size.width() + _GAP)
        return QRect(QPoint(x, row * (size.height() + self._caption() + _GAP)), size)

    def sizeHint(self) -> QSize:
        return QSize(640, 340)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 150)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            for place in range(len(self._cells)):
                if self.cellRect(place).contains(event.pos()):
                    QToolTip.showText(event.globalPos(), self.tell(place), self)
                    return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        font = self.font()
        font.setPixelSize(self._caption() - 3)
        painter.setFont(font)
        for place, (cell, image) in enumerate(zip(self._cells, self._images, strict=True)):
            rect = self.cellRect(place)
            painter.drawImage(rect, image)
            color = QColor(theme.good if cell.held_out else theme.border)
            pen = QPen(color, _BORDER + cell.held_out)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
            below = QRect(rect.left(), rect.bottom() + 1, rect.width(), self._caption())
            painter.setPen(color if cell.held_out else QColor(theme.muted))
            said = f"episode {cell.episode}"
            for words in (f"{said} · held out", said, f"{cell.episode}"):
                if painter.fontMetrics().horizontalAdvance(words) <= rect.width():
                    break
            words = words if cell.held_out else words.removesuffix(" · held out")
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)

    def _caption(self) -> int:
        return round(0.9 * self.fontMetrics().height())

    def _grid(self) -> tuple[int, QSize]:
        """How many columns, and the size of a picture."""
        count = max(1, len(self._cells))
        best = 1, QSize(0, 0)
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            widest = (self.width() + _GAP) // columns - _GAP
            highest = (self.height() + _GAP) // rows - _GAP - self._caption()
            width = max(8, min(widest, int(highest * _SHAPE)))
            if width > best[1].width():
                best = columns, QSize(width, round(width / _SHAPE))
        return best
