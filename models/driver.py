"""Who is at the wheel of a live drive: a person with keys or a gamepad, or the autopilot.

It does not know when episodes begin or who looks on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.carracing import STEPS_PER_SECOND, Scene
from models.controls import Controls
from models.observation import Action
from models.policy import Autopilot, Style

STEER_RATE = 4.0 / STEPS_PER_SECOND
"""How far the wheel turns per step: full lock in a quarter of a second."""


class Driver:
    """One wheel for all: it is turned by STEER_RATE, so that each takes it over where it is.

    Full lock at once would spin the car. Only a gamepad's stick is the wheel itself.
    """

    def __init__(self, gamepad: Callable[[], Action | None]):
        self._gamepad = gamepad
        self._autopilot = Autopilot(style=Style())
        self._steer = 0.0

    def straighten(self) -> None:
        """Put the wheel straight ahead, for an episode's start."""
        self._steer = 0.0

    def act(self, scene: Scene, wishes: Controls) -> Action:
        """The action of the next step.

        Of keys and gamepad the stronger counts, for each of steering, gas and brake.
        """
        if wishes.mode == "autopilot":
            steer, gas, brake = self._autopilot(scene)
        else:
            steer, gas, brake = wishes.action
            stick, *pedals = self._gamepad() or (0.0, 0.0, 0.0)
            gas, brake = max(gas, pedals[0]), max(brake, pedals[1])
            if abs(stick) > abs(steer):
                self._steer = stick
                return stick, gas, brake
        self._steer += float(np.clip(steer - self._steer, -STEER_RATE, STEER_RATE))
        return self._steer, gas, brake
