"""What the person at the wheel wants, as one value; it does not know the car or the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from models.observation import Action

if TYPE_CHECKING:
    from models.recorder import Recorder
    from models.replay import Replay


class Controls(NamedTuple):
    """Replaced by assignment, never written into; the drive reads it anew at each step."""

    mode: Literal["you", "autopilot", "replay"] = "you"  # a change never resets the track
    action: Action = (0.0, 0.0, 0.0)  # of the person's keys
    seed: int = 0  # of the track; another one is another track
    domain_randomize: bool = False  # the same road in other colours
    restarts: int = 0  # a change starts the track again
    replay: Replay | None = (
        None  # for the mode of that name; None: you drive, another: it goes there
    )
    view_size: tuple[int, int] = (640, 480)  # of the picture for the person, (width, height)
    sampled: bool = False  # decode a sample of the posterior, not its mean
    goggles: bool = False  # the picture for the person is the reconstruction
    recorder: Recorder | None = None  # takes every frame while it is set
