"""The drive view turns held keys into an action, and gives the keyboard back when it should."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from explorer.drive.view import DriveView
from explorer.widgets.theme import theme_of

Key = Qt.Key
STILL = (0.0, 0.0, 0.0)


class Window(QWidget):
    """A window with a drive view and a text field, which records what the view passes on."""

    def __init__(self):
        super().__init__()
        self.passed: list[int] = []
        self.actions: list[tuple[float, float, float]] = []
        self.view = DriveView()
        self.field = QLineEdit()
        column = QVBoxLayout(self)
        column.addWidget(self.view)
        column.addWidget(self.field)
        self.view.actionChanged.connect(self.actions.append)

    def keyPressEvent(self, event):
        self.passed.append(event.key())


@pytest.fixture
def window(qtbot):
    window = Window()
    qtbot.addWidget(window)
    window.resize(320, 300)
    with qtbot.waitActive(window):
        window.show()
    window.field.setFocus()
    return window


@pytest.fixture
def view(qtbot, window):
    """The view of the window, with the keyboard."""
    qtbot.mouseClick(window.view, Qt.MouseButton.LeftButton)
    return window.view


def send_repeat(view, kind, key):
    QApplication.sendEvent(view, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, "", True))


def pixel(view, x, y):
    return view.grab().toImage().pixelColor(int(x), int(y))


def test_a_click_gives_the_view_the_keyboard(qtbot, window):
    assert not window.view.hasFocus()
    qtbot.mouseClick(window.view, Qt.MouseButton.LeftButton)
    assert window.view.hasFocus()


@pytest.mark.parametrize(
    ("key", "action"),
    [
        (Key.Key_Left, (-1.0, 0.0, 0.0)),
        (Key.Key_A, (-1.0, 0.0, 0.0)),
        (Key.Key_Right, (1.0, 0.0, 0.0)),
        (Key.Key_D, (1.0, 0.0, 0.0)),
        (Key.Key_Up, (0.0, 1.0, 0.0)),
        (Key.Key_W, (0.0, 1.0, 0.0)),
        (Key.Key_Down, (0.0, 0.0, 0.8)),
        (Key.Key_S, (0.0, 0.0, 0.8)),
        (Key.Key_Space, (0.0, 0.0, 0.8)),
    ],
)
def test_a_key_acts_while_it_is_held(window, view, key, action):
    QTest.keyPress(view, key)
    assert view.action() == action
    QTest.keyRelease(view, key)
    assert view.action() == STILL
    assert window.actions == [action, STILL]


def test_two_keys_act_together_and_end_one_by_one(window, view):
    QTest.keyPress(view, Key.Key_Up)
    QTest.keyPress(view, Key.Key_Left)
    QTest.keyRelease(view, Key.Key_Up)
    QTest.keyRelease(view, Key.Key_Left)
    assert window.actions == [(0.0, 1.0, 0.0), (-1.0, 1.0, 0.0), (-1.0, 0.0, 0.0), STILL]


def test_two_keys_of_one_meaning_end_with_the_last_and_say_it_once(window, view):
    QTest.keyPress(view, Key.Key_Up)
    QTest.keyPress(view, Key.Key_W)
    QTest.keyRelease(view, Key.Key_Up)
    assert window.actions == [(0.0, 1.0, 0.0)]
    QTest.keyRelease(view, Key.Key_W)
    assert window.actions == [(0.0, 1.0, 0.0), STILL]


@pytest.mark.parametrize(("one", "other"), [(Key.Key_Left, Key.Key_D), (Key.Key_Down, Key.Key_W)])
def test_opposing_keys_cancel_and_the_remaining_one_acts(view, one, other):
    QTest.keyPress(view, one)
    alone = view.action()
    QTest.keyPress(view, other)
    assert view.action() == STILL
    QTest.keyRelease(view, other)
    assert view.action() == alone != STILL


def test_space_brakes_against_the_gas(view):
    QTest.keyPress(view, Key.Key_Up)
    QTest.keyPress(view, Key.Key_Space)
    assert view.action() == (0.0, 1.0, 0.8)


def test_auto_repeat_of_a_held_key_changes_nothing(window, view):
    QTest.keyPress(view, Key.Key_Up)
    for _ in range(3):
        send_repeat(view, QEvent.Type.KeyRelease, Key.Key_Up)
        send_repeat(view, QEvent.Type.KeyPress, Key.Key_Up)
    assert view.action() == (0.0, 1.0, 0.0)
    assert window.actions == [(0.0, 1.0, 0.0)]


def test_auto_repeat_alone_presses_nothing(qtbot, view):
    with qtbot.assertNotEmitted(view.restartRequested):
        for key in (Key.Key_Up, Key.Key_R):
            send_repeat(view, QEvent.Type.KeyPress, key)
    assert view.action() == STILL


def test_keys_are_dropped_when_another_widget_takes_the_keyboard(qtbot, window, view):
    QTest.keyPress(view, Key.Key_Up)
    qtbot.mouseClick(window.field, Qt.MouseButton.LeftButton)
    assert window.field.hasFocus()
    assert window.actions[-1] == view.action() == STILL


def test_keys_are_dropped_when_the_application_goes_to_the_background(qapp, window, view):
    QTest.keyPress(view, Key.Key_Right)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert view.action() == (1.0, 0.0, 0.0)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    assert window.actions[-1] == view.action() == STILL


def test_keys_are_dropped_when_the_window_is_hidden(window, view):
    QTest.keyPress(view, Key.Key_Up)
    window.hide()
    assert window.actions[-1] == view.action() == STILL


def test_keys_are_dropped_when_a_window_is_minimised_that_keeps_its_focus(window, view):
    QTest.keyPress(view, Key.Key_Up)
    QApplication.sendEvent(view, QHideEvent())  # what the window system sends then
    assert view.hasFocus()
    assert window.actions[-1] == view.action() == STILL


def test_the_release_of_a_dropped_key_does_nothing(qtbot, window, view):
    QTest.keyPress(view, Key.Key_Up)
    qtbot.mouseClick(window.field, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    QTest.keyRelease(view, Key.Key_Up)
    assert window.actions == [(0.0, 1.0, 0.0), STILL]


def test_escape_gives_the_keyboard_back_and_drops_keys(window, view):
    QTest.keyPress(view, Key.Key_Left)
    QTest.keyClick(view, Key.Key_Escape)
    assert not view.hasFocus()
    assert window.actions == [(-1.0, 0.0, 0.0), STILL]


@pytest.mark.parametrize(
    ("key", "signal"), [(Key.Key_R, "restartRequested"), (Key.Key_F, "freezeRequested")]
)
def test_letters_ask_for_what_they_stand_for_once(window, view, key, signal):
    asked = []
    getattr(view, signal).connect(lambda: asked.append(key))
    QTest.keyClick(view, key)
    assert asked == [key]
    assert view.hasFocus()
    assert window.actions == []


def test_other_keys_are_passed_on(window, view):
    QTest.keyClick(view, Key.Key_Q)
    QTest.keyClick(view, Key.Key_Up)
    assert window.passed == [Key.Key_Q]


@pytest.mark.parametrize("key", [Key.Key_R, Key.Key_S, Key.Key_Space, Key.Key_Escape])
def test_a_shortcut_of_the_window_does_not_take_the_views_keys(window, view, key):
    fired = []
    shortcut = QShortcut(QKeySequence(key), window)
    shortcut.activated.connect(lambda: fired.append(key))
    QTest.keyClick(view, key)
    assert fired == []
    view.clearFocus()
    QTest.keyClick(window, key)
    assert fired == [key]


def test_a_chord_belongs_to_the_window(window, view):
    fired = []
    shortcut = QShortcut(QKeySequence("Ctrl+S"), window)
    shortcut.activated.connect(lambda: fired.append("save"))
    QTest.keyClick(view, Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert fired == ["save"]
    assert window.actions == []


def test_a_key_let_go_under_a_modifier_is_let_go(view):
    QTest.keyPress(view, Key.Key_W)
    QTest.keyRelease(view, Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert view.action() == STILL


def test_the_frame_shows_who_has_the_keyboard(qtbot, window):
    view = window.view
    view.setImage(np.full((60, 80, 3), 128, np.uint8))
    rect = view.pictureRect()
    at = (rect.left() + 1, rect.center().y())
    assert pixel(view, *at) == QColor(128, 128, 128)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    assert pixel(view, *at) == QColor(theme_of(view).accent)


def test_a_hint_stands_at_the_lower_edge_only_while_steering_lacks_the_keyboard(qtbot, window):
    view = window.view
    view.setImage(np.full((60, 80, 3), 128, np.uint8))
    rect = view.pictureRect()
    at = (rect.center().x(), rect.bottom() - 6)
    assert pixel(view, *at) == QColor(128, 128, 128)
    view.setSteered(True)
    assert pixel(view, *at).lightness() < 100
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    assert pixel(view, *at) == QColor(128, 128, 128)


def test_clearing_leaves_no_picture(window):
    view = window.view
    view.setImage(np.full((60, 80, 3), 200, np.uint8))
    view.clear()
    assert view.image() is None
    rect = view.pictureRect()
    assert pixel(view, rect.center().x(), rect.top() + 5) == QColor(theme_of(view).well)
