"""Joins the session to the window of lessons: a copy of the model is broken there on purpose.

It does not know how a lesson is run or painted.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMainWindow

from explorer.lessons.dialog import LessonDialog
from explorer.session import Session, Standing, job
from explorer.widgets.numerals import duration
from explorer.worker import Failure, GeneratorWorker, LatestWorker

OCCUPIED = "A lesson is running: stop it before training."
UNTOUCHED = "A lesson breaks a copy: the model on show stays as it is."
BUSY = "Stop the training first: a lesson needs its cores."


class Lecturing(QObject):
    """Runs one lesson at a time while the dialog is open; draws each tick how far it is."""

    def __init__(self, session: Session, window: QMainWindow):
        super().__init__(window)
        self._session = session
        self._step: Any = None  # the newest LessonStep of the lesson on show
        self._left = True  # what the worker still yields is of no lesson on show
        self._lesson: Any = None  # the one on show, and what it began with
        self._name = ""
        self._history: dict[str, Any] = {}
        self._keeping = False  # the broken model is being measured, to become the current one
        self._before: list[Standing] = []  # the models that broken ones have taken the place of
        self.dialog = LessonDialog(session.lessons(), window)
        self.worker = session.adopt(GeneratorWorker("lesson"), self._fail)
        self.appraiser = session.adopt(
            LatestWorker("lesson appraiser", job("appraise")), self._fail
        )
        self.commands = (
            ("Lesson: make it collapse…", self.open_collapse, None),
            ("Lesson: forget the prior…", self.open_forget, None),
        )
        self.worker.finished.connect(self._end)
        self.appraiser.done.connect(self._take_kept)
        self.dialog.startRequested.connect(self._start)
        self.dialog.stopRequested.connect(self.worker.stop)
        self.dialog.keepRequested.connect(self._keep)
        self.dialog.backRequested.connect(self._go_back)
        self.dialog.left.connect(self._leave)

    def refresh(self) -> None:
        """Draw the newest of what the lesson has yielded since the last tick."""
        steps = self.worker.take()
        if not steps or self._left:
            return
        if self._step is None:
            self.dialog.setBefore(steps[0], self._name)
            self.dialog.setState("running")
            shows = steps[0].shows(self._lesson)
            self.dialog.say(self._lesson.sign if shows else UNTOUCHED)
        self._step = steps[-1]
        if self._step.steps:
            self.dialog.setNow(self._step)

    @Slot()
    def open_collapse(self) -> None:
        """Bring up the dialog with that lesson."""
        self.open()
        self.dialog.choose("collapse")

    @Slot()
    def open_forget(self) -> None:
        """Bring up the dialog with that lesson."""
        self.open()
        self.dialog.choose("forget")

    @Slot()
    def open(self) -> None:
        """Bring up the dialog."""
        if not self.dialog.isVisible():
            self.dialog.clear()
            self.dialog.say(UNTOUCHED)
            self.dialog.setWayBack(self._before[-1].model.name if self._before else "")
        self.dialog.bringUp()

    @Slot()
    def _start(self) -> None:
        session = self._session
        if session.trainer.is_running():
            self.dialog.say(BUSY)
        elif self.worker.is_running():
            self.dialog.say("The lesson before is ending: try again in a moment.")
        elif session.eye() is None or session.frames is None:
            self.dialog.say("A lesson needs frames, and a model that can encode them.")
        else:
            self._step, self._keeping, self._left = None, False, False
            self._lesson, self._name = self.dialog.lesson(), session.model.name
            self._history = session.history()
            session.occupied = OCCUPIED
            self.dialog.setAspect(session.aspect())
            self.dialog.setState("running")
            self.dialog.say("Measuring the model as it is…")
            self.worker.start(session.lesson(self._lesson))

    @Slot()
    def _end(self) -> None:
        self._session.occupied = ""
        self.refresh()
        if self._left:
            return
        if self._step is None or not self._step.steps:
            self.dialog.setState("idle")
            return
        self.dialog.setState("ended")
        self.dialog.say(
            f"{duration(self._step.seconds)} of training. The model on show was not touched.",
            "The model on show was not touched.",
        )

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        if self._session.is_users(failure.error):
            self.dialog.say(str(failure.error))
        else:
            self._session.errored.emit(failure)

    # The broken model

    @Slot()
    def _keep(self) -> None:
        session = self._session
        if session.trainer.is_running():
            self.dialog.say(BUSY)
            return
        if session.vae is not session.model.vae:
            self.dialog.say("The current model is still being measured: try again in a moment.")
            return
        self._keeping = True
        self.dialog.keepButton.setEnabled(False)
        name = f"{self._name.removesuffix('*')} {self._lesson.name}*"
        self.appraiser.submit((self._step.vae, self._told(), session.frames, name))

    def _told(self) -> dict[str, Any]:
        """What the broken weights have been through, as a checkpoint's `training` tells it."""
        told, lesson, step = self._history, self._lesson, self._step
        commands = [*told.get("commands", []), f"# broken on purpose: {lesson.title.lower()}"]
        grown = {"steps": step.steps, "images": step.images}
        seen = {name: told.get(name, 0) + count for name, count in grown.items()}
        return told | dict(lesson.changes) | seen | {"commands": commands}

    @Slot(object)
    def _take_kept(self, model: Any) -> None:
        session, asked, self._keeping = self._session, self._keeping, False
        if not asked:
            return  # gone back meanwhile
        if session.trainer.is_running() or session.vae is not session.model.vae:
            self.dialog.setState("ended")
            self.dialog.say("It was not kept, because training has begun.")
            return
        self._before.append(session.standing())
        session.stand(Standing(model, None, True))
        self.dialog.setState("kept")
        self.dialog.setWayBack(self._before[-1].model.name)
        self.dialog.say("The broken model is the current one: try its sliders, or train on.")

    @Slot()
    def _go_back(self) -> None:
        if self._before and self._session.trainer.is_running():
            self.dialog.say(BUSY)
            return
        self._keeping = False
        self.dialog.reject()
        if self._before:
            self._session.stand(self._before.pop())

    @Slot()
    def _leave(self) -> None:
        self.worker.stop()
        self._left, self._step = True, None
