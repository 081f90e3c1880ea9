"""The memory that the program holds: idle, and while it drives and trains for minutes.

It does not know what holds it. Only Linux tells a process's own pages apart from mapped files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.row import Row
from models import dataset
from models.errors import InputError

ROOT = Path(__file__).parent.parent
SAMPLE_FRAMES = ROOT / "resources" / "frames.npz"
FRAMES = 100_000  # that are trained on
STATUS = Path("/proc/self/status")
GROWTH = 1.02  # of the memory after a minute; what a busy allocator moves up and down
EVERY = 5  # seconds between two looks


def memory(minutes: float = 10) -> Iterator[Row]:
    """Idle with the model, and the growth after the first minute of driving and training."""
    if not STATUS.exists():
        raise InputError("The memory of a process can be told on Linux only.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        _many(path)
        code = f"from benchmarks.memory import watch; watch({str(path)!r}, {minutes})"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise InputError(f"The program ended: {done.stderr.strip().splitlines()[-1]}")
        told = json.loads(done.stdout.splitlines()[-1])
        size = path.stat().st_size / 1e6
    yield Row("memory, idle with the model", "MB", told["idle"], "600 MB", told["idle"] <= 600)
    seconds, held = np.array(told["held"]).T
    first = np.median(held[(seconds > 45) & (seconds < 75)])
    last = np.median(held[-6:])
    yield Row(
        f"memory after {minutes:g} min of driving and training",
        "MB",
        float(last),
        f"{first:.0f} MB, as after 1 min",
        bool(last <= GROWTH * first),
        limit=f"{size:.0f} MB of frames, mapped",
    )


def watch(frames: str, minutes: float) -> None:
    """Open the window, drive and train in it, and print what it held, MB, as JSON."""
    from benchmarks.stage import VIEWS, stage

    with stage("--frames", frames) as seen:
        seen.wait(5)
        told = {"idle": held(), "held": []}
        seen.press("driveButton", "autopilotButton", *VIEWS, "trainButton")
        began = time.monotonic()
        while (passed := time.monotonic() - began) < 60 * minutes:
            told["held"].append((passed, held()))
            seen.wait(EVERY)
    print(json.dumps(told))


def held() -> float:
    """Megabytes that are this process's own, mapped files not counted."""
    for line in STATUS.read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1000
    raise InputError("This system does not tell a process's own memory.")


def _many(path: Path) -> None:
    """The sample frames again and again, as one array in a file."""
    frames = dataset.load(SAMPLE_FRAMES)
    few = frames.take(np.arange(len(frames)))
    written = np.lib.format.open_memmap(path, "w+", np.uint8, (FRAMES, *few.shape[1:]))
    for begin in range(0, FRAMES, len(few)):
        written[begin : begin + len(few)] = few[: FRAMES - begin]
    written.flush()
