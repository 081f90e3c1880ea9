"""The window of lessons: which failure, the model before and now, why, and the way back.

It does not know how a lesson is run, nor the model.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.lessons.bars import AggregateBars, KlBars
from explorer.lessons.choice import Choice
from explorer.lessons.figures import LessonFigures
from explorer.lessons.pictures import LessonPictures
from explorer.widgets.buttons import push_button
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import duration

_STATES = ("idle", "running", "ended", "kept")
_PROGRESS = 1000  # parts of the bar


class LessonDialog(QDialog):
    """Stays open beside the main window.

    `lessons` have `name`, `title`, `promise`, `watch`, `explanation` and `repair`.
    """

    startRequested = Signal()
    stopRequested = Signal()
    keepRequested = Signal()
    backRequested = Signal()
    left = Signal()
    """The window was closed, in whatever way."""

    def __init__(self, lessons: Sequence[Any], parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("lessonDialog")
        self.setWindowTitle("Lessons: two ways to break a VAE")
        self.setModal(False)
        self._lessons = lessons
        self._before: Any = None
        self._state = "idle"
        self._way_back = ""
        self._choices = [
            Choice(f"{lesson.name}Choice", lesson.title, lesson.promise) for lesson in lessons
        ]
        self.pictures = LessonPictures()
        self.figures = LessonFigures()
        self.kl = KlBars(
            "lessonKl",
            "KL per latent",
            "The KL of each latent on held-out frames: wide bars for before, narrow ones for now.",
        )
        self.aggregate = AggregateBars(
            "lessonAggregate",
            "Aggregate posterior per latent",
            "Mean and standard deviation of each latent over held-out frames: wide bars "
            "for before, narrow ones for now. The band is the prior's, 0 and 1.",
        )
        self.progressBar = QProgressBar()
        self.progressBar.setObjectName("lessonProgress")
        self.progressBar.setAccessibleName("Progress of the lesson")
        self.progressBar.setToolTip("How much of the lesson is done.")
        self.progressBar.setTextVisible(False)
        self.progressBar.setRange(0, _PROGRESS)
        self._why = QLabel()
        self._why.setObjectName("lessonWhy")
        self._why.setTextFormat(Qt.TextFormat.PlainText)
        self._why.setWordWrap(True)
        self._why.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._why.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._status = FittingLabel()
        self._status.setObjectName("lessonStatus")
        self._status.setProperty("role", "caption")
        self.startButton = push_button(
            "lessonStartButton", "Start", "Break a copy of the current model on purpose."
        )
        self.startButton.setProperty("role", "primary")
        self.stopButton = push_button("lessonStopButton", "Stop", "End the lesson where it is.")
        self.keepButton = push_button(
            "lessonKeepButton",
            "Keep this model",
            "Make the broken model the current one, to explore it and to train it sound again.",
        )
        self.backButton = push_button(
            "lessonBackButton", "Go back", "Close the lesson, with the model as it was before."
        )
        self._lay_out()
        self.resize(1000, 640)
        self.startButton.clicked.connect(self.startRequested)
        self.stopButton.clicked.connect(self.stopRequested)
        self.keepButton.clicked.connect(self.keepRequested)
        self.backButton.clicked.connect(self.backRequested)
        self.finished.connect(self.left)
        for choice in self._choices:
            choice.toggled.connect(self._explain)
        self._choices[0].setChecked(True)
        self.clear()

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(8)
        for choice in self._choices:
            choices.addWidget(choice)
        measured = QHBoxLayout()
        measured.setSpacing(16)
        measured.addWidget(self.figures)
        for words, bars in (
            (("KL per latent · wide: before", "KL per latent"), self.kl),
            (
                (
                    "latents over all frames, mean ± deviation · band: prior",
                    "latents over all frames · band: prior",
                    "aggregate posterior",
                ),
                self.aggregate,
            ),
        ):
            caption = FittingLabel(*words)
            caption.setProperty("role", "caption")
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(caption)
            column.addWidget(bars, 1)
            measured.addLayout(column, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.startButton)
        buttons.addWidget(self.stopButton)
        buttons.addWidget(self._status, 1)
        buttons.addWidget(self.keepButton)
        buttons.addWidget(self.backButton)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(choices)
        layout.addWidget(self.pictures, 3)
        layout.addLayout(measured, 1)
        layout.addWidget(self.progressBar)
        layout.addWidget(self._why)
        layout.addLayout(buttons)

    def lesson(self) -> Any:
        """The chosen one."""
        return next(
            lesson
            for lesson, choice in zip(self._lessons, self._choices, strict=True)
            if choice.isChecked()
        )

    def choose(self, name: str) -> None:
        """Choose a lesson by its name, unless another one is running."""
        for lesson, choice in zip(self._lessons, self._choices, strict=True):
            if lesson.name == name and choice.isEnabled():
                choice.setChecked(True)

    def state(self) -> str:
        """`idle`, `running`, `ended` or `kept`."""
        return self._state

    def setState(self, state: str) -> None:
        """Say how far the lesson is; anything but the four of `state` is a ValueError."""
        if state not in _STATES:
            raise ValueError(f"a lesson is one of {', '.join(_STATES)}, not {state!r}")
        self._state = state
        running = state == "running"
        for choice in self._choices:
            choice.setEnabled(not running)
        self.startButton.setEnabled(not running)
        self.startButton.setText("Start again" if state in ("ended", "kept") else "Start")
        self.stopButton.setEnabled(running)
        self.keepButton.setEnabled(state == "ended")
        self._name_back()
        self._explain()

    def setWayBack(self, name: str) -> None:
        """Say which model `Go back` brings back; empty when the current one was not replaced."""
        self._way_back = name
        self._name_back()

    def setAspect(self, aspect: float) -> None:
        """Width by height of what pictures show."""
        self.pictures.setAspect(aspect)

    def setBefore(self, step: Any, name: str) -> None:
        """Show the model that the lesson begins with; a LessonStep as `models.teaching` has it."""
        self.clear()
        self._before = step
        self.pictures.setTitle("before", f"before · {name}", "before")
        self.pictures.setPictures("before", step)
        self.figures.setFigures("before", step)
        self._show_bars(step)

    def setNow(self, step: Any) -> None:
        """Show what has become of it."""
        said = f"step {step.steps} · {duration(step.seconds)}"
        self.pictures.setTitle("now", f"now · {said}", "now")
        self.pictures.setPictures("now", step)
        self.figures.setFigures("now", step)
        self.progressBar.setValue(round(_PROGRESS * step.progress))
        self._show_bars(step)

    def clear(self) -> None:
        """Forget both models."""
        self._before = None
        self.pictures.clear()
        for half in ("before", "now"):
            self.figures.setFigures(half, None)
        self.kl.setValues(None, None)
        self.aggregate.setValues(None, None)
        self.progressBar.setValue(0)
        self.setState("idle")

    def say(self, *wordings: str) -> None:
        """A line beside the buttons, in several lengths."""
        self._status.setWordings(*wordings)
        # A tooltip takes what looks like HTML for HTML, and an error names a stranger's files.
        self._status.setToolTip(html.escape(wordings[0]))

    @Slot()
    def bringUp(self) -> None:
        """Show it, or bring it before the other windows."""
        self.show()
        self.activateWindow()
        self.startButton.setFocus()

    @Slot()
    def _explain(self) -> None:
        lesson = self.lesson()
        ended = self._state in ("ended", "kept")
        self._why.setText(f"{lesson.explanation}\n{lesson.repair if ended else lesson.watch}")

    def _name_back(self) -> None:
        if self._way_back:
            # An ampersand in a name would be taken for a mnemonic.
            self.backButton.setText(f"Go back to {self._way_back.replace('&', '&&')}")
        else:
            self.backButton.setText("Close" if self._state == "idle" else "Go back")

    def _show_bars(self, now: Any) -> None:
        before, now = self._before.held_out, now.held_out
        self.kl.setValues(before.kl, now.kl)
        self.aggregate.setValues(_moments(before), _moments(now))


def _moments(held_out: Any) -> np.ndarray:
    return np.stack([held_out.mean, held_out.variance])
