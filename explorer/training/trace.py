"""One measured number over the steps of a run, drawn at the cost of what can be seen of it.

It does not know its unit, nor the plot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.training.rows import Blocks, Rows


class Shown(NamedTuple):
    """Points to join by a line, some two to a column of pixels; (n,) float64 each."""

    steps: np.ndarray
    values: np.ndarray


class Trace:
    """Values at rising steps; every question about them costs the columns asked for, not n."""

    def __init__(self, steps: np.ndarray | None = None, values: np.ndarray | None = None):
        # Steps are floats because plots search and scale them as floats; exact up to 2**53.
        self._steps = Rows()
        self._values = Rows()
        self._sums = Rows()  # of the finite values up to and with each
        self._counts = Rows()  # of those
        self._lowest = Blocks(np.fmin, self._values)
        self._highest = Blocks(np.fmax, self._values)
        if steps is not None:
            self.append(steps, values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def steps(self) -> np.ndarray:
        """(n,) float64, rising."""
        return self._steps.rows()

    @property
    def values(self) -> np.ndarray:
        """(n,) float64."""
        return self._values.rows()

    def append(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Add values (m,) at steps (m,) that rise and come after all others."""
        first = len(self)
        self._steps.append(steps)
        self._values.append(values)
        added = self.values[first:]
        finite = np.isfinite(added)
        for rows, part in ((self._sums, np.where(finite, added, 0.0)), (self._counts, finite)):
            before = rows.rows()[-1] if first else 0.0
            rows.append(before + np.cumsum(part, dtype=np.float64))
        self._lowest.update(first)
        self._highest.update(first)

    def cut(self, count: int) -> None:
        """Keep the first `count` values."""
        for rows in (self._steps, self._values, self._sums, self._counts):
            rows.cut(count)
        self._lowest.update(count)
        self._highest.update(count)

    def within(self, low: float, high: float, columns: int) -> Shown:
        """What a line through all values between two steps looks like in so many columns.

        One value more on either side; the lowest and the highest of each column, in turn.
        """
        first, last = self._around(low, high)
        if last - first <= 2 * columns:
            return Shown(self.steps[first:last], self.values[first:last])
        edges = np.linspace(first, last, columns + 1).astype(np.int64)
        lowest, taken = self._lowest.over(edges)
        highest, _ = self._highest.over(edges)
        # Without its ends a line that is zoomed into would hang in the air.
        begun = np.maximum(taken[:-1], first)
        steps = np.concatenate(
            [[self.steps[first]], np.repeat(self.steps[begun], 2), [self.steps[last - 1]]]
        )
        values = np.stack([lowest, highest], axis=1).ravel()
        values = np.concatenate([[self.values[first]], values, [self.values[last - 1]]])
        return Shown(steps, values)

    def smoothed(self, low: float, high: float, columns: int, window: int) -> Shown:
        """The mean of the last `window` values, or of a column's where that holds more."""
        first, last = self._around(low, high)
        count = min(last - first, columns)
        ends = np.linspace(first, last - 1, count).astype(np.int64)
        return Shown(self.steps[ends], self.means(ends, max(window, (last - first) // columns)))

    def means(self, ends: np.ndarray, window: int) -> np.ndarray:
        """At positions `ends` (k,): the mean of the last `window` finite values up to there."""
        before = ends - window
        sums, counts = self._sums.rows(), self._counts.rows()
        inside = before >= 0
        total = sums[ends] - np.where(inside, sums[before], 0.0)
        count = counts[ends] - np.where(inside, counts[before], 0.0)
        return total / np.where(count > 0, count, np.nan)

    def _around(self, low: float, high: float) -> tuple[int, int]:
        first = max(0, int(np.searchsorted(self.steps, low)) - 1)
        return first, min(len(self), int(np.searchsorted(self.steps, high, side="right")) + 1)
