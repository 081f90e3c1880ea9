"""What is known of frames before training begins: how many, how varied, how one-sided.

It does not know the network, nor what is made of the facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.dataset import Frames, spread
from models.split import HELD_OUT_FRAMES

if TYPE_CHECKING:
    from models.train import TrainConfig

LOOKED_AT = 1000  # training frames, evenly spread: the mean image moves by 1 % with 2000
BATCH = 100


class Facts(NamedTuple):
    """Of the frames of a run, as its model sees them."""

    training: int  # frames
    episodes: int  # that the training frames come from
    mean_image_error: float  # SSE per image of held-out frames against the mean training frame
    one_sidedness: float  # see `one_sidedness`


def facts(frames: Frames, config: TrainConfig, shape: tuple[int, int, int]) -> Facts:
    """What there is to know of frames that are split by `config` and brought to `shape`."""
    training, held_out = frames.split(config.held_out)
    sized = frames.sized(shape)
    mean, variance = _moments(sized, spread(training, LOOKED_AT))
    unseen = sized.take(spread(held_out, HELD_OUT_FRAMES)) / np.float32(255)
    error = float(np.square(unseen - mean).sum((1, 2, 3)).mean())
    episodes = len(np.unique(frames.episode[training]))
    return Facts(len(training), episodes, error, one_sidedness(mean, variance))


def one_sidedness(mean: np.ndarray, variance: float) -> float:
    """The squared difference of the mean image and its mirror image, as a share of the variance.

    `mean` is (H, W, 3); `variance` that of the frames around it, SSE per image. Frames and their
    mirror images together have 0, a still has more than any number.
    """
    energy = float(np.square(mean - mean[:, ::-1]).sum())
    return energy / max(variance, 1e-9)


def _moments(frames: Frames, indices: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean frame (H, W, 3) in 0..1 and the mean squared distance from it, SSE per image."""
    total, squares = np.zeros(frames.shape), 0.0
    for first in range(0, len(indices), BATCH):
        values = frames.take(indices[first : first + BATCH]) / np.float32(255)
        total += values.sum(0, dtype=float)
        squares += float(np.square(values).sum(dtype=float))
    count = max(len(indices), 1)
    mean = total / count
    return mean, max(squares / count - float(np.square(mean).sum()), 0.0)
