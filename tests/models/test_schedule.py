"""How a run's numbers move with its step, against their figures in the papers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.schedule import capacity_at, kl_floor_at, kl_weight_at, learning_rate_at
from models.train import TrainConfig

CONFIG = TrainConfig(beta=4.0, kl_warm_up_steps=100, steps=1000)


def weights(config, *steps):
    return [kl_weight_at(config, step) for step in steps]


def test_without_a_warm_up_the_weight_is_beta_from_the_first_step():
    assert weights(CONFIG, 0, 1, 10_000) == [4, 4, 4]


def test_a_linear_warm_up_rises_once():
    config = replace(CONFIG, kl_warm_up="linear")
    assert weights(config, 0, 25, 50, 100, 101, 500) == [0, 1, 2, 4, 4, 4]


def test_a_cyclical_warm_up_rises_in_each_first_half_and_stays_in_the_second():
    config = replace(CONFIG, kl_warm_up="cyclical")
    assert weights(config, 0, 25, 50, 75, 99) == [0, 2, 4, 4, 4]
    assert weights(config, 100, 125, 150, 1075) == [0, 2, 4, 4]


def test_a_calibrated_likelihood_warms_up_to_one():
    config = replace(CONFIG, calibrated=True, kl_warm_up="linear")
    assert weights(config, 0, 50, 100, 1000) == [0, 0.5, 1, 1]


@pytest.mark.parametrize("start, halfway", [(40.0, 25.0), (4.0, 7.0)])
def test_the_kl_floor_moves_after_the_hold_and_arrives_before_the_end(start, halfway):
    config = replace(CONFIG, kl_floor=10.0, kl_floor_from=start, kl_floor_hold=0.5)
    floors = {done: kl_floor_at(config, done) for done in (0, 0.5, 0.65, 0.8, 1)}
    assert floors == pytest.approx({0: start, 0.5: start, 0.65: halfway, 0.8: 10, 1: 10})


def test_a_kl_floor_alone_stays():
    config = replace(CONFIG, kl_floor=10.0)
    assert [kl_floor_at(config, done) for done in (0, 0.5, 1)] == [10, 10, 10]


def test_the_capacity_rises_to_its_end_and_stays():
    config = replace(CONFIG, capacity=20.0, capacity_steps=50)
    assert [capacity_at(config, step) for step in (0, 10, 50, 900)] == [0, 4, 20, 20]
    assert capacity_at(CONFIG, 10) == 0


def test_the_learning_rate_goes_up_a_line_and_down_a_cosine():
    config = replace(CONFIG, learning_rate=1.0, warm_up=10)
    assert learning_rate_at(config, 0.0, 4) == 0.5
    for progress in (0.1, 0.5, 0.9, 1.0):
        expected = (1 + math.cos(math.pi * progress)) / 2
        assert learning_rate_at(config, progress, 500) == pytest.approx(expected)


def test_a_constant_learning_rate_stays_up():
    config = replace(CONFIG, learning_rate=1.0, warm_up=10, schedule="constant")
    assert [learning_rate_at(config, p, s) for p, s in ((0, 4), (0.5, 50), (1, 100))] == [0.5, 1, 1]
