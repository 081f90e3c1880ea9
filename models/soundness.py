"""Whether a run's weights still are sound, batch by batch.

It does not know what is kept of a run, nor what is told to whom. Every threshold was set on
recorded runs; see `models.diagnosis`.
"""

from __future__ import annotations

import math

from models.history import Step

BLOWN_UP = 10.0  # times the lowest loss: what follows is a divergence, not a noisy batch
FAR_OUT_ERROR = 3.0  # times the mean image's; a collapse goes to 1.3, a learning rate of 0.5 to 44
FAR_OUT_KL = 1000.0  # nats; sound runs stay below 100, learning rates of 0.05 and more pass 6000
BLOWN_STEPS = 10  # batches in a row, a single one may be anything
CALM = 50  # batches after one; between 1e12 and no number at all one came that looked sound


class Soundness:
    """Takes a run's steps one by one; `mean_image_error` is SSE per image, see `models.facts`.

    A large KL alone is no fault: without a price on it, it grows in the best of runs.
    """

    def __init__(self, mean_image_error: float):
        self._error = mean_image_error
        self._blown = 0  # batches in a row
        self._calm = CALM  # batches since one
        self.loss = math.nan  # the newest, SSE + nats
        self.lowest = math.inf  # so far

    def add(self, step: Step) -> None:
        """Judge a batch: its loss is that of the weights before the step."""
        kl = float(step.kl.sum())
        self.loss = step.recon_loss + kl
        self.lowest = min(self.lowest, self.loss)
        error = (1.0 if kl > FAR_OUT_KL else FAR_OUT_ERROR) * self._error
        wild = step.recon_loss > error and self.loss > BLOWN_UP * self.lowest
        self._blown = self._blown + 1 if wild else 0
        self._calm = 0 if wild else self._calm + 1

    @property
    def is_calm(self) -> bool:
        """Whether the weights before the newest step can be gone back to."""
        return self._calm >= CALM

    @property
    def has_blown_up(self) -> bool:
        """Whether the weights are torn; nothing heals that, the run has to go back."""
        return self._blown >= BLOWN_STEPS
