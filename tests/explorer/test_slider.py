"""The slider of one latent under mouse, wheel and keys, and what it paints."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QSlider, QVBoxLayout, QWidget

from explorer.latents.density import density, z_range
from explorer.latents.slider import LatentSlider

LEFT = Qt.MouseButton.LeftButton
MIDDLE = 12  # of the height, pixels


@pytest.fixture
def slider(qtbot):
    made = LatentSlider(7)
    qtbot.addWidget(made)
    made.resize(210, 24)  # 200 pixels of track for -3..3
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def heard(slider):
    values = []
    slider.zChanged.connect(values.append)
    return values


def at(slider, z):
    return QPoint(round(slider.xOf(z)), MIDDLE)


def turn_wheel(slider, angle):
    where = QPointF(slider.rect().center())
    event = QWheelEvent(
        where,
        QPointF(slider.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    QApplication.sendEvent(slider, event)
    return event.isAccepted()


def test_its_names_and_its_place_among_sliders(slider):
    assert isinstance(slider, QSlider)
    assert slider.objectName() == "latentSlider07"
    assert slider.accessibleName() == "z07"
    assert "z07" in slider.toolTip()


def test_z_keeps_its_decimals_while_value_is_in_hundredths(slider):
    slider.setZ(0.12345)
    assert slider.property("z") == 0.12345
    assert slider.value() == 12


def test_properties_can_be_read_and_set_by_name(slider):
    assert math.isnan(slider.property("mu"))
    assert slider.setProperty("mu", 0.5)
    assert slider.setProperty("sigma", 0.25)
    assert slider.setProperty("z", -1.5)
    names = ("mu", "sigma", "z")
    assert [slider.property(name) for name in names] == [0.5, 0.25, -1.5]


def test_a_change_is_announced_once_and_no_change_is_not(slider, heard):
    slider.setZ(0.5)
    slider.setZ(0.5)
    slider.setZ(0.504)  # the same hundredth, another z
    assert heard == [0.5, 0.504]


def test_a_posterior_moves_mu_and_sigma_and_leaves_z(slider, heard):
    slider.setPosterior(1.0, 0.2)
    assert (slider.z, slider.mu, slider.sigma) == (0.0, 1.0, 0.2)
    assert heard == []


@pytest.mark.parametrize("z", [7.125, -12.0])
def test_a_value_outside_widens_the_range(slider, z):
    slider.setZ(z)
    assert slider.z == z
    assert slider.minimum() <= slider.value() <= slider.maximum()
    assert slider.value() == round(z * 100)


def test_an_integer_outside_widens_the_range(slider, heard):
    slider.setValue(450)
    assert (slider.value(), heard) == (450, [4.5])


def test_a_new_range_keeps_the_value(slider, heard):
    slider.setZ(2.5)
    slider.setZRange(-1.0, 1.0)
    assert slider.z == 2.5
    assert (slider.minimum(), slider.maximum()) == (-100, 250)
    assert heard == [2.5]


def test_what_is_not_a_number_is_refused(slider):
    with pytest.raises(ValueError, match="finite"):
        slider.setZ(math.nan)
    assert slider.z == 0.0


def test_a_press_on_the_track_moves_the_handle_there_at_once(slider, heard, qtbot):
    qtbot.mousePress(slider, LEFT, pos=at(slider, 1.5))
    assert slider.z == pytest.approx(1.5, abs=0.03)
    assert heard == [slider.z]


def test_a_drag_follows_the_mouse_and_ends_with_the_release(slider, heard, qtbot):
    qtbot.mousePress(slider, LEFT, pos=at(slider, -1.0))
    assert slider.isSliderDown()
    for z in (-0.4, 0.8, 2.0):
        qtbot.mouseMove(slider, at(slider, z))
        assert slider.z == pytest.approx(z, abs=0.03)
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 2.0))
    assert not slider.isSliderDown()
    assert len(heard) == 4
    qtbot.mouseMove(slider, at(slider, -2.0))
    assert slider.z == pytest.approx(2.0, abs=0.03)


def test_a_drag_goes_as_far_as_the_mouse_wherever_the_handle_was_held(slider, qtbot):
    hold = at(slider, 0.0) + QPoint(3, 0)
    qtbot.mousePress(slider, LEFT, pos=hold)
    assert slider.z == 0.0
    qtbot.mouseMove(slider, hold + QPoint(50, 0))
    assert slider.xOf(slider.z) - slider.xOf(0.0) == pytest.approx(50, abs=0.5)


def test_taking_hold_of_the_handle_keeps_an_exact_value(slider, heard, qtbot):
    slider.setZ(0.12345)
    heard.clear()
    qtbot.mouseClick(slider, LEFT, pos=at(slider, 0.12345))
    assert (slider.z, heard) == (0.12345, [])


def test_a_drag_beyond_the_end_stays_at_the_end(slider, qtbot):
    qtbot.mousePress(slider, LEFT, pos=at(slider, 0.0))
    qtbot.mouseMove(slider, QPoint(500, MIDDLE))
    assert (slider.z, slider.maximum()) == (3.0, 300)


def test_other_buttons_do_not_drag(slider, heard, qtbot):
    qtbot.mousePress(slider, Qt.MouseButton.RightButton, pos=at(slider, 2.0))
    qtbot.mouseMove(slider, at(slider, -2.0))
    qtbot.mouseRelease(slider, Qt.MouseButton.RightButton, pos=at(slider, -2.0))
    assert heard == []


def test_a_double_click_resets_and_leaves_no_drag_and_no_jump(slider, qtbot):
    where = at(slider, 2.0)
    qtbot.mouseClick(slider, LEFT, pos=where)
    qtbot.mouseDClick(slider, LEFT, pos=where)
    assert slider.z == 0.0
    assert not slider.isSliderDown()
    qtbot.mouseMove(slider, at(slider, -2.0))
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, -2.0))
    assert slider.z == 0.0


def test_a_double_click_brings_a_widened_range_back(slider, qtbot):
    slider.setZ(40.0)
    qtbot.mouseDClick(slider, LEFT, pos=at(slider, 20.0))
    assert (slider.minimum(), slider.value(), slider.maximum()) == (-300, 0, 300)


@pytest.mark.parametrize(
    ("key", "z"),
    [
        (Qt.Key.Key_Right, 0.05),
        (Qt.Key.Key_Left, -0.05),
        (Qt.Key.Key_Up, 0.05),
        (Qt.Key.Key_Down, -0.05),
        (Qt.Key.Key_PageUp, 0.5),
        (Qt.Key.Key_PageDown, -0.5),
        (Qt.Key.Key_Home, -3.0),
        (Qt.Key.Key_End, 3.0),
    ],
)
def test_keys_step(slider, heard, qtbot, key, z):
    qtbot.keyClick(slider, key)
    assert slider.z == pytest.approx(z)
    assert heard == [slider.z]


def test_the_wheel_goes_one_step_a_notch_and_keeps_the_event(slider, heard):
    assert turn_wheel(slider, 120)
    assert slider.z == pytest.approx(0.05)
    assert turn_wheel(slider, -240)
    assert slider.z == pytest.approx(-0.05)
    assert len(heard) == 2


def test_a_touchpad_adds_up_to_a_notch(slider, heard):
    for _ in range(3):
        turn_wheel(slider, 40)
    assert heard == [pytest.approx(0.05)]


def test_the_wheel_stops_at_the_end_of_the_range(slider):
    slider.setZ(3.0)
    assert turn_wheel(slider, 120)
    assert (slider.z, slider.maximum()) == (3.0, 300)


def color_at(slider, z, y):
    return slider.grab().toImage().pixelColor(round(slider.xOf(z)), y).rgb()


def test_the_handle_stands_at_z_and_the_tick_at_mu(slider):
    empty = color_at(slider, 1.5, MIDDLE + 5), color_at(slider, -1.5, 2)
    slider.setZ(1.5)
    slider.setPosterior(-1.5, 0.5)
    assert color_at(slider, 1.5, MIDDLE + 5) != empty[0]
    assert color_at(slider, -1.5, 2) != empty[1]
    assert color_at(slider, 0.0, MIDDLE + 7) != color_at(slider, -1.2, MIDDLE + 7)  # the band


def test_the_ring_is_hollow_shows_on_the_handle_too_and_goes(slider):
    empty = slider.grab().toImage()
    slider.setEcho(1.0)
    ring = slider.grab().toImage()
    x = round(slider.xOf(1.0))
    assert ring.pixelColor(x - 3, MIDDLE) != empty.pixelColor(x - 3, MIDDLE)
    assert ring.pixelColor(x, MIDDLE) != ring.pixelColor(x - 3, MIDDLE)
    slider.setEcho(slider.z)
    assert slider.grab().toImage() != empty
    slider.setEcho(math.nan)
    assert slider.grab().toImage() == empty


def test_a_ring_beyond_the_range_stands_at_its_end(slider):
    slider.setEcho(3.0)
    at_the_end = slider.grab().toImage()
    slider.setEcho(50.0)
    assert slider.grab().toImage() == at_the_end
    assert (slider.maximum(), slider.property("echo")) == (300, 50.0)


def test_the_silhouette_is_painted_where_the_data_are(slider):
    before = slider.grab().toImage()
    slider.setDensity(np.array([-2.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    assert color_at(slider, -1.0, 6) != before.pixelColor(round(slider.xOf(-1.0)), 6).rgb()
    assert color_at(slider, 2.0, 6) == before.pixelColor(round(slider.xOf(2.0)), 6).rgb()


def test_disabled_it_is_painted_muted(slider):
    live = color_at(slider, 0.0, MIDDLE + 5)
    slider.setEnabled(False)
    assert color_at(slider, 0.0, MIDDLE + 5) != live


class PaintCounter(QObject):
    def __init__(self):
        super().__init__()
        self.painted = {}

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            name = watched.objectName()
            self.painted[name] = self.painted.get(name, 0) + 1
        return False


def test_it_repaints_only_when_something_visible_moved(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    still, moving = LatentSlider(0), LatentSlider(1)
    layout.addWidget(still)
    layout.addWidget(moving)
    for slider in (still, moving):
        slider.setPosterior(1.0, 0.5)
        slider.setEcho(-1.0)
    window.resize(220, 80)
    with qtbot.waitActive(window):
        window.show()
    counter = PaintCounter()
    for slider in (still, moving):
        slider.installEventFilter(counter)
        slider.update()
    qtbot.waitUntil(lambda: len(counter.painted) == 2)
    counter.painted.clear()
    still.setPosterior(1.00001, 0.50001)
    still.setZ(0.01)  # a third of a pixel
    still.setEcho(-1.00001)
    moving.setPosterior(-1.0, 0.5)
    qtbot.waitUntil(lambda: counter.painted.get("latentSlider01", 0) >= 1)
    assert "latentSlider00" not in counter.painted
    still.setPosterior(2.0, 0.5)
    qtbot.waitUntil(lambda: counter.painted.get("latentSlider00", 0) >= 1)
    counter.painted.clear()
    still.setEcho(1.0)
    qtbot.waitUntil(lambda: counter.painted.get("latentSlider00", 0) >= 1)


LEVELS = np.linspace(0.0, 1.0, 101)


def test_the_range_covers_what_was_seen_three_deviations_and_zero():
    assert z_range(np.array([-1.0, 5.0]), 1.0, 0.5) == (-1.0, 5.0)
    assert z_range(np.array([1.5, 2.5]), 2.0, 1.0) == (-1.0, 5.0)
    assert z_range(np.array([2.0, 4.0]), 3.0, 0.1) == (0.0, 4.0)


def test_a_latent_that_never_moves_still_has_a_track():
    low, high = z_range(np.zeros(5), 0.0, 0.0)
    assert (low, high) == (-1.0, 1.0)
    _, heights = density(np.zeros(101), LEVELS, low, high)
    assert np.isfinite(heights).all() and heights.max() == 1.0


def test_the_density_of_gaussian_quantiles_is_gaussian():
    samples = np.random.default_rng(0).normal(0.5, 0.8, 200_000)
    positions, heights = density(np.quantile(samples, LEVELS), LEVELS, -4.0, 4.0)
    expected = np.exp(-0.5 * ((positions - 0.5) / 0.8) ** 2)
    assert np.abs(heights - expected).max() < 0.08
