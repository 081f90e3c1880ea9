"""The table of recorded drives, newest first: one row each.

It does not know where drives are kept, nor what becomes of one.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.widgets.numerals import duration, grouped, three_figures, when

_COLUMNS = {
    "recorded": "When the drive began.",
    "length": "How long it takes to replay.",
    "frames": "Frames that can be trained on.",
    "tracks": "Seeds of the tracks that were driven.",
    "MB": "What it takes on disk, in megabytes.",
    "folder": "Where it is kept.",
}
_NUMBERS = ("length", "frames", "MB")
_STRETCHED = tuple(_COLUMNS).index("folder")
_TRACKS = 3  # seeds that are named


class DriveTable(QTableWidget):
    """Shows drives as models.drive_folder.DriveInfo tells them; one can be chosen."""

    driveChosen = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(0, len(_COLUMNS), parent)
        self._drives: list[Any] = []
        self.setObjectName("drivesTable")
        self.setAccessibleName("Recorded drives")
        self.setToolTip("Every recorded drive, the newest first.")
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        for column, (name, tip) in enumerate(_COLUMNS.items()):
            self.horizontalHeaderItem(column).setToolTip(tip)
            self.horizontalHeaderItem(column).setTextAlignment(_aligned(name))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_STRETCHED, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self.driveChosen)

    def setDrives(self, drives: Sequence[Any]) -> None:
        """Show these drives; the chosen one stays chosen."""
        chosen = self.drive()
        with QSignalBlocker(self):
            self._drives = list(drives)
            self.setRowCount(len(self._drives))
            for row, drive in enumerate(self._drives):
                for column, name in enumerate(_COLUMNS):
                    item = QTableWidgetItem(_written(drive, name))
                    item.setTextAlignment(_aligned(name))
                    item.setToolTip(html.escape(drive.fault or str(drive.folder)))
                    self.setItem(row, column, item)
            self.clearSelection()
        if self._drives and not (chosen is not None and self.choose(chosen.folder)):
            self.selectRow(0)
        self.driveChosen.emit()

    def choose(self, folder: Path) -> bool:
        """Choose the drive in that folder; False where none of them is."""
        rows = [row for row, drive in enumerate(self._drives) if drive.folder == folder]
        if rows:
            self.selectRow(rows[0])
        return bool(rows)

    def drive(self) -> Any:
        """The chosen drive, None without one."""
        rows = self.selectionModel().selectedRows()
        return self._drives[rows[0].row()] if rows else None


def _aligned(name: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if name in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _written(drive: Any, name: str) -> str:
    if name == "folder":
        return drive.name
    if name == "recorded":
        return when(drive.started)
    if drive.fault:
        return "damaged" if name == "length" else ""
    return {
        "length": duration(drive.seconds),
        "frames": grouped(drive.frames),
        "tracks": _tracks(drive.seeds),
        "MB": three_figures(drive.nbytes / 1e6),
    }[name]


def _tracks(seeds: Sequence[int]) -> str:
    named = ", ".join(map(str, seeds[:_TRACKS]))
    return named if len(seeds) <= _TRACKS else f"{named}, … ({len(seeds)})"
