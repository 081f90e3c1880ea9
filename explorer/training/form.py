"""The numbers of a training run and the frames it takes, to be read and changed.

It does not know what training does with them.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.training.knobs import KNOBS, PAGES, Knob
from explorer.widgets.choice_field import ChoiceField
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.number_field import NumberField
from explorer.widgets.switch import Switch

_COLUMNS = 3


class TrainingForm(QWidget):
    """The knobs on their pages, the frames' source and where the weights start.

    Batch size, seed and weights wait for the next start. `changed` carries the dict of `values()`.
    """

    changed = Signal(object)
    openFramesRequested = Signal()
    useRecordingRequested = Signal()
    framesRequested = Signal()

    def __init__(self, defaults: Mapping[str, Any], parent: QWidget | None = None):
        super().__init__(parent)
        self._running = False
        self._fields: dict[str, NumberField | ChoiceField] = {}
        self._switch = Switch(
            {
                f"{title.lower()}Knobs": (title, f"{title} of a training run, its numbers.")
                for title in PAGES
            }
        )
        self._pages = QStackedWidget()
        for knobs in PAGES.values():
            self._pages.addWidget(self._page(knobs, defaults))

        self._frames_label = FittingLabel()
        self._frames_label.setObjectName("framesLabel")
        caption = QLabel("frames")
        caption.setProperty("role", "caption")
        self.openFramesButton = self._button(
            "openFramesButton",
            "Open…",
            "Train on frames of your own: a dataset, images or a video.",
        )
        self.useRecordingButton = self._button(
            "useRecordingButton", "Use drive", "Train on the frames of the drive recorded last."
        )
        self.useRecordingButton.setEnabled(False)
        self.framesButton = self._button(
            "framesButton",
            "Frames…",
            "Look at the frames, see which are held out, and collect more.",
        )
        self.freshCheck = QCheckBox("from scratch")
        self.freshCheck.setObjectName("freshCheck")
        self.freshCheck.setAccessibleName("Train from scratch")
        self.freshCheck.setToolTip(
            "Start from random weights instead of continuing from the current model."
        )
        frames = QHBoxLayout()
        frames.setSpacing(6)
        frames.addWidget(caption)
        frames.addWidget(self._frames_label, 1)
        frames.addWidget(self.framesButton)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.openFramesButton)
        buttons.addWidget(self.useRecordingButton)
        buttons.addStretch(1)
        buttons.addWidget(self.freshCheck)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._switch)
        layout.addWidget(self._pages)
        layout.addLayout(frames)
        layout.addLayout(buttons)

        self._switch.chosen.connect(self._onPageChosen)
        self.openFramesButton.clicked.connect(self.openFramesRequested)
        self.useRecordingButton.clicked.connect(self.useRecordingRequested)
        self.framesButton.clicked.connect(self.framesRequested)
        self._enable()

    def values(self) -> dict[str, Any]:
        """Every knob's value by its name."""
        values = {name: field.value() for name, field in self._fields.items()}
        return {
            name: type(KNOBS[name].default)(value) if KNOBS[name].choices is None else value
            for name, value in values.items()
        }

    def setValues(self, values: Mapping[str, Any]) -> None:
        """Turn knobs, as a person would; those that are not named stay."""
        for name, value in values.items():
            self._fields[name].setValue(value)

    def isFresh(self) -> bool:
        """Whether to start from random weights."""
        return self.freshCheck.isChecked()

    def takeTyped(self) -> None:
        """Take what is typed into a field but not yet entered.

        A button does not take the focus on every platform, so that pressing one need not end it.
        """
        for field in self.findChildren(NumberField):
            field.interpretText()

    def setRunning(self, running: bool) -> None:
        """Lock what counts from the next start only: batch size, seed and weights."""
        self._running = running
        self.freshCheck.setEnabled(not running)
        self._enable()

    def setFrames(self, *wordings: str) -> None:
        """Say where the frames come from and how many there are, in several lengths."""
        self._frames_label.setWordings(*wordings)
        # A tooltip takes what looks like HTML for HTML, and the name is a stranger's.
        self._frames_label.setToolTip(html.escape(wordings[0]))

    def setRecordingAvailable(self, available: bool) -> None:
        """Whether there is a recorded drive to train on."""
        self.useRecordingButton.setEnabled(available)

    def _page(self, knobs: Sequence[Knob], values: Mapping[str, Any]) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        for place, knob in enumerate(knobs):
            row, column = 2 * (place // _COLUMNS), place % _COLUMNS
            field = knob.field(values.get(knob.name, knob.default))
            caption = QLabel(knob.label)
            caption.setProperty("role", "caption")
            caption.setContentsMargins(0, 3 if row else 0, 0, 0)
            caption.setBuddy(field)
            for widget in (caption, field):
                widget.setToolTip(knob.tip)
            grid.addWidget(caption, row, column)
            grid.addWidget(field, row + 1, column)
            grid.setColumnStretch(column, 1)
            field.valueChanged.connect(self._onFieldChanged)
            self._fields[knob.name] = field
        return page

    def _enable(self) -> None:
        """Only what counts now can be turned."""
        values = self.values()
        idle_numbers = {
            "beta": values["calibrated"],
            "kl_warm_up_steps": values["kl_warm_up"] == "none",
            "capacity_steps": values["capacity"] == 0,
        }
        for name, field in self._fields.items():
            locked = self._running and not KNOBS[name].live
            field.setEnabled(not (locked or idle_numbers.get(name, False)))

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        return button

    @Slot(str)
    def _onPageChosen(self, name: str) -> None:
        self._pages.setCurrentIndex(list(self._switch.tabs).index(name))

    @Slot(float)
    @Slot(object)
    def _onFieldChanged(self, value: object) -> None:
        self._enable()
        self.changed.emit(self.values())
