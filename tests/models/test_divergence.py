"""The bounds of the aggregate posterior's KL where it is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from models.divergence import prior_divergence


def posteriors(n, mean, spread, width, seed=0):
    """n posteriors N(mu, width^2) with mu ~ N(mean, spread^2): q(z) is N(mean, spread^2 + width^2);
    gives them with a sample of each, and the KL of q(z) against N(0, I)."""
    rng = np.random.default_rng(seed)
    mean, spread, width = (np.array(part, float) for part in (mean, spread, width))
    mu = rng.normal(mean, spread, (n, len(mean)))
    sigma = np.broadcast_to(width, mu.shape)
    variance = torch.tensor(spread**2 + width**2)
    whole = MultivariateNormal(torch.tensor(mean), torch.diag(variance))
    prior = MultivariateNormal(torch.zeros(len(mean)).double(), torch.eye(len(mean)).double())
    return (mu, sigma, rng.normal(mu, sigma)), kl_divergence(whole, prior).item()


@pytest.mark.parametrize(
    ("mean", "spread", "width"),
    [
        ([0, 0], [0.8, 0.6], [0.6, 0.8]),  # the prior itself
        ([1, -2], [0.5, 0.3], [0.5, 0.4]),
        ([0, 0], [2, 0.1], [0.5, 0.2]),
    ],
)
def test_both_bounds_close_around_a_gaussian(mean, spread, width):
    parts, expected = posteriors(4000, mean, spread, width)
    lower, upper = prior_divergence(*parts)
    assert lower == pytest.approx(expected, abs=0.12)
    assert upper == pytest.approx(expected, abs=0.12)
    assert lower <= upper


def test_the_truth_lies_between_when_posteriors_are_narrow():
    """Eight latents that tell 18 nats: no few hundred frames can fill that space."""
    parts, expected = posteriors(400, [0.5] * 8, [1] * 8, [0.1] * 8)
    lower, upper = prior_divergence(*parts)
    assert 0 <= lower < expected < upper
    more = prior_divergence(*posteriors(3000, [0.5] * 8, [1] * 8, [0.1] * 8)[0])
    assert lower <= more.lower < expected < more.upper < upper


def test_the_upper_bound_leaves_no_more_than_the_logarithm_of_the_frames_to_tell():
    (mu, sigma, z), _ = posteriors(300, [0] * 8, [1] * 8, [0.01] * 8)
    rate = kl_divergence(Normal(torch.tensor(mu), torch.tensor(sigma)), Normal(0, 1)).sum(1).mean()
    upper = prior_divergence(mu, sigma, z).upper
    # Each sample lies in its own posterior alone, which is 1 of 300.
    assert rate.item() - upper == pytest.approx(np.log(300), abs=0.3)


def test_a_single_frame_is_its_own_aggregate():
    sigma = np.full((1, 2), 0.5, np.float32)
    lower, upper = prior_divergence(np.zeros((1, 2), np.float32), sigma, np.zeros((1, 2)))
    assert lower == 0
    assert upper == pytest.approx(2 * np.log(2))  # log N(0; 0, 1/4) - log N(0; 0, 1), twice
