"""What holds for every test: no screen, nobody's own settings, nothing left behind.

It does not know what is tested.
"""

from __future__ import annotations

import gc
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Qt or asks where a person's files are.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_HOME = tempfile.TemporaryDirectory(prefix="latent-explorer-tests-")
for _name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
    os.environ[_name] = str(Path(_HOME.name) / _name.lower())

# Before anything imports numpy: its threads would turn idle rounds beside the other test processes.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pytest  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent, QLoggingCategory, QSettings, Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QMenu, QWidget  # noqa: E402

GARBAGE = 5000
"""Objects made since the last collection that are worth another; a window makes 50,000."""

ENDING = 20.0
"""Seconds that a thread which was told to end is given, on however busy a machine."""


def pytest_configure() -> None:
    # A slot that lacks its decorator is a warning then, and a warning fails a test.
    QLoggingCategory.setFilterRules("qt.pyside.libpyside.warning=true")


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings of this test alone, in a file on every system; gives the folder."""
    folder = tmp_path_factory.mktemp("settings", numbered=True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    yield folder


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A test that leaves a thread or a window behind fails."""
    threads, windows = set(threading.enumerate()), _windows()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(ENDING)
    alive = sorted(thread.name for thread in set(threading.enumerate()) - threads)
    assert not alive, f"threads left behind: {alive}"
    left = _windows() - windows
    for menu in [widget for widget in left if isinstance(widget, QMenu)]:
        menu.deleteLater()  # each plot of pyqtgraph leaves seven of them
        left.remove(menu)
    told = [f"{type(widget).__name__} {widget.objectName()!r}" for widget in left]
    assert not told, f"windows left behind: {told}"


@pytest.fixture(autouse=True)
def no_button_held() -> Iterator[None]:
    """Releases what a test left pressed: with another button held, a click is none to a slider."""
    yield
    held = QApplication.mouseButtons()
    for button in (button for button in Qt.MouseButton if button and button & held):
        QTest.mouseRelease(QWidget(), button)
    assert QApplication.mouseButtons() == Qt.MouseButton.NoButton


@pytest.fixture(autouse=True)
def collect_between_tests(nothing_left_behind: None) -> Iterator[None]:
    """Cyclic garbage is collected between tests only: inside Qt's event loop it can crash."""
    gc.disable()
    yield
    if gc.get_count()[0] > GARBAGE:
        gc.collect()
        gc.freeze()  # or each collection would go through all that was ever imported
    gc.enable()


def _windows() -> set[QWidget]:
    if QApplication.instance() is None:
        return set()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return set(QApplication.topLevelWidgets())
