"""A direction in the latent space: from the mean of some points to the mean of others.

It does not know who chose the points, nor where directions are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from models.errors import InputError

MOST = 200  # that one model has: a slider each
NAME_LENGTH = 60  # characters
FARTHEST = 1e6  # what no latent reaches, and still can be computed with


class Direction(NamedTuple):
    """z = start + c vector: c is 0 at the first mean and 1 at the second."""

    name: str
    start: np.ndarray  # (latent_dim,) float64
    vector: np.ndarray  # (latent_dim,) float64, not 0

    def coordinate(self, z: np.ndarray) -> float:
        """How far z (latent_dim,) is along the vector: vector . (z - start) / |vector|^2."""
        return float(self.vector @ (np.asarray(z, float) - self.start) / (self.vector**2).sum())

    def moved(self, z: np.ndarray, coordinate: float) -> np.ndarray:
        """z with that coordinate, (latent_dim,) float32; it moves along the vector only."""
        change = coordinate - self.coordinate(z)
        return (np.asarray(z, float) + change * self.vector).astype(np.float32)

    def ends(self) -> np.ndarray:
        """The two means, (2, latent_dim) float32."""
        return np.stack([self.start, self.start + self.vector]).astype(np.float32)

    def renamed(self, name: str) -> Direction:
        """The same direction by another name."""
        return self._replace(name=clean(name))

    def is_same(self, other: Direction) -> bool:
        """Whether it is the same way, by whatever name."""
        return np.array_equal(self.start, other.start) and np.array_equal(self.vector, other.vector)

    def told(self) -> dict[str, Any]:
        """As plain numbers for JSON; `read` takes them."""
        return {"name": self.name, "start": self.start.tolist(), "vector": self.vector.tolist()}


def between(name: str, first: np.ndarray, second: np.ndarray) -> Direction:
    """The direction from the mean of some z (n, latent_dim) to that of others (m, latent_dim).

    Raises InputError where a mean is not there, or both are the same.
    """
    if not len(first) or not len(second):
        raise InputError("A direction leads from one group of points to another: one is empty.")
    start, end = (np.asarray(group, float).mean(0) for group in (first, second))
    if not _is_long(end - start):
        raise InputError("Both groups have the same mean: no direction leads from one to another.")
    return Direction(clean(name), start, end - start)


def clean(name: str) -> str:
    """A name in one line of what can be printed, at most NAME_LENGTH characters."""
    printed = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printed.split())[:NAME_LENGTH].rstrip()


def united(first: tuple[Direction, ...], second: tuple[Direction, ...]) -> tuple[Direction, ...]:
    """The first ones, and behind them those of the second that are not among them."""
    return first + tuple(one for one in second if not contains(first, one))


def contains(directions: tuple[Direction, ...], one: Direction) -> bool:
    """Whether a direction is among some, by whatever name."""
    return any(one.is_same(other) for other in directions)


def read(told: Any, latent_dim: int) -> tuple[Direction, ...]:
    """Directions of so many latents from what a file holds.

    Raises InputError with one sentence, without the file's name, where they are none.
    """
    if not isinstance(told, list) or len(told) > MOST:
        raise InputError(f"its directions are not a list of at most {MOST}.")
    return tuple(_read(one, latent_dim) for one in told)


def _read(told: Any, latent_dim: int) -> Direction:
    name = told.get("name") if isinstance(told, Mapping) else None
    if not isinstance(name, str) or len(name) > NAME_LENGTH or clean(name) != name:
        raise InputError(f"one of its directions has no name of 1 to {NAME_LENGTH} letters.")
    try:
        start, vector = (np.array(told[part], float) for part in ("start", "vector"))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError("one of its directions is not made of numbers.") from error
    if start.shape != (latent_dim,) or vector.shape != (latent_dim,):
        raise InputError(f"one of its directions is not of the {latent_dim} latents it has.")
    if not (np.abs([start, vector]) <= FARTHEST).all():  # which no NaN is
        raise InputError("one of its directions holds numbers that no latent reaches.")
    if not name or not _is_long(vector):
        raise InputError("one of its directions has no name, or leads nowhere.")
    return Direction(name, start, vector)


def _is_long(vector: np.ndarray) -> bool:
    """Whether a vector can be divided by its length."""
    return float((vector**2).sum()) > 1e-12
