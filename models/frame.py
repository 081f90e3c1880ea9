"""The frame recipe: the only two ways to make a picture the model may see.

It does not know what drives the game or where foreign images are stored.
"""

from __future__ import annotations

import numpy as np
import pygame

FRAME_SHAPE = (60, 80, 3)
"""Rows, columns, RGB of a frame; uint8."""

CROP = (33, 0, 933, 700)
"""Left, top, width, height on the game's 1000x800 surface: 4:3 and without the indicator bar."""

RECIPE = "carracing/crop-33-0-933-700/area-80x60"
"""Name of this recipe; a checkpoint carries the name of the recipe it was trained on."""


def from_surface(surface: pygame.Surface) -> np.ndarray:
    """The frame of the game's (1000, 800) surface: FRAME_SHAPE uint8 RGB, area averaged."""
    return view(surface, (FRAME_SHAPE[1], FRAME_SHAPE[0]))


def view(surface: pygame.Surface, size: tuple[int, int]) -> np.ndarray:
    """The same crop as the frame at another (width, height): (height, width, 3) uint8 RGB."""
    small = pygame.transform.smoothscale(surface.subsurface(CROP), size)
    return np.ascontiguousarray(pygame.surfarray.pixels3d(small).swapaxes(0, 1))


def from_image(image: np.ndarray) -> np.ndarray:
    """The frame of a foreign (H, W, 3) uint8 RGB image of any size, whole and area averaged.

    Each pixel of the frame is the mean of the image over the area that the pixel covers.
    """
    if image.shape == FRAME_SHAPE:
        return np.ascontiguousarray(image)
    rows = _area_weights(image.shape[0], FRAME_SHAPE[0])
    columns = _area_weights(image.shape[1], FRAME_SHAPE[1])
    mean = np.einsum("rh,hwc,kw->rkc", rows, image.astype(np.float32), columns, optimize=True)
    return (mean + 0.5).astype(np.uint8)


def _area_weights(source: int, target: int) -> np.ndarray:
    """(target, source) float32: the share of each target cell that each source cell covers."""
    edges = np.arange(target + 1) * (source / target)
    cells = np.arange(source)
    left = np.maximum(edges[:-1, None], cells)
    right = np.minimum(edges[1:, None], cells + 1)
    return (np.clip(right - left, 0, None) * (target / source)).astype(np.float32)
