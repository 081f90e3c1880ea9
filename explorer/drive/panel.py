"""The drive dock: the game, what the model makes of it, and the buttons of the drive.

It does not know the game, the model or the thread that runs them.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.drive.buttons import drive_button
from explorer.drive.gauges import Gauges
from explorer.drive.modes import AUTOPILOT, HOLD, REPLAY, YOU, Modes
from explorer.drive.record_button import RecordButton
from explorer.drive.replay import ReplayRow
from explorer.drive.strip import PosteriorStrip
from explorer.drive.track import Track
from explorer.drive.view import DriveView
from explorer.widgets.caption import FittingCaption
from explorer.widgets.comparison import Comparison

_KEYS = (
    "arrows or WASD · R restart · H hold · F to sliders · Esc release",
    "arrows · R restart · H hold · F sliders · Esc release",
    "arrows · R restart · H hold · F sliders",
    "arrows · R · H · F · Esc",
)
_KEYS_TIP = (
    "In the game view: arrows or WASD steer, Space brakes, R restarts, H holds the drive, "
    "F puts the frame's mean on the sliders, Esc gives the keyboard back."
)
_COLOURS = "The same road in colours that the model never saw."
_RECORDED_COLOURS = "A recording keeps its colours: choose You or Autopilot for others."
_IDLE = "Press Drive, then steer with the arrow keys"
_FAULT = "The drive ended by an error. Drive starts a fresh one."
_HELD = "held · H or Hold goes on"
_NO_TELEMETRY = "not driving"
_TELEMETRY_TIP = (
    "Time since the start. Score: the environment's reward so far, 1000 for all tiles of the road "
    "together less 0.1 for each frame. Tiles: how many of the road's the car has been on. "
    "●: frames recorded."
)
_NO_POSTERIOR = "No posterior: this model has no encoder"


class DrivePanel(QWidget):
    """Shows a drive and asks for one; what really runs is told to it by `setDriving`."""

    driveChanged = Signal(bool)  # the person wants to start or to stop
    modeChosen = Signal(str)  # "you", "autopilot", "replay" or "hold"
    restartRequested = Signal()
    recordChanged = Signal(bool)
    recordingsRequested = Signal()
    placeChosen = Signal(int)  # a step of the recording
    seedChosen = Signal(int)  # of the track
    coloursChanged = Signal(bool)  # the road in other colours
    gogglesChanged = Signal(bool)
    sampledChanged = Signal(bool)  # the reconstruction is that of a sample
    actionChanged = Signal(object)  # (steer -1..1, gas 0..1, brake 0..1)
    freezeRequested = Signal()

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("drivePanel")
        # Five buttons in a row fit a dock of 300 pixels only with little air in them.
        self.setStyleSheet("QPushButton { padding: 2px 6px; }")
        self._ready = False
        self._driving = False
        self._encoding = True
        self.view = DriveView()
        self.view.setPlaceholder(_IDLE)
        self.strip = PosteriorStrip(latent_dim)
        self._comparison = Comparison(sampling=True)
        self._modes = Modes()
        self._track = Track()
        self._replay = ReplayRow()
        self._gauges = Gauges()
        self._telemetry = FittingCaption(_NO_TELEMETRY)
        self._telemetry.setObjectName("driveTelemetry")
        self._telemetry.setToolTip(_TELEMETRY_TIP)
        self._laps = FittingCaption()
        self._laps.setObjectName("lapTimes")
        self._drive_button = drive_button("driveButton", "Drive", "Start or stop the drive.", True)
        self._drive_button.setProperty("role", "primary")
        self._record_button = RecordButton()
        self._goggles_button = drive_button(
            "gogglesButton", "Goggles", "Drive by what the model keeps: see only its picture.", True
        )
        self._colours_button = drive_button(
            "domainRandomizeButton", "Other colours", _COLOURS, True
        )
        self._recordings_button = drive_button(
            "recordingsButton", "Recordings…", "Drives that were recorded: replay or export one."
        )
        self.map_button = drive_button(
            "mapButton", "Map", "Where the drive goes in the latent space.", True
        )
        self.probes_button = drive_button(
            "probesButton", "Probes", "What the latents tell of speed, road and grass.", True
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
        self._show_state()

    def setAspect(self, aspect: float) -> None:
        """Width by height of what the model's frames show; their pixels need not be square."""
        self._comparison.setAspect(aspect)

    def setDriving(self, driving: bool) -> None:
        """Show whether the driver runs; emits nothing.

        At a start the view takes the keyboard; at the end the recording has ended as well, and the
        last picture stays.
        """
        began, ended = driving and not self._driving, self._driving and not driving
        self._driving = driving
        if began:
            self.view.setPlaceholder(_IDLE)
        if ended:
            self._record_button.setChecked(False)
        self._show_state()
        if began:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def setFault(self) -> None:
        """Say in place of the picture why the drive ended, until the next one begins."""
        self.view.setPlaceholder(_FAULT)

    def mode(self) -> str:
        """Who drives as chosen: "you", "autopilot", "replay" or "hold"."""
        return self._modes.mode()

    def setMode(self, mode: str) -> None:
        """Show who drives; emits nothing."""
        self._modes.setMode(mode)
        self._show_state()

    def setRecording(self, on: bool) -> None:
        """Show whether frames are being kept; emits nothing."""
        self._record_button.setChecked(on)

    def setReplay(self, name: str, length: int) -> None:
        """Show the way through a recording of `length` steps; a length of 0 hides it."""
        self._replay.setReplay(name, length)

    def setPlace(self, place: int) -> None:
        """Show which step of the recording is on show, from 0; emits nothing."""
        self._replay.setPlace(place)

    def setSeed(self, seed: int) -> None:
        """Show which track it is; emits nothing."""
        self._track.setSeed(seed)

    def setView(self, array: np.ndarray) -> None:
        """Show the large picture of the game, (H, W, 3) uint8 and not written again."""
        self.view.setImage(array)

    def clearView(self) -> None:
        """Nothing is driven and nothing gone back to: no picture of the game, no telemetry."""
        self.view.clear()
        self.view.setWarning("")
        self._gauges.setGauges(0.0, 0.0, 0.0, 0.0)
        self._telemetry.showWordings(_NO_TELEMETRY)

    def setFrame(self, frame: np.ndarray, recon: np.ndarray, kl: float | None = None) -> None:
        """Show an encoded frame, its reconstruction and their difference, (H, W, 3) uint8 both, and
        its KL in nats."""
        self._comparison.setFrame(frame, recon, kl)

    def setGauges(self, steer: float, gas: float, brake: float, speed: float) -> None:
        """Show what the car is told and how fast it is, as `Gauges.setGauges` takes it."""
        self._gauges.setGauges(steer, gas, brake, speed)

    def setTelemetry(self, wordings: tuple[str, ...]) -> None:
        """Show how the drive goes, in the longest wording that fits."""
        self._telemetry.showWordings(*wordings)

    def setLaps(self, wordings: tuple[str, ...], tip: str) -> None:
        """Show what is to be said of laps in the longest wording that fits."""
        self._laps.showWordings(*wordings)
        self._laps.setToolTip(tip)

    def takeKeys(self) -> None:
        """Give the game view the keyboard, if a person drives."""
        if self._driving and self._modes.mover() == YOU:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(bool)
    def _drive_clicked(self, on: bool) -> None:
        self._drive_button.setEnabled(on)  # a drive that is to stop cannot begin before it has
        self.driveChanged.emit(on)

    @Slot(str)
    def _take_mode(self, mode: str) -> None:
        self._show_state()
        self.modeChosen.emit(mode)

    @Slot()
    def _take_wheel(self) -> None:
        if self._driving and self.mode() == AUTOPILOT:
            self._modes.choose(YOU)

    @Slot()
    def _toggle_hold(self) -> None:
        if self._driving:
            self._modes.choose(HOLD)

    @Slot()
    def _toggle_hold_from_strip(self) -> None:
        self._toggle_hold()
        if self.mode() != HOLD:
            self.takeKeys()

    @Slot()
    def _ask_for_restart(self) -> None:
        if self._driving and self._modes.mover() == REPLAY:
            self.placeChosen.emit(0)
        elif self._driving:
            self.restartRequested.emit()

    def _show_state(self) -> None:
        possible = self._ready or self._driving
        self._drive_button.setChecked(self._driving)
        self._drive_button.setText("Stop" if self._driving else "Drive")
        self._drive_button.setAccessibleName("Stop driving" if self._driving else "Drive")
        self._drive_button.setEnabled(possible)
        self._modes.setPossible(possible, self._driving)
        replaying = self._modes.mover() == REPLAY
        self._track.setPossible(possible, self._driving, replaying)
        self._record_button.setPossible(self._driving, replaying)
        self._goggles_button.setEnabled(possible and self._encoding)
        self._colours_button.setEnabled(possible and not replaying)
        self._colours_button.setToolTip(_RECORDED_COLOURS if replaying else _COLOURS)
        self._recordings_button.setEnabled(possible)
        self.view.setSteered(self._driving and self.mode() == YOU)
        self.view.setNote(_HELD if self._driving and self.mode() == HOLD else "")

    def _connect(self) -> None:
        # `clicked` and not `toggled`: only a person's press is an event, a shown state is none.
        self._drive_button.clicked.connect(self._drive_clicked)
        self._record_button.clicked.connect(self.recordChanged)
        self._goggles_button.clicked.connect(self._comparison.setBlind)
        self._goggles_button.clicked.connect(self.gogglesChanged)
        self._colours_button.clicked.connect(self.coloursChanged)
        self._recordings_button.clicked.connect(self.recordingsRequested)
        self._comparison.sampledChanged.connect(self.sampledChanged)
        self._modes.chosen.connect(self._take_mode)
        self._track.seedChosen.connect(self.seedChosen)
        self._track.restartRequested.connect(self._ask_for_restart)
        self._replay.placeChosen.connect(self.placeChosen)
        self.view.restartRequested.connect(self._ask_for_restart)
        self.view.wheelTaken.connect(self._take_wheel)
        self.view.holdRequested.connect(self._toggle_hold)
        self.strip.holdRequested.connect(self._toggle_hold_from_strip)
        self.view.freezeRequested.connect(self.freezeRequested)
        self.view.actionChanged.connect(self.actionChanged)

    def _lay_out(self) -> None:
        title = QLabel("Drive")
        title.setProperty("role", "title")
        keys = FittingCaption(*_KEYS, alignment=Qt.AlignmentFlag.AlignRight)
        keys.setToolTip(_KEYS_TIP)
        self.header = _row(title, (keys, 1))
        self.header.layout().setContentsMargins(10, 8, 10, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(5)
        for widget in (
            self.header,
            self.view,
            self._comparison,
            _row(self._drive_button, (self._modes, 1)),
            _row(self._record_button, self._goggles_button, self._colours_button, None),
            self._track,
            self._replay,
            self._gauges,
            self._telemetry,
            self._laps,
        ):
            column.addWidget(widget)
        column.addWidget(self.strip, 1)
        column.addWidget(_row(self._recordings_button, None, self.map_button, self.probes_button))


def _row(*parts: QWidget | tuple[QWidget, int] | None) -> QWidget:
    """Widgets side by side, each alone or with its stretch; None is a gap that stretches."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        else:
            layout.addWidget(*(part if isinstance(part, tuple) else (part,)))
    return row
