"""A recording played in place of the live scene, frame by frame.

It does not know at what pace, nor what a VAE makes of it.
"""

from __future__ import annotations

from typing import NamedTuple

from models.observation import Observation
from models.recording import Recording


class Replay(NamedTuple):
    """A wish to see a recording; another object, even if equal, is another wish."""

    recording: Recording
    start: int = 0  # the place to go to


class Player:
    """Goes on where it was until another Replay is wished."""

    def __init__(self) -> None:
        self.rests = False  # it has come to the end, and shows the last frame again
        self._replay: Replay | None = None
        self._place = 0

    def step(self, replay: Replay) -> Observation:
        """The next frame; at the recording's end its last one, ever again."""
        last = len(replay.recording) - 1
        if replay is not self._replay:
            self._replay, self._place, self.rests = replay, min(max(0, replay.start), last), False
        else:
            self.rests = self._place == last
            self._place = min(self._place + 1, last)
        recording = replay.recording
        return Observation(
            frame=recording.frame(self._place),
            view=None,
            reward=None,
            telemetry=recording.telemetry(self._place),
            place=self._place,
        )
