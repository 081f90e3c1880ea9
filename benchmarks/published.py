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

import torch
from torch import Tensor, nn

from models.dataset import Frames
from models.device import pick_device
from models.errors import DivergedError, InputError
from models.frame import WORLD_MODELS_RECIPE
from models.shards import write_atomically
from models.train import TrainStep
from models.vae import VAE, VAEConfig, reparameterize
from models.world_models import SIZE

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


def network() -> VAE:
    """The published network with fresh weights, drawn as TensorFlow's layers draw them."""
    config = VAEConfig(LATENTS, *SIZE, recipe=WORLD_MODELS_RECIPE, network="world-models")
    vae = VAE(config)
    for layer in vae.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return vae


def objective(recon: Tensor, frames: Tensor, mu: Tensor, logvar: Tensor, floor: float) -> Tensor:
    """SSE + max(KL, floor) of each image, mean over the batch; scalar.

    `recon` and `frames` are (n, 3, 64, 64) in 0..1, `mu` and `logvar` (n, 32), `floor` in nats.
    """
    recon_loss = (recon - frames).square().sum((1, 2, 3))
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1)
    return (recon_loss + kl.clamp(min=floor)).mean()


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
    vae = state.vae
    small = frames.sized(vae.shape)
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
