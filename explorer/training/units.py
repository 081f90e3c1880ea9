"""Units in which a reconstruction can be told, each a function of its squared error.

It does not know where a number comes from, nor how it is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

FRAME_VALUES = 60 * 80 * 3
"""Of a picture of the program's own models."""


class Unit(NamedTuple):
    """A unit; `of` takes SSE per image (any shape) and the number of values in an image."""

    name: str  # in the list of units
    label: str  # with numbers
    of: Callable[[np.ndarray, int], np.ndarray]
    is_logarithmic: bool  # already, or may be negative: a logarithmic axis makes no sense
    better_up: bool
    tip: str


def sse(recon_loss: np.ndarray, values: int) -> np.ndarray:
    """The squared error summed over an image's values, which are in 0..1."""
    return np.asarray(recon_loss, np.float64)


def mse(recon_loss: np.ndarray, values: int) -> np.ndarray:
    """The mean squared error of a value in 0..1."""
    return sse(recon_loss, values) / values


def psnr(recon_loss: np.ndarray, values: int) -> np.ndarray:
    """Peak signal-to-noise ratio of the mean error, 10 log10(1 / MSE) dB; inf for no error.

    Of many images this is no more than the mean of their own ratios (Jensen), which
    `models.evaluate` gives.
    """
    with np.errstate(divide="ignore"):
        return -10 * np.log10(mse(recon_loss, values))


def nats(recon_loss: np.ndarray, values: int) -> np.ndarray:
    """-log p(x|z) of a Gaussian whose variance is the mean squared error, nats per image.

    D / 2 log(2 pi e MSE) with D values in 0..1: Rybkin et al. 2021, "Simple and Effective VAE
    Training with Calibrated Decoders" (arXiv 2006.13202), section 3.2. A density: it falls below 0.
    """
    with np.errstate(divide="ignore"):
        return values / 2 * np.log(2 * math.pi * math.e * mse(recon_loss, values))


def bits_per_dimension(recon_loss: np.ndarray, values: int) -> np.ndarray:
    """The same likelihood in bits for each of the values, of which there are 256 levels.

    nats / (D ln 2) + 8: a level is 1/256 wide, and log2(256) = 8 (Theis et al. 2016, arXiv
    1511.01844, section 3.1).
    """
    return nats(recon_loss, values) / (values * math.log(2)) + 8


class Look(NamedTuple):
    """How losses are to be drawn."""

    unit: Unit
    values: int  # in an image
    log: bool
    window: int  # batches to a mean; 1 for every batch as it is

    def recon_loss(self, recon_loss: np.ndarray) -> np.ndarray:
        """SSE per image in the unit."""
        return self.unit.of(recon_loss, self.values)


UNITS = (
    Unit("SSE / image", "SSE / image", sse, False, False, "Squared error summed over an image."),
    Unit("MSE / value", "MSE / value", mse, False, False, "Squared error of one value in 0 to 1."),
    Unit("PSNR, dB", "dB", psnr, True, True, "Peak signal-to-noise ratio: higher is better."),
    Unit(
        "nats / image",
        "nats / image",
        nats,
        True,
        False,
        "Negative log-likelihood under a decoder whose variance is the mean squared error: "
        "with the KL added, it is minus the ELBO.",
    ),
    Unit(
        "bits / dim",
        "bits / dim",
        bits_per_dimension,
        True,
        False,
        "The same likelihood in bits per value of 256 levels.",
    ),
)
