"""The frame recipes: the only ways to make a picture that a model may see.

It does not know what drives the game or where foreign images are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pygame
from PIL import Image

FRAME_SHAPE = (60, 80, 3)
"""Rows, columns, RGB of a frame of our own recipe; uint8."""

CROP = (33, 0, 933, 700)
"""Left, top, width, height on the game's 1000x800 surface: 4:3 and without the indicator bar."""

RECIPE = "carracing/crop-33-0-933-700/area-80x60"
"""Name of our own recipe; a checkpoint carries the name of the recipe it was trained on."""

WORLD_MODELS_RECIPE = "world-models/rows-0-84-of-96/bilinear-64x64"
"""Name of the recipe of Ha and Schmidhuber 2018 (arXiv 1803.10122)."""

_OBSERVATION = (96, 96)  # width and height of gymnasium's own observation
_ROWS = 84  # of its 96; below stands the indicator bar
_WORLD_MODELS_SHAPE = (64, 64, 3)


class Recipe(NamedTuple):
    """How a model's frames are made."""

    name: str
    shape: tuple[int, int, int]  # rows, columns, RGB
    aspect: float  # width by height of what a frame shows; its pixels need not be square
    from_surface: Callable[[pygame.Surface], np.ndarray]  # (1000, 800) to a fresh uint8 frame


def from_surface(surface: pygame.Surface) -> np.ndarray:
    """Our frame of the game's (1000, 800) surface: FRAME_SHAPE uint8 RGB, area averaged."""
    return view(surface, (FRAME_SHAPE[1], FRAME_SHAPE[0]))


def view(surface: pygame.Surface, size: tuple[int, int]) -> np.ndarray:
    """The same crop as our frame at another (width, height): (height, width, 3) uint8 RGB."""
    return _shrunk(surface.subsurface(CROP), size)


def world_models_from_surface(surface: pygame.Surface) -> np.ndarray:
    """The World Models frame of the game's (1000, 800) surface: (64, 64, 3) uint8 RGB.

    Gymnasium's 96x96 observation, its rows above the indicator bar, brought to 64x64. The original
    code also stretches each frame's colours to 0..255, which nobody after it did; this does not.
    """
    rows = _shrunk(surface, _OBSERVATION)[:_ROWS]
    height, width, _ = _WORLD_MODELS_SHAPE
    return np.array(Image.fromarray(rows).resize((width, height), Image.Resampling.BILINEAR))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(RECIPE, FRAME_SHAPE, 4 / 3, from_surface),
        Recipe(WORLD_MODELS_RECIPE, _WORLD_MODELS_SHAPE, 1000 / 700, world_models_from_surface),
    )
}


def from_image(image: np.ndarray, shape: tuple[int, int, int] = FRAME_SHAPE) -> np.ndarray:
    """The frame of a foreign (..., H, W, 3) uint8 RGB image, whole and area averaged to `shape`.

    Each pixel of the frame is the mean of the image over the area that the pixel covers.
    """
    if image.shape[-3:] == shape:
        return np.ascontiguousarray(image)
    rows = _area_weights(image.shape[-3], shape[0])
    columns = _area_weights(image.shape[-2], shape[1])
    mean = np.einsum("rh,...hwc,kw->...rkc", rows, image.astype(np.float32), columns, optimize=True)
    return (mean + 0.5).astype(np.uint8)


def enlarged(image: np.ndarray, size: tuple[int, int], aspect: float) -> np.ndarray:
    """A frame or reconstruction for a person: as large as fits into `size`, (width, height).

    `aspect` is the width by height of what (H, W, 3) uint8 `image` shows. Smooth between pixels.
    """
    width, height = size
    if width > height * aspect:
        width = max(1, round(height * aspect))
    else:
        height = max(1, round(width / aspect))
    small = pygame.image.frombuffer(image.tobytes(), image.shape[1::-1], "RGB")
    return _array(pygame.transform.smoothscale(small, (width, height)))


def _shrunk(surface: pygame.Surface, size: tuple[int, int]) -> np.ndarray:
    return _array(pygame.transform.smoothscale(surface, size))


def _array(surface: pygame.Surface) -> np.ndarray:
    return np.ascontiguousarray(pygame.surfarray.pixels3d(surface).swapaxes(0, 1))


def _area_weights(source: int, target: int) -> np.ndarray:
    """(target, source) float32: the share of each target cell that each source cell covers."""
    edges = np.arange(target + 1) * (source / target)
    cells = np.arange(source)
    left = np.maximum(edges[:-1, None], cells)
    right = np.minimum(edges[1:, None], cells + 1)
    return (np.clip(right - left, 0, None) * (target / source)).astype(np.float32)
