"""Effects, derivatives and spreads against decodes made one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from models.observation import Posterior
from models.sensitivity import effects, round_trip, sensitivity, spread
from models.vae import VAE, VAEConfig


@pytest.fixture
def vae(vae):
    return vae.frozen()


@pytest.fixture
def z():
    return np.array([0.3, -1.2, 0.8, 0.1], np.float32)


def decoded(vae, z):
    """Pictures before they are rounded, (..., 3, H, W) in 0..255, with twice as many digits."""
    double = vae.frozen().double().decoder
    pictures = double(torch.tensor(np.atleast_2d(z).astype(float))).numpy()
    return 255 * pictures.reshape(*np.shape(z)[:-1], *pictures.shape[1:])


def test_effects_are_the_mean_absolute_changes(vae, z):
    moves = np.random.default_rng(0).normal(size=(6, 4))
    found = effects(vae, z, moves)
    expected = [np.abs(decoded(vae, z + move) - decoded(vae, z)).mean() for move in moves]
    assert found.shape == (6,) and found.dtype == np.float32
    assert (found > 0.1).all()
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_no_move_has_no_effect(vae, z):
    np.testing.assert_array_equal(effects(vae, z, np.zeros((2, 4))), [0, 0])


def test_effects_decode_once(vae, z, monkeypatch):
    batches = []
    recon = vae.recon
    monkeypatch.setattr(vae, "recon", lambda z: batches.append(len(z)) or recon(z))
    effects(vae, z, np.eye(4))
    assert batches == [5]


@pytest.mark.parametrize("direction", [*np.eye(4), np.array([0.5, -2.0, 0.1, 1.0])])
def test_sensitivity_is_the_derivative(vae, z, direction):
    found = sensitivity(vae, z, direction)
    half = 1e-5 * direction
    step = decoded(vae, z + half) - decoded(vae, z - half)
    expected = (step / 2e-5).mean(0)
    assert found.shape == (60, 80) and found.dtype == np.float32
    assert found.min() < 0 < found.max()
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_sensitivity_within_inference_mode(vae, z):
    expected = sensitivity(vae, z, np.eye(4)[0])
    with torch.inference_mode():
        np.testing.assert_allclose(sensitivity(vae, z, np.eye(4)[0]), expected, atol=1e-4)


def test_sensitivity_of_a_vae_that_could_be_trained(vae, z):
    trained = VAE(vae.config)
    trained.load_state_dict(vae.state_dict())
    expected = sensitivity(vae, z, np.eye(4)[0])
    np.testing.assert_allclose(sensitivity(trained, z, np.eye(4)[0]), expected, atol=1e-4)
    assert all(parameter.grad is None for parameter in trained.parameters())


@pytest.mark.parametrize("network", ["world-models", "world-models-rectified"])
def test_sensitivity_of_the_published_networks(network):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vae = VAE(VAEConfig(latent_dim=4, height=64, width=64, network=network)).frozen()
    z, direction = np.zeros(4, np.float32), np.eye(4)[0]
    found = sensitivity(vae, z, direction)
    half = 1e-7 * direction  # too short to meet one of ReLU's corners
    expected = (decoded(vae, z + half) - decoded(vae, z - half)).mean(0) / 2e-7
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_the_round_trip_encodes_what_a_person_sees(vae, z):
    found = round_trip(vae, z)
    posterior = vae.posterior(vae.image(z))
    np.testing.assert_array_equal(found.mu, posterior.mu)
    np.testing.assert_array_equal(found.sigma, posterior.sigma)
    squares = [((z[i] - posterior.mu[i]) / posterior.sigma[i]) ** 2 for i in range(4)]
    assert found.distance == pytest.approx(np.sqrt(sum(squares) / 4), rel=1e-5)
    assert found.kl == pytest.approx(posterior.kl.sum())


def test_the_distance_grows_as_z_leaves_what_the_decoder_knows(vae, z):
    near, far, very_far = (round_trip(vae, k * z).distance for k in (1, 10, 1e6))
    assert near < far < very_far < np.inf


def test_without_an_encoder_there_is_no_round_trip(refused):
    config = VAEConfig(latent_dim=4, height=64, width=64, network="world-models-decoder")
    refused(lambda: round_trip(VAE(config), np.zeros(4)), "encoder")


def test_spread_is_the_standard_deviation_over_samples(vae, z):
    posterior = Posterior(z, np.array([0.1, 0.5, 1.0, 0.2], np.float32))
    found = spread(vae, posterior, count=2000, seed=1)
    noise = np.random.default_rng(2).standard_normal((500, 4))
    pictures = decoded(vae, z + posterior.sigma * noise)
    expected = np.sqrt(pictures.var(0).mean(0))
    assert found.shape == (60, 80) and found.dtype == np.float32
    assert found.mean() == pytest.approx(expected.mean(), rel=0.1)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


def test_spread_follows_its_seed_and_vanishes_with_sigma(vae, z):
    wide = Posterior(z, np.ones(4, np.float32))
    np.testing.assert_array_equal(spread(vae, wide), spread(vae, wide))
    assert (spread(vae, wide) != spread(vae, wide, seed=1)).any()
    assert spread(vae, Posterior(z, np.zeros(4, np.float32))).max() < 1e-3


def test_two_threads_may_ask_at_once(vae, z):
    move = np.ones(4, np.float32)
    expected = sensitivity(vae, z, move)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: sensitivity(vae, z, move), range(60)))
    assert all(np.array_equal(answer, expected) for answer in answers)
