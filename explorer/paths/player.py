"""A position that goes through n pictures, one a tick; it does not know what they show."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

FPS = 25


class Player(QObject):
    """Counts up to the last picture, or in a circle; nothing waits for a picture to be drawn."""

    moved = Signal(int)  # the new position
    playingChanged = Signal(bool)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._count = 0
        self._loop = False
        self._position = 0
        self._timer = QTimer(self, interval=1000 // FPS)
        self._timer.timeout.connect(self.advance)

    def set_length(self, count: int, loop: bool) -> None:
        """How many pictures there are, and whether the first comes after the last."""
        self._count, self._loop = count, loop
        self._position = max(0, min(self._position, count - 1))
        if count < 2:
            self.stop()

    def position(self) -> int:
        """Which picture it is at, from 0."""
        return self._position

    def set_position(self, position: int) -> None:
        """Go on from another picture; it is not announced."""
        self._position = position

    def is_playing(self) -> bool:
        """Whether the position moves."""
        return self._timer.isActive()

    def play(self) -> None:
        """Move on from here, or from the start when it is at the end."""
        if self._count < 2:
            return
        if not self._loop and self._position == self._count - 1:
            self._position = -1
        self._timer.start()
        self.playingChanged.emit(True)
        self.advance()

    @Slot()
    def stop(self) -> None:
        """Stay where it is."""
        if self.is_playing():
            self._timer.stop()
            self.playingChanged.emit(False)

    @Slot()
    def advance(self) -> None:
        """One tick: the next picture, or the end."""
        following = self._position + 1
        if following >= self._count and not self._loop:
            self.stop()
            return
        self._position = following % self._count
        self.moved.emit(self._position)
