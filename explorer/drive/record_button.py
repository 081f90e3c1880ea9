"""The button that begins and ends a recording; what is recorded it does not know."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QPushButton

_TEXTS = {False: "● Record", True: "■ Stop rec."}
_NAMES = {False: "Record", True: "Stop recording"}
_START = (
    "Keep this drive, to replay it, to export it as a film and to train on it. While the camera "
    "zooms in at a start, for a second, nothing is kept."
)
_STOP = "End the recording. Recordings… then replays or exports it, and Frames… trains on it."
_REPLAYED = "What is replayed is recorded already: choose You or Autopilot to record a drive."


class RecordButton(QPushButton):
    """Checked while frames are kept; its width is the same then."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recordButton")
        self.setAutoDefault(False)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the game
        self._driving = self._replaying = False
        self.toggled.connect(self._tell)
        self._tell()

    def sizeHint(self) -> QSize:
        hint, wide = super().sizeHint(), self.fontMetrics().horizontalAdvance
        widest = max(wide(text) for text in _TEXTS.values())
        return QSize(hint.width() + widest - wide(self.text()), hint.height())

    def setPossible(self, driving: bool, replaying: bool) -> None:
        """Whether there is something to record; a recording can always be ended."""
        self._driving, self._replaying = driving, replaying
        self._tell()

    @Slot()
    def _tell(self) -> None:
        on = self.isChecked()
        self.setText(_TEXTS[on])
        self.setAccessibleName(_NAMES[on])
        self.setEnabled(on or (self._driving and not self._replaying))
        self.setToolTip(_STOP if on else _REPLAYED if self._replaying else _START)
