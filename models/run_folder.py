"""What a run leaves on disk: a folder of its own with its record, and who writes into it now.

It does not know how a run is trained, nor its curve.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from models import bounds
from models.errors import InputError
from models.shards import write_atomically

FORMAT = "latent-explorer run 1"
RECORD, LOCK = "run.json", "run.lock"
BEST, STATE = "best.safetensors", "state.safetensors"
POLL_SECONDS = 0.01  # between two tries to take a folder
ENDS = ("running", "stopped", "finished", "diverged", "failed")


class Test(NamedTuple):
    """The objective's parts on held-out frames."""

    step: int
    recon_loss: float  # SSE per image
    kl: float  # nats per image


class RunInfo(NamedTuple):
    """What a list of runs tells of one; of a damaged one nothing but its folder and `fault`."""

    folder: Path
    name: str
    started: str = ""  # local time, ISO 8601
    config: Mapping[str, Any] = {}  # TrainConfig's fields
    frames: str = ""  # their name
    frame_count: int = 0
    step: int = 0  # that the kept state is at
    images: int = 0
    seconds: float = 0.0
    newest: Test | None = None
    best: Test | None = None
    ended: str = ""  # one of ENDS, or "interrupted" where nobody writes into a running one
    fault: str = ""  # one sentence

    @property
    def can_resume(self) -> bool:
        """Whether it may go on from where it is."""
        return self.ended in ("stopped", "interrupted", "diverged", "failed")


def runs(root: Path) -> list[RunInfo]:
    """Every run in a folder of runs, the newest first; a damaged one tells its fault."""
    if not root.is_dir():
        return []
    folders = sorted((f for f in root.iterdir() if is_run(f)), key=lambda f: f.name, reverse=True)
    told = []
    for folder in folders:
        try:
            told.append(info(folder))
        except InputError as error:
            told.append(RunInfo(folder, folder.name, fault=str(error)))
    return told


def is_run(folder: Path) -> bool:
    """Whether a folder is one that a run has made."""
    own = folder.is_dir() and not folder.is_symlink()
    return own and any((folder / name).is_file() for name in (RECORD, LOCK))


def info(folder: Path) -> RunInfo:
    """What the run in a folder tells of itself; raises InputError."""
    record = read_record(folder)
    try:
        frames, ended = record["frames"], record["ended"]
        if ended not in ENDS:
            raise ValueError(f"{ended!r} is no end")
        if ended == "running" and not is_held(folder):
            ended = "interrupted"
        return RunInfo(
            folder,
            str(record["name"]),
            str(record["started"]),
            asdict(bounds.checked(record["config"], folder / RECORD)),
            str(frames["name"]),
            _whole(frames["count"]),
            _whole(record["step"]),
            _whole(record["images"]),
            _number(record["seconds"]),
            *(_test(record[name]) for name in ("newest", "best")),
            ended,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder / RECORD}: is not the record of a run ({error!r}).") from error


def read_record(folder: Path) -> dict[str, Any]:
    """The record in a run's folder; raises InputError."""
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not JSON ({error}).") from error
    found = record.get("format") if isinstance(record, dict) else None
    if found != FORMAT:
        raise InputError(f"{path}: its format is {found!r} where {FORMAT!r} is expected.")
    return record


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write a run's record, whole or not at all; raises OSError."""
    text = json.dumps(record, indent=1).encode()
    write_atomically(folder / RECORD, lambda file: file.write(text))


def hold(folder: Path, seconds: float = 0.0) -> filelock.BaseFileLock:
    """Take a run's folder for this program alone, until `release` or the program's end.

    Raises InputError where another run still writes into it `seconds` later, or nobody can.
    """
    # Not of one thread: the folder is taken where it is read and released where it is trained.
    lock = filelock.FileLock(folder / LOCK, timeout=seconds, thread_local=False)
    try:
        lock.acquire(poll_interval=POLL_SECONDS)
    except filelock.Timeout as error:
        raise InputError(f"{folder}: this run is open already, here or in another window.") from (
            error
        )
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error
    return lock


def is_held(folder: Path) -> bool:
    """Whether a program writes into a run's folder."""
    try:
        hold(folder).release()
    except InputError:
        return True
    return False


def delete(folder: Path, root: Path) -> None:
    """Delete a run, which has to be one of those in `root`; raises InputError."""
    if folder.parent.resolve() != root.resolve() or not is_run(folder):
        raise InputError(f"{folder}: is no run of {root} and stays as it is.")
    lock = hold(folder)
    try:
        # While it is held, or a program that takes it up would lose what it reads and writes.
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        lock.release()
        shutil.rmtree(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be deleted ({error.strerror}).") from error
    finally:
        lock.release()


def _test(told: Any) -> Test | None:
    if told is None:
        return None
    step, recon_loss, kl = told
    return Test(_whole(step), _number(recon_loss), _number(kl))


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= sys.maxsize:
        raise ValueError(f"{value!r:.40} is no count")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.40} is no number")
    return float(value)
