"""What happened in a drive, as far as its telemetry tells.

It does not know who marks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

GRASS, ROAD, RESTART, LAP = "grass", "road", "restart", "lap"
REPLAY, LIVE, JUMP = "replay", "live", "jump"


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
        return RESTART
    if now.lap:
        return LAP
    if told.on_grass != was.on_grass:
        return GRASS if told.on_grass else ROAD
    return ""
