"""The present z: locks, undo, and the two slots."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.latents.coordinates import Coordinates
from explorer.latents.point import Point
from explorer.latents.slots import Slots
from models.aggregate import Aggregate, principal_axes
from models.basis import principal

ONES = np.ones(4, np.float32)


@pytest.fixture
def point(qapp):
    return Point(4)


@pytest.fixture
def heard(point):
    arrays = []
    point.changed.connect(arrays.append)
    return arrays


def test_a_change_is_told_once_and_no_change_not_at_all(point, heard):
    point.move(ONES, "there")
    point.move(ONES, "there again")
    assert len(heard) == 1
    assert heard[0] is point.z()
    assert point.stack.count() == 1


def test_a_change_can_be_taken_back_and_done_again_to_the_bit(point):
    z = np.float32([0.1, -2.7, 1e-7, 999.0])
    point.move(z, "there")
    point.move(ONES, "on")
    point.stack.undo()
    assert np.array_equal(point.z(), z)
    point.stack.undo()
    assert not point.z().any()
    point.stack.redo()
    assert np.array_equal(point.z(), z)
    assert point.stack.undoText() == "there"


def test_what_moves_between_begin_and_end_is_one_step(point):
    point.begin()
    for share in (0.1, 0.5, 1.0):
        point.move(share * ONES, "drag")
    point.end()
    point.begin()
    point.move(2 * ONES, "drag")
    point.end()
    assert point.stack.count() == 2
    point.stack.undo()
    assert np.array_equal(point.z(), ONES)
    point.stack.undo()
    assert not point.z().any()


def test_moves_of_a_named_gesture_are_one_step(point):
    point.move(ONES, "follow", ("follow", 1))
    point.move(2 * ONES, "follow", ("follow", 1))
    point.move(3 * ONES, "follow", ("follow", 2))
    assert point.stack.count() == 2


def test_what_is_locked_stays_unless_the_hand_moves_it(point):
    point.set_locked([True, False, True, False])
    point.draw(ONES, "sample")
    assert point.z().tolist() == [0, 1, 0, 1]
    point.move(ONES, "by hand")
    assert point.z().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("z", [np.ones(3), np.float32([0, 0, np.nan, 0]), np.full(4, np.inf)])
def test_what_is_no_z_is_refused_and_nothing_changes(point, heard, z):
    with pytest.raises(ValueError, match="4 finite numbers"):
        point.move(z, "wrong")
    assert not heard and not point.stack.count() and not point.z().any()


def test_another_length_begins_anew(point):
    point.move(ONES, "there")
    point.set_locked([True] * 4)
    point.resize(7)
    assert point.z().shape == (7,) and not point.locked().any()
    assert not point.stack.canUndo()


def test_the_second_slot_is_a_copy_until_it_is_changed(point):
    slots = Slots(point)
    point.move(ONES, "in A")
    slots.choose("B")
    assert np.array_equal(point.z(), ONES)
    point.move(2 * ONES, "in B")
    assert np.array_equal(slots.other(), ONES)
    slots.choose("A")
    assert np.array_equal(point.z(), ONES)
    assert np.array_equal(slots.other(), 2 * ONES)


def test_swapping_exchanges_what_is_in_the_slots(point):
    slots = Slots(point)
    point.move(ONES, "in A")
    slots.choose("B")
    point.move(2 * ONES, "in B")
    slots.swap()
    assert slots.chosen() == "B"
    assert np.array_equal(point.z(), ONES)
    slots.choose("A")
    assert np.array_equal(point.z(), 2 * ONES)


@pytest.fixture
def axes():
    """Principal axes of a made-up aggregate posterior of four latents."""
    rng = np.random.default_rng(0)
    mu = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4))
    of_means = np.cov(mu.T)
    mean, covariance = mu.mean(0), of_means + np.diag([0.1, 0.2, 0.3, 0.4])
    return principal(Aggregate(mean, covariance, *principal_axes(of_means), None, None))


def test_along_an_axis_z_moves_by_its_standard_deviation_and_else_nothing(axes):
    coordinates = Coordinates()
    coordinates.axes = axes
    z = np.float32([0.3, -1.0, 2.0, 0.5])
    before = coordinates.of(z)
    moved = coordinates.moved(z, 2, before[2] + 1)
    assert np.allclose(moved - z, axes.directions[2] * axes.scales[2], atol=1e-6)
    assert np.allclose(coordinates.of(moved) - before, [0, 0, 1, 0], atol=1e-6)
    assert np.allclose(coordinates.moves(None)[2], moved - z, atol=1e-6)


def test_sigma_along_an_axis_is_that_of_samples(axes):
    coordinates = Coordinates()
    coordinates.axes = axes
    sigma = np.float32([0.1, 0.5, 1.0, 0.2])
    samples = np.random.default_rng(1).normal(size=(200_000, 4)) * sigma
    along = np.array(axes.coordinates(samples))
    assert np.allclose(along.std(0), coordinates.of_sigma(sigma), rtol=0.01)
