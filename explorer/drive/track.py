"""Which track is driven: a seed, typed or picked at random, and its colours.

It does not know how a seed becomes a road.
"""

from __future__ import annotations

import random

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from explorer.drive.buttons import drive_button
from explorer.widgets.number_field import NumberField

LARGEST = 2**31 - 1
_SEED = f"The track's number, 0 to {LARGEST}: the same one is always the same road."
_NEW = "Drive another track, any one."
_RESTART = "Put the car back to the start of its track."
_RECORDED = "The track that was recorded: choose You or Autopilot to drive another one."
_AGAIN = "Play the recording from its start."
_PICKED = 10_000  # the new tracks to choose from have seeds that are easily told to others


class Track(QWidget):
    """A row of a field and buttons; it emits what a person changes and nothing that is set."""

    seedChosen = Signal(int)
    restartRequested = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.seed_field = NumberField(
            "trackSeedField", "Track seed", 0, LARGEST, 0, decimals=0, even_steps=True
        )
        self.new_button = drive_button("newTrackButton", "New", _NEW)
        self.new_button.setAccessibleName("New track")
        self.restart_button = drive_button("restartButton", "Restart", _RESTART)
        label = QLabel("track")
        label.setBuddy(self.seed_field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(label)
        row.addWidget(self.seed_field, 1)
        row.addWidget(self.new_button)
        row.addWidget(self.restart_button)
        self.seed_field.valueChanged.connect(self._take)
        self.new_button.clicked.connect(self._pick)
        self.restart_button.clicked.connect(self.restartRequested)

    def setSeed(self, seed: int) -> None:
        """Show which track it is; emits nothing."""
        with QSignalBlocker(self.seed_field):
            self.seed_field.setValue(seed)

    def setPossible(self, ready: bool, driving: bool, replaying: bool) -> None:
        """Whether a track can be chosen, and whether there is a car to be put back, or a recording
        to be played again."""
        for widget, tip in ((self.seed_field, _SEED), (self.new_button, _NEW)):
            widget.setEnabled(ready and not replaying)
            widget.setToolTip(_RECORDED if replaying else tip)
        self.restart_button.setEnabled(driving)
        self.restart_button.setToolTip(_AGAIN if replaying else _RESTART)

    @Slot(float)
    def _take(self, seed: float) -> None:
        self.seedChosen.emit(int(seed))

    @Slot()
    def _pick(self) -> None:
        seed = random.randrange(_PICKED)
        # Another one, whatever is picked.
        self.seed_field.setValue(seed if seed != self.seed_field.value() else seed + 1)
