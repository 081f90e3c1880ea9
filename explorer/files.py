"""Opening and saving: dialogs, recent files, and what a path is taken for.

It does not know what is in a file.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox

from explorer import dialogs
from explorer.session import Session
from explorer.training.curves import LossCurves

RECENT_FILES = 8
MODEL_SUFFIX = ".safetensors"
FOREIGN_SUFFIXES = (".tar", ".json")  # of the World Models family
MODELS = "Models (*.safetensors *.tar *.json);;All files (*)"
SAVED_MODELS = "Models (*.safetensors);;All files (*)"
INDEX = "index.json"
FRAMES = (
    "Frames (*.npz *.npy index.json *.mp4 *.mov *.avi *.mkv *.webm *.gif *.png *.jpg)"
    ";;All files (*)"
)


class Files(QObject):
    """Asks the person for paths and hands them to the session; remembers the recent ones."""

    def __init__(
        self, session: Session, curves: LossCurves, settings: QSettings, window: QMainWindow
    ):
        super().__init__(window)
        self._session = session
        self._curves = curves
        self._window = window
        self.recent = [str(path) for path in settings.value("recent", [], type=list)]
        session.saved.connect(self._remember)

    def open(self, path: str) -> None:
        """Open a checkpoint or frames, by the path's ending."""
        if Path(path).name == INDEX:
            # It stands for its folder, which a dialog for files cannot choose.
            self._session.open_frames(Path(path).parent)
        elif path.lower().endswith((MODEL_SUFFIX, *FOREIGN_SUFFIXES)):
            self._session.open_model(path)
        else:
            self._session.open_frames(path)
        self._remember(path)

    @Slot()
    def askForModel(self) -> None:
        """Let the person choose a checkpoint to open."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open model", "", MODELS)
        if path:
            self.open(path)

    @Slot()
    def askForFrames(self) -> None:
        """Let the person choose a file of frames."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open frames", "", FRAMES)
        if path:
            self.open(path)

    @Slot()
    def askForFolder(self) -> None:
        """Let the person choose a dataset folder or a folder of images."""
        path = QFileDialog.getExistingDirectory(self._window, "Open a folder of frames")
        if path:
            self.open(path)

    @Slot()
    def askWhereToSave(self) -> None:
        """Let the person choose where the model is saved."""
        name = self._session.model.name.removesuffix("*") + MODEL_SUFFIX
        path, _ = QFileDialog.getSaveFileName(self._window, "Save model", name, SAVED_MODELS)
        if path:
            # Not with_suffix: a name like "beta 0.5" has no suffix to be replaced.
            whole = path.removesuffix(MODEL_SUFFIX) + MODEL_SUFFIX
            if whole == path or not Path(whole).exists() or self._may_replace(whole):
                self._window.statusBar().showMessage("Saving…")
                self._session.save_model(whole)

    def _may_replace(self, path: str) -> bool:
        """The file dialog asked about the name as it was typed; this asks about the whole one."""
        question = f"{path} already exists.\nDo you want to replace it?"
        answer = QMessageBox.question(self._window, "Save model", question)
        return answer == QMessageBox.StandardButton.Yes

    @Slot()
    def askForCsv(self) -> None:
        """Let the person choose where the curves are written."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save curves", "curves.csv", "Tables (*.csv)"
        )
        if not path:
            return
        try:
            Path(path).write_text(self._curves.csv(), encoding="utf-8")
        except OSError as error:
            dialogs.show_failure(self._window, f"{path}: cannot be written ({error.strerror}).")

    @Slot()
    def openRecording(self) -> None:
        """Train on the drive recorded last."""
        self._session.open_frames(self._session.recording)

    @Slot()
    def forget(self) -> None:
        """Empty the list of recent files."""
        self.recent = []

    @Slot(str)
    def _remember(self, path: str) -> None:
        path = str(Path(path).absolute())
        self.recent = [path, *(other for other in self.recent if other != path)][:RECENT_FILES]
