"""Tiny real models, a few real frames, and the whole window opened on them.

It does not know what is tested.
"""

from __future__ import annotations

import json
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QWidget

from explorer import (
    app,
    collecting,
    directing,
    lap_book,
    model_jobs,
    picture_jobs,
    recordings,
    session,
    training_run,
)
from models import checkpoint, recorder, train
from models.dataset import Frames
from models.evaluate import evaluate
from models.frame import WORLD_MODELS_RECIPE
from models.vae import VAE, VAEConfig

# As many as the program decodes with: sums in another order may round to another pixel.
torch.set_num_threads(1)

TINY = (4, 8, 8, 8)
FRESH = (4, 8, 8, 16)
"""Channels of the models, and of what is trained from scratch."""

PATIENCE = 20_000
"""Milliseconds that anything may take on a busy machine."""


def tiny_vae(latent_dim: int, seed: int = 0) -> VAE:
    """A VAE of 20,000 weights; blown up, so that every latent shows in the picture."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        vae = VAE(VAEConfig(latent_dim=latent_dim, channels=TINY))
    with torch.no_grad():
        vae.encoder.head.weight.mul_(20)
        for weight in vae.decoder.parameters():
            weight.mul_(4)
    return vae.frozen()


@pytest.fixture(scope="session")
def few_frames() -> np.ndarray:
    """(240, 60, 80, 3) uint8: every so many of the bundled sample frames."""
    with np.load(session.SAMPLE_FRAMES) as arrays:
        return arrays["frames"][::8][:240].copy()


@pytest.fixture(scope="session")
def make_checkpoint(tmp_path_factory: pytest.TempPathFactory, few_frames: np.ndarray):
    """Writes the checkpoint of a tiny model, evaluated for real."""
    folder = tmp_path_factory.mktemp("models")

    def made(name: str, latent_dim: int = 32, seed: int = 0) -> Path:
        path = folder / f"{name}.safetensors"
        if not path.exists():
            vae = tiny_vae(latent_dim, seed)
            evaluation = evaluate(vae, Frames([few_frames]))
            training = {"steps": 1234, "images": 9872, "latent_dim": latent_dim}
            checkpoint.save(path, checkpoint.describe(vae, evaluation, training, name))
        return path

    return made


@pytest.fixture(scope="session")
def model_path(make_checkpoint) -> Path:
    """A model of 32 latents."""
    return make_checkpoint("tiny")


@pytest.fixture(scope="session")
def other_model_path(make_checkpoint) -> Path:
    """Another model of 32 latents."""
    return make_checkpoint("other", seed=1)


@pytest.fixture(scope="session")
def small_model_path(make_checkpoint) -> Path:
    """A model of 8 latents."""
    return make_checkpoint("small", latent_dim=8)


@pytest.fixture(scope="session")
def foreign_paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A best.tar of the World Models family, and a vae.json without an encoder."""
    folder = tmp_path_factory.mktemp("foreign")
    config = VAEConfig(32, 64, 64, recipe=WORLD_MODELS_RECIPE, network="world-models")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = VAE(config).state_dict()
    # Blown up, so that every latent shows in the picture.
    state = {name: 2.5 * tensor.contiguous() for name, tensor in state.items()}
    named = {name.replace("logvar", "logsigma"): tensor for name, tensor in state.items()}
    torch.save({"epoch": 1, "state_dict": named}, folder / "best.tar")
    decoder = [tensor for name, tensor in state.items() if name.startswith("decoder")]
    arrays = [t.permute(2, 3, 1, 0) if t.ndim == 4 else t.T if t.ndim == 2 else t for t in decoder]
    whole = [torch.round(array * 10000).int().flatten().tolist() for array in arrays]
    (folder / "vae.json").write_text(json.dumps(whole))
    return folder / "best.tar", folder / "vae.json"


@pytest.fixture(scope="session")
def frames_path(tmp_path_factory: pytest.TempPathFactory, few_frames: np.ndarray) -> Path:
    """An .npz with the few frames in it."""
    path = tmp_path_factory.mktemp("frames") / "few.npz"
    np.savez(path, frames=few_frames)
    return path


@pytest.fixture(autouse=True)
def own_drives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Recorded drives go to a folder of this test alone."""
    folder = tmp_path / "drives"
    monkeypatch.setattr(recordings, "DRIVES", folder)
    return folder


@pytest.fixture(autouse=True)
def own_laps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Laps go to a file of this test alone."""
    path = tmp_path / "laps.json"
    monkeypatch.setattr(lap_book, "LAPS", path)
    return path


@pytest.fixture(autouse=True)
def own_directions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Directions go to a folder of this test alone."""
    folder = tmp_path / "directions"
    monkeypatch.setattr(directing, "DIRECTIONS", folder)
    return folder


@pytest.fixture(autouse=True)
def own_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Runs go to a folder of this test alone."""
    folder = tmp_path / "runs"
    monkeypatch.setattr(training_run, "RUNS", folder)
    return folder


@pytest.fixture(autouse=True)
def own_collections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Collected frames go to a folder of this test alone."""
    folder = tmp_path / "collections"
    monkeypatch.setattr(collecting, "COLLECTIONS", folder)
    return folder


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on one: where others compute too, threads of one step wait for each other for long."""
    monkeypatch.setattr(session, "cores", lambda: 1)
    monkeypatch.setattr(model_jobs, "cores", lambda: 1)
    monkeypatch.setattr(picture_jobs, "cores", lambda: 1)


