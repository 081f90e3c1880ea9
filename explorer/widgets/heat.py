"""A map of numbers as colours, alone or to lay over a picture.

It does not know what the numbers mean.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from PySide6.QtGui import QColor

from explorer.widgets.theme import Theme

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


@cache
def diverging(theme: Theme) -> np.ndarray:
    """(255, 3) uint8 RGB from blue by the theme's ground, at 127, to orange; not to be written."""
    ground = np.array(QColor(theme.panel if theme.dark else "#ffffff").getRgb()[:3])
    low, high = (np.array(QColor(end).getRgb()[:3]) for end in (theme.mu, theme.kl))
    part = (np.arange(255)[:, None] - 127) / 127
    ends = np.where(part > 0, high, low)
    return np.rint(ground + np.abs(part) * (ends - ground)).astype(np.uint8)
