"""Opening and saving: dialogs, recent files, and what a path is taken for.

It does not know what is in a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QMainWindow

from explorer import dialogs
from explorer.session import Session

RECENT_FILES = 8
MODEL_SUFFIX = ".safetensors"
FOREIGN_SUFFIXES = (".tar", ".json")  # of the World Models family
MODELS = "Models (*.safetensors *.tar *.json);;All files (*)"
SAVED_MODELS = "Models (*.safetensors);;All files (*)"
INDEX = "index.json"
Z_SUFFIX = ".txt"
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".gif")
"""Those of models.dataset, which needs pygame; a test holds them equal."""
FRAMES = (
    "Frames (*.npz *.npy index.json *.mp4 *.mov *.avi *.mkv *.webm *.gif *.png *.jpg)"
    ";;All files (*)"
)
PICTURES = (
    f"Pictures ({' '.join(f'*{end}' for end in (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES))} *.npz *.npy)"
    ";;All files (*)"
)


def kind_of(path: str) -> Literal["model", "z", "image", "frames"]:
    """What a path is taken for, by its ending: whatever is none of the others may hold frames."""
    lower = path.lower()
    if Path(path).name == INDEX:
        return "frames"
    if lower.endswith((MODEL_SUFFIX, *FOREIGN_SUFFIXES)):
        return "model"
    if lower.endswith(Z_SUFFIX):
        return "z"
    return "image" if lower.endswith(IMAGE_SUFFIXES) else "frames"


def whole_of(path: str) -> str:
    """The path itself, but of an index its folder, which a dialog for files cannot choose."""
    return str(Path(path).parent) if Path(path).name == INDEX else path


class Files(QObject):
    """Asks the person for paths and hands them to the session; remembers the recent ones."""

    def __init__(self, session: Session, settings: QSettings, window: QMainWindow):
        super().__init__(window)
        self._session = session
        self._window = window
        self.recent = [str(path) for path in settings.value("recent", [], type=list)]
        session.saved.connect(self._remember)

    def open(self, path: str) -> None:
        """Open a checkpoint or frames, by the path's ending."""
        if kind_of(path) == "model":
            self._session.open_model(path)
        else:
            self._session.open_frames(whole_of(path))
        self._remember(path)

    @Slot()
    def askForModel(self) -> None:
        """Let the person choose a checkpoint to open."""
        path = dialogs.ask_for_file(self._window, "Open model", MODELS)
        if path:
            self.open(path)

    @Slot()
    def askForFrames(self) -> None:
        """Let the person choose a file of frames."""
        path = dialogs.ask_for_file(self._window, "Open frames", FRAMES)
        if path:
            self.open(path)

    @Slot()
    def askForFolder(self) -> None:
        """Let the person choose a dataset folder or a folder of images."""
        self.askForFolderIn(None)

    def askForFolderIn(self, start: Path | None) -> None:
        """The same, from `start` on."""
        path = dialogs.ask_for_folder(self._window, "Open a folder of frames", start)
        if path:
            self.open(path)

    @Slot()
    def askWhereToSave(self) -> None:
        """Let the person choose where the model is saved."""
        name = self._session.model.name.removesuffix("*") + MODEL_SUFFIX
        path = dialogs.ask_where(self._window, "Save model", name, SAVED_MODELS)
        if path:
            self._window.statusBar().showMessage("Saving…")
            self._session.save_model(path)

    @Slot()
    def openRecording(self) -> None:
        """Train on the drive recorded last."""
        self._session.open_frames(self._session.recordings.newest)

    @Slot()
    def forget(self) -> None:
        """Empty the list of recent files."""
        self.recent = []

    @Slot(str)
    def _remember(self, path: str) -> None:
        path = str(Path(path).absolute())
        self.recent = [path, *(other for other in self.recent if other != path)][:RECENT_FILES]
