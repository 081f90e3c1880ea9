"""Joins the session's trainer to the training panel, and its snapshots to every picture.

It does not know how a step works or how a curve is painted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.latents.panel import LatentPanel
from explorer.rate import Rate
from explorer.session import SAMPLE_FRAMES, Session
from explorer.training.knobs import grown
from explorer.training.panel import TrainingPanel
from explorer.watching import Watching
from explorer.widgets.numerals import grouped

CURVE_TICKS = 4  # ticks with news between two redraws of the curves: 8 a second at most
SLOW = 5.0  # batches a second; up to there each is followed by its picture


class Learning(QObject):
    """Draws each tick what was learned, and carries the form's numbers to the trainer."""

    snapshotTaken = Signal()  # the current VAE has changed; pictures of it are stale
    started = Signal(bool)  # a run; from random weights
    recordsTaken = Signal(object)  # the list of a tick's TrainSteps

    def __init__(
        self,
        session: Session,
        panel: TrainingPanel,
        latents: LatentPanel,
        watching: Watching,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._latents = latents
        self._watching = watching
        self._ticks = 0
        self._count = 0  # frames that the newest run knows
        self._kl: np.ndarray | None = None  # per latent, of the newest test
        self.rate = Rate()
        panel.trainButton.setEnabled(False)  # until there are a model and frames
        session.modelChanged.connect(self._allow)
        session.framesChanged.connect(self._show_frames)
        session.framesGrown.connect(self._tell_frames)
        session.framesGrown.connect(self._mark_growth)
        session.run.ended.connect(self._end)
        session.run.resumingChanged.connect(self._show_resuming)
        panel.trainRequested.connect(self._start)
        panel.pauseChanged.connect(self._pause)
        panel.stepRequested.connect(self._step)
        panel.paceChanged.connect(self._set_pace)
        panel.stopRequested.connect(session.trainer.stop)
        panel.configChanged.connect(self._retune)

    def refresh(self) -> None:
        """Draw all batches since the last tick at once, however many there were."""
        records = self._session.run.take()
        if not records:
            return
        self.rate.add(len(records))
        curves = self._panel.curves
        curves.append(
            np.array([record.step for record in records]),
            np.array([record.recon_loss for record in records]),
            np.stack([record.kl for record in records]),
        )
        for record in records:
            if record.held_out is not None:
                held_out = record.held_out
                curves.appendHeldOut(record.step, held_out.recon_loss, held_out.kl)
                self._kl = held_out.kl  # of the weights that are shown, which batches are not
            elif self._kl is None:
                self._kl = record.kl
        self._latents.setKl(self._kl)
        self._ticks += 1
        if self._ticks % CURVE_TICKS == 0 or self._is_slow_motion():
            curves.redraw()
        self._show_progress(records[-1].step)
        self.recordsTaken.emit(records)
        if any(record.snapshot is not None for record in records):
            self._watching.expose(self._kl)
            self.snapshotTaken.emit()

    def go_on(self, film: Any) -> None:
        """A run goes on, and its film where there is one."""
        self._forget()
        self._count = len(self._session.run.frames())
        self._panel.setState("running")
        self._session.run.retune(self._snapshots())
        self._watching.begin(False, film)
        self.started.emit(False)

    def _forget(self) -> None:
        self._kl = None
        self.rate.clear()
        self._panel.curves.clear(self._latents.z().size)

    def images_per_second(self) -> float:
        """Of the running training, lately."""
        return self.rate.per_second() * self._session.run.config.batch_size

    def _show_progress(self, step: int) -> None:
        steps, batches = self._session.run.config.steps, self.rate.per_second()
        left = max(steps - step, 0) / batches if batches else math.nan
        self._panel.setProgress(step, steps, self.images_per_second(), left)

    @Slot()
    def _allow(self) -> None:
        if self._session.model is not None:
            self._panel.curves.setValues(math.prod(self._session.vae.shape))
        ready = self._session.model is not None and self._session.frames is not None
        if ready and self._panel.state() == "idle":
            self._panel.setState("idle")

    @Slot()
    def _tell_frames(self) -> None:
        frames = self._session.frames
        _, held_out = frames.split()
        sample = frames.name == SAMPLE_FRAMES.name
        parts = [
            f"{grouped(len(frames))} {'sample frames' if sample else 'frames'}",
            f"{grouped(len(held_out))} held out",
            *([] if sample else [frames.name]),
        ]
        self._panel.form.setFrames(" · ".join(parts), " · ".join(parts[:2]), parts[0])

    @Slot()
    def _mark_growth(self) -> None:
        frames = self._session.frames
        if self._session.trainer.is_running() and frames is self._session.run.frames():
            self._panel.curves.mark(grown(self._count, len(frames)))
            self._count = len(frames)

    @Slot()
    def _show_frames(self) -> None:
        self._tell_frames()
        self._allow()

    @Slot(object)
    def _start(self, values: dict) -> None:
        if not self._session.run.may_begin():
            return
        values = dict(values)
        fresh = values.pop("fresh")
        self._forget()
        self._count = len(self._session.frames)
        self._session.run.train(values | self._snapshots(), fresh)
        self._panel.setState("running")
        self._watching.begin(fresh)
        self.started.emit(fresh)

    @Slot(bool)
    def _show_resuming(self, on: bool) -> None:
        if on:
            self._panel.setState("resuming")
        elif self._panel.state() == "resuming":  # nothing has come of it
            self._panel.setState("idle")

    @Slot(bool)
    def _pause(self, on: bool) -> None:
        self.rate.clear()
        if on:
            self._session.trainer.pause()
        else:
            self._session.trainer.resume()
        self._panel.setState("paused" if on else "running")
        self._panel.curves.redraw()
        self._session.run.retune(self._snapshots())

    @Slot()
    def _step(self) -> None:
        """One batch more, after the one that is under way where training was not paused."""
        if self._panel.state() == "running":
            self._pause(True)
        self._session.trainer.step()

    @Slot(object)
    def _set_pace(self, per_second: float | None) -> None:
        self.rate.clear()
        self._session.trainer.set_pace(per_second)
        if self._panel.state() != "idle":
            self._session.run.retune(self._snapshots())

    def _is_slow_motion(self) -> bool:
        """Whether single batches can be seen."""
        return self._panel.pace() is not None or self._panel.state() == "paused"

    def _snapshots(self) -> dict[str, float | None]:
        """How often the trainer is to yield one."""
        pace = self._panel.pace()
        each = self._panel.state() == "paused" or (pace is not None and pace <= SLOW)
        return {"snapshot_seconds": 0.0 if each else None}

    @Slot(object)
    def _retune(self, values: dict) -> None:
        old = self._session.run.config
        self._session.run.retune(
            {key: value for key, value in values.items() if getattr(old, key) != value}
        )

    @Slot()
    def _end(self) -> None:
        self.refresh()
        self._panel.curves.redraw()
        self._panel.setState("idle")
