"""Who drives: four buttons, one of them always chosen.

They do not know what a choice leads to.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QWidget

from explorer.drive.buttons import drive_button

YOU, AUTOPILOT, REPLAY, HOLD = "you", "autopilot", "replay", "hold"
_TEXTS = {
    YOU: ("You", "You drive, by keys or a gamepad."),
    AUTOPILOT: ("Autopilot", "The program drives along the road; a driving key takes the wheel."),
    REPLAY: (
        "Replay",
        "A recording drives; what the model makes of it is seen live. At its end, play it again.",
    ),
    HOLD: (
        "Hold",
        "The drive stands still; pressed again, or with H in the game view or on the strip below, "
        "it goes on.",
    ),
}


class Modes(QWidget):
    """`chosen` carries one of the four, and is emitted by a person's choice only."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self._buttons = {}
        for mode, (text, tip) in _TEXTS.items():
            button = drive_button(f"{mode}Button", text, tip, checkable=True)
            self._group.addButton(button)
            self._buttons[mode] = button
            row.addWidget(button, 1)
        self._shown = self._moving = YOU
        self.setMode(YOU)
        self._group.buttonClicked.connect(self._take)

    def mode(self) -> str:
        """The chosen one."""
        return self._shown

    def setMode(self, mode: str) -> None:
        """Show another one as chosen; emits nothing."""
        self._shown = mode
        if mode != HOLD:
            self._moving = mode
        self._buttons[mode].setChecked(True)

    def mover(self) -> str:
        """Who drives, or would go on where it is held: any of the others."""
        return self._moving

    def choose(self, mode: str) -> None:
        """Choose one in a person's name; held as it is already, the drive goes on as before.

        What is replayed may have come to its end, so that another press is not in vain.
        """
        if mode == HOLD == self._shown:
            mode = self._moving
        if mode != self._shown or mode == REPLAY:
            self.setMode(mode)
            self.chosen.emit(mode)

    def setPossible(self, ready: bool, driving: bool) -> None:
        """Whether one can be chosen: with a model, and to hold something only what moves."""
        for mode, button in self._buttons.items():
            button.setEnabled(driving if mode == HOLD else ready or driving)

    @Slot(QAbstractButton)
    def _take(self, pressed: QAbstractButton) -> None:
        self.choose(next(mode for mode, button in self._buttons.items() if button is pressed))
