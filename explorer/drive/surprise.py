"""Whether what is seen is unlike what the model was trained on, told without flicker.

It does not know where the figures come from, nor who says the sentence.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from explorer.widgets.numerals import short

FRAMES = 25  # that are weighed together, half a second of a drive
MANY = 13  # of them, outside, begin a warning: one frame in 200 is outside by definition

_ZOOMING = "unlike the training data: the camera still zooms in"

Range = tuple[float, float]


class Usual(NamedTuple):
    """What 99.5 % of the held-out frames keep to; None where the model's file does not say."""

    kl: Range | None = None  # nats per frame
    error: Range | None = None  # squared error of the reconstruction, summed over an image in 0..1


class Surprise:
    """Weighs the KL and the error of frame after frame against what is usual.

    A warning begins when most frames of half a second are outside, and ends when none is. It tells
    the one that is farthest outside. While the camera zooms in that is told instead, with no more
    patience than for a frame alone, and the frames count for nothing later.
    """

    def __init__(self) -> None:
        self._usual = Usual()
        self._frames: dict[str, deque] = {}  # their values where outside, else None
        self._warned: set[str] = set()
        self._begin(self._usual)

    def weigh(self, usual: Usual, kl: float, error: float | None, *, zooming: bool = False) -> str:
        """What to say with one more frame; empty for nothing. An error of None is not judged."""
        if zooming or usual != self._usual:
            self._begin(usual)
        if zooming:
            return self.judge(usual, kl, error, zooming=True)
        for name, value in (("kl", kl), ("error", error)):
            frames = self._frames[name]
            if value is None:
                frames.clear()
            frames.append(value if is_outside(value, getattr(usual, name)) else None)
            count = sum(each is not None for each in frames)
            if count >= MANY:
                self._warned.add(name)
            elif not count:
                self._warned.discard(name)
        return _sentence(usual, {name: self._farthest(name) for name in self._warned})

    @staticmethod
    def judge(usual: Usual, kl: float, error: float | None, *, zooming: bool = False) -> str:
        """What to say of one frame alone; empty for nothing. An error of None is not judged."""
        values = {"kl": kl, "error": error}
        outside = {k: v for k, v in values.items() if is_outside(v, getattr(usual, k))}
        return _ZOOMING if outside and zooming else _sentence(usual, outside)

    def _begin(self, usual: Usual) -> None:
        self._usual, self._warned = usual, set()
        self._frames = {name: deque(maxlen=FRAMES) for name in ("kl", "error")}

    def _farthest(self, name: str) -> float:
        low, high = getattr(self._usual, name)
        values = (value for value in self._frames[name] if value is not None)
        return max(values, key=lambda value: max(low - value, value - high))


def is_outside(value: float | None, usual: Range | None) -> bool:
    """Whether a value leaves its range; never where one of them is unknown."""
    return value is not None and usual is not None and not usual[0] <= value <= usual[1]


def _sentence(usual: Usual, told: dict[str, float]) -> str:
    parts = []
    if "kl" in told:
        low, high = usual.kl
        parts.append(f"KL {short(told['kl'], 0)} nats (usual {low:.0f} to {high:.0f})")
    if "error" in told:
        parts.append(f"error {short(told['error'], 0)} (usual up to {usual.error[1]:.0f})")
    return f"unlike the training data: {', '.join(parts)}" if parts else ""
