"""The records that cross to the window: the posterior's KL, and seeing with a VAE."""

from __future__ import annotations

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from models.frame import from_image
from models.observation import Observation, Posterior, perceive
from models.vae import VAE, VAEConfig
from tests.telemetry import telemetry


def test_kl_per_latent_is_that_of_torch_distributions():
    rng = np.random.default_rng(0)
    mu = rng.normal(0, 2, 32).astype(np.float32)
    sigma = rng.uniform(0.01, 3, 32).astype(np.float32)
    prior = Normal(torch.zeros(32), torch.ones(32))
    expected = kl_divergence(Normal(torch.tensor(mu), torch.tensor(sigma)), prior)
    np.testing.assert_allclose(Posterior(mu, sigma).kl, expected, rtol=1e-5, atol=1e-6)


def test_perceiving_adds_the_posterior_and_the_picture_of_its_mean(vae, frames):
    frame = frames.take([3])[0]
    told = telemetry(5, speed=1.0)
    before = Observation(frame, None, 0.25, told)
    after = perceive(before, vae)
    assert before.posterior is None and before.recon is None
    assert after.frame is frame and after.telemetry is told and after.reward == 0.25
    np.testing.assert_array_equal(after.posterior.mu, vae.posterior(frame).mu)
    np.testing.assert_array_equal(after.recon, vae.image(after.posterior.mu))
    assert after.recon.shape == frame.shape and after.recon.dtype == np.uint8
    assert after.input is frame


def test_a_vae_sees_a_frame_at_its_own_size(frames):
    frame = frames.take([3])[0]
    vae = VAE(VAEConfig(4, 64, 64, channels=(4, 8)))
    seen = perceive(Observation(frame, None, 0.0, None), vae)
    assert seen.frame is frame
    np.testing.assert_array_equal(seen.input, from_image(frame, (64, 64, 3)))
    np.testing.assert_array_equal(seen.posterior.mu, vae.posterior(seen.input).mu)
    assert seen.recon.shape == (64, 64, 3)
    live = np.full((64, 64, 3), 100, np.uint8)  # made from the surface, where there is one
    seen = perceive(Observation(frame, None, 0.0, None, input=live), vae)
    assert seen.input is live
