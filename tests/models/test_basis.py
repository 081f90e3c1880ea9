"""Bases against numpy's own moments of samples."""

from __future__ import annotations

import numpy as np
import pytest

from models.aggregate import AggregateSums
from models.basis import latents, principal

DIM = 5


@pytest.fixture
def aggregate():
    """Of means that hang together along three latents; the last two have collapsed."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(3, 3))
    mu = np.zeros((500, DIM), np.float32)
    mu[:, :3] = rng.normal(size=(500, 3)) @ mixed + [1, -2, 0.5]
    sigma = np.tile(np.array([0.2, 0.3, 0.1, 1, 1], np.float32), (500, 1))
    sums = AggregateSums(500, DIM)
    sums.add(mu, sigma, rng.normal(mu, sigma).astype(np.float32))
    return sums.aggregate()


@pytest.fixture
def samples(aggregate):
    rng = np.random.default_rng(1)
    return rng.multivariate_normal(aggregate.mean, aggregate.covariance, 20_000)


def test_of_latents_coordinates_are_z():
    basis = latents(DIM)
    z = np.random.default_rng(0).normal(size=(7, DIM)).astype(np.float32)
    np.testing.assert_array_equal(basis.coordinates(z), z)
    np.testing.assert_array_equal(basis.z(z), z)
    assert basis.explained is None


def test_back_and_forth_gives_the_same_z(aggregate):
    basis = principal(aggregate)
    z = 3 * np.random.default_rng(0).normal(size=(2, 50, DIM)).astype(np.float32)
    back = basis.z(basis.coordinates(z))
    assert back.dtype == np.float32 and back.shape == z.shape
    np.testing.assert_allclose(back, z, atol=1e-6)
    np.testing.assert_allclose(basis.z(basis.coordinates(z[0, 0])), z[0, 0], atol=1e-6)


def test_principal_coordinates_are_standard_deviations_of_the_data(aggregate, samples):
    coordinates = principal(aggregate).coordinates(samples)
    np.testing.assert_allclose(coordinates.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(coordinates.std(0), 1, atol=0.02)


def test_a_unit_along_a_collapsed_direction_stays_near_the_data(aggregate):
    basis = principal(aggregate)
    np.testing.assert_allclose(basis.scales[-2:], 1, atol=1e-6)
    far = basis.z(3 * np.eye(DIM)) - aggregate.mean
    assert np.linalg.norm(far, axis=1).max() < 20


def test_explained_variance_is_of_the_means(aggregate):
    explained = principal(aggregate).explained
    assert explained.sum() == pytest.approx(1)
    assert (np.diff(explained) <= 1e-12).all()
    np.testing.assert_allclose(explained[3:], 0, atol=1e-9)


def test_axes_of_a_file_that_are_not_quite_at_right_angles(aggregate):
    skew = aggregate._replace(axes=aggregate.axes + 3e-4 * np.ones((DIM, DIM)))
    basis = principal(skew)
    np.testing.assert_allclose(basis.directions @ basis.directions.T, np.eye(DIM), atol=1e-12)
    np.testing.assert_allclose(basis.directions, aggregate.axes, atol=2e-3)


def test_one_frame_without_any_width_has_a_basis_too(aggregate):
    nothing = np.zeros((DIM, DIM))
    basis = principal(aggregate._replace(covariance=nothing, variances=np.zeros(DIM)))
    np.testing.assert_array_equal(basis.scales, np.ones(DIM))
    np.testing.assert_array_equal(basis.explained, np.zeros(DIM))


@pytest.mark.parametrize("make", [lambda a: latents(DIM), principal])
def test_moves_are_one_standard_deviation_of_the_data(aggregate, samples, make):
    basis = make(aggregate)
    moves = basis.moves(aggregate.covariance)
    lengths = np.linalg.norm(moves, axis=1)
    np.testing.assert_allclose(lengths, (samples @ basis.directions.T).std(0), rtol=0.02)
    np.testing.assert_allclose(moves / lengths[:, None], basis.directions, atol=1e-6)
    if basis.explained is not None:  # one unit of each coordinate
        np.testing.assert_allclose(
            basis.coordinates(aggregate.mean + moves), np.eye(DIM), atol=1e-5
        )
