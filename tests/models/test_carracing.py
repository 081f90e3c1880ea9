"""The scene against gymnasium's own CarRacing, and what a rollout promises."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise

import numpy as np
import pygame
import pytest
from gymnasium.envs.box2d.car_racing import CarRacing
from PIL import Image

from models import carracing, frame
from models.carracing import STEPS_PER_SECOND, Scene, rollout
from models.policy import Autopilot, Noise, Style

RECKLESS = Style(cruise=80, grip=45, wander=0.2, mishaps=1.0)


class Original(CarRacing):
    """gymnasium's environment, drawing only where the test compares."""

    drawing = False

    def _render(self, mode):
        if self.drawing:
            super()._render(mode)


def straight(scene):
    return 0.0, 0.4, 0.0


def scene_of(seed, domain_randomize=False):
    scene = Scene(domain_randomize)
    scene.drawing = False
    scene.reset(seed=seed)
    return scene


def seen_part(surface):
    """The RGB of all pixels inside the crop."""
    return pygame.image.tobytes(surface.subsurface(frame.CROP), "RGB")


def look_alike(scene, original):
    """Whether they do inside the crop; two MB are too much for pytest to tell apart."""
    return seen_part(scene.surf) == seen_part(original.surf)


def frames_of(*args, **options):
    return [seen.frame for seen in rollout(*args, **options)]


@pytest.mark.parametrize(("seed", "domain_randomize"), [(0, False), (5, False), (5, True)])
def test_every_pixel_inside_the_crop_is_gymnasiums(seed, domain_randomize):
    scene = scene_of(seed, domain_randomize)
    original = Original(render_mode=None, domain_randomize=domain_randomize)
    original.reset(seed=seed)
    policy = Autopilot(seed, RECKLESS)
    grass = 0
    for step in range(300):
        action = policy(scene)
        scene.drawing = original.drawing = step % 6 == 0
        reward, ended = scene.act(action)
        _, original_reward, original_ended, _, _ = original.step(np.array(action, np.float32))
        assert (reward, ended) == (original_reward, original_ended)
        if scene.drawing:
            grass += scene.telemetry(action).on_grass
            assert look_alike(scene, original)
    assert 0 < grass < 40  # of 50: both were compared
    assert scene.tile_visited_count > 10  # whose colours the drive has changed


def painted(seed):
    """gymnasium's own plain road in the colours that it draws from the seed for another road."""
    colours = Original(domain_randomize=True)
    colours.reset(seed=seed)
    original = Original(render_mode=None)
    for name in ("road_color", "bg_color", "grass_color"):
        setattr(original, name, getattr(colours, name))
    colours.close()
    original.reset(seed=seed)
    return original


def test_another_colour_is_that_of_the_same_road_painted_from_the_start():
    scene, original = scene_of(5), painted(5)
    policy = Autopilot(style=Style())
    for step in range(120):
        if step == 90:
            scene.recolour(True)
        action = policy(scene)
        scene.drawing = original.drawing = step in (90, 119)
        scene.act(action)
        original.step(np.array(action, np.float32))
        if scene.drawing:
            assert look_alike(scene, original)
    assert scene.tile_visited_count > 10
    scene.close(), original.close()


def test_a_road_in_its_own_colours_again_looks_as_if_it_never_had_others():
    def switched(on):
        steps = iter(range(1000))
        return frames_of(
            Autopilot(5, RECKLESS),
            5,
            steps=100,
            every=5,
            recoloured=lambda: on and 30 <= next(steps) < 75,
        )

    never, once, again = switched(False), switched(True), switched(True)
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once[:6], never[:6])
    np.testing.assert_array_equal(once[15:], never[15:])
    assert all((a != b).any(2).mean() > 0.5 for a, b in zip(once[6:15], never[6:15], strict=True))


def test_no_window_is_opened():
    list(rollout(straight, 0, steps=2))
    assert not pygame.display.get_init() or pygame.display.get_surface() is None


