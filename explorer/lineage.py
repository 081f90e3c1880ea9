"""What the weights of a training have been through, since they were first drawn.

It does not know who trains, nor the window.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

BLOWN_UP = 10.0  # times the lowest loss: what follows is a divergence, not a noisy batch
CALM = 50  # batches after one; between 1e12 and no number at all one came that looked sound


class Lineage:
    """One training: what came before it, and how many of its steps are in the current weights."""

    def __init__(self, past: dict[str, Any], curve: Any, frames: Any, vae: Any):
        self.frames = frames  # the Frames it learns from
        self.steps = 0  # of it that are in the current weights
        self._past = past  # as a checkpoint's `training` tells it
        self._curve = curve  # a models.history.History
        self._lowest = math.inf  # loss
        self._calm = CALM  # batches since it was blown up
        # The newest weights, and their steps, before a blow-up.
        self.sound: tuple[Any, int] = (vae, 0)

    def add(self, record: Any, batch_size: int, vae: Any) -> None:
        """Take note of a TrainStep that the current weights `vae` were shown."""
        steps, images = self._seen(record.step, batch_size)
        self._curve.add(record._replace(step=steps), images)
        loss = record.recon_loss + record.kl.sum()
        self._lowest = min(self._lowest, loss)
        # The loss is that of the weights before the step, so it speaks for earlier snapshots.
        self._calm = self._calm + 1 if loss < BLOWN_UP * self._lowest else 0
        if self._calm >= CALM:
            self.sound = vae, self.steps
        if record.snapshot is not None:
            self.steps = record.step

    def told(self, config: Any) -> dict[str, Any]:
        """All that went into the current weights, as a checkpoint's `training` tells it."""
        steps, images = self._seen(self.steps, config.batch_size)
        told = {
            "steps": steps,
            "images": images,
            "frames": len(self.frames),
            "data": self.frames.name,
        }
        return asdict(config) | told | self._curve.until(steps).record()

    def _seen(self, steps: int, batch_size: int) -> tuple[int, int]:
        """Steps and images behind the weights `steps` into this training."""
        past = self._past
        return past.get("steps", 0) + steps, past.get("images", 0) + steps * batch_size
