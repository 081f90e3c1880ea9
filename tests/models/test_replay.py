"""A replay in place of the drive: byte-equal to it, at its pace, and the drive goes on after."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from models import drive, recording
from models.carracing import ZOOM_STEPS, Scene
from models.frame import WORLD_MODELS_RECIPE, enlarged
from models.recorder import Recorder
from models.replay import Replay
from models.shards import Columns, Writer
from models.vae import VAE, VAEConfig
from tests.models.driving import Clock, Person, as_kept, steps_of
from tests.telemetry import telemetry

FRAMES = 8


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(drive, "time", made)
    return made


def driven(folder, seeds=(3, 3, 4)):
    """A drive that is recorded over restarts and another track, and what was seen of it."""
    person = Person(mode="autopilot", view_size=(4, 3), recorder=Recorder(folder))
    driving = person.drive()
    seen = []
    for number, seed in enumerate(seeds):
        person.wish(seed=seed, restarts=number)
        seen += list(islice(driving, ZOOM_STEPS + FRAMES))[ZOOM_STEPS:]
    driving.close()
    return seen


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """A recording and what was seen while it was made."""
    folder = tmp_path_factory.mktemp("taken") / "drive"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drive, "time", Clock())
        seen = driven(folder)
    return recording.open(folder), seen


@pytest.fixture
def tape(taken):
    return taken[0]


def replaying(tape, start=0, **wishes):
    return Person(
        **{"mode": "replay", "replay": Replay(tape, start), "view_size": (64, 48)} | wishes
    )


def places_of(observations):
    return [seen.place for seen in observations]


def test_a_replay_is_byte_equal_to_the_drive(taken):
    tape, live = taken
    replayed = list(islice(replaying(tape).drive(), len(tape)))
    assert len(live) == len(replayed) == 3 * FRAMES
    for one, other in zip(live, replayed, strict=True):
        np.testing.assert_array_equal(other.frame, one.frame)
        assert other.telemetry == as_kept(one.telemetry)
        assert (other.reward, other.lap, other.posterior) == (None, False, None)
    assert places_of(replayed) == list(range(len(tape)))
    assert tape.columns.episode.tolist() == [0] * FRAMES + [1] * FRAMES + [2] * FRAMES
    assert tape.columns.seed.tolist() == [3] * 2 * FRAMES + [4] * FRAMES


def test_no_scene_is_made_for_it(tape, monkeypatch):
    monkeypatch.setattr(Scene, "__init__", lambda scene: 1 / 0)
    assert places_of(islice(replaying(tape).drive(), 3)) == [0, 1, 2]


def test_fifty_frames_a_second_and_the_last_one_ten_times(tape, clock):
    driving = replaying(tape, len(tape) - 5).drive()
    times = []
    for _ in islice(driving, 8):
        times.append(clock.now)
    assert np.diff(times) == pytest.approx([0.02] * 4 + [0.1] * 3)


@pytest.mark.parametrize(("apart", "seconds"), [(3, 0.06), (5, 0.1), (40, 0.1)])
def test_frames_that_were_kept_seldom_are_played_as_slowly(tmp_path, some, clock, apart, seconds):
    rows = [(0, telemetry(51 + apart * k), 7) for k in range(6)]
    Writer(tmp_path / "drive").add("shard-00000", some, Columns.of(rows))
    times = []
    for _ in islice(replaying(recording.open(tmp_path / "drive")).drive(), 4):
        times.append(clock.now)
    assert np.diff(times) == pytest.approx([seconds] * 3)


def test_at_its_end_the_last_frame_stays_until_another_is_wished(tape):
    person = replaying(tape, len(tape) - 2)
    driving = person.drive()
    last = len(tape) - 1
    assert places_of(islice(driving, 4)) == [last - 1, last, last, last]
    person.wish(replay=Replay(tape, 5))
    assert places_of(islice(driving, 2)) == [5, 6]
    person.wish(replay=Replay(tape, 5))  # equal, and yet another wish
    assert next(driving).place == 5


@pytest.mark.parametrize(("start", "shown"), [(-3, 0), (10_000, 3 * FRAMES - 1)])
def test_a_place_outside_is_the_nearest_inside(tape, start, shown):
    assert next(replaying(tape, start).drive()).place == shown


def test_the_drive_waits_meanwhile_and_goes_on_where_it_was(tape):
    def steps(replays):
        person = Person(action=(1.0, 1.0, 0.0), view_size=(4, 3))
        driving = person.drive()
        seen = list(islice(driving, 5))
        if replays:
            person.wish(mode="replay", replay=Replay(tape, 2))
            assert places_of(islice(driving, 3)) == [2, 3, 4]
            person.wish(mode="you")
        seen += islice(driving, 5)
        if replays:
            person.wish(mode="replay")
            assert places_of(islice(driving, 2)) == [5, 6]  # on where it was, too
        return seen

    plain, interrupted = steps(False), steps(True)
    assert steps_of(interrupted) == list(range(1, 11))
    assert [seen.telemetry for seen in interrupted] == [seen.telemetry for seen in plain]
    for one, other in zip(plain, interrupted, strict=True):
        np.testing.assert_array_equal(one.frame, other.frame)


def test_what_is_replayed_is_not_recorded(tape, tmp_path):
    recorder = Recorder(tmp_path / "drive")
    person = Person(action=(0.0, 0.3, 0.0), view_size=(4, 3), recorder=recorder)
    driving = person.drive()
    live = list(islice(driving, ZOOM_STEPS + 3))[ZOOM_STEPS:]
    person.wish(mode="replay", replay=Replay(tape))
    list(islice(driving, 5))
    person.wish(mode="you")
    live += islice(driving, 3)
    driving.close()
    kept = recording.open(recorder.folder)
    assert len(kept) == 6 and set(kept.columns.episode) == {0}
    for place, seen in enumerate(live):
        np.testing.assert_array_equal(kept.frame(place), seen.frame)


def test_the_model_of_the_moment_sees_it(tape, vae):
    person = replaying(tape)
    driving = person.drive()
    plain = next(driving)
    np.testing.assert_array_equal(plain.view, enlarged(plain.frame, (64, 48), 4 / 3))
    person.vae = vae
    seen = next(driving)
    np.testing.assert_array_equal(seen.posterior.mu, vae.posterior(tape.frame(1)).mu)
    np.testing.assert_array_equal(seen.recon, vae.image(seen.posterior.mu))
    person.vae = theirs = VAE(VAEConfig(4, 64, 64, channels=(4, 8), recipe=WORLD_MODELS_RECIPE))
    person.wish(goggles=True, view_size=(640, 480))
    seen = next(driving)
    np.testing.assert_array_equal(seen.input, theirs.see(tape.frame(2)))
    assert seen.view.shape == (448, 640, 3)  # 10:7, as its pictures are
