"""What the colours of the strip can stand for: a number of each latent, its range, its colours.

It does not know the frames, nor how they are painted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtGui import QColor

from explorer.widgets.theme import Theme

EMPTY = 255  # the level of what is not a number
FULL = 254  # that of the upper end of the range; in the middle stands 127


class Colouring(NamedTuple):
    """One choice; beyond `low` and `high` the colour is full."""

    key: str
    words: str
    tip: str  # how the colour is to be read
    low: float
    high: float
    unit: str = ""

    def levels(self, values: np.ndarray) -> np.ndarray:
        """Values of any shape as uint8 in 0..FULL, EMPTY where they are not finite."""
        levels = (values - self.low) * np.float32(FULL / (self.high - self.low))
        levels = np.rint(np.clip(levels, 0, FULL))
        return np.where(np.isfinite(levels), levels, EMPTY).astype(np.uint8)

    def ends(self) -> tuple[str, str]:
        """The two ends of the range, for a person."""
        if self.low < 0:
            return f"\N{MINUS SIGN}{-self.low:g}", f"+{self.high:g}{self.unit}"
        return f"{self.low:g}", f"{self.high:g}{self.unit}"

    def colors(self, theme: Theme) -> np.ndarray:
        """The colour of each level, (256,) uint32 0xffRRGGBB."""
        ground = _rgb(theme.panel if theme.dark else "#ffffff")
        high = _rgb(theme.mu if self.key == "sigma" else theme.kl)
        part = np.arange(EMPTY)[:, None] / FULL
        if self.low < 0:
            part = 2 * part - 1
        ends = np.where(part < 0, _rgb(theme.mu), high)
        rgb = ground + np.abs(part) * (ends - ground)
        red, green, blue = np.vstack([rgb, _rgb(theme.well)]).astype(np.uint32).T
        return 0xFF000000 | (red << 16) | (green << 8) | blue


MU = Colouring("mu", "mu", "blue is mu below 0, orange above", -3.0, 3.0)
SIGMA = Colouring(
    "sigma", "sigma", "blue is sigma; full at 1, where the latent tells nothing", 0, 1
)
KL = Colouring("kl", "KL", "orange is the KL of that latent", 0.0, 3.0, " nats")
Z_SCORE = Colouring(
    "z-score",
    "z-score",
    "(mu - mean) / std of the aggregate posterior: how unusual mu is; blue below 0, orange above",
    -3.0,
    3.0,
)
COLOURINGS = (MU, SIGMA, KL, Z_SCORE)


def _rgb(name: str) -> np.ndarray:
    return np.array(QColor(name).getRgb()[:3], float)
