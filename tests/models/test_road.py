"""A car's place on roads whose geometry is known by heart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.carracing import Scene
from models.road import Road

RADIUS = 50.0


def circle(clockwise, points=90):
    """A round road that starts at (0, RADIUS)."""
    angles = np.arange(points) / points * 2 * math.pi * (-1 if clockwise else 1) + math.pi / 2
    return Road(RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1))


@pytest.mark.parametrize(("clockwise", "sign"), [(True, 1), (False, -1)])
def test_a_round_road_bends_alike_everywhere_to_the_right_when_clockwise(clockwise, sign):
    road = circle(clockwise)
    assert road.length == pytest.approx(2 * math.pi * RADIUS, rel=1e-3)
    found = road.curvature(np.linspace(0, 2 * road.length, 50))
    assert found == pytest.approx(np.full(50, sign / RADIUS), rel=1e-2)


@pytest.mark.parametrize(("y", "offset"), [(RADIUS, 0), (RADIUS + 4, -4), (RADIUS - 4, 4)])
def test_to_the_right_of_the_road_the_offset_is_positive(y, offset):
    # Clockwise at the top one drives along +x, and the centre is to the right.
    place = circle(clockwise=True).locate(np.array([0.0, y]), -math.pi / 2)
    assert place.offset == pytest.approx(offset, abs=0.07)


@pytest.mark.parametrize("turned", [-0.3, 0.0, 0.4, 3.0, -3.0])
def test_the_heading_error_is_positive_where_the_car_points_to_the_right(turned):
    # The environment's headings are positive to the left, with 0 along +y.
    place = circle(clockwise=True, points=900).locate(np.array([0, RADIUS]), -math.pi / 2 - turned)
    assert place.heading_error == pytest.approx(turned, abs=0.01)


def test_the_way_along_the_road_is_measured_from_its_start():
    road = circle(clockwise=True)
    for share in (0.1, 0.5, 0.9):
        angle = math.pi / 2 - 2 * math.pi * share
        at = 1.05 * RADIUS * np.array([math.cos(angle), math.sin(angle)])
        assert road.locate(at, 0.0).along == pytest.approx(share * road.length, rel=0.02)


def test_a_car_that_follows_the_tiles_is_on_the_line_and_looks_along_it():
    scene = Scene()
    scene.drawing = False
    scene.reset(seed=4)
    told = scene.telemetry((0.0, 0.0, 0.0))
    assert abs(told.offset) < 0.5 and abs(told.heading_error) < 0.1
    assert told.wheels_on_grass in range(5)
    # What is ahead is what the track's own tiles do there.
    line = scene.centre_line
    legs = np.diff(np.r_[line, line[:2]], axis=0)
    turns = np.diff(np.unwrap(np.arctan2(legs[:, 1], legs[:, 0])))
    road = Road(line)
    along = np.cumsum(np.linalg.norm(legs, axis=1))[: len(turns)]
    lap = sum(road.curvature(along) * np.linalg.norm(legs[1:], axis=1))
    assert lap == pytest.approx(-turns.sum(), abs=0.05)
    scene.close()
