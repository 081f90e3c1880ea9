"""CarRacing as our scene: one episode as a generator, and all that is this environment's own.

It does not know the VAE, the window, or where frames are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np
import pygame
from gymnasium.envs.box2d import car_racing
from gymnasium.utils.seeding import np_random
from pygame import gfxdraw

from models import frame
from models.observation import CURVATURE_AHEAD, Action, Observation, Telemetry
from models.road import Road

STEPS_PER_SECOND = car_racing.FPS
ZOOM_STEPS = STEPS_PER_SECOND
"""The camera zooms in during the first second; those frames look like no others."""

Policy = Callable[["Scene"], Action | None]
"""Chooses the next action; None ends the episode."""


class Scene(car_racing.CarRacing):
    """The environment, drawing only when asked to and only what shows.

    `CarRacing.step` draws some 700 polygons one by one through Python whether or not anybody
    looks; that is 98 % of a step. Here `drawing` switches it off, and the road is transformed and
    culled at once. What is drawn is byte-equal to the original inside the frame's crop; the
    indicator bar, which the crop drops, is not drawn.
    """

    def __init__(self, domain_randomize: bool = False):
        super().__init__(render_mode=None, domain_randomize=domain_randomize)
        self.drawing = True
        self.steps = 0

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        self.steps = 0
        self.lap = False
        self._been_round = self.passed = False
        self._at_start = True
        self._recoloured = self.domain_randomize
        self._polygons: np.ndarray | None = None
        self._road: Road | None = None
        return super().reset(seed=seed, options=options)

    def close(self) -> None:
        """Free the world at once: in it everything refers to everything, and a drive that begins
        anew each second must not wait for the garbage to be collected."""
        super().close()
        self._destroy()
        self.car = self.surf = None
        self.contactListener_keepref = None
        self.world.contactListener = self.world.contactListener_bug_workaround = None

    def act(self, action: Action) -> tuple[float, bool]:
        """Advance 1/50 s; gives the step's reward and whether the episode has ended.

        `lap` then says whether the car has come round with this step, which it does once, and
        `passed` whether it did so with too few tiles, though with more than half of them.
        """
        _, reward, terminated, _, told = self.step(np.array(action, np.float32))
        self.steps += 1
        was_at_start, self._at_start = self._at_start, self._is_at_start()
        # The environment looks at the share of visited tiles only where the first one is visited
        # for the first time, which is at the start: it misses all laps that left out a tile.
        enough = self._has_visited(self.lap_complete_percent)
        round_now = told.get("lap_finished", False) or (enough and self._at_start)
        self.lap = round_now and not self._been_round
        self._been_round |= round_now
        comes = self._at_start and not was_at_start
        self.passed = comes and not enough and self._has_visited(0.5)
        return float(reward), terminated

    def recolour(self, on: bool) -> None:
        """Show the same road in other colours, or in the usual ones again.

        They are those that the environment draws first from the same seed when it is to randomise
        them itself; it then goes on to draw another road.
        """
        if on == self._recoloured:
            return
        self._recoloured = on
        drawn = SimpleNamespace(domain_randomize=on, np_random=np_random(self.np_random_seed)[0])
        car_racing.CarRacing._init_colors(drawn)
        for tile in self.road:
            # Every third tile is as dark as all are once they were touched.
            touched = (tile.color == self.road_color).all()
            tile.color[:] = drawn.road_color + (0 if touched else 0.01 * (tile.idx % 3) * 255)
        self.road_color, self.bg_color = drawn.road_color, drawn.bg_color
        self.grass_color = drawn.grass_color

    @property
    def position(self) -> np.ndarray:
        """The car's place, (2,) in the environment's length units."""
        return np.array(self.car.hull.position)

    @property
    def heading(self) -> float:
        """The car's direction, radians; 0 is along +y, as in `track`."""
        return float(self.car.hull.angle)

    @property
    def speed(self) -> float:
        """Length units per second."""
        return float(np.hypot(*self.car.hull.linearVelocity))

    @property
    def centre_line(self) -> np.ndarray:
        """Centres of the road's tiles in driving order, (tiles, 2)."""
        return np.array([point[2:4] for point in self.track])

    def telemetry(self, action: Action) -> Telemetry:
        """What the environment knows after the last step, which applied `action`."""
        road = self._road = self._road or Road(self.centre_line)
        place = road.locate(self.position, self.heading)
        grass = sum(not wheel.tiles for wheel in self.car.wheels)
        return Telemetry(
            step=self.steps,
            speed=self.speed,
            action=action,
            score=float(self.reward),
            tiles=self.tile_visited_count,
            track_tiles=len(self.track),
            on_grass=grass == len(self.car.wheels),
            wheels_on_grass=grass,
            yaw_rate=-float(self.car.hull.angularVelocity),
            steering=-float(self.car.wheels[0].joint.angle),
            offset=place.offset,
            heading_error=place.heading_error,
            curvature=tuple(road.curvature(place.along + np.array(CURVATURE_AHEAD)).tolist()),
        )

    def _is_at_start(self) -> bool:
        return any(tile.idx == 0 for wheel in self.car.wheels for tile in wheel.tiles)

    def _has_visited(self, share: float) -> bool:
        return self.tile_visited_count > share * len(self.track)

    def _render(self, mode: str) -> None:
        if not self.drawing:
            return
        self.surf = pygame.Surface((car_racing.WINDOW_W, car_racing.WINDOW_H))
        angle = -self.car.hull.angle
        near = min(self.t, 1)
        zoom = car_racing.SCALE * (0.1 * max(1 - self.t, 0) + car_racing.ZOOM * near)
        scroll = pygame.math.Vector2([-zoom * place for place in self.car.hull.position])
        scroll = scroll.rotate_rad(angle)
        origin = (car_racing.WINDOW_W / 2 + scroll[0], car_racing.WINDOW_H / 4 + scroll[1])
        self._render_road(zoom, origin, angle)
        self.car.draw(self.surf, zoom, origin, angle, False)
        self.surf = pygame.transform.flip(self.surf, False, True)

    def _render_road(self, zoom: float, origin: tuple[float, float], angle: float) -> None:
        if self._polygons is None:
            self._polygons = np.array(_GRASS + [polygon for polygon, _ in self.road_poly])
        cos, sin = np.cos(angle), np.sin(angle)
        rotation = np.array([[cos, sin], [-sin, cos]])
        corners = self._polygons @ rotation * zoom + origin
        size = (car_racing.WINDOW_W, car_racing.WINDOW_H)
        # One pixel of margin: the anti-aliased outline reaches beyond the polygon.
        inside = (corners.max(1) >= -1) & (corners.min(1) <= np.add(size, 1))
        self._draw_colored_polygon(
            self.surf, _FIELD, self.bg_color, zoom, origin, angle, clip=False
        )
        for index in np.flatnonzero(inside.all(1)):
            tile = index - len(_GRASS)
            # Colours are looked up anew: driving over a tile changes its own.
            color = self.grass_color if tile < 0 else [int(c) for c in self.road_poly[tile][1]]
            points = corners[index].tolist()
            gfxdraw.aapolygon(self.surf, points, color)
            gfxdraw.filled_polygon(self.surf, points, color)


