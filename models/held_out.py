"""The test on held-out frames: the objective's parts and the aggregate posterior, again and again.

It does not know how training goes on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models import objective
from models.team import Team
from models.vae import VAE


class HeldOut(NamedTuple):
    """What held-out frames showed, by the averaged weights."""

    recon_loss: float  # SSE per image
    kl: np.ndarray  # (latent_dim,) nats per image
    mean: np.ndarray  # (latent_dim,) of these frames' aggregate posterior; the prior's is 0
    variance: np.ndarray  # (latent_dim,) of it; the prior's is 1


class HeldOutTest:
    """Measures the same frames (n, H, W, 3) uint8 with the same noise, whenever it is called."""

    def __init__(self, frames: np.ndarray, vae: VAE):
        rng = torch.Generator().manual_seed(0)
        self._noise = torch.randn(len(frames), vae.config.latent_dim, generator=rng).to(vae.device)
        self._frames = frames

    def __call__(self, vae: VAE, team: Team) -> HeldOut:
        @torch.inference_mode()
        def measure(frames: Tensor, noise: Tensor) -> tuple[Tensor, ...]:
            recon, mu, logvar = vae(frames, noise)
            squares = objective.recon_loss(recon, frames) * len(frames)
            moments = mu.sum(0), (mu.square() + logvar.exp()).sum(0)
            return squares, objective.kl(mu, logvar) * len(frames), *moments

        frames = vae.tensor(self._frames)
        parts = team.map(measure, frames.chunk(team.size), self._noise.chunk(team.size))
        loss, *means = (sum(values) / len(frames) for values in zip(*parts, strict=True))
        kl, mean, square = (part.cpu().numpy() for part in means)
        return HeldOut(float(loss), kl, mean, square - mean * mean)


def held_out_loss(tested: HeldOut, values: int) -> float:
    """The negative ELBO of a calibrated Gaussian, nats per image: what the best weights go by.

    `values` is how many values an image has. It is the same measure whatever beta, floors and
    likelihood a run is trained with, so that a turn of a knob makes no old weights the best.
    """
    recon_loss = torch.tensor(tested.recon_loss, dtype=torch.double)
    return float(objective.negative_elbo(recon_loss, torch.from_numpy(tested.kl), values=values))
