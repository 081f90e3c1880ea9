"""The window of recorded drives: which there are, and what can be done with one.

It does not know where drives are kept, who replays one, nor how a film is written.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from explorer.drives.table import DriveTable
from explorer.widgets.buttons import push_button
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import duration, grouped, when

EMPTY = "No recording yet: press Drive, then Record; the second press ends the recording."
KINDS = ("gif", "mp4")


class DrivesDialog(QDialog):
    """Stays open beside the main window; its signals carry the folder of the chosen drive."""

    opened = Signal()
    replayRequested = Signal(object)
    trainingRequested = Signal(object)
    exportRequested = Signal(object, str)  # and one of KINDS
    cancelRequested = Signal()  # of the film that is being written
    folderRequested = Signal()  # another one
    deleteRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("drivesDialog")
        self.setWindowTitle("Recordings")
        self.setModal(False)
        self._ready = False
        self._fixed: Collection[Path] = ()
        self._needed: Collection[str] = ()
        self._wished: Path | None = None  # to be chosen once it is listed
        self.table = DriveTable()
        self._status = FittingLabel()
        self._status.setObjectName("drivesStatus")
        self._status.setProperty("role", "caption")
        self._replay = push_button("replayDriveButton", "Replay", "Play this drive in the window.")
        self._train = push_button(
            "trainOnDriveButton", "Use for training", "Open its frames as those to train on."
        )
        self.exportButton = push_button(
            "exportDriveButton",
            "Export…",
            "Save it as a film, with the model's reconstruction beside each frame.",
        )
        menu = QMenu(self.exportButton)
        for kind in KINDS:
            action = menu.addAction(f"{kind.upper()}…")
            action.triggered.connect(lambda _checked, kind=kind: self._askToExport(kind))
        self.exportButton.setMenu(menu)
        self.exportButton.setStyleSheet("QPushButton::menu-indicator { image: none; }")
        self._folder = push_button(
            "openDriveFolderButton",
            "Open another folder…",
            "Put any folder of frames with an index.json into this list, as models.collect writes.",
        )
        self._delete = push_button("deleteDriveButton", "Delete…", "Delete this recording.")
        self._makeProgress()
        self._layOut()
        self._connect()
        self.resize(820, 400)
        self.setDrives([])

    def _makeProgress(self) -> None:
        self._progress = QProgressBar()
        self._progress.setObjectName("driveFilmProgress")
        self._progress.setAccessibleName("Progress of the film")
        self._progress.setToolTip("How many pictures of the film are written.")
        self._progress.setTextVisible(False)
        self._cancel = push_button(
            "cancelDriveFilmButton", "Cancel", "Stop writing the film; nothing of it is left."
        )
        self._filming = QWidget()
        row = QHBoxLayout(self._filming)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._progress, 1)
        row.addWidget(self._cancel)
        self._filming.hide()

    def _layOut(self) -> None:
        self._close = push_button("closeDrivesButton", "Close", "Close this window.")
        below = QHBoxLayout()
        below.setSpacing(8)
        for button in (self._replay, self._train, self.exportButton, self._folder):
            below.addWidget(button)
        below.addStretch(1)
        for button in (self._delete, self._close):
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._status)
        layout.addWidget(self._filming)
        layout.addLayout(below)

    def _connect(self) -> None:
        folder = self._chosen
        self.table.driveChosen.connect(self._enable)
        self._replay.clicked.connect(lambda: self.replayRequested.emit(folder()))
        self._train.clicked.connect(lambda: self.trainingRequested.emit(folder()))
        self._folder.clicked.connect(self.folderRequested)
        self._delete.clicked.connect(self._askToDelete)
        self._cancel.clicked.connect(self.cancelRequested)
        self._close.clicked.connect(self.reject)

    # What is shown

    def setDrives(self, drives: Sequence[Any], fixed: Collection[Path] = ()) -> None:
        """Show these drives, each as models.drive_folder.DriveInfo tells it.

        Those whose folders are `fixed` cannot be deleted here.
        """
        self._fixed = fixed
        self.table.setDrives(drives)
        if self._wished is not None and self.table.choose(self._wished):
            self._wished = None

    def setNeeded(self, names: Collection[str]) -> None:
        """Which drives unfinished runs learn from."""
        self._needed = names

    def choose(self, folder: Path | None) -> None:
        """Choose the drive in that folder now, or with the next list that has it."""
        self._wished = None if folder is None or self.table.choose(folder) else folder

    def setReady(self, ready: bool) -> None:
        """Whether there is a model, with which a drive can be replayed."""
        self._ready = ready
        self._enable()

    def setFilming(self, on: bool) -> None:
        """Whether a film is being written; one at a time is."""
        ends = self.exportButton, self._cancel
        handed = self.focusWidget() is ends[not on]  # what is disabled or hidden loses the keyboard
        self._filming.setVisible(on)
        self._progress.setRange(0, 0)
        self._enable()
        if handed:
            ends[on].setFocus()

    def setProgress(self, pictures: int, wanted: int, name: str) -> None:
        """How far the film of that name is."""
        self._progress.setRange(0, wanted)
        self._progress.setValue(pictures)
        told = f"{grouped(pictures)} of {grouped(wanted)} pictures"
        self._status.setWordings(f"Writing {name}: {told}", told)

    def say(self, sentence: str) -> None:
        """A word on what was done, or could not be, until another drive is chosen."""
        self._status.setWordings(sentence)
        self._status.setToolTip(html.escape(sentence))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.table.setFocus()
        self.opened.emit()

    def bringUpAt(self, folder: Path | None) -> None:
        """Show it, or bring it before the other windows, with that drive chosen."""
        self.choose(folder)
        self.show()
        self.activateWindow()

    @Slot()
    def _enable(self) -> None:
        drive = self.table.drive()
        sound = drive is not None and not drive.fault
        self._replay.setEnabled(sound and self._ready)
        self._train.setEnabled(sound)
        self.exportButton.setEnabled(sound and self._ready and self._filming.isHidden())
        self._delete.setEnabled(drive is not None and drive.folder not in self._fixed)
        self._tell(drive)

    def _tell(self, drive: Any) -> None:
        if drive is None:
            self.say(EMPTY)
        elif drive.fault:
            self.say(drive.fault)
        else:
            self._status.setWordings(str(drive.folder), drive.name)
            self._status.setToolTip(html.escape(str(drive.folder)))

    # What is asked for

    def _chosen(self) -> Path:
        return self.table.drive().folder

    def _askToExport(self, kind: str) -> None:
        self.exportRequested.emit(self._chosen(), kind)

    @Slot()
    def _askToDelete(self) -> None:
        drive = self.table.drive()
        length = "" if drive.fault else f", {duration(drive.seconds)}"
        needed = drive.folder.name in self._needed
        loss = "An unfinished run learns from it, and cannot go on without.\n" if needed else ""
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Delete recording",
            f"Delete the recording of {when(drive.started)}{length}?\n{loss}{drive.folder}",
            parent=self,
        )
        box.setObjectName("deleteDriveDialog")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        # The drive that was asked about, whatever is chosen when the answer comes.
        delete.clicked.connect(lambda: self.deleteRequested.emit(drive.folder))
        box.open()
