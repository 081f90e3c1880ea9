"""What the rows are coordinates of: the latents themselves, or principal axes.

It does not know the rows, nor where the axes come from.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from explorer.latents.slider import Z_LIMIT

LEVELS = np.linspace(0.001, 0.999, 41)
NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])


class Coordinates:
    """Between z and what the rows show; `axes` is a models.basis.Basis, or None for z itself."""

    def __init__(self) -> None:
        self.axes: Any = None

    def of(self, z: np.ndarray) -> np.ndarray:
        """The coordinates of z, (latent_dim,)."""
        return z if self.axes is None else self.axes.coordinates(z)

    def of_sigma(self, sigma: np.ndarray) -> np.ndarray:
        """The standard deviations along the rows of independent Gaussians, (latent_dim,) each."""
        if self.axes is None:
            return sigma
        return np.sqrt((self.axes.directions**2) @ sigma.astype(float) ** 2) / self.axes.scales

    def moved(self, z: np.ndarray, index: int, coordinate: float) -> np.ndarray:
        """z with one coordinate set: only that direction moves, so that nothing else is rounded."""
        if self.axes is None:
            moved = z.copy()
            moved[index] = coordinate
            return moved
        far = (coordinate - self.of(z)[index]) * self.axes.scales[index]
        moved = z + far * self.axes.directions[index]
        return moved.clip(-Z_LIMIT, Z_LIMIT).astype(np.float32)

    def names(self, latent_dim: int) -> list[str]:
        """Of the rows, by index."""
        letter = "z" if self.axes is None else "p"
        return [f"{letter}{index:02d}" for index in range(latent_dim)]

    def moves(self, std: np.ndarray) -> np.ndarray:
        """One standard deviation of the data along each row, (latent_dim, latent_dim) in z.

        `std` (latent_dim,) is that of each latent.
        """
        if self.axes is None:
            return np.diag(std).astype(np.float32)
        return (self.axes.directions * self.axes.scales[:, None]).astype(np.float32)


def normal_statistics(count: int) -> tuple[np.ndarray, ...]:
    """Mean, standard deviation, quantiles and levels of `count` standard normal coordinates."""
    return np.zeros(count), np.ones(count), np.tile(NORMAL, (count, 1)), LEVELS
