"""The live drive in the window with all its views on: steps a second, alone and while it trains.

It does not know what a step does. Run it as `python -m benchmarks drive`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

import numpy as np

from models import command
from models.errors import InputError

PACE = 50  # steps a second that the game has
BEAT = 16  # ms between two beats of the timer that is watched
ARRIVING = 30_000  # ms that the window may take to be there
SETTLING = 5  # seconds that do not count: models warm up, the history fills
VIEWS = ("mapButton", "probesButton", "followButton")  # each shows, or moves, more of every frame


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks drive`."""
    parser = command.Parser(prog="benchmarks drive", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=command.positive, default=15, metavar="S")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args(arguments)
    for told in measure(options.seconds):
        if options.json:
            print(json.dumps(told), flush=True)
        else:
            trained = f", {told['images']:.0f} images/s trained" if told["images"] else ""
            print(
                f"{told['what']:34} {told['steps']:4.1f} steps/s of {PACE}; a timer of {BEAT} ms "
                f"is late by {told['late']:.0f} ms at p99{trained}",
                flush=True,
            )


def measure(seconds: float) -> Iterator[dict]:
    """For each state of the window the steps a second, the lateness of a timer at its 99th
    percentile in ms, and images trained a second.

    Raises InputError where no window can be shown.
    """
    from PySide6.QtCore import QEventLoop, QTimer  # not before it is asked for
    from PySide6.QtWidgets import QAbstractButton

    from explorer import app

    if hindered := app.obstacle():
        raise InputError(hindered)
    _, window = app.build(["--device", "cpu"])
    session, loop = window.session, QEventLoop()
    beats: list[float] = []
    timer = QTimer(interval=BEAT)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))

    def wait(passing: float) -> None:
        QTimer.singleShot(round(1000 * passing), loop.quit)
        loop.exec()

    def press(*names: str) -> None:
        for name in names:
            window.findChild(QAbstractButton, name).click()

    def told(what: str) -> dict:
        wait(SETTLING)
        beats.clear()
        timer.start()
        first, began = window.driving.history.end, time.perf_counter()
        wait(seconds)
        passed = time.perf_counter() - began
        timer.stop()
        return {
            "what": what,
            "steps": (window.driving.history.end - first) / passed,
            "late": 1e3 * float(np.quantile(np.diff(beats), 0.99)) - BEAT,
            "images": window.learning.images_per_second() if session.trainer.is_running() else 0.0,
        }

    window.showing.arrived.connect(loop.quit)
    QTimer.singleShot(ARRIVING, loop.quit)
    window.show()
    loop.exec()
    try:
        press("driveButton", "autopilotButton")
        yield told("driving")
        press(*VIEWS)
        yield told("with every view, following")
        press("trainButton")
        wait(SETTLING)
        yield told("the same while training")
        press(*VIEWS)
        yield told("training, the first views alone")
    finally:
        window.close()
        session.close()
