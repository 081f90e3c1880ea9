"""The live drive, on a clock of its own: pace, the person's wishes, what the VAE sees."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest

from models import dataset, drive
from models.carracing import ZOOM_STEPS
from models.drive import Controls
from models.frame import FRAME_SHAPE, WORLD_MODELS_RECIPE
from models.policy import STEER_RATE
from models.recorder import Recorder
from models.vae import VAE, VAEConfig


class Clock:
    """Time that passes only when somebody sleeps."""

    now = 100.0

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(drive, "time", made)
    return made


class Person:
    """Wishes and a VAE that a test may replace while it drives."""

    def __init__(self, vae=None, **wishes):
        self.controls, self.vae = Controls(**{"seed": 3} | wishes), vae

    def wish(self, **changes):
        self.controls = self.controls._replace(**changes)

    def drive(self):
        return drive.drive(lambda: self.controls, lambda: self.vae)


def steps_of(observations):
    return [seen.telemetry.step for seen in observations]


def test_fifty_steps_a_second(clock):
    started = clock.now
    list(islice(Person().drive(), 50))
    assert clock.now - started == pytest.approx(1, abs=0.02)


def test_after_a_delay_it_goes_on_from_now_instead_of_racing(clock):
    driving = Person().drive()
    next(driving)
    clock.now += 3  # somebody held us up
    resumed, times = clock.now, []
    for _ in islice(driving, 55):
        times.append(clock.now - resumed)
    assert times[-1] == pytest.approx(1, abs=0.05)
    assert sum(after == before for before, after in pairwise(times)) <= 5


def test_without_a_model_the_drive_is_only_seen():
    seen = next(Person().drive())
    assert seen.posterior is None and seen.recon is None
    assert seen.view.shape == (480, 640, 3)


def test_each_frame_is_seen_by_the_model_of_the_moment(vae):
    person = Person()
    driving = person.drive()
    assert next(driving).posterior is None
    person.vae = vae
    seen = next(driving)
    np.testing.assert_array_equal(seen.posterior.mu, vae.posterior(seen.frame).mu)
    np.testing.assert_array_equal(seen.recon, vae.image(seen.posterior.mu))


def test_held_keys_steer_by_a_ramp():
    person = Person(action=(-1.0, 0.5, 0.0))
    driving = person.drive()
    actions = [next(driving).telemetry.action for _ in range(3)]
    assert [steer for steer, _, _ in actions] == pytest.approx([-STEER_RATE * k for k in (1, 2, 3)])
    person.wish(action=(0.0, 0.0, 0.9))
    assert next(driving).telemetry.action == pytest.approx((-2 * STEER_RATE, 0.0, 0.9))


def test_the_autopilot_takes_over_and_hands_back():
    person = Person()
    driving = person.drive()
    assert next(driving).telemetry.action == (0, 0, 0)
    person.wish(mode="autopilot")
    *_, last = islice(driving, 100)
    assert last.telemetry.speed > 10
    person.wish(mode="you")
    assert next(driving).telemetry.action == (0, 0, 0)


def test_a_restart_puts_the_car_back_to_the_start_of_the_same_track():
    person = Person(action=(0.0, 1.0, 0.0))
    driving = person.drive()
    before = list(islice(driving, 10))
    person.wish(restarts=1)
    after = list(islice(driving, 10))
    assert steps_of(before) == steps_of(after) == list(range(1, 11))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.frame, other.frame)


def test_an_episode_that_ends_starts_again():
    person = Person(action=(0.0, 0.5, 0.0), view_size=(4, 3))
    steps = steps_of(islice(person.drive(), 300))
    assert steps.count(1) == 2
    end = steps.index(1, 1)
    assert end > 200 and steps[end - 1] == end


def test_the_view_follows_its_size():
    person = Person(view_size=(64, 48))
    driving = person.drive()
    assert next(driving).view.shape == (48, 64, 3)
    person.wish(view_size=(80, 60))
    assert next(driving).view.shape == (60, 80, 3)


@pytest.mark.parametrize("end", ["wish", "close"])
def test_a_recording_holds_what_was_seen_until_it_ends(tmp_path, end):
    person = Person(action=(0.0, 0.3, 0.0), view_size=(4, 3))
    driving = person.drive()
    list(islice(driving, ZOOM_STEPS + 5))
    recorder = Recorder(tmp_path / "drive")
    person.wish(recorder=recorder)
    seen = list(islice(driving, 7))
    if end == "wish":
        person.wish(recorder=None)
        next(driving)
    else:
        driving.close()
    assert recorder.closed and recorder.frames == 7
    frames = dataset.load(recorder.folder)
    np.testing.assert_array_equal(frames.take(np.arange(7)), [each.frame for each in seen])


def test_one_recording_after_another(tmp_path):
    recorders = [Recorder(tmp_path / name) for name in "ab"]
    person = Person(view_size=(4, 3))
    driving = person.drive()
    list(islice(driving, ZOOM_STEPS))
    for recorder in recorders:
        person.wish(recorder=recorder)
        list(islice(driving, 3))
    driving.close()
    assert [recorder.closed for recorder in recorders] == [True, True]
    assert [len(dataset.load(recorder.folder)) for recorder in recorders] == [3, 3]


def test_each_model_sees_frames_of_its_own_recipe_while_they_are_replaced(vae):
    theirs = VAE(VAEConfig(4, 64, 64, channels=(4, 8), recipe=WORLD_MODELS_RECIPE))
    person = Person(vae)
    driving = person.drive()
    assert next(driving).input.shape == FRAME_SHAPE
    person.vae = theirs
    seen = list(islice(driving, 3))
    assert all(one.input.shape == one.recon.shape == (64, 64, 3) for one in seen)
    assert all(one.frame.shape == FRAME_SHAPE for one in seen)  # what is recorded
    # Of the surface, whose sides our own frame lacks, and not of our frame.
    assert not np.array_equal(seen[-1].input, theirs.see(seen[-1].frame))
    person.vae = None
    assert [one.posterior for one in islice(driving, 2)] == [None, None]
    person.vae = vae
    assert next(driving).input.shape == FRAME_SHAPE
