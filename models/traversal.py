"""Traversals: pictures along several moves of z, and the sheet that shows them with their names.

It does not know which moves are worth showing beyond the KL and the axes it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.vae import VAE

BATCH = 32  # pictures decoded at once; more are not faster
STEPS = 9
REACH = 3.0
GAP = 2  # between pictures of a sheet, in its pixels
TEXT = 13  # pixels high
INK, PAPER = (28, 37, 48), (255, 255, 255)


def traverse(
    vae: VAE, z: np.ndarray, moves: np.ndarray, steps: int = STEPS, reach: float = REACH
) -> np.ndarray:
    """Pictures at z + k * move for k from -reach to reach: (n, steps, H, W, 3) uint8.

    Each of `moves` (n, latent_dim) is one standard deviation of the data; an odd number of steps
    has z itself in the middle.
    """
    z = points(z, moves, steps, reach)
    return decode(vae, z.reshape(-1, z.shape[-1])).reshape(*z.shape[:2], *vae.shape)


def points(
    z: np.ndarray, moves: np.ndarray, steps: int = STEPS, reach: float = REACH
) -> np.ndarray:
    """The z of each of these pictures, (n, steps, latent_dim) float32."""
    moves = np.asarray(moves, np.float32)
    k = values(steps, reach).astype(np.float32)
    return np.asarray(z, np.float32) + k[:, None] * moves[:, None, :]


def values(steps: int = STEPS, reach: float = REACH) -> np.ndarray:
    """The k of each column, (steps,): exactly 0 in the middle of an odd number."""
    return (np.arange(steps) - (steps - 1) / 2) * (2 * reach / max(steps - 1, 1))


def decode(vae: VAE, z: np.ndarray) -> np.ndarray:
    """Pictures of z (n, latent_dim) in bounded memory: (n, H, W, 3) uint8."""
    parts = [vae.image(z[start : start + BATCH]) for start in range(0, len(z), BATCH)]
    return np.concatenate(parts) if parts else np.empty((0, *vae.shape), np.uint8)


def sheet(
    pictures: np.ndarray, labels: Sequence[str], reach: float = REACH, scale: int = 1
) -> np.ndarray:
    """One picture (H', W', 3) uint8 of a traversal, with labels at its left and k on top.

    `pictures` is (n, steps, H, W, 3) uint8, and each of its pixels `scale` wide and high. A label
    may have several lines.
    """
    _, steps, height, width, _ = pictures.shape
    font = ImageFont.load_default(TEXT)
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    left = 2 * TEXT + max((_width(measure, label, font) for label in labels), default=0)
    top = 2 * TEXT
    row, column = scale * height + GAP, scale * width + GAP
    image = Image.new("RGB", (left + steps * column, top + len(labels) * row), PAPER)
    draw = ImageDraw.Draw(image)
    for k, value in enumerate(values(steps, reach)):
        place = (left + k * column + scale * width / 2, top / 2)
        draw.text(place, f"{value:+.3g}" if value else "0", INK, font, anchor="mm")
    for n, label in enumerate(labels):
        place = (TEXT, top + n * row + scale * height / 2)
        anchor = None if "\n" in label else "lm"
        if anchor is None:
            box = draw.multiline_textbbox((0, 0), label, font)
            place = (TEXT, place[1] - (box[1] + box[3]) / 2)
        draw.text(place, label, INK, font, anchor=anchor)
    pixels = np.array(image)
    large = pictures.repeat(scale, 2).repeat(scale, 3)
    for n, across in enumerate(large):
        for k, picture in enumerate(across):
            y, x = top + n * row, left + k * column
            pixels[y : y + len(picture), x : x + picture.shape[1]] = picture
    return pixels


def _width(measure: ImageDraw.ImageDraw, label: str, font: ImageFont.FreeTypeFont) -> int:
    left, _, right, _ = measure.multiline_textbbox((0, 0), label, font)
    return int(np.ceil(right - left))
