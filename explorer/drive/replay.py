"""The way through a recording: a slider, and where in it one is.

It does not know what is recorded.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.drive.history import STEPS_PER_SECOND
from explorer.widgets.caption import FittingCaption
from explorer.widgets.numerals import clock
from explorer.widgets.seek_slider import SeekSlider

_TIP = "Go through the recording: drag, or arrow keys by a step and Page keys by a second."


class ReplayRow(QWidget):
    """Counts steps from 0; shown only while there is a recording."""

    placeChosen = Signal(int)  # a person went there

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._length = 0
        self._slider = SeekSlider("replaySlider", "Place in the recording")
        self._slider.setToolTip(_TIP)
        self._slider.setPageStep(STEPS_PER_SECOND)
        self._told = FittingCaption(alignment=Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._told)
        self._slider.valueChanged.connect(self._take)
        self.hide()

    def setReplay(self, name: str, length: int) -> None:
        """Begin with the first of `length` steps of a recording; none with a length of 0."""
        self._length = length
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, max(0, length - 1))
            self._slider.setValue(0)
        self._slider.setAccessibleName(f"Place in the recording {name}")
        # The room of the longest label, so that the slider does not move with the digits.
        self._told.setFixedWidth(
            self._told.fontMetrics().horizontalAdvance(self._label(length)) + 4
        )
        self._tell()
        self.setVisible(length > 0)

    def setPlace(self, place: int) -> None:
        """Show which step is on show; emits nothing, and leaves a handle that is held alone."""
        if not self._slider.isSliderDown():
            with QSignalBlocker(self._slider):
                self._slider.setValue(place)
            self._tell()

    def place(self) -> int:
        """The step that is on show, or was gone to."""
        return self._slider.value()

    @Slot(int)
    def _take(self, place: int) -> None:
        self._tell()
        self.placeChosen.emit(place)

    def _tell(self) -> None:
        self._told.showWordings(self._label(self.place()))

    def _label(self, place: int) -> str:
        length = clock(self._length / STEPS_PER_SECOND)
        ended = 0 < place == self._length - 1
        return f"{'end' if ended else clock(place / STEPS_PER_SECOND)} / {length}"
