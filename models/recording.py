"""A recorded drive, read frame by frame: what was seen, done and known at each place in it.

It does not know how it is played, nor who wrote it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models import dataset
from models.drive_folder import steps_apart
from models.errors import InputError
from models.observation import Telemetry
from models.shards import INDEX, Columns

_WHEELS = 4


class Recording:
    """A dataset folder in the order in which it was driven; a frame is read when it is asked for.

    Places count its frames from 0.
    """

    def __init__(self, path: Path, frames: dataset.Frames, columns: Columns):
        self.path = path
        self.name = path.name
        self.columns = columns
        self.steps_apart = steps_apart(frames)  # from one frame to the next, 1/50 s each
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, place: int) -> np.ndarray:
        """The frame there, FRAME_SHAPE uint8."""
        return self._frames.take(np.array([place]))[0]

    def seed(self, place: int) -> int:
        """Of the track that was driven there."""
        return int(self.columns.seed[place])

    def telemetry(self, place: int) -> Telemetry:
        """What was known there; the score and the tiles were not recorded."""
        row = {name: column[place].tolist() for name, column in self.columns._asdict().items()}
        del row["episode"], row["seed"]
        grass = row["wheels_on_grass"]
        row |= {"action": tuple(row["action"]), "curvature": tuple(row["curvature"])}
        return Telemetry(score=None, tiles=None, track_tiles=None, on_grass=grass == _WHEELS, **row)


def open(path: str | Path) -> Recording:
    """Open a folder that models.recorder or models.collect has written.

    Raises InputError with one sentence naming the folder, or the file in it, and the fault.
    """
    path = Path(path)
    if path.is_dir() and not (path / INDEX).exists():
        raise InputError(f"{path}: is no recording, which would have an {INDEX}.")
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is no recording, which would be a folder.")
    frames = dataset.load(path)
    if frames.columns is None:
        raise InputError(
            f"{path}: lacks some of the telemetry that is kept beside each frame by now, so that "
            "it can be trained on but not played."
        )
    return Recording(path, frames, frames.columns)
