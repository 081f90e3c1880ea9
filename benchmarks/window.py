"""What a person feels of the window: drags, the drive, the timer of the GUI, training beside them.

It does not know how a window is used; `benchmarks.stage` does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.row import Row
from models.train import TrainState, train

SETTLING = 4  # seconds that do not count: models warm up, a first batch is slow
SECONDS = 10  # of each figure
PACE = 50  # steps a second that the game has
ROUNDS = 3


def window() -> Iterator[Row]:
    """Drags and drives, alone and while training, with every view on."""
    from benchmarks.stage import VIEWS, stage  # no toolkit before it is asked for

    with stage() as seen:
        alone = f"{_decode(seen.session.vae, seen.window.latents.z()):.1f} one decode alone"
        yield from _dragged("idle", seen.drag(SECONDS), {0.5: 10, 0.99: 25}, alone)
        seen.press("driveButton", "autopilotButton")
        seen.wait(SETTLING)
        yield _driven("first views", seen.steps_a_second(SECONDS), 50)
        seen.press(*VIEWS)
        seen.wait(3 * SETTLING)  # once, the map's cloud is encoded and the probes are fitted
        yield _driven("every view, following", seen.steps_a_second(SECONDS), 50)
        seen.press("trainButton")
        seen.until(lambda: seen.session.run.steps() > 10)
        seen.wait(SETTLING)
        yield _driven("every view, following, training", seen.steps_a_second(SECONDS), 45)
        late = seen.lateness(2 * SECONDS)
        for what, milliseconds, target in (
            ("p99", float(np.quantile(late, 0.99)), 33),
            ("at most", float(late.max()), 150),
        ):
            yield Row(
                f"GUI timer of 16 ms late, {what}, driving and training",
                "ms",
                milliseconds,
                f"{target} ms",
                milliseconds <= target,
            )
        yield from _dragged("driving and training", seen.drag(SECONDS), {0.99: 60}, alone)


def inside() -> Iterator[Row]:
    """Training inside the window, nothing else going on, beside training without one."""
    from benchmarks.stage import stage

    with stage() as seen:
        seen.press("trainButton")
        seen.until(lambda: seen.session.run.steps() > 10)
        seen.wait(SETTLING)
        inside, headless, ratios = [], [], []
        for _ in range(ROUNDS):
            inside.append(seen.images_a_second(SECONDS))
            seen.press("pauseButton")
            seen.wait(1)
            headless.append(_headless(seen.session))
            seen.press("pauseButton")
            seen.wait(1)
            ratios.append(inside[-1] / headless[-1])
        ratio = statistics.median(ratios)
        yield Row(
            "train inside the window",
            "images/s",
            statistics.median(inside),
            "0.9 times without one",
            ratio >= 0.9,
            statistics.median(headless),
            ratio,
            "1",
        )


def _headless(session) -> float:
    """Images a second of the same training with nobody watching."""
    config, done = session.run.config, 0
    state = TrainState.start(config, session.vae)
    for record in train(config, session.frames, state):
        if record.step == 5:
            began, first = time.perf_counter(), record.step
        if record.step > 5 and time.perf_counter() - began > SECONDS:
            done = record.step - first
            break
    return done * config.batch_size / (time.perf_counter() - began)


def _driven(what: str, steps: float, target: int) -> Row:
    # The game's own pace is the limit; a hundredth below it is the clock's and not a lost step.
    return Row(
        f"drive, {what}", "steps/s", steps, f"{target}", steps >= 0.99 * target, limit=f"{PACE}"
    )


def _dragged(
    what: str, taken: np.ndarray, targets: dict[float, float], limit: str
) -> Iterator[Row]:
    for quantile, target in targets.items():
        milliseconds = float(np.quantile(taken, quantile))
        name = "median" if quantile == 0.5 else f"p{100 * quantile:.0f}"
        yield Row(
            f"drag to picture, {what}, {name}",
            "ms",
            milliseconds,
            f"{target:g} ms",
            milliseconds <= target,
            limit=limit,
        )


def _decode(vae, z: np.ndarray) -> float:
    """Milliseconds of one decode, the median of some."""
    taken = []
    for _ in range(50):
        started = time.perf_counter()
        vae.image(z)
        taken.append(1e3 * (time.perf_counter() - started))
    return statistics.median(taken)
