"""What the current weights have been through: the part of a run that they were shown, and before.

It does not know who trains, nor the window.
"""

from __future__ import annotations

from typing import Any


class Learned:
    """One run as the window takes it in, with what came before it."""

    def __init__(self, past: Any, frames: Any, steps: int = 0, images: int = 0):
        self.frames = frames  # the Frames it learns from
        self.steps = steps  # of it that are in the current weights
        self._images = self._seen = images  # in the current weights; in all that was taken in
        self._past = past  # a models.lineage.Lineage

    def add(self, record: Any, batch_size: int) -> None:
        """Take note of a TrainStep, whose snapshot becomes the current weights."""
        self._seen += batch_size
        self._past.add(record, self._seen)
        if record.snapshot is not None:
            # The last one may be of the best weights, which are some steps old.
            images = self._seen - batch_size * (record.step - record.snapshot_step)
            self.go_back(record.snapshot_step, images)

    def go_back(self, steps: int, images: int) -> None:
        """The weights after so many steps and images of it are the current ones."""
        self.steps, self._images = steps, images

    def forget(self) -> None:
        """Other weights take the place of those it led to, with a record of their own."""
        self.go_back(0, 0)

    def told(self, config: Any) -> dict[str, Any]:
        """All that went into the current weights, as a checkpoint's `training` tells it."""
        return self._past.told(config, self.frames, self.steps, self._images)
