"""Arrays that grow at their end, and what stretches of them come to without reading every row.

It does not know what the rows mean, nor who draws them.
"""

from __future__ import annotations

import numpy as np

_FIRST_CAPACITY = 1024
_FACTOR = 8  # rows to a block, blocks to a larger block
_FINEST = 4  # blocks to a stretch at least, so that its ends are where they were asked for


class Rows:
    """An array that grows at its end; `rows()` is a view of what is in it."""

    def __init__(self, width: tuple[int, ...] = (), dtype: type = np.float64):
        self._array = np.empty((_FIRST_CAPACITY, *width), dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def rows(self) -> np.ndarray:
        """(n, *width), a view that later appending leaves as it is."""
        return self._array[: self._count]

    def append(self, values: np.ndarray) -> None:
        """Add rows (m, *width) behind the others."""
        needed = self._count + len(values)
        if needed > len(self._array):
            # A new array, not a resize: the views that the plots hold stay valid.
            capacity = len(self._array) * 2 ** int(np.ceil(np.log2(needed / len(self._array))))
            grown = np.empty((capacity, *self._array.shape[1:]), self._array.dtype)
            grown[: self._count] = self.rows()
            self._array = grown
        self._array[self._count : needed] = values
        self._count = needed

    def cut(self, count: int) -> None:
        """Keep the first `count` rows."""
        if count < self._count:
            # The cut rows are written again, and somebody may still hold a view of them.
            self._array = self._array.copy()
            self._count = count

    def overwrite(self, first: int, values: np.ndarray) -> None:
        """Put rows in the place of all from `first` on, also in the views that were handed out."""
        self._count = first
        self.append(values)


class Blocks:
    """Rows reduced by a ufunc in blocks of 8, 64, 512, ...: any stretch costs a few hundred rows.

    `source` is the array whose rows are reduced; it is told by `update` when it has changed.
    """

    def __init__(self, reduce: np.ufunc, source: Rows):
        self._reduce = reduce
        self._source = source
        self._levels: list[Rows] = []

    def update(self, first: int) -> None:
        """The source's rows from `first` on are new; those of a cut source are gone."""
        below = self._source.rows()
        level = 0
        while len(below) > _FACTOR or level < len(self._levels):
            if level == len(self._levels):
                self._levels.append(Rows(below.shape[1:], np.float64))
            first = min(first // _FACTOR, len(self._levels[level]))
            start = first * _FACTOR
            starts = np.arange(0, len(below) - start, _FACTOR)
            new = self._reduce.reduceat(below[start:], starts, axis=0) if len(starts) else below[:0]
            self._levels[level].overwrite(first, new)
            below = self._levels[level].rows()
            level += 1

    def over(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows between neighbouring edges, reduced: (k, *width), and the k + 1 edges taken.

        `edges` (k + 1,) are positions of rows, each larger than the one before. They are moved
        down to the ends of blocks, by a quarter of the shortest stretch at most.
        """
        shortest = np.diff(edges).min()
        size, rows = 1, self._source.rows()
        for level in self._levels:
            if size * _FACTOR * _FINEST > shortest:
                break
            size, rows = size * _FACTOR, level.rows()
        starts = edges // size
        if edges[-1] == len(self._source):
            starts[-1] = len(rows)  # the last block may be a part of one
        reduced = self._reduce.reduceat(rows[: starts[-1]], starts[:-1], axis=0)
        return reduced, np.minimum(starts * size, len(self._source))
