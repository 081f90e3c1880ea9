"""A run that blows up is found in time; nothing else is taken for one, be it ever so strange."""

from __future__ import annotations

import numpy as np
import pytest

from models.soundness import CALM, Soundness
from models.train import TrainStep
from tests.models.recorded import PLANS, recorded

BLOWN = ("rate 0.5", "rate 0.05")


def blew_up_at(name):
    """The step of a recorded run at which it is found to have blown up; None for a sound one."""
    run = recorded(name)
    soundness = Soundness(run.facts.mean_image_error)
    for record, _ in run.records:
        soundness.add(record)
        if soundness.has_blown_up:
            return record.step
    return None


@pytest.mark.parametrize("name", BLOWN)
def test_a_run_that_blows_up_is_seen_before_it_is_no_number(name):
    assert blew_up_at(name) < len(recorded(name).records)


@pytest.mark.parametrize("name", [name for name in PLANS if name not in BLOWN])
def test_no_other_run_has_blown_up_and_its_weights_always_can_be_gone_back_to(name):
    run = recorded(name)
    soundness = Soundness(run.facts.mean_image_error)
    for record, _ in run.records:
        soundness.add(record)
        assert soundness.is_calm and not soundness.has_blown_up


def test_a_kl_that_costs_nothing_may_grow():
    """As without beta, or with a very small one."""
    soundness = Soundness(mean_image_error=135.0)
    for step in range(1, 1001):
        soundness.add(TrainStep(step, 130.0 / step, np.full(32, 0.5 * step)))
        assert soundness.is_calm and not soundness.has_blown_up
    assert soundness.loss > 100 * soundness.lowest


def test_a_single_wild_batch_ends_nothing_but_what_it_shook_is_not_gone_back_to():
    soundness = Soundness(mean_image_error=135.0)
    losses = [20.0, 1e12, *[20.0] * CALM]
    calm = []
    for step, loss in enumerate(losses, 1):
        soundness.add(TrainStep(step, loss, np.ones(32)))
        calm.append(soundness.is_calm)
        assert not soundness.has_blown_up
    assert calm == [True, *[False] * CALM, True]
