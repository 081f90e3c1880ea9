"""The gamepad, by SDL's own virtual one; only faults of the library are acted."""

from __future__ import annotations

import ctypes
import os

import pygame
import pytest
from pygame._sdl2 import controller

from models import gamepad
from models.gamepad import LOOK_EVERY, Gamepad

STICK, BRAKE, GAS = (
    pygame.CONTROLLER_AXIS_LEFTX,
    pygame.CONTROLLER_AXIS_TRIGGERLEFT,
    pygame.CONTROLLER_AXIS_TRIGGERRIGHT,
)
AT_REST = {STICK: 0, BRAKE: -32768, GAS: -32768}


@pytest.fixture
def pad():
    made = Gamepad()
    yield made
    made.close()


@pytest.fixture
def sdl():
    """SDL itself, the very one that pygame has loaded."""
    library = ctypes.CDLL(pygame.base.__file__)
    if not hasattr(library, "SDL_JoystickAttachVirtual"):
        pytest.skip("SDL cannot be reached through pygame here")
    library.SDL_JoystickOpen.restype = ctypes.c_void_p
    library.SDL_JoystickSetVirtualAxis.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int16]
    return library


class Virtual:
    """A gamepad of six axes and fifteen buttons, as the common ones are."""

    def __init__(self, sdl):
        self._sdl = sdl
        self._index = sdl.SDL_JoystickAttachVirtual(1, 6, 15, 0)
        assert self._index >= 0
        self._device = sdl.SDL_JoystickOpen(self._index)

    def move(self, **axes):
        named = {"stick": STICK, "brake": BRAKE, "gas": GAS}
        for axis, value in (AT_REST | {named[name]: v for name, v in axes.items()}).items():
            self._sdl.SDL_JoystickSetVirtualAxis(self._device, axis, value)

    def unplug(self):
        assert self._sdl.SDL_JoystickDetachVirtual(self._index) == 0


def read_until_found(pad):
    return [pad.read() for _ in range(LOOK_EVERY + 1)][-1]


def plugged_in(pad, sdl):
    """A virtual gamepad at rest that `pad` has found; SDL must have begun before."""
    pad.read()
    virtual = Virtual(sdl)
    virtual.move()
    assert read_until_found(pad) is None
    return virtual


def test_without_one_nothing_is_wished_and_the_system_is_hardly_asked(pad, monkeypatch):
    asked = []
    monkeypatch.setattr(gamepad.controller, "get_count", lambda: asked.append(1) or 0)
    assert {pad.read() for _ in range(10 * LOOK_EVERY)} == {None}
    assert len(asked) == 10


def test_the_stick_steers_and_the_triggers_are_gas_and_brake(pad, sdl):
    virtual = plugged_in(pad, sdl)
    virtual.move(stick=-32768, gas=32767)
    assert pad.read() == (-1.0, 1.0, 0.0)
    virtual.move(stick=32767, brake=0)
    steer, gas, brake = pad.read()
    assert (steer, gas) == (1.0, 0.0)
    assert brake == pytest.approx((0.5 - 0.05) / 0.95, abs=0.001)
    virtual.move(stick=16384)
    assert pad.read() == (pytest.approx((0.5 - 0.12) / 0.88, abs=0.001), 0.0, 0.0)


def test_at_rest_it_wishes_nothing_also_a_little_off_its_centre(pad, sdl):
    virtual = plugged_in(pad, sdl)
    virtual.move(stick=3000, gas=-31000)
    assert pad.read() is None


def test_a_trigger_that_was_never_let_go_is_not_half_down(pad, sdl):
    pad.read()
    virtual = Virtual(sdl)
    virtual.move(gas=0)  # the middle of its way, as some say until they are moved
    assert read_until_found(pad) is None
    virtual.move(gas=32767)
    assert pad.read() is None
    virtual.move()
    pad.read()
    virtual.move(gas=32767)
    assert pad.read() == (0.0, 1.0, 0.0)


def test_one_that_is_unplugged_lets_go_and_may_come_back(pad, sdl):
    virtual = plugged_in(pad, sdl)
    virtual.move(stick=32767)
    assert pad.read() == (1.0, 0.0, 0.0)
    virtual.unplug()
    assert pad.read() is None
    again = Virtual(sdl)
    again.move(stick=-32768)
    assert read_until_found(pad) == (-1.0, 0.0, 0.0)


def test_a_second_drive_finds_it_too(sdl):
    for _ in range(2):
        pad = Gamepad()
        virtual = plugged_in(pad, sdl)
        virtual.move(gas=32767)
        assert pad.read() == (0.0, 1.0, 0.0)
        virtual.unplug()
        pad.close()


@pytest.mark.parametrize(
    ("module", "name"), [(pygame.display, "init"), (controller, "init"), (pygame.event, "clear")]
)
def test_a_fault_of_the_library_is_no_gamepad(pad, monkeypatch, module, name):
    def fail(*args):
        raise pygame.error("no driver")

    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail)
        assert pad.read() is None
    assert {pad.read() for _ in range(2 * LOOK_EVERY)} == {None}
    pad.close()


def test_other_programs_keep_their_screen(pad, monkeypatch):
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    pad.read()
    assert "SDL_VIDEODRIVER" not in os.environ
    pad.close()
    monkeypatch.setenv("SDL_VIDEODRIVER", "offscreen")
    pad = Gamepad()
    pad.read()
    assert os.environ["SDL_VIDEODRIVER"] == "offscreen"
    assert pygame.display.get_driver() == "dummy" and pygame.display.get_surface() is None
    pad.close()
