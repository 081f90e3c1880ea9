"""Dialogs: what went wrong, where to write, which keys there are, what this program is.

They do not know the session; all text in them is shown as plain text.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer import __version__

DRIVING_KEYS = (
    ("Arrows or W A S D", "Steer, gas, brake (click the picture of the road first)"),
    ("Space", "Brake"),
    ("R", "Restart the track"),
    ("H", "Hold the drive, or go on"),
    ("F", "Put the frame's mean on the sliders"),
    ("Esc", "Give the keyboard back"),
)
STRIP_KEYS = (
    ("Left and right", "Hold the drive and go back or on by a frame"),
    ("Page up and down", "Go back or on by a second"),
    ("Esc", "Back to the newest frame, and on with the drive"),
)
SLIDER_KEYS = (
    ("Left and right", "Move the latent by 0.05"),
    ("Page up and down", "Move it by 0.5"),
    ("Double click", "Put it back to 0"),
    ("L", "Lock or unlock it"),
    ("Tab", "Its number; once more, the next latent"),
)

SHEET_KEYS = (
    ("Arrows, Home, End", "Move the cursor on the sheet of traversals"),
    ("Enter", "Go to the z under it"),
)
KEYFRAME_KEYS = (
    ("Enter", "Go to the keyframe"),
    ("Ctrl and left or right", "Move it along the path"),
    ("Del", "Remove it"),
)


def show_failure(parent: QWidget, sentence: str, details: str = "") -> QMessageBox:
    """Tell what went wrong without stopping anything; `details` are offered to be copied."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Latent Explorer", sentence, parent=parent)
    box.setObjectName("failureDialog")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if details:
        box.setDetailedText(details)
        copy = box.addButton("Copy details", QMessageBox.ButtonRole.ActionRole)
        # A QMessageBox closes on every button; copying should leave it open.
        copy.clicked.disconnect()
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
    box.addButton(QMessageBox.StandardButton.Ok)
    box.open()
    return box


def ask_where(parent: QWidget, title: str, name: str, kind: str) -> str:
    """The path of a file to write, with the ending of `name`; empty when the person thinks better.

    `kind` is the filter of the file dialog.
    """
    path, _ = QFileDialog.getSaveFileName(parent, title, str(_last_folder() / name), kind)
    _remember_folder(path)
    suffix = Path(name).suffix
    # Not with_suffix: a name like "beta 0.5" has no suffix to be replaced.
    whole = path.removesuffix(suffix) + suffix
    if not path or whole == path or not Path(whole).exists():
        return path and whole
    # The file dialog asked about the name as it was typed; this asks about the whole one.
    question = f"{whole} already exists.\nDo you want to replace it?"
    answer = QMessageBox.question(parent, title, question)
    return whole if answer == QMessageBox.StandardButton.Yes else ""


def ask_for_files(parent: QWidget, title: str, kind: str) -> list[str]:
    """The paths of files to open; none when the person thinks better."""
    paths, _ = QFileDialog.getOpenFileNames(parent, title, str(_last_folder()), kind)
    _remember_folder(*paths[:1])
    return paths


def ask_for_file(parent: QWidget, title: str, kind: str) -> str:
    """The path of a file to open; empty when the person thinks better."""
    path, _ = QFileDialog.getOpenFileName(parent, title, str(_last_folder()), kind)
    _remember_folder(path)
    return path


def ask_for_folder(parent: QWidget, title: str, start: Path | None = None) -> str:
    """The path of a folder to open; the dialog begins in `start`, or where the last one ended."""
    begin = start if start is not None and start.is_dir() else _last_folder()
    path = QFileDialog.getExistingDirectory(parent, title, str(begin))
    if start is None:
        _remember_folder(path)
    return path


def _last_folder() -> Path:
    folder = Path(QSettings().value("folder", "", type=str))
    return folder if folder.is_dir() else Path()


def _remember_folder(path: str = "") -> None:
    if path:
        QSettings().setValue("folder", str(Path(path).absolute().parent))


def show_shortcuts(parent: QWidget, groups: list[tuple[str, list[QAction]]]) -> QDialog:
    """List every key: those of the menus, which tell their own, and those of the panels."""
    dialog = QDialog(parent)
    dialog.setObjectName("shortcutDialog")
    dialog.setWindowTitle("Keyboard shortcuts")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    content = QWidget()
    grid = QGridLayout(content)
    grid.setColumnStretch(1, 1)
    grid.setHorizontalSpacing(24)
    for title, actions in groups:
        rows = [
            (action.shortcut().toString(), action.text().replace("&", "").rstrip("…"))
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        _add_rows(grid, title, rows)
    _add_rows(grid, "At the wheel", DRIVING_KEYS)
    _add_rows(grid, "On the posterior strip", STRIP_KEYS)
    _add_rows(grid, "On a slider", SLIDER_KEYS)
    _add_rows(grid, "Traversals", SHEET_KEYS)
    _add_rows(grid, "Paths", KEYFRAME_KEYS)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(content)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(area)
    layout.addWidget(buttons)
    dialog.resize(640, 660)
    dialog.open()
    return dialog


def _add_rows(grid: QGridLayout, title: str, rows) -> None:
    if not rows:
        return
    heading = QLabel(title)
    heading.setProperty("role", "title")
    grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
    for keys, meaning in rows:
        row = grid.rowCount()
        grid.addWidget(QLabel(keys), row, 0)
        grid.addWidget(QLabel(meaning), row, 1)


def show_about(parent: QWidget) -> None:
    """What this program is, in three sentences."""
    QMessageBox.about(
        parent,
        "Latent Explorer",
        f"Latent Explorer {__version__}\n\n"
        "A convolutional VAE sees frames of CarRacing and keeps 32 Gaussians of each. Drag the 32 "
        "numbers and watch the picture follow; drive and watch the posterior; train and watch "
        "reconstruction and KL trade against each other.\n\n"
        "MIT licence.",
    )
