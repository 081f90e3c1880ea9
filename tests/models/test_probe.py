"""Probes against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.probe import fit

DIM = 6


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def mu(rng):
    return rng.normal(size=(4000, DIM)) * np.array([1, 2, 0.5, 1, 1, 0]) + 3


@pytest.fixture
def episode():
    return np.repeat(np.arange(20), 200)


def test_a_linear_quantity_is_found_with_its_weights(mu, episode):
    probe = fit("speed", mu, 2 * mu[:, 1] - mu[:, 2] + 7, episode)
    assert probe.r2 > 0.999
    assert probe.weights == pytest.approx([0, 2, -1, 0, 0, 0], abs=1e-2)
    assert probe.read(mu[:3]) == pytest.approx(2 * mu[:3, 1] - mu[:3, 2] + 7, abs=0.05)


def test_noise_leaves_the_share_that_can_be_known(mu, episode, rng):
    signal = mu[:, 0] + mu[:, 3]  # variance 2
    probe = fit("offset", mu, signal + rng.normal(size=len(mu)), episode)
    assert probe.r2 == pytest.approx(2 / 3, abs=0.03)
    assert probe.r2_alone[[0, 3]] == pytest.approx([1 / 3, 1 / 3], abs=0.04)
    assert abs(probe.r2_alone[[1, 2, 4, 5]]).max() < 0.01


def test_what_frames_do_not_hold_is_not_read_from_them(mu, episode, rng):
    # A number that changes with the episode only, as a constant speed would be: within an episode
    # it is the same everywhere, and between them nothing in mu tells it.
    probe = fit("yaw rate", mu, rng.normal(size=20)[episode], episode)
    assert probe.r2 < 0.02


def test_neighbours_do_not_help_each_other(rng):
    # mu tells the episode and not the quantity: leaving single frames out would find R^2 of 1.
    episode = np.repeat(np.arange(30), 50)
    mu = np.eye(30)[episode] + 0.01 * rng.normal(size=(1500, 30))
    assert fit("x", mu, rng.normal(size=30)[episode], episode).r2 < 0.1


def test_a_constant_is_no_achievement(mu, episode):
    assert fit("x", mu, np.ones(len(mu)), episode).r2 == 0


def test_a_single_episode_is_refused(mu):
    with pytest.raises(ValueError, match="single group"):
        fit("x", mu, mu[:, 0], np.zeros(len(mu)))


def test_it_is_ridge_regression_that_leaves_each_episode_out_in_turn(rng):
    # By hand, on so few episodes that each is a fold: least squares of rows that carry the penalty.
    episode = np.repeat([3, 5, 8, 9], (40, 30, 50, 35))
    mu = rng.normal(size=(155, DIM)) @ rng.normal(size=(DIM, DIM)) + 5
    quantity = 3 * mu[:, 2] - mu[:, 4] + 6 * rng.normal(size=155) + 100
    probe = fit("x", mu, quantity, episode)

    def solve(x, y, penalty):
        mean, scale = x.mean(0), x.std(0)
        below = np.sqrt(penalty) * np.eye(x.shape[1])
        tall = np.vstack([(x - mean) / scale, below]), np.r_[y - y.mean(), np.zeros(x.shape[1])]
        weights = np.linalg.lstsq(*tall, rcond=None)[0] / scale
        return weights, y.mean() - mean @ weights

    def r2(x, penalty):
        missed = 0.0
        for out in np.unique(episode):
            here = episode == out
            weights, bias = solve(x[~here], quantity[~here], penalty)
            missed += np.square(quantity[here] - x[here] @ weights - bias).sum()
        return 1 - missed / np.square(quantity - quantity.mean()).sum()

    penalties = 10.0 ** np.arange(-3, 5)
    tried = [r2(mu, penalty) for penalty in penalties]
    best = int(np.argmax(tried))
    weights, bias = solve(mu, quantity, penalties[best])
    assert 0.3 < probe.r2 < 0.95
    assert probe.r2 == pytest.approx(tried[best], abs=1e-6)
    assert probe.weights == pytest.approx(weights, abs=1e-5)
    assert probe.bias == pytest.approx(bias, abs=1e-4)
    assert probe.r2_alone == pytest.approx([r2(mu[:, [i]], 0.0) for i in range(DIM)], abs=1e-6)


def test_single_precision_far_from_zero_is_read_as_well(mu, episode):
    probe = fit("x", (mu + 300).astype(np.float32), mu[:, 0].astype(np.float32) - 40, episode)
    assert probe.r2 > 0.999
