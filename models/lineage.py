"""What weights have been through since they were first drawn: earlier trainings and this one.

It does not know who trains, nor where it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from models.history import History, Step


class Lineage:
    """One training, with what came before it as a checkpoint's `training` tells it."""

    def __init__(self, past: Mapping[str, Any], curve: History | None = None):
        self.past = dict(past)
        self.curve = History.of(past) if curve is None else curve

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Lineage:
        """What `record` wrote down; raises KeyError, TypeError or ValueError."""
        return cls(dict(record["past"]), History.of(record["curve"]))

    def record(self) -> dict[str, Any]:
        """All of it, as plain values for JSON."""
        return {
            "past": self.past,
            "curve": self.curve.record() | {"since_test": list(self.curve.since_test)},
        }

    def add(self, step: Step, images: int) -> None:
        """Take note of a step of this training, after which it has seen `images` images."""
        steps, images = self._seen(step.step, images)
        self.curve.add(step._replace(step=steps), images)

    def told(self, config: Any, frames: Any, step: int, images: int) -> dict[str, Any]:
        """All that went into the weights after `step`, as a checkpoint's `training` tells it."""
        steps, images = self._seen(step, images)
        told = {"steps": steps, "images": images, "frames": len(frames), "data": frames.name}
        return asdict(config) | told | self.curve.until(steps).record()

    def _seen(self, step: int, images: int) -> tuple[int, int]:
        """Steps and images behind the weights, with those of before."""
        return self.past.get("steps", 0) + step, self.past.get("images", 0) + images
