"""The gradients of a batch against those of one plain backward pass over the whole of it."""

from __future__ import annotations

import pytest
import torch

from models import objective
from models.gradients import into_gradients
from models.team import Team
from models.vae import reparameterize


def plain(vae, frames, noise, loss):
    mu, logvar = vae.encoder(frames)
    recon = vae.decoder(reparameterize(mu, logvar, noise))
    recon_loss, kl = objective.recon_loss(recon, frames), objective.kl(mu, logvar)
    vae.zero_grad()
    loss(recon_loss, kl).backward()
    return recon_loss.detach(), kl.detach(), [weight.grad.clone() for weight in vae.parameters()]


@pytest.mark.parametrize("size", [1, 2, 3])  # of seven frames 3 makes parts of 3, 3 and 1
@pytest.mark.parametrize("floor", ["none", "of latents", "of the image"])
def test_they_are_those_of_one_backward_pass(vae, pictures, size, floor):
    frames = vae.tensor(pictures[::29][:7])
    noise = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        vae.encoder.head.weight.mul_(20)  # so that there is a KL to speak of
        kl = objective.kl(*vae.encoder(frames))
    floors = {
        "none": {},
        "of latents": {"free_bits": kl.median().item() * 1.01},  # two are above it, two below
        "of the image": {"kl_floor": kl.sum().item() * 1.01},
    }

    def loss(recon_loss, kl):
        return objective.negative_elbo(recon_loss, kl, beta=3.0, **floors[floor])

    expected_recon_loss, expected_kl, expected = plain(vae, frames, noise, loss)
    with Team() as team:
        team.resize(size)
        recon_loss, kl = into_gradients(vae, frames, noise, loss, team)
    torch.testing.assert_close(recon_loss, expected_recon_loss)
    torch.testing.assert_close(kl, expected_kl)
    for weight, gradient in zip(vae.parameters(), expected, strict=True):
        assert weight.grad.stride() == weight.stride()
        torch.testing.assert_close(
            weight.grad, gradient, rtol=1e-3, atol=1e-4 * gradient.abs().max()
        )
