"""Whether what is seen is unlike what the model was trained on, told without flicker.

It does not know where the figures come from, nor who says the sentence.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

FRAMES = 25  # that are weighed together, half a second of a drive
MANY = 13  # of them, outside, begin a warning: one frame in 200 is outside by definition

Range = tuple[float, float]


class Usual(NamedTuple):
    """What 99.5 % of the held-out frames keep to; None where the model's file does not say."""

    kl: Range | None = None  # nats per frame
    error: Range | None = None  # squared error of the reconstruction, summed over an image in 0..1


class Surprise:
    """Weighs the KL and the error of frame after frame against what is usual.

    A warning begins when most frames of half a second are outside, and ends when none is.
    """

    def __init__(self) -> None:
        self._outside = {"kl": deque(maxlen=FRAMES), "error": deque(maxlen=FRAMES)}
        self._warned = {"kl": False, "error": False}

    def weigh(self, usual: Usual, kl: float, error: float | None) -> str:
        """What to say with one more frame; empty for nothing. An error of None is not judged."""
        values = {"kl": kl, "error": error}
        for name, outside in self._outside.items():
            outside.append(is_outside(values[name], getattr(usual, name)))
            count = sum(outside)
            self._warned[name] = count >= MANY or (self._warned[name] and count > 0)
        return _sentence(usual, values, self._warned)

    @staticmethod
    def judge(usual: Usual, kl: float, error: float | None) -> str:
        """What to say of one frame alone; empty for nothing. An error of None is not judged."""
        values = {"kl": kl, "error": error}
        outside = {name: is_outside(value, getattr(usual, name)) for name, value in values.items()}
        return _sentence(usual, values, outside)


def is_outside(value: float | None, usual: Range | None) -> bool:
    """Whether a value leaves its range; never where one of them is unknown."""
    return value is not None and usual is not None and not usual[0] <= value <= usual[1]


def _sentence(usual: Usual, values: dict[str, float | None], told: dict[str, bool]) -> str:
    parts = []
    if told["kl"] and usual.kl is not None:
        low, high = usual.kl
        parts.append(f"KL {values['kl']:.0f} nats (usual {low:.0f} to {high:.0f})")
    if told["error"] and usual.error is not None and values["error"] is not None:
        parts.append(f"error {values['error']:.0f} (usual up to {usual.error[1]:.0f})")
    return f"unlike the training data: {', '.join(parts)}" if parts else ""
