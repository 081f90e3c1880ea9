"""Running a lesson: a VAE broken on purpose, with pictures and figures from before to the end.

It does not know who watches. The VAE that is given stays as it is: `train` works on a copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from models.dataset import Frames, spread
from models.held_out import HeldOut, HeldOutTest
from models.lesson import COLLAPSE, Lesson
from models.observation import ACTIVE_NATS, Posterior
from models.split import HELD_OUT_FRAMES
from models.team import Team
from models.train import (
    TrainConfig,
    TrainState,
    TrainStep,
    progress_of,
    train,
)
from models.vae import VAE

PICTURES = 4  # of each kind
PACE = {"batch_size": 24, "warm_up": 10, "average": 0.9, "minutes": 0.75}
"""Of TrainConfig: quick to show. Two idle cores take some 20 s; very busy ones are cut short."""
SILENT = 0.1  # share of the latents that are active when a model counts as collapsed, at most
FAR = 0.5  # nats a latent from the prior at which it counts as forgotten; a sound model has 0.01


class LessonStep(NamedTuple):
    """What has become of the model so far; `progress` is 0 before the first batch."""

    progress: float  # 0..1
    seconds: float  # of training
    steps: int
    images: int
    held_out: HeldOut  # the newest test
    frames: np.ndarray  # (n, H, W, 3) uint8, held out
    reconstructions: np.ndarray  # of them, each from a sample of its posterior
    samples: np.ndarray  # of the prior, from the same noise: equal where nothing is told
    vae: VAE  # frozen

    @property
    def psnr(self) -> float:
        """Of the mean squared error over the held-out frames, dB."""
        return 10 * math.log10(self.frames[0].size / max(self.held_out.recon_loss, 1e-9))

    @property
    def kl(self) -> float:
        """Nats a frame."""
        return float(self.held_out.kl.sum())

    @property
    def active_units(self) -> int:
        """How many latents carry more than ACTIVE_NATS."""
        return int((self.held_out.kl > ACTIVE_NATS).sum())

    @property
    def distance(self) -> float:
        """How far the aggregate posterior is from the prior, nats; see `prior_distance`."""
        return prior_distance(self.held_out.mean, self.held_out.variance)

    def shows(self, lesson: Lesson) -> bool:
        """Whether the model has the failure that the lesson is about."""
        if lesson.name == COLLAPSE.name:
            return self.active_units <= SILENT * len(self.held_out.kl)
        return self.distance >= FAR * len(self.held_out.kl)


def prior_distance(mean: np.ndarray, variance: np.ndarray) -> float:
    """KL(N(mean, variance) || N(0, 1)) summed over latents, nats; both (latent_dim,).

    With the moments of q(z) it is a part of KL(q(z) || N(0, I)), which also counts how the latents
    hang together and what is not Gaussian; see models.divergence for bounds of all of it.
    """
    mean, variance = mean.astype(float), variance.astype(float).clip(min=1e-9)
    return float(Posterior(mean, np.sqrt(variance)).kl.sum())


def teach(
    lesson: Lesson,
    vae: VAE,
    frames: Frames,
    device: str = "auto",
    threads: Callable[[], int | None] = lambda: None,
    seed: int = 0,
) -> Generator[LessonStep]:
    """Train a copy of `vae` into the lesson's failure; yields before, at each snapshot, at the end.

    `threads` is asked before each batch how many may share it. Raises InputError for a VAE without
    an encoder, DivergedError as `train` does.
    """
    config = TrainConfig(
        latent_dim=vae.config.latent_dim, seed=seed, device=device, **PACE, **lesson.changes
    )
    state = TrainState.start(config, vae)
    sized = frames.sized(vae.shape)
    _, held_out = sized.split(config.held_out)
    shown = sized.take(spread(held_out, PICTURES))
    noise = np.random.default_rng(seed).standard_normal((len(shown), config.latent_dim), np.float32)

    def step(tested: HeldOut, snapshot: VAE) -> LessonStep:
        posterior = snapshot.posterior(shown)
        z = posterior.mu + posterior.sigma * noise
        pictures = snapshot.image(np.stack([z, noise]))
        done = min(progress_of(config, state), 1.0)
        return LessonStep(
            done, state.seconds, state.step, state.images, tested, shown, *pictures, snapshot
        )

    tested = HeldOutTest(sized.take(spread(held_out, HELD_OUT_FRAMES)), vae)(vae, Team())
    yield step(tested, state.average.frozen())
    with closing(train(replace(config, threads=threads()), frames, state)) as training:
        record = next(training)
        while record is not None:
            tested = record.held_out or tested
            if record.snapshot is not None:
                yield step(tested, record.snapshot)
            record = _sent(training, replace(config, threads=threads()))


def _sent(training: Generator, config: TrainConfig) -> TrainStep | None:
    """The next record of a training that goes on by `config`; None at its end."""
    try:
        return training.send(config)
    except StopIteration:
        return None
