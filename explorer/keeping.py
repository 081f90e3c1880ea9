"""z as text: on the clipboard, in files, and as the command that makes its picture.

It does not know how z is written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from explorer import dialogs
from explorer.files import Z_SUFFIX
from explorer.latents.panel import LatentPanel
from explorer.latents.slider import Z_LIMIT
from explorer.session import InputError, Session
from explorer.studio import Studio

SAVED_Z = "z (*.txt);;All files (*)"
LOADED_Z = "z (*.txt *.npy);;All files (*)"
MESSAGE = 8000  # ms that a message stays in the status bar


class Keeping(QObject):
    """Takes z from the panel and puts it there; what is no z leaves it as it was."""

    def __init__(self, session: Session, studio: Studio, latents: LatentPanel, window: QMainWindow):
        super().__init__(window)
        self._session = session
        self._studio = studio
        self._latents = latents
        self._window = window
        self.commands = (
            ("Copy z", self.copy, "Ctrl+Shift+C"),
            ("Paste z", self.paste, "Ctrl+Shift+V"),
            ("Save z…", self.askWhereToSave, None),
            ("Load z…", self.askForZ, None),
            ("Copy as command", self.copyCommand, "Ctrl+Alt+C"),
        )

    @Slot()
    def copy(self) -> None:
        """Put z on the clipboard."""
        self._clip(self._studio.to_text, "z is on the clipboard.")

    @Slot()
    def copyCommand(self) -> None:
        """Put the command that makes the picture on show on the clipboard."""
        self._clip(self._studio.command, "The command that makes this picture is on the clipboard.")

    @Slot()
    def paste(self) -> None:
        """Go to the z on the clipboard."""
        text = QGuiApplication.clipboard().text()
        self._take(lambda: self._studio.from_text(text), "Paste z")

    @Slot()
    def askWhereToSave(self) -> None:
        """Let the person choose where z is written."""
        z = self._latents.z()  # another may be there when the person has found a place
        path = dialogs.ask_where(self._window, "Save z", f"z{Z_SUFFIX}", SAVED_Z)
        if path and self._attempt(lambda: self._studio.save(path, z) or path):
            self._tell(f"Saved {path}")

    @Slot()
    def askForZ(self) -> None:
        """Let the person choose a file with z in it."""
        path = dialogs.ask_for_file(self._window, "Load z", LOADED_Z)
        if path:
            self.load(path)

    def load(self, path: str) -> None:
        """Go to the z in a file."""
        self._take(lambda: self._studio.load(path), f"Load {Path(path).name}")

    def _take(self, read: Callable[[], Any], text: str) -> None:
        z = self._attempt(read)
        if z is None:
            return
        farthest = float(np.abs(z).max())
        if farthest > Z_LIMIT:
            self._latents.say(f"A value of {farthest:g} is beyond the ±{Z_LIMIT:g} of the sliders.")
        else:
            self._latents.goTo(z, text)

    def _clip(self, write: Callable[[Any], str], message: str) -> None:
        text = self._attempt(lambda: write(self._latents.z()))
        if text is not None:
            QGuiApplication.clipboard().setText(text)
            self._tell(message)

    def _attempt(self, work: Callable[[], Any]) -> Any:
        """What `work` gives; None where it cannot be done, and the panel says why."""
        if self._session.vae is None:
            self._latents.say("There is no model yet.")
            return None
        try:
            return work()
        except InputError as error:
            self._latents.say(str(error))
            return None

    def _tell(self, message: str) -> None:
        self._latents.say("")
        self._window.statusBar().showMessage(message, MESSAGE)
