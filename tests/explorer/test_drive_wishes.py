"""What a person asks of a drive in its panel: who drives, which track, what is seen or replayed."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from explorer.drive.panel import DrivePanel
from explorer.widgets.comparison import signed_error, squared_error
from explorer.widgets.theme import DARK, LIGHT, theme_of

Key = Qt.Key
MODES = ("you", "autopilot", "replay", "hold")


@pytest.fixture
def panel(qtbot):
    panel = DrivePanel(latent_dim=32)
    qtbot.addWidget(panel)
    panel.resize(370, 820)
    with qtbot.waitActive(panel):
        panel.show()
    panel.setReady(True)
    panel.setDriving(True)
    return panel


@pytest.fixture
def asked(panel):
    """What the panel has asked for, in order: (signal, argument)."""
    told = []
    for name in ("modeChosen", "seedChosen", "placeChosen", "gogglesChanged", "coloursChanged"):
        getattr(panel, name).connect(lambda value, name=name: told.append((name, value)))
    return told


def find(panel, name):
    return panel.findChild(QWidget, name)


def click(qtbot, panel, name):
    qtbot.mouseClick(panel.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def chosen(panel):
    return [mode for mode in MODES if find(panel, f"{mode}Button").isChecked()]


# --- who drives ----------------------------------------------------------------------------


def test_one_mode_is_chosen_always(qtbot, panel, asked):
    assert chosen(panel) == ["you"] == [panel.mode()]
    for mode in ("hold", "replay", "autopilot", "you"):
        click(qtbot, panel, f"{mode}Button")
        click(qtbot, panel, f"{mode}Button") if mode in ("you", "autopilot") else None
        assert chosen(panel) == [mode] == [panel.mode()]
    assert asked == [("modeChosen", mode) for mode in ("hold", "replay", "autopilot", "you")]


def test_hold_pressed_again_goes_on_as_before_by_button_and_by_key(qtbot, panel, asked):
    click(qtbot, panel, "autopilotButton")
    click(qtbot, panel, "holdButton")
    click(qtbot, panel, "holdButton")
    assert panel.mode() == "autopilot"
    QTest.keyClick(panel.view, Key.Key_H)
    assert panel.mode() == "hold"
    QTest.keyClick(panel.view, Key.Key_H)
    assert panel.mode() == "autopilot"
    assert [mode for _, mode in asked] == ["autopilot", *["hold", "autopilot"] * 2]


def test_what_is_shown_as_chosen_asks_for_nothing(panel, asked):
    for mode in MODES:
        panel.setMode(mode)
        assert chosen(panel) == [mode]
    assert asked == []


def test_nothing_that_stands_still_can_be_held(qtbot, panel, asked):
    panel.setDriving(False)
    assert not find(panel, "holdButton").isEnabled()
    panel.view.setFocus()
    QTest.keyClick(panel.view, Key.Key_H)
    assert asked == []


def test_a_driving_key_takes_the_wheel_from_the_autopilot_alone(qtbot, panel, asked):
    QTest.keyPress(panel.view, Key.Key_Up)
    click(qtbot, panel, "autopilotButton")
    QTest.keyRelease(panel.view, Key.Key_Up)  # letting go is not taking
    assert panel.mode() == "autopilot"
    for mode in ("autopilot", "replay", "hold"):
        panel.setMode(mode)
        QTest.keyClick(panel.view, Key.Key_Left)
        assert panel.mode() == ("you" if mode == "autopilot" else mode)
    assert asked == [("modeChosen", "autopilot"), ("modeChosen", "you")]


# --- which track ---------------------------------------------------------------------------


def test_a_track_is_typed_or_picked_and_shown_without_being_asked_for(qtbot, panel, asked):
    field = find(panel, "trackSeedField")
    panel.setSeed(41)
    assert field.text() == "41" and asked == []
    for text in ("2147483647", "2147483648", "-1", "7"):  # no track has the middle ones
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Key.Key_Return)
    assert asked[0] == ("seedChosen", 2**31 - 1)
    assert field.value() == 7 and all(0 <= seed < 2**31 for _, seed in asked)
    before = field.value()
    for _ in range(5):
        click(qtbot, panel, "newTrackButton")
        assert field.value() == asked[-1][1] != before
        before = field.value()


def test_colours_and_goggles_are_wished_for_by_a_press(qtbot, panel, asked):
    for name in ("domainRandomizeButton", "gogglesButton") * 2:
        click(qtbot, panel, name)
    assert asked == [
        ("coloursChanged", True),
        ("gogglesChanged", True),
        ("coloursChanged", False),
        ("gogglesChanged", False),
    ]


# --- what is replayed ----------------------------------------------------------------------


def test_the_way_through_a_recording_is_there_while_there_is_one(qtbot, panel):
    slider = find(panel, "replaySlider")
    assert not slider.isVisible()
    panel.setReplay("a drive", 3200)
    assert slider.isVisible() and (slider.minimum(), slider.maximum()) == (0, 3199)
    told = slider.parent().findChild(QLabel)
    panel.setPlace(3199)
    qtbot.waitUntil(lambda: told.text() == "end / 1:04.0")
    panel.setReplay("", 0)
    assert not slider.isVisible()


def test_what_does_nothing_while_a_recording_plays_cannot_be_pressed_and_says_why(
    qtbot, panel, asked
):
    record = find(panel, "recordButton")
    wide = record.sizeHint().width()
    panel.setRecording(True)
    assert record.text() == "■ Stop rec." and record.sizeHint().width() == wide
    names = ["trackSeedField", "newTrackButton", "domainRandomizeButton"]
    for mode, word in (("replay", "record"), ("you", "")):
        panel.setMode(mode)
        panel.setMode("hold")
        assert record.isEnabled()  # what is being recorded can be ended
        for name in names:
            assert find(panel, name).isEnabled() == (mode == "you")
            assert word in find(panel, name).toolTip()
        panel.setRecording(False)
        assert record.text() == "● Record" and record.isEnabled() == (mode == "you")
        panel.setRecording(True)
    panel.setMode("replay")
    QTest.keyClick(panel.view, Key.Key_R)
    assert asked == [("placeChosen", 0)]


def turn_wheel(widget):
    """One notch up."""
    place = QPointF(widget.rect().center())
    none, up = QPoint(0, 0), QPoint(0, 120)
    keys, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        place, widget.mapToGlobal(place), none, up, Qt.MouseButton.NoButton, keys, phase, False
    )
    QApplication.sendEvent(widget, event)


def test_a_person_goes_through_a_recording_by_mouse_wheel_and_keys(qtbot, panel, asked):
    panel.setReplay("a drive", 3200)
    panel.setPlace(615)
    assert asked == []
    slider = find(panel, "replaySlider")
    told = slider.parent().findChild(QLabel)
    qtbot.waitUntil(lambda: told.text() == "0:12.3 / 1:04.0")
    QTest.keyClick(slider, Key.Key_Right)
    QTest.keyClick(slider, Key.Key_PageUp)
    assert asked == [("placeChosen", 616), ("placeChosen", 666)]
    turn_wheel(slider)
    assert asked[-1][1] > 666
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert asked[-1][1] == pytest.approx(1600, abs=40)
    place = slider.value()
    panel.setPlace(700)  # the recording goes on while the hand is on the handle
    assert slider.value() == place
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle)
    panel.setPlace(700)
    assert slider.value() == 700


# --- what is seen --------------------------------------------------------------------------


def pair():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)


def test_goggles_hide_what_the_frame_was(qtbot, panel):
    frame, recon = pair()
    panel.setFrame(frame, recon, 14.4)
    click(qtbot, panel, "gogglesButton")
    panel.setFrame(frame, recon, 14.4)
    assert find(panel, "encoderInput").image() is None and find(panel, "errorMap").image() is None
    assert find(panel, "reconstruction").image() is recon
    click(qtbot, panel, "gogglesButton")
    assert find(panel, "encoderInput").image() is frame
    assert find(panel, "errorMap").image() is not None


def test_the_signed_error_is_blue_where_it_is_too_dark_and_orange_where_too_bright(qtbot, panel):
    frame = np.full((60, 80, 3), 128, np.uint8)
    recon = frame.copy()
    recon[0, 0], recon[0, 1], recon[0, 2] = 0, 255, (255, 1, 128)  # the last one, 0 on average
    panel.setFrame(frame, recon)
    click(qtbot, panel, "errorChoice")
    theme = theme_of(panel)
    shown = ["#" + bytes(color).hex() for color in find(panel, "errorMap").image()[0, :4]]
    assert shown[:2] == [theme.mu, theme.kl]
    assert shown[2] == shown[3] in (DARK.panel, LIGHT.panel, "#ffffff")
    click(qtbot, panel, "errorChoice")
    # As absolute error it is not 0.
    assert (find(panel, "errorMap").image()[0, 2] != find(panel, "errorMap").image()[0, 3]).any()


def test_errors_are_what_they_are_called():
    frame, recon = pair()
    a, b = frame.astype(np.float64) / 255, recon.astype(np.float64) / 255
    np.testing.assert_allclose(signed_error(frame, recon), (b - a).mean(axis=2), atol=1e-6)
    assert squared_error(frame, recon) == pytest.approx(np.sum((a - b) ** 2), rel=1e-5)


def test_the_captions_tell_the_quality_and_the_rate_of_the_frame(panel):
    frame = np.full((60, 80, 3), 100, np.uint8)
    panel.setFrame(frame, frame + np.uint8(10), 14.42)
    told = [label.text() for label in panel.findChildren(QLabel)]
    assert {"80 × 60 · 14.4 nats", "28.1 dB · SSE 22", "max 0.04"} <= set(told)
    panel.resize(300, 820)  # in a narrow dock the least needed words give way
    told = [label.text() for label in panel.findChildren(QLabel)]
    assert "KL 14.4 nats" in told