@pytest.fixture(autouse=True)
def frequent_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty a second: a person sees two as well, a test need not wait for them."""
    monkeypatch.setattr(train, "SNAPSHOT_SECONDS", 0.05)


@pytest.fixture(autouse=True)
def few_appraised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a model are measured as they are for a person, on an eighth as many frames."""
    monkeypatch.setattr(model_jobs, "APPRAISED_FRAMES", 32)


@pytest.fixture(autouse=True)
def tiny_from_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh weights are few as well, and of another shape than those of the tiny models."""
    monkeypatch.setattr(train, "VAEConfig", partial(VAEConfig, channels=FRESH))


@pytest.fixture
def short_zoom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings begin a tenth of a second after the start instead of a whole one."""
    monkeypatch.setattr(recorder, "ZOOM_STEPS", 5)


class Visit:
    """An open window, and the hand that uses it."""

    def __init__(self, qtbot, window, hooks):
        self.qtbot = qtbot
        self.window = window
        self.session = window.session
        self.hooks = hooks
        """What the program does with exceptions that nobody caught: of Python, of a thread."""

    def find(self, name: str, kind: type = QWidget):
        """The one widget of that objectName."""
        found = self.window.findChildren(kind, name)
        assert len(found) == 1, f"{len(found)} widgets are called {name}"
        return found[0]

    def unfolded(self, name: str) -> QWidget:
        """The widget of that name, shown where it was among the collapsed latents."""
        widget = self.find(name)
        if name.startswith("latent") and not widget.isVisible():
            self.click("collapsedLatents")
        return widget

    def click(self, name: str) -> None:
        """Press a button by mouse, as far as a person could."""
        button = self.find(name, QAbstractButton)
        assert button.isVisible() and button.isEnabled(), f"{name} cannot be pressed"
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def can_click(self, name: str) -> bool:
        return self.find(name, QAbstractButton).isEnabled()

    def type_into(self, name: str, text: str) -> None:
        """Replace what stands in a field and press Enter."""
        field = self.unfolded(name)
        assert field.isVisible() and field.isEnabled(), f"nothing can be typed into {name}"
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def drag(self, name: str, z: float) -> None:
        """Take a slider's handle and carry it to z in several moves."""
        slider = self.unfolded(name)
        assert slider.isVisible() and slider.isEnabled(), f"{name} cannot be dragged"
        middle = slider.height() // 2
        start, end = slider.xOf(slider.z), slider.xOf(z)
        self.qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(start), middle))
        for part in (0.25, 0.5, 0.75, 1.0):
            x = round(start + part * (end - start))
            self.qtbot.mouseMove(slider, QPoint(x, middle))
        self.qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(end), middle))

    def picture(self, name: str = "decodedImage") -> np.ndarray | None:
        """The array that an image view shows."""
        return self.find(name).image()

    def z(self) -> np.ndarray:
        return self.window.latents.z()

    def shows(self, z: np.ndarray | None = None) -> bool:
        """Whether the decoded picture is what the current model makes of z, the sliders' own."""
        picture = self.picture()
        wanted = self.session.vae.image(self.z() if z is None else z)
        return picture is not None and np.array_equal(picture, wanted)

    def until(self, came_true) -> None:
        """Let the program run until that is so."""
        # bool: an answer of None would count as true.
        self.qtbot.waitUntil(lambda: bool(came_true()), timeout=PATIENCE)

    def telemetry(self) -> str:
        """The line below the game: time, score, tiles, frames recorded; empty when none is told."""
        lines = [label.text() for label in self.window.drive_panel.findChildren(QLabel)]
        return next((line for line in lines if "tiles" in line), "")

    def clock(self) -> float:
        """Seconds since the car's start, as told; 0 before."""
        minutes, _, seconds = self.telemetry().split(" ")[0].partition(":")
        return 60 * float(minutes) + float(seconds) if seconds else 0.0

    def dialog(self) -> QMessageBox:
        """The dialog that tells a failure, once it is there."""
        self.until(lambda: self.window.findChild(QMessageBox, "failureDialog") is not None)
        boxes = self.window.findChildren(QMessageBox, "failureDialog")
        assert len(boxes) == 1
        return boxes[0]

    def dismiss(self) -> None:
        """Press OK on it."""
        self.qtbot.mouseClick(
            self.dialog().button(QMessageBox.StandardButton.Ok), Qt.MouseButton.LeftButton
        )
        self.until(lambda: self.window.findChild(QMessageBox, "failureDialog") is None)


@pytest.fixture
def open_window(qtbot, monkeypatch: pytest.MonkeyPatch):
    """Opens the program's window with command-line words; it is on screen, but loads yet."""
    visits = []

    def opened(*words) -> Visit:
        hooks = sys.excepthook, threading.excepthook
        _, window = app.build([str(word) for word in words])
        own = sys.excepthook, threading.excepthook
        # The program shows what nobody caught in a dialog; here it has to fail the test.
        sys.excepthook, threading.excepthook = hooks
        qtbot.addWidget(window)
        with qtbot.waitExposed(window, timeout=PATIENCE):
            window.show()
        visits.append(Visit(qtbot, window, own))
        return visits[-1]

    yield opened
    for visit in visits:
        visit.window.close()
        assert visit.session.close(), "a thread did not end"


@pytest.fixture
def visit(open_window, model_path: Path, frames_path: Path) -> Visit:
    """The window with the tiny model and the few frames in it, ready for the hand."""
    return ready(open_window(model_path, "--frames", frames_path, "--device", "cpu"))


def ready(visit: Visit) -> Visit:
    """Wait until all that the command line named is on screen."""
    visit.until(
        lambda: visit.can_click("trainButton") and visit.picture("encoderInput") is not None
    )
    visit.until(visit.shows)
    return visit
