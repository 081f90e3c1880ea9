"""Choosing a device: what is there is taken, what is not is said."""

from __future__ import annotations

import pytest
import torch

from models.device import DEVICES, describe, pick_device
from models.errors import InputError


def test_auto_is_always_a_device_of_this_machine():
    device = pick_device("auto")
    assert device.type in DEVICES
    assert torch.zeros(1, device=device).item() == 0
    assert describe(device)


def test_the_processor_is_always_there():
    assert pick_device("cpu") == torch.device("cpu")
    assert describe(torch.device("cpu")) == "CPU"


@pytest.mark.parametrize("kind", ["cuda", "mps", "abacus"])
def test_a_device_that_is_not_there_is_refused_by_name(monkeypatch, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=kind):
        pick_device(kind)
    assert pick_device("auto").type == "cpu"
