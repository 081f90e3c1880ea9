"""The network of Ha and Schmidhuber 2018 (World Models, arXiv 1803.10122, appendix A.1).

It does not know our own network, nor in which files its weights are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from models.vae import VAEConfig

SIZE = (64, 64)
"""Height and width of the only pictures that its convolutions bring to 2x2 and back."""

FEATURES = 1024  # of the smallest picture: 2x2x256 in the encoder, 1x1x1024 in the decoder


class Encoder(nn.Module):
    """Four convolutions without padding to the mean and log-variance of latent_dim Gaussians."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 4, stride=2)
        self.conv2 = nn.Conv2d(32, 64, 4, stride=2)
        self.conv3 = nn.Conv2d(64, 128, 4, stride=2)
        self.conv4 = nn.Conv2d(128, 256, 4, stride=2)
        self.fc_mu = nn.Linear(FEATURES, config.latent_dim)
        self.fc_logvar = nn.Linear(FEATURES, config.latent_dim)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, 64, 64) in 0..1 to mu and logvar, (n, latent_dim) each."""
        features = frames
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            features = F.relu(conv(features))
        features = features.flatten(1)
        return self.fc_mu(features), self.fc_logvar(features)


class Decoder(nn.Module):
    """Four transposed convolutions from latent_dim numbers to a picture."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        if (config.height, config.width) != SIZE:
            raise ValueError(
                f"a World Models network makes 64x64 pixels, not {config.height}x{config.width}"
            )
        self.fc1 = nn.Linear(config.latent_dim, FEATURES)
        self.deconv1 = nn.ConvTranspose2d(FEATURES, 128, 5, stride=2)
        self.deconv2 = nn.ConvTranspose2d(128, 64, 5, stride=2)
        self.deconv3 = nn.ConvTranspose2d(64, 32, 6, stride=2)
        self.deconv4 = nn.ConvTranspose2d(32, 3, 6, stride=2)

    def forward(self, z: Tensor) -> Tensor:
        """(n, latent_dim) to (n, 3, 64, 64) in 0..1."""
        features = self.first(z)[:, :, None, None]
        for deconv in (self.deconv1, self.deconv2, self.deconv3):
            features = F.relu(deconv(features))
        return self.deconv4(features).sigmoid()

    def first(self, z: Tensor) -> Tensor:
        """(n, latent_dim) to (n, FEATURES), linear as in the original code."""
        return self.fc1(z)


class RectifiedDecoder(Decoder):
    """The decoder as the family's PyTorch code has it: a ReLU behind the first layer."""

    def first(self, z: Tensor) -> Tensor:
        """(n, latent_dim) to (n, FEATURES), none below zero."""
        return F.relu(self.fc1(z))
