"""What a person opens, drops, saves and closes, the right and the wrong."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QFileDialog, QLabel, QMessageBox

from explorer.session import Session
from tests.explorer.conftest import ready


def choose(monkeypatch, path):
    """Let the file dialogs answer with that path."""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(path))


def press(visit, key, *modifiers):
    held = Qt.KeyboardModifier.ControlModifier
    for modifier in modifiers:
        held |= modifier
    QTest.keyClick(visit.window, key, held)


def action(visit, text):
    """The command of the menus with that text."""
    found = [one for one in visit.window.findChildren(QAction) if one.text() == text]
    assert len(found) == 1, f"{len(found)} commands are called {text}"
    return found[0]


# Wrong input


def spoil(kind, path, model_path):
    if kind == "truncated":
        path.write_bytes(model_path.read_bytes()[:4000])
    elif kind == "foreign":
        path.write_bytes(b"\x89PNG" + bytes(500))
    elif kind == "frames of floats":
        np.save(path, np.zeros((5, 60, 80, 3)))
    elif kind == "frames of nothing":
        np.save(path, np.zeros((0, 60, 80, 3), np.uint8))
    return path


WRONG = (
    ("truncated", "half.safetensors"),
    ("foreign", "picture.safetensors"),
    ("missing", "gone.safetensors"),
    ("foreign", "picture.tar"),
    ("foreign", "picture.json"),
    ("frames of floats", "floats.npy"),
    ("frames of nothing", "none.npy"),
    ("foreign", "letter.docx"),
)


def test_a_wrong_file_is_named_in_a_dialog_and_all_stays_as_it_was(
    visit, model_path, tmp_path, monkeypatch
):
    session = visit.session
    for number, (kind, name) in enumerate(WRONG):
        path = spoil(kind, tmp_path / name, model_path)
        visit.drag("latentSlider03", 1.0 + 0.1 * number)  # the program goes on
        visit.until(visit.shows)
        before = visit.window.windowTitle(), session.model, session.vae, session.frames
        z, picture = visit.z(), visit.picture()
        choose(monkeypatch, path)
        visit.until(visit.window.isActiveWindow)
        press(visit, Qt.Key.Key_O)
        box = visit.dialog()
        assert str(path) in box.text()
        assert "\n" not in box.text(), name  # one sentence
        assert not box.detailedText(), name  # and no traceback
        assert str(path) in visit.window.statusBar().currentMessage()
        after = visit.window.windowTitle(), session.model, session.vae, session.frames
        assert after == before, name
        assert np.array_equal(visit.z(), z), name
        assert np.array_equal(visit.picture(), picture), name
        visit.dismiss()
        visit.window.activateWindow()  # as a window manager does
    visit.drag("latentSlider03", -1.0)  # and after the last one too
    visit.until(visit.shows)


def test_what_a_file_is_called_is_shown_as_it_is(visit, tmp_path):
    path = tmp_path / "<b>bold</b> & <img src=x>.npy"
    visit.window.files.open(str(path))
    box = visit.dialog()
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "<b>bold</b> & <img src=x>.npy" in box.text()
    visit.dismiss()


def test_many_failures_open_one_dialog(visit, tmp_path):
    for number in range(3):
        visit.window.files.open(str(tmp_path / f"gone{number}.safetensors"))
        visit.window.files.open(str(tmp_path / f"gone{number}.npy"))
    visit.dialog()
    # Another failure may be told right after the last one's.
    told = []
    visit.window.statusBar().messageChanged.connect(told.append)
    visit.window.files.open(str(tmp_path / "last.npy"))
    visit.until(lambda: any("last.npy" in message for message in told))
    visit.dialog()  # still the one
    visit.dismiss()


@pytest.mark.parametrize("thread", ["the window's", "another"])
def test_a_fault_of_ours_offers_its_details_and_the_program_goes_on(visit, thread):
    def fail():
        raise ZeroDivisionError("nobody thought of that")

    def caught():
        try:
            fail()
        except ZeroDivisionError as error:
            visit.hooks[0](type(error), error, error.__traceback__)

    if thread == "another":
        other = threading.Thread(target=caught)
        other.start()
        other.join()
    else:
        caught()
    box = visit.dialog()
    assert "nobody thought of that" in box.text()
    assert "ZeroDivisionError" in box.text()
    assert "in fail" in box.detailedText()
    copy = next(button for button in box.buttons() if button.text() == "Copy details")
    visit.qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == box.detailedText()
    assert box.isVisible()  # copying does not close it
    visit.dismiss()
    visit.drag("latentSlider03", 1.0)
    visit.until(visit.shows)


def test_an_exception_in_a_plain_thread_reaches_the_window(visit):
    arguments = threading.ExceptHookArgs((KeyError, KeyError("lost"), None, None))
    other = threading.Thread(target=visit.hooks[1], args=(arguments,))
    other.start()
    other.join()
    assert "lost" in visit.dialog().text()
    visit.dismiss()


# Opening


def drop(visit, *paths):
    """Drag files over the window and let go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return drop_data(visit, data)


