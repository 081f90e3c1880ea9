"""The last minute of a drive: what is kept, under which number, and what is dropped."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.drive.history import FRAMES, DriveHistory
from models.observation import Observation, Posterior
from tests.telemetry import telemetry


def seen(step: int, latent_dim: int = 3) -> Observation:
    """A frame whose numbers tell which step it is."""
    return Observation(
        frame=np.zeros((2, 2, 3), np.uint8),
        view=np.zeros((4, 4, 3), np.uint8),
        reward=0.0,
        telemetry=telemetry(step, speed=2.0 * step),
        posterior=Posterior(
            np.full(latent_dim, step, np.float32), np.full(latent_dim, 0.5, np.float32)
        ),
        error=float(step),
    )


def filled(count: int, at_once: int = 7) -> DriveHistory:
    history = DriveHistory()
    for begin in range(0, count, at_once):
        history.append([seen(step) for step in range(begin, min(begin + at_once, count))])
    return history


def test_an_empty_history_has_no_frames():
    history = DriveHistory()
    assert len(history) == len(history.mu) == len(history.error) == 0
    with pytest.raises(IndexError):
        history.at(0)


def test_all_arrays_tell_of_the_same_frames_and_the_large_picture_is_let_go():
    history = filled(20)
    np.testing.assert_array_equal(history.mu[:, 0], np.arange(20))
    np.testing.assert_array_equal(history.error, np.arange(20))
    np.testing.assert_array_equal(history.speed, 2 * np.arange(20))
    np.testing.assert_allclose(history.kl, [seen(step).posterior.kl for step in range(20)])
    assert history.at(5).telemetry.step == 5
    assert history.at(5).view is None
    assert [one.telemetry.step for one in history.since(17)] == [17, 18, 19]


@pytest.mark.parametrize("count", [FRAMES, FRAMES + 1, 2 * FRAMES + 40, 5 * FRAMES + 3])
def test_a_minute_is_kept_and_numbers_stay(count):
    history = filled(count, at_once=13)
    assert len(history) == min(count, FRAMES)
    assert history.first == count - len(history)
    np.testing.assert_array_equal(history.mu[:, 0], np.arange(history.first, count))
    assert history.at(count - 1).telemetry.step == count - 1
    if history.first:
        with pytest.raises(IndexError):
            history.at(history.first - 1)


def test_what_is_cleared_is_gone_and_numbers_go_on():
    history = filled(20)
    history.clear()
    assert len(history) == 0
    history.append([seen(0, latent_dim=5)])
    assert history.mu.shape == (1, 5)
    assert history.first == 20
