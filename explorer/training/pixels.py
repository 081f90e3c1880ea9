"""What is painted in pixels over a plot's curves: text and lines that no scale may stretch.

It does not know what they mean.
"""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from explorer.widgets.theme import Theme


class PixelItem(pg.GraphicsObject):
    """An item as large as the plot's inside that paints itself in pixels of the scene."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme | None = None

    def setTheme(self, theme: Theme) -> None:
        """Dress what is painted."""
        self.theme = theme
        self.update()

    def room(self) -> QRectF:
        """The plot's inside, pixels."""
        return self.getViewBox().sceneBoundingRect()

    def paintPixels(self, painter: QPainter, room: QRectF) -> None:
        """Paint, once there is a theme."""
        raise NotImplementedError

    def boundingRect(self) -> QRectF:
        return self.viewRect() or QRectF()

    @Slot()
    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None
    ) -> None:
        if self.theme is not None:
            painter.setTransform(self.sceneTransform().inverted()[0] * painter.transform())
            self.paintPixels(painter, self.room())
