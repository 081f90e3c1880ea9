"""The VAE: frames to 32 Gaussians and 32 numbers to a picture; and its border with numpy.

It does not know how it is trained, stored or shown.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from models import world_models
from models.frame import FRAME_SHAPE, RECIPE, from_image
from models.observation import Posterior


@dataclass(frozen=True)
class VAEConfig:
    """What the network's shape follows from; it travels in the checkpoint."""

    latent_dim: int = 32
    height: int = FRAME_SHAPE[0]
    width: int = FRAME_SHAPE[1]
    channels: tuple[int, ...] = (32, 64, 128, 256)  # one halving of the picture each
    recipe: str = RECIPE  # how the frames it is meant for are made
    network: str = "convolutional"  # one of NETWORKS


class Residual(nn.Module):
    """Two convolutions whose result is added to what they see (He et al. 2016, pre-activation)."""

    def __init__(self, channels: int, inside: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.SiLU(),
            nn.Conv2d(channels, inside, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(inside, channels, 3, padding=1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) to the same shape."""
        return features + self.layers(features)


class Encoder(nn.Module):
    """Strided convolutions to the mean and log-variance of latent_dim Gaussians."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        sizes = _sizes(config)
        last = config.channels[-1]
        layers: list[nn.Module] = []
        for size, (inside, outside) in zip(sizes, _pairs((3, *config.channels)), strict=False):
            layers += [nn.Conv2d(inside, outside, _kernel(size), 2, 1), nn.SiLU()]
        # Half as wide inside: one picture on one core has 2 ms.
        layers.insert(-1, Residual(last, last // 2))
        self.conv = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(last * sizes[-1][0] * sizes[-1][1], 2 * config.latent_dim)
        _initialise(self, quiet=(self.head,))

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, H, W) in 0..1 to mu and logvar, (n, latent_dim) each."""
        mu, logvar = self.head(self.conv(frames)).chunk(2, dim=1)
        return mu, logvar


class Decoder(nn.Module):
    """Transposed convolutions from latent_dim numbers back to a picture."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        *sizes, (height, width) = _sizes(config)
        last = config.channels[-1]
        layers: list[nn.Module] = [
            nn.Linear(config.latent_dim, last * height * width),
            nn.Unflatten(1, (last, height, width)),
        ]
        # The last layer at full size is a plain convolution: its channels see their neighbours,
        # which a stride of two from the picture itself would leave to chance.
        widths = (*reversed(config.channels), config.channels[0] // 2)
        for size, (inside, outside) in zip(reversed(sizes), _pairs(widths), strict=True):
            layers += [nn.SiLU(), _double(inside, outside, size)]
        layers.insert(4, Residual(widths[1], widths[1]))  # behind the first doubling
        # ReLU where most of the pixels are: SiLU there costs a tenth of a training step.
        picture = nn.Conv2d(widths[-1], 3, 3, padding=1)
        self.layers = nn.Sequential(*layers, nn.ReLU(), picture, nn.Sigmoid())
        _initialise(self, quiet=(picture,))

    def forward(self, z: Tensor) -> Tensor:
        """(n, latent_dim) to (n, 3, H, W) in 0..1."""
        return self.layers(z)


LOGVARS = (-80.0, 80.0)
"""Of a posterior: frames unlike all that was learned may ask for more than float32 can hold."""

NETWORKS = {
    "convolutional": (Encoder, Decoder),
    "world-models": (world_models.Encoder, world_models.Decoder),
    "world-models-rectified": (world_models.Encoder, world_models.RectifiedDecoder),
    "world-models-decoder": (None, world_models.Decoder),
}
"""Encoder and decoder by the name in the config; without an encoder a VAE only decodes."""


def reparameterize(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """A sample of N(mu, exp(logvar)): z = mu + sigma * noise, noise ~ N(0, I); all (n, latent_dim).

    Written so, the sample is differentiable in mu and logvar (Kingma and Welling 2014, eq. 4).
    """
    return mu + torch.exp(0.5 * logvar) * noise


class VAE(nn.Module):
    """A variational autoencoder of pictures with a diagonal Gaussian posterior."""

    def __init__(self, config: VAEConfig = VAEConfig()):
        super().__init__()
        self.config = config
        encoder, decoder = NETWORKS[config.network]
        self.encoder = encoder and encoder(config)
        self.decoder = decoder(config)
        self.to(memory_format=torch.channels_last)  # faster on CPU and GPU, same numbers

    def forward(self, frames: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 3, H, W) and noise (n, latent_dim) to recon, mu, logvar."""
        mu, logvar = self.encoder(frames)
        return self.decoder(reparameterize(mu, logvar, noise)), mu, logvar

    @property
    def encodes(self) -> bool:
        """Whether it has an encoder; without one it has no posterior either."""
        return self.encoder is not None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns, RGB of its frames and pictures."""
        return self.config.height, self.config.width, 3

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def frozen(self) -> VAE:
        """A copy that nobody writes into, free to be used by any thread."""
        return copy.deepcopy(self).eval().requires_grad_(False)

    # The border with numpy: the only place where frames become tensors and back.

    def see(self, frames: np.ndarray) -> np.ndarray:
        """Frames (..., H, W, 3) uint8 of any size as this VAE sees them: (..., *shape) uint8."""
        return from_image(frames, self.shape)

    def tensor(self, frames: np.ndarray) -> Tensor:
        """(n, H, W, 3) uint8 to (n, 3, *shape[:2]) in 0..1 on the VAE's device."""
        pixels = torch.from_numpy(self.see(frames)).to(self.device)
        return pixels.permute(0, 3, 1, 2).float().div_(255)

    @torch.inference_mode()
    def posterior(self, frames: np.ndarray) -> Posterior:
        """q(z|x) of frames (..., H, W, 3) uint8: mu and sigma (..., latent_dim) float32."""
        batch = frames.shape[:-3]
        mu, logvar = self.encoder(self.tensor(frames.reshape(-1, *frames.shape[-3:])))
        sigma = torch.exp(0.5 * logvar.clamp(*LOGVARS))
        return Posterior(*(part.cpu().numpy().reshape(*batch, -1) for part in (mu, sigma)))

    @torch.inference_mode()
    def recon(self, z: np.ndarray) -> Tensor:
        """z (n, latent_dim) decoded to (n, 3, H, W) in 0..1, on the VAE's device."""
        return self.decoder(torch.from_numpy(np.asarray(z, np.float32)).to(self.device))

    @torch.inference_mode()
    def image(self, z: np.ndarray) -> np.ndarray:
        """z (..., latent_dim) decoded to pictures (..., H, W, 3) uint8 RGB."""
        recon = self.recon(np.asarray(z).reshape(-1, np.shape(z)[-1]))
        pixels = recon.mul(255).add_(0.5).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        return pixels.cpu().numpy().reshape(*np.shape(z)[:-1], *pixels.shape[1:])


def _sizes(config: VAEConfig) -> list[tuple[int, int]]:
    """(height, width) before the first halving, and after each; odd sizes are rounded up."""
    sizes = [(config.height, config.width)]
    for _ in config.channels:
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))
    return sizes


def _kernel(size: tuple[int, int]) -> int:
    """4 halves an even size without overlap artefacts; 3 is what fits an odd one."""
    return 4 if size[0] % 2 == size[1] % 2 == 0 else 3


def _double(inside: int, outside: int, size: tuple[int, int]) -> nn.ConvTranspose2d:
    """The transposed convolution that undoes the halving of `size`.

    Without a bias: in bfloat16 on a CPU its gradient alone takes a fifth of a training step.
    """
    if _kernel(size) == 4:
        return nn.ConvTranspose2d(inside, outside, 4, 2, 1, bias=False)
    rest = ((size[0] + 1) % 2, (size[1] + 1) % 2)
    return nn.ConvTranspose2d(inside, outside, 3, 2, 1, output_padding=rest, bias=False)


def _initialise(part: nn.Module, quiet: tuple[nn.Module, ...]) -> None:
    """Weights that keep the size of signals (He et al. 2015, arXiv 1502.01852, eq. 10).

    Residual blocks start near the identity, and `quiet` layers near zero: the first pictures are
    grey and the first posteriors close to the prior.
    """
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.ConvTranspose2d):
            inputs = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):
                inputs = (
                    layer.weight[:, 0].numel() / 4
                )  # a stride of 2 spreads them over 2x2 pixels
            nn.init.normal_(layer.weight, std=math.sqrt(2 / inputs))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for layer in part.modules():
        if isinstance(layer, Residual):
            layer.layers[-1].weight.data.mul_(0.1)
    for layer in quiet:
        layer.weight.data.mul_(0.3)


def _pairs(widths: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(pairwise(widths))
