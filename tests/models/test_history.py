"""A training's curve: thinned, yet whole; and what a file may say about it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models import history as thinning
from models.history import History, Point
from models.train import HeldOut, TrainStep

EVERY = 20


def run(history, first, last, batch=4):
    """Adds steps `first` to `last` as `train` yields them; losses tell the step."""
    for step in range(first, last + 1):
        tested = step in (1, last) or step % EVERY == 0
        held_out = (
            HeldOut(step / 2, np.array([step / 8, step / 8]), np.zeros(2), np.ones(2))
            if tested
            else None
        )
        history.add(TrainStep(step, float(step), np.array([step, 1.0]), held_out), batch * step)


def steps(history):
    return [point.step for point in history.points]


def test_a_point_a_test_with_the_batches_before_it():
    history = History()
    run(history, 1, 45)
    assert steps(history) == [1, 20, 40, 45]
    assert history.points[0] == Point(1, 4, 1.0, 2.0, 0.5, 0.25)
    mean = np.mean(range(2, 21))
    assert history.points[1] == Point(20, 80, mean, mean + 1, 10.0, 5.0)


def test_a_long_run_is_kept_whole_in_few_points(monkeypatch):
    monkeypatch.setattr(thinning, "POINTS", 16)
    history = History()
    for last in range(2000, 20001, 2000):
        run(history, last - 1999, last)
        assert len(history.points) <= 16
        assert steps(history)[0] == 1 and steps(history)[-1] == last
    gaps = np.diff(steps(history))
    assert gaps.max() <= 2 * np.median(gaps)
    assert gaps[:-1].min() >= np.median(gaps) / 2


def test_resuming_changes_nothing(monkeypatch):
    monkeypatch.setattr(thinning, "POINTS", 16)
    whole, first = History(["make it"]), History(["make it"])
    run(whole, 1, 3000)
    run(first, 1, 1200)
    second = History.of(json.loads(json.dumps(first.record())))
    run(second, 1201, 3000)
    assert second.record() == whole.record()


def test_a_record_without_a_history_is_an_empty_one():
    empty = History.of({"steps": 5, "beta": 0.5})
    assert (empty.points, empty.commands) == ([], [])
    assert History.of(empty.record()).points == []


@pytest.mark.parametrize(
    "record",
    [
        5,
        [1, 2],
        {"curve": [1]},
        {"curve": {"step": [1]}},
        {"curve": {name: 1 for name in Point._fields}},
        {"curve": {name: ["a"] for name in Point._fields}},
        {"curve": {name: [float("nan")] for name in Point._fields}},
        {"curve": {name: [1] * (1 + (name == "kl")) for name in Point._fields}},
        {"commands": 5},
    ],
    ids=str,
)
def test_a_record_of_another_thing(record):
    with pytest.raises((KeyError, TypeError, ValueError)):
        History.of(record)
