"""What the window asks about one z or a way through several, and the parts of the answer.

It does not know who computes them.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

Part = Literal["picture", "difference", "sensitivity", "round trip", "effects", "ends"]
"""In the order in which they come."""


class Wishes(NamedTuple):
    """What is wanted beside the picture; None where it is not."""

    direction: np.ndarray | None = None  # (latent_dim,) of the sensitivity, in z
    other: np.ndarray | None = None  # (latent_dim,) whose picture the present one is taken from
    moves: np.ndarray | None = None  # (n, latent_dim) of the effects and ends, in z
    reach: float = 2.0  # how many moves away the ends are


JUST_THE_PICTURE = Wishes()


class Question(NamedTuple):
    """One z (latent_dim,) and what is to be known about it.

    An answer about another z is still of use where `subject`, whatever that is, is the same.
    """

    z: np.ndarray
    wishes: Wishes = JUST_THE_PICTURE
    subject: Any = None
    passing: bool = False  # another z comes at once: what is costly waits until none does
    shown: bool = False  # and so does the picture, which is there already


class Answer(NamedTuple):
    """One part.

    `picture` (H, W, 3) uint8; `difference` and `sensitivity` (H, W) float32 in -255..255;
    `round trip` a models.sensitivity.RoundTrip; `effects` (n,) float32; `ends` (n, 2, H, W, 3)
    uint8, `reach` moves below and above z.
    """

    question: Question
    part: Part
    value: Any


class SheetQuestion(NamedTuple):
    """Which traversals are wanted, around one z (latent_dim,)."""

    z: np.ndarray
    principal: bool  # along the principal axes, not the latents
    kl: np.ndarray  # (latent_dim,) nats: how many rows there are, and in which order
    aggregate: Any  # models.aggregate.Aggregate: how far they go


class Sheet(NamedTuple):
    """n traversals of as many steps, the active latents first."""

    question: SheetQuestion
    labels: list[str]  # of the rows: a name, and a line on what it carries
    k: np.ndarray  # (steps,) standard deviations of the data from z
    points: np.ndarray  # (n, steps, latent_dim) float32, the z of each picture
    values: np.ndarray  # (n, steps) the coordinate that moves
    pictures: np.ndarray  # (n, steps, H, W, 3) uint8
    seconds: float  # that it took


class Exposure(NamedTuple):
    """What is to be decoded of one snapshot, to be compared with the others of its film."""

    film: Any  # explorer.training.film.Film that the Shot is for; None for nobody's
    step: int | None  # of the weights; None for a model that is not being trained
    frames: np.ndarray  # (n, H, W, 3) uint8, held out
    z: np.ndarray  # (n, latent_dim) float32, samples of the prior
    latent: int | None  # that the traversal moves; None for no traversal


class Way(NamedTuple):
    """A way through keyframes, with what makes it again."""

    keyframes: np.ndarray  # (k, latent_dim) float32
    z: np.ndarray  # (n, latent_dim) float32
    steps: int  # from one keyframe to the next
    how: str  # models.path.Interpolation
    loop: bool


class WayAnswer(NamedTuple):
    """One part: `keyframes` are (k, H, W, 3) uint8, `kl` is (n,) nats of encode(decode(z))."""

    way: Way
    part: Literal["keyframes", "kl"]
    value: np.ndarray


class Cloud(NamedTuple):
    """Where in the latent space some of the open frames are."""

    frames: Any  # models.dataset.Frames
    vae: Any  # that has encoded them
    indices: np.ndarray  # (n,) which frames
    mu: np.ndarray  # (n, latent_dim) float32
    seconds: float  # that it took
