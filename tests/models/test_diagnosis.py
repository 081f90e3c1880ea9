"""The diagnosis finds what is wrong with real runs that have the fault, and nothing in sound ones.

Most runs were recorded, see `tests.models.recorded`; a small one is trained and cured here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from models.dataset import Frames
from models.diagnosis import Diagnosis
from models.facts import Facts, facts
from models.finding import beta_for
from models.train import TrainConfig, TrainState, train
from models.vae import VAE, VAEConfig
from tests.models.recorded import PLANS, recorded

SOUND = ("scratch", "bundled", "small", "free bits", "warm-up", "cyclical", "capacity")
CONFIG = TrainConfig(device="cpu")
PLENTY = Facts(training=2000, episodes=60, mean_image_error=130.0, one_sidedness=0.02)


def told(name):
    """The findings of a recorded run at each change of their kinds: (step, [Finding, ...])."""
    run = recorded(name)
    diagnosis, changes = Diagnosis(run.facts), [(0, [])]
    for record, config in run.records:
        diagnosis.add(record, config)
        found = diagnosis.findings()
        if [one.kind for one in found] != [one.kind for one in changes[-1][1]]:
            changes.append((record.step, found))
    return changes


def kinds(changes):
    return [[one.kind for one in found] for _, found in changes]


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_run_has_nothing_to_tell(name):
    assert kinds(told(name)) == [[]]


def test_a_learning_rate_too_low_is_not_taken_for_a_strong_kl():
    assert kinds(told("slow")) == [[]]


def test_a_collapse_is_told_soon_and_the_cure_revives_the_latents():
    changes = told("beta 200")
    assert kinds(changes) == [[], ["collapse"], []]
    step, [found] = changes[1]
    assert 60 < step < 150
    assert "no latent" in found.sentence
    assert "0 active, 25 before" in found.evidence and "beta 200" in found.evidence
    # What the run was cured by, and the latents it had again 80 steps later.
    assert found.cure.changes == PLANS["beta 200"].turns[220] == {"beta": 0.5}
    record, _ = recorded("beta 200").records[300]
    assert (record.kl > 0.1).sum() > 15
    assert changes[2][0] == 221, "a cure is given time"


def test_latents_that_never_came_alive_are_told_by_the_mean_image():
    changes = told("strong from scratch")
    assert kinds(changes) == [[], ["kl too strong"]]
    _, [found] = changes[1]
    assert "7.15 SSE" in found.evidence  # of the mean image
    assert found.cure.changes == {"beta": 0.03}  # frames this small have less to explain


def test_latents_that_leave_the_prior_are_told_with_their_mean_and_variance():
    changes = told("beta 0.0001")
    assert kinds(changes) == [[], ["kl too weak"], []]
    step, [found] = changes[1]
    assert step <= 140
    assert found.cure.changes == {"beta": 0.5}
    tested = recorded("beta 0.0001").records[step - 1][0].held_out
    prior = torch.distributions.Normal(torch.zeros(32), torch.ones(32))
    q = torch.distributions.Normal(
        torch.from_numpy(tested.mean), torch.from_numpy(tested.variance).sqrt()
    )
    apart = torch.distributions.kl_divergence(q, prior).numpy()
    assert [row.index for row in found.rows] == np.argsort(-apart, kind="stable").tolist()
    for row in found.rows:
        assert (row.mean, row.variance) == (tested.mean[row.index], tested.variance[row.index])
        assert row.distance == pytest.approx(apart[row.index], rel=1e-3, abs=1e-5)
    tests = [record.held_out for record, _ in recorded("beta 0.0001").records if record.held_out]
    assert np.abs(tests[-1].variance - 1).max() < np.abs(tested.variance - 1).max(), "cured"


def test_frames_learned_by_heart_are_told_when_others_get_worse():
    changes = told("40 frames")
    assert kinds(changes) == [[], ["too few frames"], ["overfitting", "too few frames"]]
    assert changes[1][0] == 1, "that was known before"
    _, [found, few] = changes[2]
    assert found.cure.action == "take best" and few.cure.action == "collect frames"
    assert "at step 180" in found.evidence
    held_out = {r.step: r.held_out for r, _ in recorded("40 frames").records if r.held_out}
    loss = {step: one.recon_loss + 0.05 * one.kl.sum() for step, one in held_out.items()}
    assert min(loss, key=loss.get) == 180


@pytest.mark.parametrize(("rate", "lower"), [(0.5, 0.002), (0.05, 0.002), (0.001, 0.0001)])
def test_a_run_that_has_blown_up_is_told_alone_and_starts_again_with_shorter_steps(rate, lower):
    diagnosis, config = Diagnosis(PLENTY), replace(CONFIG, learning_rate=rate)
    records = [record for record, _ in recorded("rate 0.5").records]
    for record in records:
        diagnosis.add(record, config)
    diagnosis.fail(config)
    diagnosis.add(records[-1], config)
    [found] = diagnosis.findings()
    assert found.kind == "diverged" and found.cure.action == "restart"
    assert f"learning rate of {rate}" in found.sentence
    lowest = min(record.recon_loss + record.kl.sum() for record in records)
    assert f"{lowest:.3g} at its lowest" in found.evidence
    assert found.cure.changes == {"learning_rate": lower}, "a tenth of 0.05 still blows up"


def test_frames_that_lean_to_one_side_are_told_unless_mirrored():
    leaning = PLENTY._replace(one_sidedness=0.2)
    record, _ = recorded("small").records[0]
    for config, expected in ((CONFIG, []), (replace(CONFIG, mirror=False), ["one-sided"])):
        diagnosis = Diagnosis(leaning)
        diagnosis.add(record, config)
        found = diagnosis.findings()
        assert [one.kind for one in found] == expected
    assert found[0].cure.changes == {"mirror": True}


def test_without_facts_nothing_is_told():
    diagnosis = Diagnosis()
    for record, config in recorded("beta 200").records:
        diagnosis.add(record, config)
    assert diagnosis.findings() == []


def test_a_beta_grows_with_what_there_is_to_explain():
    assert beta_for(PLENTY) == 0.5 == CONFIG.beta
    assert beta_for(PLENTY._replace(mean_image_error=7.15)) == 0.03
    assert beta_for(PLENTY._replace(mean_image_error=0.0)) == 0.0


def test_facts_are_those_of_the_frames(pictures, episode):
    known = facts(Frames([pictures], episode), CONFIG, pictures.shape[1:])
    training, held_out = Frames([pictures], episode).split(CONFIG.held_out)
    values = pictures / 255
    mean = values[training].mean(0)
    error = ((values[held_out] - mean) ** 2).sum((1, 2, 3)).mean()
    variance = ((values[training] - mean) ** 2).sum((1, 2, 3)).mean()
    lean = ((mean - mean[:, ::-1]) ** 2).sum() / variance
    assert (known.training, known.episodes) == (len(training), 3)
    assert known.mean_image_error == pytest.approx(error, rel=1e-4)
    assert known.one_sidedness == pytest.approx(lean, rel=1e-4)


def test_drives_that_all_turn_one_way_are_one_sided_and_with_their_mirror_images_not(pictures):
    column = np.arange(80)
    green = (pictures[..., 1] > 1.3 * pictures[..., 0]).astype(float)
    road = ((1 - green)[:, :30] * column).sum((1, 2)) / (1 - green)[:, :30].sum((1, 2)).clip(1)
    left = pictures[road < 36]  # the road ahead bends that way
    assert 20 < len(left) < 150
    both = np.stack([left, left[:, :, ::-1]], 1).reshape(-1, *left.shape[1:])
    assert facts(Frames([left]), CONFIG, left.shape[1:]).one_sidedness > 0.1
    assert facts(Frames([both]), CONFIG, left.shape[1:]).one_sidedness < 0.001


def test_one_frame_alone_can_be_assessed(pictures):
    known = facts(Frames([pictures[:1]]), CONFIG, pictures.shape[1:])
    assert known.training == known.episodes == 1
    assert known.mean_image_error == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(known.one_sidedness)


def test_a_live_run_collapses_is_told_and_recovers_by_the_cure(pictures, episode):
    shape = (8, 8, 3)
    frames = Frames([pictures], episode).sized(shape)
    frames = Frames([frames.take(np.arange(len(frames)))], episode, shape=shape)
    config = TrainConfig(
        latent_dim=8,
        beta=0.01,
        batch_size=8,
        learning_rate=5e-3,
        warm_up=5,
        average=0.9,
        threads=1,
        device="cpu",
    )
    torch.manual_seed(0)
    state = TrainState.start(config, VAE(VAEConfig(8, *shape[:2], channels=(8,))))
    diagnosis = Diagnosis(facts(frames, config, shape)._replace(training=2000))
    run = train(config, frames, state)
    for record in islice(run, 50):
        diagnosis.add(record, config)
    assert diagnosis.findings() == [] and (record.kl > 0.1).sum() >= 3

    config = replace(config, beta=20.0)
    diagnosis.add(run.send(config), config)
    for record in islice(run, 75):
        diagnosis.add(record, config)
    [found] = diagnosis.findings()
    assert found.kind == "collapse" and record.kl.sum() < 0.5

    config = replace(config, **found.cure.changes)
    diagnosis.add(run.send(config), config)
    for record in islice(run, 75):
        diagnosis.add(record, config)
        assert diagnosis.findings() == []
    assert (record.kl > 0.1).sum() >= 3
