"""Which steps of a training are in the current weights, and which weights still were sound.

It does not know who trains, nor the window.
"""

from __future__ import annotations

import math
from typing import Any

BLOWN_UP = 10.0  # times the lowest loss: what follows is a divergence, not a noisy batch
CALM = 50  # batches after one; between 1e12 and no number at all one came that looked sound


class Lineage:
    """One training as the window takes it in, with what came before it."""

    def __init__(self, past: Any, frames: Any, vae: Any, steps: int = 0, images: int = 0):
        self.frames = frames  # the Frames it learns from
        self.steps = steps  # of it that are in the current weights
        self._images = self._seen = images  # in the current weights; in all that was taken in
        self._past = past  # a models.lineage.Lineage
        self._lowest = math.inf  # loss
        self._calm = CALM  # batches since it was blown up
        # The newest weights before a blow-up, with their steps and images.
        self._sound = (vae, steps, images)

    def add(self, record: Any, batch_size: int, vae: Any) -> None:
        """Take note of a TrainStep that the current weights `vae` were shown."""
        self._seen += batch_size
        self._past.add(record, self._seen)
        loss = record.recon_loss + record.kl.sum()
        self._lowest = min(self._lowest, loss)
        # The loss is that of the weights before the step, so it speaks for earlier snapshots.
        self._calm = self._calm + 1 if loss < BLOWN_UP * self._lowest else 0
        if self._calm >= CALM:
            self._sound = vae, self.steps, self._images
        if record.snapshot is not None:
            self.steps, self._images = record.step, self._seen

    def fall_back(self) -> Any:
        """Go back to the newest weights before a blow-up, and give them."""
        vae, self.steps, self._images = self._sound
        return vae

    def forget(self) -> None:
        """Other weights take the place of those it led to, with a record of their own."""
        self.steps = self._images = 0

    def told(self, config: Any) -> dict[str, Any]:
        """All that went into the current weights, as a checkpoint's `training` tells it."""
        return self._past.told(config, self.frames, self.steps, self._images)
