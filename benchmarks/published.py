"""The published recipe of the World Models VAE, trained the way its authors did.

Network, objective and settings are those of Ha and Schmidhuber 2018 (arXiv 1803.10122, appendix
A.1) and of their code (github.com/hardmaru/WorldModelsExperiments, carracing/vae/vae.py and
vae_train.py). It does not know what it is compared with.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.dataset import Frames, write_atomically
from models.device import pick_device
from models.errors import DivergedError, InputError
from models.train import TrainStep
from models.vae import VAE, VAEConfig, reparameterize

SIDE = 64  # pixels
LATENTS = 32


@dataclass(frozen=True)
class Config:
    """What a run follows from; the defaults are the published ones."""

    steps: int
    kl_floor: float = 0.5 * LATENTS  # nats per image that cost nothing
    batch_size: int = 100
    learning_rate: float = 1e-4
    held_out: float = 0.0  # share of the episodes never trained on
    seed: int = 0
    device: str = "auto"


class Encoder(nn.Module):
    """Four convolutions without padding: 64x64 to 2x2x256, then mu and logvar."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inside, outside in ((3, 32), (32, 64), (64, 128), (128, 256)):
            layers += [nn.Conv2d(inside, outside, 4, stride=2), nn.ReLU()]
        self.conv = nn.Sequential(*layers, nn.Flatten())
        self.mu = nn.Linear(1024, LATENTS)
        self.logvar = nn.Linear(1024, LATENTS)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, 64, 64) in 0..1 to mu and logvar, (n, 32) each."""
        features = self.conv(frames)
        return self.mu(features), self.logvar(features)


class Decoder(nn.Module):
    """A linear layer to 1024 channels of one pixel, then four transposed convolutions."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(LATENTS, 1024), nn.Unflatten(1, (1024, 1, 1))]
        for inside, outside, kernel in ((1024, 128, 5), (128, 64, 5), (64, 32, 6)):
            layers += [nn.ConvTranspose2d(inside, outside, kernel, stride=2), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(32, 3, 6, stride=2), nn.Sigmoid())

    def forward(self, z: Tensor) -> Tensor:
        """(n, 32) to (n, 3, 64, 64) in 0..1."""
        return self.layers(z)


def network() -> VAE:
    """The published network with fresh weights, drawn as TensorFlow's layers draw them."""
    vae = VAE(VAEConfig(latent_dim=LATENTS, height=SIDE, width=SIDE, recipe="area-64x64"))
    vae.encoder, vae.decoder = Encoder(), Decoder()
    for layer in vae.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return vae.to(memory_format=torch.channels_last)


def objective(recon: Tensor, frames: Tensor, mu: Tensor, logvar: Tensor, floor: float) -> Tensor:
    """SSE + max(KL, floor) of each image, mean over the batch; scalar.

    `recon` and `frames` are (n, 3, 64, 64) in 0..1, `mu` and `logvar` (n, 32), `floor` in nats.
    """
    recon_loss = (recon - frames).square().sum((1, 2, 3))
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1)
    return (recon_loss + kl.clamp(min=floor)).mean()


class Small:
    """Frames as this network sees them: each brought to 64x64 by area averaging."""

    def __init__(self, frames: Frames):
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The frames at `indices` (n,), as a fresh (n, 64, 64, 3) uint8 array."""
        return shrink(self._frames.take(indices))

    def batches(self, size: int) -> Iterator[np.ndarray]:
        """All frames in order, in arrays of `size` and a last shorter one."""
        yield from map(shrink, self._frames.batches(size))


def shrink(frames: np.ndarray) -> np.ndarray:
    """(n, H, W, 3) uint8 to (n, 64, 64, 3) uint8, as `models.frame.from_image` makes a frame.

    Each pixel is the mean over the area that it covers.
    """
    rows, columns = (_shares(size) for size in frames.shape[1:3])
    mean = np.einsum("rh,nhwc,kw->nrkc", rows, frames.astype(np.float32), columns, optimize=True)
    return (mean + 0.5).astype(np.uint8)


def _shares(source: int) -> np.ndarray:
    """(64, source): what each of `source` cells gives to each of 64 over the same length."""
    finest = np.eye(source, dtype=np.float32).repeat(SIDE, axis=0)
    return finest.reshape(SIDE, source, source).mean(1)


@dataclass
class State:
    """All that a run continues from; written by `train` alone, read between two records."""

    vae: VAE
    optimizer: torch.optim.Adam
    rng: torch.Generator
    step: int = 0
    images: int = 0
    seconds: float = 0.0

    @classmethod
    def start(cls, config: Config) -> State:
        """The state before the first step."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            vae = network().to(pick_device(config.device))
        optimizer = torch.optim.Adam(vae.parameters(), lr=config.learning_rate)
        return cls(vae, optimizer, torch.Generator().manual_seed(config.seed))


def train(config: Config, frames: Frames, state: State) -> Iterator[TrainStep]:
    """Train on frames and yield a TrainStep after each batch.

    Whole episodes are held out, the same ones as by `models.train`. Raises DivergedError when the
    loss is no longer a number.
    """
    training, _ = frames.split(config.held_out)
    small, vae = Small(frames), state.vae
    clock = time.perf_counter() - state.seconds
    while state.step < config.steps:
        drawn = torch.randint(len(training), (config.batch_size,), generator=state.rng)
        batch = vae.tensor(small.take(training[drawn.numpy()]))
        noise = torch.randn(config.batch_size, LATENTS, generator=state.rng).to(vae.device)
        mu, logvar = vae.encoder(batch)
        recon = vae.decoder(reparameterize(mu, logvar, noise))
        loss = objective(recon, batch, mu, logvar, config.kl_floor)
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        state.step += 1
        state.images += len(batch)
        with torch.no_grad():
            recon_loss = float((recon - batch).square().sum() / len(batch))
            kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean(0)
        if not torch.isfinite(loss):
            raise DivergedError(f"The published recipe diverged at step {state.step}.")
        state.seconds = time.perf_counter() - clock
        yield TrainStep(state.step, recon_loss, kl.cpu().numpy())


def save(path: Path, state: State) -> None:
    """Write all that `train` continues from; raises InputError where it cannot be written."""
    parts = {"vae": state.vae.state_dict(), "adam": state.optimizer.state_dict()}
    counts = {name: getattr(state, name) for name in ("step", "images", "seconds")}
    kept = parts | counts | {"rng": state.rng.get_state()}
    try:
        write_atomically(path, lambda file: torch.save(kept, file))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}).") from error


def load(path: Path, config: Config) -> State:
    """Read a state that `save` wrote, onto `config`'s device; raises InputError."""
    state = State.start(config)
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        state.vae.load_state_dict(kept["vae"])
        state.optimizer.load_state_dict(kept["adam"])
        state.rng.set_state(kept["rng"])
        for name in ("step", "images", "seconds"):
            setattr(state, name, kept[name])
    except Exception as error:  # torch names no kinds of what it trips over
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(
            f"{path}: is not a training of the published recipe ({reason})."
        ) from error
    return state
