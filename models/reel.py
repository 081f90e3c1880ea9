"""Rows of pictures under one another with their names and a title: the leaves of a film.

It does not know what the pictures show, nor where they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.moving import GAP, PAPER

SCALE = 2  # pixels of a leaf for one of a picture
TEXT = 14  # pixels high
LINE = 22  # that a line of text takes
MARGIN = 8
INK, FAINT = (28, 37, 48), (200, 206, 214)


class Leaf(NamedTuple):
    """One picture of the film: a title, and named rows of (n, H, W, 3) uint8.

    A row that is None stands empty, so that all leaves have the same size.
    """

    title: str
    rows: list[tuple[str, np.ndarray | None]]


class Reel(Sequence):
    """Leaves as pictures (H', W', 3) uint8, each drawn when it is asked for: all would be large."""

    def __init__(self, leaves: Sequence[Leaf]):
        self._leaves = leaves

    def __len__(self) -> int:
        return len(self._leaves)

    def __getitem__(self, index: int) -> np.ndarray:
        return draw(self._leaves[index])


def draw(leaf: Leaf) -> np.ndarray:
    """A leaf as one picture (H', W', 3) uint8; at least one of its rows is not empty."""
    count, height, width, _ = next(row for _, row in leaf.rows if row is not None).shape
    row_height, column = SCALE * height, SCALE * width + GAP
    size = (
        2 * MARGIN + count * column - GAP,
        2 * MARGIN + LINE + len(leaf.rows) * (LINE + row_height),
    )
    image = Image.new("RGB", size, (PAPER,) * 3)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT)
    pen.text((MARGIN, MARGIN + LINE / 2), leaf.title, INK, font, anchor="lm")
    for n, (name, row) in enumerate(leaf.rows):
        top = MARGIN + LINE + n * (LINE + row_height)
        pen.text((MARGIN, top + LINE / 2), name, INK, font, anchor="lm")
        for k in range(count):
            left = MARGIN + k * column
            if row is None:
                right, bottom = left + column - GAP - 1, top + LINE + row_height - 1
                pen.rectangle((left, top + LINE, right, bottom), outline=FAINT)
            else:
                picture = Image.fromarray(row[k]).resize(
                    (SCALE * width, row_height), Image.Resampling.NEAREST
                )
                image.paste(picture, (left, top + LINE))
    return np.asarray(image)
