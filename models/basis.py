"""Coordinates of z: the latents themselves, or the principal axes of the aggregate posterior.

It does not know what moves the coordinates, nor what z decodes to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.aggregate import Aggregate

SMALLEST = 1e-6  # an axis narrower than this gets a unit of 1: no division by zero


class Basis(NamedTuple):
    """d directions at right angles: z = origin + sum over i of c_i scale_i direction_i."""

    origin: np.ndarray  # (d,)
    directions: np.ndarray  # (d, d), a unit vector each row
    scales: np.ndarray  # (d,) how far z goes for one unit of each coordinate
    explained: np.ndarray | None  # (d,) share of the variance of the means along each direction

    def coordinates(self, z: np.ndarray) -> np.ndarray:
        """c_i = direction_i . (z - origin) / scale_i; (..., d) to (..., d) float64."""
        return (np.asarray(z, float) - self.origin) @ self.directions.T / self.scales

    def z(self, coordinates: np.ndarray) -> np.ndarray:
        """The z of these coordinates, (..., d) float32.

        Coordinates that stay float64 lead back to the very z they came from, but for a last digit.
        """
        scaled = np.asarray(coordinates, float) * self.scales
        return (self.origin + scaled @ self.directions).astype(np.float32)

    def moves(self, covariance: np.ndarray) -> np.ndarray:
        """One standard deviation of a distribution along each direction: (d, d) float32, z units.

        Row i is sqrt(direction_i^T covariance direction_i) direction_i.
        """
        std = _std(self.directions, covariance)
        return (self.directions * std[:, None]).astype(np.float32)


def latents(latent_dim: int) -> Basis:
    """The latents themselves: coordinates are z."""
    identity = np.eye(latent_dim)
    return Basis(np.zeros(latent_dim), identity, np.ones(latent_dim), None)


def principal(aggregate: Aggregate) -> Basis:
    """The principal axes of the posterior means, through the mean of q(z).

    Coordinates are in standard deviations of q(z) along an axis, sqrt(axis^T covariance axis),
    not in those of the means: along a collapsed axis the means stand still, and a division by
    next to nothing would throw z far out.
    """
    # A file's axes may be a thousandth off; this is the nearest set at right angles.
    left, _, right = np.linalg.svd(aggregate.axes)
    directions = left @ right
    std = _std(directions, aggregate.covariance)
    total = aggregate.variances.sum()
    explained = aggregate.variances / (total if total > 0 else 1.0)
    return Basis(aggregate.mean, directions, np.where(std > SMALLEST, std, 1.0), explained)


def _std(directions: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    variances = np.einsum("ij,jk,ik->i", directions, covariance, directions)
    return np.sqrt(variances.clip(min=0.0))
