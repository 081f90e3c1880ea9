"""Frames in numbers: how many, how large, which episodes, and which of them are held out.

It does not know the frames themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Source(NamedTuple):
    """What is told of the frames that are trained on."""

    name: str
    nbytes: int
    sizes: tuple[tuple[int, int], ...]  # widths and heights of the pictures as they are stored
    size: tuple[int, int]  # width and height that they are brought to
    episode: np.ndarray  # (n,) int, each frame's
    held_out: np.ndarray  # (n,) bool

    def runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each run of one episode and one side of the split begins, and each frame's run."""
        new = np.ones(len(self.episode), bool)
        new[1:] = (np.diff(self.episode) != 0) | (np.diff(self.held_out.astype(np.int8)) != 0)
        return np.flatnonzero(new), np.cumsum(new) - 1

    def ordinals(self) -> np.ndarray:
        """Each frame's episode counted from 1, in the order of their first frames; (n,) int."""
        _, first, which = np.unique(self.episode, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[which] + 1

    def sides(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Frames and episodes to train on, then those held out."""
        training, held_out = self.episode[~self.held_out], self.episode[self.held_out]
        return tuple((len(side), len(np.unique(side))) for side in (training, held_out))


def page(count: int, cells: int, offset: int) -> np.ndarray:
    """Indices of evenly spread frames, one a cell, each moved on by `offset` within its stretch.

    All offsets below `pages(count, cells)` together show every frame.
    """
    bounds = np.arange(cells + 1) * count // cells if count > cells else np.arange(count + 1)
    return np.minimum(bounds[:-1] + offset, bounds[1:] - 1)


def pages(count: int, cells: int) -> int:
    """How many pages show all frames."""
    return max(1, -(-count // cells))
