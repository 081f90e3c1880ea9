"""From a moved slider to the picture: the window's own path, with all that explains it on.

It does not know what a picture is made of. Run it as `python -m benchmarks drag`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence

import numpy as np

from models import command
from models.errors import InputError

MOVES = 60  # a second, as a hand's mouse gives them
ARRIVING = 30_000  # ms that the window may take to be there
LOOK = "sensitivity"  # the costliest that changes with z


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks drag`."""
    parser = command.Parser(prog="benchmarks drag", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=command.positive, default=10, metavar="S")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    options = parser.parse_args(arguments)
    told = measure(options.seconds)
    if options.json:
        print(json.dumps(told))
        return
    print(f"{told['moves']:.0f} moves and {told['pictures']:.0f} pictures a second")
    print(f"from move to picture: median {told['median']:.1f} ms, p99 {told['p99']:.1f} ms")
    print(f"one decode alone, in the slider's slot: {told['decode']:.1f} ms")


def measure(seconds: float) -> dict[str, float]:
    """Moves and pictures a second, milliseconds from one to the other, and of a decode alone.

    Raises InputError where no window can be shown.
    """
    from PySide6.QtCore import QEventLoop, QTimer  # not before it is asked for
    from PySide6.QtWidgets import QSlider

    from explorer import app

    if hindered := app.obstacle():
        raise InputError(hindered)
    _, window = app.build(["--device", "cpu"])
    latents, session = window.latents, window.session
    loop = QEventLoop()
    window.showing.arrived.connect(loop.quit)
    QTimer.singleShot(ARRIVING, loop.quit)
    window.show()
    loop.exec()
    latents.picture.setLook(LOOK)
    slider = window.findChild(QSlider, "latentSlider11")
    slider.setFocus()
    asked: dict[bytes, float] = {}
    taken: list[float] = []
    moves = 0

    def move() -> None:
        nonlocal moves
        moves += 1
        slider.setZ(2 * math.sin(moves / 20))
        asked[latents.z().tobytes()] = time.perf_counter()

    def note(answer) -> None:
        if answer.part == "picture" and (began := asked.pop(answer.question.z.tobytes(), None)):
            taken.append(time.perf_counter() - began)

    session.answered.connect(note)
    timer = QTimer(interval=1000 // MOVES)
    timer.timeout.connect(move)
    timer.start()
    QTimer.singleShot(1000 * seconds, loop.quit)
    start = time.perf_counter()
    loop.exec()
    passed = time.perf_counter() - start
    timer.stop()
    alone = [_decode(session.vae, latents.z()) for _ in range(50)]
    window.close()
    session.close()
    return {
        "moves": moves / passed,
        "pictures": len(taken) / passed,
        "median": 1e3 * float(np.median(taken)),
        "p99": 1e3 * float(np.quantile(taken, 0.99)),
        "decode": 1e3 * float(np.median(alone)),
    }


def _decode(vae, z: np.ndarray) -> float:
    start = time.perf_counter()
    vae.image(z)
    return time.perf_counter() - start
