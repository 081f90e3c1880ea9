"""What a picture owes to its latents: effects, derivatives, the round trip, what sigma means.

It does not know how these are drawn, nor which moves are worth asking for.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import torch

from models.errors import InputError
from models.observation import Posterior
from models.vae import VAE

_FORWARD_MODE = threading.Lock()
"""Torch counts its levels of forward differentiation for all threads together; two at once fail."""

SMALLEST_SIGMA = 1e-6  # far from all data sigma underflows; z is then simply very far away


class RoundTrip(NamedTuple):
    """q(z | decode(z)), and how far z lies from it."""

    mu: np.ndarray  # (latent_dim,)
    sigma: np.ndarray  # (latent_dim,)
    distance: float  # root mean square over latents of (z - mu) / sigma; about 1 for a sample

    @property
    def kl(self) -> float:
        """KL(q(z | decode(z)) || N(0, I)), nats: what the picture costs."""
        return float(Posterior(self.mu, self.sigma).kl.sum())


def effects(vae: VAE, z: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Mean absolute change of the picture, 0..255, when z (d,) moves by each of `moves` (n, d).

    (n,) float32, from one batch of n + 1 pictures before they are rounded.
    """
    z = np.asarray(z, np.float32)
    recon = vae.recon(np.concatenate([z[None], z + np.asarray(moves, np.float32)]))
    return (recon[1:] - recon[0]).abs().mean((1, 2, 3)).mul(255).cpu().numpy()


def sensitivity(vae: VAE, z: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The derivative of the picture at z (d,) along `direction` (d,): (H, W) float32, signed.

    Mean over RGB, in 0..255 for each unit of `direction`; by forward-mode differentiation, which
    costs two decodes whatever the number of pixels.
    """
    point, along = (
        torch.tensor(np.asarray(part, np.float32), device=vae.device)[None]
        for part in (z, direction)
    )
    with _FORWARD_MODE:
        _, change = torch.func.jvp(vae.decoder, (point,), (along,))
    return change[0].detach().mean(0).mul(255).cpu().numpy()


def round_trip(vae: VAE, z: np.ndarray) -> RoundTrip:
    """Encode the picture of z (d,) as a person sees it, in uint8; InputError without an encoder."""
    if not vae.encodes:
        raise InputError("A model without an encoder has no round trip.")
    mu, sigma = vae.posterior(vae.image(z))
    sigma = np.maximum(sigma, SMALLEST_SIGMA)
    distance = np.sqrt(np.square((np.asarray(z, float) - mu) / sigma).mean())
    return RoundTrip(mu, sigma, float(distance))


def spread(vae: VAE, posterior: Posterior, count: int = 64, seed: int = 0) -> np.ndarray:
    """How much the pictures of `count` samples of q(z|x) differ in each pixel: (H, W) float32.

    Their standard deviation in 0..255: the root of the mean over RGB of the unbiased variance.
    """
    noise = np.random.default_rng(seed).standard_normal((count, len(posterior.mu)), np.float32)
    recon = vae.recon(posterior.mu + posterior.sigma * noise)
    return recon.var(0).mean(0).sqrt().mul(255).cpu().numpy()
