"""Joins the session's traverser to the window of traversals, and its cells to z.

It does not know how a sheet is computed or painted.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from explorer import dialogs
from explorer.latents.panel import LatentPanel
from explorer.question import Sheet
from explorer.session import InputError, Session
from explorer.studio import Studio
from explorer.traversals.dialog import TraversalDialog


class Traversing(QObject):
    """Asks for a sheet around each z that rests while the dialog is open."""

    def __init__(self, session: Session, studio: Studio, latents: LatentPanel, window: QMainWindow):
        super().__init__(window)
        self._session = session
        self._studio = studio
        self._latents = latents
        self.dialog = TraversalDialog(window)
        self.sheet: Sheet | None = None  # on show
        self._waiting = False  # for a sheet of the present z
        latents.controls.traversals.clicked.connect(self.dialog.bringUp)
        latents.controls.axes.toggled.connect(self.ask)
        latents.zChanged.connect(self.ask)
        studio.traversed.connect(self._show)
        self.dialog.opened.connect(self.ask)
        self.dialog.cellChosen.connect(self._go)
        self.dialog.exportRequested.connect(self._export)
        self.dialog.copyRequested.connect(self._copy)

    @Slot()
    def ask(self) -> None:
        """Ask for a sheet around the present z, if anybody sees it."""
        if not self.dialog.isVisible() or self._session.vae is None:
            return
        try:
            self._studio.traverse(self._latents.z(), self._latents.controls.axes.isChecked())
            self._waiting = True
        except InputError as error:
            self._forget(str(error))

    @Slot()
    def renew(self) -> None:
        """The model has changed: its sheet will, when the one that is being made is done."""
        sheet, vae = self.sheet, self._session.vae
        if sheet is not None and sheet.question.z.size != vae.config.latent_dim:
            self._forget("")
        self.dialog.sheet.setAspect(self._session.aspect())
        # A training's snapshots come faster than sheets do: none would ever be shown.
        learning = self._session.trainer.is_running()
        if not (learning and self._waiting):
            self.ask()

    def _forget(self, sentence: str) -> None:
        self.sheet, self._waiting = None, False
        self.dialog.clear(sentence)

    @Slot(object)
    def _show(self, sheet: Sheet) -> None:
        self._waiting = False
        if sheet.question.aggregate is not self._session.model.aggregate:
            return  # of a model before
        self.sheet = sheet
        self.dialog.setSheet(sheet)

    @Slot(int, int)
    def _go(self, row: int, column: int) -> None:
        name = self.sheet.labels[row].split("\n")[0]
        self._latents.goTo(self.sheet.points[row, column], f"Traversal {name}")

    @Slot()
    def _export(self) -> None:
        sheet = self.sheet  # another may be there when the person has found a place
        path = dialogs.ask_where(
            self.dialog, "Save traversals", "traversals.png", "Pictures (*.png)"
        )
        if path:
            self._studio.export(path, sheet, self._session.vae)

    @Slot()
    def _copy(self) -> None:
        try:
            QGuiApplication.clipboard().setText(self._studio.command(self.sheet))
            self.dialog.notice("The command is on the clipboard.")
        except InputError as error:
            self.dialog.notice(str(error))
