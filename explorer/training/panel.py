"""The training dock: curves, progress, the buttons of a run, its numbers, and what it has learnt.

It does not know who trains: it asks by signals and is told what to show.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from explorer.training.curves import LossCurves
from explorer.training.findings import FindingStrip
from explorer.training.form import TrainingForm
from explorer.training.gallery import Gallery
from explorer.training.knobs import changes
from explorer.widgets.buttons import push_button
from explorer.widgets.choice_field import ChoiceField
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import duration, grouped, three_figures

PACES = {None: "full speed", 20.0: "20 / s", 5.0: "5 / s", 1.0: "1 / s"}
"""Batches a second from the fastest on, and what the box says."""

_STATES = ("idle", "running", "paused")
_UNMARKED = {"steps", "patience", "keep_best"}  # they bend no curve


class TrainingPanel(QWidget):
    """Puts the parts together and turns clicks into requests.

    `trainRequested` carries the form's values and `fresh`, whether to start from random weights;
    `configChanged` the form's values, while a run is on.
    """

    trainRequested = Signal(object)
    pauseChanged = Signal(bool)
    stepRequested = Signal()
    paceChanged = Signal(object)  # batches a second, None for any number
    stopRequested = Signal()
    configChanged = Signal(object)
    stateChanged = Signal()

    def __init__(
        self, defaults: Mapping[str, Any], latent_dim: int = 32, parent: QWidget | None = None
    ):
        super().__init__(parent)
        self._state = "idle"
        self._unfinished: str | None = None
        self._progress = ""
        self._speed = ""
        self._time_left = ""

        self.curves = LossCurves(latent_dim)
        self.form = TrainingForm(defaults)
        self.findings = FindingStrip()
        self.gallery = Gallery()
        self._values = self.form.values()
        title = QLabel("Training")
        title.setProperty("role", "title")
        self._caption = FittingLabel()
        self._caption.setObjectName("trainingCaption")
        self._caption.setProperty("role", "caption")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.progressBar = QProgressBar()
        self.progressBar.setObjectName("trainingProgress")
        self.progressBar.setAccessibleName("Training progress")
        self.progressBar.setToolTip("How many of the steps are done.")
        self.progressBar.setTextVisible(False)
        self.progressBar.setMinimumWidth(40)  # in a narrow dock the buttons beside it come first
        self.progressBar.setRange(0, 1)
        self.progressBar.setValue(0)
        self.trainButton = push_button(
            "trainButton", "Train", "Start training on the frames below."
        )
        self.trainButton.setProperty("role", "primary")
        self.pauseButton = push_button("pauseButton", "Pause", "Hold training, or let it go on.")
        self.pauseButton.setCheckable(True)
        self.stepButton = push_button("stepButton", "Step", "Train on one batch, then hold.")
        self.stopButton = push_button(
            "stopButton", "Stop", "End training and keep the model as it is."
        )
        self.paceCombo = ChoiceField("paceCombo", "Pace, batches a second", PACES, None)
        self.paceCombo.setToolTip(
            "Slow motion: so many batches a second at most, each drawn as it comes; "
            "up to 5 the picture follows each."
        )
        self.paceCommands = (
            ("Faster", self.goFaster, "Ctrl+Shift+Up"),
            ("Slower", self.goSlower, "Ctrl+Shift+Down"),
        )

        self.continueButton = push_button(
            "continueButton", "Continue", "Go on with the newest unfinished run."
        )
        self.runsButton = push_button(
            "runsButton", "Runs…", "All runs: resume, reopen or compare them."
        )
        self.lessonsButton = push_button(
            "lessonsButton", "Lessons…", "Break the model on purpose, watch why, and go back."
        )

        self.header = QWidget()
        header = QHBoxLayout(self.header)
        header.setContentsMargins(10, 8, 10, 0)
        header.setSpacing(8)
        header.addWidget(title)
        header.addWidget(self._caption, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (
            self.trainButton,
            self.continueButton,
            self.pauseButton,
            self.stepButton,
            self.stopButton,
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        motion = QHBoxLayout()
        motion.setSpacing(6)
        motion.addWidget(self.progressBar, 1)
        motion.addWidget(self.paceCombo)
        more = QHBoxLayout()
        more.setSpacing(6)
        more.addWidget(self.runsButton)
        more.addWidget(self.lessonsButton)
        more.addStretch(1)
        more.addWidget(self.form.freshCheck)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 10)
        layout.setSpacing(6)
        layout.addWidget(self.header)
        layout.addWidget(self.curves, 1)
        layout.addWidget(self.findings)
        layout.addLayout(motion)
        layout.addLayout(buttons)
        layout.addWidget(self.form)
        layout.addLayout(more)
        layout.addWidget(self.gallery)

        self.trainButton.clicked.connect(self._onTrain)
        self.pauseButton.clicked.connect(self.pauseChanged)
        self.pauseButton.toggled.connect(self._onPauseToggled)
        self.stepButton.clicked.connect(self.stepRequested)
        self.stopButton.clicked.connect(self.stopRequested)
        self.paceCombo.valueChanged.connect(self.paceChanged)
        self.form.changed.connect(self._onFormChanged)
        self.gallery.wentBack.connect(self.curves.pointAt)
        self._showFloors()
        self.setState("idle")

    def state(self) -> str:
        """`idle`, `running` or `paused`."""
        return self._state

    def setState(self, state: str) -> None:
        """Say whether training is `idle`, `running` or `paused`; anything else is a ValueError."""
        if state not in _STATES:
            raise ValueError(f"a training state is one of {', '.join(_STATES)}, not {state!r}")
        self._state = state
        idle = state == "idle"
        self.trainButton.setEnabled(idle)
        self.pauseButton.setEnabled(not idle)
        self.pauseButton.setChecked(state == "paused")
        self._offer()
        self.stepButton.setEnabled(not idle)
        self.stopButton.setEnabled(not idle)
        self.form.setRunning(not idle)
        self._sayProgress()
        self.stateChanged.emit()

    def setUnfinished(self, told: str | None) -> None:
        """Offer to go on with a run, which `told` names, while none is on; None for no such run."""
        self._unfinished = told
        self._offer()

    def _offer(self) -> None:
        """A narrow dock has room for the buttons alone that are of use now."""
        idle = self._state == "idle"
        offered = idle and self._unfinished is not None
        self.continueButton.setVisible(offered)
        self.continueButton.setEnabled(offered)  # its key asks that alone
        self.stepButton.setVisible(not idle)
        self.pauseButton.setVisible(not idle)
        if offered:
            self.continueButton.setToolTip(html.escape(self._unfinished))

    def pace(self) -> float | None:
        """Batches a second at most; None for as many as there can be."""
        return self.paceCombo.value()

    @Slot()
    def goFaster(self) -> None:
        """The next faster pace, if there is one."""
        self.paceCombo.setCurrentIndex(max(0, self.paceCombo.currentIndex() - 1))

    @Slot()
    def goSlower(self) -> None:
        """The next slower pace, if there is one."""
        self.paceCombo.setCurrentIndex(min(len(PACES) - 1, self.paceCombo.currentIndex() + 1))

    def setProgress(
        self, step: int, steps: int, images_per_second: float, seconds_left: float
    ) -> None:
        """Show how far training is; rate and time are left out while they are nan or inf."""
        self.progressBar.setRange(0, max(1, steps))
        self.progressBar.setValue(min(step, steps))
        known = math.isfinite(images_per_second) and images_per_second > 0
        self._progress = f"step {grouped(step)} / {grouped(steps)}"
        self._speed = f"{three_figures(images_per_second)} images/s" if known else ""
        self._time_left = f"{duration(seconds_left)} left" if math.isfinite(seconds_left) else ""
        self._sayProgress()

    def caption(self) -> str:
        """What the header says about the run, in full."""
        return self._caption.fullText()

    def _sayProgress(self) -> None:
        if not self._progress:
            self._caption.setWordings("")
            return
        after = {
            "idle": [],
            "running": [self._speed, self._time_left],
            "paused": ["paused"],
        }[self._state]
        full = [part for part in (self._progress, *after) if part]
        short = [part for part in full if part != self._speed]
        full_text, short_text = " · ".join(full), " · ".join(short)
        self._caption.setWordings(
            full_text,
            full_text.removeprefix("step ").replace(" images/s", "/s"),
            short_text,
            short_text.removeprefix("step "),
            self._progress.removeprefix("step "),
        )
        self._caption.setToolTip(full_text)

    def _showFloors(self) -> None:
        values = self._values
        self.curves.setFloors(values["free_bits"], values["kl_floor"], values["capacity"])

    @Slot()
    def _onTrain(self) -> None:
        self.form.takeTyped()
        self.trainRequested.emit({**self.form.values(), "fresh": self.form.isFresh()})

    @Slot(bool)
    def _onPauseToggled(self, paused: bool) -> None:
        self.pauseButton.setText("Resume" if paused else "Pause")

    @Slot(object)
    def _onFormChanged(self, values: dict[str, Any]) -> None:
        before, self._values = self._values, values
        self._showFloors()
        if self._state == "idle":
            return
        marked = {name: value for name, value in before.items() if name not in _UNMARKED}
        for change in changes(marked, values):
            self.curves.mark(change)
        self.configChanged.emit(values)