_EDGE, _PATCH = car_racing.PLAYFIELD, car_racing.GRASS_DIM
_FIELD = [(_EDGE, _EDGE), (_EDGE, -_EDGE), (-_EDGE, -_EDGE), (-_EDGE, _EDGE)]
_GRASS = [
    [
        (_PATCH * (x + 1), _PATCH * y),
        (_PATCH * x, _PATCH * y),
        (_PATCH * x, _PATCH * (y + 1)),
        (_PATCH * (x + 1), _PATCH * (y + 1)),
    ]
    for x in range(-20, 20, 2)
    for y in range(-20, 20, 2)
]


def rollout(
    policy: Policy,
    seed: int,
    view_size: Callable[[], tuple[int, int] | None] | None = None,
    recipe: Callable[[], str] = lambda: frame.RECIPE,
    *,
    steps: int | None = None,
    first: int = 0,
    every: int = 1,
    domain_randomize: bool = False,
    recoloured: Callable[[], bool] | None = None,
) -> Iterator[Observation]:
    """Drive one episode on the track of `seed` and yield what is seen.

    The episode ends when the environment ends it, when the policy returns None, after `steps`
    steps, or when the generator is closed; the environment is closed with it. Only each
    `every`-th step after step `first` is drawn and yielded. Where `view_size` gives (width,
    height), the observations carry a picture of that size for the person, and with `recipe`, which
    names one of frame.RECIPES, an `input` made by it. With `domain_randomize` the environment draws
    its colours and then another road; `recoloured` says at each step whether the road of `seed` is
    to be seen in other colours. The same seed, actions and colours give the same frames.
    """
    scene = Scene(domain_randomize)
    try:
        scene.drawing = False
        scene.reset(seed=seed)
        while steps is None or scene.steps < steps:
            action = policy(scene)
            if action is None:
                return
            step = scene.steps + 1
            scene.drawing = step > first and (step - first - 1) % every == 0
            if recoloured is not None:
                scene.recolour(recoloured())
            reward, terminated = scene.act(action)
            if scene.drawing:
                own, wanted = frame.from_surface(scene.surf), recipe()
                size = view_size and view_size()
                yield Observation(
                    frame=own,
                    view=None if size is None else frame.view(scene.surf, size),
                    reward=reward,
                    telemetry=scene.telemetry(action),
                    input=(
                        own
                        if wanted == frame.RECIPE
                        else frame.RECIPES[wanted].from_surface(scene.surf)
                    ),
                    lap=scene.lap,
                    passed=scene.passed,
                )
            if terminated:
                return
    finally:
        scene.close()
