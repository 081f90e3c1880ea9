"""Laps of the live drive: how long each took, how much of it on grass, who drove it and how.

It does not know the track, only that the car has come round.
"""

from __future__ import annotations

from typing import NamedTuple

from models.carracing import STEPS_PER_SECOND
from models.observation import Observation


class Lap(NamedTuple):
    """From the start of an episode until the car came round."""

    seed: int  # of the track
    seconds: float  # of the game, 50 steps each: a drive that is held does not count
    grass_seconds: float  # with no wheel on the road
    mode: str | None  # who drove all of it, "you" or "autopilot"; None: both did
    goggles: bool | None  # whether all of it was driven by the reconstruction; None: a part of it

    @property
    def counts(self) -> bool:
        """Whether a person alone drove it, with goggles all the way or without them."""
        return self.mode == "you" and self.goggles is not None


class LapClock:
    """Told every step of a live drive, it gives the laps."""

    def __init__(self) -> None:
        self._begin()

    def add(self, seen: Observation, seed: int, mode: str, goggles: bool) -> Lap | None:
        """Take one step, who drove it, and whether by goggles; a Lap where it ended one.

        An episode that was not seen from its first step on gives none.
        """
        step = seen.telemetry.step
        if step == 1:
            self._begin()
        elif step != self._step + 1:
            self._whole = False
        self._step = step
        self._grass += seen.telemetry.on_grass
        self._modes.add(mode)
        self._goggles.add(goggles)
        if not (seen.lap and self._whole):
            return None
        return Lap(
            seed,
            step / STEPS_PER_SECOND,
            self._grass / STEPS_PER_SECOND,
            _only(self._modes),
            _only(self._goggles),
        )

    def _begin(self) -> None:
        self._step = self._grass = 0
        self._whole = True
        self._modes: set[str] = set()
        self._goggles: set[bool] = set()


def _only(values: set):
    return next(iter(values)) if len(values) == 1 else None
