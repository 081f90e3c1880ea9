"""How the numbers of a run move with its step: the KL's weight, floor and capacity, learning rate.

It does not know what a step does with them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.train import TrainConfig

KL_WARM_UPS = ("none", "linear", "cyclical")
SCHEDULES = ("cosine", "constant")
FLOOR_MOVES = 0.6  # of the run's part after kl_floor_hold; the rest is for fine work


def kl_weight_at(config: TrainConfig, step: int) -> float:
    """The weight of the KL at a step: beta, or 1 where the likelihood is calibrated, warmed up.

    Linear: it rises from zero over kl_warm_up_steps and stays (Bowman et al. 2016, arXiv
    1511.06349). Cyclical: it does so in the first half of every kl_warm_up_steps, and stays for
    the second half (Fu et al. 2019, arXiv 1903.10145, with R = 0.5).
    """
    whole = 1.0 if config.calibrated else config.beta
    if config.kl_warm_up == "none":
        return whole
    length = max(config.kl_warm_up_steps, 1)
    cyclical = config.kl_warm_up == "cyclical"
    risen = 2 * (step % length) / length if cyclical else step / length
    return whole * min(risen, 1.0)


def kl_floor_at(config: TrainConfig, progress: float) -> float:
    """The floor on the image's KL, nats, when `progress` of the run is done.

    A run that begins with a rate to spare finds what a tight one never does: at 16 nats from the
    start the grass stays blank for hours. A KL warm-up does alike, but has no rate to arrive at.
    """
    if config.kl_floor_from is None:
        return config.kl_floor
    hold = config.kl_floor_hold
    moved = (progress - hold) / (FLOOR_MOVES * (1 - hold))
    return config.kl_floor_from + min(max(moved, 0.0), 1.0) * (
        config.kl_floor - config.kl_floor_from
    )


def capacity_at(config: TrainConfig, step: int) -> float:
    """The nats that the image's KL is pulled to; they rise linearly from zero.

    Burgess et al. 2018 (arXiv 1804.03599), eq. 8.
    """
    return config.capacity * min(step / max(config.capacity_steps, 1), 1.0)


def learning_rate_at(config: TrainConfig, progress: float, step: int) -> float:
    """The learning rate of a step: up a line for warm_up steps, down a cosine to the run's end.

    The cosine is that of Loshchilov and Hutter 2017 (arXiv 1608.03983), without restarts.
    """
    rise = min(1.0, (step + 1) / max(config.warm_up, 1))
    if config.schedule == "constant":
        return config.learning_rate * rise
    return config.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
