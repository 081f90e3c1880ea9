"""Two places for a z, A and B: one is on the sliders, the other waits.

It does not know how they are shown.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.latents.point import Point


class Slots(QObject):
    """Changes which of two is the present z; until B was first chosen both are the same."""

    changed = Signal()  # the choice, or what waits

    def __init__(self, point: Point, parent: QObject | None = None):
        super().__init__(parent)
        self._point = point
        self._chosen = "A"
        self._waiting: np.ndarray | None = None

    def chosen(self) -> str:
        """`A` or `B`: which is on the sliders."""
        return self._chosen

    def other(self) -> np.ndarray:
        """The z that waits; the present one as long as there is no other."""
        return self._point.z() if self._waiting is None else self._waiting

    @Slot(str)
    def choose(self, name: str) -> None:
        """Put `A` or `B` on the sliders; what was there waits."""
        if name == self._chosen:
            return
        self._exchange(name, f"Go to {name}")

    @Slot()
    def swap(self) -> None:
        """Exchange what is in A and B; the same one stays on the sliders."""
        self._exchange(self._chosen, "Swap A and B")

    def _exchange(self, chosen: str, text: str) -> None:
        before, after = (self._chosen, self._waiting), (chosen, self._point.z())

        def turn(done: bool) -> None:
            self._chosen, self._waiting = after if done else before
            self.changed.emit()

        # Undone together with z, or a slot would hold what the other had.
        self._point.move(self.other(), text, beside=turn)

    @Slot()
    def forget(self) -> None:
        """Begin with A again, and no other."""
        self._chosen, self._waiting = "A", None
        self.changed.emit()
