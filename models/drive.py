"""A live drive or a replay at the game's own pace, each frame seen by the current VAE.

It does not know the keyboard or the window: both reach it as values read anew at each step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from models.carracing import STEPS_PER_SECOND
from models.controls import Controls
from models.device import use_threads
from models.frame import RECIPE, RECIPES, enlarged
from models.live import LiveScene
from models.observation import Observation, perceive
from models.replay import Player
from models.vae import VAE

STEP = 1 / STEPS_PER_SECOND  # seconds
REST = 0.1  # seconds between two looks at what is wished, when there is nothing new to show
LATE = 0.1  # seconds of delay that are made up for; after more it was held


def drive(controls: Callable[[], Controls], vae: Callable[[], VAE | None]) -> Iterator[Observation]:
    """Drive the track of `seed` for ever, 50 steps a second, and yield what is seen.

    When an episode ends, the same track starts again. In the mode "replay" what `replay` holds is
    played instead, as fast as it was driven but no slower than a frame each REST; the scene waits
    meanwhile and then goes on where it was. A replay that has ended gives its last frame again,
    ten times a second. The VAE sees frames of its own recipe; without one the observations carry
    no posterior, and goggles show the game.
    """
    use_threads(1)  # one picture is too small to be shared out
    live, player, pace, rng = LiveScene(), Player(), _Pace(), np.random.default_rng()
    recorder = None
    try:
        while True:
            now, eye = controls(), vae()
            goggles = now.goggles and eye is not None
            recipe = RECIPE if eye is None else eye.config.recipe
            replayed = now.mode == "replay" and now.replay is not None
            seen = player.step(now.replay) if replayed else live.step(now, recipe, goggles)
            if eye is not None:
                seen = perceive(seen, eye, rng if now.sampled else None)
            if seen.view is None:
                shown, made = (seen.recon, recipe) if goggles else (seen.frame, RECIPE)
                view = enlarged(shown, now.view_size, RECIPES[made].aspect)
                seen = seen._replace(view=view, goggles=goggles)
            if recorder is not None and recorder is not now.recorder:
                recorder.close()
            recorder = now.recorder
            if recorder is not None and not replayed:
                recorder.add(seen, live.seed)
            steps = now.replay.recording.steps_apart if replayed else 1
            pace.wait(REST if replayed and player.rests else min(REST, steps * STEP))
            yield seen
    finally:
        live.close()
        if recorder is not None:
            recorder.close()


class _Pace:
    """Makes up for small delays; after one of more than LATE it goes on from now."""

    def __init__(self):
        self._next = time.perf_counter()

    def wait(self, seconds: float) -> None:
        now = time.perf_counter()
        due = self._next + seconds
        self._next = due if due > now - LATE else now
        time.sleep(max(0.0, self._next - now))
