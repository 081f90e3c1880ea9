"""The film of a training: what its snapshots made of the same frames and z, evenly thinned.

It does not know who decodes them, nor how they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

PICTURES = 5  # of each kind
KEPT_BYTES = 100_000_000  # some 460 shots of 80x60: more than a slider has places
TRAVERSAL = (-2.0, -1.0, 0.0, 1.0, 2.0)  # of the latent that moves in the first frame's mean


class Shot(NamedTuple):
    """What the weights after `step` make of what is watched; rows are (5, H, W, 3) uint8.

    `step` is None for a model that is not being trained, and a row where it cannot be made:
    without an encoder there are no reconstructions, without a model only the frames.
    """

    step: int | None
    frames: np.ndarray  # held out
    reconstructions: np.ndarray | None = None
    samples: np.ndarray | None = None  # of the prior, always of the same z
    traversal: np.ndarray | None = None
    latent: int | None = None  # that moves in the traversal


class Film:
    """The shots of one run from the first to the newest, never more than fit `kept_bytes`.

    When it is full every second one is dropped, and from then on only every second is kept; the
    newest always stands at the end.
    """

    def __init__(self, frames: np.ndarray, z: np.ndarray, kept_bytes: int = KEPT_BYTES):
        """Begin a film of frames (5, H, W, 3) uint8 and of samples of the prior z (5, latent_dim).

        Both stay the same for the whole run, or its shots could not be compared.
        """
        self.frames = frames
        self.z = z
        self._kept_bytes = kept_bytes
        self._shots: dict[int, Shot] = {}  # by how many were added before
        self._spacing = 1  # of the numbers of those that are kept

    @classmethod
    def begin(cls, frames: np.ndarray, seed: int, latent_dim: int) -> Film:
        """An empty film of these frames and of samples of the prior that follow from the seed."""
        z = np.random.default_rng(seed).standard_normal((PICTURES, latent_dim))
        return cls(frames, z.astype(np.float32))

    def __len__(self) -> int:
        return len(self._shots)

    @property
    def steps(self) -> list[int]:
        """Of all shots, rising."""
        return [shot.step for shot in self._shots.values()]

    @property
    def latent(self) -> int | None:
        """That the traversal moves; None while none was alive."""
        return self.at(-1).latent if self._shots else None

    def add(self, shot: Shot) -> None:
        """Take a shot; one at or before the newest step drops all from there on."""
        while self._shots and self.at(-1).step >= shot.step:
            self._shots.popitem()
        newest = next(reversed(self._shots), -1)
        if newest % self._spacing:  # it stood there only for being the newest
            del self._shots[newest]
        self._shots[newest + 1] = shot
        if len(self._shots) > max(2, self._kept_bytes // _size(shot)):
            self._spacing *= 2
            self._shots = {
                number: kept
                for number, kept in self._shots.items()
                if number % self._spacing == 0 or kept is shot
            }

    def at(self, index: int) -> Shot:
        """The shot at a place from 0 to len - 1; -1 is the newest."""
        return list(self._shots.values())[index]

    def first(self, row: str) -> Shot | None:
        """The first shot in which that row of a Shot could be made."""
        shots = self._shots.values()
        return next((shot for shot in shots if getattr(shot, row) is not None), None)

    def nearest(self, step: int) -> int:
        """The place of the shot nearest to a step; of an empty film 0."""
        if not self._shots:
            return 0
        return int(np.argmin(np.abs(np.array(self.steps) - step)))

    def copy(self) -> Film:
        """The film as it is now, for another thread; pictures are not copied."""
        copy = Film(self.frames, self.z, self._kept_bytes)
        copy._shots, copy._spacing = dict(self._shots), self._spacing
        return copy

    def size(self) -> int:
        """Bytes of all pictures."""
        return self.frames.nbytes + sum(map(_size, self._shots.values()))

    # To be kept in a file

    @property
    def spacing(self) -> int:
        """Every so many shots one is kept, and the newest."""
        return self._spacing

    def numbered(self) -> dict[int, Shot]:
        """All shots, by how many were added before."""
        return dict(self._shots)

    @classmethod
    def restored(
        cls, frames: np.ndarray, z: np.ndarray, shots: Mapping[int, Shot], spacing: int
    ) -> Film:
        """A film that had come as far as `numbered` and `spacing` tell."""
        film = cls(frames, z)
        film._shots, film._spacing = dict(shots), spacing
        return film


def _size(shot: Shot) -> int:
    """Bytes of its rows, also of one that is yet to come."""
    return 3 * shot.samples.nbytes
