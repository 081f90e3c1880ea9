"""The aggregate posterior q(z), the mean of q(z|x) over frames: its moments, axes and quantiles.

It does not know frames or networks, only the posteriors that are added.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEVELS = (
    0.0005,
    0.005,
    0.02,
    0.05,
    *np.arange(0.1, 0.95, 0.05).round(2),
    0.95,
    0.98,
    0.995,
    0.9995,
)
KEPT_NUMBERS = 6_400_000  # of samples behind the quantiles: 200,000 of 32 latents, 26 MB


class Aggregate(NamedTuple):
    """The aggregate posterior of latent_dim latents.

    `covariance` is of q(z): that of the means over frames, plus the mean of sigma^2 on its
    diagonal. The principal axes are those of the means alone: in q(z) a collapsed latent has
    variance 1 and would come before latents that carry the picture.
    """

    mean: np.ndarray  # (latent_dim,)
    covariance: np.ndarray  # (latent_dim, latent_dim)
    axes: np.ndarray  # (latent_dim, latent_dim), a unit vector each row, by falling variance
    variances: np.ndarray  # (latent_dim,) of the posterior means along each axis
    levels: np.ndarray  # (Q,) in 0..1
    quantiles: np.ndarray  # (latent_dim, Q)

    @property
    def std(self) -> np.ndarray:
        """Standard deviation per latent, (latent_dim,)."""
        return np.sqrt(np.diagonal(self.covariance))


class AggregateSums:
    """Adds up the posteriors of a known number of frames, in memory that does not grow with it."""

    def __init__(self, frames: int, latent_dim: int):
        self._count = 0
        self._mu = np.zeros(latent_dim)
        self._mu_mu = np.zeros((latent_dim, latent_dim))
        self._variance = np.zeros(latent_dim)
        self._samples = Thinned(frames, KEPT_NUMBERS // latent_dim)

    def add(self, mu: np.ndarray, sigma: np.ndarray, z: np.ndarray) -> None:
        """Add the posteriors of n frames and one sample of each; all (n, latent_dim)."""
        mu = mu.astype(float)
        self._count += len(mu)
        self._mu += mu.sum(0)
        self._mu_mu += mu.T @ mu
        self._variance += np.square(sigma, dtype=float).sum(0)
        self._samples.add(z)

    def aggregate(self) -> Aggregate:
        """What was added, with its quantiles estimated from samples."""
        mean = self._mu / self._count
        of_means = self._mu_mu / self._count - np.outer(mean, mean)
        covariance = of_means + np.diag(self._variance / self._count)
        levels = np.array(LEVELS)
        quantiles = np.quantile(self._samples.rows(), levels, axis=0).T
        return Aggregate(mean, covariance, *principal_axes(of_means), levels, quantiles)


class Thinned:
    """Every n-th of a known number of rows that come in parts, `most` at most."""

    def __init__(self, count: int, most: int):
        self._every = -(-count // max(most, 1))
        self._seen = 0
        self._kept: list[np.ndarray] = []

    def add(self, rows: np.ndarray) -> None:
        """Take note of the next rows, (n, ...)."""
        self._kept.append(rows[-self._seen % self._every :: self._every].copy())
        self._seen += len(rows)

    def rows(self) -> np.ndarray:
        """The kept ones, in order."""
        return np.concatenate(self._kept)


def principal_axes(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors (d, d), one a row, and eigenvalues (d,) of a covariance, largest first.

    Each vector's largest component is positive, so that the signs are the same everywhere.
    """
    variances, vectors = np.linalg.eigh(covariance)
    axes = vectors.T[::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1, keepdims=True), 1)
    return axes * np.sign(largest), variances[::-1].clip(min=0.0)
