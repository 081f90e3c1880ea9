"""Joins the session's frames and its collector to the window of frames.

It does not know how frames are driven, read or painted.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMainWindow

from explorer.files import Files
from explorer.frames.dialog import FramesDialog
from explorer.frames.source import Source
from explorer.session import SAMPLE_FRAMES, Session, job, jobs
from explorer.training.form import TrainingForm
from explorer.worker import GeneratorWorker, LatestWorker

COLLECTIONS = platformdirs.user_data_path("latent-explorer") / "collections"
FRAME_BYTES = 60 * 80 * 3
SEEDS = 2**32  # as many as models.collect takes; two collections of one seed have the same tracks


class Collecting(QObject):
    """Shows what is trained on, and puts collected shards behind it as they land."""

    def __init__(self, session: Session, form: TrainingForm, files: Files, window: QMainWindow):
        super().__init__(window)
        self._session = session
        self._files = files
        self.folder: Path | None = None  # of the running or last collection
        self._grows: Any = None  # the Frames that the next shard goes behind, or replaces
        self._replaces = False
        self._told: Any = None  # the newest Progress
        self.dialog = FramesDialog(session.cores(), FRAME_BYTES, window)
        self._box = self.dialog.collection
        self.collector = session.adopt(GeneratorWorker("collector"))
        self.previewer = session.adopt(LatestWorker("previewer", job("preview")))
        self.collector.finished.connect(self._end)
        self.previewer.done.connect(self._show_pictures)
        session.framesChanged.connect(self._show)
        session.framesChanged.connect(self._propose)
        session.framesGrown.connect(self._show)
        session.recordings.newestChanged.connect(self._show_recording)
        form.framesRequested.connect(self.dialog.bringUp)
        dialog = self.dialog
        dialog.opened.connect(self._show)
        dialog.opened.connect(self._propose)
        dialog.previewRequested.connect(self._ask)
        dialog.openFileRequested.connect(files.askForFrames)
        dialog.openFolderRequested.connect(self._open_folder)
        dialog.useDriveRequested.connect(files.openRecording)
        dialog.sampleFramesRequested.connect(self._use_samples)
        self._box.collectRequested.connect(self._start)
        self._box.stopRequested.connect(self.collector.stop)

    @Slot()
    def open(self) -> None:
        """Show the window of frames with the hand at how many to collect."""
        self.dialog.bringUp()
        self._box.framesField.setFocus()
        self._box.framesField.selectAll()

    def refresh(self) -> None:
        """Take what has landed since the last tick, and tell how far it is."""
        records = self.collector.take()
        for record in records:
            if record.frames is not None:
                self._take(record.frames)
        if records:
            told = self._told = records[-1].progress
            self._box.setProgress(
                told.driven, told.frames, told.wanted, told.frames_per_second, str(self.folder)
            )

    @Slot()
    def _open_folder(self) -> None:
        self._files.askForFolderIn(COLLECTIONS)

    # Collecting

    @Slot()
    def _start(self) -> None:
        session, box = self._session, self._box
        grown = self._grows is not None and session.frames is self._grows
        if not (box.adds() and grown):  # else one folder holds both
            # With hundredths: two collections must not share a folder.
            name = datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")[:-4]
            self.folder = COLLECTIONS / name
        self._grows, self._replaces = session.frames, session.frames is None or not box.adds()
        self._told = None
        asked = box.frames(), self.folder, secrets.randbelow(SEEDS), box.workers()
        self.collector.start(lambda: jobs().run_collection(*asked))
        box.setRunning(True)
        box.setProgress(0, 0, box.frames(), 0.0, str(self.folder))

    def _take(self, shard: Any) -> None:
        """Put a shard behind the frames, unless a person has opened others since the start."""
        session = self._session
        if session.frames is not self._grows:
            return
        if self._replaces:
            session.replace_frames(shard)
        else:
            session.grow_frames(shard)
        self._grows, self._replaces = session.frames, False

    @Slot()
    def _end(self) -> None:
        self.refresh()
        self._box.setRunning(False)
        landed = self._told.frames if self._told else 0
        if not landed:
            with suppress(OSError):  # it may hold what was collected before
                self.folder.rmdir()
        taken = self._session.frames is self._grows and not self._replaces
        self._box.setEnded(landed, str(self.folder), taken)
        self._propose()

    # What is shown

    @Slot()
    def _show(self) -> None:
        frames = self._session.frames
        if frames is None or not self.dialog.isVisible():
            return
        _, held_out = frames.split()
        mask = np.zeros(len(frames), bool)
        mask[held_out] = True
        name = "Sample frames" if self._is_sample() else frames.name
        sizes = tuple(sorted((width, height) for height, width in frames.stored))
        height, width, _ = frames.shape
        self.dialog.setSource(
            Source(name, frames.nbytes, sizes, (width, height), frames.episode, mask)
        )

    @Slot()
    def _propose(self) -> None:
        """Samples give way to a person's own frames, unless they are being trained on."""
        if not self._box.isRunning():
            learning = self._session.trainer.is_running()
            self._box.addCheck.setChecked(learning or not self._is_sample())

    def _is_sample(self) -> bool:
        frames = self._session.frames
        return frames is not None and frames.name == SAMPLE_FRAMES.name

    @Slot(object)
    def _ask(self, indices: np.ndarray) -> None:
        self.previewer.submit((self._session.frames, indices))

    @Slot(object)
    def _show_pictures(self, answer: tuple[Any, np.ndarray, np.ndarray]) -> None:
        frames, indices, pictures = answer
        if frames is self._session.frames:  # else the pictures of those that are come next
            self.dialog.setPictures(indices, pictures)

    @Slot()
    def _show_recording(self) -> None:
        self.dialog.setDriveAvailable(self._session.recordings.newest is not None)

    @Slot()
    def _use_samples(self) -> None:
        self._session.open_frames(SAMPLE_FRAMES)
