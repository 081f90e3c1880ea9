"""The posterior strip: what is coloured where, what is told of it, and the moments gone back to."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton

from explorer.drive.colouring import COLOURINGS, EMPTY, FULL, MU
from explorer.drive.events import Marks, events
from explorer.drive.history import DriveHistory
from explorer.drive.strip import PosteriorStrip
from explorer.drive.strip_legend import StripLegend
from explorer.drive.strip_map import FRAMES, StripMap, squeezed
from explorer.widgets.theme import apply_theme, theme_of
from models.observation import Observation, Posterior
from tests.telemetry import telemetry

LATENTS = 4
LEFT = Qt.MouseButton.LeftButton


def seen(step, mu=None, sigma=0.5, error=22.0, lap=False, place=None, **known):
    """A frame of a drive; its mu tells step and latent apart."""
    if mu is None:
        mu = ((step * 7 + np.arange(LATENTS) * 31) % 61 - 30) / 10
    mu = np.asarray(mu, np.float32)
    posterior = Posterior(mu, np.full(mu.size, sigma, np.float32))
    frame = np.zeros((2, 2, 3), np.uint8)
    told = telemetry(step, **known)
    return Observation(
        frame, None, 0.0, told, posterior=posterior, error=error, lap=lap, place=place
    )


def drive(history, count, begin=1, **known):
    history.append([seen(step, **known) for step in range(begin, begin + count)])


@pytest.fixture
def history():
    return DriveHistory()


@pytest.fixture
def strip(qapp, qtbot, history):
    apply_theme(qapp, "dark")
    strip = PosteriorStrip(LATENTS)
    qtbot.addWidget(strip)
    strip.resize(FRAMES, 240)  # a pixel for each frame
    with qtbot.waitExposed(strip):
        strip.show()
    strip.setHistory(history)
    strip.setAggregate(np.arange(LATENTS) / 10, np.full(LATENTS, 0.5))
    return strip


def map_of(strip):
    return strip.findChild(StripMap)


def choose(strip, words, qtbot):
    """Choose what is coloured, by keys."""
    box = strip.findChild(QComboBox, "stripColourBox")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findText(words)):
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == words


def near(color, name):
    """Whether a pixel has a colour, but for smooth edges."""
    wanted = QColor(name).getRgb()[:3]
    return max(abs(a - b) for a, b in zip(color.getRgb()[:3], wanted, strict=True)) < 60


def asked(strip):
    numbers = []
    strip.recallRequested.connect(numbers.append)
    return numbers


# What is coloured


def test_the_last_ten_seconds_stand_with_the_newest_at_the_right(strip, history):
    drive(history, FRAMES + 203)
    strip.redraw()
    shown = strip.stretch()
    np.testing.assert_array_equal(shown.values, history.mu[-FRAMES:])
    assert map_of(strip).xOf(FRAMES - 1) == pytest.approx(map_of(strip).width() - 0.5)
    assert map_of(strip).indexAt(0) == 0


def test_rows_stand_in_the_given_order_also_for_the_past(strip, history):
    drive(history, 9)
    order = np.array([2, 0, 3, 1])
    strip.setOrder(order)
    np.testing.assert_array_equal(strip.stretch().values, history.mu[:, order])


def test_frames_of_another_number_of_latents_are_not_shown(strip, history):
    drive(history, 5)
    strip.setOrder(np.arange(6))
    assert not len(strip.stretch().values)
    history.clear()  # as with any other model
    history.append([seen(1, mu=np.ones(6))])
    strip.redraw()
    assert strip.stretch().values.tolist() == [[1.0] * 6]


def test_each_choice_colours_its_own_number(strip, history, qtbot):
    drive(history, 30)
    strip.redraw()
    mu, sigma = history.mu.astype(float), history.sigma.astype(float)
    wanted = {
        "mu": mu,
        "sigma": sigma,
        "KL": 0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma),
        "z-score": (mu - np.arange(LATENTS) / 10) / 0.5,
    }
    assert set(wanted) == {each.words for each in COLOURINGS}
    for words, values in wanted.items():
        choose(strip, words, qtbot)
        np.testing.assert_allclose(strip.stretch().values, values, rtol=1e-4, atol=1e-5)


def test_without_an_aggregate_there_are_no_z_scores(strip, history, qtbot):
    drive(history, 3)
    choose(strip, "z-score", qtbot)
    strip.setAggregate(None, None)
    assert strip.colouring() is MU
    box = strip.findChild(QComboBox, "stripColourBox")
    assert not box.model().item(box.findText("z-score")).isEnabled()


def test_levels_span_the_range_are_full_beyond_and_tell_what_is_no_number():
    values = np.array([-9.0, -3.0, 0.0, 1.5, 3.0, 9.0, np.nan, np.inf])
    assert MU.levels(values).tolist() == [0, 0, FULL // 2, 190, FULL, FULL, EMPTY, FULL]


def test_frames_are_averaged_where_pixels_are_fewer():
    values = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    np.testing.assert_allclose(squeezed(values, 4), values.reshape(4, 3, 3).mean(1), atol=1e-6)
    np.testing.assert_allclose(squeezed(values, 12), values, atol=1e-6)
    values[5] = np.nan
    assert np.isfinite(squeezed(values, 12)).all(1).sum() == 11


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_orange_is_above_zero_blue_below_and_nothing_was_before(qapp, strip, history, theme):
    apply_theme(qapp, theme)
    drive(history, FRAMES // 2, mu=[3, 3, -3, -3])
    strip.redraw()
    shown, image = map_of(strip), map_of(strip).grab().toImage()
    colors, low = theme_of(shown), shown.height() - 40
    assert image.pixelColor(FRAMES - 20, 3) == QColor(colors.kl)
    assert image.pixelColor(FRAMES - 20, low) == QColor(colors.mu)
    assert image.pixelColor(20, low) == QColor(colors.well)


def test_kl_and_error_are_lines_with_their_newest_values(qtbot, strip, history):
    drive(history, FRAMES - 40, mu=np.zeros(LATENTS), sigma=1.0, error=5.0)
    drive(history, 40, mu=np.zeros(LATENTS), sigma=1.0, error=500.0)  # leaves by the top
    drive(history, 1, mu=[2.0, 0, 0, 0], sigma=1.0, error=12.34)
    strip.redraw()
    legend = strip.findChild(StripLegend)
    assert legend.texts() == ("KL 2.0 nats", "error 12.3 SSE")
    legend.setValues(96302770323193856.0, float("inf"))
    assert legend.texts() == ("KL 9.6e16 nats", "error")
    shown = map_of(strip)
    image, colors = shown.grab().toImage(), theme_of(shown)
    height = shown.height()
    columns = [[image.pixelColor(x, y) for y in range(height)] for x in range(100, 130)]
    # The error half way up of 20, the KL at the bottom, and with gaps.
    middle = slice(height // 2 - 3, height // 2 + 3)
    assert all(any(near(color, colors.recon) for color in column[middle]) for column in columns)
    dashes = [any(near(color, colors.kl) for color in column[-4:]) for column in columns]
    assert any(dashes) and not all(dashes)


def test_the_legend_says_what_the_colours_mean(strip, history, qtbot):
    legend = strip.findChild(StripLegend)
    drive(history, 2)
    for words, scale in (("mu", "−3 … +3"), ("sigma", "0 … 1"), ("KL", "0 … 3 nats")):
        choose(strip, words, qtbot)
        assert legend.accessibleName().endswith(f"colour: {words} {scale}")


# What happened


def test_events_are_told_by_telemetry():
    drive = [
        seen(10),
        seen(11, on_grass=True),
        seen(12, on_grass=True),
        seen(13),
        seen(14, lap=True),
        seen(1),
        seen(2, place=80),
        seen(2, place=80),
        seen(3, place=81),
        seen(1, place=82),
        seen(40, place=20),
        seen(3),
    ]
    told = [(1, "grass"), (3, "road"), (4, "lap"), (5, "restart"), (6, "replay")]
    told += [(9, "restart"), (10, "jump"), (11, "live")]
    assert events(None, drive) == told
    assert events(seen(9, on_grass=True), drive[:1]) == [(0, "road")]


def test_marks_stay_at_their_frames_however_these_come(strip, history):
    drive(history, 40)
    for step in range(41, 46):
        history.append([seen(step, on_grass=True)])
        strip.redraw()
    drive(history, 3)
    strip.redraw()
    assert strip.stretch().marks == [(40, "grass"), (45, "restart")]
    drive(history, FRAMES, begin=4)
    strip.redraw()
    assert strip.stretch().marks == []
    history.clear()
    drive(history, 2)
    strip.redraw()
    assert strip.stretch().marks == []


def test_of_events_at_one_place_the_most_telling_is_marked_and_of_many_jumps_the_first():
    marks = Marks()
    for number in range(0, 60, 2):  # a move through a recording
        marks.add(number, "jump")
    for number, word in ((200, "lap"), (201, "restart"), (300, "road"), (302, "left the field")):
        marks.add(number, word)
    assert marks.kept == [(0, "jump"), (200, "lap"), (302, "left the field")]
    marks.add(330, "jump")
    marks.forget(250)
    assert marks.kept == [(302, "left the field"), (330, "jump")]


# Going back


def press_at(strip, index, qtbot):
    place = QPoint(int(map_of(strip).xOf(index)), 50)
    qtbot.mouseClick(map_of(strip), LEFT, pos=place)


def test_a_press_asks_for_the_frame_under_it_and_a_drag_for_each_once(strip, history, qtbot):
    drive(history, FRAMES + 100)
    strip.redraw()
    numbers = asked(strip)
    press_at(strip, 137, qtbot)
    assert numbers == [237]
    shown = map_of(strip)
    start = QPoint(int(shown.xOf(200)), 50)
    qtbot.mousePress(shown, LEFT, pos=start)
    for x in (200, 201, 201, 203):
        place = QPointF(shown.xOf(x), 50)
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            place,
            shown.mapToGlobal(place),
            LEFT,
            LEFT,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(shown, move)
    qtbot.mouseRelease(shown, LEFT, pos=start)
    assert numbers[1:] == [300, 301, 303]


def test_before_anything_was_driven_nothing_is_asked(strip, qtbot):
    numbers = asked(strip)
    press_at(strip, 3, qtbot)
    map_of(strip).setFocus()
    with qtbot.waitSignal(strip.holdRequested):
        QTest.keyClick(map_of(strip), Qt.Key.Key_H)
    QTest.keyClick(map_of(strip), Qt.Key.Key_Left)
    assert numbers == []


def test_left_of_the_first_frame_is_the_first(strip, history, qtbot):
    drive(history, 10)
    strip.redraw()
    numbers = asked(strip)
    qtbot.mouseClick(map_of(strip), LEFT, pos=QPoint(5, 50))
    assert numbers == [0]


def test_while_a_moment_is_on_show_the_map_stands_and_its_values_are_told(strip, history, qtbot):
    drive(history, 400)
    strip.redraw()
    assert not strip.findChild(QPushButton, "liveButton").isVisible()
    strip.setMoment(150)
    before = strip.stretch()
    assert before.cursor == 150 and before.seconds(150) == "−5.0 s"
    drive(history, 5, begin=401, error=99.0)
    strip.redraw()
    after = strip.stretch()
    np.testing.assert_array_equal(after.values, before.values)
    assert after.seconds(150) == "−5.1 s"  # the newest is another one
    assert strip.findChild(StripLegend).texts()[1] == "error 22.0 SSE"
    live = strip.findChild(QPushButton, "liveButton")
    with qtbot.waitSignal(strip.liveRequested):
        qtbot.mouseClick(live, LEFT)
    strip.setMoment(None)
    assert not live.isVisible()
    assert len(strip.stretch().values) == 405 and strip.stretch().cursor is None


def test_keys_go_by_a_frame_and_a_second_as_far_as_there_are_frames(strip, history, qtbot):
    drive(history, 700)
    strip.redraw()
    strip.recallRequested.connect(lambda number: strip.setMoment(number))
    numbers, shown = asked(strip), map_of(strip)
    shown.setFocus()
    keys = Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_Right, Qt.Key.Key_PageDown
    for key in (*keys, Qt.Key.Key_Right):
        QTest.keyClick(shown, key)
    assert numbers == [698, 648, 649, 699, 699]
    for _ in range(15):
        QTest.keyClick(shown, Qt.Key.Key_PageUp)
    assert numbers[-1] == 0  # beyond the left edge, to the oldest that is kept
    assert strip.stretch().cursor == 0 and strip.stretch().seconds(0) == "−14.0 s"
    with qtbot.waitSignal(strip.liveRequested):
        QTest.keyClick(shown, Qt.Key.Key_Escape)


def test_a_moment_chosen_elsewhere_comes_into_sight(strip, history):
    drive(history, 2000)
    strip.redraw()
    strip.setMoment(700)
    shown = strip.stretch()
    np.testing.assert_array_equal(shown.values[shown.cursor], history.mu[700])
    assert shown.seconds(shown.cursor) == "−26.0 s"


def test_the_pointer_is_told_latent_value_and_frame(strip, history):
    drive(history, 200)
    drive(history, 1, begin=201, mu=[0.5, -1.25, 0, 2], sigma=1.0, error=7.0)
    drive(history, 159, begin=202)
    strip.setOrder(np.array([2, 1, 0, 3]))
    shown = map_of(strip)
    x = int(shown.xOf(200))
    told = shown.tell(QPoint(x, shown.height() * 3 // 8))
    assert told == "z01, −3.2 s: mu −1.25\nframe: KL 2.9 nats, error 7.0 SSE"
    assert shown.tell(QPoint(x, shown.height() - 1)).startswith("z03, −3.2 s: mu +2.00")
    assert shown.tell(QPoint(x, -1)) == ""


def test_a_placeholder_takes_the_place_of_map_and_hand(strip, history, qtbot):
    drive(history, 20)
    strip.setPlaceholder("No posterior")
    strip.redraw()
    numbers = asked(strip)
    press_at(strip, 3, qtbot)
    assert numbers == [] and map_of(strip).tell(QPoint(FRAMES - 1, 5)) == ""
