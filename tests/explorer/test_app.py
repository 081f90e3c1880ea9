"""The program as it is started: its arguments, its exit codes, its first paint.

Most of it in processes of its own; they are few, because each loads torch anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox

from explorer import __version__, arguments

ROOT = Path(__file__).parent.parent.parent
NOISE = "This plugin does not support propagateSizeHints()"  # of the offscreen platform


def run(*words, code=None, **environment):
    """The program, or a piece of code, in a process of its own: exit code, lines on stderr."""
    start = ["-c", code] if code else ["main.py"]
    variables = {key: value for key, value in (os.environ | environment).items() if value}
    done = subprocess.run(
        [sys.executable, *start, *map(str, words)],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=100,
    )
    said = [line for line in done.stderr.splitlines() if line != NOISE]
    return done.returncode, said, done.stdout


def test_a_screenshot_is_written_of_the_loaded_window(model_path, frames_path, tmp_path):
    png = tmp_path / "shot.png"
    code, said, out = run(model_path, "--frames", frames_path, "--screenshot", png)
    assert (code, said, out) == (0, [], "")
    with Image.open(png) as image:
        assert image.width > 1000 and image.height > 500
        pixels = np.asarray(image.convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 1000  # pictures are on it


def test_a_checkpoint_that_cannot_be_used_ends_it_with_one_sentence(model_path, tmp_path):
    path = tmp_path / "half.safetensors"
    path.write_bytes(model_path.read_bytes()[:3000])
    code, said, out = run(path)
    assert code == 2
    assert len(said) == 1
    assert str(path) in said[0]
    assert out == ""


@pytest.mark.parametrize("wrong", ["checkpoint", "frames", "device"])
def test_what_the_command_line_names_must_be_usable(
    open_window, model_path, frames_path, tmp_path, monkeypatch, capsys, wrong
):
    codes = []
    monkeypatch.setattr(QCoreApplication, "exit", codes.append)
    path = tmp_path / "wrong.npy"
    np.save(path, np.zeros((3, 60, 80, 3)))
    (tmp_path / "wrong.safetensors").write_bytes(b"no model")
    words, named = {
        "checkpoint": ((tmp_path / "wrong.safetensors",), "wrong.safetensors"),
        "frames": ((model_path, "--frames", path), "wrong.npy"),
        "device": ((model_path, "--frames", frames_path, "--device", "mps"), "mps"),
    }[wrong]
    if wrong == "device" and sys.platform == "darwin":
        pytest.skip("there it can be had")
    visit = open_window(*words)
    visit.until(lambda: codes)
    assert codes == [2]
    said = [line for line in capsys.readouterr().err.splitlines() if line != NOISE]
    assert len(said) == 1
    assert named in said[0]
    assert visit.window.findChild(QMessageBox, "failureDialog") is None


def test_a_wrong_file_brought_while_it_loads_does_not_end_it(
    open_window, model_path, frames_path, tmp_path, monkeypatch
):
    codes = []
    monkeypatch.setattr(QCoreApplication, "exit", codes.append)
    visit = open_window(model_path, "--frames", frames_path)
    visit.window.files.open(str(tmp_path / "gone.safetensors"))
    assert "gone.safetensors" in visit.dialog().text()
    visit.dismiss()
    assert codes == []


def test_without_a_display_it_says_so(model_path):
    if sys.platform != "linux":
        pytest.skip("only there a display can be missing")
    code, said, _ = run(model_path, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert code == 2
    assert len(said) == 1
    assert "display" in said[0]
    assert "xvfb-run" in said[0]  # what to do


def test_a_display_that_does_not_answer_is_named(model_path):
    if sys.platform != "linux":
        pytest.skip("only there a display has such a name")
    code, said, _ = run(model_path, QT_QPA_PLATFORM="xcb", DISPLAY=":987", WAYLAND_DISPLAY="")
    assert code == 2
    assert len(said) == 1
    assert ":987" in said[0] or "libxcb" in said[0]


FIRST_PAINT = """
import sys
from PySide6.QtCore import QEvent, QObject
from explorer.app import build

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print("painted", sorted({"torch", "gymnasium", "pygame"} & set(sys.modules)))
            app.exit(0)
        return False

app, window = build(sys.argv[1:])
watch = Watch()
window.installEventFilter(watch)
window.show()
code = app.exec()
window.close()
print("closed", window.session.close())
sys.exit(code)
"""


def test_the_first_paint_comes_before_torch(model_path):
    code, said, out = run(model_path, code=FIRST_PAINT)
    assert (code, said) == (0, [])
    assert out.splitlines()[0] == "painted []"
    assert out.splitlines()[-1] == "closed True"


CLOSED_WHILE_LOADING = """
import sys, threading
from PySide6.QtCore import QTimer
from explorer import app

make = app.build
def build(argv):
    application, window = make(argv)

    def close_once_it_loads():
        if any(thread.name == "loader" for thread in threading.enumerate()):
            window.close()

    timer = QTimer(window, interval=1)
    timer.timeout.connect(close_once_it_loads)
    timer.start()
    return application, window

app.build = build
sys.exit(app.run(sys.argv[1:]))
"""


def test_closing_while_torch_loads_ends_it_well(model_path):
    code, said, _ = run(model_path, code=CLOSED_WHILE_LOADING)
    assert (code, said) == (0, [])


# The arguments, in this process


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gone.safetensors"], "gone.safetensors"),
        (["--frames", "gone.npz"], "gone.npz"),
        (["--device", "tpu"], "tpu"),
        (["--seed", "-1"], "-1"),
        (["--seed", "many"], "many"),
        (["--screenshot", "no/such/folder/x.png"], "no/such/folder/x.png"),
        (["--log-level", "loud"], "LOUD"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        arguments.parse(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said


def test_all_arguments_have_their_meaning(model_path, frames_path, tmp_path):
    words = [str(model_path), "--frames", str(frames_path), "--device", "cpu", "--seed", "5"]
    words += ["--screenshot", str(tmp_path / "x.png"), "--reset-settings", "--log-level", "debug"]
    options = arguments.parse(words)
    assert options.checkpoint == model_path
    assert options.frames == frames_path
    assert (options.device, options.seed, options.log_level) == ("cpu", 5, "DEBUG")
    assert options.screenshot == tmp_path / "x.png"
    assert options.reset_settings
    nothing = arguments.parse([])
    assert (nothing.checkpoint, nothing.frames, nothing.screenshot) == (None, None, None)
    assert (nothing.device, nothing.seed, nothing.reset_settings) == ("auto", 0, False)


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        arguments.parse(["--version"])
    assert ended.value.code == 0
    assert __version__ in capsys.readouterr().out
