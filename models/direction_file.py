"""The directions of one model on a person's disk, found again by the model's weights.

A model's own file may be read-only, or not there yet. It does not know who makes directions.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import filelock

from models import direction
from models.direction import MOST, Direction, contains, united
from models.errors import InputError
from models.shards import write_atomically

if TYPE_CHECKING:
    from models.vae import VAE

FORMAT = "latent-explorer directions 1"
LARGEST = 32 * 2**20  # bytes; MOST directions of 1024 latents in full digits are 10 MB
WAIT_SECONDS = 2.0  # for another window that writes the same file


class Kept(NamedTuple):
    """What a file holds."""

    directions: tuple[Direction, ...] = ()
    removed: tuple[Direction, ...] = ()  # of the model's own file, which keeps them


def fingerprint(vae: VAE) -> str:
    """A name for just these weights: SHA-256 of their names and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(vae.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def change(
    folder: Path,
    vae: VAE,
    put: tuple[Direction, ...] = (),
    drop: tuple[Direction, ...] = (),
) -> Kept:
    """Put directions of a model into its file in `folder`, drop others; gives what it then holds.

    One that is there already is renamed. What another window has put there stays. A damaged file
    counts as an empty one and is put aside, as .damaged, before another takes its place. Raises
    InputError with one sentence where it cannot be written.
    """
    path = folder / f"{fingerprint(vae)}.json"
    latent_dim = vae.config.latent_dim
    if not put and not drop:
        return _read(path, latent_dim) or Kept()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_suffix(".lock"), timeout=WAIT_SECONDS):
            old = _read(path, latent_dim)
            if old is None:
                path.replace(path.with_suffix(".damaged"))
                old = Kept()
            changed = tuple(_newest(one, put) for one in old.directions if not contains(drop, one))
            kept = Kept(
                united(changed, put)[-MOST:],
                united(tuple(one for one in old.removed if not contains(put, one)), drop)[-MOST:],
            )
            record = {"format": FORMAT} | {
                name: [one.told() for one in part] for name, part in kept._asdict().items()
            }
            data = json.dumps(record).encode()
            write_atomically(path, lambda file: file.write(data))
    except filelock.Timeout as error:
        raise InputError(f"{path}: another window holds this file; try again.") from error
    except OSError as error:
        raise InputError(
            f"{path}: directions cannot be kept there ({error.strerror}); saving the model does."
        ) from error
    return kept


def _newest(one: Direction, put: tuple[Direction, ...]) -> Direction:
    return next((other for other in put if other.is_same(one)), one)


def _read(path: Path, latent_dim: int) -> Kept | None:
    """What a file holds, nothing where there is none; None where it is damaged."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            return None
        return Kept(*(direction.read(record[name], latent_dim) for name in Kept._fields))
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # of these there may be none; the model is what matters