def test_the_same_seed_and_actions_give_the_same_frames():
    first, again = (frames_of(Noise(3), 11, steps=60, every=10) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (frames_of(Noise(3), 12, steps=60, every=10)[-1] != first[-1]).any()
    assert (frames_of(Noise(4), 11, steps=60, every=10)[-1] != first[-1]).any()


def test_only_the_steps_asked_for_are_seen():
    seen = list(rollout(straight, 2, steps=37, first=10, every=8))
    assert [observation.telemetry.step for observation in seen] == [11, 19, 27, 35]


def test_every_step_is_seen_by_default():
    seen = list(rollout(straight, 2, steps=5))
    assert [observation.telemetry.step for observation in seen] == [1, 2, 3, 4, 5]


def test_a_step_looks_the_same_whether_or_not_others_were_drawn():
    dense, sparse = frames_of(straight, 2, steps=30), frames_of(straight, 2, steps=30, every=7)
    np.testing.assert_array_equal(sparse, dense[::7])


def test_an_observation_is_complete():
    *_, last = rollout(straight, 4, lambda: (320, 240), steps=60)
    assert last.frame.shape == (60, 80, 3) and last.frame.dtype == np.uint8
    assert last.view.shape == (240, 320, 3) and last.view.dtype == np.uint8
    assert last.posterior is None and last.recon is None
    told = last.telemetry
    assert told.step == 60 and told.action == (0.0, 0.4, 0.0)
    assert 0 < told.tiles < told.track_tiles
    assert told.speed > 5
    assert not told.on_grass


def test_the_view_is_made_only_on_request_and_at_the_newest_size():
    sizes = iter([(64, 48), (80, 60), (4, 3)])
    shapes = [seen.view.shape for seen in rollout(straight, 0, lambda: next(sizes), steps=3)]
    assert shapes == [(48, 64, 3), (60, 80, 3), (3, 4, 3)]
    assert [seen.view for seen in rollout(straight, 0, steps=2)] == [None, None]


def test_the_score_is_the_sum_of_the_rewards():
    seen = list(rollout(straight, 4, steps=80))
    total = sum(observation.reward for observation in seen)
    assert seen[-1].telemetry.score == pytest.approx(total)


def test_telemetry_agrees_with_the_motion():
    scene = scene_of(1)
    policy = Autopilot(style=Style())
    places, speeds, headings = [], [], []
    for _ in range(200):
        scene.act(policy(scene))
        places.append(scene.position)
        speeds.append(scene.speed)
        headings.append((-np.sin(scene.heading), np.cos(scene.heading)))
    motion = np.diff(places, axis=0)
    np.testing.assert_allclose(
        np.linalg.norm(motion, axis=1)[50:] * STEPS_PER_SECOND, speeds[51:], rtol=0.01
    )
    along = motion / np.linalg.norm(motion, axis=1)[:, None]
    assert ((along * headings[1:]).sum(1)[50:] > 0.95).all()


@pytest.mark.parametrize("side", [1, -1])
def test_what_turns_and_lies_to_the_right_is_positive(side):
    scene = scene_of(1)
    line, headings, told = scene.centre_line, [], []
    for step in range(90):
        action = (0.4 * side * (step >= 50), 0.3, 0.0)
        scene.act(action)
        headings.append(scene.heading)
        told.append(scene.telemetry(action))
    turned = -np.diff(headings) * STEPS_PER_SECOND  # the environment's angles grow to the left
    assert [each.yaw_rate for each in told[1:]] == pytest.approx(turned.tolist(), abs=0.02)
    wheel, hull = scene.car.wheels[0], scene.car.hull
    assert told[-1].steering == pytest.approx(hull.angle - wheel.angle, abs=1e-4)
    # Of the road, where the nearest tile is and which way it leads to the next.
    nearest = int(np.argmin(np.linalg.norm(line - scene.position, axis=1)))
    along = line[nearest + 1] - line[nearest - 1]
    right = np.array([along[1], -along[0]]) / np.linalg.norm(along)
    ahead = np.array([-np.sin(scene.heading), np.cos(scene.heading)])
    assert told[-1].offset == pytest.approx((scene.position - line[nearest]) @ right, abs=0.3)
    assert np.sin(told[-1].heading_error) == pytest.approx(ahead @ right, abs=0.1)
    for found in (told[-1].yaw_rate, told[-1].steering):
        assert side * found > 0.1
    for name in ("offset", "heading_error"):
        assert side * (getattr(told[-1], name) - getattr(told[49], name)) > 0.1
    scene.close()


@pytest.mark.parametrize("missed", [None, 150])
def test_the_car_comes_round_once_also_where_it_missed_a_tile(missed):
    scene = scene_of(8)
    if missed:
        scene.road[missed].road_visited = True  # so that it is never counted
    policy, laps, ended = Autopilot(style=Style()), [], False
    while not ended and scene.steps < 1400:
        _, ended = scene.act(policy(scene))
        if scene.lap:
            laps.append((scene.steps, np.linalg.norm(scene.position - scene.centre_line[0])))
    (steps, from_start), *more = laps
    assert not more
    assert from_start < 15  # of a lap of 880
    assert ended == (missed is None)
    assert steps == scene.steps if ended else steps < 1300
    scene.close()


def test_an_episode_leaves_nothing_to_the_garbage_collector():
    scenes = []

    def policy(scene):
        scenes.append(weakref.ref(scene))
        return 0.0, 0.5, 0.0

    gc.disable()
    try:
        drive = rollout(policy, 0, lambda: (4, 3))
        next(drive)
        assert scenes[0]() is not None
        drive.close()
        del drive
        assert scenes[0]() is None
    finally:
        gc.enable()


@pytest.fixture
def closed(monkeypatch):
    scenes = []
    monkeypatch.setattr(carracing.Scene, "close", lambda scene: scenes.append(scene))
    return scenes


def test_a_policy_that_gives_none_ends_the_episode(closed):
    actions = iter([(0.0, 0.0, 0.0)] * 3 + [None])
    assert len(list(rollout(lambda scene: next(actions), 0))) == 3
    assert len(closed) == 1


def test_closing_the_rollout_closes_the_environment(closed):
    drive = rollout(straight, 0)
    next(drive)
    assert not closed
    drive.close()
    assert len(closed) == 1
    assert list(drive) == []


def test_a_failing_policy_closes_the_environment_too(closed):
    with pytest.raises(ZeroDivisionError):
        next(rollout(lambda scene: 1 / 0, 0))
    assert len(closed) == 1


def test_leaving_the_field_ends_the_episode():
    seen = list(rollout(lambda scene: (0.0, 0.5, 0.0), 0, steps=1000, every=20))
    assert 10 < len(seen) < 20


@pytest.mark.parametrize("seed", [3, 14, 15])
def test_the_autopilot_drives_a_lap_without_leaving_the_road(seed):
    scene = scene_of(seed)
    policy = Autopilot(style=Style())
    ended, grass = False, 0
    while not ended and scene.steps < 4000:
        action = policy(scene)
        _, ended = scene.act(action)
        grass += scene.telemetry(action).on_grass
    told = scene.telemetry(action)
    assert ended and grass == 0
    assert told.tiles >= 0.95 * told.track_tiles
    assert scene.steps > 1000  # an episode of gymnasium's would have ended before


def test_the_centre_line_is_the_road_in_driving_order():
    scene = scene_of(6)
    line = scene.centre_line
    legs = [np.linalg.norm(b - a) for a, b in pairwise(line)]
    assert len(line) == len(scene.track)
    assert max(legs) < 4
    assert np.linalg.norm(line[0] - scene.position) < 1


def test_the_input_of_a_world_models_model_is_made_of_gymnasiums_own_observation():
    recipes = iter([frame.RECIPE, frame.WORLD_MODELS_RECIPE])
    ours, theirs = rollout(straight, 5, None, lambda: next(recipes), steps=60, first=20, every=20)
    assert ours.input is ours.frame
    assert theirs.frame.shape == frame.FRAME_SHAPE  # what is recorded stays ours
    original = CarRacing(render_mode=None)
    original.reset(seed=5)
    for _ in range(theirs.telemetry.step):
        observation, *_ = original.step(np.array(straight(None), np.float32))
    original.close()
    rows = Image.fromarray(observation[:84])
    resized = np.asarray(rows.resize((64, 64), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(theirs.input, resized)
