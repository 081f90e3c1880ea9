"""The table of runs, newest first: one row each, with a box to draw it beside others.

It does not know where runs are kept, nor what becomes of one.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.widgets.numerals import duration, grouped, three_figures, when

_COLUMNS = {
    "compare": "Draw its curves faintly beside those on show.",
    "run": "The weights it began with.",
    "started": "When it was begun.",
    "steps": "Steps done, of those it is to do.",
    "images": "Images it has learned from.",
    "SSE": "Reconstruction loss per image on held-out frames, at its best.",
    "nats": "KL per image on held-out frames, at its best.",
    "frames": "What it learns from.",
    "end": "How it ended.",
}
_NUMBERS = ("steps", "images", "SSE", "nats")
_STRETCHED = tuple(_COLUMNS).index("frames")


class RunTable(QTableWidget):
    """Shows runs as models.run_folder.RunInfo tells them; one can be chosen, several compared."""

    runChosen = Signal()
    comparedChanged = Signal(object)  # folders of the runs whose box is on

    def __init__(self, parent: QWidget | None = None):
        super().__init__(0, len(_COLUMNS), parent)
        self._runs: list[Any] = []
        self.setObjectName("runsTable")
        self.setAccessibleName("Runs")
        self.setToolTip("Every run of this program, the newest first.")
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
        self.itemSelectionChanged.connect(self.runChosen)
        self.itemChanged.connect(self._onItemChanged)

    def setRuns(self, runs: Sequence[Any]) -> None:
        """Show these runs; the chosen one and the boxes stay with their runs."""
        chosen, compared = self.run(), set(self.compared())
        folder = chosen.folder if chosen is not None else None
        with QSignalBlocker(self):
            self._runs = list(runs)
            self.setRowCount(len(self._runs))
            for row, run in enumerate(self._runs):
                for column, name in enumerate(_COLUMNS):
                    self.setItem(row, column, self._item(run, name))
                if not run.fault:
                    first = self.item(row, 0)
                    first.setFlags(first.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                    on = run.folder in compared
                    first.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.clearSelection()
            rows = [row for row, run in enumerate(self._runs) if run.folder == folder]
            if rows or self._runs:
                self.selectRow(rows[0] if rows else 0)
        self.runChosen.emit()
        if compared != set(self.compared()):
            self.comparedChanged.emit(self.compared())

    def run(self) -> Any:
        """The chosen run, None without one."""
        rows = self.selectionModel().selectedRows()
        return self._runs[rows[0].row()] if rows else None

    def compared(self) -> list[Path]:
        """Folders of the runs whose box is on, in the order of the table."""
        on = [row for row in range(len(self._runs)) if self._isChecked(row)]
        return [self._runs[row].folder for row in on]

    def _isChecked(self, row: int) -> bool:
        item = self.item(row, 0)
        return item is not None and item.checkState() == Qt.CheckState.Checked

    def _item(self, run: Any, name: str) -> QTableWidgetItem:
        item = QTableWidgetItem(_written(run, name))
        item.setTextAlignment(_aligned(name))
        item.setToolTip(html.escape(run.fault or _told(run)))
        return item

    @Slot(QTableWidgetItem)
    def _onItemChanged(self, item: QTableWidgetItem) -> None:
        self.comparedChanged.emit(self.compared())


def _aligned(name: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if name in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _written(run: Any, name: str) -> str:
    if run.fault:
        return {"run": run.name, "end": "damaged"}.get(name, "")
    if name == "compare":
        return ""
    best = run.best
    return {
        "run": run.name,
        "started": when(run.started),
        "steps": f"{grouped(run.step)} / {grouped(run.config['steps'])}",
        "images": grouped(run.images),
        "SSE": three_figures(best.recon_loss) if best else "",
        "nats": three_figures(best.kl) if best else "",
        "frames": f"{run.frames}, {grouped(run.frame_count)}",
        "end": run.ended,
    }[name]


def _told(run: Any) -> str:
    tests = [
        f"{word} at step {grouped(test.step)}: {three_figures(test.recon_loss)} SSE, "
        f"{three_figures(test.kl)} nats"
        for word, test in (("best", run.best), ("newest", run.newest))
        if test
    ]
    return " · ".join([run.folder.name, f"{duration(run.seconds)} of training", *tests])
