"""Joins the drive's history to the posterior strip, and a press on the strip to the drive.

It does not know how the strip is painted, nor what going back in the drive takes.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from explorer.drive.strip import PosteriorStrip
from explorer.driving import Driving
from explorer.latents.panel import LatentPanel
from explorer.session import Session

STRIP_TICKS = 2  # ticks with news between two redraws of the strip


class Recalling(QObject):
    """Lets the strip run with the drive, and stand while a moment of it is on show."""

    def __init__(
        self,
        session: Session,
        driving: Driving,
        strip: PosteriorStrip,
        latents: LatentPanel,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._driving = driving
        self._strip = strip
        self._ticks = 0
        strip.setHistory(driving.history)
        strip.recallRequested.connect(driving.recall)
        strip.liveRequested.connect(self._come_back)
        driving.advanced.connect(self._advance)
        driving.recalled.connect(strip.setMoment)
        latents.orderChanged.connect(strip.setOrder)
        session.drivingEnded.connect(strip.redraw)
        session.modelChanged.connect(self._take_aggregate)

    @Slot()
    def _advance(self) -> None:
        self._ticks += 1
        # After the last frame before a hold no tick comes that would draw it.
        due = self._ticks % STRIP_TICKS == 0 or not self._driving.is_live()
        if due and self._strip.isVisible():
            self._strip.redraw()

    @Slot()
    def _come_back(self) -> None:
        self._driving.come_back()

    @Slot()
    def _take_aggregate(self) -> None:
        aggregate = self._session.model.aggregate
        if aggregate is None:
            self._strip.setAggregate(None, None)
        else:
            self._strip.setAggregate(aggregate.mean, aggregate.std)
