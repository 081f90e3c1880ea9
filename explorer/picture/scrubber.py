"""A slider and a number to go through frames by mouse, wheel, keys or typing.

It does not know what is in the frames.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from explorer.widgets.number_field import NumberField
from explorer.widgets.numerals import grouped

PAGES = 20  # Page down goes through all frames in so many


class Scrubber(QWidget):
    """Counts from 1 for a person and from 0 for the program."""

    indexChanged = Signal(int)  # a person went to another frame

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._gesture = 0
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("frameSlider")
        self._slider.setAccessibleName("Frame looked at")
        self._slider.setToolTip("Go through the frames; arrow keys go by one, Page keys further.")
        self._slider.setMinimum(1)
        self._field = NumberField(
            "frameField", "Number of the frame looked at", 1, 1, 1, decimals=0, even_steps=True
        )
        self._field.setToolTip("The frame's number, counted from 1.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._field)
        self._slider.sliderPressed.connect(self._begin)
        self._slider.valueChanged.connect(self._follow_slider)
        self._field.valueChanged.connect(self._follow_field)

    def setCount(self, count: int) -> None:
        """Go to the first of `count` frames; emits nothing."""
        with QSignalBlocker(self._slider), QSignalBlocker(self._field):
            self._slider.setRange(1, count)
            self._slider.setPageStep(max(1, count // PAGES))
            self._slider.setValue(1)
            self._field.setSuffix(f" of {grouped(count)}")
            self._field.setRange(1, count)
            self._field.setValue(1)
        self._begin()

    def index(self) -> int:
        """The frame gone to, from 0."""
        return self._slider.value() - 1

    def gesture(self) -> int:
        """A number that is the same for all frames of one drag."""
        return self._gesture

    @Slot()
    def _begin(self) -> None:
        self._gesture += 1

    @Slot(int)
    def _follow_slider(self, value: int) -> None:
        with QSignalBlocker(self._field):
            self._field.setValue(value)
        if not self._slider.isSliderDown():
            self._begin()
        self.indexChanged.emit(value - 1)

    @Slot(float)
    def _follow_field(self, value: float) -> None:
        self._slider.setValue(round(value))
