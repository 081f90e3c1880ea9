"""The posterior of the last seconds, and the way back to one of them.

It does not know which model encoded the frames, nor whether anything drives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.drive.colouring import COLOURINGS, KL, MU, SIGMA, Z_SCORE, Colouring
from explorer.drive.events import Marks, events
from explorer.drive.history import DriveHistory
from explorer.drive.strip_legend import StripLegend
from explorer.drive.strip_map import FRAMES, NOTHING, SECONDS, Stretch, StripMap

_HOW = (
    "One row per latent, in the order of the sliders. The dashed line is the frame's KL, the solid "
    "one the squared error of its reconstruction, both from 0 at the bottom. Press or drag to go "
    "back to a moment: the drive is held, the frame and its mean come back. Arrow keys go by one "
    "frame, Page up and down by a second, Esc goes back to the newest, H holds or goes on."
)


class PosteriorStrip(QWidget):
    """A heat map of the last 10 s, newest at the right; while a moment is on show it stands."""

    recallRequested = Signal(int)  # a number in the history
    liveRequested = Signal()
    holdRequested = Signal()  # or the end of it

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("posteriorStrip")
        self.setAccessibleName(f"Posterior of the last {SECONDS} seconds")
        self.setToolTip(_HOW)
        self._history = DriveHistory()
        self._order = np.arange(latent_dim)
        self._aggregate: tuple[np.ndarray, np.ndarray] | None = None
        self._moment: int | None = None
        self._end = 0  # the number after the last frame on the map
        self._marks = Marks()
        self._marked = 0  # the number up to which events were looked for
        self._before: Any = None  # the Observation before that
        self._lay_out()
        self.setAggregate(None, None)

    def _lay_out(self) -> None:
        title = QLabel(f"Posterior, last {SECONDS} s")
        title.setProperty("role", "title")
        self._live = QPushButton("Live")
        self._live.setObjectName("liveButton")
        self._live.setAccessibleName("Back to the newest frame")
        self._live.setToolTip(
            "Back to the newest frame; the drive goes on if it was not held (Esc on the strip)."
        )
        self._live.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._live.setStyleSheet("QPushButton { padding: 1px 8px; min-height: 14px; }")
        self._live.hide()
        self._live.clicked.connect(self.liveRequested)
        self._choice = QComboBox()
        self._choice.setObjectName("stripColourBox")
        self._choice.setAccessibleName("What the strip's colours stand for")
        self._choice.setToolTip("\n".join(f"{each.words}: {each.tip}." for each in COLOURINGS))
        for each in COLOURINGS:
            self._choice.addItem(each.words, each.key)
        self._choice.currentIndexChanged.connect(self._color)
        header = QHBoxLayout()
        header.setSpacing(6)
        header.addWidget(title)
        header.addStretch(1)
        header.addWidget(self._live)
        header.addWidget(self._choice)
        self._legend = StripLegend()
        self._map = StripMap()
        self._map.setAccessibleName(f"Moments of the last {SECONDS} seconds")
        self._map.chosen.connect(self._choose)
        self._map.stepped.connect(self._step)
        self._map.released.connect(self.liveRequested)
        self._map.holdRequested.connect(self.holdRequested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(header)
        column.addWidget(self._legend)
        column.addWidget(self._map, 1)

    # What is shown

    def setHistory(self, history: DriveHistory) -> None:
        """Show this one, which grows and is cleared by others; `redraw` then draws it."""
        self._history = history
        self._marks, self._marked, self._before = Marks(), history.first, None
        self.redraw()

    @Slot(object)
    def setOrder(self, order: np.ndarray) -> None:
        """Put latent `order[i]` into row i; (L,) integers. Frames of another L are not shown."""
        order = np.asarray(order, dtype=np.intp)
        if not np.array_equal(order, self._order):
            self._order = order
            self.redraw()

    def setAggregate(self, mean: np.ndarray | None, std: np.ndarray | None) -> None:
        """What z-scores are taken against, (L,) each; None where nobody has measured it."""
        self._aggregate = None if mean is None else (mean, std)
        model, place = self._choice.model(), COLOURINGS.index(Z_SCORE)
        assert isinstance(model, QStandardItemModel)
        model.item(place).setEnabled(mean is not None)
        if mean is None and self.colouring() is Z_SCORE:
            self._choice.setCurrentIndex(COLOURINGS.index(MU))
        self.redraw()

    def colouring(self) -> Colouring:
        """What the colours stand for."""
        return COLOURINGS[self._choice.currentIndex()]

    @Slot(object)
    def setMoment(self, number: int | None) -> None:
        """Mark the frame of that number in the history and stand still; None runs on."""
        self._moment = number
        self._live.setVisible(number is not None)
        if number is not None and not self._end - FRAMES <= number < self._end:
            # It was chosen elsewhere, or the keys have come to the edge.
            self._end = min(number + FRAMES // 2, self._history.end)
        self.redraw()

    def setPlaceholder(self, text: str) -> None:
        """What to say in place of the map; nothing shows the map."""
        self._map.setPlaceholder(text)

    def stretch(self) -> Stretch:
        """What the map shows."""
        return self._map.stretch()

    @Slot()
    def redraw(self) -> None:
        """Draw the frames there are now, unless a moment is on show: then those that were."""
        history = self._history
        first = history.first
        self._mark_events()
        if self._moment is None:
            self._end = history.end
        begin = max(first, self._end - FRAMES)
        part = slice(begin - first, self._end - first)
        if begin >= self._end or history.mu.shape[1] != self._order.size:
            self._map.setStretch(NOTHING)
            self._legend.setValues(np.nan, np.nan)
            return
        kl = history.kl[part].sum(axis=1)
        marks = [(number - begin, word) for number, word in self._marks.kept if number >= begin]
        cursor = None if self._moment is None else max(self._moment - begin, 0)
        stretch = Stretch(
            self._order,
            self._values(part)[:, self._order],
            self.colouring(),
            kl,
            history.error[part],
            [mark for mark in marks if mark[0] < len(kl)],
            history.end - self._end,
            cursor,
        )
        self._map.setStretch(stretch)
        told = -1 if cursor is None else cursor
        self._legend.setValues(float(kl[told]), float(stretch.error[told]))

    def _values(self, part: slice) -> np.ndarray:
        history, colouring = self._history, self.colouring()
        if colouring is SIGMA:
            return history.sigma[part]
        if colouring is KL:
            return history.kl[part]
        if colouring is Z_SCORE:
            mean, std = self._aggregate
            return ((history.mu[part] - mean) / std).astype(np.float32)
        return history.mu[part]

    def _mark_events(self) -> None:
        history = self._history
        if self._marked <= history.first:  # all of those before are gone
            self._marked, self._before = history.first, None
        more = history.since(self._marked)
        for i, word in events(self._before, more):
            self._marks.add(self._marked + i, word)
        if more:
            self._before = more[-1]
            self._marked += len(more)
        self._marks.forget(history.first)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()  # nobody has while it was hidden

    # The hand

    @Slot(int)
    def _color(self, place: int) -> None:
        self._legend.setColouring(self.colouring())
        self.redraw()

    @Slot(int)
    def _choose(self, index: int) -> None:
        begin = self._end - len(self.stretch().values)
        self.recallRequested.emit(begin + index)

    @Slot(int)
    def _step(self, frames: int) -> None:
        history = self._history
        newest = history.end - 1
        here = newest if self._moment is None else self._moment
        self.recallRequested.emit(min(max(here + frames, history.first), newest))
