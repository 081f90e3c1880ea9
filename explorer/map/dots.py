"""Thousands of dots put into the pixels of a picture at once.

It does not know what a dot stands for. Pixels are (H, W) uint32 0xffRRGGBB and are written into.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtGui import QColor

FAINTEST = 0.45  # how much of the colour one dot of a cloud has


def stamp(pixels: np.ndarray, places: np.ndarray, colors: np.ndarray, radius: float) -> None:
    """Put a disc at each of the places (n, 2), later ones over earlier ones.

    `colors` are (n,) uint32, or one for all; what is not wholly in the picture is left out.
    """
    height, width = pixels.shape
    disc = _disc(radius)
    far = int(np.abs(disc).max())
    x, y, there = _within(places, width, height, far)
    cells = ((y[:, None] + disc[:, 1]) * width + x[:, None] + disc[:, 0]).ravel()
    if np.ndim(colors):
        colors = np.repeat(colors[there], len(disc))
    pixels.reshape(-1)[cells] = colors


def shade(pixels: np.ndarray, places: np.ndarray, color: str, size: int) -> None:
    """Blend a square at each of the places (n, 2) over the picture: the more, the darker."""
    height, width = pixels.shape
    x, y, _ = _within(places, width, height, size)
    steps = np.arange(size)
    square = (steps[:, None] * width + steps).ravel()
    cells, count = np.unique((y * width + x)[:, None] + square, return_counts=True)
    alpha = (1 - (1 - FAINTEST) ** count)[:, None]
    flat = pixels.reshape(-1)
    ground = _channels(flat[cells])
    mixed = ground + alpha * (np.array(QColor(color).getRgb()[:3]) - ground)
    flat[cells] = packed(mixed)


def packed(rgb: np.ndarray) -> np.ndarray:
    """(n, 3) of 0..255 to (n,) uint32."""
    red, green, blue = np.rint(rgb).astype(np.uint32).T
    return 0xFF000000 | (red << 16) | (green << 8) | blue


def _channels(cells: np.ndarray) -> np.ndarray:
    return np.stack([(cells >> shift) & 0xFF for shift in (16, 8, 0)], axis=1).astype(float)


def _within(places: np.ndarray, width: int, height: int, far: int) -> tuple[np.ndarray, ...]:
    """Whole pixels, and which of the places are in the picture and `far` from its edges."""
    x, y = np.floor(places).clip(-1e6, 1e6).astype(np.intp).T
    there = (x >= far) & (x < width - far) & (y >= far) & (y < height - far)
    return x[there], y[there], there


@lru_cache(maxsize=8)
def _disc(radius: float) -> np.ndarray:
    """The pixels around 0 within a radius, (k, 2) as x and y."""
    reach = np.arange(-int(radius), int(radius) + 1)
    x, y = (part.ravel() for part in np.meshgrid(reach, reach))
    within = x**2 + y**2 <= radius**2
    return np.stack([x[within], y[within]], axis=1)
