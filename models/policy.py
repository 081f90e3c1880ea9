"""Who drives without a person: an autopilot that knows the track, or noise.

It does not know how the scene is drawn or who records it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.carracing import STEPS_PER_SECOND, Scene
from models.observation import Action


class Noise:
    """Random actions that drift slowly, as the published data collection drove."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self._state = np.array([0.0, 0.5, 0.0])

    def __call__(self, scene: Scene) -> Action:
        self._state += self._rng.normal(0, 0.14, 3)
        self._state = np.clip(self._state, [-1, 0, -0.5], [1, 1, 0.5])
        steer, gas, brake = self._state
        return float(steer), float(gas), max(0.0, float(brake))


@dataclass(frozen=True)
class Style:
    """How an autopilot drives; the defaults keep to the road."""

    cruise: float = 45.0  # wanted speed on a straight, length units per second
    grip: float = 22.0  # wanted lateral acceleration in curves, units per second squared
    offset: float = 0.0  # where on the road, units to the right of its centre
    wander: float = 0.0  # standard deviation of the steering disturbance
    mishaps: float = 0.0  # per second: jerks of the wheel, trips onto the grass


def any_style(rng: np.random.Generator) -> Style:
    """A driver drawn at random: slow and fast, careful and reckless, mostly disturbed."""
    return Style(
        cruise=rng.uniform(12, 85),
        grip=rng.uniform(12, 55),
        offset=rng.normal(0, 2.5),
        wander=abs(rng.normal(0, 0.25)),
        mishaps=rng.choice([0.0, 0.1, 0.3]),
    )


class Autopilot:
    """Pure pursuit of the tiles ahead (Coulter 1992), with speed held to what curves allow.

    `style=None` draws a new style at each episode from `seed`, and disturbs the drive with it: the
    frames then include all speeds, drifts, grass and coming back to the road.
    """

    def __init__(self, seed: int = 0, style: Style | None = None):
        self._rng = np.random.default_rng(seed)
        self._given = style
        self._track: list | None = None

    def __call__(self, scene: Scene) -> Action:
        if scene.steps == 0 or scene.track is not self._track:
            self._track, self._line = scene.track, scene.centre_line
            self._style = self._given or any_style(self._rng)
            self._wander = 0.0
            self._mishap = _Mishap()
        self._disturb()
        speed = scene.speed
        nearest = int(np.argmin(np.linalg.norm(self._line - scene.position, axis=1)))
        steer = self._pursue(scene, nearest, speed)
        wanted = self._wanted_speed(nearest, speed)
        gas = float(np.clip(0.12 * (wanted - speed), 0, 1)) * (1 - 0.6 * abs(steer))
        brake = float(np.clip(0.03 * (speed - wanted - 4), 0, 0.8))
        if self._mishap.steps:
            gas, brake = max(gas, self._mishap.gas), 0.0
        return steer, gas, brake

    def _disturb(self) -> None:
        self._wander += -0.05 * self._wander + 0.3 * self._rng.normal(0, self._style.wander)
        if self._mishap.steps:
            self._mishap.steps -= 1
        elif self._rng.random() < self._style.mishaps / STEPS_PER_SECOND:
            self._mishap = _Mishap.draw(self._rng)

    def _pursue(self, scene: Scene, nearest: int, speed: float) -> float:
        ahead = self._line[(nearest + 3 + int(speed / 12)) % len(self._line)]
        behind = self._line[(nearest + 2 + int(speed / 12)) % len(self._line)]
        along = (ahead - behind) / np.linalg.norm(ahead - behind)
        right = np.array([along[1], -along[0]])
        offset = self._style.offset + (self._mishap.offset if self._mishap.steps else 0.0)
        to_target = ahead + offset * right - scene.position
        cos, sin = np.cos(scene.heading), np.sin(scene.heading)
        sideways, forward = (
            cos * to_target[0] + sin * to_target[1],
            cos * to_target[1] - (sin * to_target[0]),
        )
        bearing = np.arctan2(sideways, forward)
        disturbance = self._wander + (self._mishap.steer if self._mishap.steps else 0.0)
        return float(np.clip(2.2 * bearing + disturbance, -1, 1))

    def _wanted_speed(self, nearest: int, speed: float) -> float:
        """What the sharpest curve within braking distance allows: v^2 = grip / curvature."""
        reach = 6 + int(speed / 6)
        points = self._line[(nearest + np.arange(reach + 2)) % len(self._line)]
        legs = np.diff(points, axis=0)
        turns = np.diff(np.unwrap(np.arctan2(legs[:, 1], legs[:, 0])))
        curvature = np.abs(turns / np.linalg.norm(legs[1:], axis=1))
        smooth = np.convolve(curvature, np.ones(3) / 3, mode="valid").max()
        return float(min(self._style.cruise, np.sqrt(self._style.grip / max(smooth, 1e-4))))


@dataclass
class _Mishap:
    """A jerk of the wheel or a trip off the road, for some steps to come."""

    steps: int = 0
    steer: float = 0.0
    offset: float = 0.0
    gas: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> _Mishap:
        if rng.random() < 0.5:
            return cls(steps=int(rng.integers(8, 40)), steer=rng.choice([-1, 1]) * 1.2, gas=0.6)
        return cls(steps=int(rng.integers(60, 160)), offset=rng.normal(0, 14))
