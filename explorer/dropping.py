"""What becomes of files that are dropped, by what they are and where they fall.

It does not know how any of them is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.files import Files, kind_of
from explorer.keeping import Keeping
from explorer.looking import Looking
from explorer.widgets.drop_zone import DropZone


class Deeds(NamedTuple):
    """The dropped paths by what is done with them."""

    models: list[str]  # to be opened
    frames: list[str]  # to be trained on
    pictures: list[str]  # to be looked at
    points: list[str]  # z to go to


class Dropping(QObject):
    """Three zones: what falls on the latents is looked at, what falls on the training is studied.

    Elsewhere images are looked at, since nobody trains on one, and other frames are studied.
    """

    def __init__(
        self,
        files: Files,
        looking: Looking,
        keeping: Keeping,
        window: QMainWindow,
        looked: tuple[QWidget, ...],
        studied: QWidget,
    ):
        super().__init__(window)
        self._files = files
        self._looking = looking
        self._keeping = keeping
        self.zones = [
            *(self._zone(widget, {"frames", "image"}) for widget in looked),
            self._zone(studied, set()),
            self._zone(window, {"image"}),
        ]

    def _zone(self, widget: QWidget, looked_at: set[str]) -> DropZone:
        zone = DropZone(widget, lambda paths: _words(_deeds(paths, looked_at)))
        zone.dropped.connect(lambda paths: self._take(looked_at, paths))
        return zone

    def _take(self, looked_at: set[str], paths: list[str]) -> None:
        deeds = _deeds(paths, looked_at)
        for path in (*deeds.models, *deeds.frames):
            self._files.open(path)
        if deeds.pictures:
            self._looking.look_at(deeds.pictures)
        for path in deeds.points:
            self._keeping.load(path)


def _deeds(paths: list[str], looked_at: set[str]) -> Deeds:
    deeds = Deeds([], [], [], [])
    for path in paths:
        kind = kind_of(path)
        if kind in looked_at:
            deeds.pictures.append(path)
        else:
            {"model": deeds.models, "z": deeds.points}.get(kind, deeds.frames).append(path)
    return deeds


def _words(deeds: Deeds) -> str:
    verbs = ("Open", "Train on", "Look at", "Go to the z in")
    told = [
        f"{verb} {Path(paths[0]).name if len(paths) == 1 else f'{len(paths)} files'}"
        for verb, paths in zip(verbs, deeds, strict=True)
        if paths
    ]
    return " · ".join(told)
