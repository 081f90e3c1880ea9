"""How a model came about: the commands that trained it, and the curve of its losses, thinned.

It does not know how a step works or where it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

POINTS = 500  # of a curve; some 20 kB in a checkpoint, and more than a plot has columns


class Losses(Protocol):
    """The objective's parts, as `train` yields them."""

    recon_loss: float
    kl: np.ndarray


class Step(Losses, Protocol):
    """What is read of a TrainStep."""

    step: int
    held_out: Losses | None


class Point(NamedTuple):
    """One test on held-out frames; losses as SSE and nats per image."""

    step: int
    images: int
    recon_loss: float  # mean over the batches since the test before it
    kl: float
    held_out_recon_loss: float
    held_out_kl: float


class History:
    """The commands of a run and at most POINTS of its tests, from the first to the last."""

    def __init__(self, commands: list[str] | None = None, points: list[Point] | None = None):
        self.commands = commands or []
        self.points = points or []
        self.since_test: list[tuple[float, float]] = []  # recon_loss and kl of each batch

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> History:
        """The history that `record` wrote down, an empty one where it did not.

        Raises KeyError, TypeError or ValueError where it is another thing.
        """
        record = dict(record)
        curve = record.get("curve") or {name: [] for name in Point._fields}
        columns = [np.array(curve[name], float).tolist() for name in Point._fields]
        if not np.isfinite(columns).all():
            raise ValueError("its curve holds numbers that are not finite")
        rows = zip(*columns, strict=True)
        points = [Point(int(step), int(images), *losses) for step, images, *losses in rows]
        history = cls([str(line) for line in record.get("commands", [])], points)
        history.since_test = [(float(loss), float(kl)) for loss, kl in record.get("since_test", [])]
        return history

    def record(self) -> dict[str, Any]:
        """The commands and the curve's columns by name, as plain lists for JSON."""
        columns = zip(*self.points, strict=True)
        curve = dict(zip(Point._fields, map(list, columns), strict=True)) if self.points else {}
        return {"commands": list(self.commands), "curve": curve}

    def until(self, step: int) -> History:
        """The part of it that led to the weights after `step`."""
        return History(self.commands, [point for point in self.points if point.step <= step])

    def add(self, step: Step, images: int) -> None:
        """Take note of a training step, after which the run has seen `images` images."""
        self.since_test.append((step.recon_loss, float(step.kl.sum())))
        if step.held_out is None:
            return
        tested = (step.held_out.recon_loss, float(step.held_out.kl.sum()))
        losses = (round(float(loss), 4) for loss in (*np.mean(self.since_test, 0), *tested))
        self.since_test.clear()
        # The newest point stands for now, until one comes that is as far on as the others are
        # from each other.
        if len(self.points) > 2 and self._gap(-1) < self._gap(1):
            self.points.pop()
        self.points.append(Point(step.step, images, *losses))
        if len(self.points) > POINTS:
            self.points = [*self.points[:-1:2], self.points[-1]]

    def _gap(self, index: int) -> int:
        return self.points[index].step - self.points[index - 1].step
