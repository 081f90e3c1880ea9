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

from explorer.worker import LatestWorker

DRIVES = platformdirs.user_data_path("latent-explorer") / "drives"


class Recordings(QObject):
    """Hands a recorder to the driver by `hand_over`, or None to end the recording."""

    changed = Signal(object)  # the folder of a recording that ended, None if it is empty
    failed = Signal(str)  # why frames could not be written
    newestChanged = Signal()

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
        # Not by the driver's thread, which notices nothing while the drive is held.
        self._closer = LatestWorker("recording closer", _closed, every=True, parent=self)
        self._closer.done.connect(self._take_note)

    @Slot(bool)
    def record(self, on: bool) -> None:
        """Start or end a recording; `changed` follows its end."""
        if not on:
            self._hand_over(None)
            for recorder in self._recorders:
                self._closer.submit(recorder)
            return
        # With hundredths: two recordings must not share a folder.
        folder = DRIVES / datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")[:-4]
        self._recorders.append(self._make(folder))
        self._hand_over(self._recorders[-1])

    def frames(self) -> int | None:
        """Frames of the running recording, None without one; takes note of those that ended."""
        for recorder in self._recorders:
            if recorder.closed:
                self._end(recorder)
        return self._recorders[-1].frames if self._recorders else None

    def being_written(self) -> list[Path]:
        """The folders of recordings that have not ended."""
        return [recorder.folder for recorder in self._recorders]

    def set_newest(self, folder: Path | None) -> None:
        """Tell which finished one is the newest, None where there is none; `newestChanged`."""
        if folder != self.newest:
            self.newest = folder
            self.newestChanged.emit()

    @Slot(object)
    def _take_note(self, recorder: Any) -> None:
        self.frames()

    def _end(self, recorder: Any) -> None:
        self._recorders = [other for other in self._recorders if other is not recorder]
        if self._handed() is recorder:
            self._hand_over(None)
        if recorder.frames:
            self.set_newest(recorder.folder)
        if recorder.error:
            self.failed.emit(recorder.error)
        self.changed.emit(recorder.folder if recorder.frames else None)


def _closed(recorder: Any) -> Any:
    recorder.close()
    return recorder
