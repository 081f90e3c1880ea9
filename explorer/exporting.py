"""Joins the menu of the curves to a worker that writes them: a table, a picture, event files.

It does not know what is in a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMainWindow

from explorer import dialogs
from explorer.session import Session, job
from explorer.training.curves import LossCurves
from explorer.training.history import Record
from explorer.training.table import csv
from explorer.worker import LatestWorker


class Exporting(QObject):
    """Asks the person where to; all are written in the order in which they were asked for."""

    exported = Signal(object)  # the Path
    refused = Signal(str)  # why not, before a place is asked for

    def __init__(self, session: Session, curves: LossCurves, window: QMainWindow):
        super().__init__(window)
        self._curves = curves
        self._window = window
        self._writer = session.adopt(LatestWorker("curve writer", job("write_curves"), every=True))
        self._writer.done.connect(self.exported)
        curves.csvRequested.connect(self.askForCsv)
        curves.pngRequested.connect(self.askForPng)
        curves.tensorboardRequested.connect(self.askForEvents)

    @Slot()
    def askForCsv(self) -> None:
        """Let the person choose where the table is written."""
        # What has been measured by now: more comes while the dialog is open.
        pieces = csv(self._curves.record())
        self._ask("Save curves", "curves.csv", "Tables (*.csv)", pieces)

    @Slot()
    def askForPng(self) -> None:
        """Let the person choose where the picture of the view is written."""
        picture = self._curves.picture()
        self._ask("Save picture of the curves", "curves.png", "Pictures (*.png)", picture)

    @Slot()
    def askForEvents(self) -> None:
        """Let the person choose the name of a new folder of event files."""
        if find_spec("tensorboard") is None:
            self.refused.emit("Event files need tensorboard: pip install tensorboard.")
            return
        record = self._curves.record()
        self._ask("Save a folder of event files", "curves-events", "Folders (*)", record)

    def _ask(
        self, title: str, name: str, kind: str, what: Iterator[str] | np.ndarray | Record
    ) -> None:
        path = dialogs.ask_where(self._window, title, name, kind)
        if path:
            self._window.statusBar().showMessage("Saving…")
            self._writer.submit((Path(path), what))
