"""Training as a generator: one record per step, and now and then a frozen snapshot of the VAE.

It does not know who watches. Run it as `python -m models.train`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
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
from models.held_out import HeldOut, HeldOutTest, held_out_loss
from models.history import History
from models.machine import cores
from models.muon import Muon
from models.ranks import ALONE, Ranks
from models.schedule import capacity_at, kl_floor_at, kl_weight_at, learning_rate_at
from models.split import HELD_OUT_FRAMES
from models.team import Team
from models.vae import VAE, VAEConfig

SNAPSHOT_SECONDS = 0.5  # a person sees no more changes than two a second; a copy costs 5 ms
HELD_OUT_EVERY = 20  # steps, and after the first: a short run shows its held-out line too
HELD_OUT_SELDOM = 100  # steps, after the first thousand: a twentieth of the time is saved
SYNCHRONISE_EVERY = 20  # steps; a GPU waits for the host whenever a loss is read


@dataclass(frozen=True)
class TrainConfig:
    """What a run follows from; the numbers that `train` can be sent may change meanwhile."""

    latent_dim: int = 32
    beta: float = 0.5  # weight of the KL; at 60x80 this gives some 16 nats per frame
    calibrated: bool = False  # the likelihood's variance is the batch's error, and beta is 1
    kl_warm_up: str = "none"  # one of schedule.KL_WARM_UPS: how the weight rises to beta
    kl_warm_up_steps: int = 1000  # of the rise, or of one cycle
    capacity: float = 0.0  # nats that the image's KL is pulled to; at 0 plain beta
    capacity_steps: int = 5000  # in which it rises there from zero
    free_bits: float = 0.0  # nats per latent that cost nothing
    kl_floor: float = 0.0  # nats per image that cost nothing
    kl_floor_from: float | None = None  # where the floor begins, when not at kl_floor
    kl_floor_hold: float = 0.0  # share of the run in which it stays there
    batch_size: int = 64  # larger ones learn less per image on frames this alike
    learning_rate: float = 2e-3  # Adam's, after the warm-up
    schedule: str = "cosine"  # one of schedule.SCHEDULES: to zero at the run's end, or not
    steps: int = 5000  # batches
    minutes: float | None = None  # when given, the run and its schedule may also end by time
    warm_up: int = 200  # steps in which the learning rate rises from zero
    patience: int = 0  # held-out tests without a better one that end the run; 0 for any number
    keep_best: bool = False  # a finished run leaves the best weights by that, not the newest
    average: float = 0.999  # decay of the weight average that is shown, tested and saved
    mirror: bool = True  # half of the frames flipped: a mirrored track is a track
    held_out: float = 0.1  # share of the episodes never trained on
    bfloat16: bool = False  # activations in 16 bits: twice as fast where the machine has them
    seed: int = 0
    device: str = "auto"
    threads: int | None = None  # that share a batch on the CPU; None for one a core
    snapshot_seconds: float | None = None  # between two; 0: each step, None: SNAPSHOT_SECONDS


class TrainStep(NamedTuple):
    """What one batch showed."""

    step: int
    recon_loss: float  # SSE per image, mean over the batch
    kl: np.ndarray  # (latent_dim,) nats per image, mean over the batch
    held_out: HeldOut | None = None
    snapshot: VAE | None = None  # frozen, averaged weights
    snapshot_step: int = 0  # of these weights: of this record, but for a kept best one


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
    best_loss: float = math.inf  # the lowest held_out_loss so far
    best_step: int = 0
    best: VAE | None = None  # its weights
    stale_tests: int = 0  # since then

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
    config: TrainConfig,
    frames: Frames | np.ndarray | Callable[[], Frames],
    state: TrainState | None = None,
    ranks: Ranks = ALONE,
) -> Generator[TrainStep, TrainConfig | None, None]:
    """Train a VAE on frames and yield a TrainStep after each batch.

    `send(config)` in place of `next` changes the config from the next batch on, but for its
    latent_dim, seed, held_out, device and bfloat16. `frames` is a Frames, (N, H, W, 3) uint8, or
    gives the newest Frames, for data that grow; whole episodes are held out, and the held-out test
    stays that of the first ones. The last record carries a snapshot. The same seed on the same
    machine gives the same numbers. Several processes share each batch out where `ranks` says so,
    with the numbers of one but for rounding. Raises DivergedError when the loss is no longer a
    number.
    """
    state = state or TrainState.start(config)
    if isinstance(frames, np.ndarray):
        frames = Frames([frames])
    newest = frames if callable(frames) else lambda: frames
    given = newest()
    sized = given.sized(state.vae.shape)
    training, held_out = sized.split(config.held_out)
    test = HeldOutTest(sized.take(spread(held_out, HELD_OUT_FRAMES)), state.average)
    shown_at = time.perf_counter()
    pending: list[tuple[int, Tensor, Tensor]] = []
    last = progress_of(config, state) >= 1
    with Team() as team:
        while not last:
            started = time.perf_counter()  # here, as a pause is no time spent
            team.resize(_team_size(config, state))
            if (grown := newest()) is not given:
                given, sized = grown, grown.sized(state.vae.shape)
                training, _ = sized.split(config.held_out)
            drawn = training[_draw(state, len(training), config.batch_size)]
            recon_loss, kl = _step(config, state, sized, drawn, team, ranks)
            pending.append((state.step, recon_loss, kl))
            tested = test(state.average, team) if _is_test_due(state.step) else None
            due = time.perf_counter() - shown_at >= _snapshot_seconds(config)
            # Clocks differ: what one process does by its own, all do.
            passed, due = ranks.mean(time.perf_counter() - started, due)
            state.seconds += passed
            last = progress_of(config, state) >= 1
            tested = tested or (test(state.average, team) if last else None)
            if tested:
                _check(state.step, tested.recon_loss, tested.kl, config)
                _judge(state, tested)
                last = last or 0 < config.patience <= state.stale_tests
            wanted = last or due or tested or state.vae.device.type == "cpu"
            if not wanted and len(pending) < SYNCHRONISE_EVERY:
                continue
            *earlier, this = _records(pending, config)
            pending.clear()
            this = this._replace(held_out=tested)
            if last or due:
                weights, step = outcome(config, state) if last else (state.average, state.step)
                this = this._replace(snapshot=weights.frozen(), snapshot_step=step)
                shown_at = time.perf_counter()
            for record in (*earlier, this):
                state.history.add(record, state.images)
                config = (yield record) or config


def _snapshot_seconds(config: TrainConfig) -> float:
    return SNAPSHOT_SECONDS if config.snapshot_seconds is None else config.snapshot_seconds


def _judge(state: TrainState, tested: HeldOut) -> None:
    """Take note of whether a test was the best so far."""
    loss = held_out_loss(tested, math.prod(state.vae.shape))
    if loss < state.best_loss:
        state.best_loss, state.best_step, state.stale_tests = loss, state.step, 0
        state.best = state.average.frozen()
    else:
        state.stale_tests += 1


def outcome(config: TrainConfig, state: TrainState) -> tuple[VAE, int]:
    """The weights that a run leaves at its end, not to be written into, and their step."""
    if config.keep_best and state.best is not None:
        return state.best, state.best_step
    return state.average, state.step


def progress_of(config: TrainConfig, state: TrainState) -> float:
    """How much of the run is done, 0..1, by steps or by time, whichever ends first."""
    by_steps = state.step / config.steps
    if config.minutes is None:
        return by_steps
    return max(by_steps, state.seconds / max(60 * config.minutes, 1e-9))


def _is_test_due(step: int) -> bool:
    return step == 1 or step % (HELD_OUT_EVERY if step <= 1000 else HELD_OUT_SELDOM) == 0


def _draw(state: TrainState, count: int, size: int) -> np.ndarray:
    return torch.randint(count, (size,), generator=state.rng).numpy()


def _team_size(config: TrainConfig, state: TrainState) -> int:
    """How many threads share a batch; a GPU shares it out by itself."""
    if state.vae.device.type != "cpu":
        return 1
    return min(config.threads or cores(), config.batch_size)


def _step(
    config: TrainConfig,
    state: TrainState,
    frames: Frames,
    drawn: np.ndarray,
    team: Team,
    ranks: Ranks,
) -> tuple[Tensor, Tensor]:
    """One batch forward, backward and into the weights; gives recon_loss and kl, not yet read."""
    vae, size = state.vae, len(drawn)
    mine = ranks.share(size)  # of the batch that all draw alike
    batch = frames.take(drawn[mine])
    if config.mirror:
        flipped = torch.rand(size, generator=state.rng).numpy()[mine] < 0.5
        batch[flipped] = batch[flipped, :, ::-1]
    noise = torch.randn(size, vae.config.latent_dim, generator=state.rng)[mine].to(vae.device)
    progress = progress_of(config, state)
    loss = partial(
        objective.negative_elbo,
        beta=kl_weight_at(config, state.step),
        free_bits=config.free_bits,
        kl_floor=kl_floor_at(config, progress),
        capacity=capacity_at(config, state.step),
        values=math.prod(vae.shape) if config.calibrated else None,
    )
    recon_loss, kl = into_gradients(
        vae, vae.tensor(batch), noise, loss, team, config.bfloat16, ranks, size
    )
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate_at(config, progress, state.step)
    state.optimizer.step(team.map)
    state.step += 1
    state.images += size
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


def images_per_second(state: TrainState) -> float:
    """The mean rate of the whole run."""
    return state.images / max(state.seconds, 1e-9)


if __name__ == "__main__":
    from models.train_command import main

    main()
