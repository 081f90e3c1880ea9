"""Joins a run's records to its diagnosis, the findings to their strip, and a cure to the form.

It does not know the rules, nor how a finding looks.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from explorer.session import Session, job, jobs
from explorer.training.panel import TrainingPanel
from explorer.worker import Failure, LatestWorker

TOLD_TICKS = 10  # ticks with news between two changes of a finding's numbers


class Diagnosing(QObject):
    """Judges the run that is on; what is found stays on show after its end.

    `actionRequested` carries a cure that is no turn of a knob: `take best`, `collect frames`.
    """

    actionRequested = Signal(str)

    def __init__(self, session: Session, panel: TrainingPanel, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._diagnosis: Any = None  # a models.diagnosis.Diagnosis of the newest run
        self._fresh = False  # that run began with random weights, and nothing good came of it
        self._learns_from_open = False  # the session's frames are those of that run
        self._failed = False  # it has blown up
        self._restarts = False  # as soon as it has ended
        self._dismissed: set[str] = set()  # kinds, for this run
        self._told: list[str] = []  # kinds
        self._ticks = 0
        self.assessor = session.adopt(LatestWorker("assessor", job("assess_frames")))
        self.assessor.done.connect(self._take_facts)
        session.trainer.errored.connect(self._take_failure)
        session.run.ended.connect(self._end)
        session.framesChanged.connect(self._note_others)
        session.framesGrown.connect(self._assess)
        panel.findings.cureRequested.connect(self._cure)
        panel.findings.dismissed.connect(self._dismiss)

    @Slot(bool)
    def begin(self, fresh: bool = False) -> None:
        """A run has started on the session's frames, from random weights if `fresh`."""
        self._diagnosis = jobs().Diagnosis()
        self._fresh, self._failed, self._restarts, self._ticks = fresh, False, False, 0
        self._learns_from_open = True
        self._dismissed.clear()
        self._tell()
        self._assess()

    @Slot()
    def _assess(self) -> None:
        """Ask what there is to know of the frames, which may have grown."""
        session = self._session
        if self._learns_from_open:
            vae = None if self._fresh else session.vae
            self.assessor.submit((self._diagnosis, session.frames, session.run.config, vae))

    @Slot()
    def _note_others(self) -> None:
        self._learns_from_open = False

    @Slot(object)
    def take(self, records: list) -> None:
        """Judge the TrainSteps of a tick."""
        if self._diagnosis is None:
            return
        config = self._session.run.config
        for record in records:
            self._diagnosis.add(record, config)
        self._tell()

    def _tell(self) -> None:
        findings = [one for one in self._diagnosis.findings() if one.kind not in self._dismissed]
        kinds = [finding.kind for finding in findings]
        self._ticks += 1
        if kinds != self._told or self._ticks % TOLD_TICKS == 0:
            self._told = kinds
            self._panel.findings.setFindings(findings)

    @Slot(object)
    def _take_facts(self, answer: tuple[Any, Any]) -> None:
        diagnosis, facts = answer
        diagnosis.facts = facts  # of the run that asked, should another be on by now

    @Slot(object)
    def _take_failure(self, failure: Failure) -> None:
        self._failed = isinstance(failure.error, jobs().DivergedError)

    def tells(self, error: Exception) -> bool:
        """Whether the panel says what has gone wrong, with a cure, so that no dialog need."""
        return self._diagnosis is not None and isinstance(error, jobs().DivergedError)

    @Slot()
    def _end(self) -> None:
        if self._diagnosis is None:
            return
        if self._failed:
            self._diagnosis.fail(self._session.run.config)
        self._tell()
        # The run goes back to the good weights once everyone has heard of the end.
        QTimer.singleShot(0, self._rest)

    @Slot()
    def _rest(self) -> None:
        self._fresh = self._fresh and not self._session.run.steps()
        if self._restarts:
            self._restart()

    # What a person presses

    @Slot(str)
    def _dismiss(self, kind: str) -> None:
        self._dismissed.add(kind)
        self._tell()

    @Slot(object)
    def _cure(self, finding: Any) -> None:
        # Through the fields, so that the person sees the knobs move and the curve is marked.
        self._panel.form.setValues(finding.cure.changes)
        idle = self._panel.state() == "idle"
        if finding.cure.action == "restart":
            self._restarts = not idle
            if idle:
                self._restart()
        elif finding.cure.action:
            self.actionRequested.emit(finding.cure.action)
        elif idle:
            self._dismiss(finding.kind)  # nothing goes on that could show the cure at work

    def _restart(self) -> None:
        self._panel.form.freshCheck.setChecked(self._fresh)
        self._panel.trainButton.click()
