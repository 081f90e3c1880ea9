"""What a latent means: ridge regression from mu to what the environment knows, cross-validated.

It does not know the environment or the VAE, only arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

FOLDS = 5
PENALTIES = 10.0 ** np.arange(-3, 5)
"""Of standardised inputs; the one that predicts best is taken."""


class Probe(NamedTuple):
    """A linear reading of one quantity from mu: `mu @ weights + bias`."""

    name: str
    weights: np.ndarray  # (latent_dim,)
    bias: float
    r2: float  # cross-validated by episode; 1 is perfect, 0 no better than the mean
    r2_alone: np.ndarray  # (latent_dim,) of each latent by itself

    def read(self, mu: np.ndarray) -> np.ndarray:
        """The quantity as mu (..., latent_dim) has it."""
        return mu @ self.weights + self.bias


def fit(name: str, mu: np.ndarray, quantity: np.ndarray, episode: np.ndarray) -> Probe:
    """The probe of a quantity (n,) from means (n, latent_dim); whole episodes are left out in turn.

    Hoerl and Kennard 1970, with the penalty chosen by the cross-validation. Episodes, not frames,
    are left out: neighbouring frames are nearly the same. Raises ValueError for a single episode.
    """
    folds = _folds(episode)
    r2s = [_cross_validated(mu, quantity, folds, penalty) for penalty in PENALTIES]
    best = int(np.argmax(r2s))
    weights, bias = _ridge(mu, quantity, PENALTIES[best])
    alone = [_cross_validated(mu[:, [i]], quantity, folds, 0.0) for i in range(mu.shape[1])]
    return Probe(name, weights, bias, r2s[best], np.array(alone))


def _folds(episode: np.ndarray) -> np.ndarray:
    """The fold of each frame, such that an episode is in one and folds are of like size."""
    names, index, sizes = np.unique(episode, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise ValueError("a single episode leaves nothing to test a probe on")
    count = min(FOLDS, len(names))
    filled, fold_of = np.zeros(count), np.zeros(len(names), int)
    for which in np.argsort(-sizes, kind="stable"):
        fold_of[which] = np.argmin(filled)
        filled[fold_of[which]] += sizes[which]
    return fold_of[index]


def _cross_validated(
    mu: np.ndarray, quantity: np.ndarray, folds: np.ndarray, penalty: float
) -> float:
    """R^2 of predictions for episodes that the weights have not seen."""
    missed = 0.0
    for fold in np.unique(folds):
        out = folds == fold
        weights, bias = _ridge(mu[~out], quantity[~out], penalty)
        missed += float(np.square(quantity[out] - mu[out] @ weights - bias).sum())
    spread = float(np.square(quantity - quantity.mean()).sum())
    return 1 - missed / spread if spread > 0 else 0.0


def _ridge(mu: np.ndarray, quantity: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    mean, scale = mu.mean(0), mu.std(0)
    scale = np.where(scale > 1e-6, scale, np.inf)  # a constant input says nothing
    inputs = (mu - mean) / scale
    middle = quantity.mean()
    square = inputs.T @ inputs + (penalty + 1e-9 * len(mu)) * np.eye(mu.shape[1])
    weights = np.linalg.solve(square, inputs.T @ (quantity - middle)) / scale
    return weights, float(middle - mean @ weights)
