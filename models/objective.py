"""The objective: minus ELBO = reconstruction + beta * KL, in its two parts and their units.

It does not know the network or the data. Every quantity is a sum over one image, averaged over the
batch only, so that none of them changes with the batch size.
"""

from __future__ import annotations

import math

from torch import Tensor


def recon_loss(recon: Tensor, frames: Tensor) -> Tensor:
    """Squared error summed over an image's values, mean over the batch; scalar, SSE per image.

    Up to a constant this is -log p(x|z) of a Gaussian with variance 1/2. Both arguments are
    (n, 3, H, W) in 0..1.
    """
    return (recon - frames).square().sum() / len(frames)


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) || N(0, 1)) per latent, mean over the batch; (latent_dim,) nats.

    Kingma and Welling 2014 (arXiv 1312.6114), appendix B. Both arguments are (n, latent_dim).
    """
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean(0)


def rate(kl_per_latent: Tensor, free_bits: float = 0.0, kl_floor: float = 0.0) -> Tensor:
    """The KL summed over latents, no less than `kl_floor`; scalar, nats.

    Each latent counts as `free_bits` nats at least, and below that feels no pull towards the prior
    (Kingma et al. 2016, arXiv 1606.04934, eq. 15). The floor does the same to the sum, the
    kl_tolerance of World Models (Ha and Schmidhuber 2018, arXiv 1803.10122): with a large beta it
    is the rate that a run arrives at.
    """
    return kl_per_latent.clamp(min=free_bits).sum().clamp(min=kl_floor)


ROUNDING = 1 / 12 / 255**2
"""The variance of what is lost by rounding to 8 bits; no likelihood is sharper than the data."""


def calibrated_nll(recon_loss: Tensor, values: int) -> Tensor:
    """-log p(x|z) of a Gaussian with the variance that fits best, the mean squared error; nats.

    `recon_loss` is SSE per image, `values` how many values an image has. With the variance at its
    optimum this is values / 2 * log(2 pi e MSE): the sigma-VAE of Rybkin et al. 2021
    (arXiv 2006.13202), section 3.
    """
    variance = (recon_loss / values).clamp(min=ROUNDING)
    return 0.5 * values * (2 * math.pi * math.e * variance).log()


def negative_elbo(
    recon_loss: Tensor,
    kl_per_latent: Tensor,
    beta: float = 1.0,
    free_bits: float = 0.0,
    kl_floor: float = 0.0,
    capacity: float = 0.0,
    values: int | None = None,
) -> Tensor:
    """What training minimises: reconstruction + beta * rate; scalar.

    The reconstruction is `recon_loss`, or where `values` is given its calibrated_nll, which needs
    no beta: with 1 and nothing free that is the negative ELBO in nats. Without it beta = 1 is the
    negative ELBO of a Gaussian with variance 1/2; another beta is Higgins et al. 2017 (beta-VAE).
    beta weighs the rate's distance from a `capacity` in nats (Burgess et al. 2018, arXiv
    1804.03599, eq. 8), which is nothing but the rate where that is zero.
    """
    recon = recon_loss if values is None else calibrated_nll(recon_loss, values)
    cost = rate(kl_per_latent, free_bits, kl_floor)
    return recon + beta * (cost - capacity).abs()
