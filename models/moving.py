"""Pictures written to files, each whole or not at all: PNG, a strip of many, GIF, film.

It does not know what the pictures show. All are uint8 RGB: one (H, W, 3), many (n, H, W, 3), or a
sequence of equal ones. Each pixel becomes `scale` wide and high, so that 80x60 is more than a
stamp.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from models import animation
from models.errors import InputError
from models.sheet import write_file

FPS = 25.0
SCALE = 4
COLUMNS = 10  # of a strip
GAP = 2  # between its pictures, in pixels
PAPER = 255


def write_png(path: str | Path, picture: np.ndarray, scale: int = 1) -> None:
    """Write one picture without loss; InputError where it cannot be written."""
    memory = io.BytesIO()
    Image.fromarray(animation.enlarged(picture, scale)).save(memory, "PNG")
    write_file(Path(path), memory.getvalue())


def write_strip(
    path: str | Path, pictures: np.ndarray, scale: int = 1, columns: int = COLUMNS
) -> None:
    """Write pictures as one PNG, side by side in rows of `columns`; InputError as above."""
    _check_some(pictures)
    count, height, width, _ = pictures.shape
    columns = min(columns, count)
    row, column = scale * height + GAP, scale * width + GAP
    shape = (-(-count // columns) * row - GAP, columns * column - GAP, 3)
    strip = np.full(shape, PAPER, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * row, index % columns * column
        strip[top : top + row - GAP, left : left + column - GAP] = animation.enlarged(
            picture, scale
        )
    write_png(path, strip)


def write_gif(
    path: str | Path,
    pictures: np.ndarray | Sequence[np.ndarray],
    fps: float = FPS,
    scale: int = SCALE,
) -> None:
    """Write pictures as a GIF, as `animation.gif` does; InputError as above."""
    _check_some(pictures)
    some = [pictures[index] for index in animation.spread_over(len(pictures))]
    with animation.gif(Path(path), animation.palette_of(some), fps, scale) as add:
        for picture in pictures:
            add(picture)


def write_mp4(
    path: str | Path,
    pictures: np.ndarray | Sequence[np.ndarray],
    fps: float = FPS,
    scale: int = SCALE,
) -> None:
    """Write pictures as H.264, as `animation.mp4` does; InputError as above."""
    path = Path(path)
    animation.check_mp4(path)
    _check_some(pictures)
    with animation.mp4(path, fps, scale) as add:
        for picture in pictures:
            add(picture)


def _check_some(pictures: np.ndarray | Sequence[np.ndarray]) -> None:
    if len(pictures) == 0:
        raise InputError("There are no pictures to write.")
