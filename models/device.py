"""Which device torch computes on; it does not know what is computed."""

from __future__ import annotations

import torch

from models.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str) -> torch.device:
    """The device of that name; `auto` takes a GPU where there is one.

    Raises InputError for a device this machine does not have.
    """
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if there[kind])
    if not there.get(name, False):
        raise InputError(f"--device {name}: this machine offers no such device to torch.")
    return torch.device(name)


def describe(device: torch.device) -> str:
    """A name for a person: the card's own, or the processor's kind."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def computes_in_bfloat16() -> bool:
    """Whether the processor does: elsewhere torch computes in its stead, some ten times slower."""
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


def use_threads(count: int) -> None:
    """Let the calling thread compute on `count` cores.

    Threads that have set their own number keep it; one that never did takes the number set last.
    """
    torch.set_num_threads(count)
