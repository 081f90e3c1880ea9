"""Paths of z through keyframes, straight or on the sphere; it does not know what they decode to."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from models.errors import InputError

Interpolation = Literal["linear", "spherical"]
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)
SMALLEST_SINE = 1e-6  # of an angle that a circle can be laid through


def interpolate(
    keyframes: np.ndarray, steps_between: int, how: Interpolation = "linear", loop: bool = False
) -> np.ndarray:
    """z from keyframe to keyframe (k, d) in `steps_between` steps each: (n, d) float32.

    n is (k - 1) * steps_between + 1; a loop goes on from the last to the first, ends before it
    comes there, and has k * steps_between. The keyframes themselves are hit exactly.

    Spherical is slerp (Shoemake 1985) of the directions, with lengths in proportion to time: the
    middle of two samples of N(0, I) then is as long as a sample is. Latents that all keyframes
    share stay as they are and have no part in it. Where directions are parallel or opposite, or a
    length is 0, it is linear. Raises InputError for less than two keyframes.
    """
    keyframes = np.asarray(keyframes, np.float32)
    if len(keyframes) < 2:
        raise InputError(f"A path needs two keyframes at least, not {len(keyframes)}.")
    ends = np.concatenate([keyframes, keyframes[:1]]) if loop else keyframes
    t = np.arange(steps_between)[:, None] / steps_between
    moving = (keyframes != keyframes[0]).any(0)
    path = np.repeat(ends[:-1], steps_between, axis=0)
    path[:, moving] = np.concatenate(
        [_between(a, b, t, how) for a, b in pairwise(ends[:, moving].astype(float))]
    )
    path[::steps_between] = ends[:-1]  # to the last digit
    return path if loop else np.concatenate([path, ends[-1:]])


def _between(a: np.ndarray, b: np.ndarray, t: np.ndarray, how: Interpolation) -> np.ndarray:
    """From a (d,) at t = 0 to b (d,) at t = 1; t is (n, 1)."""
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if how == "spherical" and min(lengths) > 0:
        a_unit, b_unit = a / lengths[0], b / lengths[1]
        angle = np.arccos(np.clip(a_unit @ b_unit, -1, 1))
        if np.sin(angle) > SMALLEST_SINE:
            unit = np.sin((1 - t) * angle) * a_unit + np.sin(t * angle) * b_unit
            return ((1 - t) * lengths[0] + t * lengths[1]) * unit / np.sin(angle)
    return (1 - t) * a + t * b
