"""How long the program takes to be there, and what memory it holds; in processes of its own.

It does not know what happens meanwhile.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.row import Row
from models.errors import InputError

ROOT = Path(__file__).parent.parent
ROUNDS = 5

_OPEN = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from explorer import app
class Eye(QObject):
    def eventFilter(self, seen, event):
        if event.type() == QEvent.Type.Paint and not self.painted:
            self.painted = True
            QTimer.singleShot(0, lambda: print(time.time(), flush=True))
        return False
application, window = app.build(["--device", "cpu"])
eye = Eye(); eye.painted = False
window.installEventFilter(eye)
def live():
    print(time.time(), flush=True)
    QTimer.singleShot({after}, window.close)
window.session.decoded.connect(lambda _: live(), )
window.show()
application.exec()
{then}
window.session.close()
"""
_BARE = """
import time
import torch, PySide6.QtWidgets, pyqtgraph
from safetensors.numpy import load_file
load_file("resources/carracing.safetensors")
print(time.time(), flush=True)
"""


def start() -> Iterator[Row]:
    """First paint, and sliders that a drag can move, beside the bare imports."""
    painted, live, bare = [], [], []
    for turn in range(ROUNDS + 1):  # the first round fills the disk's cache
        first, second = _stamps(_OPEN.format(after=0, then=""), 2)
        [imported] = _stamps(_BARE, 1)
        if turn:
            painted.append(first)
            live.append(second)
            bare.append(imported)
    ratio = statistics.median(b / a for a, b in zip(bare, live, strict=True))
    yield Row(
        "first paint", "s", statistics.median(painted), "1.0 s", statistics.median(painted) <= 1
    )
    yield Row(
        "sliders live",
        "s",
        statistics.median(live),
        "1.5 times the bare imports and weights",
        ratio <= 1.5,
        limit=f"{statistics.median(bare):.2f} s those alone; {ratio:.2f} times",
    )


def _stamps(code: str, count: int) -> list[float]:
    """Seconds from the start of a process to each of the first stamps that it prints."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=_environment()
    )
    stamps = [float(word) - began for word in done.stdout.split()[:count]]
    if len(stamps) < count:
        raise InputError(f"The program did not start: {done.stderr.strip().splitlines()[-1]}")
    return stamps


def _environment() -> dict[str, str]:
    folder = tempfile.gettempdir()
    return os.environ | {"XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
