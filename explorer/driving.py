"""Joins the session's driver to the drive panel and to the sliders, and goes back in the drive.

It does not know how the car moves or how a panel paints.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.drive.history import DriveHistory
from explorer.drive.modes import HOLD, REPLAY
from explorer.drive.panel import DrivePanel
from explorer.large_view import LargeView
from explorer.latents.panel import LatentPanel
from explorer.rate import Rate
from explorer.session import Session


class Driving(QObject):
    """Draws each tick what was driven, and carries the person's wishes to the driver."""

    stepped = Signal(object)  # the Observations since the last tick, encoded or not
    advanced = Signal()  # `history` has grown; once a tick at most
    recalled = Signal(object)  # the number in `history` gone back to, None: the newest, if any

    def __init__(self, session: Session, panel: DrivePanel, latents: LatentPanel, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._latents = latents
        self.large = LargeView(session, panel)
        self.history = DriveHistory()
        self.moment: int | None = None  # the number in `history` that is on show, None: the newest
        self.rate = Rate()
        self._seen = None  # the encoded Observation on show
        self._made_for: tuple = ()  # recipe and shape of the VAE that saw it
        self._newest = None  # the last one of the drive
        self._was_held = False  # before the moment on show was gone to
        self._opening = 0  # the model whose drive `history` is
        self._recalls = 0  # how often the drive was gone back in; each is one step to undo
        panel.setSeed(session.controls.seed)
        session.modelChanged.connect(self._begin)
        session.drivingEnded.connect(self._end)
        session.driver.errored.connect(self._fail)
        session.recordings.changed.connect(self._end_recording)
        panel.driveChanged.connect(self._start_or_stop)
        panel.modeChosen.connect(self._take_mode)
        panel.restartRequested.connect(self._restart)
        panel.seedChosen.connect(self._take_seed)
        panel.coloursChanged.connect(self._take_colours)
        panel.gogglesChanged.connect(self._take_goggles)
        panel.sampledChanged.connect(self._take_sampled)
        panel.recordChanged.connect(session.recordings.record)
        panel.actionChanged.connect(self._steer)
        panel.freezeRequested.connect(latents.takeMean)

    def show(self, observation) -> None:
        """Show an encoded frame: input, reconstruction, error, and mu and sigma on the sliders."""
        session, self._seen = self._session, observation
        self._made_for = session.recipe(), session.vae.shape
        kl = float(observation.posterior.kl.sum())
        self._panel.setFrame(observation.input, observation.recon, kl)
        self._latents.setPosterior(observation.posterior)
        self.large.take(observation)

    def look_again(self) -> None:
        """Have the frame on show seen as the session now does, unless newer ones come anyway."""
        session, seen = self._session, self._seen
        if seen is None or self.is_live():
            return
        same = self._made_for == (session.recipe(), session.vae.shape)
        session.look(seen.frame, seen.input if same else None)

    def refresh(self) -> None:
        """Draw the newest observation; the history takes all since the last tick."""
        self._session.recordings.frames()  # takes note of one that has ended
        observations = self._session.driver.take()
        if not observations:
            return
        self.rate.add(len(observations))
        self.large.fit()
        encoded = self._encoded(observations)
        self._newest = observations[-1]
        fresh = self._fresh(encoded)
        self.history.append(fresh)
        if self.moment is None:  # else those are of the steps before the drive was held
            self._show_newest(encoded)
        self.stepped.emit(observations)
        if fresh:
            self.advanced.emit()

    def _show_newest(self, encoded: list) -> None:
        self.large.show(self._newest)
        self.large.warn(encoded)
        if encoded:
            self.show(encoded[-1])
        told = self._newest.telemetry
        self._panel.setGauges(*told.action, told.speed)

    @Slot(int)
    def recall(self, number: int) -> None:
        """Hold the drive and go back to a frame of `history`: its picture, its posterior, its z."""
        seen, driver = self.history.at(number), self._session.driver
        if self.moment is None:
            self._was_held = driver.is_running() and driver.is_paused()
        self.hold(True)
        self._recalls += self.moment is None
        self.moment = number
        self._show_one(seen)
        if not self._latents.isFollowing():
            mu, gesture = seen.posterior.mu, ("moment", self._recalls)
            self._latents.point.draw(mu, "Moment of the drive", gesture)
        self.recalled.emit(number)

    def leave_moment(self) -> None:
        """Come back from a moment of the past to the newest frame; a held drive stays held."""
        if self.moment is None:
            return
        self._leave_moment()
        if self._session.driver.is_running() and self._newest.posterior is not None:
            self._show_one(self._newest)

    def _show_one(self, seen) -> None:
        self.show(seen)  # and where the sliders follow, they have its z
        self.large.show(seen)
        self.large.warn_of(seen)
        self._panel.setGauges(*seen.telemetry.action, seen.telemetry.speed)

    def come_back(self) -> None:
        """Leave the moment on show: to the drive, which goes on if it was not held before."""
        if self._was_held and self.moment is not None and self._session.driver.is_running():
            self.leave_moment()
        else:
            self.hold(False)
        self._panel.takeKeys()

    def forget(self) -> None:
        """Let go of the history, and of the moment in it that is on show."""
        self.history.clear()
        if self.moment is None:
            self.recalled.emit(None)
        else:
            self.hold(False)

    def decoded(self, z: np.ndarray) -> np.ndarray | None:
        """The picture of z (latent_dim,), where the frame on show was decoded from just that."""
        seen = self._seen
        if seen is None or self._session.controls.sampled:
            return None
        return seen.recon if np.array_equal(z, seen.posterior.mu) else None

    @Slot(bool)
    def hold(self, on: bool) -> None:
        """Let the car, or the replay, stand still, or go on from where it is."""
        driver = self._session.driver
        if on and driver.is_running():
            driver.pause()
            self._panel.setMode(HOLD)
        elif not on:
            self._leave_hold()
            if self.moment is not None:
                self._leave_moment()

    def _leave_hold(self) -> None:
        self._session.driver.resume()
        if self._panel.mode() == HOLD:
            self._panel.setMode(self._session.controls.mode)

    def _leave_moment(self) -> None:
        self.moment = None
        if not self._session.driver.is_running():  # no newer frame will take its place
            self.large.clear()
            if len(self.history):
                self.show(self.history.at(self.history.end - 1))
        self.recalled.emit(None)

    def go_on(self) -> None:
        """Let it move as is wished by now; a drive that does not run is started."""
        if self._session.driver.is_running():
            self.hold(False)
        else:
            self._start_or_stop(True)
        self.show_mode()

    def show_newest(self) -> None:
        """Come back from a moment of the past; where the drive is held, to its next frame."""
        if self.moment is not None:
            self.moment = None
            self.recalled.emit(None)
        self._session.driver.step()

    def show_mode(self) -> None:
        """Show who drives by now, whatever was pressed."""
        session = self._session
        held = session.driver.is_running() and session.driver.is_paused()
        self._panel.setMode(HOLD if held else session.controls.mode)

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

    def _fresh(self, encoded: list) -> list:
        """Without the last frame of a replay that rests there, which comes again and again."""
        last = self.history.at(self.history.end - 1).place if len(self.history) else None
        fresh = []
        for seen in encoded:
            if seen.place is None or seen.place != last:
                fresh.append(seen)
            last = seen.place
        return fresh

    @Slot(bool)
    def _start_or_stop(self, on: bool) -> None:
        if on:
            self.rate.clear()
            self.large.forget_warnings()
            self._leave_hold()
            self.forget()
            self._session.drive()
            self._panel.setDriving(True)
        else:
            self._session.driver.stop()

    @Slot()
    def _begin(self) -> None:
        """Another model's latents mean other things: what the one before saw is of no use."""
        if self._session.openings != self._opening:
            self._opening = self._session.openings
            self._session.driver.take()
            self.forget()

    @Slot(object)
    def _fail(self, failure: object) -> None:
        self._panel.setFault()

    @Slot()
    def _end(self) -> None:
        self.refresh()  # what is left would be drawn over the ended drive
        self._leave_hold()
        self._panel.setDriving(False)
        if self.moment is None:  # else its picture stays
            self.large.clear()

    @Slot(object)
    def _end_recording(self, folder: object) -> None:
        self._panel.setRecording(False)

    @Slot(str)
    def _take_mode(self, mode: str) -> None:
        if mode == REPLAY:
            return  # it goes on once a recording is at hand, which is not known here
        self.hold(mode == HOLD)
        if mode != HOLD:
            self._session.steer(mode=mode)

    @Slot()
    def _restart(self) -> None:
        self._session.restart()
        self.hold(False)

    @Slot(int)
    def _take_seed(self, seed: int) -> None:
        self._session.steer(seed=seed)
        self.hold(False)

    @Slot(bool)
    def _take_colours(self, other: bool) -> None:
        self._session.steer(domain_randomize=other)
        self._session.driver.step()  # a held drive shows them with its next step

    @Slot(bool)
    def _take_goggles(self, on: bool) -> None:
        self._session.steer(goggles=on)
        self.large.show_again()

    @Slot(bool)
    def _take_sampled(self, on: bool) -> None:
        self._session.steer(sampled=on)
        self.look_again()

    @Slot(object)
    def _steer(self, action: tuple) -> None:
        self._session.steer(action=action)
