"""The window of traversals: the sheet, what a cell is, and the ways to take the sheet away.

It does not know z, nor who decodes.
"""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.traversals.sheet import SheetView
from explorer.widgets.buttons import push_button
from explorer.widgets.fitting_label import FittingLabel

NOTICE = 5.0  # seconds that what came of a press stays


class TraversalDialog(QDialog):
    """Stays open beside the main window; asks for a sheet when it is `opened`."""

    opened = Signal()
    cellChosen = Signal(int, int)  # row and column
    exportRequested = Signal()
    copyRequested = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("traversalDialog")
        self.setWindowTitle("Traversals")
        self.setModal(False)
        self.sheet = SheetView()
        self._cell = QLabel()
        self._cell.setObjectName("traversalCell")
        self._cell.setTextFormat(Qt.TextFormat.PlainText)
        self._cell.setMinimumWidth(self.fontMetrics().horizontalAdvance("z00 = +0.00 · +0.00 σ  "))
        self._noticed = -NOTICE  # when
        self._status = FittingLabel()
        self._status.setObjectName("traversalStatus")
        self._status.setProperty("role", "caption")
        self._copy = push_button(
            "traversalCopyButton",
            "Copy as command",
            "Copy the command that writes this sheet without a window.",
        )
        self._save = push_button("traversalSaveButton", "PNG…", "Save this sheet as a picture.")
        close = push_button("traversalCloseButton", "Close", "Close this window.")
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self._cell)
        below.addWidget(self._status, 1)
        for button in (self._copy, self._save, close):
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.sheet, 1)
        layout.addLayout(below)
        self.resize(860, 640)
        self.sheet.cellChosen.connect(self.cellChosen)
        self.sheet.cellPointed.connect(self._cell.setText)
        self._copy.clicked.connect(self.copyRequested)
        self._save.clicked.connect(self.exportRequested)
        close.clicked.connect(self.reject)
        self.clear("")

    def setSheet(self, sheet: Any) -> None:
        """Show traversals: `pictures`, `labels`, `k`, `values` as SheetView takes them."""
        rows, columns = sheet.pictures.shape[:2]
        if not rows:
            self.clear("No latent is active: none carries more than 0.1 nats.")
            return
        self.sheet.setSheet(sheet.pictures, sheet.labels, sheet.k, sheet.values)
        self._enable(True)
        count = f"{rows} × {columns}"
        took = f"{sheet.seconds:.2f} s"
        if time.monotonic() > self._noticed + NOTICE:
            self.say(f"{count} pictures in {took} · a click goes there", f"{count} in {took}", took)

    def clear(self, sentence: str) -> None:
        """Show no sheet but a sentence."""
        self.sheet.clear(sentence)
        self._enable(False)
        self.say("")

    def notice(self, sentence: str) -> None:
        """Say what came of a press; sheets that follow at once leave it there for a while."""
        self._noticed = time.monotonic()
        self.say(sentence)

    def say(self, *wordings: str) -> None:
        """A line below the sheet, in several lengths."""
        self._status.setWordings(*wordings)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sheet.setFocus()
        self.opened.emit()

    @Slot()
    def bringUp(self) -> None:
        """Show it, or bring it before the other windows."""
        self.show()
        self.activateWindow()

    def _enable(self, there: bool) -> None:
        self._copy.setEnabled(there)
        self._save.setEnabled(there)
