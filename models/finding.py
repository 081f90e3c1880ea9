"""What can be wrong with a training run, in plain words: each finding with its evidence and cure.

It does not know when a finding holds; that is `models.diagnosis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.facts import Facts
from models.observation import Posterior

if TYPE_CHECKING:
    from models.train import TrainConfig

BETA_PER_ERROR = 0.5 / 135
"""The default beta by the mean image's error on the sample frames, SSE per image: what a nat may
cost grows with what there is to explain. From a collapse under beta 200 it brought 23 of 32
latents of the bundled model back within 80 batches of 16, on frames of 15x20 all 8 within 60."""

SAFE_RATE = 0.002
"""The default learning rate. A tenth of what tore the weights apart may still do so: 0.05 did, as
0.5 had."""


class Cure(NamedTuple):
    """A button: what it says, what it does, and to which knobs or by which action."""

    text: str
    tip: str
    changes: Mapping[str, Any] = {}  # of TrainConfig
    action: str = ""  # beyond turning knobs: `restart`, `take best`, `collect frames`


class LatentRow(NamedTuple):
    """A latent's aggregate posterior; the prior's mean is 0, its variance 1."""

    index: int
    mean: float
    variance: float
    distance: float  # KL(N(mean, variance) || N(0, 1)), nats


class Finding(NamedTuple):
    """One thing that is wrong."""

    kind: str
    sentence: str  # what and why
    evidence: str  # one line of numbers
    cure: Cure
    rows: tuple[LatentRow, ...] = ()  # the farthest latent first


def beta_for(facts: Facts) -> float:
    """A beta at which neither part of the objective drowns the other, to one figure."""
    return _one_figure(BETA_PER_ERROR * facts.mean_image_error)


def diverged(config: TrainConfig, step: int, lowest: float) -> Finding:
    """The loss exploded or is no number any more; `lowest` is the least it was, SSE + nats."""
    rate = min(_one_figure(config.learning_rate / 10), SAFE_RATE)
    return Finding(
        "diverged",
        f"Training blew up and was stopped: at a learning rate of {config.learning_rate:g} the "
        "steps are so long that they tear the weights apart.",
        f"loss out of bounds by step {step}, {lowest:.3g} at its lowest",
        Cure(
            f"Restart at {rate:g}",
            "Go on from the last good weights with a lower learning rate.",
            {"learning_rate": rate},
            "restart",
        ),
    )


def collapse(config: TrainConfig, facts: Facts, kl: np.ndarray, active: int, most: int) -> Finding:
    """Latents that carried something no longer do; `kl` is (latent_dim,) nats."""
    said = f"only {active} of {len(kl)} latents still say" if active else "no latent says"
    return Finding(
        "collapse",
        f"The latents have collapsed: {said} anything about the picture, so all pictures come out "
        "alike. The KL weighs too much.",
        f"{active} active, {most} before · KL {kl.sum():.2g} nats · {_weight(config)}",
        _weaker(config, facts),
    )


def kl_too_strong(config: TrainConfig, facts: Facts, recon_loss: float, kl: np.ndarray) -> Finding:
    """The reconstruction, SSE per image, is stuck near the mean image's error."""
    return Finding(
        "kl too strong",
        "The pictures are hardly better than the average of all frames: the KL weighs so much "
        "that the latents may not say what they see.",
        f"error {recon_loss:.3g}, that of the mean image {facts.mean_image_error:.3g} SSE · "
        f"KL {kl.sum():.2g} nats · {_weight(config)}",
        _weaker(config, facts),
    )


def kl_too_weak(config: TrainConfig, facts: Facts, rows: tuple[LatentRow, ...]) -> Finding:
    """The aggregate posterior is far from the prior."""
    farthest = rows[0]
    return Finding(
        "kl too weak",
        "The latents have left the prior N(0, 1), so pictures of random samples will be garbage. "
        "The KL weighs too little to hold them there.",
        f"{sum(row.distance for row in rows):.2g} nats away · z{farthest.index:02d} has mean "
        f"{farthest.mean:+.2g}, variance {farthest.variance:.2g} · {_weight(config)}",
        _stronger(config, facts),
        rows,
    )


def overfitting(best: float, best_step: int, now: float, training: float) -> Finding:
    """Held-out frames get worse while training frames get better; losses in SSE + beta nats."""
    return Finding(
        "overfitting",
        "The training frames are being learned by heart: they still improve, while frames that "
        "were held out come out worse and worse.",
        f"held out {best:.3g} at step {best_step}, now {now:.3g} · training {training:.3g}",
        Cure(
            "Stop and take the best",
            "End training and go back to the weights that held-out frames liked best.",
            action="take best",
        ),
    )


def too_few(facts: Facts) -> Finding:
    """Too few frames, or all of one episode."""
    if facts.episodes == 1:
        what = f"All {facts.training:,} training frames come from one drive"
    else:
        what = f"There are only {facts.training:,} frames to train on"
    return Finding(
        "too few frames",
        f"{what}: they are soon learned by heart, and anything else will come out badly.",
        f"{facts.training:,} frames of {facts.episodes} "
        f"{'drive' if facts.episodes == 1 else 'drives'}",
        Cure("Collect frames…", "Drive for more frames.", action="collect frames"),
    )


def one_sided(facts: Facts) -> Finding:
    """The frames differ from their mirror images."""
    return Finding(
        "one-sided",
        "The frames lean to one side, as where all curves turn the same way: the other side will "
        "come out badly.",
        f"mean image and its mirror image differ by {facts.one_sidedness:.0%} of the variance",
        Cure("Mirror half of them", "Flip half of the frames of each batch.", {"mirror": True}),
    )


def latent_rows(mean: np.ndarray, variance: np.ndarray) -> tuple[LatentRow, ...]:
    """Each latent's row from the aggregate posterior's moments, (latent_dim,) each."""
    mean, variance = mean.astype(float), variance.astype(float).clip(1e-9)
    distances = Posterior(mean, np.sqrt(variance)).kl
    order = np.argsort(-distances, kind="stable")
    return tuple(
        LatentRow(int(k), float(mean[k]), float(variance[k]), float(distances[k])) for k in order
    )


def _weaker(config: TrainConfig, facts: Facts) -> Cure:
    """Less weight on the KL."""
    beta = beta_for(facts)
    if config.capacity:
        changes = {"capacity": 0.0, "beta": beta}
        return Cure("No capacity", "Let the KL go where it wants.", changes)
    tip = "Let the latents speak again; they come back within some hundred steps."
    return Cure(f"Set beta to {beta:g}", tip, {"beta": beta})


def _stronger(config: TrainConfig, facts: Facts) -> Cure:
    """More weight on the KL, or none of it free."""
    beta = beta_for(facts)
    tip = "Draw the latents back to the prior, at some cost in sharpness."
    if config.calibrated:
        return Cure(f"Set beta to {beta:g}", tip, {"calibrated": False, "beta": beta})
    if config.beta < beta:
        return Cure(f"Set beta to {beta:g}", tip, {"beta": beta})
    free = {name: 0.0 for name in ("free_bits", "kl_floor", "capacity") if getattr(config, name)}
    if free:
        return Cure("Nothing free", "Let every nat cost something again.", free)
    return Cure(f"Set beta to {4 * beta:g}", tip, {"beta": 4 * beta})


def _weight(config: TrainConfig) -> str:
    return "calibrated" if config.calibrated else f"beta {config.beta:g}"


def _one_figure(number: float) -> float:
    if number <= 0:
        return 0.0
    places = floor(log10(number))
    return float(f"{round(number / 10.0**places)}e{places}")
