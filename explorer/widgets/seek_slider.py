"""A slider over a course of events: a click in its groove goes there, not a page on.

It does not know what happens along it.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget


class SeekSlider(QSlider):
    """Horizontal; keys, wheel and dragging are those of QSlider."""

    def __init__(self, name: str, description: str, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName(name)
        self.setAccessibleName(description)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, parts = self.style(), QStyle.ComplexControl.CC_Slider
        place = event.position().toPoint()
        on = style.hitTestComplexControl(parts, option, place, self)
        if event.button() == Qt.MouseButton.LeftButton and on != QStyle.SubControl.SC_SliderHandle:
            handle = style.subControlRect(parts, option, QStyle.SubControl.SC_SliderHandle, self)
            room = self.width() - handle.width()
            value = QStyle.sliderValueFromPosition(
                self.minimum(), self.maximum(), place.x() - handle.width() // 2, room
            )
            self.setValue(value)
        super().mousePressEvent(event)  # the handle is below the mouse now, and can be dragged on
