"""What crosses from the models to the window: frozen records of numpy arrays.

It does not know torch, nor which environment the pictures come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from models.laps import Lap

Action = tuple[float, float, float]
"""(steer -1..1, gas 0..1, brake 0..1); steering is negative to the left."""


ACTIVE_NATS = 0.1
"""A latent whose mean KL is not above this says nothing about the frame."""


class Posterior(NamedTuple):
    """q(z|x) = N(mu, diag(sigma^2)) of one frame: mu and sigma are (latent_dim,) float32."""

    mu: np.ndarray
    sigma: np.ndarray

    @property
    def kl(self) -> np.ndarray:
        """KL(q(z|x) || N(0, I)) per latent, nats (Kingma and Welling 2014, app. B)."""
        variance = self.sigma**2
        return 0.5 * (self.mu**2 + variance - 1 - np.log(variance))


CURVATURE_AHEAD = (10.0, 20.0, 40.0)
"""Length units of the environment, some of a metre each."""


class Telemetry(NamedTuple):
    """What the environment knows after a step and no single frame shows."""

    step: int  # 1/50 s each
    speed: float  # length units of the environment per second; the road is 13.3 wide
    action: Action  # as it was applied
    score: float | None  # sum of rewards; None in a recording, which keeps no count, as below
    tiles: int | None  # of the track that were visited
    track_tiles: int | None  # of the whole track
    on_grass: bool  # no wheel touches the road
    wheels_on_grass: int  # 0..4
    yaw_rate: float  # radians per second, positive to the right, as all below
    steering: float  # of the front wheels, radians; it follows the action with a delay
    offset: float  # from the road's centre line, length units
    heading_error: float  # radians between the car's direction and the road's
    curvature: tuple[float, float, float]  # 1 / radius of the road CURVATURE_AHEAD of the car


LEFT, RESTARTED = "left the field", "restarted"
"""Why a drive begins anew, other than by a lap."""


class Observation(NamedTuple):
    """One step of a drive; what follows `input` is None until a VAE has seen the frame."""

    frame: np.ndarray  # uint8 RGB by our own recipe, or as it was brought; what is recorded
    view: np.ndarray | None  # the same scene for the person, larger; with `goggles` of `recon`
    reward: float | None  # None in a recording
    telemetry: Telemetry | None
    input: np.ndarray | None = None  # the frame by the recipe of the VAE; what it sees
    posterior: Posterior | None = None
    recon: np.ndarray | None = None  # as large as `input`, uint8, the decoded mean or a sample
    error: float | None = None  # squared error of `recon` in 0..1, summed over all values
    lap: bool = False  # with this step the car has come round
    goggles: bool = False
    begun: str = ""  # with an episode's first step: LEFT, RESTARTED, or nothing
    passed: bool = False  # the start, with more than half of the tiles but too few for a lap
    place: int | None = None  # in a recording, whose frame this is; None for a live one
    newest_lap: Lap | None = None  # of this drive; told with each frame, as frames may be missed


class Eye(Protocol):
    """What `perceive` needs of a VAE."""

    def see(self, frames: np.ndarray) -> np.ndarray: ...

    def posterior(self, frames: np.ndarray) -> Posterior: ...

    def image(self, z: np.ndarray) -> np.ndarray: ...


def perceive(
    observation: Observation, vae: Eye, rng: np.random.Generator | None = None
) -> Observation:
    """The same observation with what the VAE sees, its posterior, and its mean decoded.

    With `rng` a sample of the posterior is decoded instead.
    """
    made = observation.frame if observation.input is None else observation.input
    seen = vae.see(made)  # one made for another VAE, which was replaced just now, is brought along
    posterior = vae.posterior(seen)
    z = posterior.mu
    if rng is not None:
        z = z + posterior.sigma * rng.standard_normal(z.shape, np.float32)
    recon = vae.image(z)
    difference = (seen.astype(np.float32) - recon) / 255
    error = float(np.square(difference).sum())
    return observation._replace(input=seen, posterior=posterior, recon=recon, error=error)
