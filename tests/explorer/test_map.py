"""The plane, its dots, and the hand on it: pointing, choosing, enclosing, moving, zooming."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPolygonF, QWheelEvent
from PySide6.QtTest import QTest

from explorer.map import direction_list
from explorer.map.direction_slider import DirectionSlider
from explorer.map.dots import shade, stamp
from explorer.map.inks import group_color
from explorer.map.plane import (
    Lens,
    Plane,
    components,
    fitted,
    inside,
    nearest,
    round_range,
    ticks,
)
from explorer.map.view import MapView
from explorer.widgets.theme import theme_of
from models import direction
from models.aggregate import Aggregate, principal_axes
from models.basis import principal

DIM = 5
SIZE = 300


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def view(qtbot):
    """A map of a cloud on a ring, and a trail through its middle."""
    view = MapView()
    qtbot.addWidget(view)
    view.resize(SIZE, SIZE)
    view.show()
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    view.setNames("p00", "p01")
    view.setCloud(2 * np.stack([np.cos(angles), np.sin(angles)], axis=1))
    view.setTrail(np.stack([np.linspace(-1, 1, 20), np.zeros(20)], axis=1), np.arange(20), 100)
    return view


def at(view, point):
    return QPoint(*np.rint(view.placeOf(np.array(point))).astype(int).tolist())


def carry(view, places, button=Qt.MouseButton.LeftButton):
    # Mouse moves of QTest carry no buttons, and these need none.
    QTest.mousePress(view, button, pos=places[0])
    for place in places[1:]:
        QTest.mouseMove(view, place)
    QTest.mouseRelease(view, button, pos=places[-1])


def seen(view):
    """The picture as (H, W, 3)."""
    image = view.grab().toImage()
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., 2::-1].copy()


# The plane


def test_components_are_the_coordinates_along_the_axes_and_the_latents(rng):
    mu = rng.normal(size=(200, DIM)) @ rng.normal(size=(DIM, DIM)) + 1
    means = np.cov(mu.T, bias=True)
    levels = np.array([0.5])
    aggregate = Aggregate(
        mu.mean(0), means + np.eye(DIM), *principal_axes(means), levels, np.zeros((DIM, 1))
    )
    axes = principal(aggregate)
    made = components(DIM, axes)
    assert [one.name for one in made] == [f"{kind}0{k}" for kind in "pz" for k in range(DIM)]
    places = Plane(made[1], made[DIM + 3]).of(mu)
    np.testing.assert_allclose(places[:, 0], axes.coordinates(mu)[:, 1], atol=1e-9)
    np.testing.assert_array_equal(places[:, 1], mu[:, 3])
    shares = np.array([one.share for one in made])
    np.testing.assert_allclose(shares[DIM:], mu.var(0) / mu.var(0).sum())
    np.testing.assert_allclose(shares[:DIM].sum(), 1)
    assert made[0].label() == f"p00 · {100 * shares[0]:.1f} %"
    assert [one.share for one in components(2)] == [None, None]


def test_a_lens_sees_all_and_keeps_what_is_under_the_pointer(rng):
    points, size = rng.normal(size=(50, 2)) * (3, 1), (300, 200)
    lens = fitted(points, size)
    places = lens.pixels(points, size)
    assert (places > 0).all() and (places < size).all()
    assert lens.point(*places[7], size) == pytest.approx(points[7])
    closer = lens.zoomed(0.5, *places[7], size)
    np.testing.assert_allclose(closer.pixels(points[7], size), places[7])
    assert closer.span == lens.span / 2
    np.testing.assert_allclose(
        lens.panned(9, -4, size).pixels(points, size), np.add(places, (9, -4))
    )
    assert fitted(points[:0], size) == Lens()
    assert fitted(points[:1], size) == Lens(*points[0])


def test_numbers_at_the_edges_are_round():
    assert ticks(-2.3, 2.3, 5) == [-2, -1, 0, 1, 2]
    np.testing.assert_allclose(ticks(0.01, 0.052, 5), [0.01, 0.02, 0.03, 0.04, 0.05])
    assert round_range(np.linspace(3, 47, 100)) == (0, 50)
    low, high = round_range(np.full(9, 5.0))
    assert low <= 5 < high


def test_what_a_line_encloses_is_what_qt_says(rng):
    points, outline = rng.uniform(0, 100, (400, 2)), rng.uniform(0, 100, (9, 2))
    polygon = QPolygonF([QPointF(*place) for place in outline])
    wanted = [polygon.containsPoint(QPointF(*point), Qt.FillRule.OddEvenFill) for point in points]
    assert inside(points, outline).tolist() == wanted
    assert any(wanted) and not all(wanted)


def test_the_nearest_is_found_within_reach_and_the_newest_of_equals():
    points = np.array([[0, 0], [10, 0], [10, 0]])
    assert nearest(points, 9, 1, 8)[0] == 2
    assert nearest(points, 30, 0, 8)[0] == nearest(points[:0], 0, 0, 8)[0] == -1


# Dots


def test_later_dots_lie_over_earlier_ones_and_none_leaves_the_picture():
    pixels = np.zeros((20, 30), np.uint32)
    places = np.array([[10.2, 5.9], [11, 5], [0, 0], [29.9, 19.9], [-5, 3], [1e300, 0]])
    stamp(pixels, places, np.arange(1, 7, dtype=np.uint32), 1.5)
    wanted = np.zeros_like(pixels)
    wanted[4:7, 9:12] = 1
    wanted[4:7, 10:13] = 2
    np.testing.assert_array_equal(pixels, wanted)


def test_a_cloud_is_darker_where_there_is_more_of_it():
    pixels = np.full((10, 10), 0xFF000000, np.uint32)
    shade(pixels, np.array([[2.0, 2.0], [2.0, 2.0], [6.0, 6.0]]), "#ffffff", 1)
    once, twice = pixels[6, 6] & 0xFF, pixels[2, 2] & 0xFF
    assert once == round(255 * 0.45) and twice == round(255 * (1 - 0.55**2))
    assert (pixels != 0xFF000000).sum() == 2


# The hand


def test_a_click_chooses_the_nearest_point_and_empty_ground_none(view, qtbot):
    chosen = []
    view.chosen.connect(lambda *what: chosen.append(what))
    for point in ((2, 0), (-1, 0), (0, 1)):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(view, point) + QPoint(2, -1))
    assert chosen == [("cloud", 0), ("trail", 100)]


def test_pointing_tells_what_is_there_and_marks_it(view):
    pointed = []
    view.pointed.connect(lambda *what: pointed.append(what))
    before = seen(view)
    QTest.mouseMove(view, at(view, (-2, 0)))
    assert (seen(view) != before).any()
    QTest.mouseMove(view, at(view, (0, 1)))
    assert pointed == [("cloud", 30), ("", -1)]
    np.testing.assert_array_equal(seen(view), before)


def test_a_drag_encloses_points_of_cloud_and_trail_only_while_selecting(view):
    enclosed, chosen = [], []
    view.enclosed.connect(lambda *what: enclosed.append(what))
    view.chosen.connect(lambda *what: chosen.append(what))
    corners = ((0.5, -3), (3, -3), (3, 3), (0.5, 3), (0.5, -2.9))
    line = [at(view.window(), corner) for corner in corners]
    carry(view, line)
    assert not enclosed and not chosen
    view.setSelecting("B")
    carry(view, line)
    [(name, cloud, trail)] = enclosed
    assert name == "B"
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    np.testing.assert_array_equal(cloud, 2 * np.cos(angles) > 0.5)
    np.testing.assert_array_equal(trail, np.linspace(-1, 1, 20) > 0.5)
    view.setGroups({"B": np.array([[1.0, 1.0]])})
    place = at(view, (1, 1))
    color = QColor(group_color(theme_of(view), "B")).getRgb()[:3]
    assert tuple(seen(view)[place.y(), place.x()]) == color


def test_the_wheel_zooms_the_right_button_moves_and_a_double_click_fits(view):
    ring = np.array([[2.0, 0.0]])
    before = view.placeOf(ring)[0]
    place = QPointF(*before)
    wheel = QWheelEvent(
        place, place, QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    view.wheelEvent(wheel)
    np.testing.assert_allclose(view.placeOf(ring)[0], before, atol=1e-6)
    assert np.ptp(view.placeOf(np.array([[0, 0], [1, 0]]))[:, 0]) > SIZE / 4
    carry(view, [QPoint(50, 50), QPoint(60, 80)], Qt.MouseButton.RightButton)
    np.testing.assert_allclose(view.placeOf(ring)[0], np.add(before, (10, 30)), atol=1e-6)
    view.setTrail(np.array([[9.0, 9.0]]), np.zeros(1, np.uint8), 0)  # it is the person's now
    np.testing.assert_allclose(view.placeOf(ring)[0], np.add(before, (10, 30)), atol=1e-6)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(150, 150))
    assert (view.placeOf(np.array([[9.0, 9.0], [-2.0, 0.0]])) > 0).all()


def test_words_take_the_place_of_a_map_that_cannot_be(view):
    chosen = []
    view.chosen.connect(lambda *what: chosen.append(what))
    view.setPlaceholder("<b>no encoder</b>")
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(view, (2, 0)))
    assert not chosen
    assert len(np.unique(seen(view).reshape(-1, 3), axis=0)) > 2


# The slider


def test_what_a_slider_is_shown_is_not_announced_and_one_drag_is_one_gesture(qtbot):
    slider = DirectionSlider("x")
    qtbot.addWidget(slider)
    slider.resize(200, 26)
    slider.show()
    told = []
    slider.moved.connect(told.append)
    slider.began.connect(lambda: told.append("began"))
    slider.ended.connect(lambda: told.append("ended"))
    slider.showCoordinate(7.5)
    assert slider.value() == slider.maximum() and not told
    places = [QPoint(round(slider.xOf(value)), 13) for value in (0.0, 0.5, 1.0)]
    carry(slider, places)
    assert told[0] == "began" and told[-1] == "ended"
    assert told[1] == pytest.approx(0, abs=0.03) and told[-2] == pytest.approx(1, abs=0.03)
    told.clear()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert told == [pytest.approx(1.05, abs=0.03)]


def test_names_are_as_long_as_in_a_file():
    assert direction_list.NAME_LENGTH == direction.NAME_LENGTH
