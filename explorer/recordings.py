"""Recordings of the drive: begun and ended by the person, written by the driver's thread.

It does not know how frames are written, nor a single widget.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QObject, Signal, Slot

DRIVES = platformdirs.user_data_path("latent-explorer") / "drives"


class Recordings(QObject):
    """Hands a recorder to the driver by `hand_over`, or None to end the recording."""

    changed = Signal(object)  # the folder of a recording that ended, None if it is empty
    failed = Signal(str)  # why frames could not be written

    def __init__(
        self,
        make: Callable[[Path], Any],
        hand_over: Callable[[Any], None],
        handed: Callable[[], Any],
        parent: QObject,
    ):
        super().__init__(parent)
        self._make = make  # a models.recorder.Recorder for a folder
        self._hand_over = hand_over
        self._handed = handed  # the recorder that the driver is told to use now
        self._recorders: list = []  # running, or ended and not yet noticed
        self.newest: Path | None = None  # the last finished one

    @Slot(bool)
    def record(self, on: bool) -> None:
        """Start or end a recording; `changed` follows its end."""
        if not on:
            self._hand_over(None)
            return
        # With hundredths: two recordings must not share a folder.
        folder = DRIVES / datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")[:-4]
        self._recorders.append(self._make(folder))
        self._hand_over(self._recorders[-1])

    def frames(self) -> int | None:
        """Frames of the running recording, None without one; takes note of those that ended."""
        for recorder in self._recorders:
            # One that is switched off before the driver saw it is never closed.
            unseen = not recorder.frames and self._handed() is not recorder
            if recorder.closed or unseen:
                self._end(recorder)
        return self._recorders[-1].frames if self._recorders else None

    def _end(self, recorder: Any) -> None:
        self._recorders = [other for other in self._recorders if other is not recorder]
        if self._handed() is recorder:
            self._hand_over(None)
        if recorder.frames:
            self.newest = recorder.folder
        if recorder.error:
            self.failed.emit(recorder.error)
        self.changed.emit(recorder.folder if recorder.frames else None)
