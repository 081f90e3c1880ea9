"""Samples of z: from the prior, from the aggregate posterior, from the posterior of one frame.

It does not know what they decode to. All are (latent_dim,) float32.
"""

from __future__ import annotations

import numpy as np

from models.aggregate import Aggregate
from models.observation import Posterior


def sample_prior(rng: np.random.Generator, latent_dim: int, temperature: float = 1.0) -> np.ndarray:
    """A sample of N(0, temperature^2 I): 1 is the prior itself, 0 its mean."""
    return (temperature * rng.standard_normal(latent_dim)).astype(np.float32)


def sample_aggregate(rng: np.random.Generator, aggregate: Aggregate) -> np.ndarray:
    """A sample of the Gaussian with mean and full covariance of q(z)."""
    # By eigenvectors, since a covariance of few frames has no Cholesky factor.
    variances, vectors = np.linalg.eigh(aggregate.covariance)
    lengths = np.sqrt(variances.clip(min=0.0)) * rng.standard_normal(len(variances))
    return (aggregate.mean + vectors @ lengths).astype(np.float32)


def sample_posterior(rng: np.random.Generator, posterior: Posterior) -> np.ndarray:
    """A sample of q(z|x): mu + sigma n with n ~ N(0, I)."""
    noise = rng.standard_normal(posterior.mu.shape)
    return (posterior.mu + posterior.sigma * noise).astype(np.float32)
