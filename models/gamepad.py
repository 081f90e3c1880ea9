"""A gamepad, read without a window: the left stick steers, the triggers are gas and brake.

It does not know the car, nor what the keys say meanwhile.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import pygame
from pygame._sdl2 import controller

from models.observation import Action

LOOK_EVERY = 50  # reads between two looks for a gamepad, while there is none
DEAD_ZONE = 0.12  # of the stick; an old one rests as far from its centre
TRIGGER_DEAD_ZONE = 0.05
_FULL = 32767


class Gamepad:
    """The first one that is connected, by SDL's table of what each of them calls its parts.

    Made, read and closed by one thread. A fault of the library is as good as no gamepad.
    """

    def __init__(self) -> None:
        self._begun = False
        self._faulty = False
        self._device: Any = None
        self._let_go: set[int] = set()  # triggers; before they are moved some claim to be half down
        self._reads = 0

    def read(self) -> Action | None:
        """What is wished by it; None where none is connected or nobody touches it."""
        if self._faulty:
            return None
        try:
            return self._read()
        except Exception:  # nobody looks here for what a driver of the system may raise
            self._faulty = True
            return None

    def close(self) -> None:
        """Let go of the device."""
        self._device = None
        if self._begun:
            self._begun = False
            with suppress(Exception):  # what may be said at the end helps nobody
                controller.quit()
                pygame.display.quit()

    def _read(self) -> Action | None:
        if self._device is None:
            looking = self._reads % LOOK_EVERY == 0
            self._reads += 1
            if not looking or not self._find():
                return None
        pygame.event.clear()  # asks the devices too
        if not self._device.attached():
            self._device, self._reads = None, 1
            return None
        action = (
            _beyond(self._device.get_axis(pygame.CONTROLLER_AXIS_LEFTX) / _FULL, DEAD_ZONE),
            self._trigger(pygame.CONTROLLER_AXIS_TRIGGERRIGHT),
            self._trigger(pygame.CONTROLLER_AXIS_TRIGGERLEFT),
        )
        return action if any(action) else None

    def _find(self) -> bool:
        self._begin()
        pygame.event.clear()
        for index in range(controller.get_count()):
            if controller.is_controller(index):
                self._device = controller.Controller(index)
                self._let_go.clear()
                return True
        return False

    def _begin(self) -> None:
        if self._begun:
            return
        # SDL asks its devices only along with a screen's events. The window is not SDL's, so it
        # gets a screen that is none; other programs that are started from here must not.
        before = os.environ.get("SDL_VIDEODRIVER")
        os.environ["SDL_VIDEODRIVER"] = "dummy"
        try:
            self._begun = True
            pygame.display.init()
            controller.init()
        finally:
            if before is None:
                del os.environ["SDL_VIDEODRIVER"]
            else:
                os.environ["SDL_VIDEODRIVER"] = before

    def _trigger(self, axis: int) -> float:
        pressed = _beyond(self._device.get_axis(axis) / _FULL, TRIGGER_DEAD_ZONE)
        if not pressed:
            self._let_go.add(axis)
        return pressed if axis in self._let_go else 0.0


def _beyond(value: float, dead_zone: float) -> float:
    """-1..1 with nothing up to the dead zone, and no jump at its edge."""
    size = (abs(value) - dead_zone) / (1 - dead_zone)
    if size <= 0:
        return 0.0
    return min(size, 1.0) if value > 0 else -min(size, 1.0)
