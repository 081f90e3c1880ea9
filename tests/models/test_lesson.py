"""Lessons: the collapse really collapses, the forgotten prior is really forgotten."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from models import teaching, train
from models.lesson import COLLAPSE, FORGET, LESSONS
from models.teaching import LessonStep, prior_distance, teach
from models.train import TrainConfig
from models.vae import VAE, VAEConfig


@pytest.fixture(autouse=True)
def frequent_snapshots(monkeypatch):
    monkeypatch.setattr(train, "SNAPSHOT_SECONDS", 0.0)


@pytest.fixture(scope="module")
def learned(pictures) -> VAE:
    """A tiny VAE that tells something and keeps near the prior."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vae = VAE(VAEConfig(latent_dim=4, channels=(4, 8, 8, 8)))
    config = TrainConfig(4, beta=2.0, steps=60, batch_size=16, learning_rate=8e-3, warm_up=5)
    config = replace(config, average=0.8, device="cpu", threads=1)
    *_, last = train.train(config, pictures, train.TrainState.start(config, vae))
    return last.snapshot


def taught(lesson, vae, frames, steps: int) -> list[LessonStep]:
    lesson = replace(lesson, changes=dict(lesson.changes) | {"steps": steps})
    return list(teach(lesson, vae, frames, "cpu", lambda: 1))


def test_lessons_change_what_training_knows():
    names = {field.name for field in fields(TrainConfig)}
    assert len(LESSONS) == len({lesson.name for lesson in LESSONS}) == 2
    assert all(set(lesson.changes) <= names for lesson in LESSONS)
    assert set(teaching.PACE) <= names


def test_too_much_kl_silences_the_latents(learned, frames):
    before, *_, after = taught(COLLAPSE, learned, frames, 40)
    assert before.active_units >= 2 and not before.shows(COLLAPSE)
    assert after.active_units == 0 and after.shows(COLLAPSE)
    assert after.kl < 0.1 < before.kl
    _, held_out = frames.split()
    pictures = frames.take(held_out) / 255.0
    # No one picture for all frames is nearer to them than their mean.
    mean_error = np.square(pictures - pictures.mean(0)).sum((1, 2, 3)).mean()
    assert after.held_out.recon_loss > mean_error
    # Told nothing, a reconstruction is what its noise alone decodes to.
    told = np.abs(before.reconstructions.astype(int) - before.samples).mean()
    assert np.abs(after.reconstructions.astype(int) - after.samples).mean() < 0.2 * told


def test_without_the_kl_the_prior_is_forgotten_and_the_picture_is_not(learned, frames):
    before, *_, after = taught(FORGET, learned, frames, 50)
    assert after.distance > 2 * before.distance
    assert after.kl > before.kl + 1
    assert after.held_out.recon_loss <= before.held_out.recon_loss


def test_a_lesson_leaves_the_model_alone_and_tells_how_far_it_is(learned, frames):
    weights = {name: value.clone() for name, value in learned.state_dict().items()}
    steps = taught(COLLAPSE, learned, frames, 6)
    assert all(torch.equal(value, weights[name]) for name, value in learned.state_dict().items())
    first, *later = steps
    assert (first.progress, first.steps) == (0.0, 0) and later[-1].progress == 1.0
    assert [step.steps for step in later] == [1, 2, 3, 4, 5, 6]
    assert later[-1].images == 6 * teaching.PACE["batch_size"]
    for step in steps:
        for pictures in (step.frames, step.reconstructions, step.samples):
            assert pictures.shape == (teaching.PICTURES, 60, 80, 3) and pictures.dtype == np.uint8
    _, held_out = frames.split()
    shown = {picture.tobytes() for picture in frames.take(held_out)}
    assert all(picture.tobytes() in shown for picture in first.frames)


def test_a_fresh_model_is_said_to_be_collapsed_already(vae, frames):
    first = next(teach(COLLAPSE, vae, frames, "cpu", lambda: 1))
    assert first.shows(COLLAPSE) and not first.shows(FORGET)


def test_the_distance_is_that_of_the_two_gaussians():
    mean, variance = np.array([0.0, 1.5, -0.3]), np.array([1.0, 4.0, 0.2])
    normal = torch.distributions.Normal
    of = normal(torch.from_numpy(mean), torch.from_numpy(variance).sqrt())
    kl = torch.distributions.kl_divergence(of, normal(0.0, 1.0)).sum()
    assert prior_distance(mean, variance) == pytest.approx(float(kl))


def test_a_model_that_cannot_encode_is_refused(frames, refused):
    config = VAEConfig(32, 64, 64, network="world-models-decoder")
    refused(lambda: next(teach(COLLAPSE, VAE(config), frames, "cpu")), "encoder")
