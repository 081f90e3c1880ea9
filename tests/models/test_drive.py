"""The live drive, on a clock of its own: pace, the person's wishes, what the VAE sees."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pygame
import pytest

from models import dataset, drive
from models.carracing import ZOOM_STEPS, Scene
from models.driver import STEER_RATE
from models.errors import SceneError
from models.frame import FRAME_SHAPE, WORLD_MODELS_RECIPE, enlarged
from models.observation import LEFT, RESTARTED
from models.recorder import Recorder
from models.vae import VAE, VAEConfig
from tests.models.driving import Clock, Person, steps_of


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(drive, "time", made)
    return made


@pytest.fixture
def undrawn(monkeypatch):
    """Nothing of the scene is drawn, which is three quarters of a step."""
    blank = pygame.Surface((1000, 800))
    monkeypatch.setattr(Scene, "_render", lambda scene, mode: setattr(scene, "surf", blank))


@pytest.mark.usefixtures("undrawn")
def test_fifty_steps_a_second(clock):
    started = clock.now
    list(islice(Person(view_size=(4, 3)).drive(), 50))
    assert clock.now - started == pytest.approx(1, abs=0.02)


@pytest.mark.usefixtures("undrawn")
def test_after_a_delay_it_goes_on_from_now_instead_of_racing(clock):
    driving = Person(view_size=(4, 3)).drive()
    next(driving)
    clock.now += 3  # somebody held us up
    resumed, times = clock.now, []
    for _ in islice(driving, 51):
        times.append(clock.now - resumed)
    assert [b - a for a, b in pairwise(times)] == pytest.approx([0.02] * 50)


@pytest.mark.usefixtures("undrawn")
def test_a_small_delay_is_made_up_for(clock):
    driving = Person(view_size=(4, 3)).drive()
    next(driving)
    started = clock.now
    list(islice(driving, 20))
    clock.now += 0.07
    list(islice(driving, 30))
    assert clock.now - started == pytest.approx(1)


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


@pytest.mark.usefixtures("undrawn")
def test_the_autopilot_takes_over_and_hands_back_without_a_jerk():
    person = Person(action=(1.0, 0.3, 0.0), view_size=(4, 3))
    driving = person.drive()
    steers = [seen.telemetry.action[0] for seen in islice(driving, 20)]
    assert steers[-1] == 1
    person.wish(mode="autopilot")
    taken = list(islice(driving, 100))
    assert taken[-1].telemetry.speed > 10
    person.wish(mode="you", action=(-1.0, 0.0, 0.0))
    steers += [seen.telemetry.action[0] for seen in [*taken, *islice(driving, 30)]]
    assert steers[-1] == -1
    assert max(abs(b - a) for a, b in pairwise(steers)) <= STEER_RATE + 1e-9


@pytest.mark.usefixtures("undrawn")
def test_the_autopilot_finds_its_way_when_it_is_called_on_another_track():
    person = Person(mode="autopilot", view_size=(4, 3))
    driving = person.drive()
    list(islice(driving, 30))
    person.wish(mode="you", seed=8, action=(0.0, 0.5, 0.0))
    list(islice(driving, 60))
    person.wish(mode="autopilot")
    told = [seen.telemetry for seen in islice(driving, 150)]
    assert told[0].step == 61
    assert not any(each.on_grass for each in told)
    assert told[-1].tiles > told[0].tiles + 20


def test_a_restart_puts_the_car_back_to_the_start_of_the_same_track():
    person = Person(action=(0.0, 1.0, 0.0))
    driving = person.drive()
    before = list(islice(driving, 10))
    person.wish(restarts=1)
    after = list(islice(driving, 10))
    assert steps_of(before) == steps_of(after) == list(range(1, 11))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.frame, other.frame)


def test_another_track_is_one_episode_further_and_the_same_seed_the_same_frames():
    person = Person(action=(0.0, 1.0, 0.0), view_size=(4, 3))
    driving = person.drive()
    first = [seen.frame for seen in islice(driving, 5)]
    person.wish(seed=4)
    other = list(islice(driving, 5))
    person.wish(seed=3)
    again = list(islice(driving, 5))
    assert steps_of(other) == steps_of(again) == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal([seen.frame for seen in again], first)
    assert (other[-1].frame != first[-1]).any()


def test_another_mode_and_other_colours_leave_the_car_where_it_is():
    def frames_of(wishes):
        person = Person(action=(0.0, 1.0, 0.0), view_size=(4, 3))
        driving = person.drive()
        seen = []
        for wish in [{}, *wishes, {}]:
            person.wish(**wish)
            seen += islice(driving, 10)
        driving.close()
        assert steps_of(seen) == list(range(1, len(seen) + 1))
        return [each.frame for each in seen]

    coloured = [{"domain_randomize": True}, {"domain_randomize": False}]
    plain, once, again = frames_of([{}, {}]), frames_of(coloured), frames_of(coloured)
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once[:10] + once[20:], plain[:10] + plain[20:])
    assert all((a != b).any(2).mean() > 0.5 for a, b in zip(once[10:20], plain[10:20], strict=True))
    frames_of([{"mode": "autopilot"}, {"mode": "you"}])
    frames_of([{"mode": "replay"}])  # of nothing: the person drives


def test_goggles_show_only_what_the_model_keeps(vae):
    person = Person(vae, goggles=True, view_size=(200, 150))
    driving = person.drive()
    seen = next(driving)
    np.testing.assert_array_equal(seen.view, enlarged(seen.recon, (200, 150), 4 / 3))
    _, plain, same = islice(Person(view_size=(200, 150)).drive(), 3)
    person.wish(goggles=False)
    np.testing.assert_array_equal(next(driving).view, plain.view)
    person.vae = None
    person.wish(goggles=True)  # but there is nobody who looks
    np.testing.assert_array_equal(next(driving).view, same.view)


def test_a_failing_environment_ends_the_drive_with_a_sentence_and_another_drive_works(monkeypatch):
    act, closed = Scene.act, []

    def failing(scene, action):
        if scene.steps == 3 and not closed:
            raise RuntimeError("a wheel came off\nhere")
        return act(scene, action)

    close = Scene.close
    monkeypatch.setattr(Scene, "act", failing)
    monkeypatch.setattr(Scene, "close", lambda scene: (closed.append(scene), close(scene)))
    person = Person(view_size=(4, 3))
    driving = person.drive()
    list(islice(driving, 3))
    with pytest.raises(SceneError, match=r"^The drive on track 3 .*\(a wheel came off\)\.$"):
        next(driving)
    assert len(closed) == 1
    assert list(driving) == []
    assert steps_of(islice(person.drive(), 5)) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("undrawn")
def test_a_failing_environment_leaves_the_recording_whole(monkeypatch, tmp_path):
    act = Scene.act

    def failing(scene, action):
        return act(scene, action) if scene.steps < ZOOM_STEPS + 4 else 1 / 0

    monkeypatch.setattr(Scene, "act", failing)
    recorder = Recorder(tmp_path / "drive")
    with pytest.raises(SceneError):
        list(Person(view_size=(4, 3), recorder=recorder).drive())
    assert recorder.closed and len(dataset.load(recorder.folder)) == recorder.frames == 4


@pytest.mark.usefixtures("undrawn")
def test_a_lap_is_told_from_then_on_and_the_track_starts_again(monkeypatch):
    # Coming round takes half a minute: here the first tiles are the whole way.
    monkeypatch.setattr(Scene, "_is_at_start", lambda scene: scene.tile_visited_count > 12)
    monkeypatch.setattr(Scene, "_has_visited", lambda scene, share: True)
    person = Person(action=(0.0, 1.0, 0.0), view_size=(4, 3))
    driving = person.drive()
    seen = [next(driving)]
    while not seen[-1].lap:
        seen.append(next(driving))
    steps = seen[-1].telemetry.step
    assert [each.newest_lap for each in seen[:-1]] == [None] * (steps - 1)
    lap = seen[-1].newest_lap
    assert lap.counts and not lap.goggles
    assert (lap.seed, lap.seconds, lap.grass_seconds) == (3, steps / 50, 0)
    again = next(driving)
    assert again.telemetry.step == 1 and again.newest_lap is lap
    assert not any(each.passed for each in seen)
    assert not any(each.begun for each in [*seen, again])
    # With too few tiles it is no lap, and is told once, when the start is come to.
    monkeypatch.setattr(Scene, "_has_visited", lambda scene, share: share == 0.5)
    seen = [next(driving) for _ in range(steps + 10)]
    assert not any(each.lap for each in seen)
    assert [each.telemetry.step for each in seen if each.passed] == [steps]
    person.wish(restarts=1)
    assert next(driving).begun == RESTARTED


@pytest.mark.usefixtures("undrawn")
def test_an_episode_that_ends_starts_again():
    person = Person(action=(0.0, 0.5, 0.0), view_size=(4, 3))
    seen = list(islice(person.drive(), 300))
    steps = steps_of(seen)
    assert steps.count(1) == 2 and [each.begun for each in seen if each.begun] == [LEFT]
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


@pytest.mark.usefixtures("undrawn")
def test_a_recording_is_closed_while_the_drive_is_held(tmp_path):
    recorder = Recorder(tmp_path / "drive")
    person = Person(view_size=(4, 3), recorder=recorder)
    driving = person.drive()
    list(islice(driving, ZOOM_STEPS + 3))
    person.wish(recorder=None)
    recorder.close()  # by another thread, as the drive yields nothing now
    assert len(dataset.load(recorder.folder)) == 3
    list(islice(driving, 3))
    driving.close()
    assert recorder.frames == 3 and not recorder.error


@pytest.mark.usefixtures("undrawn")
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
