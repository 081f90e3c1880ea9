"""The scene that somebody drives, episode after episode, one step at a time.

It does not know at what pace, what a VAE makes of it, or that a replay may play meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.carracing import Scene, rollout
from models.controls import Controls
from models.driver import Driver
from models.errors import SceneError
from models.gamepad import Gamepad
from models.laps import LapClock
from models.observation import LEFT, RESTARTED, Action, Observation


class LiveScene:
    """Made at its first step; between two of them it waits as long as nobody drives."""

    def __init__(self) -> None:
        self.seed = 0  # of the track of the last step
        self._wishes = Controls()
        self._recipe = ""
        self._goggles = False
        self._restarts = 0
        self._ended = ""  # why the last episode has, if not by a lap
        self._episode: Iterator[Observation] | None = None
        self._gamepad = Gamepad()
        self._driver = Driver(self._gamepad.read)
        self._clock = LapClock()
        self._newest_lap = None

    def step(self, wishes: Controls, recipe: str, goggles: bool) -> Observation:
        """Drive one step as the person wishes, with an `input` by that recipe.

        Another seed, another number of restarts, or the end of the last episode begins one anew;
        a lap ends one. With `goggles` there is no view. Raises SceneError.
        """
        self._wishes, self._recipe, self._goggles = wishes, recipe, goggles
        try:
            seen = self._seen()
        except Exception as error:
            reason = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
            raise SceneError(
                f"The drive on track {self.seed} has ended, because the environment failed "
                f"({reason})."
            ) from error
        mode = "autopilot" if wishes.mode == "autopilot" else "you"
        lap = self._clock.add(seen, self.seed, mode, goggles)
        self._newest_lap = lap or self._newest_lap
        if seen.lap:
            self._end()
        return seen._replace(newest_lap=self._newest_lap)

    def close(self) -> None:
        """Free the environment and the gamepad."""
        self._end()
        self._gamepad.close()

    def _seen(self) -> Observation:
        wished = (self._wishes.seed, self._wishes.restarts)
        if self._episode is not None and wished == (self.seed, self._restarts):
            seen = next(self._episode, None)
            if seen is not None:
                return seen
            self._end(LEFT)  # nothing else ends it before a lap does
        elif self._episode is not None:
            self._end(RESTARTED if wished[0] == self.seed else "")
        self.seed, self._restarts = wished
        self._driver.straighten()
        self._episode = rollout(
            self._act,
            self.seed,
            lambda: None if self._goggles else self._wishes.view_size,
            lambda: self._recipe,
            recoloured=lambda: self._wishes.domain_randomize,
        )
        return next(self._episode)._replace(begun=self._ended)

    def _act(self, scene: Scene) -> Action:
        return self._driver.act(scene, self._wishes)

    def _end(self, why: str = "") -> None:
        self._ended = why
        if self._episode is not None:
            self._episode.close()
            self._episode = None
