"""Training as a generator: one record per step, and now and then a frozen snapshot of the VAE.

It does not know who watches. Run it as `python -m models.train`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models import objective
from models.dataset import Frames, spread
from models.device import pick_device
from models.errors import DivergedError, InputError
from models.gradients import into_gradients
from models.history import History
from models.machine import cores
from models.muon import Muon
from models.team import Team
from models.vae import VAE, VAEConfig

SNAPSHOT_SECONDS = 0.5  # a person sees no more changes than two a second; a copy costs 5 ms
HELD_OUT_EVERY = 20  # steps, and after the first: a short run shows its held-out line too
HELD_OUT_SELDOM = 100  # steps, after the first thousand: a twentieth of the time is saved
HELD_OUT_FRAMES = 128  # costs as much as two training steps
FLOOR_MOVES = 0.6  # of the run's part after kl_floor_hold; the rest is for fine work
SYNCHRONISE_EVERY = 20  # steps; a GPU waits for the host whenever a loss is read


@dataclass(frozen=True)
class TrainConfig:
    """What a run follows from; the numbers that `train` can be sent may change meanwhile."""

    latent_dim: int = 32
    beta: float = 0.5  # weight of the KL; at 60x80 this gives some 16 nats per frame
    free_bits: float = 0.0  # nats per latent that cost nothing
    kl_floor: float = 0.0  # nats per image that cost nothing
    kl_floor_from: float | None = None  # where the floor begins, when not at kl_floor
    kl_floor_hold: float = 0.0  # share of the run in which it stays there
    batch_size: int = 64  # larger ones learn less per image on frames this alike
    learning_rate: float = 2e-3  # Adam's, after the warm-up; falls to zero along a cosine
    steps: int = 5000  # batches
    minutes: float | None = None  # when given, the run and its schedule may also end by time
    warm_up: int = 200  # steps in which the learning rate rises from zero
    average: float = 0.999  # decay of the weight average that is shown, tested and saved
    mirror: bool = True  # half of the frames flipped: a mirrored track is a track
    held_out: float = 0.1  # share of the episodes never trained on
    bfloat16: bool = False  # activations in 16 bits: twice as fast where the machine has them
    seed: int = 0
    device: str = "auto"
    threads: int | None = None  # that share a batch on the CPU; None for one a core


class HeldOut(NamedTuple):
    """The objective's parts on held-out frames, by the averaged weights."""

    recon_loss: float  # SSE per image
    kl: np.ndarray  # (latent_dim,) nats per image


class TrainStep(NamedTuple):
    """What one batch showed."""

    step: int
    recon_loss: float  # SSE per image, mean over the batch
    kl: np.ndarray  # (latent_dim,) nats per image, mean over the batch
    held_out: HeldOut | None = None
    snapshot: VAE | None = None  # frozen, averaged weights


@dataclass
class TrainState:
    """All that a run continues from; written by `train` alone, read between two records."""

    vae: VAE
    average: VAE
    optimizer: Muon
    rng: torch.Generator
    step: int = 0
    images: int = 0
    seconds: float = 0.0  # spent in this run, over all its continuations
    history: History = field(default_factory=History)

    @classmethod
    def start(cls, config: TrainConfig, vae: VAE | None = None) -> TrainState:
        """The state before the first step, from `vae`'s weights or from fresh ones.

        Raises InputError for a VAE without an encoder.
        """
        device = pick_device(config.device)
        rng = torch.Generator().manual_seed(config.seed)
        if vae is None:
            with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they are
                torch.manual_seed(config.seed)
                vae = VAE(VAEConfig(latent_dim=config.latent_dim))
        if not vae.encodes:
            raise InputError("A model without an encoder cannot be trained on: start from scratch.")
        own = vae.frozen().to(device).train().requires_grad_(True)
        fused = device.type in ("cpu", "cuda")
        dtype = torch.bfloat16 if config.bfloat16 else torch.float32
        optimizer = Muon(own.parameters(), config.learning_rate, dtype, fused=fused)
        return cls(own, own.frozen(), optimizer, rng)


def train(
    config: TrainConfig, frames: Frames | np.ndarray, state: TrainState | None = None
) -> Generator[TrainStep, TrainConfig | None, None]:
    """Train a VAE on frames and yield a TrainStep after each batch.

    `send(config)` in place of `next` changes beta, free_bits, kl_floor, learning_rate, steps and
    threads from the next batch on. `frames` is a Frames or (N, H, W, 3) uint8; whole episodes are
    held out.
    The last record carries a snapshot. The same seed on the same machine gives the same numbers.
    Raises DivergedError when the loss is no longer a number.
    """
    state = state or TrainState.start(config)
    frames = frames if isinstance(frames, Frames) else Frames([frames])
    frames = frames.sized(state.vae.shape)
    training, held_out = frames.split(config.held_out)
    test = _HeldOutTest(frames.take(spread(held_out, HELD_OUT_FRAMES)), state.average)
    clock, shown_at = time.perf_counter() - state.seconds, time.perf_counter()
    pending: list[tuple[int, Tensor, Tensor]] = []
    last = progress_of(config, state) >= 1
    with Team() as team:
        while not last:
            team.resize(_team_size(config, state))
            batch = frames.take(training[_draw(state, len(training), config.batch_size)])
            recon_loss, kl = _step(config, state, batch, team)
            state.seconds = time.perf_counter() - clock
            pending.append((state.step, recon_loss, kl))
            last = progress_of(config, state) >= 1
            tested = test(state.average, team) if last or _is_test_due(state.step) else None
            due = time.perf_counter() - shown_at > SNAPSHOT_SECONDS
            wanted = last or due or tested or state.vae.device.type == "cpu"
            if not wanted and len(pending) < SYNCHRONISE_EVERY:
                continue
            *earlier, newest = _records(pending, config)
            if tested:
                _check(state.step, tested.recon_loss, tested.kl, config)
            pending.clear()
            snapshot = None
            if last or due:
                snapshot, shown_at = state.average.frozen(), time.perf_counter()
            for record in (*earlier, newest._replace(held_out=tested, snapshot=snapshot)):
                state.history.add(record, state.images)
                config = (yield record) or config


