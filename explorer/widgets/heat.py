"""A map of numbers as colours to lay over a picture.

It does not know what the numbers mean.
"""

from __future__ import annotations

import numpy as np

NEGATIVE = np.array([86, 180, 233], np.float32)  # Okabe and Ito's, as in the theme
POSITIVE = np.array([230, 159, 0], np.float32)
VEIL = 110  # how much of the picture is darkened where the map is zero, of 255


def reach(values: np.ndarray) -> float:
    """The largest magnitude of a map, but for a hundredth of its pixels; never 0."""
    return max(float(np.quantile(np.abs(values), 0.99)), 1e-6)


def heat(values: np.ndarray, largest: float) -> np.ndarray:
    """(H, W) to (H, W, 4) uint8 RGBA: orange above zero, blue below, a dark veil around zero.

    `largest` and beyond have the full colour.
    """
    share = np.clip(np.abs(values) / largest, 0, 1)[..., None]
    color = np.where(values[..., None] < 0, NEGATIVE, POSITIVE) * share
    alpha = VEIL + (235 - VEIL) * share
    return np.concatenate([color, alpha], axis=-1).astype(np.uint8)
