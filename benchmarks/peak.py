"""How fast this machine multiplies matrices, and what share of that a network's work takes.

It does not know the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

SIZE = {"cpu": 2048, "cuda": 8192}
TRIES = 8


@cache
def peak(dtype: torch.dtype, device: str = "cpu") -> float:
    """Floating-point operations a second in a product of two large matrices, the best of some."""
    size = SIZE.get(device, SIZE["cpu"])
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    best = 0.0
    for _ in range(TRIES):
        settle(device)
        started = time.perf_counter()
        left @ right
        settle(device)
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def settle(device: str) -> None:
    """Wait until a GPU has done what it was asked."""
    if device == "cuda":
        torch.cuda.synchronize()


def operations(work: Callable[[], object]) -> int:
    """How many floating-point operations the convolutions and products of `work` are."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def share(
    per_second: float, operations_each: float, dtype: torch.dtype, device: str = "cpu"
) -> str:
    """What part of the peak so many a second are, as words for the table."""
    kind = "bf16" if dtype is torch.bfloat16 else "fp32"
    fastest = peak(dtype, device)
    part = per_second * operations_each / fastest
    return f"{part:.0%} of {fastest / 1e9:.0f} GFLOP/s {kind}"