def progress_of(config: TrainConfig, state: TrainState) -> float:
    """How much of the run is done, 0..1, by steps or by time, whichever ends first."""
    by_steps = state.step / config.steps
    if config.minutes is None:
        return by_steps
    return max(by_steps, state.seconds / max(60 * config.minutes, 1e-9))


def _is_test_due(step: int) -> bool:
    return step == 1 or step % (HELD_OUT_EVERY if step <= 1000 else HELD_OUT_SELDOM) == 0


def kl_floor_of(config: TrainConfig, state: TrainState) -> float:
    """The floor on the image's KL at the state's step, nats.

    A run that begins with a rate to spare finds what a tight one never does: at 16 nats from the
    start the grass stays blank for hours. Compare the KL warm-up of Bowman et al. 2016
    (arXiv 1511.06349), which has no rate to arrive at.
    """
    if config.kl_floor_from is None:
        return config.kl_floor
    hold = config.kl_floor_hold
    moved = (progress_of(config, state) - hold) / (FLOOR_MOVES * (1 - hold))
    return config.kl_floor_from + min(max(moved, 0.0), 1.0) * (
        config.kl_floor - config.kl_floor_from
    )


def _draw(state: TrainState, count: int, size: int) -> np.ndarray:
    return torch.randint(count, (size,), generator=state.rng).numpy()


def _team_size(config: TrainConfig, state: TrainState) -> int:
    """How many threads share a batch; a GPU shares it out by itself."""
    if state.vae.device.type != "cpu":
        return 1
    return min(config.threads or cores(), config.batch_size)


def _step(
    config: TrainConfig, state: TrainState, batch: np.ndarray, team: Team
) -> tuple[Tensor, Tensor]:
    """One batch forward, backward and into the weights; gives recon_loss and kl, not yet read."""
    vae = state.vae
    if config.mirror:
        flipped = torch.rand(len(batch), generator=state.rng).numpy() < 0.5
        batch[flipped] = batch[flipped, :, ::-1]
    frames = vae.tensor(batch)
    noise = torch.randn(len(batch), vae.config.latent_dim, generator=state.rng).to(vae.device)
    loss = partial(
        objective.negative_elbo,
        beta=config.beta,
        free_bits=config.free_bits,
        kl_floor=kl_floor_of(config, state),
    )
    recon_loss, kl = into_gradients(vae, frames, noise, loss, team, config.bfloat16)
    rise = min(1.0, (state.step + 1) / max(config.warm_up, 1))
    fall = 0.5 * (1 + math.cos(math.pi * min(progress_of(config, state), 1.0)))
    for group in state.optimizer.param_groups:
        group["lr"] = config.learning_rate * rise * fall
    state.optimizer.step(team.map)
    state.step += 1
    state.images += len(batch)
    # Early on the average follows closely: the first weights are noise, not worth remembering.
    decay = min(config.average, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        torch._foreach_lerp_(list(state.average.parameters()), list(vae.parameters()), 1 - decay)
    return recon_loss, kl


def _records(pending: list[tuple[int, Tensor, Tensor]], config: TrainConfig) -> Iterator[TrainStep]:
    steps, recon_losses, kls = zip(*pending, strict=True)
    recon_loss = torch.stack(recon_losses).cpu().numpy()
    kl = torch.stack(kls).cpu().numpy()
    for step, loss, per_latent in zip(steps, recon_loss, kl, strict=True):
        _check(step, loss, per_latent, config)
        yield TrainStep(step, float(loss), per_latent)


def _check(step: int, recon_loss: float, kl: np.ndarray, config: TrainConfig) -> None:
    if not (np.isfinite(recon_loss) and np.isfinite(kl).all()):
        raise DivergedError(
            f"Training diverged at step {step}: the loss is no longer a number "
            f"(learning rate {config.learning_rate:g}, beta {config.beta:g})."
        )


class _HeldOutTest:
    """The objective's parts on the same frames with the same noise, whenever it is called."""

    def __init__(self, frames: np.ndarray, vae: VAE):
        rng = torch.Generator().manual_seed(0)
        self._noise = torch.randn(len(frames), vae.config.latent_dim, generator=rng).to(vae.device)
        self._frames = frames

    def __call__(self, vae: VAE, team: Team) -> HeldOut:
        @torch.inference_mode()
        def measure(frames: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
            recon, mu, logvar = vae(frames, noise)
            squares = objective.recon_loss(recon, frames) * len(frames)
            return squares, objective.kl(mu, logvar) * len(frames)

        frames = vae.tensor(self._frames)
        parts = team.map(measure, frames.chunk(team.size), self._noise.chunk(team.size))
        loss, kl = (sum(values) / len(frames) for values in zip(*parts, strict=True))
        return HeldOut(float(loss), kl.cpu().numpy())


def images_per_second(state: TrainState) -> float:
    """The mean rate of the whole run."""
    return state.images / max(state.seconds, 1e-9)


if __name__ == "__main__":
    from models.train_command import main

    main()
