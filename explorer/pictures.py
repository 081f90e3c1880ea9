"""The pictures that a person brings to be looked at, and what the current model makes of them.

It does not know a single widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from explorer.session import Session, job
from explorer.worker import Failure, LatestWorker


class Pictures(QObject):
    """One sequence of them at a time."""

    changed = Signal()
    examined = Signal(object)  # (Frames, index, Observation), as asked of `examine`
    refused = Signal(str)  # one sentence on what cannot be opened; all stays as it was

    def __init__(self, session: Session):
        super().__init__(session)
        self._session = session
        self.frames: Any = None  # models.dataset.Frames
        self._opener = session.adopt(LatestWorker("bringer", job("load_pictures")), self._refuse)
        self._examiner = session.adopt(LatestWorker("examiner", job("examine")))
        self._opener.done.connect(self._take)
        self._examiner.done.connect(self.examined)

    def open(self, paths: Sequence[str | Path]) -> None:
        """Open images, folders of them, videos or arrays; `changed` or `refused` follows."""
        self._opener.submit(tuple(Path(path) for path in paths))

    def examine(self, index: int) -> None:
        """Ask what the model makes of one of them; `examined` follows for the newest."""
        if self.frames is not None and (eye := self._session.eye()) is not None:
            self._examiner.submit((self.frames, index, eye))

    @Slot(object)
    def _take(self, frames: Any) -> None:
        self.frames = frames
        self.changed.emit()

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        if self._session.is_users(failure.error):
            self.refused.emit(str(failure.error))
        else:
            self._session.errored.emit(failure)
