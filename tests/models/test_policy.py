"""Who drives without a person: noise, and the autopilot in all its styles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.carracing import rollout
from models.policy import Autopilot, Noise, any_style


def test_noise_stays_within_the_actions_and_follows_its_seed():
    first, again, other = (
        np.array([policy(None) for _ in range(500)]) for policy in (Noise(1), Noise(1), Noise(2))
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first >= [-1, 0, 0]).all() and (first <= 1).all()
    assert (first.std(0) > 0.05).all()


def drive(policy, track, steps=300):
    return [seen.telemetry for seen in rollout(policy, track, steps=steps, every=20)]


def test_the_autopilots_drive_follows_from_its_seed():
    first, again, other = (drive(Autopilot(seed), 21, 200) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_an_autopilot_without_a_style_draws_another_for_each_episode():
    policy = Autopilot(3)
    one, another = (drive(policy, 21) for _ in range(2))
    assert one != another


def test_the_autopilots_drives_are_varied_and_their_actions_possible():
    policy = Autopilot(0)
    drives = [drive(policy, track, 400) for track in range(30, 38)]
    told = [row for each in drives for row in each[5:]]
    actions = np.array([row.action for row in told])
    assert (actions >= [-1, 0, 0]).all() and (actions <= 1).all()
    speeds = [row.speed for row in told]
    assert np.percentile(speeds, 5) < 20 and np.percentile(speeds, 95) > 45
    grass = np.mean([row.on_grass for row in told])
    assert 0.02 < grass < 0.6
    returns = sum(a.on_grass and not b.on_grass for each in drives for a, b in pairwise(each))
    assert returns > 0  # to the road


def test_styles_are_as_various_as_drivers():
    rng = np.random.default_rng(0)
    styles = [any_style(rng) for _ in range(200)]
    cruise = [style.cruise for style in styles]
    assert min(cruise) < 20 and max(cruise) > 75
    assert {style.mishaps for style in styles} == {0.0, 0.1, 0.3}
