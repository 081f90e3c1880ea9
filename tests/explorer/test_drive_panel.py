"""The drive panel shows what runs, and asks for a drive only when a person does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from explorer.drive.gauges import Gauges
from explorer.drive.panel import DrivePanel
from explorer.widgets.comparison import absolute_error, psnr
from explorer.widgets.image_view import ImageView
from explorer.widgets.theme import theme_of

SIGNALS = (
    "driveChanged",
    "modeChosen",
    "restartRequested",
    "recordChanged",
    "actionChanged",
    "freezeRequested",
)


class Asked(list):
    """What a panel has asked for, in order: (signal, *arguments)."""

    def __init__(self, panel):
        super().__init__()
        for name in SIGNALS:
            getattr(panel, name).connect(self._recorder(name))

    def _recorder(self, name):
        return lambda *arguments: self.append((name, *arguments))


@pytest.fixture
def panel(qtbot):
    panel = DrivePanel(latent_dim=32)
    qtbot.addWidget(panel)
    panel.resize(390, 800)
    with qtbot.waitActive(panel):
        panel.show()
    panel.setReady(True)
    return panel


def button(panel, name):
    return panel.findChild(QPushButton, name)


def picture(panel, name):
    return panel.findChild(ImageView, name).image()


def says(widget, text):
    return any(text in label.text() for label in widget.findChildren(QLabel))


def click(qtbot, panel, name):
    qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def random_pair(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)


# --- the buttons ---------------------------------------------------------------------------


def test_drive_asks_for_a_start_and_stop_for_the_end(qtbot, panel):
    asked = Asked(panel)
    assert button(panel, "driveButton").text() == "Drive"
    click(qtbot, panel, "driveButton")
    panel.setDriving(True)
    assert button(panel, "driveButton").text() == "Stop"
    click(qtbot, panel, "driveButton")
    panel.setDriving(False)
    assert button(panel, "driveButton").text() == "Drive"
    assert asked == [("driveChanged", True), ("driveChanged", False)]


def test_a_start_that_failed_leaves_the_button_as_it_was(qtbot, panel):
    click(qtbot, panel, "driveButton")
    panel.setDriving(False)
    assert not button(panel, "driveButton").isChecked()
    asked = Asked(panel)
    click(qtbot, panel, "driveButton")
    assert asked == [("driveChanged", True)]


def test_who_drives_can_be_chosen_before_and_while_driving(qtbot, panel):
    asked = Asked(panel)
    click(qtbot, panel, "autopilotButton")
    panel.setDriving(True)
    click(qtbot, panel, "autopilotButton")  # it drives already
    click(qtbot, panel, "replayButton")
    click(qtbot, panel, "youButton")
    assert asked == [("modeChosen", mode) for mode in ("autopilot", "replay", "you")]


def test_restart_and_record_work_only_while_driving(qtbot, panel):
    asked = Asked(panel)
    for driving in (False, True):
        panel.setDriving(driving)
        for name in ("restartButton", "recordButton"):
            assert button(panel, name).isEnabled() == driving
            click(qtbot, panel, name)
    assert asked == [("restartRequested",), ("recordChanged", True)]


def test_nothing_can_be_started_before_the_model_is_there(qtbot, panel):
    asked = Asked(panel)
    panel.setReady(False)
    for button in panel.findChildren(QPushButton):
        if button.objectName() not in ("mapButton", "probesButton"):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == []
    assert not panel.findChild(QWidget, "trackSeedField").isEnabled()


def test_showing_a_state_asks_for_nothing(panel):
    asked = Asked(panel)
    panel.setDriving(True)
    panel.setRecording(True)
    assert button(panel, "driveButton").isChecked()
    assert button(panel, "recordButton").isChecked()
    panel.setDriving(False)
    panel.setReady(False)
    assert not button(panel, "driveButton").isChecked()
    assert not button(panel, "recordButton").isChecked()
    assert asked == []


def test_a_click_on_a_button_leaves_the_keys_with_the_view(qtbot, panel):
    panel.setDriving(True)
    QTest.keyPress(panel.view, Qt.Key.Key_Up)
    for name in ("restartButton", "recordButton", "autopilotButton"):
        click(qtbot, panel, name)
    assert panel.view.hasFocus()
    assert panel.view.action() == (0.0, 1.0, 0.0)


def test_every_control_has_a_name_to_read_out_and_a_tooltip(panel):
    names = (
        "driveView encoderInput reconstruction errorMap reconChoice errorChoice driveButton "
        "youButton autopilotButton replayButton holdButton restartButton recordButton "
        "trackSeedField newTrackButton gogglesButton domainRandomizeButton recordingsButton "
        "replaySlider gauges posteriorStrip"
    )
    for name in names.split():
        widget = panel.findChild(QWidget, name)
        assert widget.accessibleName() and widget.toolTip(), name


# --- the view in the panel -----------------------------------------------------------------


def test_a_start_gives_the_view_the_keyboard_once(qtbot, panel):
    panel.view.clearFocus()
    panel.setDriving(True)
    assert panel.view.hasFocus()
    button(panel, "restartButton").setFocus()
    panel.setDriving(True)
    assert not panel.view.hasFocus()


def test_keys_in_the_view_come_out_of_the_panel(panel):
    panel.setDriving(True)
    asked = Asked(panel)
    QTest.keyPress(panel.view, Qt.Key.Key_Left)
    QTest.keyClick(panel.view, Qt.Key.Key_R)
    QTest.keyClick(panel.view, Qt.Key.Key_F)
    assert asked == [
        ("actionChanged", (-1.0, 0.0, 0.0)),
        ("restartRequested",),
        ("freezeRequested",),
    ]


def test_r_restarts_nothing_when_nothing_drives(qtbot, panel):
    asked = Asked(panel)
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton)
    QTest.keyClick(panel.view, Qt.Key.Key_R)
    assert asked == []


def test_the_view_shows_the_game_while_driving_and_nothing_after(panel):
    game = np.full((480, 640, 3), 90, np.uint8)
    panel.setDriving(True)
    panel.setView(game)
    np.testing.assert_array_equal(picture(panel, "driveView"), game)
    panel.clearView()
    assert picture(panel, "driveView") is None


def test_the_autopilot_needs_no_hint_to_steer(qtbot, panel):
    panel.setDriving(True)
    panel.setView(np.full((480, 640, 3), 128, np.uint8))
    panel.view.clearFocus()
    by_hand = panel.view.grab().toImage()
    click(qtbot, panel, "autopilotButton")
    by_itself = panel.view.grab().toImage()
    rect = panel.view.pictureRect()
    at = (int(rect.center().x()), int(rect.bottom()) - 6)
    assert by_hand.pixelColor(*at).lightness() < 100
    assert by_itself.pixelColor(*at) == QColor(128, 128, 128)


# --- input, reconstruction, error ----------------------------------------------------------


def test_frame_and_reconstruction_are_shown_as_they_are(panel):
    frame, recon = random_pair()
    panel.setFrame(frame, recon)
    np.testing.assert_array_equal(picture(panel, "encoderInput"), frame)
    np.testing.assert_array_equal(picture(panel, "reconstruction"), recon)


def test_a_known_difference_gives_a_known_quality(panel):
    frame = np.full((60, 80, 3), 100, np.uint8)
    panel.setFrame(frame, frame + np.uint8(10))
    # A constant error of 10 levels: 20 log10(255 / 10) = 28.13 dB, |error| 10 / 255 = 0.039.
    # Over 14400 values it is 14400 (10 / 255)^2 = 22.1.
    assert says(panel, "28.1 dB · SSE 22")
    assert says(panel, "max 0.04")


def test_quality_and_error_agree_with_the_definition():
    frame, recon = random_pair(1)
    a, b = frame.astype(np.float64) / 255, recon.astype(np.float64) / 255
    assert psnr(frame, recon) == pytest.approx(10 * math.log10(1 / np.mean((a - b) ** 2)), 1e-5)
    np.testing.assert_allclose(absolute_error(frame, recon), abs(a - b).mean(axis=2), atol=1e-6)


def test_equal_pictures_have_no_error(panel):
    frame, _ = random_pair(2)
    panel.setFrame(frame, frame.copy())
    assert says(panel, "∞ dB")
    assert says(panel, "max 0.00")
    assert (picture(panel, "errorMap") == picture(panel, "errorMap")[0, 0]).all()


def test_the_error_map_is_inferno_from_zero_to_a_half(panel):
    frame = np.zeros((60, 80, 3), np.uint8)
    recon = frame.copy()
    recon[0, 0] = (64, 64, 64)  # a mean of 0.25, half of the scale
    recon[0, 1] = (255, 128, 0)  # a mean of 0.5, all of it
    recon[0, 2] = (255, 255, 255)  # beyond
    panel.setFrame(frame, recon)
    error = picture(panel, "errorMap").astype(int)
    assert error.shape == (60, 80, 3)
    # Inferno's published colours at its start, middle and end.
    np.testing.assert_allclose(error[1, 0], (0, 0, 4), atol=1)
    np.testing.assert_allclose(error[0, 0], (188, 55, 84), atol=3)
    np.testing.assert_allclose(error[0, 1], (252, 255, 164), atol=1)
    np.testing.assert_allclose(error[0, 2], (252, 255, 164), atol=1)
    assert says(panel, "max 1.00")


# --- telemetry and gauges ------------------------------------------------------------------


def test_the_newest_telemetry_is_shown_in_the_end(qtbot, panel):
    panel.setDriving(True)
    for lap in range(5):
        panel.setTelemetry((f"lap {lap}",))
    qtbot.waitUntil(lambda: says(panel, "lap 4"))


def test_gauges_follow_the_car_and_fall_to_zero_with_its_picture(panel):
    gauges = panel.findChild(Gauges)
    panel.setDriving(True)
    panel.setGauges(-0.5, 1.0, 0.25, 62.0)
    assert gauges.values() == (-0.5, 1.0, 0.25, 62.0)
    panel.clearView()
    assert gauges.values() == (0.0, 0.0, 0.0, 0.0)


def test_steering_fills_the_side_it_goes_to(panel):
    """The bar's painted colour stands left of its middle for -1, right of it for +1."""
    gauges = panel.findChild(Gauges)
    color = QColor(theme_of(gauges).mu)

    def filled():
        image = gauges.grab().toImage()
        y = image.height() - 3
        return [x for x in range(image.width() // 4) if image.pixelColor(x, y) == color]

    assert filled() == []
    gauges.setGauges(-1.0, 0.0, 0.0, 0.0)
    left = filled()
    gauges.setGauges(1.0, 0.0, 0.0, 0.0)
    right = filled()
    assert left and right
    assert max(left) <= min(right)


# --- sizes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(390, 800), (300, 600), (600, 560)])
def test_nothing_is_cut_or_covered(qtbot, panel, size):
    panel.setDriving(True)
    panel.setFrame(*random_pair())
    panel.setTelemetry(("0:34.2 · grass 1.2 s · tiles 143/291 · ● 1234 frames", "0:34.2"))
    panel.setReplay("a drive", 3200)
    panel.resize(*size)
    panel.grab()
    parts = [w for w in panel.children() if isinstance(w, QWidget) and w.isVisible()]
    assert len(parts) > 8
    for index, part in enumerate(parts):
        assert panel.rect().contains(part.geometry()), part.objectName()
        if isinstance(part, QPushButton):
            assert part.width() >= part.minimumSizeHint().width()
        for other in parts[index + 1 :]:
            assert not part.geometry().intersects(other.geometry())


def test_the_game_takes_the_width_of_a_tall_dock(panel):
    panel.grab()
    view = panel.view
    assert view.width() >= panel.width() - 24
    assert view.height() == pytest.approx(view.width() * 3 / 4, abs=1)
