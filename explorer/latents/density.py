"""What the quantiles of one latent say about where its values lie: a range and a silhouette.

It does not know about widgets, models or frames.
"""

from __future__ import annotations

import numpy as np

BINS = 96  # about one per two pixels of a track
KERNEL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


def z_range(quantiles: np.ndarray, mean: float, std: float) -> tuple[float, float]:
    """The range worth dragging through: all values seen, at least mean +- 3 std, and zero.

    `quantiles` is (Q,), ascending. A latent that never moves would leave a track of no length;
    it gets the prior's -1..1.
    """
    low = float(min(quantiles[0], mean - 3.0 * std, 0.0))
    high = float(max(quantiles[-1], mean + 3.0 * std, 0.0))
    if high - low < 1.0:
        low, high = min(low, -1.0), max(high, 1.0)
    return low, high


def density(
    quantiles: np.ndarray, levels: np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate a density from a quantile function.

    `quantiles` and `levels` are (Q,), `levels` ascending within 0..1. Returns positions (BINS,) in
    units of z between `low` and `high`, and heights (BINS,) with a largest value of 1.
    """
    edges = np.linspace(low, high, BINS + 1)
    # The mass between two edges is a difference of the distribution function, so equal quantiles
    # (an infinite density) stay finite.
    cumulative = np.interp(edges, np.maximum.accumulate(quantiles), levels)
    mass = np.diff(cumulative)
    for _ in range(2):
        mass = np.convolve(mass, KERNEL, mode="same")
    return (edges[:-1] + edges[1:]) / 2, mass / max(float(mass.max()), 1e-12)
