"""Datasets of our own on disk: shards of frames with what is known of each, and their index.

It does not know how frames came about, nor how other sources of frames are read.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from models.errors import InputError
from models.frame import RECIPE
from models.observation import CURVATURE_AHEAD, Telemetry

INDEX = "index.json"


class Columns(NamedTuple):
    """What is kept beside each frame, arrays of one length; see Telemetry for their meaning."""

    episode: np.ndarray  # int64, unique in a dataset
    step: np.ndarray  # int64, 1/50 s each
    action: np.ndarray  # (n, 3) float32: steer, gas, brake
    speed: np.ndarray  # float32, length units per second
    seed: np.ndarray  # int64, of the track
    yaw_rate: np.ndarray  # float32
    steering: np.ndarray  # float32
    offset: np.ndarray  # float32
    heading_error: np.ndarray  # float32
    curvature: np.ndarray  # (n, 3) float32
    wheels_on_grass: np.ndarray  # int64

    @classmethod
    def of(cls, rows: Sequence[tuple[int, Telemetry, int]]) -> Columns:
        """Columns from each frame's episode, telemetry and track's seed."""
        episode, told, seed = zip(*rows, strict=True)
        named = {"episode": episode, "seed": seed}
        return cls(
            *(
                np.array(
                    named.get(name) or [getattr(one, name) for one in told],
                    np.int64 if name in _COUNTS else np.float32,
                )
                for name in cls._fields
            )
        )

    @classmethod
    def read(cls, arrays: Mapping[str, np.ndarray]) -> Columns | None:
        """Columns from a file's arrays; None where one is missing or no column of numbers.

        Datasets made before a column was known lack it.
        """
        shape = np.shape(arrays["episode"])
        widths = {"action": (3,), "curvature": (len(CURVATURE_AHEAD),)}
        for name in cls._fields:
            array = arrays.get(name)
            if array is None or array.shape != shape + widths.get(name, ()):
                return None
            if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
                return None
        return cls(*(arrays[name] for name in cls._fields))

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """The columns of several parts, one after another."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def take(self, indices: np.ndarray) -> Columns:
        """Those of the frames at `indices`."""
        return Columns(*(column[indices] for column in self))


_COUNTS = {"episode", "step", "seed", "wheels_on_grass"}


class Writer:
    """Writes a dataset folder shard by shard; each shard is whole or absent.

    Raises OSError where the folder cannot be written.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        index = self.folder / INDEX
        self._shards: dict[str, int] = read_index(index) if index.exists() else {}

    @property
    def shards(self) -> dict[str, int]:
        """Names of the finished shards and how many frames each holds."""
        return dict(self._shards)

    def add(self, name: str, frames: np.ndarray, columns: Columns) -> None:
        """Write (n, *FRAME_SHAPE) uint8 frames and their columns as a shard, then list it.

        Where that fails nothing of a new shard is left.
        """
        new = name not in self._shards
        try:
            write_shard(self.folder, name, frames, columns)
            self.list(name, len(frames))
        except OSError:
            if new:
                self._shards.pop(name, None)
                for suffix in ("npy", "npz"):
                    (self.folder / f"{name}.{suffix}").unlink(missing_ok=True)
            raise

    def list(self, name: str, frames: int) -> None:
        """Enter a shard that `write_shard` has written into the index."""
        self._shards[name] = frames
        index = {
            "format": "latent-explorer frames 1",
            "recipe": RECIPE,
            "columns": list(Columns._fields),
            "frames": sum(self._shards.values()),
            "shards": [{"name": n, "frames": self._shards[n]} for n in sorted(self._shards)],
        }
        text = json.dumps(index, indent=1).encode()
        write_atomically(self.folder / INDEX, lambda file: file.write(text))


def write_shard(folder: Path, name: str, frames: np.ndarray, columns: Columns) -> None:
    """Write one shard's two files, each whole or not at all."""
    write_atomically(folder / f"{name}.npy", lambda file: _save(file, frames))
    write_atomically(folder / f"{name}.npz", lambda file: np.savez(file, **columns._asdict()))


def _save(file: BinaryIO, frames: np.ndarray) -> None:
    # np.save writes around `file`, and does not say why where it fails.
    header = np.lib.format.header_data_from_array_1_0(frames)
    np.lib.format.write_array_header_1_0(file, header)
    file.write(np.ascontiguousarray(frames).data)


def write_atomically(path: Path, write) -> None:
    """Call `write(file)` on a temporary neighbour and move it to `path` once it is on disk."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check_unpacked(path: Path, largest: int) -> None:
    """Raise InputError for an archive that claims to unpack to more than `largest` bytes.

    A small one may unpack to anything; what it declares is read first.
    """
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > largest:
            raise InputError(f"{path}: claims to hold more than {largest:,} bytes.")


def read_index(path: Path) -> dict[str, int]:
    """Names of the shards and how many frames each holds; raises InputError."""
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        recipe = index["recipe"]
        shards = {str(shard["name"]): int(shard["frames"]) for shard in index["shards"]}
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{path}: is not an index of frames ({error}).") from error
    if recipe != RECIPE:
        raise InputError(f"{path}: its frames were made by the recipe {recipe!r}, not {RECIPE!r}.")
    if any(Path(name).name != name for name in shards):
        raise InputError(f"{path}: names a shard outside its folder.")
    return shards
