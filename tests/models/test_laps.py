"""Laps of a drive that is told step by step."""

from __future__ import annotations

import pytest

from models.laps import Lap, LapClock
from models.observation import Observation
from tests.telemetry import telemetry


def lap_of(
    steps=range(1, 101), grass=(), clock=None, mode=lambda k: "you", goggles=lambda k: False
):
    """What the clock says at each step, of which the last ends a lap."""
    clock = clock or LapClock()
    *before, last = [
        clock.add(
            Observation(None, None, 0.0, telemetry(k, on_grass=k in grass), lap=k == steps[-1]),
            7,
            mode(k),
            goggles(k),
        )
        for k in steps
    ]
    assert before == [None] * len(before)
    return last


@pytest.mark.parametrize("goggles", [False, True])
def test_a_persons_lap_counts_with_goggles_and_without(goggles):
    lap = lap_of(grass=range(20, 35), goggles=lambda k: goggles)
    assert lap == Lap(7, 2.0, 0.3, "you", goggles)
    assert lap.counts


@pytest.mark.parametrize(
    "how",
    [
        {"mode": lambda k: "autopilot"},
        {"mode": lambda k: "autopilot" if k == 50 else "you"},
        {"goggles": lambda k: k > 1},
    ],
)
def test_a_lap_that_was_not_one_persons_all_the_way_does_not_count(how):
    lap = lap_of(**how)
    assert lap.seconds == 2 and not lap.counts


def test_who_drove_what_part_is_said():
    assert lap_of(mode=lambda k: "autopilot").mode == "autopilot"
    mixed = lap_of(mode=lambda k: "autopilot" if k == 1 else "you", goggles=lambda k: k > 50)
    assert (mixed.mode, mixed.goggles) == (None, None)


def test_each_start_begins_anew():
    clock = LapClock()
    for k in range(1, 50):
        clock.add(Observation(None, None, 0.0, telemetry(k, on_grass=True)), 7, "autopilot", True)
    assert lap_of(clock=clock) == Lap(7, 2.0, 0.0, "you", False)
    assert lap_of(range(1, 51), clock=clock).seconds == 1


def test_an_episode_that_was_not_seen_whole_gives_no_lap():
    assert lap_of(range(2, 101)) is None
    assert lap_of([*range(1, 50), *range(60, 101)]) is None