def drop_data(visit, data):
    actions, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    left = Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(50, 50), actions, data, left, none)
    enter.ignore()
    QApplication.sendEvent(visit.window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(visit.window, QDropEvent(QPointF(50, 50), actions, data, left, none))
    return enter.isAccepted()


def test_a_dropped_checkpoint_is_opened(visit, other_model_path):
    assert drop(visit, other_model_path)
    visit.until(lambda: visit.window.windowTitle().startswith("other "))
    visit.until(visit.shows)


def test_dropped_frames_are_opened(visit, tmp_path, few_frames):
    path = tmp_path / "dropped.npy"
    np.save(path, few_frames[:30])
    assert drop(visit, path)
    visit.until(lambda: len(visit.session.frames) == 30)
    assert "dropped.npy" in visit.find("framesLabel").toolTip()
    assert any(np.array_equal(visit.picture("galleryFrame0"), frame) for frame in few_frames[:30])


def test_a_model_and_frames_can_be_dropped_together(visit, other_model_path, tmp_path, few_frames):
    path = tmp_path / "dropped.npy"
    np.save(path, few_frames[:20])
    assert drop(visit, other_model_path, path)
    visit.until(lambda: len(visit.session.frames) == 20)
    visit.until(lambda: visit.session.model.name == "other")


def test_what_is_no_file_is_not_taken(visit):
    data = QMimeData()
    data.setText("a letter")
    assert not drop_data(visit, data)
    data.setUrls([QUrl("https://example.org/model.safetensors")])
    assert not drop_data(visit, data)


def test_a_folder_a_dataset_and_a_single_picture_are_frames_too(
    visit, tmp_path, few_frames, monkeypatch
):
    from PIL import Image

    from models.shards import Columns, Writer
    from tests.telemetry import telemetry

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(12):
        Image.fromarray(few_frames[number]).save(pictures / f"{number:02d}.png")
    (pictures / "12.png").write_bytes(b"no picture")
    choose(monkeypatch, pictures)
    press(visit, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    visit.until(lambda: len(visit.session.frames) == 12)
    visit.until(lambda: "12.png" in visit.window.statusBar().currentMessage())

    rows = [(0, telemetry(step), 0) for step in range(40)]
    Writer(tmp_path / "drive").add("shard-00000", few_frames[:40], Columns.of(rows))
    choose(monkeypatch, tmp_path / "drive" / "index.json")
    press(visit, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    visit.until(lambda: len(visit.session.frames) == 40)

    choose(monkeypatch, pictures / "03.png")
    press(visit, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    visit.until(lambda: len(visit.session.frames) == 1)
    visit.until(lambda: np.array_equal(visit.picture("galleryFrame0"), few_frames[3]))


# What is remembered


def recent(visit):
    """Open the menu of recent files; gives its commands."""
    menu = action(visit, "Open recent").menu()
    menu.aboutToShow.emit()
    return [one for one in menu.actions() if not one.isSeparator()]


def close(visit):
    visit.window.close()
    assert visit.session.close()


def test_window_theme_docks_and_recent_files_survive(
    open_window, model_path, other_model_path, frames_path, tmp_path
):
    words = (model_path, "--frames", frames_path)
    visit = ready(open_window(*words))
    assert [one.text() for one in recent(visit)] == ["Clear"]
    gone = tmp_path / "gone.npy"
    np.save(gone, np.zeros((3, 60, 80, 3), np.uint8))
    for path in (gone, other_model_path):
        visit.window.files.open(str(path))
    visit.until(lambda: visit.session.model.name == "other" and len(visit.session.frames) == 3)
    visit.window.resize(1111, 640)
    action(visit, "Light").trigger()
    assert visit.window.palette().window().color().lightnessF() > 0.5
    action(visit, "Training").trigger()
    assert not visit.find("trainButton").isVisible()
    height = visit.window.height()
    close(visit)
    gone.unlink()

    visit = ready(open_window(*words))
    assert visit.window.height() == height == 640  # the width is more than this screen has
    assert visit.window.palette().window().color().lightnessF() > 0.5
    assert action(visit, "Light").isChecked()
    assert not visit.find("trainButton").isVisible()
    first, *rest = recent(visit)
    assert first.text() == str(other_model_path)
    assert [one.text() for one in rest] == ["Clear"]  # what is gone is not offered
    first.trigger()
    visit.until(lambda: visit.session.model.name == "other")
    action(visit, "Reset layout").trigger()
    assert visit.find("trainButton").isVisible()
    # What a narrow window takes from the side panels a wide one gives back.
    docks = [visit.find(name) for name in ("driveDock", "trainingDock")]
    for wide, least, most in ((1440, 700, 800), (1100, 0, 600), (1440, 700, 800)):
        visit.window.resize(wide, height)
        visit.until(lambda a=least, b=most: a < sum(dock.width() for dock in docks) < b)
    recent(visit)[-1].trigger()
    assert [one.text() for one in recent(visit)] == ["Clear"]
    action(visit, "Dark").trigger()
    assert visit.window.palette().window().color().lightnessF() < 0.5
    close(visit)


def test_settings_can_be_forgotten(open_window, model_path, frames_path):
    settings = QSettings()
    words = (model_path, "--frames", frames_path)
    visit = ready(open_window(*words))
    visit.window.files.open(str(frames_path))
    action(visit, "Light").trigger()
    action(visit, "Drive").trigger()
    close(visit)
    settings.sync()
    assert settings.value("theme") == "light"

    visit = ready(open_window(*words, "--reset-settings"))
    assert visit.window.palette().window().color().lightnessF() < 0.5
    docks = visit.window.findChildren(QDockWidget)
    assert {dock.objectName() for dock in docks if dock.isHidden()} == {
        "pathsDock",
        "pictureDock",
        "mapDock",
        "probesDock",
    }
    assert [one.text() for one in recent(visit)] == ["Clear"]
    close(visit)


@pytest.mark.parametrize("value", ["nonsense", 7, ["a", "b"]])
def test_settings_that_make_no_sense_do_no_harm(open_window, model_path, frames_path, value):
    settings = QSettings()
    for key in ("theme", "geometry", "layout", "recent"):
        settings.setValue(key, value)
    settings.sync()
    ready(open_window(model_path, "--frames", frames_path))


# Help


def test_f1_lists_every_key(visit):
    QTest.keyClick(visit.window, Qt.Key.Key_F1)
    dialog = visit.window.findChild(QDialog, "shortcutDialog")
    assert dialog.isVisible()
    told = [label.text() for label in dialog.findChildren(QLabel)]
    keys = [one.shortcut().toString() for one in visit.window.findChildren(QAction)]
    keys = [key for key in keys if key]
    assert len(keys) > 15
    assert len(keys) == len(set(keys))  # none does two things
    assert {"Map", "Probes"} <= set(told)
    for key in (*keys, "Arrows or W A S D", "Esc", "F", "R", "Double click"):
        assert key in told, key
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    visit.until(lambda: visit.window.findChild(QDialog, "shortcutDialog") is None)


def test_about_says_what_this_is(visit, monkeypatch):
    said = []
    monkeypatch.setattr(QMessageBox, "about", lambda parent, title, text: said.append(text))
    action(visit, "About").trigger()
    assert "Latent Explorer" in said[0]
    assert "VAE" in said[0]


# The end


@pytest.mark.parametrize("doing", ["load", "train", "pause", "drive", "train and drive"])
def test_closing_in_the_middle_ends_every_thread(open_window, model_path, frames_path, doing):
    visit = open_window(model_path, "--frames", frames_path, "--device", "cpu")
    if doing != "load":
        ready(visit)
    if "train" in doing or doing == "pause":
        visit.click("trainButton")
        visit.until(lambda: visit.window.training.curves.step() > 0)
    if doing == "pause":
        visit.click("pauseButton")
    if "drive" in doing:
        visit.click("driveButton")
        visit.until(lambda: visit.picture("driveView") is not None)
        visit.click("recordButton")
    workers = {"loader", "opener", "trainer", "driver", "decoder", "looker", "exposer"}

    def at_work():
        return workers & {thread.name for thread in threading.enumerate()}

    visit.until(at_work)
    assert visit.window.close()
    assert not at_work()
    assert visit.session.close()
    assert not visit.window.isVisible()


def test_a_thread_that_does_not_end_is_told(qtbot, monkeypatch):
    monkeypatch.setattr("explorer.session.CLOSE_SECONDS", 0.0)
    session, go_on = Session("cpu"), threading.Event()

    def stuck():
        yield go_on.wait(60)

    session.driver.start(stuck)
    assert not session.close()
    go_on.set()
    assert session.driver.wait(20)
