"""What the person at the wheel wants, as one value; it does not know the car or the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.observation import Action

if TYPE_CHECKING:
    from models.recorder import Recorder


class Controls(NamedTuple):
    """Replaced by assignment, never written into; the drive reads it anew at each step."""

    action: Action = (0.0, 0.0, 0.0)
    autopilot: bool = False
    restarts: int = 0  # a change starts the track again
    view_size: tuple[int, int] = (640, 480)  # of the picture for the person, (width, height)
    recorder: Recorder | None = None  # takes every frame while it is set
