"""A drive's frames into a dataset folder, shard by shard; a full disk ends it, not the drive.

It does not know who drives or who will use the frames.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

from models.carracing import ZOOM_STEPS
from models.errors import InputError
from models.frame import FRAME_SHAPE
from models.observation import Observation
from models.shards import Columns, Writer

SHARD_FRAMES = 1000  # 20 s of driving: what a crash can lose


class Recorder:
    """Written by the driving thread; any other reads `frames`, `closed` and `error`, and may close
    it, as the driving thread does not notice a wish while the drive is held."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.frames = 0
        self.closed = False
        self.error = ""  # one sentence, when the recording ended by itself
        self._writer: Writer | None = None
        self._buffer = np.empty((SHARD_FRAMES, *FRAME_SHAPE), np.uint8)
        self._rows: list[tuple] = []
        self._episode = -1
        self._lock = threading.Lock()  # of all with an underscore

    def add(self, seen: Observation, seed: int) -> None:
        """Keep one step's frame; those of the zoom at an episode's start are left out."""
        telemetry = seen.telemetry
        with self._lock:
            if telemetry.step == 1 or self._episode < 0:
                self._episode += 1
            if self.closed or telemetry.step <= ZOOM_STEPS:
                return
            self._buffer[len(self._rows)] = seen.frame
            self._rows.append((self._episode, telemetry, seed))
            self.frames += 1
            if len(self._rows) == SHARD_FRAMES:
                self._flush()

    def close(self) -> None:
        """Write what is buffered; nothing is kept after this."""
        with self._lock:
            if not self.closed:
                self._flush()
                self.closed = True

    def _flush(self) -> None:
        if not self._rows:
            return
        try:
            self._writer = self._writer or Writer(self.folder)
            name = f"shard-{len(self._writer.shards):05d}"
            self._writer.add(name, self._buffer[: len(self._rows)], Columns.of(self._rows))
        except (OSError, InputError) as error:
            self.frames -= len(self._rows)
            reason = error.strerror if isinstance(error, OSError) else error
            self.error = (
                f"{self.folder}: the recording ended after {self.frames} frames ({reason})."
            )
            self.closed = True
            with suppress(OSError):
                self.folder.rmdir()  # where nothing could be written at all
        self._rows.clear()
