"""The directions of the current model: made from two groups, moved along, named, kept.

It does not know what a direction is made of, nor how a slider is painted.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import platformdirs
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoCommand

from explorer.grouping import Grouping
from explorer.latents.panel import LatentPanel
from explorer.latents.slider import Z_LIMIT
from explorer.map.panel import MapPanel
from explorer.mapping import Mapping
from explorer.session import InputError, Session, job
from explorer.studio import Studio
from explorer.worker import LatestWorker

DIRECTIONS = platformdirs.user_data_path("latent-explorer") / "directions"
BURST = 1.0  # seconds between two keys that are one step to undo


class Directing(QObject):
    """`session.directions` are saved with the model, and kept at once by its weights besides.

    So those made on a model that is in no file, or in one that is not saved again, are there when
    it is opened the next time.
    """

    def __init__(
        self,
        session: Session,
        studio: Studio,
        mapping: Mapping,
        grouping: Grouping,
        panel: MapPanel,
        latents: LatentPanel,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._studio = studio
        self._grouping = grouping
        self._panel = panel
        self._latents = latents
        self._opening = 0  # the model that the directions are of
        self._kept_by: Any = None  # the VAE by whose weights they are kept
        self._read_for: Any = None  # the VAE whose kept ones are awaited
        self._dropped: tuple = ()  # since it was opened
        self._burst: tuple[int, int, float] = (-1, 0, 0.0)  # row, number, time of the last key
        keeper = LatestWorker("direction keeper", job("keep_directions"), every=True)
        self._keeper = session.adopt(keeper)
        self._decoder = session.adopt(LatestWorker("direction decoder", job("decode")))
        self._keeper.done.connect(self._take_kept)
        self._decoder.done.connect(self._show_ends)
        session.modelChanged.connect(self._begin)
        mapping.cloudChanged.connect(self._decode)
        latents.zChanged.connect(self._show_place)
        panel.shown.connect(self._wake)
        panel.directionRequested.connect(self._make)
        rows = panel.directions
        rows.dragBegan.connect(latents.point.begin)
        rows.dragEnded.connect(latents.point.end)
        rows.moved.connect(self._move)
        rows.renamed.connect(self._rename)
        rows.removeRequested.connect(self._remove)

    # The model

    @Slot()
    def _begin(self) -> None:
        session = self._session
        if session.openings == self._opening:
            if session.directions and session.vae is not self._kept_by:
                self._keep(put=session.directions)  # it has learned since
            self._decode()
            return
        self._opening, self._dropped = session.openings, ()
        before, session.directions = session.directions, tuple(session.model.directions)
        file = session.file
        if file is not None and file.parent == session.run.folder and before:
            # The best weights of a training that began here.
            session.directions = self._studio.united(before, session.directions)
            self._keep(put=session.directions)
        else:
            self._read_for = session.vae
            self._keep()
        self._show()

    def _keep(self, put: tuple = (), drop: tuple = ()) -> None:
        self._kept_by = self._session.vae
        self._keeper.submit((DIRECTIONS, self._kept_by, put, drop))

    @Slot(object)
    def _take_kept(self, answer: tuple[Any, Any]) -> None:
        vae, kept = answer
        if vae is not self._read_for:
            return
        self._read_for = None
        if self._session.openings == self._opening and (kept.directions or kept.removed):
            away, contains = kept.removed + self._dropped, self._studio.contains
            both = self._studio.united(kept.directions, self._session.directions)
            self._set(tuple(one for one in both if not contains(away, one)))

    # What there is

    def put(self, direction: Any, index: int) -> None:
        """Have a direction at a place among the others."""
        directions = self._session.directions
        self._set((*directions[:index], direction, *directions[index:]))
        self._keep(put=(direction,))

    def drop(self, direction: Any) -> None:
        """Have it no longer."""
        self._dropped += (direction,)
        left = (one for one in self._session.directions if not one.is_same(direction))
        self._set(tuple(left))
        self._keep(drop=(direction,))

    def _set(self, directions: tuple) -> None:
        self._session.directions = directions
        self._show()

    @Slot()
    def _make(self) -> None:
        directions = self._session.directions
        taken = {one.name for one in directions}
        names = (f"direction {count}" for count in itertools.count(len(directions) + 1))
        name = next(name for name in names if name not in taken)
        try:
            groups = (self._grouping.mu(group) for group in self._panel.groups)
            made = self._studio.direction(name, *groups, directions)
        except InputError as error:
            self._panel.say(str(error))
            return
        self._panel.say("")
        self._push(f"Make {name}", made, len(directions), True)
        self._panel.directions.scrollToLast()

    @Slot(int)
    def _remove(self, index: int) -> None:
        self._push("Remove a direction", self._session.directions[index], index, False)

    def _push(self, text: str, direction: Any, index: int, there: bool) -> None:
        self._latents.point.stack.push(_Change(self, text, direction, index, there))

    def opening(self) -> int:
        """Which of the opened models the directions are of."""
        return self._opening

    @Slot(int, str)
    def _rename(self, index: int, text: str) -> None:
        directions = self._session.directions
        if index >= len(directions):
            return
        renamed = directions[index].renamed(text)
        if renamed.name and renamed.name != directions[index].name:
            self._session.directions = (*directions[:index], renamed, *directions[index + 1 :])
            self._keep(put=(renamed,))
        self._show()

    # What is shown

    @Slot()
    def _wake(self) -> None:
        self._show_place(self._latents.z())
        self._decode()

    def _show(self) -> None:
        self._panel.directions.setNames([one.name for one in self._session.directions])
        self._wake()

    @Slot(object)
    def _show_place(self, z: np.ndarray) -> None:
        directions = self._session.directions
        if self._panel.isVisible() and directions and directions[0].start.size == z.size:
            self._panel.directions.setCoordinates([one.coordinate(z) for one in directions])

    @Slot()
    def _decode(self) -> None:
        """Ask for the pictures at both ends of each."""
        directions = self._session.directions
        if directions and self._panel.isVisible():
            ends = np.concatenate([one.ends() for one in directions])
            self._decoder.submit((directions, ends, self._session.vae))

    @Slot(object)
    def _show_ends(self, answer: tuple[Any, np.ndarray]) -> None:
        directions, pictures = answer
        if directions is self._session.directions:
            ends = pictures.reshape(len(directions), 2, *pictures.shape[1:])
            self._panel.directions.setPictures(ends)

    # The hand

    @Slot(int, float)
    def _move(self, index: int, coordinate: float) -> None:
        row, number, last = self._burst
        now = time.monotonic()
        number += index != row or now - last > BURST
        self._burst = index, number, now
        self._latents.setFollowing(False)
        point = self._latents.point
        z = self._session.directions[index].moved(point.z(), coordinate)
        z = z.clip(-Z_LIMIT, Z_LIMIT)
        point.move(z, "Move along a direction", ("direction", index, number))


class _Change(QUndoCommand):
    """A direction comes or goes; nothing once another model is there."""

    def __init__(self, directing: Directing, text: str, direction: Any, index: int, there: bool):
        super().__init__(text)
        self._directing = directing
        self._direction, self._index, self._there = direction, index, there
        self._opening = directing.opening()

    def undo(self) -> None:
        self._do(not self._there)

    def redo(self) -> None:
        self._do(self._there)

    def _do(self, there: bool) -> None:
        if self._directing.opening() != self._opening:
            return
        if there:
            self._directing.put(self._direction, self._index)
        else:
            self._directing.drop(self._direction)
