"""What the numbers of a run may be, for those that come out of a file.

It does not know what a run does with them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from models.device import DEVICES
from models.errors import InputError
from models.schedule import KL_WARM_UPS, SCHEDULES
from models.tensor_file import LARGEST
from models.train import TrainConfig

WHOLE = {
    "latent_dim": (1, LARGEST["latent_dim"]),
    "kl_warm_up_steps": (0, sys.maxsize),
    "capacity_steps": (0, sys.maxsize),
    "batch_size": (1, 65536),  # frames of it take 1 GB
    "steps": (1, sys.maxsize),  # which is no end at all
    "warm_up": (0, sys.maxsize),
    "patience": (0, sys.maxsize),
    "seed": (0, 2**63 - 1),
    "threads": (1, 1024),
}
"""The least and the largest of each whole number."""

LARGE = 1e12  # what a run cannot have meant, and still can be computed with
REAL = {
    "beta": (0, LARGE),
    "capacity": (0, LARGE),
    "free_bits": (0, LARGE),
    "kl_floor": (0, LARGE),
    "kl_floor_from": (0, LARGE),
    "kl_floor_hold": (0, 0.999),
    "learning_rate": (0, LARGE),
    "minutes": (0, LARGE),
    "average": (0, 1),
    "held_out": (0, 0.999),
    "snapshot_seconds": (0, LARGE),
}
"""The least and the largest of each other number."""

CHOICES = {"kl_warm_up": KL_WARM_UPS, "schedule": SCHEDULES, "device": DEVICES}
NEEDED = ("latent_dim", "beta", "batch_size", "learning_rate", "steps", "seed")
"""What no default may stand for, as it might for a field that is younger than the file."""


def checked(values: Any, path: Path) -> TrainConfig:
    """The TrainConfig of a mapping that was read from the file at `path`.

    Raises InputError with one sentence where it is none, or one that no run can have.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{path}: its config is not a mapping.")
    defaults = {field.name: field.default for field in fields(TrainConfig)}
    if strange := [name for name in values if name not in defaults]:
        raise InputError(f"{path}: its config names {strange[0]!r}, which no run here has.")
    if lacking := [name for name in NEEDED if name not in values]:
        raise InputError(f"{path}: its config lacks {lacking[0]!r}.")
    for name, value in values.items():
        if expected := _fault(name, value, defaults[name]):
            raise InputError(
                f"{path}: its config's {name} is {_cut(value)} where {expected} is expected."
            )
    return TrainConfig(**values)


def _fault(name: str, value: Any, default: Any) -> str:
    """What is expected in place of a value; empty where it may be that."""
    if value is None and default is None:
        return ""
    if name in CHOICES:
        fits = isinstance(value, str) and value in CHOICES[name]
        return "" if fits else "one of " + ", ".join(map(repr, CHOICES[name]))
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    least, largest = (WHOLE | REAL)[name]
    kind, word = (int, "a whole number") if name in WHOLE else (int | float, "a number")
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if is_number and least <= value <= largest:  # which no NaN is
        return ""
    return f"{word} from {least}" + (f" to {largest}" if largest < LARGE else " on")


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
