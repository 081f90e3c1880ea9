"""The processes that train one model together, as `torchrun` starts them; alone, none but this one.

It does not know what is trained.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from models.errors import InputError


class Ranks(NamedTuple):
    """Which of how many this process is."""

    rank: int = 0
    size: int = 1
    beside: int = 1  # of them are on this machine

    @property
    def leads(self) -> bool:
        """Whether this one writes and tells for all."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Which of `count` items are this process's, evenly cut."""
        return slice(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, the same in every one."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))

    def mean(self, *numbers: float) -> tuple[float, ...]:
        """Their means over all processes, the same in every one."""
        if self.size == 1:
            return numbers
        told = torch.tensor(numbers, dtype=torch.float64)
        dist.all_reduce(told)
        return tuple((told / self.size).tolist())


ALONE = Ranks()


@contextmanager
def joined() -> Iterator[Ranks]:
    """The processes that `torchrun` started with this one: gloo between CPUs, nccl between GPUs.

    Raises InputError where there are more processes on a machine than GPUs.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield ALONE
        return
    if torch.cuda.is_available():
        place = int(os.environ["LOCAL_RANK"])
        if place >= torch.cuda.device_count():
            raise InputError(f"there is no GPU for process {place} of this machine.")
        torch.cuda.set_device(place)
        dist.init_process_group("cpu:gloo,cuda:nccl")
    else:
        dist.init_process_group("gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), int(os.environ["LOCAL_WORLD_SIZE"]))
        dist.barrier()  # what one still writes must not be ended by another's end
    finally:
        dist.destroy_process_group()
