"""Joins the kept runs to their window and to the training panel: going on, reopening, comparing.

It does not know what a run keeps, nor how a curve is painted.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QMainWindow

from explorer.archive import Archive
from explorer.learning import Learning
from explorer.runs.dialog import RunsDialog
from explorer.session import SAMPLE_FRAMES, Session
from explorer.training.history import ComparedRun
from explorer.training.knobs import kept_changes
from explorer.training.panel import TrainingPanel
from explorer.watching import Watching
from explorer.widgets.numerals import grouped, when

LIST_SECONDS = 3  # between two looks at the runs while their window is open
FILM_SECONDS = 120  # of a film that a killed program may lose; it is up to 100 MB that are written


class Running(QObject):
    """Offers the newest unfinished run, and everything that is kept in the window of runs."""

    def __init__(
        self,
        session: Session,
        panel: TrainingPanel,
        learning: Learning,
        watching: Watching,
        window: QMainWindow,
    ):
        super().__init__(window)
        self._session = session
        self._panel = panel
        self._learning = learning
        self._watching = watching
        self.archive = Archive(session)
        self.dialog = RunsDialog(window)
        self._unfinished: Path | None = None  # the newest such run
        self._kept: tuple[Path, int] | None = None  # whose film is written up to which step
        self._autosave = QTimer(self)
        self._autosave.timeout.connect(self.keep)
        self._autosave.start(1000 * FILM_SECONDS)
        self._asked_at = 0.0  # for the list of runs, while one is on
        self._reopened: Any = None  # the Film of a run that is shown, not trained
        panel.runsButton.clicked.connect(self.dialog.bringUp)
        panel.continueButton.clicked.connect(self._continue)
        panel.stateChanged.connect(self._show_state)
        session.modelChanged.connect(self._look_first)
        session.run.ended.connect(self._end)
        session.run.resumed.connect(self._show_resumed)
        learning.snapshotTaken.connect(self._follow)
        self.archive.listed.connect(self._show_runs)
        self.archive.reopened.connect(self._show_run)
        self.archive.comparedRead.connect(self._show_compared)
        self.dialog.opened.connect(self.archive.ask)
        self.dialog.resumeRequested.connect(session.run.resume)
        self.dialog.bestRequested.connect(session.run.open_best)
        self.dialog.curvesRequested.connect(self.archive.read)
        self.dialog.deleteRequested.connect(self.archive.delete)
        self.dialog.comparedChanged.connect(self.archive.compare)

    @Slot()
    def _look_first(self) -> None:
        # Not before: what lists runs needs torch, which the first model has loaded.
        self._session.modelChanged.disconnect(self._look_first)
        self.archive.ask()

    @Slot()
    def _follow(self) -> None:
        """A run that is on is told as such, and how far it was when it was saved last."""
        now = time.monotonic()
        if self.dialog.isVisible() and now - self._asked_at > LIST_SECONDS:
            self._asked_at = now
            self.archive.ask()

    @Slot()
    def _continue(self) -> None:
        self._session.run.resume(self._unfinished)

    @Slot(object)
    def _show_runs(self, runs: list[Any]) -> None:
        samples = {SAMPLE_FRAMES.name: "sample frames"}
        runs = [run._replace(frames=samples.get(run.frames, run.frames)) for run in runs]
        self.dialog.setRuns(runs)
        unfinished = next((run for run in runs if run.can_resume), None)
        self._unfinished = unfinished and unfinished.folder
        self._panel.setUnfinished(
            unfinished
            and f"Go on with the newest unfinished run, from step {grouped(unfinished.step)} of "
            f"{grouped(unfinished.config['steps'])}: {unfinished.name}, on {unfinished.frames}."
        )

    @Slot()
    def _show_state(self) -> None:
        self.dialog.setTraining(self._panel.state() != "idle")

    @Slot()
    def _end(self) -> None:
        self._keep_film()
        self.archive.ask()

    @Slot()
    def keep(self) -> None:
        """Keep what only the window has of a training that goes on until now: its film."""
        if self._session.trainer.is_running():
            self._keep_film()

    def _keep_film(self) -> None:
        if self._watching.film is None or self._watching.film is self._reopened:
            return
        film, late = self._watching.kept()
        newest = film.steps[-1] if len(film) else None
        if late is not None:
            newest = late[0].step
        known = self._session.run.folder, newest
        if newest is not None and known != self._kept:
            self._kept = known
            self.archive.keep_film(self._session.run.folder, film, late)

    @Slot(object, object)
    def _show_resumed(self, curve: Any, film: Any) -> None:
        config, form = self._session.run.config, self._panel.form
        form.setValues({name: getattr(config, name) for name in form.values()})
        self._learning.go_on(film)
        self._draw(curve)
        self.archive.ask()

    @Slot(object)
    def _show_run(self, answer: tuple[Any, Any, Any]) -> None:
        run, curve, film = answer
        if self._panel.state() == "idle":  # none has begun since it was asked for
            self._draw(curve)
            self._reopened = film
            self._watching.open(film)
            self._panel.setProgress(run.step, run.config["steps"], np.nan, np.nan)

    def _draw(self, curve: Any) -> None:
        self._panel.curves.load(
            curve.steps,
            curve.recon_loss,
            curve.kl,
            curve.held_out_steps,
            curve.held_out_recon_loss,
            curve.held_out_kl,
            kept_changes(curve.change_steps.tolist(), curve.changes.tolist()),
        )

    @Slot(object)
    def _show_compared(self, runs: list[tuple[Any, Any]]) -> None:
        self._panel.curves.setCompared(
            [
                ComparedRun(
                    f"{run.name} {when(run.started)}",
                    curve.steps,
                    curve.recon_loss,
                    curve.kl.sum(1),
                    curve.held_out_steps,
                    curve.held_out_recon_loss,
                    curve.held_out_kl.sum(1),
                )
                for run, curve in runs
            ]
        )
