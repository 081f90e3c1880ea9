"""What a run notes of the frames it learns from, and finding the very same frames again.

It does not know what is learned from them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models import dataset
from models.dataset import Frames, Source, spread
from models.errors import InputError

CHECKED = 16  # frames whose pixels are compared: those of a file that was replaced are not alike


def note(frames: Frames, first: Frames) -> dict[str, Any]:
    """What `reopen` needs of `frames`, which began as `first`, as plain values for JSON."""
    sources = [source._replace(path=str(source.path))._asdict() for source in frames.sources]
    return {
        "name": frames.name,
        "count": len(frames),
        "checksum": _checksum(frames),
        "sources": sources,
        "first_sources": len(first.sources),
    }


def reopen(noted: Mapping[str, Any], samples: Path | None = None) -> tuple[Frames, Frames]:
    """The frames that `note` noted down, and what they began as.

    `samples` is where the program's sample frames are now, should the noted ones have been these.
    Raises InputError where they are gone or no longer the same, KeyError, TypeError or ValueError
    where `noted` is another thing.
    """
    name, count = str(noted["name"]), int(noted["count"])
    sources = [
        Source(Path(entry["path"]), int(entry["count"]), tuple(entry["shards"]), entry["apart"])
        for entry in noted["sources"]
    ]
    if not sources:
        raise InputError(f"The frames of this run, {name}, were in no file and cannot be reopened.")
    frames = first = None
    for index, source in enumerate(sources):
        part = _read(source, samples)
        frames = part if frames is None else frames.grown(part)
        first = frames if index < int(noted["first_sources"]) else first
    frames.name = name
    if len(frames) != count:
        raise InputError(
            f"{sources[0].path}: holds {len(frames)} frames where this run has learned from "
            f"{count}."
        )
    if _checksum(frames) != noted["checksum"]:
        raise InputError(f"{sources[0].path}: holds other frames than this run has learned from.")
    return frames, first or frames


def _read(source: Source, samples: Path | None) -> Frames:
    path = source.path
    if not path.exists():
        if samples is None or path.name != samples.name:
            raise InputError(f"{path}: is gone, and with it the frames this run learns from.")
        path = samples
    if source.shards:
        return dataset.load_shards(path, source.shards, source.apart)
    return dataset.load(path)


def _checksum(frames: Frames) -> int:
    return zlib.crc32(frames.take(spread(np.arange(len(frames)), CHECKED)))
