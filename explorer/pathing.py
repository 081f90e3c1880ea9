"""Joins keyframes, the player and the session's surveyor to the paths dock and to z.

It does not know how a path is interpolated or painted.
"""

from __future__ import annotations

import itertools
from importlib.util import find_spec

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from explorer import dialogs
from explorer.latents.panel import LatentPanel
from explorer.paths.keyframes import Keyframes
from explorer.paths.panel import PathPanel
from explorer.paths.player import FPS, Player
from explorer.question import Way, WayAnswer
from explorer.session import InputError, Session
from explorer.studio import Studio

FILES = {
    "gif": ("path.gif", "Animations (*.gif)"),
    "png": ("path.png", "Pictures (*.png)"),
    "mp4": ("path.mp4", "Videos (*.mp4)"),
}
"""What a path is saved as: a name, and the filter of the file dialog."""


class Pathing(QObject):
    """Owns the keyframes and the way through them; z follows the player as it would a hand."""

    def __init__(
        self,
        session: Session,
        studio: Studio,
        panel: PathPanel,
        latents: LatentPanel,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._studio = studio
        self._panel = panel
        self._latents = latents
        self.player = Player(self)
        self._keyframes = Keyframes()
        self.way: Way | None = None  # through the keyframes
        self._gestures = itertools.count()  # each is one step to undo
        self._gesture: tuple[str, int] = ("", 0)
        self._drawing = False
        self._connect()

    def _connect(self) -> None:
        panel, strip, player = self._panel, self._panel.strip, self.player
        panel.pinRequested.connect(self.pin)
        strip.removeRequested.connect(self._remove)
        strip.moveRequested.connect(self._move)
        strip.chosen.connect(self._go)
        panel.settingsChanged.connect(self._lay)
        panel.playChanged.connect(self._play_or_stop)
        panel.scrubBegan.connect(self._begin_scrub)
        panel.scrubbed.connect(self._scrub)
        panel.exportRequested.connect(self._export)
        panel.copyRequested.connect(self._copy)
        player.moved.connect(self._draw)
        player.playingChanged.connect(panel.setPlaying)
        self._latents.taken.connect(player.stop)
        self._latents.zChanged.connect(self._see)
        self._studio.surveyed.connect(self._show)

    # The model

    @Slot()
    def renew(self) -> None:
        """Another model: its pictures and KL, or an end where z has another length."""
        session, panel = self._session, self._panel
        panel.setReady(True)
        panel.setEncoding(session.eye() is not None)
        panel.strip.setAspect(session.aspect())
        points = self._keyframes.points
        if points and points[0].size != session.vae.config.latent_dim:
            self._keyframes = Keyframes()
        # The snapshots of a training come faster than a long path is seen through.
        if not session.trainer.is_running():
            self._lay()

    # Keyframes

    @Slot()
    def pin(self) -> None:
        """Make the present z a keyframe, behind the chosen one or the last."""
        strip = self._panel.strip
        after = strip.currentRow() if strip.currentRow() >= 0 else strip.count() - 1
        self._keyframes = self._keyframes.pinned(self._latents.z(), after)
        self._lay()
        strip.setCurrentRow(after + 1)
        self._show_position(self._position_of(after + 1))

    @Slot(int)
    def _remove(self, index: int) -> None:
        self._keyframes = self._keyframes.without(index)
        self._lay()
        self._panel.strip.setCurrentRow(min(index, len(self._keyframes.points) - 1))

    @Slot(int, int)
    def _move(self, index: int, place: int) -> None:
        self._keyframes = self._keyframes.moved(index, place)
        self._lay()
        self._panel.strip.setCurrentRow(place)

    @Slot(int)
    def _go(self, index: int) -> None:
        self.player.stop()
        self._latents.takeZ(self._keyframes.points[index], f"Keyframe {index + 1}")
        self._show_position(self._position_of(index))

    def _position_of(self, index: int) -> int:
        return index * self.way.steps

    @Slot()
    def _lay(self) -> None:
        """The way anew, and all that is shown of it."""
        panel, points = self._panel, self._keyframes.points
        loop = panel.loop()
        self.way = None
        if points:
            how = panel.how()
            self.way = self._studio.way(self._keyframes.stack(), panel.steps(), how, loop)
        count = len(self.way.z) if points else 0
        self.player.set_length(count, loop)
        panel.setPath(len(points), count, count / FPS)
        panel.setPosition(self.player.position())
        if points:
            self._studio.survey(self.way)

    @Slot(object)
    def _show(self, answer: WayAnswer) -> None:
        if answer.way is not self.way:
            return  # of a path before
        if answer.part == "keyframes":
            strip = self._panel.strip
            self._panel.setPictures(answer.value)
            if (chosen := strip.currentItem()) is not None:
                strip.scrollToItem(chosen)
        else:
            self._panel.setKl(answer.value)

    # Playing

    @Slot(bool)
    def _play_or_stop(self, on: bool) -> None:
        if not on:
            self.player.stop()
            return
        self._latents.setFollowing(False)
        self._gesture = "play", next(self._gestures)
        self.player.play()

    @Slot()
    def _begin_scrub(self) -> None:
        self.player.stop()
        self._latents.setFollowing(False)
        self._gesture = "scrub", next(self._gestures)

    @Slot(int)
    def _scrub(self, position: int) -> None:
        if self._gesture[0] != "scrub":  # by key, which nothing announces
            self._begin_scrub()
        self.player.set_position(position)
        self._draw(position)

    @Slot(int)
    def _draw(self, position: int) -> None:
        text = "Play the path" if self._gesture[0] == "play" else "Move along the path"
        self._drawing = True
        self._latents.point.draw(self.way.z[position], text, self._gesture)
        self._drawing = False
        self._panel.setPosition(position)

    @Slot(object)
    def _see(self, z: np.ndarray) -> None:
        if not self._drawing:  # somebody else moved it
            self.player.stop()
            self._gesture = "", 0

    def _show_position(self, position: int) -> None:
        self.player.set_position(position)
        self._panel.setPosition(position)

    # Taking it away

    @Slot(str)
    def _export(self, kind: str) -> None:
        if kind == "mp4" and find_spec("imageio_ffmpeg") is None:
            self._panel.say("An MP4 needs imageio-ffmpeg: pip install imageio-ffmpeg.")
            return
        way, vae = self.way, self._session.vae  # others may be there when a place is found
        path = dialogs.ask_where(self._panel.window(), "Save the path", *FILES[kind])
        if path:
            self._studio.export(path, way, vae)

    @Slot()
    def _copy(self) -> None:
        try:
            QGuiApplication.clipboard().setText(self._studio.command(self.way))
            self._panel.say("The command is on the clipboard.")
        except InputError as error:
            self._panel.say(str(error))
