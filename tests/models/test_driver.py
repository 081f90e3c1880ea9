"""Who is at the wheel: keys whose steering is ramped, a gamepad beside them, the autopilot."""

from __future__ import annotations

from itertools import pairwise

import pytest

from models.carracing import STEPS_PER_SECOND
from models.controls import Controls
from models.driver import STEER_RATE, Driver

LEFT, RIGHT, NOTHING = (-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 0.0)


class Pad:
    """What a person does with a gamepad."""

    action = None


@pytest.fixture
def pad():
    return Pad()


@pytest.fixture
def driver(pad):
    return Driver(lambda: pad.action)


def acting(driver, keys):
    return driver.act(None, Controls(action=keys))


def steering(driver, keys, steps):
    return [acting(driver, keys)[0] for _ in range(steps)]


def test_held_steering_ramps_to_full_lock_in_a_quarter_of_a_second(driver):
    ramp = steering(driver, RIGHT, 20)
    assert ramp[0] == pytest.approx(4 / STEPS_PER_SECOND)
    assert ramp == sorted(ramp)
    assert ramp.index(1.0) == STEPS_PER_SECOND // 4
    assert ramp[-1] == 1.0


def test_released_steering_ramps_back_to_straight_ahead(driver):
    steering(driver, LEFT, 20)
    ramp = steering(driver, NOTHING, 20)
    assert ramp[0] == pytest.approx(STEER_RATE - 1)
    assert ramp[-1] == 0


def test_steering_never_jumps_even_from_lock_to_lock(driver):
    before, after = steering(driver, LEFT, 20), steering(driver, RIGHT, 40)
    assert after[-1] == 1.0
    steps = [abs(b - a) for a, b in pairwise([*before, *after])]
    assert max(steps) <= STEER_RATE + 1e-9


def test_gas_and_brake_act_at_once(driver):
    assert acting(driver, (0.0, 1.0, 0.8)) == (0.0, 1.0, 0.8)


def test_an_episode_begins_straight_ahead(driver):
    steering(driver, RIGHT, 20)
    driver.straighten()
    assert acting(driver, NOTHING) == NOTHING


def test_a_stick_is_the_wheel_itself(driver, pad):
    pad.action = (-0.7, 0.0, 0.0)
    assert acting(driver, NOTHING) == (-0.7, 0.0, 0.0)
    pad.action = (0.7, 0.4, 0.0)
    assert acting(driver, NOTHING) == (0.7, 0.4, 0.0)
    pad.action = None
    assert acting(driver, NOTHING)[0] == pytest.approx(0.7 - STEER_RATE)


def test_the_stronger_of_keys_and_gamepad_counts(driver, pad):
    pad.action = (-0.5, 0.6, 0.1)
    assert acting(driver, (1.0, 0.0, 0.8)) == (pytest.approx(STEER_RATE), 0.6, 0.8)
    assert acting(driver, (0.0, 1.0, 0.0)) == (-0.5, 1.0, 0.1)
