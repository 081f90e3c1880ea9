"""Threads of one core each that share out a training step; it does not know what they compute.

Torch's own threads meet at every operation, some two hundred times a step, and wait there for the
slowest. With two cores and a third program at work that made 90 images a second, parts of the
batch that meet twice a step 190; on a quiet machine both make the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from models.device import use_threads


class Team:
    """As many threads as `size`, the calling one idle meanwhile; with a size of 1 none but it.

    To be used in a `with` statement, by one thread, which computes on one core meanwhile.
    """

    def __init__(self) -> None:
        self.size = 1
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Team:
        self._threads = torch.get_num_threads()
        use_threads(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.resize(1)
        use_threads(self._threads)

    def resize(self, size: int) -> None:
        """Be `size` threads from the next `map` on."""
        if size == self.size:
            return
        if self._pool:
            self._pool.shutdown()
        self.size = size
        self._pool = ThreadPoolExecutor(size, "team", use_threads, (1,)) if size > 1 else None

    def map(self, function: Callable, *columns: Iterable) -> list[Any]:
        """The function's answers to each row of the columns, in their order."""
        return list((self._pool.map if self._pool else map)(function, *columns))
