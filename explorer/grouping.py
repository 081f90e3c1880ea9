"""The two groups of points that a person has enclosed on the map.

It does not know how points are enclosed or painted, nor what is made of the groups.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Slot

from explorer.map.panel import MapPanel
from explorer.mapping import Mapping
from explorer.question import Cloud
from explorer.session import Session, job
from explorer.widgets.numerals import grouped
from explorer.worker import LatestWorker


class Group(NamedTuple):
    """Some of a cloud, and means of the drive as they were."""

    cloud: Cloud | None
    rows: np.ndarray  # (n,) of the cloud
    drive: np.ndarray  # (m, latent_dim)

    def mu(self) -> np.ndarray:
        """All its means, (n + m, latent_dim)."""
        seen = self.cloud.mu[self.rows] if len(self.rows) else self.drive
        both = len(self.rows) and len(self.drive)
        return np.concatenate([seen, self.drive]) if both else seen


class Grouping(QObject):
    """Keeps the groups, their places on the map and the pictures of their means."""

    def __init__(self, session: Session, mapping: Mapping, panel: MapPanel, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._mapping = mapping
        self._panel = panel
        self._groups: dict[str, Group] = {}
        self._decoder = session.adopt(LatestWorker("group decoder", job("decode")))
        self._decoder.done.connect(self._show_means)
        mapping.begun.connect(self._clear)
        mapping.planeChanged.connect(self._place)
        mapping.cloudChanged.connect(self._renew)
        panel.view.enclosed.connect(self._enclose)

    def mu(self, name: str) -> np.ndarray:
        """The means of a group's points, (n, latent_dim); none for no group."""
        if name in self._groups:
            return self._groups[name].mu()
        return np.empty((0, self._session.vae.config.latent_dim), np.float32)

    @Slot(str, object, object)
    def _enclose(self, name: str, in_cloud: np.ndarray, on_trail: np.ndarray) -> None:
        first = self._panel.view.firstOfTrail()
        drive = self._mapping.drive_means(first + np.flatnonzero(on_trail))
        self._groups[name] = Group(self._mapping.cloud, np.flatnonzero(in_cloud), drive)
        if not in_cloud.any() and not len(drive):
            del self._groups[name]
        self._show()

    @Slot()
    def _renew(self) -> None:
        """The same frames have other means by now; of grown ones others may be in the cloud."""
        cloud = self._mapping.cloud
        for name, group in self._groups.items():
            if group.cloud is not None and np.array_equal(group.cloud.indices, cloud.indices):
                self._groups[name] = group._replace(cloud=cloud)
        self._show()

    @Slot()
    def _clear(self) -> None:
        self._groups = {}
        self._show()

    @Slot()
    def _show(self) -> None:
        panel = self._panel
        for name in panel.groups:
            group = self._groups.get(name)
            parts = (len(group.rows), len(group.drive)) if group else (0, 0)
            told = " and ".join(
                f"{grouped(count)} of {what}"
                for count, what in zip(parts, ("the frames", "the drive"), strict=True)
                if count
            )
            panel.setGroup(name, sum(parts), told)
        self._place()
        if self._groups:
            names = tuple(self._groups)
            means = np.stack([group.mu().mean(0) for group in self._groups.values()])
            self._decoder.submit((names, means, self._session.vae))

    @Slot()
    def _place(self) -> None:
        plane = self._mapping.plane
        self._panel.view.setGroups(
            {name: plane.of(group.mu()) for name, group in self._groups.items()}
        )

    @Slot(object)
    def _show_means(self, answer: tuple[Any, np.ndarray]) -> None:
        names, pictures = answer
        if names == tuple(self._groups):
            for name, picture in zip(names, pictures, strict=True):
                self._panel.groups[name].setPicture(picture)
