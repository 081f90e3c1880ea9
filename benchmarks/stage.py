"""The program's window on a display, used as a person does, with files of its own.

It does not know what is measured.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QAbstractButton, QSlider

from explorer import app, directing, lap_book, recordings, training_run
from models.errors import InputError

ARRIVING = 60_000  # ms that the window may take to be there
MOVES = 60  # a second, as a hand's mouse gives them
BEAT = 16  # ms between two beats of the timer that is watched
LOOK = "sensitivity"  # the costliest map that changes with z
VIEWS = ("mapButton", "probesButton", "followButton")  # each shows, or moves, more of every frame


class Stage:
    """The open window and the hand that uses it."""

    def __init__(self, window):
        self.window = window
        self.session = window.session
        self._loop = QEventLoop()

    def wait(self, seconds: float) -> None:
        """Let the program run."""
        QTimer.singleShot(round(1000 * seconds), self._loop.quit)
        self._loop.exec()

    def arrive(self) -> None:
        """Wait until the model's first picture is shown."""
        self.window.showing.arrived.connect(self._loop.quit)
        QTimer.singleShot(ARRIVING, self._loop.quit)
        self.window.show()
        self._loop.exec()

    def press(self, *names: str) -> None:
        """Click on buttons."""
        for name in names:
            self.window.findChild(QAbstractButton, name).click()

    def until(self, came_true) -> None:
        """Let the program run until that is so."""
        while not came_true():
            self.wait(0.05)

    def steps_a_second(self, seconds: float) -> float:
        """Of the drive."""
        history = self.window.driving.history
        first, began = history.end, time.perf_counter()
        self.wait(seconds)
        return (history.end - first) / (time.perf_counter() - began)

    def images_a_second(self, seconds: float) -> float:
        """Of the training, which runs."""
        run = self.session.run
        first, began = run.steps(), time.perf_counter()
        self.wait(seconds)
        passed = time.perf_counter() - began
        return (run.steps() - first) * run.config.batch_size / passed

    def lateness(self, seconds: float) -> np.ndarray:
        """By how much each beat of a timer of BEAT ms was late, ms."""
        beats: list[float] = []
        timer = QTimer(interval=BEAT)
        timer.timeout.connect(lambda: beats.append(time.perf_counter()))
        timer.start()
        self.wait(seconds)
        timer.stop()
        return 1e3 * np.diff(beats) - BEAT

    def drag(self, seconds: float) -> np.ndarray:
        """From each move of a slider, MOVES a second, to its picture, ms."""
        latents, asked, taken = self.window.latents, {}, []
        before = latents.picture.look()
        latents.picture.setLook(LOOK)
        slider = self.window.findChild(QSlider, "latentSlider11")
        slider.setFocus()
        moves = 0

        def move() -> None:
            nonlocal moves
            moves += 1
            slider.setZ(2 * math.sin(moves / 20))
            asked[latents.z().tobytes()] = time.perf_counter()

        def note(answer) -> None:
            began = asked.pop(answer.question.z.tobytes(), None)
            if answer.part == "picture" and began:
                taken.append(1e3 * (time.perf_counter() - began))

        self.session.answered.connect(note)
        timer = QTimer(interval=1000 // MOVES)
        timer.timeout.connect(move)
        timer.start()
        self.wait(seconds)
        timer.stop()
        self.session.answered.disconnect(note)
        latents.picture.setLook(before)
        return np.array(taken)


@contextmanager
def stage(*words: str) -> Iterator[Stage]:
    """The window of `main.py`, given these words, with its model shown; closed at the end.

    Raises InputError where no window can be shown.
    """
    if hindered := app.obstacle():
        raise InputError(hindered)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder)
        training_run.RUNS, recordings.DRIVES = own / "runs", own / "drives"
        directing.DIRECTIONS, lap_book.LAPS = own / "directions", own / "laps.json"
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        _, window = app.build(["--device", "cpu", *words])
        made = Stage(window)
        try:
            made.arrive()
            made.wait(2)
            yield made
        finally:
            window.close()
            window.session.close()
