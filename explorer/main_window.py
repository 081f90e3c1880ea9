"""The window: panels, menus, connections, and the tick that draws what the workers produced.

It does not know how anything is computed.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMessageBox

from explorer import dialogs
from explorer.collecting import Collecting
from explorer.diagnosing import Diagnosing
from explorer.directing import Directing
from explorer.docks import Docks
from explorer.drive.panel import DrivePanel
from explorer.driving import Driving
from explorer.dropping import Dropping
from explorer.exploring import Exploring
from explorer.exporting import Exporting
from explorer.files import Files
from explorer.filming import Filming
from explorer.garbage import GarbageCollector
from explorer.grouping import Grouping
from explorer.keeping import Keeping
from explorer.lapping import Lapping
from explorer.latents.panel import LatentPanel
from explorer.learning import Learning
from explorer.lecturing import Lecturing
from explorer.looking import Looking
from explorer.map.panel import MapPanel
from explorer.mapping import Mapping
from explorer.menus import Menus, fill_recent
from explorer.pathing import Pathing
from explorer.paths.panel import PathPanel
from explorer.picture.panel import PicturePanel
from explorer.pictures import Pictures
from explorer.probes.panel import ProbePanel
from explorer.probing import Probing
from explorer.recalling import Recalling
from explorer.replaying import Replaying
from explorer.running import Running
from explorer.session import BUNDLED_MODEL, SAMPLE_FRAMES, Session
from explorer.showing import Showing
from explorer.studio import Studio
from explorer.training.panel import TrainingPanel
from explorer.traversing import Traversing
from explorer.watching import Watching
from explorer.widgets.theme import apply_theme
from explorer.worker import Failure

TICK = 33  # ms between two draws of what the workers produced
STATUS_TICKS = 10  # ticks between two changes of the read-outs; faster ones cannot be read
MESSAGE = 8000  # ms that a message stays in the status bar
FAULT = 30_000  # and one of what went wrong
FRAME = QSize(0, 36)  # what a desktop puts around a window, pixels
SMALLEST = QSize(1100, 660)  # in which all of the window can be used
LATENTS_WIDTH = 500  # pixels; in a small window the docks give way before the sliders do


class MainWindow(QMainWindow):
    """Joins the session to the panels; `refresh()` is one tick of the live display."""

    def __init__(self, session: Session, options: Namespace, settings: QSettings):
        super().__init__()
        self.session = session
        self._options = options
        self._settings = settings
        self._started = False  # loading begins with the first paint
        self._ticks = 0
        session.setParent(self)
        self.setObjectName("mainWindow")
        self.setWindowTitle("Latent Explorer")
        self._lay_out()
        self.studio = Studio(session)
        self.pictures = Pictures(session)
        self.driving = Driving(session, self.drive_panel, self.latents, self)
        self.exploring = Exploring(session, self.studio, self.latents, self.driving, self)
        self.traversing = Traversing(session, self.studio, self.latents, self)
        self.pathing = Pathing(session, self.studio, self.paths, self.latents, self)
        self.recalling = Recalling(
            session, self.driving, self.drive_panel.strip, self.latents, self
        )
        self.lapping = Lapping(session, self.drive_panel, self.driving, self)
        self.watching = Watching(session, self.studio, self.training.gallery, self)
        self.learning = Learning(session, self.training, self.latents, self.watching, self)
        self.probing = Probing(
            session, self.probes, self.latents, self.driving, self.learning, self
        )
        self.running = Running(session, self.training, self.learning, self.watching, self)
        self.lecturing = Lecturing(session, self)
        self.diagnosing = Diagnosing(session, self.training, self)
        self.showing = Showing(
            session,
            self.studio,
            self.drive_panel,
            self.latents,
            self.driving,
            self.learning,
            self.watching,
            self,
        )
        self.statusBar().insertPermanentWidget(0, self.showing.model_name)
        self.mapping = Mapping(
            session, self.studio, self.map, self.latents, self.driving, self.showing, self
        )
        self.grouping = Grouping(session, self.mapping, self.map, self)
        self.directing = Directing(
            session, self.studio, self.mapping, self.grouping, self.map, self.latents, self
        )
        self.files = Files(session, settings, self)
        self.replaying = Replaying(session, self.drive_panel, self.driving, self.files, self)
        self.running.archive.listed.connect(self.replaying.note_runs)
        self.filming = Filming(session, self.replaying.dialog, self)
        self.exporting = Exporting(session, self.training.curves, self)
        self.collecting = Collecting(session, self.training.form, self.files, self)
        self.keeping = Keeping(session, self.studio, self.latents, self)
        self.looking = Looking(
            session,
            self.pictures,
            self.picture,
            self.latents,
            self.driving,
            self._docks.picture,
            self,
        )
        looked = (self.latents, self.picture)
        self.dropping = Dropping(
            self.files, self.looking, self.keeping, self, looked, self.training
        )
        self._make_menus()
        self._connect()
        self._docks.restore(settings, self.latents.controls.paths)
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self.refresh)
        self._collector = GarbageCollector(self)

    def _lay_out(self) -> None:
        self.latents = LatentPanel()
        self.latents.setMinimumWidth(LATENTS_WIDTH)
        self.drive_panel = DrivePanel()
        self.training = TrainingPanel({"seed": self.session.seed})
        self.paths = PathPanel()
        self.picture = PicturePanel()
        self.map = MapPanel()
        self.probes = ProbePanel()
        self.setCentralWidget(self.latents)
        self._docks = Docks(
            self,
            self.drive_panel,
            self.training,
            self.paths,
            self.picture,
            (self.map, self.probes),
        )
        self._read_out = QLabel()
        self._read_out.setObjectName("readOut")
        self._read_out.setProperty("role", "caption")
        self.statusBar().addPermanentWidget(self._read_out)
        self.statusBar().showMessage("Loading the model…")
        room = self.screen().availableGeometry().size() - FRAME
        wide = room.width() >= SMALLEST.width() and room.height() >= SMALLEST.height()
        self.resize(QSize(1440, 900).boundedTo(room) if wide else QSize(1440, 900))

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
        leave = menus.action("Quit", self.close, keys.Quit)
        leave.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)  # in every window of it
        menus.buttons(
            {
                "&Drive": (("Export recording…", self.replaying.open_to_export, "Ctrl+Shift+M"),),
                "&Latents": (*self.looking.commands, *self.keeping.commands),
                "&Training": (*self.training.paceCommands, *self.lecturing.commands),
            }
        )
        view = menus.menu("&View")
        menus.themes(self._settings.value("theme", "system", type=str), self.chooseTheme)
        for dock in self._docks.all():
            view.addAction(dock.toggleViewAction())
        menus.action("Reset layout", self._docks.reset)
        menus.menu("&Help")
        menus.action("Keyboard shortcuts", self.showShortcuts, "F1")
        menus.action("About", self.showAbout)

    def _connect(self) -> None:
        session = self.session
        showing = self.showing
        showing.modelShown.connect(self._show_model)
        showing.arrived.connect(self._arrive)
        showing.snapshotShown.connect(self.exploring.ask_again)
        showing.snapshotShown.connect(self.traversing.renew)
        showing.snapshotShown.connect(self.pathing.renew)
        session.framesChanged.connect(self._show_skipped)
        session.recordings.changed.connect(self._show_recording)
        session.saved.connect(self._show_saved)
        self.studio.exported.connect(self._show_saved)
        self.watching.refused.connect(self._say)
        self.lapping.lapTold.connect(self._say)
        self.pictures.refused.connect(self._show_refusal)
        session.errored.connect(self.showFailure)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.learning.snapshotTaken.connect(self.looking.look_again)
        self.learning.started.connect(self.diagnosing.begin)
        self.learning.recordsTaken.connect(self.diagnosing.take)
        self.diagnosing.actionRequested.connect(self._cure)
        self.looking.taken.connect(showing.keep_picture)
        self.training.lessonsButton.clicked.connect(self.lecturing.open)
        self.exporting.exported.connect(self._show_saved)
        self.exporting.refused.connect(self._show_refusal)

    # The tick

    @Slot()
    def refresh(self) -> None:
        """Draw what the workers have produced since the last tick."""
        self.driving.refresh()
        self.learning.refresh()
        self.lecturing.refresh()
        self.collecting.refresh()
        self.filming.refresh()
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

    @Slot(str)
    def _show_model(self, told: str) -> None:
        self._save_action.setEnabled(True)
        self.setWindowTitle(f"{told} — Latent Explorer")
        self.statusBar().showMessage(f"Model: {told}", MESSAGE)

    @Slot()
    def _show_skipped(self) -> None:
        skipped = self.session.frames.skipped
        if skipped:
            self.statusBar().showMessage(
                f"{len(skipped)} images could not be read, {skipped[0]} among them.", FAULT
            )

    @Slot()
    def _arrive(self) -> None:
        if self._options.screenshot:
            self.session.decoded.connect(self._shoot)

    @Slot(str)
    def _say(self, sentence: str) -> None:
        self.statusBar().showMessage(sentence, MESSAGE)

    @Slot(str)
    @Slot(object)
    def _show_saved(self, path: str | Path) -> None:
        self._say(f"Saved {path}")

    @Slot(object)
    def _show_recording(self, folder: Path | None) -> None:
        nothing = "Nothing was recorded: the camera still zoomed in, or a recording played."
        said = f"Recorded {folder}" if folder else nothing
        self.statusBar().showMessage(said, MESSAGE)

    @Slot(str)
    def _show_refusal(self, sentence: str) -> None:
        self.statusBar().clearMessage()
        self.latents.say(sentence)

    @Slot(str)
    def _cure(self, action: str) -> None:
        if action == "collect frames":
            self.collecting.open()
        elif action == "take best":
            self.session.run.take_best()

    @Slot(object)
    def showFailure(self, failure: Failure) -> None:
        """Say what went wrong; unusable input of the command line ends the program with 2."""
        sentence = str(failure.error) or type(failure.error).__name__
        known = self.session.is_users(failure.error)
        if known and not self.showing.has_arrived and self._asked_for(sentence):
            print(sentence, file=sys.stderr)
            QCoreApplication.exit(2)
            return
        if not known:
            sentence = f"Something went wrong ({type(failure.error).__name__}): {sentence}"
        self.statusBar().showMessage(sentence.split("\n")[0], FAULT)
        if self.diagnosing.tells(failure.error):
            return
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
    def showShortcuts(self) -> None:
        """List every key."""
        dialogs.show_shortcuts(self, self._menus.groups)

    @Slot()
    def showAbout(self) -> None:
        """Say what this is."""
        dialogs.show_about(self)

    # Start and end

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._started:
            self._started = True
            self.setFocus()  # else the first button has it, and a key pressed blindly presses that
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

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        self._docks.keep(self._settings)
        self._settings.setValue("recent", self.files.recent)
        self.running.keep()
        self.session.close()
        self._collector.stop()
        super().closeEvent(event)
