"""Two components of z as a plane, and the part of it that is seen.

It does not know what stands on the plane, nor how it is painted.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

MARGIN = 0.06  # of what is seen stays free at each side
SMALLEST_SPAN, LARGEST_SPAN = 1e-3, 1e6


class Component(NamedTuple):
    """One number of a z: weight . z - offset."""

    name: str
    weight: np.ndarray  # (latent_dim,)
    offset: float
    share: float | None  # of the variance of the posterior means, 0..1, if it is known

    def label(self) -> str:
        """Its name, and its share of the variance."""
        return self.name if self.share is None else f"{self.name} · {100 * self.share:.1f} %"


def components(latent_dim: int, axes: Any = None) -> list[Component]:
    """The coordinates along principal axes, a models.basis.Basis, if known; then the latents."""
    made, shares = [], [None] * latent_dim
    if axes is not None:
        weights = axes.directions / axes.scales[:, None]
        for index, weight in enumerate(weights):
            offset, share = float(weight @ axes.origin), float(axes.explained[index])
            made.append(Component(f"p{index:02d}", weight, offset, share))
        # The means vary along the axes independently, so that their variances add up.
        shares = (axes.explained @ axes.directions**2).tolist()
    for index, weight in enumerate(np.eye(latent_dim)):
        made.append(Component(f"z{index:02d}", weight, 0.0, shares[index]))
    return made


class Plane(NamedTuple):
    """The plane of two components."""

    across: Component
    up: Component

    def of(self, z: np.ndarray) -> np.ndarray:
        """Where z (..., latent_dim) stands, (..., 2) float64."""
        weights = np.stack([self.across.weight, self.up.weight], axis=1)
        return np.asarray(z, float) @ weights - (self.across.offset, self.up.offset)


class Lens(NamedTuple):
    """What is seen of a plane: a place in the middle, and how much of the plane is across."""

    x: float = 0.0
    y: float = 0.0
    span: float = 6.0  # units over the shorter side

    def pixels(self, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Where points (n, 2) stand in a picture of so many pixels across and down, (n, 2)."""
        scale = min(size) / self.span
        middle = np.array(size) / 2
        return middle + (np.asarray(points, float) - (self.x, self.y)) * (scale, -scale)

    def point(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        """The point that stands at a pixel."""
        unit = self.span / min(size)
        return self.x + (x - size[0] / 2) * unit, self.y - (y - size[1] / 2) * unit

    def zoomed(self, factor: float, x: float, y: float, size: tuple[int, int]) -> Lens:
        """So many times as much of the plane, around the point at a pixel."""
        span = min(max(self.span * factor, SMALLEST_SPAN), LARGEST_SPAN)
        factor = span / self.span
        px, py = self.point(x, y, size)
        return Lens(px + (self.x - px) * factor, py + (self.y - py) * factor, span)

    def panned(self, dx: float, dy: float, size: tuple[int, int]) -> Lens:
        """Moved with the plane by so many pixels."""
        unit = self.span / min(size)
        return self._replace(x=self.x - dx * unit, y=self.y + dy * unit)


def fitted(points: np.ndarray, size: tuple[int, int]) -> Lens:
    """The Lens that sees all of the points (n, 2), as large as the default one if it is one."""
    if not len(points):
        return Lens()
    low, high = points.min(0), points.max(0)
    middle = ((low + high) / 2).tolist()
    needed = float(((high - low) * min(size) / np.array(size)).max()) / (1 - 2 * MARGIN)
    return Lens(*middle, min(max(needed, 1e-2), LARGEST_SPAN)) if needed else Lens(*middle)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers between two, evenly apart."""
    step = round_step((high - low) / max(1, most))
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, not below `least`."""
    if not least > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))


def round_range(values: np.ndarray) -> tuple[float, float]:
    """Round numbers below and above all but the twentieth of values (n,) at either end."""
    low, high = np.quantile(values, (0.05, 0.95)).tolist()
    step = round_step((high - low) / 4)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, high if high > low else low + step


def nearest(points: np.ndarray, x: float, y: float, reach: float) -> tuple[int, float]:
    """Which of the points (n, 2) is nearest to a place, and how far; -1 beyond `reach`.

    Of several at one place the last.
    """
    if not len(points):
        return -1, math.inf
    distance = np.hypot(points[:, 0] - x, points[:, 1] - y)
    index = len(points) - 1 - int(np.argmin(distance[::-1]))
    far = float(distance[index])
    return (index, far) if far <= reach else (-1, math.inf)


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Which points (n, 2) a closed line through (k, 2) encloses, (n,) bool, by the even-odd rule.

    A ray from each point to the right crosses the line an odd number of times.
    """
    x, y = points[:, 0], points[:, 1]
    found = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crossed = (y0 > y) != (y1 > y)
        if crossed.any():
            found ^= crossed & (x < x0 + (y - y0) / ((y1 - y0) or 1.0) * (x1 - x0))
    return found
