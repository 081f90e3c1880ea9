"""One batch through the VAE and back, shared out over a team of threads.

It does not know what the objective is, nor what is done with the gradients.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models import objective
from models.ranks import ALONE, Ranks
from models.team import Team
from models.vae import VAE, reparameterize


def into_gradients(
    vae: VAE,
    frames: Tensor,
    noise: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    team: Team,
    bfloat16: bool = False,
    ranks: Ranks = ALONE,
    whole: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Set each weight's gradient of `loss(recon_loss, kl)`; gives both of the batch, detached.

    `frames` is (n, 3, H, W), `noise` (n, latent_dim). The loss is no mean over frames, since its
    floors are of the batch's KL. So the team's parts go forward, the batch is put together from
    them, and the loss's slopes there go back through each part. Of a batch of `whole` frames that
    several `ranks` share, these are one's part; DistributedDataParallel would take the mean of
    their gradients, each of its own part's floors.
    """
    weights = list(vae.parameters())
    whole = whole or len(frames)
    shares = [len(part) / whole for part in frames.chunk(team.size)]

    def forward(frames: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        kind = frames.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=bfloat16):
            features = vae.encoder(frames)
        mu, logvar = (part.float() for part in features)
        with torch.autocast(kind, torch.bfloat16, enabled=bfloat16):
            recon = vae.decoder(reparameterize(mu, logvar, noise))
        return objective.recon_loss(recon.float(), frames), objective.kl(mu, logvar)

    parts = team.map(forward, frames.chunk(team.size), noise.chunk(team.size))
    recon_loss, kl = (
        sum(share * value.detach() for share, value in zip(shares, values, strict=True))
        for values in zip(*parts, strict=True)
    )
    ranks.sum((recon_loss, kl))
    batch = recon_loss.requires_grad_(), kl.requires_grad_()
    slopes = torch.autograd.grad(loss(*batch), batch)

    def backward(part: tuple[Tensor, Tensor], share: float) -> tuple[Tensor, ...]:
        return torch.autograd.grad(part, weights, [share * slope for slope in slopes])

    gradients, *others = team.map(backward, parts, shares)
    for other in others:
        torch._foreach_add_(gradients, other)
    ranks.sum(gradients)
    for weight, gradient in zip(weights, gradients, strict=True):
        # In the weight's own memory order: the fused Adam pairs them by address.
        in_order = gradient.stride() == weight.stride()
        weight.grad = gradient if in_order else torch.empty_like(weight).copy_(gradient)
    return recon_loss.detach(), kl.detach()
