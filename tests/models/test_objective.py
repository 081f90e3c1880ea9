"""The objective against torch.distributions, explicit loops and finite differences."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from models import objective

INDEPENDENT = Normal(torch.zeros((), dtype=torch.double), 1)


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)


def posterior(rng, count=7, dim=5):
    mu = 2 * torch.randn(count, dim, generator=rng, dtype=torch.double)
    logvar = 3 * torch.randn(count, dim, generator=rng, dtype=torch.double)
    return mu, logvar


def images(rng, count=3, height=4, width=5):
    shape = (count, 3, height, width)
    return (torch.rand(shape, generator=rng, dtype=torch.double) for _ in range(2))


def test_kl_is_that_of_torch_distributions(rng):
    mu, logvar = posterior(rng)
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), INDEPENDENT).mean(0)
    torch.testing.assert_close(objective.kl(mu, logvar), expected)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(mu=st.floats(-50, 50), sigma=st.floats(1e-6, 1e3))
def test_kl_of_any_gaussian_is_that_of_torch_distributions(mu, sigma):
    mean, deviation = torch.tensor([[mu]]).double(), torch.tensor([[sigma]]).double()
    found = objective.kl(mean, 2 * deviation.log())
    torch.testing.assert_close(found, kl_divergence(Normal(mean, deviation), INDEPENDENT)[0])
    assert found >= -1e-12


def test_kl_of_the_prior_is_nothing():
    assert objective.kl(torch.zeros(3, 2), torch.zeros(3, 2)).tolist() == [0, 0]


def test_recon_loss_is_the_sum_over_an_image_and_the_mean_over_images(rng):
    recon, frames = images(rng)
    total = 0.0
    for image, target in zip(recon.tolist(), frames.tolist(), strict=True):
        for plane, target_plane in zip(image, target, strict=True):
            for row, target_row in zip(plane, target_plane, strict=True):
                for value, wanted in zip(row, target_row, strict=True):
                    total += (value - wanted) ** 2
    assert objective.recon_loss(recon, frames).item() == pytest.approx(total / len(frames))


def test_recon_loss_is_the_log_likelihood_of_variance_one_half(rng):
    frames, recon = images(rng)
    other = torch.rand(recon.shape, generator=rng, dtype=torch.double)

    def log_likelihood(mean):
        return Normal(mean, 0.5**0.5).log_prob(frames).sum((1, 2, 3)).mean()

    gain = objective.recon_loss(other, frames) - objective.recon_loss(recon, frames)
    torch.testing.assert_close(gain, log_likelihood(recon) - log_likelihood(other))


def test_neither_part_changes_with_the_batch_size(rng):
    mu, logvar = posterior(rng)
    recon, frames = images(rng)
    torch.testing.assert_close(
        objective.kl(mu.repeat(5, 1), logvar.repeat(5, 1)), objective.kl(mu, logvar)
    )
    torch.testing.assert_close(
        objective.recon_loss(recon.repeat(5, 1, 1, 1), frames.repeat(5, 1, 1, 1)),
        objective.recon_loss(recon, frames),
    )


def test_the_elbo_weighs_the_rate_with_beta(rng):
    mu, logvar = posterior(rng)
    recon, frames = images(rng)
    loss, kl = objective.recon_loss(recon, frames), objective.kl(mu, logvar)
    assert objective.negative_elbo(loss, kl).item() == pytest.approx(loss.item() + sum(kl.tolist()))
    assert objective.negative_elbo(loss, kl, beta=3).item() == pytest.approx(
        loss.item() + 3 * sum(kl.tolist())
    )


def test_free_bits_count_each_latent_as_the_floor_at_least():
    kl = torch.tensor([0.1, 0.5, 2.0])
    assert objective.rate(kl).item() == pytest.approx(2.6)
    assert objective.rate(kl, 0.5).item() == pytest.approx(0.5 + 0.5 + 2.0)
    assert objective.rate(kl, 4.0).item() == pytest.approx(12.0)
    elbo = objective.negative_elbo(torch.tensor(10.0), kl, beta=2, free_bits=0.5)
    assert elbo.item() == pytest.approx(10 + 2 * 3)


def test_the_kl_floor_counts_the_image_as_the_floor_at_least():
    kl = torch.tensor([0.1, 0.5, 2.0], requires_grad=True)
    assert objective.rate(kl, kl_floor=3.0).item() == pytest.approx(3.0)
    assert objective.rate(kl, kl_floor=2.0).item() == pytest.approx(2.6)
    assert objective.rate(kl, 4.0, 3.0).item() == pytest.approx(12.0)
    elbo = objective.negative_elbo(torch.tensor(10.0), kl, beta=2, kl_floor=3.0)
    assert elbo.item() == pytest.approx(16.0)
    elbo.backward()
    assert kl.grad.tolist() == [0, 0, 0]
    objective.rate(kl, kl_floor=2.0).backward()
    assert kl.grad.tolist() == [1, 1, 1]


def test_free_bits_pull_on_no_latent_below_the_floor():
    kl = torch.tensor([0.1, 0.4, 2.0], requires_grad=True)
    objective.rate(kl, 0.5).backward()
    assert kl.grad.tolist() == [0, 0, 1]


def test_gradients_are_those_of_finite_differences(rng):
    mu, logvar = posterior(rng, 4, 3)
    recon, frames = images(rng)
    for leaf in (mu, logvar, recon):
        leaf.requires_grad_(True)
    floor = objective.kl(mu, logvar).median().item() - 0.01  # some above it, some below, none on it

    def loss(mu, logvar, recon):
        kl, distortion = objective.kl(mu, logvar), objective.recon_loss(recon, frames)
        return objective.negative_elbo(distortion, kl, beta=0.7, free_bits=floor)

    assert torch.autograd.gradcheck(objective.kl, (mu, logvar))
    assert torch.autograd.gradcheck(loss, (mu, logvar, recon))


def test_a_calibrated_likelihood_is_the_best_gaussian_of_torch_distributions(rng):
    recon, frames = images(rng)
    values = frames[0].numel()
    found = objective.calibrated_nll(objective.recon_loss(recon, frames), values)

    def nll(deviation):
        return -Normal(recon, deviation).log_prob(frames).sum() / len(frames)

    best = (recon - frames).square().mean().sqrt()
    torch.testing.assert_close(found, nll(best))
    assert found < min(nll(0.99 * best), nll(1.01 * best))


def test_with_values_the_negative_elbo_is_in_nats_and_without_in_squares(rng):
    loss, kl = torch.tensor(14.0), torch.tensor([3.0, 1.0])
    nats = objective.negative_elbo(loss, kl, values=14400)
    torch.testing.assert_close(nats, objective.calibrated_nll(loss, 14400) + 4)
    assert objective.negative_elbo(loss, kl, beta=0.5) == 16


@pytest.mark.parametrize("capacity, cost", [(0.0, 4.0), (4.0, 0.0), (10.0, 6.0)])
def test_with_a_capacity_beta_weighs_the_distance_from_it(capacity, cost):
    kl = torch.tensor([3.0, 1.0])
    loss = objective.negative_elbo(torch.tensor(14.0), kl, beta=2.0, capacity=capacity)
    assert loss == 14 + 2 * cost


def test_no_likelihood_is_sharper_than_eight_bits():
    nothing = objective.calibrated_nll(torch.tensor(0.0), 14400)
    rounded = torch.tensor(14400 / 12 / 255**2)
    assert nothing == objective.calibrated_nll(rounded, 14400)
    assert nothing.isfinite()
