"""z as text: copied, pasted, saved, loaded, and as the command that makes its picture."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox

from models import render
from tests.explorer.test_picture import drop, said
from tests.explorer.test_window_files import action, press

ROOT = Path(__file__).parent.parent.parent
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def clipboard(qapp):
    return QGuiApplication.clipboard()


def somewhere(visit):
    """A z with a value that is short in no base."""
    z = np.random.default_rng(0).normal(size=32).astype(np.float32)
    visit.window.latents.setZ(z)
    visit.until(visit.shows)
    return z


def test_a_copied_z_is_pasted_to_the_last_bit(visit, clipboard):
    z = somewhere(visit)
    press(visit, Qt.Key.Key_C, SHIFT)
    words = clipboard.text().split(",")
    assert np.array_equal(np.array(words, np.float32), z)
    visit.click("zeroButton")
    press(visit, Qt.Key.Key_V, SHIFT)
    assert np.array_equal(visit.z(), z)
    assert "Paste z" in visit.find("undoButton").toolTip()
    visit.until(visit.shows)


NO_Z = {
    "": "no numbers",
    "1, 2, 3": "3 numbers are here, but z has 32",
    "0 " * 31 + "nan": "31",
    "0 " * 31 + "1e60": "31",
    "dear Sir or Madam": "'dear' is not a number",
}


def test_text_that_is_no_z_is_told_in_the_panel_and_z_stays(visit, clipboard):
    for text, told in NO_Z.items():
        somewhere(visit)
        z = visit.z()
        visit.click("followButton")
        clipboard.setText(text)
        press(visit, Qt.Key.Key_V, SHIFT)
        assert told in said(visit)
        assert visit.z() is z, told
        assert visit.window.latents.isFollowing()  # nothing at all has happened
        visit.drag("latentSlider03", 1.0)
        assert not said(visit), told


def test_a_saved_z_is_loaded_and_dropped(visit, tmp_path, monkeypatch):
    z = somewhere(visit)
    path = tmp_path / "mine.txt"
    # The ending is added where a person leaves it out.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    action(visit, "Save z…").trigger()
    assert np.array_equal(np.loadtxt(path, delimiter=",", dtype=np.float32), z)
    assert str(path) in visit.window.statusBar().currentMessage()
    visit.click("zeroButton")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    action(visit, "Load z…").trigger()
    assert np.array_equal(visit.z(), z)
    for target in ("latentSlider03", "driveView"):
        visit.click("zeroButton")
        assert drop(visit, visit.find(target), path) == "Go to the z in mine.txt"
        assert np.array_equal(visit.z(), z)


def test_a_file_is_not_replaced_unasked(visit, tmp_path, monkeypatch):
    path = tmp_path / "mine.txt"
    path.write_text("a letter")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    action(visit, "Save z…").trigger()
    assert path.read_text() == "a letter"


def test_where_z_cannot_be_written_or_read_is_told(visit, tmp_path, monkeypatch):
    z = visit.z()
    path = tmp_path / "gone" / "z.txt"
    path.parent.write_text("a file where a folder is needed")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    action(visit, "Save z…").trigger()
    assert str(path) in said(visit)
    letter = tmp_path / "letter.txt"
    letter.write_text("dear Sir or Madam")
    drop(visit, visit.window.latents, letter)
    assert str(letter) in said(visit) and "'dear'" in said(visit)
    assert visit.z() is z


# The command


def run(command: str, folder: Path) -> np.ndarray:
    """The picture that a command line writes, run by this interpreter."""
    python, *words = shlex.split(command)
    assert python == "python"
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return np.array(Image.open(folder / words[words.index("--out") + 1]))


def run_here(command: str, folder: Path, monkeypatch) -> np.ndarray:
    """The same without another interpreter."""
    _, _, module, *words = shlex.split(command)
    assert module == "models.render"
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [module, *words])
    with pytest.raises(SystemExit) as ended:
        render.command.run(render.main)
    assert not ended.value.code
    return np.array(Image.open(folder / words[words.index("--out") + 1]))


def test_the_copied_command_makes_the_very_picture(visit, clipboard, model_path, tmp_path):
    somewhere(visit)
    press(visit, Qt.Key.Key_C, ALT)
    command = clipboard.text()
    assert command.startswith("python -m models.render ")
    assert str(model_path.absolute()) in command
    assert np.array_equal(run(command, tmp_path), visit.picture())


def test_a_model_that_has_learned_is_to_be_saved_first(visit, clipboard, tmp_path, monkeypatch):
    clipboard.setText("before")
    visit.click("trainButton")
    visit.until(lambda: visit.session.run.steps() > 0)
    visit.click("stopButton")
    visit.until(lambda: visit.can_click("trainButton"))
    press(visit, Qt.Key.Key_C, ALT)
    assert "save it first" in said(visit)
    visit.until(lambda: visit.session.model.name == "tiny*")  # measured, yet in no file
    press(visit, Qt.Key.Key_C, ALT)
    assert clipboard.text() == "before"

    saved = tmp_path / "learned one.safetensors"
    visit.session.save_model(saved)
    visit.until(lambda: visit.session.model.name == "learned one")
    somewhere(visit)
    press(visit, Qt.Key.Key_C, ALT)
    assert not said(visit)
    assert np.array_equal(run_here(clipboard.text(), tmp_path, monkeypatch), visit.picture())


def test_before_there_is_a_model_nothing_is_copied(open_window, clipboard, model_path):
    visit = open_window(model_path)
    clipboard.setText("before")
    for text in ("Copy z", "Paste z", "Copy as command"):
        action(visit, text).trigger()
        assert said(visit) == "There is no model yet."
    assert clipboard.text() == "before"
