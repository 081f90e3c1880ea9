"""Joins the session's driver to the drive panel and to the sliders, and goes back in the drive.

It does not know how the car moves or how a panel paints.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.drive.history import STEPS_PER_SECOND, DriveHistory
from explorer.drive.panel import DrivePanel
from explorer.latents.panel import LatentPanel
from explorer.rate import Rate
from explorer.session import Session

STRIP_TICKS = 2  # ticks between two redraws of the strip


class Driving(QObject):
    """Draws each tick what was driven, and carries the person's wishes to the driver."""

    advanced = Signal()  # `history` has grown; once a tick at most
    recalled = Signal(object)  # the number in `history` that is gone back to, None for the newest

    def __init__(self, session: Session, panel: DrivePanel, latents: LatentPanel, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._latents = latents
        self.history = DriveHistory()
        self.moment: int | None = None  # the number in `history` that is on show, None: the newest
        self.frame: np.ndarray | None = None  # the encoded one on show
        self.rate = Rate()
        self._ticks = 0
        session.drivingEnded.connect(self._end)
        session.recordings.changed.connect(self._end_recording)
        panel.driveChanged.connect(self._start_or_stop)
        panel.autopilotChanged.connect(self._set_autopilot)
        panel.restartRequested.connect(session.restart)
        panel.recordChanged.connect(session.recordings.record)
        panel.actionChanged.connect(self._steer)
        panel.freezeRequested.connect(latents.takeMean)

    def show(self, observation) -> None:
        """Show an encoded frame: input, reconstruction, error, and mu and sigma on the sliders."""
        self.frame = observation.frame
        self._panel.setFrame(observation.input, observation.recon)
        self._latents.setPosterior(observation.posterior)

    def refresh(self) -> None:
        """Draw the newest observation; the history and the strip take all since the last tick."""
        observations = self._session.driver.take()
        if not observations:
            return
        self.rate.add(len(observations))
        self._fit_view()
        encoded = self._encoded(observations)
        self.history.append(encoded)
        if self.moment is None:  # else those are of the steps before the drive was held
            self._show_newest(observations[-1], encoded)
        if encoded:
            self.advanced.emit()

    def _show_newest(self, newest, encoded: list) -> None:
        self._panel.setView(newest.view)
        if encoded:
            mu = np.stack([seen.posterior.mu for seen in encoded])
            kl = np.array([seen.posterior.kl.sum() for seen in encoded])
            self._panel.strip.append(mu, kl)
            self._ticks += 1
            if self._ticks % STRIP_TICKS == 0:
                self._panel.strip.redraw()
            self.show(encoded[-1])
        told = newest.telemetry
        self._panel.setTelemetry(self._line(told), *told.action, told.speed)

    def recall(self, number: int) -> None:
        """Hold the drive and go back to a frame of `history`: its picture, its posterior, its z."""
        seen = self.history.at(number)
        self.hold(True)
        self.moment = number
        self.show(seen)
        self._panel.setView(seen.input)
        self._latents.takeZ(seen.posterior.mu, "Moment of the drive")
        self.recalled.emit(number)

    @Slot(bool)
    def hold(self, on: bool) -> None:
        """Let the car, or the replay, stand still, or go on from where it is."""
        if on:
            self._session.driver.pause()
            return
        self._session.driver.resume()
        if self.moment is not None:
            self.moment = None
            self.recalled.emit(None)

    def is_live(self) -> bool:
        """Whether new frames come."""
        return self._session.driver.is_running() and not self._session.driver.is_paused()

    def _encoded(self, observations: list) -> list:
        """Those that the model has seen; one opened just now may have other latents."""
        if self._session.eye() is None:
            return []
        latent_dim = self._latents.z().size
        return [
            seen
            for seen in observations
            if seen.posterior is not None and seen.posterior.mu.size == latent_dim
        ]

    def _fit_view(self) -> None:
        """Let the driver's thread scale the picture to the screen, so that painting is a copy."""
        size = self._panel.view.pictureSize()
        if self._session.controls.view_size != size:
            self._session.steer(view_size=size)

    def _line(self, told) -> str:
        minutes, seconds = divmod(told.step / STEPS_PER_SECOND, 60)
        parts = [f"{minutes:.0f}:{seconds:04.1f}"]
        if told.score is not None:  # a recording keeps no count
            parts += [f"score {told.score:.0f}", f"tiles {told.tiles}/{told.track_tiles}"]
        if told.on_grass:
            parts.append("on grass")
        recorded = self._session.recordings.frames()
        if recorded is not None:
            parts.append(f"● {recorded} frames")
        return " · ".join(parts)

    @Slot(bool)
    def _start_or_stop(self, on: bool) -> None:
        if on:
            self.rate.clear()
            self._session.drive()
            self._panel.setDriving(True)
        else:
            self._session.driver.stop()

    @Slot()
    def _end(self) -> None:
        self.refresh()  # what is left would be drawn over the ended drive
        self._panel.setDriving(False)

    @Slot(object)
    def _end_recording(self, folder: object) -> None:
        self._panel.setRecording(False)

    @Slot(bool)
    def _set_autopilot(self, on: bool) -> None:
        self._session.steer(mode="autopilot" if on else "you")

    @Slot(object)
    def _steer(self, action: tuple) -> None:
        self._session.steer(action=action)
