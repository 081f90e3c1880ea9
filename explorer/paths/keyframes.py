"""The z that a path goes through, in order; it does not know how they are shown or joined."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Keyframes(NamedTuple):
    """Replaced with every change, never written into."""

    points: tuple[np.ndarray, ...] = ()  # (latent_dim,) float32 each

    def pinned(self, z: np.ndarray, after: int) -> Keyframes:
        """With z behind the one at `after`; -1 puts it first."""
        return Keyframes((*self.points[: after + 1], z, *self.points[after + 1 :]))

    def without(self, index: int) -> Keyframes:
        """Without one of them."""
        return Keyframes((*self.points[:index], *self.points[index + 1 :]))

    def moved(self, index: int, place: int) -> Keyframes:
        """With one of them at another place, counted when it is taken out."""
        return self.without(index).pinned(self.points[index], place - 1)

    def stack(self) -> np.ndarray:
        """All in order, (k, latent_dim); there must be one."""
        return np.stack(self.points)
