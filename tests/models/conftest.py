"""What the tests of the models share: real frames, a VAE small enough to train in a blink."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from models.carracing import ZOOM_STEPS, rollout
from models.dataset import Frames
from models.errors import InputError
from models.policy import Autopilot
from models.shards import Columns, Writer
from models.vae import VAE, VAEConfig
from tests.telemetry import telemetry

TRACKS = (7, 8, 9, 10)
FRAMES_EACH = 50


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Sharing out networks this small costs more than it saves."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """200 real frames, 50 of each of four drives one after the other; read-only."""
    frames = [
        seen.frame
        for track in TRACKS
        for seen in rollout(
            Autopilot(track), track, steps=ZOOM_STEPS + 4 * FRAMES_EACH, first=ZOOM_STEPS, every=4
        )
    ]
    made = np.stack(frames)
    made.flags.writeable = False
    return made


@pytest.fixture(scope="session")
def episode() -> np.ndarray:
    """The drive of each of the `pictures`."""
    return np.repeat(np.arange(len(TRACKS)), FRAMES_EACH)


@pytest.fixture
def frames(pictures, episode) -> Frames:
    return Frames([pictures], episode, name="real")


@pytest.fixture
def some(pictures):
    """Six real frames, all different."""
    return pictures[::35]


@pytest.fixture
def columns():
    """What is kept beside each of `some`: two drives of three frames."""
    told = [telemetry(51 + k, action=(0.1 * k, 1.0, 0.0), speed=10.0 + k) for k in range(6)]
    return Columns.of([(k // 3, told[k], 70 + k // 3) for k in range(6)])


@pytest.fixture
def folder(tmp_path, some, columns):
    """A dataset folder of `some` in two shards."""
    writer = Writer(tmp_path / "drives")
    writer.add("a", some[:4], Columns(*(column[:4] for column in columns)))
    writer.add("b", some[4:], Columns(*(column[4:] for column in columns)))
    return writer.folder


@pytest.fixture(scope="session")
def tiny() -> VAEConfig:
    return VAEConfig(latent_dim=4, channels=(4, 8, 8, 8))


@pytest.fixture
def vae(tiny) -> VAE:
    """A VAE of fixed random weights, made without touching the tests' own random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return VAE(tiny)


@pytest.fixture
def refused() -> Callable[..., str]:
    """Calls, and expects an InputError of one sentence that names `named`; gives the sentence."""

    def check(call: Callable[[], object], named: object) -> str:
        with pytest.raises(InputError) as caught:
            call()
        sentence = str(caught.value)
        assert str(named) in sentence
        assert sentence.endswith(".") and "\n" not in sentence
        assert "Traceback" not in sentence
        return sentence

    return check
