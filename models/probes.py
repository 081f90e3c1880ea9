"""The probes of all that the environment knows, fitted on the frames of a dataset.

It does not know how a probe is fitted, nor who reads by it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from models.dataset import Frames, spread
from models.errors import InputError
from models.observation import CURVATURE_AHEAD, Telemetry
from models.probe import Probe, fit
from models.shards import Columns

MOST_FRAMES = 2000  # that are encoded: about 2 s on a core
ALONG_ROAD = np.pi / 4
"""Largest heading error, radians, of a car that has the road before it: the picture shows 37 length
units ahead and 29 to each side."""
CLEAR_R2 = 0.05
"""From here on a latent says something about a quantity. Where whole episodes are dealt to others'
means, the best of 32 latents comes to 0.003 in 95 of 100 cases and never above 0.022 in 480."""


class Quantity(NamedTuple):
    """One number that the environment knows of a step, in columns and telemetry alike."""

    name: str
    unit: str  # m stands for a length unit of the environment
    field: str  # of Columns and Telemetry
    kind: Literal["road", "car", "motion"]  # what is on the road, in a frame, or in none
    part: int | None = None  # of the field

    def of(self, known: Columns | Telemetry) -> np.ndarray:
        """Of all frames (n,) or of the one step ()."""
        value = np.asarray(getattr(known, self.field), float)
        return value if self.part is None else value[..., self.part]

    def is_visible(self, known: Columns | Telemetry) -> np.ndarray:
        """Whether a frame can show it, of all frames (n,) or of the one step (): the road where the
        car has a wheel on it and points along it."""
        here = np.asarray(known.wheels_on_grass) < 4
        along = np.abs(np.asarray(known.heading_error, float)) <= ALONG_ROAD
        return here & along | (self.kind != "road")


QUANTITIES = (
    Quantity("lateral offset", "m", "offset", "road"),
    Quantity("heading error", "rad", "heading_error", "road"),
    *(
        Quantity(f"curvature {ahead:g} m", "1/m", "curvature", "road", part)
        for part, ahead in enumerate(CURVATURE_AHEAD)
    ),
    Quantity("wheels on grass", "", "wheels_on_grass", "car"),
    Quantity("steering", "rad", "steering", "car"),
    Quantity("speed", "m/s", "speed", "motion"),
    Quantity("yaw rate", "rad/s", "yaw_rate", "motion"),
)


class Fitted(NamedTuple):
    """A quantity's probe, and what it was fitted on."""

    quantity: Quantity
    probe: Probe | None
    frames: int
    low: float  # where 98 of 100 of these frames are, as far below 0 as above if it goes both ways
    high: float
    why: str = ""  # there is no probe


class Probes(NamedTuple):
    """All quantities in the order of QUANTITIES, and the frames that were encoded."""

    fitted: tuple[Fitted, ...]
    frames: int
    episodes: int
    tracks: int  # a single one: nothing tells what is read of another
    name: str  # of the frames

    def meanings(self) -> list[str]:
        """By latent, the quantity that it alone explains best, as `curvature 20 m, R² 0.81`; empty
        where that is nothing."""
        there = [one for one in self.fitted if one.probe is not None]
        if not there:
            return []
        alone = np.stack([one.probe.r2_alone for one in there])
        texts = []
        for best, r2 in zip(alone.argmax(0).tolist(), alone.max(0).tolist(), strict=True):
            clear = r2 >= CLEAR_R2
            texts.append(f"{there[best].quantity.name}, R² {r2:.2f}" if clear else "")
        return texts

    def csv(self) -> str:
        """A row each quantity, with weights and R² of every latent by itself."""
        there = [one for one in self.fitted if one.probe is not None]
        latents = range(len(there[0].probe.weights) if there else 0)
        head = ["quantity", "unit", "frames", "r2", "bias"]
        head += [f"weight_{i:02d}" for i in latents] + [f"r2_alone_{i:02d}" for i in latents]
        lines = [",".join(head)]
        for quantity, probe, frames, *_ in there:
            numbers = [probe.r2, probe.bias, *probe.weights.tolist(), *probe.r2_alone.tolist()]
            told = [quantity.name, quantity.unit, str(frames), *(f"{x:.9g}" for x in numbers)]
            lines.append(",".join(told))
        return "\n".join(lines) + "\n"


def sampled(frames: Frames) -> np.ndarray:
    """Indices of at most MOST_FRAMES to fit probes on, evenly spread.

    Raises InputError where telemetry or a second episode is missing.
    """
    if frames.columns is None:
        raise InputError(
            f"{frames.name}: these frames bring no telemetry: record a drive or collect frames."
        )
    chosen = spread(np.arange(len(frames)), MOST_FRAMES)
    if len(np.unique(frames.columns.episode[chosen])) < 2:
        raise InputError(
            f"{frames.name}: is one single episode, and probes are tested on others: press Restart "
            "once or twice while recording."
        )
    return chosen


def fit_all(mu: np.ndarray, columns: Columns, name: str) -> Probes:
    """A probe of each of QUANTITIES from means (n, latent_dim) of n frames of two episodes or more,
    and from what is known of those frames; `name` is theirs.

    Whole tracks are left out in turn, of which several episodes may be; of one track, episodes.
    """
    episodes, tracks = len(np.unique(columns.episode)), len(np.unique(columns.seed))
    group = columns.seed if tracks > 1 else columns.episode
    fitted = tuple(_fitted(quantity, mu, columns, group) for quantity in QUANTITIES)
    return Probes(fitted, len(mu), episodes, tracks, name)


def _fitted(quantity: Quantity, mu: np.ndarray, columns: Columns, group: np.ndarray) -> Fitted:
    seen = np.flatnonzero(quantity.is_visible(columns))
    group, values = group[seen], quantity.of(columns)[seen]
    if len(np.unique(group)) < 2:
        return Fitted(quantity, None, len(seen), 0.0, 0.0, "one drive only")
    if np.ptp(values) == 0:
        return Fitted(quantity, None, len(seen), values[0], values[0], "never varies")
    low, high = np.quantile(values, [0.01, 0.99]).tolist()
    if low < 0 < high:
        high = max(-low, high)
        low = -high
    return Fitted(quantity, fit(quantity.name, mu[seen], values, group), len(seen), low, high)
