"""The figures of a VAE against direct computation, frame by frame in double precision."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from models import aggregate as aggregating
from models import evaluate as evaluating
from models.aggregate import LEVELS
from models.dataset import Frames
from models.errors import InputError
from models.evaluate import evaluate, evaluate_held_out, usual_range


@pytest.fixture
def pictures(pictures):
    """Every fourth of the real ones: enough for means."""
    return pictures[::4]


@pytest.fixture
def frames(pictures):
    return Frames([pictures])


@pytest.fixture
def lively(vae):
    """The small VAE with posteriors that differ from the prior and among frames."""
    with torch.no_grad():
        vae.encoder.head.weight.mul_(20)
        vae.decoder.layers[0].weight.mul_(5)
        vae.decoder.layers[-2].weight.mul_(5)
    return vae.frozen()


@pytest.fixture
def direct(lively, pictures):
    """mu and sigma (n, 4), and a function giving the squared errors (n,) of decoding z (n, 4)."""
    precise = lively.frozen().double()
    planes = torch.tensor(np.moveaxis(pictures / 255, 3, 1).copy())
    mu, logvar = precise.encoder(planes)

    def errors(z):
        return (precise.decoder(z) - planes).square().flatten(1).sum(1).numpy()

    with torch.no_grad():
        return mu.numpy(), (logvar / 2).exp().numpy(), errors


@pytest.fixture
def constant(vae):
    """Makes a VAE whose posterior is the same for each frame."""

    def make(mu, sigma):
        with torch.no_grad():
            vae.encoder.head.weight.zero_()
            vae.encoder.head.bias.copy_(torch.tensor([*mu, *2 * np.log(sigma)]))
        return vae.frozen()

    return make


def test_the_distortion_of_the_mean(lively, frames, direct):
    mu, _, errors = direct
    result = evaluate(lively, frames)
    sse = errors(torch.tensor(mu))
    assert result.frames == 50
    assert result.recon_sse_mu == pytest.approx(sse.mean(), rel=1e-4)
    psnr = [10 * np.log10(1 / (error / (60 * 80 * 3))) for error in sse]
    assert result.psnr_mu == pytest.approx(np.mean(psnr), abs=1e-3)


def test_the_distortion_of_a_sample(lively, frames, direct):
    mu, sigma, errors = direct
    result = evaluate(lively, frames)
    rng = np.random.default_rng(5)
    draws = [errors(torch.tensor(rng.normal(mu, sigma))) for _ in range(8)]
    assert result.recon_sse_sample == pytest.approx(np.mean(draws), rel=0.02)
    psnr = 10 * np.log10(60 * 80 * 3 / np.array(draws))
    assert result.psnr_sample == pytest.approx(psnr.mean(), abs=0.1)
    assert result.recon_sse_sample != result.recon_sse_mu


def test_the_rate(lively, frames, direct):
    mu, sigma, _ = direct
    posterior = Normal(torch.tensor(mu), torch.tensor(sigma))
    expected = kl_divergence(posterior, Normal(torch.zeros_like(posterior.loc), 1)).mean(0)
    result = evaluate(lively, frames)
    np.testing.assert_allclose(result.kl_per_latent, expected, rtol=1e-4)
    assert result.kl == pytest.approx(expected.sum().item(), rel=1e-4)
    assert result.kl > 0.1


def test_a_latent_is_active_above_a_tenth_of_a_nat(constant, frames):
    # The KL of N(mu, 1) is mu^2 / 2: 0, 0.098, 0.101 and 2 nats.
    result = evaluate(constant([0, 0.4427, 0.4494, -2], np.ones(4)), frames)
    np.testing.assert_allclose(result.kl_per_latent, [0, 0.098, 0.101, 2], atol=1e-4)
    assert result.active_units == 2


def test_mean_and_deviation_of_the_aggregate_posterior(lively, frames, direct):
    mu, sigma, _ = direct
    aggregate = evaluate(lively, frames).aggregate
    rng = np.random.default_rng(1)
    np.testing.assert_allclose(aggregate.mean, mu.mean(0), rtol=1e-4, atol=1e-5)
    many = rng.normal(mu, sigma, (2000, *mu.shape)).reshape(-1, 4)
    np.testing.assert_allclose(aggregate.std, many.std(0), rtol=0.01)


def test_quantiles_of_the_aggregate_posterior(constant, pictures):
    frames = Frames([pictures] * 20)
    mu, sigma = np.array([0.0, -2.0, 3.0, 0.0]), np.array([1.0, 0.1, 2.0, 0.5])
    aggregate = evaluate(constant(mu, sigma), frames).aggregate
    assert aggregate.quantiles.shape == (4, len(LEVELS))
    middle = (aggregate.levels >= 0.1) & (aggregate.levels <= 0.9)
    standard = Normal(torch.zeros(()), 1).icdf(torch.tensor(aggregate.levels[middle])).numpy()
    found = (aggregate.quantiles[:, middle] - mu[:, None]) / sigma[:, None]
    assert np.abs(found - standard).max() < 0.28  # five standard errors of 1000 samples
    np.testing.assert_allclose(aggregate.mean, mu, atol=1e-5)
    np.testing.assert_allclose(aggregate.std, sigma, rtol=1e-4)


def test_levels_rise_and_quantiles_with_them(lively, frames):
    aggregate = evaluate(lively, frames).aggregate
    assert (np.diff(aggregate.levels) > 0).all()
    assert aggregate.levels[0] > 0 and aggregate.levels[-1] < 1
    assert 0.5 in aggregate.levels
    assert (np.diff(aggregate.quantiles, axis=1) >= 0).all()


def test_the_figures_do_not_depend_on_the_batches(lively, frames, monkeypatch):
    whole = evaluate(lively, frames)
    monkeypatch.setattr(evaluating, "BATCH", 7)
    parts = evaluate(lively, frames)
    for name, value in whole.figures().items():
        if value is not None:  # of so few frames the ranges are
            np.testing.assert_allclose(parts.figures()[name], value, rtol=1e-4, err_msg=name)
    for one, other in zip(whole.aggregate, parts.aggregate, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_samples_follow_from_the_seed(lively, frames):
    first, again, other = (evaluate(lively, frames, seed) for seed in (0, 0, 1))
    assert first.figures() == again.figures()
    assert first.psnr_sample != other.psnr_sample
    assert first.psnr_mu == other.psnr_mu


def test_memory_for_quantiles_is_bounded(lively, frames, monkeypatch):
    whole = evaluate(lively, frames).aggregate
    monkeypatch.setattr(aggregating, "KEPT_NUMBERS", 25 * 4)
    part = evaluate(lively, frames).aggregate
    np.testing.assert_array_equal(part.mean, whole.mean)
    assert (part.quantiles != whole.quantiles).any()
    middle = list(whole.levels).index(0.5)
    assert (np.abs(part.quantiles - whole.quantiles)[:, middle] < whole.std / 2).all()


def test_the_covariance_of_the_aggregate_posterior(lively, frames, direct):
    mu, sigma, _ = direct
    expected = np.cov(mu.T, bias=True) + np.diag((sigma**2).mean(0))
    found = evaluate(lively, frames).aggregate.covariance
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_the_bounds_of_the_aggregate_posterior_when_all_frames_look_alike(constant, pictures):
    # Then q(z) is each frame's posterior, and its KL the rate: nothing is told about the frame.
    result = evaluate(constant([0, -1, 2, 0], [1, 0.3, 0.5, 2]), Frames([pictures] * 20))
    assert result.kl_aggregate.lower == pytest.approx(result.kl, abs=0.2)
    assert result.kl_aggregate.upper == pytest.approx(result.kl, abs=0.2)


def test_another_frame_lies_within_the_range_as_often_as_promised():
    # The chance that a standard exponential lies between two numbers is known.
    rng = np.random.default_rng(2)
    for n, promised in ((1000, 0.995), (400, 0.995), (256, 1 - 2 / 257)):
        ends = [usual_range(rng.exponential(size=n), 0.0025, 0.9975) for _ in range(2000)]
        low, high = np.array(ends).T
        assert np.mean(np.exp(-low) - np.exp(-high)) == pytest.approx(promised, abs=4e-4)


def test_few_frames_tell_nothing_of_what_is_rare():
    assert usual_range(np.arange(199.0), 0.0025, 0.9975) is None
    assert usual_range(np.arange(200.0), 0.0025, 0.9975) == (0, 199)


def test_the_ranges_of_rate_and_distortion(lively, pictures, direct):
    mu, sigma, errors = direct
    posterior = Normal(torch.tensor(mu), torch.tensor(sigma))
    kl = kl_divergence(posterior, Normal(torch.zeros_like(posterior.loc), 1)).sum(1).numpy()
    figures = evaluate(lively, Frames([pictures] * 4)).figures()  # each four times: the extremes
    assert figures["kl_range"] == pytest.approx([kl.min(), kl.max()], rel=1e-4)
    assert figures["recon_sse_range"] == pytest.approx([0, errors(torch.tensor(mu)).max()], 1e-4)


def test_only_held_out_frames_count_for_a_trained_model(lively, pictures):
    episode = np.arange(50) // 10
    training, held_out = Frames([pictures], episode).split(0.2)
    other = pictures.copy()
    other[training] = 0
    found = evaluate_held_out(lively, Frames([other], episode), 0.2, 1000).figures()
    assert found == evaluate(lively, Frames([pictures[held_out]])).figures()
    assert evaluate_held_out(lively, Frames([other], episode), 0.2, 4).frames == 4


def test_a_single_frame_can_be_evaluated(lively, pictures):
    result = evaluate(lively, Frames([pictures[:1]]))
    assert result.frames == 1 and np.isfinite(result.psnr_sample)


def test_figures_are_plain_numbers_for_json(lively, frames):
    figures = evaluate(lively, frames).figures()
    assert json.loads(json.dumps(figures)) == figures
    assert len(figures["kl_per_latent"]) == 4


def test_weights_that_give_no_finite_numbers_are_refused(vae, frames):
    with torch.no_grad():
        vae.encoder.head.weight.mul_(1e30)
    with pytest.raises(InputError, match="not finite"):
        evaluate(vae.frozen(), frames)
