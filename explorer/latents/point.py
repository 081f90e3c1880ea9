"""The present z: the one owner of it, with locks, and every change undoable.

It does not know who moves it, nor how it is shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

UNDO_STEPS = 500  # 64 kB of them


class Point(QObject):
    """z, (latent_dim,) float32, replaced and never written into; each change is one `changed`."""

    changed = Signal(object)  # the new z

    def __init__(self, latent_dim: int, parent: QObject | None = None):
        super().__init__(parent)
        self._z = np.zeros(latent_dim, np.float32)
        self._locked = np.zeros(latent_dim, bool)
        self._gestures = itertools.count()
        self._gesture: object = None
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(UNDO_STEPS)

    def z(self) -> np.ndarray:
        """The present values; not to be written into."""
        return self._z

    def locked(self) -> np.ndarray:
        """Which latents stay as they are unless the hand moves them, (latent_dim,) bool."""
        return self._locked

    @Slot(object)
    def set_locked(self, locked: np.ndarray) -> None:
        """Lock the latents that are true in (latent_dim,)."""
        self._locked = np.array(locked, bool)

    @Slot()
    def begin(self) -> None:
        """What moves by hand from now until `end` is one step to undo."""
        self._gesture = next(self._gestures)

    @Slot()
    def end(self) -> None:
        """The next move is another step."""
        self._gesture = None

    def move(
        self,
        z: np.ndarray,
        text: str,
        gesture: object = None,
        beside: Callable[[bool], None] | None = None,
    ) -> None:
        """Go to z, (latent_dim,), whatever is locked; `text` says what undo takes back.

        Moves of the same gesture are one step: the one between `begin` and `end`, or the one named.
        `beside(True)` is called when it is done and `beside(False)` when it is taken back.
        Raises ValueError when the length differs or a value is not finite.
        """
        z = self._checked(z)
        if np.array_equal(z, self._z):
            if beside:
                beside(True)
            return
        gesture = gesture if self._gesture is None else self._gesture
        self.stack.push(_Move(self, self._z, z, text, gesture, beside))

    def draw(self, z: np.ndarray, text: str, gesture: object = None) -> None:
        """Go to z where nothing is locked."""
        self.move(np.where(self._locked, self._z, self._checked(z)), text, gesture)

    def resize(self, latent_dim: int) -> None:
        """Start anew with zeros, no locks and nothing to undo; it is not announced."""
        self.stack.clear()
        self._gesture = None
        self._z = np.zeros(latent_dim, np.float32)
        self._locked = np.zeros(latent_dim, bool)

    def _checked(self, z: np.ndarray) -> np.ndarray:
        z = np.array(z, np.float32)
        if z.shape != self._z.shape or not np.isfinite(z).all():
            raise ValueError(f"z must be {self._z.size} finite numbers, not an array {z.shape}")
        return z

    def _show(self, z: np.ndarray) -> None:
        self._z = z
        self.changed.emit(z)


class _Move(QUndoCommand):
    """From one z to another."""

    def __init__(
        self,
        point: Point,
        old: np.ndarray,
        new: np.ndarray,
        text: str,
        gesture: object,
        beside: Callable[[bool], None] | None,
    ):
        super().__init__(text)
        self._point = point
        self._old, self._new = old, new
        self._gesture = gesture
        self._beside = beside

    def id(self) -> int:
        return -1 if self._gesture is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if other._gesture != self._gesture:
            return False
        self._new = other._new
        return True

    def undo(self) -> None:
        self._point._show(self._old)
        if self._beside:
            self._beside(False)

    def redo(self) -> None:
        self._point._show(self._new)
        if self._beside:
            self._beside(True)
