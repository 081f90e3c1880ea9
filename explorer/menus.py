"""The menus: every command with its key, each pressing the button that owns it.

They do not know what a command does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QMainWindow, QMenu

from explorer.files import Files

THEMES = (("system", "Follow the system"), ("dark", "Dark"), ("light", "Light"))

BUTTON_COMMANDS = {
    "&Latents": (
        ("meanButton", "Mean of frame", "Ctrl+M"),
        ("priorButton", "Sample the prior", "Ctrl+P"),
        ("aggregateButton", "Sample the aggregate posterior", "Ctrl+Shift+G"),
        ("posteriorButton", "Sample the frame's posterior", "Ctrl+G"),
        ("zeroButton", "All to zero", "Ctrl+0"),
        ("undoButton", "Undo", "Ctrl+Z"),
        ("redoButton", "Redo", "Ctrl+Shift+Z"),
        ("axesButton", "Principal axes", "Ctrl+E"),
        ("traversalsButton", "Traversals…", "Ctrl+Shift+T"),
        ("pathsButton", "Paths", "Ctrl+Shift+K"),
        ("mapButton", "Map", "Ctrl+J"),
        ("probesButton", "Probes", "Ctrl+K"),
        ("randomFrameButton", "Random frame", "Ctrl+N"),
        ("followButton", "Follow the drive", "Ctrl+F"),
    ),
    "&Drive": (
        ("driveButton", "Start or stop driving", "Ctrl+D"),
        ("youButton", "You drive", "Ctrl+Shift+Y"),
        ("autopilotButton", "Autopilot", "Ctrl+Shift+A"),
        ("replayButton", "Replay", "Ctrl+Shift+L"),
        ("holdButton", "Hold or go on", "Ctrl+H"),
        ("restartButton", "Restart", "Ctrl+R"),
        ("newTrackButton", "New track", "Ctrl+Shift+N"),
        ("gogglesButton", "Goggles", "Ctrl+Shift+E"),
        ("domainRandomizeButton", "Other colours", "Ctrl+Shift+B"),
        ("recordButton", "Record", "Ctrl+Shift+R"),
        ("recordingsButton", "Recordings…", "Ctrl+L"),
    ),
    "&Training": (
        ("trainButton", "Train", "Ctrl+T"),
        ("pauseButton", "Pause or resume", "Ctrl+Shift+P"),
        ("stepButton", "One batch", "Ctrl+B"),
        ("stopButton", "Stop", "Ctrl+."),
        ("continueButton", "Continue the newest unfinished run", "Ctrl+Shift+U"),
        ("runsButton", "Runs…", "Ctrl+U"),
        ("framesButton", "Frames…", "Ctrl+Shift+D"),
    ),
}
"""Menu title: (objectName of a button, text, key). The button decides whether it can be pressed."""


class Menus:
    """Fills a main window's menu bar; `groups` lists the actions menu by menu."""

    def __init__(self, window: QMainWindow):
        self._window = window
        self.groups: list[tuple[str, list[QAction]]] = []
        self._menu: QMenu | None = None

    def menu(self, title: str) -> QMenu:
        """Start a menu; `action` adds to the one started last."""
        self._menu = self._window.menuBar().addMenu(title)
        self.groups.append((title.replace("&", ""), []))
        return self._menu

    def action(
        self, text: str, slot: Callable, keys: QKeySequence.StandardKey | str | None = None
    ) -> QAction:
        """Add a command with its key."""
        action = QAction(text, self._window)
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        self._menu.addAction(action)
        self.groups[-1][1].append(action)
        return action

    def buttons(self, more: Mapping[str, Iterable[tuple]]) -> None:
        """A menu for each entry of BUTTON_COMMANDS; `more` is text, slot and key by menu title."""
        for title, commands in BUTTON_COMMANDS.items():
            self.menu(title)
            for name, text, keys in commands:
                button = self._window.findChild(QAbstractButton, name)
                self.action(text, button.click, keys)
            self._menu.addSeparator()  # none is shown where nothing follows
            for text, slot, keys in more.get(title, ()):
                self.action(text, slot, keys)

    def themes(self, current: str, choose: Callable[[str], None]) -> None:
        """A submenu of the themes."""
        menu = self._menu.addMenu("Theme")
        group = QActionGroup(menu)
        for key, text in THEMES:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(key == current)
            action.triggered.connect(lambda _checked, key=key: choose(key))
            group.addAction(action)


def fill_recent(menu: QMenu, files: Files) -> None:
    """List the files opened lately; what no longer exists is left out."""
    menu.clear()
    there = [path for path in files.recent if Path(path).exists()]
    for path in there:
        # An ampersand in a name would be taken for a mnemonic.
        action = menu.addAction(path.replace("&", "&&"))
        action.triggered.connect(lambda _checked, path=path: files.open(path))
    menu.addSeparator()
    menu.addAction("Clear", files.forget).setEnabled(bool(there))
