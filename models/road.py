"""The road's centre line as a closed curve: where a car is on it, and how the road bends ahead.

It does not know the environment, only points; lengths are in its units, some of a metre each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SMOOTHING = 3  # vertices that a curvature is averaged over; tiles are 3.5 units apart


class Place(NamedTuple):
    """Where a car is, seen from the road."""

    along: float  # length of the centre line up to here
    offset: float  # from the centre line, positive to the right
    heading_error: float  # radians in -pi..pi, positive where the car points right of the road


class Road:
    """A closed centre line, (n, 2) points in driving order."""

    def __init__(self, centre_line: np.ndarray):
        self._points = np.asarray(centre_line, float)
        self._legs = np.roll(self._points, -1, axis=0) - self._points
        self._lengths = np.linalg.norm(self._legs, axis=1)
        self._directions = self._legs / self._lengths[:, np.newaxis]
        self._starts = np.concatenate([[0.0], np.cumsum(self._lengths)])
        bearings = np.arctan2(self._directions[:, 0], self._directions[:, 1])
        turns = wrapped(bearings - np.roll(bearings, 1))  # at each vertex, positive to the right
        around = (self._lengths + np.roll(self._lengths, 1)) / 2
        kernel = np.ones(SMOOTHING) / SMOOTHING
        half = SMOOTHING // 2
        bent = turns / around
        self._curvature = np.convolve(np.r_[bent[-half:], bent, bent[:half]], kernel, "valid")

    @property
    def length(self) -> float:
        """Of the whole lap."""
        return float(self._starts[-1])

    def locate(self, position: np.ndarray, heading: float) -> Place:
        """The place of a car at `position` (2,) whose `heading` is in radians, 0 along +y and
        positive to the left, as in the environment."""
        to_car = np.asarray(position, float) - self._points
        along = np.clip((to_car * self._directions).sum(1), 0.0, self._lengths)
        feet = to_car - along[:, np.newaxis] * self._directions
        leg = int(np.argmin((feet * feet).sum(1)))
        dx, dy = self._directions[leg]
        x, y = to_car[leg]
        return Place(
            along=float(self._starts[leg] + along[leg]),
            offset=float(x * dy - y * dx),
            heading_error=float(wrapped(-heading - np.arctan2(dx, dy))),
        )

    def curvature(self, along: float | np.ndarray) -> np.ndarray:
        """1 / radius of the road at lengths along it, positive to the right; they may pass the
        lap's end."""
        ends = np.r_[self._curvature, self._curvature[0]]
        return np.interp(np.mod(along, self.length), self._starts, ends)


def wrapped(angle: float | np.ndarray) -> float | np.ndarray:
    """Angles in radians brought to -pi..pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
