"""What a training run has measured so far, and what is kept of runs beside it.

It does not know how it is drawn, nor who measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from explorer.training.rows import Blocks, Rows
from explorer.training.trace import Trace
from explorer.widgets.activity import ACTIVE_NATS

SMOOTHED_BATCHES = 200


class Record(NamedTuple):
    """All that a run has measured, which later batches leave as it is.

    Arrays as `LossCurves.load` takes them; `marks` are steps and what was changed there.
    """

    steps: np.ndarray  # (n,) rising
    recon_loss: np.ndarray  # (n,) SSE per image
    kl_per_latent: np.ndarray  # (n, latent_dim) nats
    held_out_steps: np.ndarray  # (m,) rising
    held_out_recon_loss: np.ndarray  # (m,)
    held_out_kl_per_latent: np.ndarray  # (m, latent_dim)
    marks: tuple[tuple[float, str], ...] = ()


class ComparedRun(NamedTuple):
    """A run to draw beside the present one; steps rise, losses are SSE and nats per image."""

    name: str
    steps: np.ndarray  # (n,)
    recon_loss: np.ndarray  # (n,)
    kl: np.ndarray  # (n,)
    held_out_steps: np.ndarray  # (m,)
    held_out_recon_loss: np.ndarray  # (m,)
    held_out_kl: np.ndarray  # (m,)


class Reading(NamedTuple):
    """What a run measured at one step; None where it did not."""

    step: int
    recon_loss: float | None  # of a batch, or the mean of so many up to it
    kl: float | None
    active_units: int | None
    held_out_recon_loss: float | None  # of the newest test until then
    held_out_kl: float | None


class LossSeries:
    """Steps with their reconstruction loss (SSE per image) and KL (nats per latent and image).

    Steps rise; what is appended at or before a step already there replaces all from that step on,
    as a run does that goes on from an older checkpoint.
    The newest values are means over the last `smoothing` records.
    """

    def __init__(self, latent_dim: int, smoothing: int):
        self._smoothing = smoothing
        self.recon_trace = Trace()
        self.kl_trace = Trace()
        self._kl_per_latent = Rows((latent_dim,), np.float32)
        self._kl_sums = Blocks(np.add, self._kl_per_latent)

    def __len__(self) -> int:
        return len(self.recon_trace)

    @property
    def steps(self) -> np.ndarray:
        """(n,) float64, rising."""
        return self.recon_trace.steps

    @property
    def recon_loss(self) -> np.ndarray:
        """(n,) float64, SSE per image."""
        return self.recon_trace.values

    @property
    def kl(self) -> np.ndarray:
        """(n,) float64, nats per image, summed over the latents."""
        return self.kl_trace.values

    @property
    def kl_per_latent(self) -> np.ndarray:
        """(n, latent_dim) float32, nats."""
        return self._kl_per_latent.rows()

    def append(self, steps: np.ndarray, recon_loss: np.ndarray, kl_per_latent: np.ndarray) -> None:
        """Add records: steps (n,) rising, recon_loss (n,), kl_per_latent (n, latent_dim)."""
        if len(steps) == 0:
            return
        if len(self) and steps[0] <= self.steps[-1]:
            self.cut_from(float(steps[0]))
        first = len(self)
        self.recon_trace.append(steps, recon_loss)
        self.kl_trace.append(steps, np.sum(kl_per_latent, axis=1, dtype=np.float64))
        self._kl_per_latent.append(kl_per_latent)
        self._kl_sums.update(first)

    def recent_recon_loss(self) -> float:
        """Reconstruction loss of the newest records, SSE per image."""
        return float(self.recon_loss[-self._smoothing :].mean())

    def recent_kl(self) -> float:
        """KL of the newest records, nats per image."""
        return float(self.kl[-self._smoothing :].mean())

    def active_units(self, end: int | None = None) -> int:
        """How many latents carry more than 0.1 nats, averaged over the records before `end`."""
        end = len(self) if end is None else end
        recent = self.kl_per_latent[max(0, end - self._smoothing) : end]
        return int((recent.mean(axis=0) > ACTIVE_NATS).sum())

    def kl_columns(self, steps: np.ndarray) -> np.ndarray:
        """The mean KL per latent between neighbouring steps (k + 1,): (k, latent_dim) nats.

        Between two that no record lies between it is that of the record before.
        """
        edges = np.searchsorted(self.steps, steps)
        stretches = np.unique(edges)
        if len(stretches) < 2:
            stretches = np.clip(stretches[0] - 1, 0, len(self) - 1) + np.arange(2)
        sums, taken = self._kl_sums.over(stretches)
        means = sums / np.diff(taken)[:, np.newaxis]
        inside = np.where(edges[1:] > edges[:-1], edges[:-1], edges[:-1] - 1)
        which = np.searchsorted(stretches, inside, side="right") - 1
        return means[np.clip(which, 0, len(means) - 1)]

    def cut_from(self, step: float) -> None:
        """Drop the records at this step and after it."""
        count = int(np.searchsorted(self.steps, step))
        for part in (self.recon_trace, self.kl_trace, self._kl_per_latent):
            part.cut(count)
        self._kl_sums.update(count)


class LossHistory:
    """The two series of a run: the training batches, and the held-out frames now and then."""

    def __init__(self, latent_dim: int):
        self.latent_dim = latent_dim
        self.training = LossSeries(latent_dim, SMOOTHED_BATCHES)
        self.held_out = LossSeries(latent_dim, 1)

    def at(self, step: float, window: int = 1) -> Reading | None:
        """What was measured at the nearest step, as means of `window` batches; None before any."""
        training, held_out = self.training, self.held_out
        series = training if len(training) else held_out
        if not len(series):
            return None
        index = _nearest(series.steps, step)
        step = float(series.steps[index])
        batches: tuple = (None, None, None)
        if series is training:
            ends = np.array([index])
            batches = (
                float(training.recon_trace.means(ends, window)[0]),
                float(training.kl_trace.means(ends, window)[0]),
                training.active_units(index + 1),
            )
        test = int(np.searchsorted(held_out.steps, step, side="right")) - 1
        tested: tuple = (None, None)
        if test >= 0:
            tested = float(held_out.recon_loss[test]), float(held_out.kl[test])
        return Reading(int(step), *batches, *tested)

    def ends(self) -> tuple[float, float] | None:
        """The first and the last step, None before any."""
        steps = [s.steps for s in (self.training, self.held_out) if len(s)]
        if not steps:
            return None
        return float(min(s[0] for s in steps)), float(max(s[-1] for s in steps))

    def record(self, marks: Sequence[tuple[float, str]] = ()) -> Record:
        """All of it, which later batches leave as it is."""
        series = (self.training, self.held_out)
        arrays = [array for s in series for array in (s.steps, s.recon_loss, s.kl_per_latent)]
        return Record(*arrays, tuple(marks))


def _nearest(steps: np.ndarray, step: float) -> int:
    after = min(int(np.searchsorted(steps, step)), len(steps) - 1)
    before = max(after - 1, 0)
    return before if step - steps[before] < steps[after] - step else after
