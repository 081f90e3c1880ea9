"""How often something happens a second; it does not know what."""

from __future__ import annotations

import time
from collections import deque

WINDOW_SECONDS = 3.0


class Rate:
    """Counts over the last WINDOW_SECONDS, so that a read-out is calm but follows changes."""

    def __init__(self):
        self._counts: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def add(self, count: float) -> None:
        """That many happened just now."""
        self._total += count
        self._counts.append((time.perf_counter(), self._total))

    def clear(self) -> None:
        """Forget; after a pause the gap would count as slowness."""
        self._counts.clear()

    def per_second(self) -> float:
        """The mean rate; 0 when nothing happened lately."""
        now = time.perf_counter()
        while self._counts and now - self._counts[0][0] > WINDOW_SECONDS:
            self._counts.popleft()
        if len(self._counts) < 2:
            return 0.0
        (first, before), (last, after) = self._counts[0], self._counts[-1]
        return (after - before) / max(last - first, 1e-9)
