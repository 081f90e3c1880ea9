"""The whole curve of a run, each step of it, in files that are whole or absent.

It does not know who trains, nor how a curve is drawn.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.errors import InputError
from models.shards import check_unpacked, write_atomically

CHUNK = "curve-{:010d}.npz"  # its first step
CHUNKS = "curve-*.npz"
LARGEST_PART = 512 * 2**20  # bytes; a million steps of 128 latents


class Curve(NamedTuple):
    """Every step of a run, its tests on held-out frames and the changes of its numbers."""

    steps: np.ndarray  # (n,) int64
    recon_loss: np.ndarray  # (n,) float32, SSE per image
    kl: np.ndarray  # (n, latent_dim) float32, nats per image
    held_out_steps: np.ndarray  # (m,) int64
    held_out_recon_loss: np.ndarray  # (m,) float32, SSE per image
    held_out_kl: np.ndarray  # (m, latent_dim) float32, nats per image
    held_out_mean: np.ndarray  # (m, latent_dim) float32, of the aggregate posterior
    held_out_variance: np.ndarray  # (m, latent_dim) float32, of it
    change_steps: np.ndarray  # (c,) int64, the first with the changed number
    changes: np.ndarray  # (c,) str, '["beta", 0.5, 4.0]': see models.run_log.changes

    @classmethod
    def of(cls, records: Sequence, changes: Sequence[tuple[int, str]], latent_dim: int) -> Curve:
        """The curve of TrainSteps, and of changes as step and text."""
        tested = [record for record in records if record.held_out is not None]
        held_out = [record.held_out for record in tested]

        def wide(rows: list[np.ndarray]) -> np.ndarray:
            return np.array(rows, np.float32).reshape(-1, latent_dim)

        return cls(
            np.array([record.step for record in records], np.int64),
            np.array([record.recon_loss for record in records], np.float32),
            wide([record.kl for record in records]),
            np.array([record.step for record in tested], np.int64),
            np.array([part.recon_loss for part in held_out], np.float32),
            wide([part.kl for part in held_out]),
            wide([part.mean for part in held_out]),
            wide([part.variance for part in held_out]),
            np.array([step for step, _ in changes], np.int64),
            np.array([text for _, text in changes], np.str_),
        )

    def until(self, step: int) -> Curve:
        """Its part up to a step."""
        trained, tested = self.steps <= step, self.held_out_steps <= step
        changed = self.change_steps <= step
        return Curve(
            *(array[trained] for array in self[:3]),
            *(array[tested] for array in self[3:8]),
            *(array[changed] for array in self[8:]),
        )


def write(folder: Path, curve: Curve) -> None:
    """Write a part of the curve, over one that begins at the same step; raises OSError."""
    path = folder / CHUNK.format(_first(curve))
    write_atomically(path, lambda file: np.savez(file, **curve._asdict()))


def read(folder: Path, latent_dim: int) -> Curve:
    """The whole curve; raises InputError where a part of it is damaged.

    Where parts overlap, the one that was written for a later step counts from its first on.
    """
    parts = [_read(path, latent_dim) for path in sorted(folder.glob(CHUNKS))]
    for index, later in enumerate(parts[1:]):
        parts[index] = parts[index].until(_first(later) - 1)
    parts = [Curve.of([], [], latent_dim), *parts]
    return Curve(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def cut(folder: Path, step: int, latent_dim: int) -> None:
    """Take away what is after a step, for a run that goes on from there; raises OSError."""
    for path in sorted(folder.glob(CHUNKS)):
        part = _read(path, latent_dim)
        kept = part.until(step)
        if _first(part) > step:
            path.unlink()
        elif len(kept.steps) < len(part.steps) or len(kept.changes) < len(part.changes):
            write(folder, kept)


def _first(curve: Curve) -> int:
    return int(curve.steps[0])


def _read(path: Path, latent_dim: int) -> Curve:
    try:
        check_unpacked(path, LARGEST_PART)
        with np.load(path, allow_pickle=False) as arrays:
            part = Curve(*(arrays[name] for name in Curve._fields))
    except (
        *(OSError, ValueError, KeyError, EOFError, MemoryError),
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is not a whole part of a curve ({error}).") from error
    steps, tests, changes = (part[index].size for index in (0, 3, 8))
    wide = (latent_dim,)
    shapes = [(steps,)] * 2 + [(steps, *wide)] + [(tests,)] * 2 + [(tests, *wide)] * 3
    if [array.shape for array in part] != shapes + [(changes,)] * 2 or not steps:
        raise InputError(f"{path}: is not a part of a curve of {latent_dim} latents.")
    if [array.dtype.kind for array in part] != list("iffiffffiU"):
        raise InputError(f"{path}: holds numbers of another kind than a curve's.")
    rises = all((np.diff(part[index]) > 0).all() for index in (0, 3))
    if not rises or part.steps[0] < 1 or (np.diff(part.change_steps) < 0).any():
        raise InputError(f"{path}: its steps do not rise.")
    return part
