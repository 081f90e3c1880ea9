"""The point on the rows: as z itself or along principal axes, and moved by the hand on a row.

It does not know the buttons above, nor where posteriors and measures come from.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.latents.coordinates import Coordinates, normal_statistics
from explorer.latents.order import order_by
from explorer.latents.point import Point
from explorer.latents.rows import LatentRows

BURST = 1.0  # seconds between two keys or notches on one latent that are one step to undo
EXPLAINED = (
    "{name} is a principal axis of the posterior means, p00 the one along which they differ most; "
    "the number is its share of their variance."
)


class Data(NamedTuple):
    """What is known of the aggregate posterior."""

    mean: np.ndarray  # (latent_dim,)
    std: np.ndarray  # (latent_dim,)
    quantiles: np.ndarray  # (latent_dim, Q)
    levels: np.ndarray  # (Q,)


class PointRows(QObject):
    """Keeps a LatentRows, `widget`, at the point's coordinates."""

    taken = Signal(int)  # the hand is on the value of this row
    pointed = Signal()  # at another row, or none
    orderChanged = Signal(object)  # the latents as they stand, (latent_dim,)
    lockChanged = Signal()

    def __init__(self, point: Point, parent: QObject):
        super().__init__(parent)
        self._point = point
        self._coordinates = Coordinates()
        self._axes: Any = None  # the principal ones, if they are known
        self._data: Data | None = None
        self._kl: np.ndarray | None = None
        self._meanings: Sequence[str] = ()
        self._posterior: Any = None
        self._index = -1  # of the row pointed at
        self._handled = False  # it was moved since
        self._burst: tuple[int, int, float] = (-1, 0, 0.0)  # row, number, time of the last key
        self._showing = False
        self._unsorted = False  # effects are awaited to sort by
        self.stream: object = None  # the gesture that the present moves are a part of
        point.changed.connect(self._show_point)

    def renew(self, latent_dim: int) -> LatentRows:
        """Make other rows, for z of another length."""
        self._coordinates.axes = self._axes = self._data = self._kl = self._posterior = None
        self._index, self._meanings = -1, ()
        rows = self.widget = LatentRows(latent_dim)
        rows.moved.connect(self._move)
        rows.taken.connect(self.taken)
        rows.pressed.connect(self._begin)
        rows.released.connect(self._point.end)
        rows.pointed.connect(self._point_at)
        rows.lockChanged.connect(self._lock)
        rows.orderChanged.connect(self._tell_order)
        return rows

    # What the rows stand for

    def set_model(self, kl: np.ndarray, data: Data, axes: Any) -> None:
        """Take what is known of the latents; `show` then draws it."""
        self._kl, self._data, self._axes = kl, data, axes

    def is_measured(self) -> bool:
        """Whether anything is known of the latents."""
        return self._data is not None

    def has_axes(self) -> bool:
        """Whether the principal axes are known."""
        return self._axes is not None

    def show(self, principal: bool, sorting: str) -> None:
        """Rows, ranges, bars and order anew: z itself, or its coordinates along the axes."""
        if self._data is None:
            return
        rows, size = self.widget, self._point.z().size
        self._coordinates.axes = self._axes if principal else None
        rows.setNames(self.names())
        rows.setLockable(not principal)
        rows.setMeanings(() if principal else self._meanings)
        rows.setRoundTrip(None)
        rows.setEffects(None)
        rows.setEnds(None)
        if principal:
            explained = 100 * self._axes.explained
            rows.setStatistics(*normal_statistics(size))
            rows.setMeasure(explained, [f"{share:.1f} %" for share in explained], EXPLAINED)
        else:
            rows.setStatistics(*self._data)
            rows.setKl(self._kl)
        rows.setSorting(sorting)
        self._unsorted = True
        self._show_posterior()
        self._show_point(self._point.z())

    def names(self) -> list[str]:
        """Of the rows, by index: z00 or p00 and so on."""
        return self._coordinates.names(self._point.z().size)

    def moves(self) -> np.ndarray | None:
        """One standard deviation of the data along each row, (latent_dim, latent_dim), if known."""
        return None if self._data is None else self._coordinates.moves(self._data.std)

    def direction(self, even_moved: bool) -> np.ndarray | None:
        """The one of `moves()` that is pointed at; unless `even_moved`, not after it was moved."""
        moves = self.moves()
        shown = self._index >= 0 and (even_moved or not self._handled)
        return moves[self._index] if shown and moves is not None else None

    def pointed_name(self) -> str:
        """The name of the row that is pointed at, empty for none."""
        return self.names()[self._index] if self._index >= 0 else ""

    # What was measured

    def set_kl(self, kl: np.ndarray) -> None:
        """Set the KL of each latent, (latent_dim,) nats; the order stays."""
        self._kl = kl
        if self._coordinates.axes is None:
            self.widget.setKl(kl)

    def set_meanings(self, meanings: Sequence[str]) -> None:
        """Say what each latent alone explains best, empty for nothing; no axis tells."""
        self._meanings = meanings
        if self._coordinates.axes is None:
            self.widget.setMeanings(meanings)

    def set_effects(self, effects: np.ndarray) -> None:
        """Set how much each row changes the picture, (latent_dim,) grey levels."""
        self.widget.setEffects(effects)
        if self._unsorted and self.widget.sorting() == "effect":
            self.widget.resort()
        self._unsorted = False

    def set_posterior(self, posterior: Any) -> None:
        """Move ticks and bands to the posterior of a frame."""
        self._posterior = posterior
        self._show_posterior()

    def posterior(self) -> Any:
        """That of the frame last seen, None before the first."""
        return self._posterior

    def set_round_trip(self, mu: np.ndarray | None) -> None:
        """Move the rings to what the decoded picture is encoded to, (latent_dim,); None hides
        them."""
        self.widget.setRoundTrip(None if mu is None else self._coordinates.of(mu))

    def _show_posterior(self) -> None:
        if self._posterior is not None:
            mu, sigma = self._posterior.mu, self._posterior.sigma
            self.widget.setPosterior(self._coordinates.of(mu), self._coordinates.of_sigma(sigma))

    @Slot(object)
    def _show_point(self, z: np.ndarray) -> None:
        self._showing = True
        self.widget.setZ(self._coordinates.of(z), passing=self.stream is not None)
        self._showing = False

    # The hand

    @Slot(int)
    def _move(self, index: int) -> None:
        if self._showing:
            return
        self._handled = True
        z = self._coordinates.moved(self._point.z(), index, self.widget.rows[index].slider.z)
        gesture = self.stream or ("key", index, self._count_burst(index))
        # A row that is a latent is moved by hand, whatever is locked; an axis moves many.
        go = self._point.move if self._coordinates.axes is None else self._point.draw
        go(z, f"Move {self.names()[index]}", gesture)
        self._show_point(self._point.z())

    def _count_burst(self, index: int) -> int:
        row, number, last = self._burst
        now = time.monotonic()
        number += index != row or now - last > BURST
        self._burst = index, number, now
        return number

    @Slot(int)
    def _point_at(self, index: int) -> None:
        self._index, self._handled = index, False
        self.pointed.emit()

    def look_away(self) -> None:
        """What is pointed at has been looked at enough."""
        self._handled = True

    @Slot()
    def _begin(self) -> None:
        if self.stream is None:
            self._point.begin()

    def is_locked(self, index: int) -> bool:
        """Whether a row is a latent that is locked; an axis never is."""
        return self._coordinates.axes is None and bool(self._point.locked()[index])

    @Slot()
    def _lock(self) -> None:
        self._point.set_locked(self.widget.locked())
        self.lockChanged.emit()

    @Slot()
    def _tell_order(self) -> None:
        order = self.widget.order()
        if self._coordinates.axes is not None:
            order = order_by("kl", order.size, self._kl, None)
        self.orderChanged.emit(order)
