"""The published recipe: its network, objective and pictures against independent numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks import published
from models.dataset import Frames

SHORT = published.Config(steps=4, batch_size=6, device="cpu")


@pytest.fixture
def frames():
    rng = np.random.default_rng(0)
    return Frames([rng.integers(0, 256, (20, 60, 80, 3), np.uint8)])


def weights(state):
    return torch.cat([part.detach().flatten().clone() for part in state.vae.parameters()])


def run(config, frames):
    state = published.State.start(config)
    return state, list(published.train(config, frames, state))


def test_the_network_has_as_many_weights_as_the_paper_says():
    vae = published.network()
    assert sum(part.numel() for part in vae.parameters()) == 4_348_547
    recon, mu, logvar = vae(torch.rand(2, 3, 64, 64), torch.zeros(2, 32))
    assert recon.shape == (2, 3, 64, 64)
    assert mu.shape == logvar.shape == (2, 32)


def test_the_objective_is_squared_error_and_what_each_image_costs_above_its_floor():
    rng = np.random.default_rng(1)
    recon, frames = rng.random((2, 3, 3, 64, 64))
    mu, logvar = rng.normal(0, 1, (2, 3, 32)) * np.array([0.1, 1.0, 2.0])[:, None]
    kl = 0.5 * np.sum(mu**2 + np.exp(logvar) - 1 - logvar, axis=1)
    assert kl[0] < 16 < kl[1] < kl[2]  # the floor counts image by image, not on their mean
    expected = np.mean(np.sum((recon - frames) ** 2, axis=(1, 2, 3)) + np.maximum(kl, 16))
    found = published.objective(*map(torch.from_numpy, (recon, frames, mu, logvar)), 16.0)
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_the_defaults_are_the_published_ones():
    config = published.Config(steps=1)
    assert (config.kl_floor, config.batch_size, config.learning_rate) == (16, 100, 1e-4)


def test_each_step_moves_a_weight_by_the_learning_rate_at_most_and_it_never_falls(frames):
    config = replace(SHORT, steps=1)
    state = published.State.start(config)
    before = weights(state)
    list(published.train(config, frames, state))
    assert (weights(state) - before).abs().max().item() == pytest.approx(1e-4, rel=0.01)
    list(published.train(replace(SHORT, steps=3), frames, state))
    assert state.optimizer.param_groups[0]["lr"] == 1e-4


def test_held_out_episodes_teach_nothing(frames):
    config = replace(SHORT, held_out=0.5)
    _, held_out = frames.split(0.5)
    other = frames.take(np.arange(len(frames)))
    other[held_out] = 0
    first, second = (run(config, some)[1] for some in (frames, Frames([other])))
    assert [record.recon_loss for record in first] == [record.recon_loss for record in second]


def test_an_interrupted_run_gives_the_same_weights(frames, tmp_path):
    whole, records = run(SHORT, frames)
    assert (whole.step, whole.images, len(records)) == (4, 24, 4)
    state = published.State.start(SHORT)
    started = published.train(SHORT, frames, state)
    next(started), next(started)
    published.save(tmp_path / "x.pt", state)
    started.close()
    state = published.load(tmp_path / "x.pt", SHORT)
    assert [record.step for record in published.train(SHORT, frames, state)] == [3, 4]
    assert state.images == 24
    assert torch.equal(weights(state), weights(whole))
