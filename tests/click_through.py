"""A visit in real X events: drag a latent, train, drive off, close the window while driving.

It knows the program's object names and nothing of its inside; window_check.sh gives it a screen.
"""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QProgressBar, QSlider, QWidget

from explorer.app import build

PATIENCE = 60.0
"""Seconds until a step that has not come true is a failure."""

CLOSING = 3
"""Seconds the program may take to end."""


class Step(NamedTuple):
    """What xdotool is told to do, and what must come true then."""

    what: str
    came_true: Callable[[], bool]
    input: tuple[str, ...] = ()


def click(widget: QWidget) -> tuple[str, ...]:
    return (*move(widget, widget.rect().center()), "click", "1")


def drag(slider: QSlider, start: float, end: float) -> tuple[str, ...]:
    """From one fraction of the slider's track to another."""
    words: tuple[str, ...] = ()
    for step in range(11):
        fraction = start + (end - start) * step / 10
        place = QPoint(round(fraction * (slider.width() - 1)), slider.height() // 2)
        words += (*move(slider, place), "sleep", "0.03")
        words += ("mousedown", "1") if step == 0 else ()
    return (*words, "mouseup", "1")


def move(widget: QWidget, place: QPoint) -> tuple[str, ...]:
    if not widget.visibleRegion().contains(place):
        raise AssertionError(f"{widget.objectName()} is out of a person's reach at {place}")
    spot = widget.mapToGlobal(place)
    return ("mousemove", str(spot.x()), str(spot.y()))


def steady(read: Callable[[], Hashable], seconds: float) -> Callable[[], bool]:
    """True once `read()` has not changed for so long."""
    last = read()
    since = time.monotonic()

    def came_true() -> bool:
        nonlocal last, since
        now = read()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > seconds

    return came_true


def visit(window: QMainWindow) -> Iterator[Step]:
    """The steps of one visit; each is begun when the one before has come true."""

    def find(name: str) -> QWidget:
        widget = window.findChild(QWidget, name)
        assert widget is not None, f"no widget is called {name}"
        return widget

    def picture(name: str) -> bytes | None:
        array = find(name).image()
        return None if array is None else array.tobytes()

    def drawing(name: str) -> bytes:
        return bytes(find(name).grab().toImage().constBits())

    def means() -> list[float]:
        return [slider.property("mu") for slider in sliders]

    sliders = [find(f"latentSlider{index:02}") for index in range(32)]
    yield Step(
        "the model is loaded",
        lambda: sliders[0].isEnabled() and picture("decodedImage") is not None,
    )
    in_reach = [slider for slider in sliders if not slider.visibleRegion().isEmpty()]
    # The first one shown, so that the model makes the most of it.
    slider = min(in_reach, key=lambda slider: slider.mapToGlobal(QPoint(0, 0)).toTuple()[::-1])
    fraction = (slider.value() - slider.minimum()) / (slider.maximum() - slider.minimum())

    z, before = slider.property("z"), picture("decodedImage")
    yield Step(
        "the picture follows a dragged latent",
        lambda: slider.property("z") > z and picture("decodedImage") != before,
        drag(slider, fraction, 0.85),
    )

    progress = window.findChild(QProgressBar, "trainingProgress")
    curves = [drawing("reconPlot"), drawing("klPlot")]
    yield Step(
        "it trains and draws both curves",
        lambda: (
            progress.value() > progress.minimum()
            and drawing("reconPlot") != curves[0]
            and drawing("klPlot") != curves[1]
        ),
        click(find("trainButton")),
    )
    far = slider.property("z")
    yield Step(
        "a latent can be dragged while it trains",
        lambda: slider.property("z") < far,
        drag(slider, 0.85, 0.3),
    )
    yield Step(
        "training pauses",
        steady(progress.value, 2.0),
        click(find("pauseButton")),
    )
    paused = progress.value()
    yield Step("training goes on", lambda: progress.value() > paused, click(find("pauseButton")))
    yield Step(
        "training stops",
        lambda: find("trainButton").isEnabled() and not find("stopButton").isEnabled(),
        click(find("stopButton")),
    )

    yield Step(
        "the drive begins",
        lambda: picture("driveView") is not None,
        click(find("driveButton")),
    )
    yield Step("the car stands still", steady(lambda: picture("driveView"), 1.0))
    views = ("driveView", "encoderInput", "reconstruction", "errorMap")
    standing = {name: picture(name) for name in views}
    posterior = means()
    yield Step(
        "the car drives off by a key, and the encoder sees it",
        lambda: all(picture(name) != standing[name] for name in views) and means() != posterior,
        ("keydown", "Up", "sleep", "1", "keydown", "Left", "sleep", "0.3", "keyup", "Left"),
    )


class Visitor:
    """Carries out the steps one by one while the program's event loop runs."""

    def __init__(self, window: QMainWindow, shots: Path):
        self._window = window
        self._shots = shots
        self._steps = visit(window)
        self._count = 0
        self.finished = False
        self._begin(next(self._steps))
        self._timer = QTimer(window, interval=30)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _begin(self, step: Step) -> None:
        self._step = step
        self._deadline = time.monotonic() + PATIENCE
        self._hand = subprocess.Popen(["xdotool", *(step.input or ("sleep", "0"))])

    def _look(self) -> None:
        # An exception must end the visit here, not in the program's own dialog for them.
        try:
            code = self._hand.poll()
            assert not code, "xdotool failed"
            dialog = QApplication.activeModalWidget()
            assert dialog is None, f"a dialog came up: {dialog.property('text')}"
            if code is None or not self._step.came_true():
                assert time.monotonic() < self._deadline, f"it never came true: {self._step.what}"
                return
            print("  " + self._step.what, flush=True)
            self._shoot(re.sub(r"\W+", "-", f"{self._count:02} {self._step.what}"))
            self._count += 1
            step = next(self._steps, None)
            if step is None:
                self._close()
            else:
                self._begin(step)
        except Exception:
            traceback.print_exc()
            self._shoot("failed")
            os._exit(1)

    def _close(self) -> None:
        self._timer.stop()
        self.finished = True
        faulthandler.dump_traceback_later(CLOSING - 0.2)
        signal.alarm(CLOSING)  # Ends the process with an error if it is still there.
        self._hand = subprocess.Popen(["xdotool", "keyup", "Up", "key", "alt+F4"])

    def _shoot(self, name: str) -> None:
        self._window.screen().grabWindow(0).save(str(self._shots / f"{name}.png"))


def main() -> int:
    app, window = build([])
    window.show()
    visitor = Visitor(window, Path(sys.argv[1]))
    code = app.exec()
    assert visitor.finished, "the window closed before the visit was over"
    print("  the window closes in the middle of a drive", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
