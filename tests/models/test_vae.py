"""The VAE: sizes that follow from its config, its border with numpy, copies that stay as they are.

The decoder's float picture is the reference of the uint8 one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.vae import VAE, VAEConfig, reparameterize


def noise_like(config, count):
    return torch.randn(count, config.latent_dim, generator=torch.Generator().manual_seed(1))


def weights(vae):
    return [parameter.detach().clone() for parameter in vae.parameters()]


def test_the_default_turns_60x80_into_32_gaussians_and_back():
    vae = VAE()
    frames = torch.rand(2, 3, 60, 80)
    mu, logvar = vae.encoder(frames)
    assert mu.shape == logvar.shape == (2, 32)
    recon = vae.decoder(mu)
    assert recon.shape == frames.shape
    assert recon.min() >= 0 and recon.max() <= 1


@pytest.mark.parametrize("size", [(60, 80), (61, 83), (60, 81), (33, 64), (7, 9), (96, 96)])
def test_any_size_of_frame_comes_back_whole(size):
    config = VAEConfig(latent_dim=3, height=size[0], width=size[1], channels=(4, 6, 8))
    vae = VAE(config)
    recon, mu, logvar = vae(torch.rand(2, 3, *size), noise_like(config, 2))
    assert recon.shape == (2, 3, *size)
    assert mu.shape == logvar.shape == (2, 3)
    assert vae.image(np.zeros(3, np.float32)).shape == (*size, 3)


@pytest.mark.parametrize("latent_dim", [1, 2, 50])
def test_the_number_of_latents_comes_from_the_config(tiny, latent_dim):
    vae = VAE(replace(tiny, latent_dim=latent_dim))
    assert vae.posterior(np.zeros((60, 80, 3), np.uint8)).mu.shape == (latent_dim,)


def test_every_pixel_is_seen_and_every_pixel_is_drawn():
    vae = VAE()
    frames = torch.rand(4, 3, 60, 80, requires_grad=True)
    torch.cat(vae.encoder(frames)).square().sum().backward()
    assert (frames.grad.abs().sum((0, 1)) > 0).all()
    one, other = vae.recon(np.zeros((1, 32))), vae.recon(np.full((1, 32), 3.0))
    assert ((one - other).abs().sum((0, 1)) > 0).all()


def test_a_sample_has_the_moments_of_the_posterior():
    mu = torch.tensor([[0.5, -2.0]]).expand(200_000, 2)
    logvar = torch.tensor([[0.2, -3.0]]).expand(200_000, 2)
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    z = reparameterize(mu, logvar, noise)
    sigma = torch.tensor([1.1051709, 0.2231302])  # e^0.1, e^-1.5
    assert ((z.mean(0) - mu[0]).abs() < 5 * sigma / 200_000**0.5).all()
    torch.testing.assert_close(z.std(0), sigma, rtol=0.01, atol=0)


def test_a_sample_is_differentiable_in_mu_and_logvar():
    rng = torch.Generator().manual_seed(0)
    mu, logvar, noise = (torch.randn(3, 2, generator=rng, dtype=torch.double) for _ in range(3))
    mu.requires_grad_(True), logvar.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda *args: reparameterize(*args, noise), (mu, logvar))
    reparameterize(mu, logvar, noise).sum().backward()
    torch.testing.assert_close(mu.grad, torch.ones_like(mu))


def test_without_noise_the_mean_is_decoded(vae):
    frames = torch.rand(2, 3, 60, 80)
    recon, mu, _ = vae(frames, torch.zeros(2, 4))
    torch.testing.assert_close(recon, vae.decoder(mu))


def test_the_posterior_of_frames_is_what_the_encoder_says(vae, frames):
    batch = frames.take(np.arange(5))
    planes = torch.tensor(np.moveaxis(batch / 255.0, 3, 1), dtype=torch.float32)
    with torch.no_grad():
        mu, logvar = vae.encoder(planes)
    found = vae.posterior(batch)
    assert found.mu.dtype == found.sigma.dtype == np.float32
    np.testing.assert_allclose(found.mu, mu, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.sigma, np.exp(logvar.numpy()) ** 0.5, rtol=1e-5)


@pytest.mark.parametrize("logvar", [500.0, -500.0])
def test_the_rate_of_a_frame_unlike_all_others_is_a_number(vae, some, logvar):
    with torch.no_grad():
        vae.encoder.head.bias[4:] = logvar
    found = vae.posterior(some)
    assert np.isfinite(found.kl).all() and (found.kl > 10).all()


def test_one_frame_has_the_posterior_it_has_in_a_batch(vae, frames):
    batch = frames.take(np.arange(6)).reshape(2, 3, 60, 80, 3)
    many, one = vae.posterior(batch), vae.posterior(batch[1, 2])
    assert many.mu.shape == many.sigma.shape == (2, 3, 4)
    assert one.mu.shape == one.sigma.shape == (4,)
    np.testing.assert_allclose(one.mu, many.mu[1, 2], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(one.sigma, many.sigma[1, 2], rtol=1e-4)


def test_a_picture_is_the_decoders_rounded_to_the_nearest_of_256(vae):
    z = np.random.default_rng(0).normal(0, 2, (5, 4)).astype(np.float32)
    with torch.no_grad():
        vae.decoder.layers[-2].weight.mul_(300)  # fresh weights give but a few greys
        floats = 255 * vae.decoder(torch.tensor(z)).permute(0, 2, 3, 1).double().numpy()
    pictures = vae.image(z)
    assert pictures.dtype == np.uint8 and pictures.flags.c_contiguous
    assert np.abs(pictures - floats).max() <= 0.5 + 1e-4
    assert len(np.unique(pictures)) > 100


def test_one_picture_is_the_one_of_the_batch(vae):
    z = np.random.default_rng(0).normal(0, 2, (2, 3, 4))
    assert vae.image(z).shape == (2, 3, 60, 80, 3)
    assert vae.image(z[0, 1]).shape == (60, 80, 3)
    difference = vae.image(z[0, 1]).astype(int) - vae.image(z)[0, 1]
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(("bias", "value"), [(-100.0, 0), (100.0, 255)])
def test_black_and_white_do_not_wrap_around(vae, bias, value):
    with torch.no_grad():
        vae.decoder.layers[-2].bias.fill_(bias)
    assert (vae.image(np.zeros(4)) == value).all()


def test_a_frozen_copy_does_not_follow_the_original(vae, frames):
    frame, z = frames.take([0])[0], np.ones(4)
    copy = vae.frozen()
    mu, picture = copy.posterior(frame).mu, copy.image(z)
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.add_(0.1)
    np.testing.assert_array_equal(copy.posterior(frame).mu, mu)
    np.testing.assert_array_equal(copy.image(z), picture)
    assert (vae.image(z) != picture).any()


def test_a_frozen_copy_cannot_be_trained_and_the_original_still_can(vae):
    copy = vae.frozen()
    assert not any(parameter.requires_grad for parameter in copy.parameters())
    assert not copy.training
    assert all(parameter.requires_grad for parameter in vae.parameters())
    assert vae.training
    assert copy.config == vae.config


def test_looking_changes_nothing(vae, frames):
    before, random = weights(vae), torch.random.get_rng_state()
    numpy_random = np.random.get_state()[1].copy()
    batch = frames.take(np.arange(2))
    vae.image(vae.posterior(batch).mu)
    vae.frozen()
    assert all(map(torch.equal, weights(vae), before))
    assert all(parameter.grad is None for parameter in vae.parameters())
    assert torch.equal(torch.random.get_rng_state(), random)
    assert (np.random.get_state()[1] == numpy_random).all()
    np.testing.assert_array_equal(batch, frames.take(np.arange(2)))
