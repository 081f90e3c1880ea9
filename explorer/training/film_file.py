"""The film of a run in one npz file, written and read shot by shot.

It does not know where the file is, nor what is filmed.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from numpy.lib import format as npy

from explorer.training.film import KEPT_BYTES, PICTURES, Film, Shot

REST_BYTES = 2**21  # of all that is not the shots' pictures
ROWS = ("reconstructions", "samples", "traversal")


def write(file: IO[bytes], film: Film) -> None:
    """Write a film as `np.load` reads it; a traversal that is not there is black."""
    shots = list(film.numbered().values())
    arrays = {
        "frames": film.frames,
        "z": film.z,
        "steps": np.array([shot.step for shot in shots], np.int64),
        "latents": np.array(
            [-1 if shot.latent is None else shot.latent for shot in shots], np.int64
        ),
        "numbers": np.array(list(film.numbered()), np.int64),
        "spacing": np.array(film.spacing, np.int64),
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                npy.write_array(member, array, allow_pickle=False)
        shape = (len(shots), len(ROWS), *(shots[0].samples.shape if shots else (0,) * 4))
        # Not as one array: that would be a second film in memory.
        with archive.open("pictures.npy", "w", force_zip64=True) as member:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            npy.write_array_header_1_0(member, header)
            for shot in shots:
                for row in (getattr(shot, name) for name in ROWS):
                    member.write((np.zeros_like(shot.samples) if row is None else row).tobytes())


def read(file: IO[bytes]) -> Film:
    """The film that `write` wrote; raises ValueError or OSError where it is another thing."""
    with _told(), zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > KEPT_BYTES + REST_BYTES:
            raise ValueError(f"it claims to hold more than {KEPT_BYTES:,} bytes of pictures")
        frames, z = _array(archive, "frames", "u1", 4), _array(archive, "z", "f4", 2)
        steps, latents, numbers = (
            _array(archive, name, "i8", 1) for name in ("steps", "latents", "numbers")
        )
        spacing = int(_array(archive, "spacing", "i8", 0))
        _check(frames, z, steps, latents, numbers, spacing)
        with archive.open("pictures.npy") as member:
            count, rows, *shape = _shape(member, "u1", 6)
            if (count, rows) != (len(steps), len(ROWS)):
                raise ValueError(f"it holds pictures of {count} shots and {len(steps)} steps")
            if count and (shape[0] != PICTURES or shape[3] != 3 or 0 in shape):
                raise ValueError(f"its pictures are {shape}")
            shots = {}
            for number, step, latent in zip(
                numbers.tolist(), steps.tolist(), latents.tolist(), strict=True
            ):
                # Each in memory of its own, which is free again when it is thinned out.
                made = [_taken(member, shape, np.uint8) for _ in ROWS]
                if latent < 0:
                    made[2], latent = None, None
                shots[number] = Shot(step, frames, *made, latent)
    return Film.restored(frames, z, shots, spacing)


def _check(
    frames: np.ndarray,
    z: np.ndarray,
    steps: np.ndarray,
    latents: np.ndarray,
    numbers: np.ndarray,
    spacing: int,
) -> None:
    """Raise ValueError unless all of these can be a film's."""
    count, latent_dim = len(steps), z.shape[1]
    if not len(frames) == len(z) == PICTURES or frames.shape[3] != 3 or 0 in frames.shape:
        raise ValueError(f"its frames are {frames.shape} and its z {z.shape}")
    if not np.isfinite(z).all():
        raise ValueError("its z is no number")
    if not count == len(latents) == len(numbers):
        raise ValueError("its columns are of several lengths")
    for rising in (steps, numbers):
        if count and (rising[0] < 0 or (np.diff(rising) <= 0).any()):
            raise ValueError("its shots do not rise")
    if spacing < 1 or (numbers[:-1] % spacing).any():
        raise ValueError(f"its shots are not {spacing} apart")
    if count and not (latents.min() >= -1 and latents.max() < latent_dim):
        raise ValueError(f"it moves a latent that is none of {latent_dim}")


def _array(archive: zipfile.ZipFile, name: str, kind: str, dimensions: int) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        # A copy, because torch warns of what cannot be written into.
        return _taken(member, _shape(member, kind, dimensions), np.dtype(f"<{kind}")).copy()


def _shape(member: IO[bytes], kind: str, dimensions: int) -> tuple[int, ...]:
    """Of the array that begins here, if it is of that kind and as plain as one of ours."""
    if npy.read_magic(member) != (1, 0):
        raise ValueError("it is of another version")
    shape, in_columns, dtype = npy.read_array_header_1_0(member)
    if dtype.str[1:] != kind or dtype.str[0] == ">" or len(shape) != dimensions or in_columns:
        raise ValueError(f"it holds {dtype} {shape}")
    return shape


def _taken(member: IO[bytes], shape: tuple[int, ...], dtype: type | np.dtype) -> np.ndarray:
    """The next array out of the file, which may hold less than was claimed."""
    size = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    data = member.read(size) if 0 <= size <= KEPT_BYTES else b""
    if len(data) != size:
        raise ValueError("it is cut short")
    return np.frombuffer(data, dtype).reshape(shape)


@contextmanager
def _told() -> Iterator[None]:
    """What the readers of a damaged archive raise, as ValueError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f"it is no whole film ({error})") from error
