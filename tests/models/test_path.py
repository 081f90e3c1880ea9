"""Paths against Shoemake's formula and plain proportions."""

from __future__ import annotations

import numpy as np
import pytest

from models.path import interpolate

KEYFRAMES = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)


@pytest.mark.parametrize("how", ["linear", "spherical"])
@pytest.mark.parametrize("loop", [False, True])
def test_keyframes_are_hit_exactly_and_on_time(how, loop):
    path = interpolate(KEYFRAMES, 5, how, loop)
    assert path.dtype == np.float32
    assert len(path) == (20 if loop else 16)
    np.testing.assert_array_equal(path[::5], KEYFRAMES)


def test_linear_is_in_proportion():
    path = interpolate(KEYFRAMES, 4)
    for step, share in enumerate([0, 0.25, 0.5, 0.75]):
        expected = KEYFRAMES[1] + share * (KEYFRAMES[2] - KEYFRAMES[1])
        np.testing.assert_allclose(path[4 + step], expected, atol=1e-6)


def test_a_loop_comes_back_to_its_first_keyframe():
    path = interpolate(KEYFRAMES, 4, "linear", loop=True)
    np.testing.assert_allclose(path[14], (KEYFRAMES[3] + KEYFRAMES[0]) / 2, atol=1e-6)
    assert (path[-1] != path[0]).any()  # which stands for itself once


def test_spherical_turns_evenly_and_changes_length_evenly():
    a, b = KEYFRAMES[:2].astype(float)
    path = interpolate(KEYFRAMES[:2], 10, "spherical").astype(float)
    lengths = np.linalg.norm(path, axis=1)
    expected = np.linspace(np.linalg.norm(a), np.linalg.norm(b), 11)
    np.testing.assert_allclose(lengths, expected, rtol=1e-6)
    units = path / lengths[:, None]
    turns = np.arccos((units[1:] * units[:-1]).sum(1))
    whole = np.arccos(units[0] @ units[-1])
    np.testing.assert_allclose(turns, whole / 10, rtol=1e-4)


def test_spherical_between_axes_is_a_circle():
    path = interpolate(np.eye(2), 3, "spherical")
    angles = np.radians([0, 30, 60, 90])
    np.testing.assert_allclose(path, np.stack([np.cos(angles), np.sin(angles)], 1), atol=1e-6)


def test_latents_that_all_keyframes_share_stay():
    keyframes = np.column_stack([np.eye(2), [0.7, 0.7], [-2, -2]])
    path = interpolate(keyframes, 3, "spherical")
    np.testing.assert_array_equal(path[:, 2:], np.tile(np.float32([0.7, -2]), (4, 1)))
    np.testing.assert_array_equal(path[:, :2], interpolate(np.eye(2), 3, "spherical"))


@pytest.mark.parametrize(
    "ends",
    [
        [[1, 2], [2, 4]],
        [[1, 2], [-1, -2]],
        [[0, 0], [1, 2]],
        [[1, 2], [0, 0]],
        [[1, 2], [1, 2]],
        [[0, 0], [0, 0]],
    ],
    ids=["parallel", "opposite", "from zero", "to zero", "standing still", "nowhere"],
)
def test_where_there_is_no_circle_spherical_is_linear(ends):
    spherical = interpolate(np.array(ends, float), 4, "spherical")
    assert np.isfinite(spherical).all()
    np.testing.assert_allclose(spherical, interpolate(np.array(ends, float), 4), atol=1e-6)


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("loop", [False, True])
def test_one_keyframe_is_no_path(refused, count, loop):
    refused(lambda: interpolate(KEYFRAMES[:count], 4, "linear", loop), f"not {count}")
