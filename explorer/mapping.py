"""Joins the frames, the drive and the present z to the map, and its clicks to the sliders.

It does not know how a frame is encoded, nor how points are painted.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from explorer.drive.history import STEPS_PER_SECOND
from explorer.driving import Driving
from explorer.latents.panel import LatentPanel
from explorer.map.panel import MapPanel
from explorer.map.plane import Component, Plane, components, round_range
from explorer.map.view import CLOUD, NOTHING, TRAIL
from explorer.question import Cloud
from explorer.session import Session, job
from explorer.showing import Showing
from explorer.studio import Studio
from explorer.widgets.numerals import grouped, short, three_figures
from explorer.worker import Failure, LatestWorker, RefiningWorker

TRAIL_TICKS = 3  # ticks between two redraws of the trail
AGAIN_SECONDS = 4.0  # at least between two clouds of a model that learns, or of growing frames
AGAIN_SHARE = 9.0  # times what the last one took: a tenth of a core
SHORTEST = 10.0  # seconds between the colours' ends, and by which they part
NO_ENCODER = "This model has no encoder: nothing tells where in its latent space a frame is."


class Mapping(QObject):
    """Has a cloud encoded when somebody sees the map, and draws the drive's last minute over it."""

    begun = Signal()  # other frames, or a model that did not grow from the one before
    planeChanged = Signal()  # all that stands on it is to be placed anew
    cloudChanged = Signal()

    def __init__(
        self,
        session: Session,
        studio: Studio,
        panel: MapPanel,
        latents: LatentPanel,
        driving: Driving,
        showing: Showing,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._studio = studio
        self._panel = panel
        self._latents = latents
        self._driving = driving
        self._showing = showing
        self.cloud: Cloud | None = None
        self.plane: Plane | None = None
        self._components: list[Component] = []
        self._opening = 0  # the model of which all this is
        self._asked: tuple[Any, Any] = (None, None)  # frames and VAE of the newest request
        self._waiting = False  # for its answer
        self._told_at = 0.0  # when the last cloud came
        self._pointed = "", -1
        self._ticks = 0
        self._later = QTimer(self, singleShot=True)
        self._mapper = session.adopt(RefiningWorker("mapper", job("encode_cloud")), self._fail)
        self._previewer = session.adopt(LatestWorker("map previewer", job("preview")))
        self._connect()

    def _connect(self) -> None:
        session, panel, view = self._session, self._panel, self._panel.view
        self._later.timeout.connect(self._ask)
        self._mapper.done.connect(self._take)
        self._previewer.done.connect(self._show_preview)
        session.modelChanged.connect(self._begin)
        session.framesChanged.connect(self._forget_cloud)
        session.framesGrown.connect(self._ask)
        session.run.ended.connect(self._ask)
        self._showing.snapshotShown.connect(self._renew)
        self._driving.advanced.connect(self._advance)
        self._driving.recalled.connect(self._recall)
        self._latents.zChanged.connect(self._mark)
        panel.shown.connect(self._wake)
        panel.componentsChanged.connect(self._choose)
        panel.coloringChanged.connect(self._draw_trail)
        view.chosen.connect(self._go)
        view.pointed.connect(self._point_at)

    # The model and its plane

    @Slot()
    def _begin(self) -> None:
        """Another model, or the same one measured again, whose axes have turned."""
        session, panel = self._session, self._panel
        if session.openings != self._opening:
            self._opening = session.openings
            self._forget_cloud()
        names = [one.name for one in self.plane] if self.plane else []
        latent_dim = session.vae.config.latent_dim
        self._components = components(latent_dim, self._studio.principal_axes())
        there = [one.name for one in self._components]
        chosen = [there.index(name) for name in names if name in there]
        across, up = chosen if len(chosen) == 2 else (0, min(1, len(there) - 1))
        panel.setComponents([one.label() for one in self._components], across, up)
        self._choose(across, up)

    @Slot()
    def _renew(self) -> None:
        """Another model, or one that has learned, from scratch perhaps to encode as well."""
        self._panel.setPlaceholder("" if self._session.eye() is not None else NO_ENCODER)
        self._ask()

    @Slot(int, int)
    def _choose(self, across: int, up: int) -> None:
        self.plane = Plane(self._components[across], self._components[up])
        self._panel.view.setNames(self.plane.across.label(), self.plane.up.label())
        self._draw()
        self.planeChanged.emit()

    # The cloud

    @Slot()
    def _forget_cloud(self) -> None:
        self.cloud = None
        self._asked, self._waiting = (None, None), False  # an answer comes too late
        self._draw_cloud()
        self.begun.emit()
        self._ask()

    @Slot()
    def _wake(self) -> None:
        if self.plane is not None:
            self._draw()
            self._ask()

    @Slot()
    def _ask(self) -> None:
        """Have the cloud encoded if it is seen and not of the newest model and frames."""
        session = self._session
        wanted = session.frames, session.eye()
        if None in wanted or not self._panel.isVisible():
            return
        shown = (self.cloud.frames, self.cloud.vae) if self.cloud is not None else (None, None)
        if _same(wanted, shown) or _same(wanted, self._asked):
            self._tell()
            return
        if self._waiting:  # with a newer request at each snapshot it would never be answered
            self._tell()
            return
        if self.cloud is not None:  # that will do for a while
            rest = max(AGAIN_SECONDS, AGAIN_SHARE * self.cloud.seconds)
            left = self._told_at + rest - time.monotonic()
            if left > 0:
                self._later.start(round(1000 * left) + 1)
                self._tell()
                return
        self._asked, self._waiting = wanted, True
        self._mapper.submit(wanted)
        self._tell()

    @Slot(object)
    def _take(self, cloud: Cloud) -> None:
        if not _same((cloud.frames, cloud.vae), self._asked):
            return  # of frames or a model before
        self._waiting = False
        self.cloud, self._told_at = cloud, time.monotonic()
        self._draw_cloud()
        self.cloudChanged.emit()
        self._ask()

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._waiting = False  # and not asked again for the same
        self._session.errored.emit(failure)

    def _tell(self) -> None:
        parts = []
        if self._waiting and self.cloud is None:
            parts.append("encoding the frames…")
        if self.cloud is not None:
            parts.append(f"{grouped(len(self.cloud.mu))} frames")
            if self.cloud.vae is not self._session.vae:
                parts[-1] += " of earlier weights"
        steps = len(self._driving.history)
        driven = f"drive {steps / STEPS_PER_SECOND:.0f} s"
        self._panel.setTold(" · ".join([*parts, driven] if steps > 0 else parts), *parts)

    # What stands on the map

    def _draw(self) -> None:
        self._draw_cloud()
        self._draw_trail()
        self._mark(self._latents.z())

    def _draw_cloud(self) -> None:
        points = NOTHING
        if self.plane is not None and self.cloud is not None:
            points = self.plane.of(self.cloud.mu)
        self._panel.view.setCloud(points)

    @Slot()
    def _advance(self) -> None:
        self._ticks += 1
        due = self._ticks % TRAIL_TICKS == 0 or not self._driving.is_live()
        if due and self._panel.isVisible():
            self._draw_trail()
            self._tell_pointed()  # which grows older

    @Slot(object)
    def _recall(self, number: int | None) -> None:
        self._tell_pointed()

    @Slot()
    def _draw_trail(self) -> None:
        history, view, mu = self._driving.history, self._panel.view, self._driving.history.mu
        if self.plane is None or not len(mu):
            view.setTrail(NOTHING, np.empty(0, np.uint8), history.first)
            self._panel.bar.setEnds("", "")
            return
        how = self._panel.coloring()
        if how == "time":
            values = np.arange(-len(mu) + 1, 1) / STEPS_PER_SECOND
            low, high = min(-SHORTEST, SHORTEST * (values[0] // SHORTEST)), 0.0
            self._panel.bar.setEnds(f"−{-low:.0f} s", "newest")
        else:
            measures = {"speed": history.speed, "error": history.error, "kl": history.kl}
            values = measures[how]
            values = values.sum(1) if how == "kl" else values
            low, high = round_range(values)
            self._panel.bar.setEnds(f"{low:g}", f"{high:g}{' nats' if how == 'kl' else ''}")
        levels = np.clip((values - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        view.setTrail(self.plane.of(mu), levels, history.first)
        self._tell()

    @Slot(object)
    def _mark(self, z: np.ndarray) -> None:
        if self.plane is None or z.size != self.plane.up.weight.size:
            return
        # A drive that is followed moves it with every tick, and draws the trail anyway.
        followed = self._latents.isFollowing() and self._driving.is_live()
        self._panel.view.setPoint(self.plane.of(z), now=not followed)

    def drive_means(self, numbers: np.ndarray) -> np.ndarray:
        """The means of those frames of the drive that are still kept, (n, latent_dim)."""
        history = self._driving.history
        indices = numbers - history.first
        return history.mu[indices[indices >= 0]].copy()

    # The hand

    @Slot(str, int)
    def _go(self, kind: str, number: int) -> None:
        """A point of the trail is gone back to, one of the cloud looked at."""
        if kind == CLOUD:
            self._showing.go_to(self.cloud.frames.take(self.cloud.indices[[number]])[0])
        elif number >= self._driving.history.first:
            self._driving.recall(number)

    @Slot(str, int)
    def _point_at(self, kind: str, number: int) -> None:
        self._pointed = kind, number
        history, panel = self._driving.history, self._panel
        if kind == CLOUD:
            index = self.cloud.indices[number]
            panel.setPointed(self._told_of(index))
            self._previewer.submit((self.cloud.frames, np.array([index])))
        elif kind == TRAIL and number >= history.first:
            self._tell_pointed()
            panel.preview.setImage(self._driving.large.picture(history.at(number)))
        else:
            panel.setPointed("")

    def _tell_pointed(self) -> None:
        """Tell of the frame of the drive that is pointed at, counted from what is newest by now."""
        kind, number = self._pointed
        history = self._driving.history
        if kind == TRAIL and number >= history.first:
            seen = history.at(number)
            ago = (history.end - 1 - number) / STEPS_PER_SECOND
            kl = short(float(seen.posterior.kl.sum()))
            self._panel.setPointed(
                f"drive, {ago:.1f} s before the newest\nspeed {seen.telemetry.speed:.0f} · "
                f"error {three_figures(seen.error)} · KL {kl} nats"
            )

    def _told_of(self, index: int) -> str:
        frames = self.cloud.frames
        told = f"frame {grouped(index)} of {grouped(len(frames))}\nepisode {frames.episode[index]}"
        if frames.columns is not None:
            told += f" · speed {frames.columns.speed[index]:.0f}"
        return told

    @Slot(object)
    def _show_preview(self, answer: tuple[Any, np.ndarray, np.ndarray]) -> None:
        frames, indices, pictures = answer
        kind, number = self._pointed
        there = kind == CLOUD and self.cloud is not None and frames is self.cloud.frames
        if there and self.cloud.indices[number] == indices[0]:
            self._panel.preview.setImage(pictures[0])


def _same(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Whether they are the same frames and the same VAE."""
    return all(a is b for a, b in zip(one, other, strict=True))
