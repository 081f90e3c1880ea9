"""The drives that are kept on disk: what a list tells of each, and deleting one.

It does not know how a drive is recorded or replayed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models import dataset
from models.carracing import STEPS_PER_SECOND
from models.errors import InputError
from models.shards import INDEX

NAME = "%Y-%m-%d %H.%M.%S.%f"
"""Of a folder, by the moment when its drive began."""
FARTHEST = 60 * STEPS_PER_SECOND
"""Steps between two frames that are taken for a drive's pace."""


class DriveInfo(NamedTuple):
    """What a list of drives tells of one; of a damaged one nothing but its folder and `fault`."""

    folder: Path
    name: str
    started: str = ""  # local time, ISO 8601
    frames: int = 0
    seconds: float = 0.0  # of driving, from each frame to the next
    seeds: tuple[int, ...] = ()  # of its tracks, in the order in which they were driven
    nbytes: int = 0
    fault: str = ""  # one sentence


def drives(root: Path, others: Sequence[Path] = ()) -> list[DriveInfo]:
    """Every drive in a folder of drives, the newest first, and behind them those of `others`.

    A damaged one tells its fault.
    """
    found = [folder for folder in root.iterdir() if is_drive(folder)] if root.is_dir() else []
    found.sort(key=lambda folder: folder.name, reverse=True)
    told = []
    for folder in (*found, *others):
        try:
            told.append(info(folder))
        except InputError as error:
            told.append(DriveInfo(folder, folder.name, _started(folder), fault=str(error)))
    return told


def is_drive(folder: Path) -> bool:
    """Whether a folder is one that frames were written to."""
    return folder.is_dir() and not folder.is_symlink() and (folder / INDEX).is_file()


def info(folder: Path) -> DriveInfo:
    """What the dataset in a folder tells as a drive; raises InputError."""
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder}: is no recording, for it holds no {INDEX}.")
    frames = dataset.load(folder)
    columns, seeds = frames.columns, ()
    if columns is not None:
        _, first = np.unique(columns.seed, return_index=True)
        seeds = tuple(columns.seed[np.sort(first)].astype(int).tolist())
    seconds = len(frames) * steps_apart(frames) / STEPS_PER_SECOND
    return DriveInfo(
        folder, folder.name, _started(folder), len(frames), seconds, seeds, _size(folder)
    )


def steps_apart(frames: dataset.Frames) -> int:
    """Steps of the environment from one frame to the next, as most of them are.

    1 where that is unknown or not 1..FARTHEST.
    """
    columns = frames.columns
    if columns is None or len(frames) < 2:
        return 1
    steps, same = np.diff(columns.step.astype(float)), np.diff(columns.episode) == 0
    apart = float(np.median(steps[same])) if same.any() else 1.0
    return int(apart) if 1 <= apart <= FARTHEST else 1


def delete(folder: Path, root: Path) -> None:
    """Delete a drive, which has to be one of those in `root`; raises InputError."""
    if folder.parent.resolve() != root.resolve() or not is_drive(folder):
        raise InputError(f"{folder}: is no recording of {root} and stays as it is.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be deleted ({error.strerror}).") from error


def _started(folder: Path) -> str:
    """When the drive began, by its folder's name; of another's folder when it was written."""
    try:
        moment = datetime.strptime(folder.name, NAME)
    except ValueError:
        try:
            moment = datetime.fromtimestamp((folder / INDEX).stat().st_mtime)
        except OSError:
            return ""
    return moment.isoformat()


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}).") from error
