"""The drive dock: the game, what the model makes of it, and the buttons of the drive.

It does not know the game, the model or the thread that runs them.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.drive.gauges import Gauges
from explorer.drive.strip import PosteriorStrip
from explorer.drive.view import DriveView
from explorer.widgets.caption import Caption
from explorer.widgets.comparison import Comparison

# Non-breaking spaces: a narrow dock breaks the line between two keys, not within one.
_KEYS = "arrows or WASD · R restart · F to sliders · Esc\u00a0release"
_IDLE = "Press Drive, then steer with the arrow keys"
_NO_TELEMETRY = "not driving"
_NO_POSTERIOR = "No posterior: this model has no encoder"


class DrivePanel(QWidget):
    """Shows a drive and asks for one; what really runs is told to it by `setDriving`."""

    driveChanged = Signal(bool)  # the person wants to start or to stop
    autopilotChanged = Signal(bool)
    restartRequested = Signal()
    recordChanged = Signal(bool)
    actionChanged = Signal(object)  # (steer -1..1, gas 0..1, brake 0..1)
    freezeRequested = Signal()

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("drivePanel")
        # Four buttons in a row fit a dock of 300 pixels only with a little less air in them.
        self.setStyleSheet("QPushButton { padding: 4px 7px; }")
        self._ready = False
        self._driving = False
        self._encoding = True
        self.view = DriveView()
        self.view.setPlaceholder(_IDLE)
        self.strip = PosteriorStrip(latent_dim)
        self._comparison = Comparison()
        self._gauges = Gauges()
        self._telemetry = Caption(_NO_TELEMETRY)
        self._drive_button = _button("driveButton", "Drive", "Start or stop the drive.")
        self._drive_button.setProperty("role", "primary")
        self._autopilot_button = _button(
            "autopilotButton", "Autopilot", "Let the program steer along the road."
        )
        self._restart_button = _button(
            "restartButton", "Restart", "Put the car back to the start of its track.", False
        )
        self._record_button = _button(
            "recordButton", "● Record", "Keep the frames of this drive to train on."
        )
        self.map_button = _button("mapButton", "Map", "Where the drive goes in the latent space.")
        self.probes_button = _button(
            "probesButton", "Probes", "What the latents tell of speed, road and grass."
        )
        self._lay_out()
        self._connect()
        self._show_state()

    def setReady(self, ready: bool) -> None:
        """Whether a drive can be started: a model is there."""
        self._ready = ready
        self._show_state()

    def setEncoding(self, encoding: bool) -> None:
        """Whether the model has an encoder; without one its pictures and posterior give way to a
        word that says so."""
        if encoding == self._encoding:
            return
        self._encoding = encoding
        self._comparison.clear("" if encoding else "no encoder")
        self.strip.setPlaceholder("" if encoding else _NO_POSTERIOR)

    def setAspect(self, aspect: float) -> None:
        """Width by height of what the model's frames show; their pixels need not be square."""
        self._comparison.setAspect(aspect)

    def setDriving(self, driving: bool) -> None:
        """Show whether the driver runs; emits nothing.

        At a start the view takes the keyboard; at the end the recording has ended as well.
        """
        began, ended = driving and not self._driving, self._driving and not driving
        self._driving = driving
        if ended:
            self._record_button.setChecked(False)
            self.clearView()
        self._show_state()
        if began:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def setRecording(self, on: bool) -> None:
        """Show whether frames are being kept; emits nothing."""
        self._record_button.setChecked(on)

    def setView(self, array: np.ndarray) -> None:
        """Show the large picture of the game, (H, W, 3) uint8 and not written again."""
        self.view.setImage(array)

    def clearView(self) -> None:
        """Nothing is driven and nothing gone back to: no picture of the game, no telemetry."""
        self.view.clear()
        self._gauges.setGauges(0.0, 0.0, 0.0, 0.0)
        self._telemetry.showText(_NO_TELEMETRY)

    def setFrame(self, frame: np.ndarray, recon: np.ndarray) -> None:
        """Show an encoded frame, its reconstruction and their difference; (H, W, 3) uint8 both."""
        self._comparison.setFrame(frame, recon)

    def setTelemetry(self, text: str, steer: float, gas: float, brake: float, speed: float) -> None:
        """Show a line of text, and the gauges as `Gauges.setGauges` takes them."""
        self._telemetry.showText(text)
        self._gauges.setGauges(steer, gas, brake, speed)

    @Slot(bool)
    def _drive_clicked(self, on: bool) -> None:
        self._drive_button.setEnabled(on)  # a drive that is to stop cannot begin before it has
        self.driveChanged.emit(on)

    @Slot(bool)
    def _autopilot_clicked(self, on: bool) -> None:
        self._show_state()
        self.autopilotChanged.emit(on)

    @Slot()
    def _ask_for_restart(self) -> None:
        if self._driving:
            self.restartRequested.emit()

    def _show_state(self) -> None:
        self._drive_button.setChecked(self._driving)
        self._drive_button.setText("Stop" if self._driving else "Drive")
        self._drive_button.setAccessibleName("Stop driving" if self._driving else "Drive")
        self._drive_button.setEnabled(self._ready or self._driving)
        self._autopilot_button.setEnabled(self._ready or self._driving)
        self._restart_button.setEnabled(self._driving)
        self._record_button.setEnabled(self._driving)
        self.view.setSteered(self._driving and not self._autopilot_button.isChecked())

    def _connect(self) -> None:
        # `clicked` and not `toggled`: only a person's press is an event, a shown state is none.
        self._drive_button.clicked.connect(self._drive_clicked)
        self._autopilot_button.clicked.connect(self._autopilot_clicked)
        self._record_button.clicked.connect(self.recordChanged)
        self._restart_button.clicked.connect(self._ask_for_restart)
        self.view.restartRequested.connect(self._ask_for_restart)
        self.view.freezeRequested.connect(self.freezeRequested)
        self.view.actionChanged.connect(self.actionChanged)

    def _lay_out(self) -> None:
        title = QLabel("Drive")
        title.setProperty("role", "title")
        self.header = QWidget()
        header = QHBoxLayout(self.header)
        header.setContentsMargins(10, 8, 10, 0)
        header.addWidget(title)
        header.addWidget(Caption(_KEYS, Qt.AlignmentFlag.AlignRight), 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._drive_button)
        buttons.addWidget(self._autopilot_button)
        buttons.addStretch(1)
        buttons.addWidget(self._restart_button)
        buttons.addWidget(self._record_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.header)
        column.addWidget(self.view)
        column.addWidget(self._comparison)
        column.addLayout(buttons)
        column.addWidget(self._gauges)
        column.addWidget(self._telemetry)
        column.addWidget(self.strip, 1)
        views = QHBoxLayout()
        views.setSpacing(6)
        views.addStretch(1)
        views.addWidget(self.map_button)
        views.addWidget(self.probes_button)
        column.addLayout(views)


def _button(name: str, text: str, tip: str, checkable: bool = True) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text.removeprefix("● "))
    button.setToolTip(tip)
    button.setCheckable(checkable)
    # A click on a button must not take the keyboard from the view in the middle of a curve.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
