"""What is wrong with a training run, judged record by record.

It does not know how the run is made or shown, nor the words; those are in `models.finding`. Every
threshold was set on recorded runs: the bundled network on the sample frames, from scratch and from
the bundled model, and a network of 8 latents on the same frames at 15x20.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from models import finding
from models.facts import Facts
from models.finding import Finding, beta_for
from models.observation import ACTIVE_NATS
from models.schedule import kl_weight_at

if TYPE_CHECKING:
    from models.train import TrainConfig, TrainStep

KL_FOLLOWS = 0.1  # share of the newest batch in the smoothed KL
RECON_FOLLOWS = 0.05  # share of it in the smoothed reconstruction loss
HOLDS = 30  # steps that a fault lasts before it is told, and is gone before it is forgotten
GRACE = 200  # steps that a cure is given; see BETA_PER_ERROR
LOOK_BACK = 100  # steps over which a curve counts as rising, falling or standing still
LOOK_EVERY = 20  # steps between two points of it: those of the held-out test

COLLAPSED_BELOW = 3  # active latents; a model of few may do with fewer
COLLAPSED_ERROR = 0.5  # of the mean image's: two latents may suffice for frames that vary little
STUCK_FROM = 0.7  # of the mean image's error; healthy runs pass it within 200 steps, to 0.2
STUCK_TO = 1.5
STUCK_FALL = 0.1  # in LOOK_BACK steps; healthy ones fall by 0.5 there
STRONG = 4.0  # times a sound beta, or a share of it: nearer to it, beta is not what is wrong
FAR_NATS = 2.0  # over all latents; the bundled model has 0.4, 500 steps from scratch 0.7
FAR_FALL = 0.03  # in LOOK_BACK steps; runs that come from afar fall by 0.1 and more
FAR_FROM = 300  # steps from scratch, which go 7 nats astray at first; they turn back by 200
RISE = 1.05  # times the best held-out loss; healthy ones stay within 1.01 of it
BETTER = 0.98  # times the training loss at that time
BLOWN_UP = 10.0  # times the lowest loss
FAR_OUT_ERROR = 3.0  # times the mean image's; a collapse goes to 1.3, a learning rate of 0.5 to 44
FAR_OUT_KL = 1000.0  # nats; sound runs stay below 100, learning rates of 0.05 and more pass 6000
BLOWN_STEPS = 10  # records in a row, a single batch may be anything
FEW_FRAMES = 300  # held out to training error after 1500 steps: 150 frames 2.0, 400 0.96
ONE_SIDED = 0.1  # 362 drives have 0.03, frames steered left 0.22, right (above 0.2) 0.11


class Diagnosis:
    """Takes a run's records one by one; `findings` are those that hold now, the gravest first.

    `facts` may come later than the first records; until then only the numbers' own madness is seen.
    """

    def __init__(self, facts: Facts | None = None):
        self.facts = facts
        self._step = 0
        self._began = 0  # the step before which a start from scratch excuses much
        self._config: TrainConfig | None = None
        self._kl: np.ndarray | None = None  # (latent_dim,) nats, smoothed
        self._recon = math.nan  # SSE per image, smoothed
        self._recons: deque[float] = deque(maxlen=LOOK_BACK // LOOK_EVERY + 1)
        self._far: deque[float] = deque(maxlen=LOOK_BACK // LOOK_EVERY + 1)
        self._rows: tuple[finding.LatentRow, ...] = ()
        self._most_active = 0
        self._lowest = math.inf  # SSE + nats
        self._blown = 0  # records in a row
        self._end: Finding | None = None
        self._forget_best()
        names = ("collapsed", "strong", "weak", "overfitted")
        self._lasting = {name: _Lasting() for name in names}

    @property
    def diverged(self) -> bool:
        """Whether the run has blown up; nothing heals it, it has to start again."""
        return self._end is not None

    def add(self, record: TrainStep, config: TrainConfig) -> None:
        """Judge a TrainStep that was trained by `config`."""
        if self._end:
            return
        self._step = record.step
        self._notice_turns(config)
        self._smooth(record)
        self._judge_divergence(record)
        if self.facts is None:
            return
        self._judge_collapse()
        if record.step % LOOK_EVERY == 0:
            self._recons.append(self._recon)
        self._judge_strength()
        if record.held_out is not None:
            self._judge_distance(record)
            self._judge_overfitting(record)

    def fail(self, config: TrainConfig) -> None:
        """The run by `config` has ended because its loss was no longer a number."""
        if self._end is None:
            self._end = finding.diverged(config, self._step, math.inf, self._lowest)

    def findings(self) -> list[Finding]:
        """What is wrong now, the gravest first."""
        if self._end:
            return [self._end]
        facts, config = self.facts, self._config
        if facts is None or config is None:
            return []
        found = []
        lasts = {name for name, lasting in self._lasting.items() if lasting.is_so}
        if "collapsed" in lasts:
            active = self._active()
            found.append(finding.collapse(config, facts, self._kl, active, self._most_active))
        elif "strong" in lasts:
            found.append(finding.kl_too_strong(config, facts, self._recon, self._kl))
        if "weak" in lasts:
            found.append(finding.kl_too_weak(config, facts, self._rows))
        if "overfitted" in lasts:
            best, step, _ = self._best
            found.append(finding.overfitting(best, step, self._held_out, self._training))
        if facts.training < FEW_FRAMES or facts.episodes == 1:
            found.append(finding.too_few(facts))
        if facts.one_sidedness > ONE_SIDED and not config.mirror:
            found.append(finding.one_sided(facts))
        return found

    # What has changed

    def _notice_turns(self, config: TrainConfig) -> None:
        """A turned knob starts the comparisons anew, and a cure is given time."""
        before, self._config = self._config, config
        if before is None or before is config:
            return
        old, new = _pull(before), _pull(config)
        if old == new:
            return
        self._forget_best()
        self._recons.clear()
        self._far.clear()
        self._lasting["overfitted"] = _Lasting()
        self._lasting["collapsed"].wait(self._step + GRACE if new < old else 0)
        self._lasting["strong"].wait(self._step + GRACE if new < old else 0)
        self._lasting["weak"].wait(self._step + GRACE if new > old else 0)

    def _forget_best(self) -> None:
        self._best = (math.inf, 0, math.inf)  # held-out loss, step, training loss
        self._held_out = self._training = math.nan

    def _smooth(self, record: TrainStep) -> None:
        kl = np.nan_to_num(record.kl)
        if self._kl is None:
            self._kl, self._recon = kl.astype(float), record.recon_loss
            self._began = record.step if self._active() else record.step + FAR_FROM
        self._kl += KL_FOLLOWS * (kl - self._kl)
        self._recon += RECON_FOLLOWS * (record.recon_loss - self._recon)

    # The rules

    def _judge_divergence(self, record: TrainStep) -> None:
        kl = float(record.kl.sum())
        loss = record.recon_loss + kl
        self._lowest = min(self._lowest, loss)
        far_out = kl > FAR_OUT_KL
        if self.facts is not None:
            error = self.facts.mean_image_error
            far_out = record.recon_loss > (1 if far_out else FAR_OUT_ERROR) * error
        self._blown = self._blown + 1 if far_out and loss > BLOWN_UP * self._lowest else 0
        if self._blown >= BLOWN_STEPS:
            self._end = finding.diverged(self._config, record.step, loss, self._lowest)

    def _judge_collapse(self) -> None:
        active = self._active()
        self._most_active = max(self._most_active, active)
        few = min(COLLAPSED_BELOW, -(-len(self._kl) // 2))
        so = (
            active < few <= self._most_active
            and self._recon > COLLAPSED_ERROR * self.facts.mean_image_error
            and self._is_strong()
        )
        self._lasting["collapsed"].see(self._step, so)

    def _judge_strength(self) -> None:
        error = self.facts.mean_image_error
        so = (
            len(self._recons) == self._recons.maxlen
            and STUCK_FROM * error < self._recon < STUCK_TO * error
            and self._recon > (1 - STUCK_FALL) * self._recons[0]
            and self._is_strong()
        )
        self._lasting["strong"].see(self._step, so)

    def _judge_distance(self, record: TrainStep) -> None:
        self._rows = finding.latent_rows(record.held_out.mean, record.held_out.variance)
        self._far.append(sum(row.distance for row in self._rows))
        so = (
            len(self._far) == self._far.maxlen
            and self._far[-1] > max(FAR_NATS, (1 - FAR_FALL) * self._far[0])
            and self._is_weak()
            and self._step >= self._began
        )
        self._lasting["weak"].see(self._step, so)

    def _judge_overfitting(self, record: TrainStep) -> None:
        self._held_out = self._loss(record.held_out.recon_loss, record.held_out.kl)
        self._training = self._loss(self._recon, self._kl)
        best, step, training = self._best
        if self._held_out < best:
            self._best = (self._held_out, self._step, self._training)
        so = (
            self._step - step >= LOOK_BACK
            and self._held_out > RISE * best
            and self._training < BETTER * training
        )
        self._lasting["overfitted"].see(self._step, so)

    # What the rules ask

    def _active(self) -> int:
        return int((self._kl > ACTIVE_NATS).sum())

    def _is_strong(self) -> bool:
        """Whether the KL's weight can be what keeps the latents from speaking."""
        config = self._config
        if config.calibrated or self._is_warming_up():
            return False
        return config.beta >= STRONG * beta_for(self.facts)

    def _is_weak(self) -> bool:
        """Whether the KL's weight can be what lets the latents leave the prior."""
        config = self._config
        if self._is_warming_up():
            return False
        free = config.calibrated or config.free_bits or config.kl_floor or config.capacity
        return bool(free) or config.beta <= beta_for(self.facts) / STRONG

    def _is_warming_up(self) -> bool:
        """Whether the KL's weight or capacity are still on their way."""
        config, step = self._config, self._step
        if config.capacity and step < config.capacity_steps:
            return True
        whole = 1.0 if config.calibrated else config.beta
        return kl_weight_at(config, step) < whole

    def _loss(self, recon_loss: float, kl: np.ndarray) -> float:
        """Of one objective all along; under a calibrated likelihood the nats weigh next to none."""
        return recon_loss + (0.0 if self._config.calibrated else self._config.beta * kl.sum())


class _Lasting:
    """Whether something has been so, or not so, for HOLDS steps on end."""

    def __init__(self):
        self.is_so = False
        self._not_before = 0  # step
        self._since: int | None = None  # when it was seen to be otherwise

    def wait(self, step: int) -> None:
        """It is not so until that step at least; 0 to see it at once."""
        self._not_before = step
        self.is_so = self.is_so and not step

    def see(self, step: int, so: bool) -> None:
        if so == self.is_so or step < self._not_before:
            self._since = None
        elif self._since is None:
            self._since = step
        elif step - self._since >= HOLDS:
            self.is_so, self._since = so, None


def _pull(config: TrainConfig) -> tuple[float, ...]:
    """How hard the objective pulls the KL down; compares as less or more."""
    weight = 0.0 if config.calibrated else config.beta
    return (weight, -config.capacity, -config.free_bits, -config.kl_floor)
