"""What happened in a drive, as far as its telemetry tells.

It does not know who draws the marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

GRASS, ROAD, RESTART, LAP = "grass", "road", "restart", "lap"
LEFT = "left the field"  # as an Observation tells why a drive begins anew
REPLAY, LIVE, JUMP = "replay", "live", "jump"
_MOST_TELLING_FIRST = LAP, LEFT, RESTART, REPLAY, LIVE, GRASS, ROAD, JUMP
APART = 5  # frames between two marks at least, some pixels
JUMPS_APART = 25  # between two jumps that are not of one move through a recording


def rank(word: str) -> int:
    """How telling an event is, 0 the most."""
    return _MOST_TELLING_FIRST.index(word)


class Marks:
    """Events that stand apart: of several at one place the most telling, of many jumps the first.

    `kept` are (number of the frame, word), the oldest first.
    """

    def __init__(self) -> None:
        self.kept: list[tuple[int, str]] = []
        self._jumped = -JUMPS_APART  # the number of the last jump, marked or not

    def add(self, number: int, word: str) -> None:
        """Take the next event, of the frame of that number."""
        if word == JUMP:
            again, self._jumped = number - self._jumped < JUMPS_APART, number
            if again:
                return
        if self.kept and number - self.kept[-1][0] < APART:
            if rank(self.kept[-1][1]) <= rank(word):
                return
            del self.kept[-1]
        self.kept.append((number, word))

    def forget(self, first: int) -> None:
        """Let go of those before the frame of that number."""
        while self.kept and self.kept[0][0] < first:
            del self.kept[0]


def events(before: Any, observations: Sequence) -> list[tuple[int, str]]:
    """The index in `observations` of each event, and a word for it, in order.

    `before` is the Observation before the first of them, None where it is not known.
    """
    found = []
    for index, now in enumerate(observations):
        if before is not None and (word := _between(before, now)):
            found.append((index, word))
        before = now
    return found


def _between(before: Any, now: Any) -> str:
    was, told = before.telemetry, now.telemetry
    if (before.place is None) != (now.place is None):
        return LIVE if now.place is None else REPLAY
    if now.place is not None and now.place <= before.place:
        return JUMP if now.place < before.place else ""  # back by the hand, or resting at the end
    if told.step <= was.step:
        return LEFT if now.begun == LEFT else RESTART
    if now.lap:
        return LAP
    if told.on_grass != was.on_grass:
        return GRASS if told.on_grass else ROAD
    return ""
