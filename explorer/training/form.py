"""The numbers of a training run and the frames it takes, to be read and changed.

It does not know what training does with them.
"""

from __future__ import annotations

import html
from collections.abc import Mapping

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.number_field import NumberField

_COLUMNS = 3


class TrainingForm(QWidget):
    """Six numbers, the frames' source and where the weights start.

    Batch size, seed and weights wait for the next start. `changed` carries the dict of `values()`.
    """

    changed = Signal(object)
    openFramesRequested = Signal()
    useRecordingRequested = Signal()

    def __init__(self, defaults: Mapping[str, float], parent: QWidget | None = None):
        super().__init__(parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(1)
        self.betaField = self._field(
            "beta",
            "β, weight of the KL: above 1 the picture blurs and latents die, "
            "near 0 samples from the prior turn to garbage.",
            NumberField("betaField", "beta", 0.0, 1000.0, defaults["beta"], smallest_step=0.001),
        )
        self.freeBitsField = self._field(
            "free bits",
            "λ, nats per latent that cost nothing: above 0 it keeps latents from dying.",
            NumberField(
                "freeBitsField",
                "free bits, nats per latent",
                0.0,
                100.0,
                defaults["free_bits"],
                smallest_step=0.01,
                unit="nats",
            ),
        )
        self.learningRateField = self._field(
            "learning rate",
            "How far Adam moves the weights at each step: too high and the loss jumps, "
            "too low and it crawls.",
            NumberField(
                "learningRateField",
                "learning rate",
                1e-7,
                1.0,
                defaults["learning_rate"],
                smallest_step=1e-7,
            ),
        )
        self.stepsField = self._field(
            "steps",
            "The step at which training ends: more steps sharpen the picture, ever more slowly.",
            NumberField("stepsField", "steps", 1, 100_000_000, defaults["steps"], decimals=0),
        )
        self.batchSizeField = self._field(
            "batch size",
            "Frames per step: larger is steadier and slower; it counts from the next start.",
            NumberField(
                "batchSizeField", "batch size", 1, 4096, defaults["batch_size"], decimals=0
            ),
        )
        self.seedField = self._field(
            "seed",
            "Start of every random choice: the same seed repeats a run; it counts from the next "
            "start.",
            NumberField(
                "seedField",
                "seed",
                0,
                2**31 - 1,
                defaults["seed"],
                decimals=0,
                even_steps=True,
            ),
        )

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
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.openFramesButton)
        buttons.addWidget(self.useRecordingButton)
        buttons.addStretch(1)
        buttons.addWidget(self.freshCheck)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._grid)
        layout.addLayout(frames)
        layout.addLayout(buttons)

        self.openFramesButton.clicked.connect(self.openFramesRequested)
        self.useRecordingButton.clicked.connect(self.useRecordingRequested)

    def values(self) -> dict[str, float | int]:
        """beta, free_bits (nats per latent), learning_rate, batch_size, seed, steps."""
        return {
            "beta": self.betaField.value(),
            "free_bits": self.freeBitsField.value(),
            "learning_rate": self.learningRateField.value(),
            "batch_size": int(self.batchSizeField.value()),
            "seed": int(self.seedField.value()),
            "steps": int(self.stepsField.value()),
        }

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
        self.batchSizeField.setEnabled(not running)
        self.seedField.setEnabled(not running)
        self.freshCheck.setEnabled(not running)

    def setFrames(self, text: str) -> None:
        """Say where the frames come from and how many there are."""
        self._frames_label.setWordings(text)
        # A tooltip takes what looks like HTML for HTML, and the name is a stranger's.
        self._frames_label.setToolTip(html.escape(text))

    def setRecordingAvailable(self, available: bool) -> None:
        """Whether there is a recorded drive to train on."""
        self.useRecordingButton.setEnabled(available)

    def _field(self, label: str, tip: str, field: NumberField) -> NumberField:
        place = self._grid.count() // 2
        row, column = 2 * (place // _COLUMNS), place % _COLUMNS
        caption = QLabel(label)
        caption.setProperty("role", "caption")
        caption.setContentsMargins(0, 3 if row else 0, 0, 0)
        caption.setBuddy(field)
        caption.setToolTip(tip)
        field.setToolTip(tip)
        self._grid.addWidget(caption, row, column)
        self._grid.addWidget(field, row + 1, column)
        self._grid.setColumnStretch(column, 1)
        field.valueChanged.connect(self._onFieldChanged)
        return field

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        return button

    @Slot(float)
    def _onFieldChanged(self, value: float) -> None:
        self.changed.emit(self.values())
