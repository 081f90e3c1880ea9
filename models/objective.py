"""The objective: minus ELBO = reconstruction + beta * KL, in its two parts and their units.

It does not know the network or the data. Every quantity is a sum over one image, averaged over the
batch only, so that none of them changes with the batch size.
"""

from __future__ import annotations

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


def negative_elbo(
    recon_loss: Tensor,
    kl_per_latent: Tensor,
    beta: float = 1.0,
    free_bits: float = 0.0,
    kl_floor: float = 0.0,
) -> Tensor:
    """What training minimises: recon_loss + beta * rate; scalar.

    beta = 1 with nothing free is the negative ELBO of the Gaussian likelihood above; another beta
    is Higgins et al. 2017 (beta-VAE).
    """
    return recon_loss + beta * rate(kl_per_latent, free_bits, kl_floor)
