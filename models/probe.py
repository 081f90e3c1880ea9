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
    r2: float  # cross-validated by group; 1 is perfect, 0 no better than the mean
    r2_alone: np.ndarray  # (latent_dim,) of each latent by itself

    def read(self, mu: np.ndarray) -> np.ndarray:
        """The quantity as mu (..., latent_dim) has it."""
        return mu @ self.weights + self.bias


def fit(name: str, mu: np.ndarray, quantity: np.ndarray, group: np.ndarray) -> Probe:
    """The probe of a quantity (n,) from means (n, latent_dim); whole groups are left out in turn.

    Hoerl and Kennard 1970, with the penalty chosen by the cross-validation. Groups (n,),
    episodes or tracks, are left out, not frames: neighbouring ones are nearly the same. Raises
    ValueError for a single group.
    """
    folds = _folds(group)
    columns = np.column_stack([mu, quantity]).astype(float)
    middle, scale = columns.mean(0), columns.std(0)
    scale[scale <= 1e-9 * (1 + np.abs(middle))] = np.inf  # what is constant says nothing
    rows = np.column_stack([np.ones(len(columns)), (columns - middle) / scale])
    # All that a ridge needs of the frames are these sums, so that many are solved at once.
    tested = np.stack([_products(rows[folds == fold]) for fold in np.unique(folds)])
    learned = tested.sum(0) - tested
    r2s = [_r2(tested, _ridge(learned, penalty)) for penalty in PENALTIES]
    best = int(np.argmax(r2s))
    solved = _ridge(tested.sum(0), PENALTIES[best])
    unit = scale[-1] if np.isfinite(scale[-1]) else 0.0
    weights = -solved[1:-1] * unit / scale[:-1]
    bias = middle[-1] - solved[0] * unit - middle[:-1] @ weights
    last = rows.shape[1] - 1
    one = np.array([(0, 1 + i, last) for i in range(mu.shape[1])])  # columns for a latent by itself
    pick = slice(None), one[:, :, np.newaxis], one[:, np.newaxis, :]
    alone = _r2(tested[pick], _ridge(learned[pick], 0.0))
    return Probe(name, weights, float(bias), float(r2s[best]), alone)


def _folds(group: np.ndarray) -> np.ndarray:
    """The fold of each frame, such that a group is in one and folds are of like size."""
    names, index, sizes = np.unique(group, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise ValueError("a single group leaves nothing to test a probe on")
    count = min(FOLDS, len(names))
    filled, fold_of = np.zeros(count), np.zeros(len(names), int)
    for which in np.argsort(-sizes, kind="stable"):
        fold_of[which] = np.argmin(filled)
        filled[fold_of[which]] += sizes[which]
    return fold_of[index]


def _products(rows: np.ndarray) -> np.ndarray:
    """Sums over frames of the products of their columns: 1, the inputs, the quantity."""
    return rows.T @ rows


def _ridge(products: np.ndarray, penalty: float) -> np.ndarray:
    """A row (..., d + 2) for each of `products` (..., d + 2, d + 2), whose product with a frame's
    columns is what the ridge misses there."""
    count = products[..., :1, 0]
    mean = products[..., 0, 1:] / count
    both = products[..., 1:, 1:] / count[..., np.newaxis]
    both = both - mean[..., :, np.newaxis] * mean[..., np.newaxis, :]
    covariance, cross = both[..., :-1, :-1], both[..., :-1, -1]
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    scale = np.where(variance > 1e-12, np.sqrt(variance.clip(min=0.0)), np.inf)
    square = covariance / (scale[..., :, np.newaxis] * scale[..., np.newaxis, :])
    ridge = (penalty / count + 1e-9)[..., np.newaxis] * np.eye(scale.shape[-1])
    weights = np.linalg.solve(square + ridge, (cross / scale)[..., np.newaxis])[..., 0] / scale
    bias = mean[..., -1] - (mean[..., :-1] * weights).sum(-1)
    return np.concatenate([-bias[..., np.newaxis], -weights, np.ones_like(count)], axis=-1)


def _r2(tested: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """R^2 over folds (first axis) of frames that the ridges, rows of `_ridge`, have not seen."""
    spread = tested[..., -1, -1].sum(0)
    missed = np.einsum("...i,...ij,...j->...", missing, tested, missing).sum(0)
    return np.where(spread > 0, 1 - missed / np.where(spread > 0, spread, 1.0), 0.0)
