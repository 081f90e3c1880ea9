"""The window of runs: which there are, and what can be done with one.

It does not know where runs are kept, nor who trains.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMessageBox, QVBoxLayout, QWidget

from explorer.runs.table import RunTable
from explorer.widgets.buttons import push_button
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import grouped, when


class RunsDialog(QDialog):
    """Stays open beside the main window; its signals carry the folder of the chosen run."""

    opened = Signal()
    resumeRequested = Signal(object)
    bestRequested = Signal(object)
    curvesRequested = Signal(object)
    deleteRequested = Signal(object)
    comparedChanged = Signal(object)  # folders of the runs to draw beside the one on show

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("runsDialog")
        self.setWindowTitle("Runs")
        self.setModal(False)
        self._training = False
        self.table = RunTable()
        self._status = FittingLabel()
        self._status.setObjectName("runsStatus")
        self._status.setProperty("role", "caption")
        self._resume = push_button(
            "resumeRunButton", "Resume", "Go on with this run exactly where it ended."
        )
        self._best = push_button(
            "openBestButton", "Open best", "Open the weights that held-out frames liked best."
        )
        self._curves = push_button(
            "showCurvesButton", "Show curves", "Show this run's whole history without training."
        )
        self._delete = push_button(
            "deleteRunButton", "Delete…", "Delete this run with its weights and curves."
        )
        close = push_button("closeRunsButton", "Close", "Close this window.")
        below = QHBoxLayout()
        below.setSpacing(8)
        for button in (self._resume, self._best, self._curves):
            below.addWidget(button)
        below.addStretch(1)
        for button in (self._delete, close):
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._status)
        layout.addLayout(below)
        self.resize(860, 420)
        self.table.runChosen.connect(self._enable)
        self.table.comparedChanged.connect(self.comparedChanged)
        self._resume.clicked.connect(lambda: self.resumeRequested.emit(self.table.run().folder))
        self._best.clicked.connect(lambda: self.bestRequested.emit(self.table.run().folder))
        self._curves.clicked.connect(lambda: self.curvesRequested.emit(self.table.run().folder))
        self._delete.clicked.connect(self._askToDelete)
        close.clicked.connect(self.reject)
        self.setRuns([])

    def setRuns(self, runs: Sequence[Any]) -> None:
        """Show these runs, each as models.run_folder.RunInfo tells it."""
        self.table.setRuns(runs)

    def setTraining(self, on: bool) -> None:
        """While one run is on, another can neither be resumed nor shown in its place."""
        self._training = on
        self._enable()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.table.setFocus()
        self.opened.emit()

    @Slot()
    def bringUp(self) -> None:
        """Show it, or bring it before the other windows."""
        self.show()
        self.activateWindow()

    @Slot()
    def _enable(self) -> None:
        run = self.table.run()
        sound = run is not None and not run.fault
        idle = not self._training
        self._resume.setEnabled(sound and idle and run.can_resume)
        self._best.setEnabled(sound and idle and run.best is not None)
        self._curves.setEnabled(sound and idle and run.step > 0)
        self._delete.setEnabled(run is not None and run.ended != "running")
        calm = sound and run.ended == "diverged"
        self._resume.setToolTip(
            "Go on from its last sound weights, if need be at a quarter of the learning rate."
            if calm
            else "Go on with this run exactly where it ended."
        )
        self._say(run)

    def _say(self, run: Any) -> None:
        if run is None:
            self._status.setWordings("No run yet: Train begins one, and it is kept by itself.")
        elif run.fault:
            self._status.setWordings(run.fault)
        else:
            config = run.config
            self._status.setWordings(
                f"{run.folder} · beta {config['beta']:g} · learning rate "
                f"{config['learning_rate']:g} · batch {config['batch_size']} · "
                f"seed {config['seed']} · {config['latent_dim']} latents",
                f"beta {config['beta']:g} · learning rate {config['learning_rate']:g} · "
                f"batch {config['batch_size']} · seed {config['seed']} · "
                f"{config['latent_dim']} latents",
            )
        self._status.setToolTip("" if run is None else html.escape(str(run.folder)))

    @Slot()
    def _askToDelete(self) -> None:
        run = self.table.run()
        told = run.name if run.fault else f"{run.name}, {when(run.started)}"
        steps = "" if run.fault else f" after {grouped(run.step)} steps"
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Delete run",
            f"Delete the run “{told}”{steps}, with its weights and curves?",
            parent=self,
        )
        box.setObjectName("deleteRunDialog")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        # The run that was asked about, whatever is chosen when the answer comes.
        delete.clicked.connect(lambda: self.deleteRequested.emit(run.folder))
        box.open()
