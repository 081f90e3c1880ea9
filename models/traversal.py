"""Traversals: pictures along several moves of z, and the sheet that shows them with their names.

It does not know where the figures come from that say which moves matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models import basis
from models.aggregate import Aggregate
from models.errors import InputError
from models.observation import ACTIVE_NATS
from models.vae import VAE

BATCH = 32  # pictures decoded at once; more are not faster
STEPS = 9
REACH = 3.0
GAP = 2  # between pictures of a sheet, in its pixels
TEXT = 13  # pixels high
INK, PAPER = (28, 37, 48), (255, 255, 255)


class Rows(NamedTuple):
    """The moves of a traversal and what each is called."""

    labels: list[str]
    moves: np.ndarray  # (n, latent_dim) float32, one standard deviation of the data each
    indices: list[int]  # of the coordinates that move


def latent_rows(
    kl_per_latent: np.ndarray, aggregate: Aggregate, which: Sequence[int] | None = None
) -> Rows:
    """These latents, or the active ones by falling KL; raises InputError for one that is not."""
    kl = np.asarray(kl_per_latent)
    if which is None:
        order = np.argsort(-kl, kind="stable")
        which = order[kl[order] > ACTIVE_NATS].tolist()
    _check_indices(which, len(kl), "latent")
    moves = basis.latents(len(kl)).moves(aggregate.covariance)[list(which)]
    return Rows([f"z{index:02d}\n{kl[index]:.2f} nats" for index in which], moves, list(which))


def principal_rows(
    kl_per_latent: np.ndarray, aggregate: Aggregate, which: Sequence[int] | None = None
) -> Rows:
    """These principal directions, or as many of the first as latents are active."""
    axes = basis.principal(aggregate)
    if which is None:
        which = range(int((np.asarray(kl_per_latent) > ACTIVE_NATS).sum()))
    _check_indices(which, len(axes.scales), "principal direction")
    moves = axes.moves(aggregate.covariance)[list(which)]
    labels = [f"p{index:02d}\n{axes.explained[index]:.1%}" for index in which]
    return Rows(labels, moves, list(which))


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
        draw.text((TEXT, top + n * row + scale * height / 2), label, INK, font, anchor="lm")
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


def _check_indices(which: Sequence[int], count: int, noun: str) -> None:
    if strange := [index for index in which if not 0 <= index < count]:
        raise InputError(f"There is no {noun} {strange[0]}: they are 0 to {count - 1}.")
