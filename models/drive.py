"""A live drive: rollouts at the game's own pace, each frame seen by the current VAE.

It does not know the keyboard or the window: both reach it as values read anew at each step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from models.carracing import STEPS_PER_SECOND, Scene, rollout
from models.controls import Controls
from models.device import use_threads
from models.frame import RECIPE
from models.observation import Action, Observation, perceive
from models.policy import Autopilot, HeldKeys, Style
from models.vae import VAE


def drive(controls: Callable[[], Controls], vae: Callable[[], VAE | None]) -> Iterator[Observation]:
    """Drive the track of `seed` for ever, 50 steps a second, and yield what is seen.

    When an episode ends, the same track starts again. The VAE sees frames of its own recipe.
    Without a VAE the observations carry no posterior.
    """
    use_threads(1)  # one picture is too small to be shared out

    def recipe() -> str:
        eye = vae()
        return RECIPE if eye is None else eye.config.recipe

    pace, rng = _Pace(), np.random.default_rng()
    recorder = None
    try:
        while True:
            policy, seed = _policy(controls), controls().seed
            for seen in rollout(policy, seed, lambda: controls().view_size, recipe):
                eye = vae()
                if eye is not None:
                    seen = perceive(seen, eye, rng if controls().sampled else None)
                wanted = controls().recorder
                if recorder is not None and recorder is not wanted:
                    recorder.close()
                recorder = wanted
                if recorder is not None:
                    recorder.add(seen, seed)
                pace.wait()
                yield seen
    finally:
        if recorder is not None:
            recorder.close()


def _policy(controls: Callable[[], Controls]) -> Callable[[Scene], Action | None]:
    begun = controls()
    person = HeldKeys(lambda: controls().action)
    autopilot = Autopilot(style=Style())

    def policy(scene: Scene) -> Action | None:
        now = controls()
        if (now.restarts, now.seed) != (begun.restarts, begun.seed):
            return None
        return autopilot(scene) if now.mode == "autopilot" else person(scene)

    return policy


class _Pace:
    """Keeps to STEPS_PER_SECOND; after a delay it goes on from now instead of racing."""

    def __init__(self):
        self._next = time.perf_counter()

    def wait(self) -> None:
        now = time.perf_counter()
        self._next = max(self._next + 1 / STEPS_PER_SECOND, now - 0.1)
        time.sleep(max(0.0, self._next - now))
