"""Samples of z against the moments they promise."""

from __future__ import annotations

import numpy as np
import pytest

from models.aggregate import Aggregate, principal_axes
from models.observation import Posterior
from models.sampling import sample_aggregate, sample_posterior, sample_prior

COVARIANCE = np.array([[2.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 0.01]])
MEAN = np.array([1.0, -2.0, 0.5])


def aggregate(covariance):
    return Aggregate(
        MEAN, covariance, *principal_axes(covariance), np.array([0.5]), np.zeros((3, 1))
    )


def many(draw):
    samples = [draw() for _ in range(20_000)]
    assert all(sample.shape == (3,) and sample.dtype == np.float32 for sample in samples)
    return np.array(samples, float)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_of_the_prior(rng, temperature):
    z = many(lambda: sample_prior(rng, 3, temperature))
    np.testing.assert_allclose(z.mean(0), 0, atol=0.06)
    np.testing.assert_allclose(np.cov(z.T), temperature**2 * np.eye(3), atol=0.15)


def test_the_prior_at_temperature_zero_is_its_mean(rng):
    np.testing.assert_array_equal(sample_prior(rng, 3, 0.0), np.zeros(3))


def test_of_the_aggregate_posterior(rng):
    z = many(lambda: sample_aggregate(rng, aggregate(COVARIANCE)))
    np.testing.assert_allclose(z.mean(0), MEAN, atol=0.05)
    np.testing.assert_allclose(np.cov(z.T), COVARIANCE, atol=0.06)


def test_a_covariance_of_few_frames_gives_samples_too(rng):
    flat = np.outer([1, 1, 0], [1, 1, 0]).astype(float)
    z = many(lambda: sample_aggregate(rng, aggregate(flat)))
    np.testing.assert_allclose(np.cov(z.T), flat, atol=0.05)
    np.testing.assert_allclose(z[:, 0] - z[:, 1], MEAN[0] - MEAN[1], atol=1e-5)


def test_of_the_posterior_of_a_frame(rng):
    sigma = np.array([0.1, 1.0, 0.0], np.float32)
    z = many(lambda: sample_posterior(rng, Posterior(MEAN.astype(np.float32), sigma)))
    np.testing.assert_allclose(z.mean(0), MEAN, atol=0.03)
    np.testing.assert_allclose(z.std(0), sigma, atol=0.02)
