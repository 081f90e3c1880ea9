"""Joins the session's driver to the drive panel and to the sliders, and goes back in the drive.

It does not know how the car moves or how a panel paints.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.drive.history import STEPS_PER_SECOND, DriveHistory
from explorer.drive.panel import DrivePanel
from explorer.latents.panel import LatentPanel
from explorer.rate import Rate
from explorer.session import Session


class Driving(QObject):
    """Draws each tick what was driven, and carries the person's wishes to the driver."""

    advanced = Signal()  # `history` has grown; once a tick at most
    recalled = Signal(object)  # the number in `history` gone back to, None: the newest, if any

    def __init__(self, session: Session, panel: DrivePanel, latents: LatentPanel, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._latents = latents
        self.history = DriveHistory()
        self.moment: int | None = None  # the number in `history` that is on show, None: the newest
        self.frame: np.ndarray | None = None  # the encoded one on show
        self.rate = Rate()
        self._seen: Any = None  # the Observation on show
        self._recalls = 0  # how often the drive was gone back in; each is one step to undo
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
        self.frame, self._seen = observation.frame, observation
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
            self.show(encoded[-1])
        self._tell(newest.telemetry)

    @Slot(int)
    def recall(self, number: int) -> None:
        """Hold the drive and go back to a frame of `history`: its picture, its posterior, its z."""
        seen = self.history.at(number)
        self.hold(True)
        self._recalls += self.moment is None
        self.moment = number
        self.show(seen)  # and where the sliders follow, they have its z
        self._show_moment()
        if not self._latents.isFollowing():
            mu, gesture = seen.posterior.mu, ("moment", self._recalls)
            self._latents.point.draw(mu, "Moment of the drive", gesture)
        self.recalled.emit(number)

    def _show_moment(self) -> None:
        seen = self.history.at(self.moment)
        self._panel.setView(seen.input)
        self._tell(seen.telemetry)

    def forget(self) -> None:
        """Let go of the history, and of the moment in it that is on show."""
        self.history.clear()
        if self.moment is not None:
            self._session.driver.resume()
            self._leave_moment()
        else:
            self.recalled.emit(None)

    def decoded(self, z: np.ndarray) -> np.ndarray | None:
        """The picture of z (latent_dim,), where the frame on show was decoded from just that."""
        seen = self._seen
        if seen is None or self._session.controls.sampled:
            return None
        return seen.recon if np.array_equal(z, seen.posterior.mu) else None

    @Slot(bool)
    def hold(self, on: bool) -> None:
        """Let the car, or the replay, stand still, or go on from where it is."""
        if on:
            self._session.driver.pause()
            return
        self._session.driver.resume()
        if self.moment is not None:
            if not self._session.driver.is_running():  # no newer frame will take its place
                self.show(self.history.at(self.history.end - 1))
            self._leave_moment()

    def _leave_moment(self) -> None:
        self.moment = None
        if not self._session.driver.is_running():
            self._panel.clearView()
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

    def _tell(self, told) -> None:
        self._panel.setTelemetry(self._line(told), *told.action, told.speed)

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
            self.forget()
            self._session.drive()
            self._panel.setDriving(True)
        else:
            self._session.driver.stop()

    @Slot()
    def _end(self) -> None:
        self.refresh()  # what is left would be drawn over the ended drive
        self._panel.setDriving(False)
        if self.moment is not None:
            self._show_moment()

    @Slot(object)
    def _end_recording(self, folder: object) -> None:
        self._panel.setRecording(False)

    @Slot(bool)
    def _set_autopilot(self, on: bool) -> None:
        self._session.steer(mode="autopilot" if on else "you")

    @Slot(object)
    def _steer(self, action: tuple) -> None:
        self._session.steer(action=action)
