"""Joins the session's trainer to the training panel, and its snapshots to every picture.

It does not know how a step works or how a curve is painted.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.latents.panel import LatentPanel
from explorer.rate import Rate
from explorer.session import SAMPLE_FRAMES, Session
from explorer.training.panel import TrainingPanel
from explorer.widgets.numerals import grouped

GALLERY_FRAMES = 5
KL_FOLLOWS = 0.1  # share of the newest batch in the KL bars
CURVE_TICKS = 4  # ticks with news between two redraws of the curves: 8 a second at most


class Learning(QObject):
    """Draws each tick what was learned, and carries the form's numbers to the trainer."""

    snapshotTaken = Signal()  # the current VAE has changed; pictures of it are stale

    def __init__(
        self, session: Session, panel: TrainingPanel, latents: LatentPanel, parent: QObject
    ):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._latents = latents
        self._gallery: np.ndarray | None = None  # held-out frames that are watched
        self._ticks = 0
        self._kl: np.ndarray | None = None  # per latent, smoothed over the last batches
        self.rate = Rate()
        panel.trainButton.setEnabled(False)  # until there are a model and frames
        session.modelChanged.connect(self._allow)
        session.framesChanged.connect(self._show_frames)
        session.framesGrown.connect(self._tell_frames)
        session.reconstructed.connect(self._show_gallery)
        session.recordings.changed.connect(self._show_recording)
        session.trainingEnded.connect(self._end)
        panel.trainRequested.connect(self._start)
        panel.pauseChanged.connect(self._pause)
        panel.stopRequested.connect(session.trainer.stop)
        panel.configChanged.connect(self._retune)

    def refresh(self) -> None:
        """Draw all batches since the last tick at once, however many there were."""
        records = self._session.take_training()
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
            self._kl = (
                record.kl if self._kl is None else self._kl + KL_FOLLOWS * (record.kl - self._kl)
            )
        self._latents.setKl(self._kl)
        self._ticks += 1
        if self._ticks % CURVE_TICKS == 0:
            curves.redraw()
        self._show_progress(records[-1].step)
        if any(record.snapshot is not None for record in records):
            self.snapshotTaken.emit()

    def reconstruct(self) -> None:
        """Ask for the watched frames as the current VAE sees them."""
        if self._gallery is None:
            return
        self._session.reconstruct(self._gallery)
        if self._session.eye() is None:
            self._panel.gallery.setFrames(list(self._gallery))  # alone, without another model's

    def watched(self) -> np.ndarray:
        """The held-out frames shown beside their reconstructions, (n, H, W, 3) uint8."""
        return self._gallery

    def images_per_second(self) -> float:
        """Of the running training, lately."""
        return self.rate.per_second() * self._session.config.batch_size

    def _show_progress(self, step: int) -> None:
        steps, batches = self._session.config.steps, self.rate.per_second()
        left = max(steps - step, 0) / batches if batches else math.nan
        self._panel.setProgress(step, steps, self.images_per_second(), left)

    @Slot()
    def _allow(self) -> None:
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
    def _show_frames(self) -> None:
        self._tell_frames()
        self._allow()
        frames = self._session.frames
        _, held_out = frames.split()
        watched = np.linspace(0, len(held_out) - 1, GALLERY_FRAMES).astype(int)
        self._gallery = frames.take(held_out[watched])
        self._panel.gallery.setFrames(list(self._gallery))
        self.reconstruct()

    @Slot(object)
    def _show_gallery(self, images: np.ndarray) -> None:
        if self._session.eye() is None:
            return  # a late answer of the model before
        step = self._session.trained_steps() or None
        self._panel.gallery.setReconstructions(list(images), step)

    @Slot(object)
    def _show_recording(self, folder: object) -> None:
        self._panel.form.setRecordingAvailable(self._session.recordings.newest is not None)

    @Slot(object)
    def _start(self, values: dict) -> None:
        values = dict(values)
        fresh = values.pop("fresh")
        self._kl = None
        self.rate.clear()
        self._panel.curves.clear(self._latents.z().size)
        self._session.train(values, fresh)
        self._panel.setState("running")

    @Slot(bool)
    def _pause(self, on: bool) -> None:
        self.rate.clear()
        if on:
            self._session.trainer.pause()
        else:
            self._session.trainer.resume()
        self._panel.setState("paused" if on else "running")

    @Slot(object)
    def _retune(self, values: dict) -> None:
        old = self._session.config
        self._session.retune(
            {key: value for key, value in values.items() if getattr(old, key) != value}
        )

    @Slot()
    def _end(self) -> None:
        self.refresh()
        self._panel.curves.redraw()
        self._panel.setState("idle")
