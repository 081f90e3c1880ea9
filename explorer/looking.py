"""Joins the pictures that a person brings to the picture panel and to the sliders.

It does not know how a picture is read or encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDockWidget, QMainWindow

from explorer import dialogs
from explorer.driving import Driving
from explorer.files import PICTURES, whole_of
from explorer.latents.panel import LatentPanel
from explorer.picture.panel import PicturePanel
from explorer.pictures import Pictures
from explorer.session import Session


class Looking(QObject):
    """Opens pictures, has the one gone to encoded, and puts its mean on the sliders."""

    taken = Signal()  # a picture's mean went to the sliders

    def __init__(
        self,
        session: Session,
        pictures: Pictures,
        panel: PicturePanel,
        latents: LatentPanel,
        driving: Driving,
        dock: QDockWidget,
        window: QMainWindow,
    ):
        super().__init__(window)
        self._session = session
        self._pictures = pictures
        self._panel = panel
        self._latents = latents
        self._driving = driving
        self._dock = dock
        self._window = window
        self._taking = False  # what is encoded next goes to the sliders
        pictures.changed.connect(self._begin)
        pictures.examined.connect(self._show)
        session.modelChanged.connect(self.look_again)
        panel.frameChosen.connect(self._go_to)
        panel.closeRequested.connect(dock.hide)
        dock.visibilityChanged.connect(self.look_again)
        self.commands = (
            ("Look at picture…", self.askForPictures, "Ctrl+I"),
            ("Look at folder of pictures…", self.askForFolder, "Ctrl+Shift+I"),
        )

    def look_at(self, paths: Sequence[str]) -> None:
        """Open images, folders of them, videos or arrays of frames, as one sequence."""
        session = self._session
        if session.vae is not None and session.eye() is None:
            self._latents.say(
                f"{session.model.name} has no encoder and so cannot look at a picture."
            )
            return
        name = Path(paths[0]).name if len(paths) == 1 else f"{len(paths)} files"
        self._window.statusBar().showMessage(f"Opening {name}…")
        self._pictures.open([whole_of(path) for path in paths])

    @Slot()
    def askForPictures(self) -> None:
        """Let the person choose one or several files to look at."""
        paths = dialogs.ask_for_files(self._window, "Look at picture", PICTURES)
        if paths:
            self.look_at(paths)

    @Slot()
    def askForFolder(self) -> None:
        """Let the person choose a folder of pictures to look at."""
        path = dialogs.ask_for_folder(self._window, "Look at a folder of pictures")
        if path:
            self.look_at([path])

    @Slot()
    def look_again(self) -> None:
        """Show what the present model makes of the picture; the sliders stay."""
        session, panel = self._session, self._panel
        if session.vae is None:
            return
        panel.setAspect(session.aspect())
        panel.setEncoding(session.eye() is not None)
        self._taking &= session.eye() is not None
        if self._pictures.frames is not None and (panel.isVisible() or self._taking):
            self._pictures.examine(panel.scrubber.index())

    @Slot()
    def _begin(self) -> None:
        pictures = self._pictures.frames
        self._window.statusBar().clearMessage()
        self._latents.say("")
        self._panel.setSequence(pictures.name, len(pictures), _told(pictures.skipped))
        self._taking = True
        self._dock.show()
        self._go_to(0)

    @Slot(int)
    def _go_to(self, index: int) -> None:
        self._taking = True
        self._pictures.examine(index)

    @Slot(object)
    def _show(self, answer: tuple) -> None:
        pictures, index, observation, vae = answer
        session, latents, posterior = self._session, self._latents, observation.posterior
        if pictures is not self._pictures.frames or vae is not session.eye():
            return  # of pictures or of a model before; the newest are on their way
        self._panel.setFrame(observation.input, observation.recon, float(posterior.kl.sum()))
        if not self._taking:
            return
        scrubber = self._panel.scrubber
        self._taking = index != scrubber.index()
        latents.setFollowing(False)
        if not session.driver.is_running():
            self._driving.show(observation)
        gesture = ("picture", scrubber.gesture())
        latents.point.draw(posterior.mu, f"Picture {pictures.name}", gesture)
        self.taken.emit()


def _told(skipped: Sequence[str]) -> str:
    if not skipped:
        return ""
    if len(skipped) == 1:
        return f"{skipped[0]} could not be read."
    return f"{len(skipped)} files could not be read, {skipped[0]} among them."
