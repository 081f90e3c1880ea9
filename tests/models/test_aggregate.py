"""The aggregate posterior against numpy's own moments, and what it keeps in memory."""

from __future__ import annotations

import numpy as np
import pytest

from models import aggregate as aggregating
from models.aggregate import AggregateSums, Thinned, principal_axes

FRAMES, DIM = 400, 3
MEANS_COVARIANCE = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 0.01]])


@pytest.fixture
def posteriors():
    """mu, sigma and a sample of each: means that differ along two latents, the third collapsed."""
    rng = np.random.default_rng(0)
    mu = rng.multivariate_normal([1, -2, 0], MEANS_COVARIANCE, FRAMES)
    sigma = rng.uniform([0.1, 0.3, 0.95], [0.2, 0.5, 1.05], (FRAMES, DIM))
    parts = (mu, sigma, rng.normal(mu, sigma))
    return tuple(part.astype(np.float32) for part in parts)


def added(posteriors, size):
    sums = AggregateSums(FRAMES, DIM)
    for start in range(0, FRAMES, size):
        sums.add(*(part[start : start + size] for part in posteriors))
    return sums.aggregate()


def test_moments(posteriors):
    mu, sigma, _ = (part.astype(float) for part in posteriors)
    found = added(posteriors, FRAMES)
    np.testing.assert_allclose(found.mean, mu.mean(0), rtol=1e-9)
    # The law of total variance.
    total = np.cov(mu.T, bias=True) + np.diag((sigma**2).mean(0))
    np.testing.assert_allclose(found.covariance, total, atol=1e-9)
    np.testing.assert_allclose(found.std, np.sqrt(np.diag(total)), rtol=1e-9)


def test_streaming_equals_all_at_once(posteriors):
    whole = added(posteriors, FRAMES)
    for part, expected in zip(added(posteriors, 7), whole, strict=True):
        np.testing.assert_allclose(part, expected, atol=1e-9)


def test_the_axes_are_those_of_the_means(posteriors):
    mu = posteriors[0].astype(float)
    found = added(posteriors, FRAMES)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(DIM), atol=1e-9)
    np.testing.assert_allclose(found.variances, np.var(mu @ found.axes.T, axis=0), atol=1e-9)
    assert (np.diff(found.variances) < 0).all()
    # The covariance of q(z) itself would put the collapsed latent, of variance 1, before z1.
    assert np.abs(found.axes).argmax(1).tolist() == [0, 1, 2]
    of_q = principal_axes(found.covariance)[0]
    assert np.abs(of_q).argmax(1).tolist() == [0, 2, 1]


def test_the_sign_of_an_axis_does_not_depend_on_the_solver(posteriors, monkeypatch):
    covariance = added(posteriors, FRAMES).covariance
    expected, _ = principal_axes(covariance)
    solve = np.linalg.eigh

    def flipped(matrix):
        values, vectors = solve(matrix)
        return values, -vectors

    monkeypatch.setattr(np.linalg, "eigh", flipped)
    np.testing.assert_array_equal(principal_axes(covariance)[0], expected)
    assert (expected[range(DIM), np.abs(expected).argmax(1)] > 0).all()


def test_one_frame_has_axes_too():
    one = np.ones((1, DIM), np.float32)
    sums = AggregateSums(1, DIM)
    sums.add(one, one, one)
    found = sums.aggregate()
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(DIM), atol=1e-9)
    np.testing.assert_array_equal(found.variances, np.zeros(DIM))
    np.testing.assert_allclose(found.covariance, np.eye(DIM))


@pytest.mark.parametrize("size", [1, 7, 256, 1000])
def test_thinning_keeps_every_nth_row_however_they_come(size):
    rows = np.arange(1000)
    thinned = Thinned(1000, 30)
    for start in range(0, 1000, size):
        thinned.add(rows[start : start + size])
    np.testing.assert_array_equal(thinned.rows(), rows[::34])


def test_samples_of_many_latents_are_kept_of_fewer_frames(posteriors, monkeypatch):
    monkeypatch.setattr(aggregating, "KEPT_NUMBERS", 20 * DIM)
    found = added(posteriors, 32)
    expected = np.quantile(posteriors[2][::20], found.levels, axis=0).T
    np.testing.assert_array_equal(found.quantiles, expected)
