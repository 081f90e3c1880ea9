"""Joins the window of recordings to a worker that writes one as a film.

It does not know what is in a picture of it.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from explorer import dialogs
from explorer.drives.dialog import DrivesDialog
from explorer.session import Session, jobs
from explorer.worker import Failure, GeneratorWorker

FILES = {"gif": "Animations (*.gif)", "mp4": "Videos (*.mp4)"}
"""What a drive is saved as, with the filter of the file dialog."""


class Filming(QObject):
    """Writes one film at a time; draws each tick how far it is."""

    def __init__(self, session: Session, dialog: DrivesDialog, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._dialog = dialog
        self._path = Path()
        self._told = ""  # at the end
        self.worker = session.adopt(GeneratorWorker("drive filmer"), self._fail)
        self.worker.finished.connect(self._end)
        dialog.exportRequested.connect(self._ask)
        dialog.cancelRequested.connect(self._cancel)

    def refresh(self) -> None:
        """Show how many pictures have been written since the last tick."""
        for told in self.worker.take()[-1:]:
            self._dialog.setProgress(*told, self._path.name)
            if told.pictures == told.wanted:
                self._told = f"Saved {self._path}"

    @Slot(object, str)
    def _ask(self, folder: Path, kind: str) -> None:
        dialog, vae = self._dialog, self._session.vae  # another may be there later
        if kind == "mp4" and find_spec("imageio_ffmpeg") is None:
            dialog.say("An MP4 needs imageio-ffmpeg: pip install imageio-ffmpeg.")
            return
        name = f"{folder.name}.{kind}"
        path = dialogs.ask_where(dialog, "Export the recording", name, FILES[kind])
        if path and not self.worker.is_running():
            self._path, self._told = Path(path), ""
            dialog.setFilming(True)
            self.worker.start(partial(_film, self._path, folder, vae))

    @Slot()
    def _cancel(self) -> None:
        self._told = "Cancelled: nothing was written."
        self.worker.stop()

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        if self._session.is_users(failure.error):
            self._told = str(failure.error)
        else:
            self._session.errored.emit(failure)

    @Slot()
    def _end(self) -> None:
        self.refresh()
        self._dialog.setFilming(False)
        if self._told:
            self._dialog.say(self._told)


def _film(path: Path, folder: Path, vae: object):
    return jobs().film_drive(path, folder, vae)
