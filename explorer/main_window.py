"""The window: panels, menus, connections, and the tick that draws what the workers produced.

It does not know how anything is computed.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QByteArray, QCoreApplication, QSettings, Qt, QTimer, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QMessageBox

from explorer import dialogs
from explorer.drive.panel import DrivePanel
from explorer.driving import Driving
from explorer.files import Files
from explorer.garbage import GarbageCollector
from explorer.latents.panel import LatentPanel
from explorer.learning import Learning
from explorer.menus import Menus, fill_recent
from explorer.session import BUNDLED_MODEL, SAMPLE_FRAMES, Session
from explorer.training.panel import TrainingPanel
from explorer.widgets.numerals import grouped
from explorer.widgets.theme import apply_theme
from explorer.worker import Failure

TICK = 33  # ms between two draws of what the workers produced
STATUS_TICKS = 10  # ticks between two changes of the read-outs; faster ones cannot be read
MESSAGE = 8000  # ms that a message stays in the status bar
LATENTS_WIDTH = 490  # pixels; in a small window the docks give way before the sliders do
LAYOUT_VERSION = 1  # of the docks; a stored layout of another version is ignored

TRAINING_DEFAULTS = {
    "beta": 0.5,
    "free_bits": 0.0,
    "learning_rate": 0.002,
    "batch_size": 64,
    "seed": 0,
    "steps": 5000,
}
"""Those of models.train.TrainConfig, which cannot be asked before the first paint; a test holds
them equal."""


class MainWindow(QMainWindow):
    """Joins the session to the panels; `refresh()` is one tick of the live display."""

    def __init__(self, session: Session, options: Namespace, settings: QSettings):
        super().__init__()
        self.session = session
        self._options = options
        self._settings = settings
        self._started = False  # loading begins with the first paint
        self._arrived = False  # what the command line asked for is on screen
        self._picked: np.ndarray | None = None  # its mean goes to the sliders once it is seen
        self._ticks = 0
        self._rng = np.random.default_rng(session.seed)
        session.setParent(self)
        self.setObjectName("mainWindow")
        self.setWindowTitle("Latent Explorer")
        self.setAcceptDrops(True)
        self._lay_out()
        self.driving = Driving(session, self.drive_panel, self.latents, self)
        self.learning = Learning(session, self.training, self.latents, self)
        self.files = Files(session, self.training.curves, settings, self)
        self._make_menus()
        self._connect()
        self._restore_layout()
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self.refresh)
        self._collector = GarbageCollector(self)

    def _lay_out(self) -> None:
        self.latents = LatentPanel()
        self.latents.seed(self.session.seed)
        self.latents.setMinimumWidth(LATENTS_WIDTH)
        self.drive_panel = DrivePanel()
        self.training = TrainingPanel(TRAINING_DEFAULTS | {"seed": self.session.seed})
        self.setCentralWidget(self.latents)
        self._docks = [
            self._dock("Drive", self.drive_panel, Qt.DockWidgetArea.LeftDockWidgetArea),
            self._dock("Training", self.training, Qt.DockWidgetArea.RightDockWidgetArea),
        ]
        self._model_name = QLabel()
        self._model_name.setObjectName("modelName")
        self._model_name.setProperty("role", "caption")
        self._model_name.setToolTip("The current model, and the recipe of the frames it sees.")
        self.statusBar().addPermanentWidget(self._model_name)
        self._read_out = QLabel()
        self._read_out.setObjectName("readOut")
        self._read_out.setProperty("role", "caption")
        self.statusBar().addPermanentWidget(self._read_out)
        self.statusBar().showMessage("Loading the model…")
        self.resize(1440, 900)

    def _dock(
        self, title: str, panel: DrivePanel | TrainingPanel, area: Qt.DockWidgetArea
    ) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"{title.lower()}Dock")
        dock.setTitleBarWidget(panel.header)  # one title, and it is what the dock is dragged by
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    def _restore_layout(self) -> None:
        self.resizeDocks(self._docks, [390, 350], Qt.Orientation.Horizontal)
        self._default_layout = self.saveState(LAYOUT_VERSION)
        # Anything can stand in a file that a person may edit.
        if isinstance(geometry := self._settings.value("geometry"), QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state := self._settings.value("layout"), QByteArray):
            self.restoreState(state, LAYOUT_VERSION)

    def _make_menus(self) -> None:
        keys = QKeySequence.StandardKey
        menus = self._menus = Menus(self)
        file = menus.menu("&File")
        menus.action("Open model…", self.files.askForModel, keys.Open)
        recent = file.addMenu("Open recent")
        recent.aboutToShow.connect(lambda: fill_recent(recent, self.files))
        self._save_action = menus.action("Save model as…", self.files.askWhereToSave, keys.Save)
        self._save_action.setEnabled(False)
        file.addSeparator()
        menus.action("Open frames…", self.files.askForFrames, "Ctrl+Shift+O")
        menus.action("Open folder of frames…", self.files.askForFolder, "Ctrl+Shift+F")
        file.addSeparator()
        menus.action("Quit", self.close, keys.Quit)
        menus.buttons()
        view = menus.menu("&View")
        menus.themes(self._settings.value("theme", "system", type=str), self.chooseTheme)
        for dock in self._docks:
            view.addAction(dock.toggleViewAction())
        menus.action("Reset layout", self.resetLayout)
        menus.menu("&Help")
        menus.action("Keyboard shortcuts", self.showShortcuts, "F1")
        menus.action("About", self.showAbout)

    def _connect(self) -> None:
        session = self.session
        session.modelChanged.connect(self._show_model)
        session.framesChanged.connect(self._show_frames)
        session.recordingChanged.connect(self._show_recording)
        session.decoded.connect(self.latents.setImage)
        session.looked.connect(self._show_look)
        session.saved.connect(self._show_saved)
        session.errored.connect(self.showFailure)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.latents.zChanged.connect(session.decode)
        self.latents.randomFrameRequested.connect(self._pick_frame)
        self.learning.snapshotTaken.connect(self._show_snapshot)
        self.training.form.openFramesRequested.connect(self.files.askForFrames)
        self.training.form.useRecordingRequested.connect(self.files.openRecording)
        self.training.curves.csvRequested.connect(self.files.askForCsv)

    # The tick

    @Slot()
    def refresh(self) -> None:
        """Draw what the workers have produced since the last tick."""
        self.driving.refresh()
        self.learning.refresh()
        self._ticks += 1
        if self._ticks % STATUS_TICKS == 0:
            self._show_rates()

    def _show_rates(self) -> None:
        session = self.session
        parts = [f"{session.device_name()} · {self.session.cores()} cores"]
        if session.decoder.seconds:
            parts.append(f"decode {1e3 * session.decoder.seconds:.1f} ms")
        if session.driver.is_running():
            parts.append(f"drive {self.driving.rate.per_second():.0f} steps/s")
        if session.trainer.is_running() and (rate := self.learning.images_per_second()):
            parts.append(f"train {rate:.0f} images/s")
        self._read_out.setText("  ·  ".join(parts))

    # What the session tells

    @Slot()
    def _show_model(self) -> None:
        model = self.session.model
        aggregate, figures = model.aggregate, model.figures
        parts = [model.name]
        if "steps" in model.training:
            parts.append(f"{grouped(model.training['steps'])} steps")
        if aggregate is None:
            latent_dim = model.vae.config.latent_dim
            self.latents.setUnmeasured(latent_dim)
            self.drive_panel.strip.setOrder(np.arange(latent_dim))
            parts.append("no encoder")
        else:
            kl = np.asarray(figures["kl_per_latent"])
            self.latents.setLatents(
                kl, aggregate.mean, aggregate.std, aggregate.quantiles, aggregate.levels
            )
            self.drive_panel.strip.setOrder(np.argsort(-kl, kind="stable"))
            parts += [f"{figures['psnr_mu']:.1f} dB", f"{figures['kl']:.1f} nats"]
        self.latents.setReady(True)
        self.drive_panel.setReady(True)
        self._save_action.setEnabled(True)
        told = " · ".join(parts)
        self.setWindowTitle(f"{told} — Latent Explorer")
        self.statusBar().showMessage(f"Model: {told}", MESSAGE)
        self._show_snapshot()

    @Slot()
    def _show_snapshot(self) -> None:
        session = self.session
        self._model_name.setText(f"{session.model.name}  ·  {session.recipe()}  ·")
        for panel in (self.latents, self.drive_panel):
            panel.setAspect(session.aspect())
            panel.setEncoding(session.eye() is not None)
        if session.eye() is None:
            self._arrive()  # no frame will be seen
        self.session.decode(self.latents.z())
        frame = self.driving.frame if self._picked is None else self._picked
        if frame is not None and not self.session.driver.is_running():
            self.session.look(frame)
        self.learning.reconstruct()

    @Slot()
    def _show_frames(self) -> None:
        frames = self.session.frames
        if frames.skipped:
            self.statusBar().showMessage(
                f"{len(frames.skipped)} images could not be read, {frames.skipped[0]} among them."
            )
        if self.session.driver.is_running():
            self._arrived = True  # the drive is on screen in their place
        else:
            frame = self.learning.watched()[0]
            if not self._arrived:
                self._picked = frame
            self.session.look(frame)

    @Slot(object)
    def _show_look(self, observation) -> None:
        late = observation.posterior.mu.size != self.latents.z().size
        if late or self.session.eye() is None:
            return  # an answer of the model before
        self._arrive()
        if not self.session.driver.is_running():
            self.driving.show(observation)
        if observation.frame is self._picked:
            self._picked = None
            self.latents.setZ(observation.posterior.mu)

    def _arrive(self) -> None:
        """What the command line asked for is on screen with the next picture."""
        if not self._arrived:
            self._arrived = True
            if self._options.screenshot:
                self.session.decoded.connect(self._shoot)

    @Slot()
    def _pick_frame(self) -> None:
        frames = self.session.frames
        if frames is not None:
            self._picked = frames.take(self._rng.integers(len(frames), size=1))[0]
            self.session.look(self._picked)

    @Slot(str)
    def _show_saved(self, path: str) -> None:
        self.statusBar().showMessage(f"Saved {path}", MESSAGE)

    @Slot(object)
    def _show_recording(self, folder: Path | None) -> None:
        said = (
            f"Recorded {folder}" if folder else "Nothing was recorded: the camera still zoomed in."
        )
        self.statusBar().showMessage(said, MESSAGE)

    @Slot(object)
    def showFailure(self, failure: Failure) -> None:
        """Say what went wrong; unusable input of the command line ends the program with 2."""
        sentence = str(failure.error) or type(failure.error).__name__
        known = self.session.is_users(failure.error)
        if known and not self._arrived and self._asked_for(sentence):
            print(sentence, file=sys.stderr)
            QCoreApplication.exit(2)
            return
        if not known:
            sentence = f"Something went wrong ({type(failure.error).__name__}): {sentence}"
        self.statusBar().showMessage(sentence.split("\n")[0])
        # What fails at every tick must not bury the window under dialogs.
        if self.findChild(QMessageBox, "failureDialog") is None:
            dialogs.show_failure(self, sentence, "" if known else failure.details)

    def _asked_for(self, sentence: str) -> bool:
        """Whether the sentence is about what the command line named, or a screenshot waits."""
        named = (self._options.checkpoint, self._options.frames, "--device")
        about = any(str(name) in sentence for name in named if name is not None)
        return about or self._options.screenshot is not None

    # View and help

    def chooseTheme(self, choice: str) -> None:
        """`system`, `dark` or `light`, now and at the next start."""
        self._settings.setValue("theme", choice)
        apply_theme(QApplication.instance(), choice)

    @Slot()
    def _follow_system(self) -> None:
        if self._settings.value("theme", "system", type=str) == "system":
            apply_theme(QApplication.instance(), "system")

    @Slot()
    def resetLayout(self) -> None:
        """Put the docks back where they were at the first start."""
        self.restoreState(self._default_layout, LAYOUT_VERSION)

    @Slot()
    def showShortcuts(self) -> None:
        """List every key."""
        dialogs.show_shortcuts(self, self._menus.groups)

    @Slot()
    def showAbout(self) -> None:
        """Say what this is."""
        dialogs.show_about(self)

    # Start, drops and end

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._started:
            self._started = True
            QTimer.singleShot(0, self._start)

    @Slot()
    def _start(self) -> None:
        self._timer.start()
        self.session.open_model(self._options.checkpoint or BUNDLED_MODEL)
        self.session.open_frames(self._options.frames or SAMPLE_FRAMES)

    @Slot()
    def _shoot(self) -> None:
        """Save the window, now that its first picture is shown, and end."""
        self.session.decoded.disconnect(self._shoot)
        self.refresh()
        written = self.grab().save(str(self._options.screenshot), "PNG")
        if not written:
            print(f"{self._options.screenshot}: cannot be written.", file=sys.stderr)
        QCoreApplication.exit(0 if written else 2)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.files.open(url.toLocalFile())
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("layout", self.saveState(LAYOUT_VERSION))
        self._settings.setValue("recent", self.files.recent)
        self.session.close()
        self._collector.stop()
        super().closeEvent(event)
