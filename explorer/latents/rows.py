"""The rows of all latents in two columns, their order, and their values as one z.

It does not know the buttons above or where posteriors and measures come from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from explorer.latents.collapsed_line import CollapsedLine
from explorer.latents.density import density, z_range
from explorer.latents.order import order_by
from explorer.latents.row import LatentRow
from explorer.widgets.activity import ACTIVE_NATS

COLUMN_GAP = 14
FULL_NATS = 5 * ACTIVE_NATS  # that fill a bar where no latent has more: all collapsed look it
FULL_EFFECT = 0.5  # grey levels that do
WAKE_NATS = 2 * ACTIVE_NATS  # so far above that a folded latent comes out by itself
KL_TIP = "KL of {name} in nats, mean over frames: how much the encoder says through it (bar)."


class LatentRows(QWidget):
    """`latent_dim` rows; order and folding change on screen only, index i is always z[i].

    Collapsed latents stand last, below one line that hides and shows them. Which ones these are
    is settled when an order is set; after that a folded one comes out as its KL passes WAKE_NATS,
    and none goes in. No row moves while a button of the mouse is down on one.
    """

    zChanged = Signal()  # once per change, however many rows moved
    taken = Signal()  # a person moved, or began to move, a value in a row
    pressed = Signal()  # a drag begins
    moved = Signal(int)  # a person moved the value of this latent; before its `zChanged`
    released = Signal()  # a drag is over
    pointed = Signal(int)  # the latent that pointer or focus came to last, -1 for none
    lockChanged = Signal()
    foldChanged = Signal(bool)

    def __init__(self, latent_dim: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._setting = False
        self._sorting = "kl"
        self._order = np.arange(latent_dim)
        self._before: QWidget | None = None
        self._measure: np.ndarray | None = None
        self._effects: np.ndarray | None = None
        self._silent = np.zeros(latent_dim, bool)  # by the newest measure
        self._collapsed = self._silent  # as they stand on screen
        self._folded = True
        self._waiting = False
        self._focused = self._pointed = -1
        self.rows = [LatentRow(index, self) for index in range(latent_dim)]
        self._line = CollapsedLine(self)
        self._line.clicked.connect(self._toggleFold)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(COLUMN_GAP)
        self._layout.setVerticalSpacing(0)
        self._layout.setColumnStretch(0, 1)
        self._layout.setColumnStretch(1, 1)
        for row in self.rows:
            row.moved.connect(self._rowMoved)
            row.taken.connect(self.taken)
            row.slider.sliderPressed.connect(self.pressed)
            row.slider.sliderReleased.connect(self.released)
            row.handFree.connect(self._catchUp)
            row.hovered.connect(self._rowHovered)
            row.lock.toggled.connect(self.lockChanged)
        QApplication.instance().focusChanged.connect(self._focusMoved)
        self._layOut()

    # The values

    def z(self) -> np.ndarray:
        """The values, a fresh (latent_dim,) float32 array."""
        return np.array([row.slider.z for row in self.rows], np.float32)

    def setZ(self, z: np.ndarray) -> None:
        """Set all values, locked ones too; `zChanged` comes once, or not when none differs."""
        before = self.z()
        self._setting = True
        try:
            for row, value, present in zip(self.rows, z, before, strict=True):
                if value != present:  # else its own digits, which are more, stay
                    row.slider.setZ(value)
        finally:
            self._setting = False
        if not np.array_equal(before, self.z()):
            self.zChanged.emit()

    def resetRanges(self) -> None:
        """Take back what far values have widened, as far as the present ones allow."""
        for row in self.rows:
            row.slider.resetRange()

    @Slot(int)
    def _rowMoved(self, index: int) -> None:
        if not self._setting:
            self.taken.emit()
            self.moved.emit(index)
            self.zChanged.emit()

    # Locks

    def locked(self) -> np.ndarray:
        """Which latents a person has locked, a fresh (latent_dim,) bool array."""
        return np.array([row.lock.isChecked() for row in self.rows], bool)

    def setLockable(self, lockable: bool) -> None:
        """Show or hide the locks; hidden ones keep their state."""
        for row in self.rows:
            row.lock.setVisible(lockable)

    # What was measured

    def setPosterior(self, mu: np.ndarray, sigma: np.ndarray) -> None:
        """Move the ticks and bands: (latent_dim,) each; the values stay."""
        for row, m, s in zip(self.rows, mu.tolist(), sigma.tolist(), strict=True):
            row.slider.setPosterior(m, s)

    def setRoundTrip(self, mu: np.ndarray | None) -> None:
        """Move the rings to what the encoder makes of the decoded picture: (latent_dim,); None
        hides them."""
        values = [math.nan] * len(self.rows) if mu is None else mu.tolist()
        for row, value in zip(self.rows, values, strict=True):
            row.slider.setEcho(value)

    def setKl(self, kl: np.ndarray) -> None:
        """Set the bars, (latent_dim,) nats; the order stays, and so does what is folded unless it
        has come to life."""
        texts = [f"{value:.2f}" for value in kl.tolist()]
        self.setMeasure(kl, texts, KL_TIP, kl <= ACTIVE_NATS, least=FULL_NATS)
        awake = self._collapsed & (kl > WAKE_NATS)
        if awake.any():
            self._collapsed = self._collapsed & ~awake
            self._layOut()

    def setMeasure(
        self,
        values: np.ndarray,
        texts: list[str],
        tip: str,
        collapsed: np.ndarray | None = None,
        least: float = 1e-12,
    ) -> None:
        """Set the bars to another measure than KL: values (latent_dim,), the largest fills its bar
        unless it is less than `least`.

        `texts` stand over the bars; in `tip`, which says what they mean, `{name}` becomes the
        name of each latent. `collapsed` (latent_dim,) marks those that carry nothing; none if
        None. The order stays.
        """
        self._measure = np.array(values, float)
        self._silent = np.zeros(len(self.rows), bool) if collapsed is None else np.array(collapsed)
        longest = max(float(self._measure.max()), least)
        told = zip(self.rows, texts, self._measure.tolist(), self._silent.tolist(), strict=True)
        for row, text, value, silent in told:
            row.setMeasure(text, value / longest, silent)
            row.cell.setMeaning(tip)

    def setEffects(self, effects: np.ndarray | None) -> None:
        """Set how much one standard deviation of each latent changes the picture: (latent_dim,),
        mean absolute change, 0..255; None where it is not known. The order stays."""
        self._effects = None if effects is None else np.array(effects, float)
        values = [None] * len(self.rows) if effects is None else self._effects.tolist()
        longest = 1.0 if effects is None else max(float(self._effects.max()), FULL_EFFECT)
        for row, value in zip(self.rows, values, strict=True):
            row.cell.setEffect(value, (value or 0.0) / longest)

    def setStale(self, stale: bool) -> None:
        """Paint effects and small pictures fainter: z has gone on."""
        for row in self.rows:
            row.setStale(stale)

    def setEnds(self, pictures: np.ndarray | None, aspect: float = 4 / 3) -> None:
        """Show what each latent does: (latent_dim, 2, H, W, 3) uint8, below and above z, `aspect`
        times as wide as high; None hides them."""
        for i, row in enumerate(self.rows):
            row.setEnds(None if pictures is None else pictures[i], aspect)

    def setStatistics(
        self, mean: np.ndarray, std: np.ndarray, quantiles: np.ndarray, levels: np.ndarray
    ) -> None:
        """Set ranges and silhouettes: (latent_dim,), (latent_dim,), (latent_dim, Q), (Q,)."""
        for row, m, s, q in zip(self.rows, mean.tolist(), std.tolist(), quantiles, strict=True):
            low, high = z_range(q, m, s)
            row.slider.setZRange(low, high)
            row.slider.setDensity(*density(q, levels, low, high))

    def setNames(self, names: list[str]) -> None:
        """Call the latents by these names on screen; object names stay."""
        for row, name in zip(self.rows, names, strict=True):
            row.setName(name)
        self._tellLine()

    def setMeanings(self, meanings: Sequence[str]) -> None:
        """Say in each row what its latent alone explains best; empty for nothing, none for all."""
        for row, meaning in zip(self.rows, meanings or [""] * len(self.rows), strict=True):
            row.slider.setMeaning(meaning)

    # Where they stand

    def sorting(self) -> str:
        """`kl`, `effect` or `index`."""
        return self._sorting

    def setSorting(self, sorting: str) -> None:
        """Sort now, and at each `resort`, by `kl` (or what `setMeasure` was given), `effect` or
        `index`; raises ValueError for another word."""
        order = order_by(sorting, len(self.rows), self._measure, self._effects)
        self._sorting = sorting
        self.setOrder(order)

    def resort(self) -> None:
        """Sort again by the newest measures, and fold what is collapsed by them."""
        self.setSorting(self._sorting)

    def setOrder(self, order: np.ndarray, after: QWidget | None = None) -> None:
        """Lay the rows out down the left column, then down the right, the collapsed ones of the
        newest measure last; Tab follows, coming from the widget `after`, once that is given."""
        self._order = np.array(order)
        self._before = after or self._before
        self._collapsed = self._silent
        self._layOut()

    def isFolded(self) -> bool:
        """Whether collapsed latents are hidden."""
        return self._folded

    def setFolded(self, folded: bool) -> None:
        """Hide or show the rows of collapsed latents; their values stay in z."""
        if folded != self._folded:
            self._folded = folded
            self._layOut()
            self.foldChanged.emit(folded)

    def lines(self) -> int:
        """How many lines there are to show, the one for collapsed latents among them."""
        collapsed = int(self._collapsed.sum())
        below = 0 if self._folded else -(-collapsed // 2)
        return -(-(len(self.rows) - collapsed) // 2) + below + (collapsed > 0)

    @Slot()
    def _toggleFold(self) -> None:
        self.setFolded(not self._folded)

    @Slot()
    def _catchUp(self) -> None:
        if self._waiting:
            self._layOut()

    def _layOut(self) -> None:
        self._waiting = any(row.isHeld() for row in self.rows)
        if self._waiting:
            return
        active = [i for i in self._order.tolist() if not self._collapsed[i]]
        collapsed = [i for i in self._order.tolist() if self._collapsed[i]]
        half = self._place(active, 0)
        self._layout.addWidget(self._line, half, 0, 1, 2)
        self._place(collapsed, half + 1)
        self._tellLine()
        self._line.setVisible(bool(collapsed))
        for i, row in enumerate(self.rows):
            row.setVisible(not (self._folded and self._collapsed[i]))
        stops: list[QWidget] = [] if self._before is None else [self._before]
        stops += [stop for i in active for stop in (self.rows[i].slider, self.rows[i].field)]
        stops.append(self._line)
        stops += [stop for i in collapsed for stop in (self.rows[i].slider, self.rows[i].field)]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _place(self, indices: list[int], top: int) -> int:
        half = -(-len(indices) // 2)
        for place, index in enumerate(indices):
            column, line = divmod(place, max(half, 1))
            self._layout.addWidget(self.rows[index], top + line, column)
        return half

    def _tellLine(self) -> None:
        names = [row.name() for row in self.rows if self._collapsed[row.index]]
        self._line.setLatents(names, ACTIVE_NATS, self._folded)

    # Where a person looks

    @Slot(int, bool)
    def _rowHovered(self, index: int, here: bool) -> None:
        if here:
            self._point(index)
        elif self._pointed == index:
            self._point(self._focused)

    @Slot(QWidget, QWidget)
    def _focusMoved(self, old: QWidget | None, now: QWidget | None) -> None:
        while now is not None and not isinstance(now, LatentRow):
            now = now.parentWidget()
        before = self._focused
        self._focused = now.index if now is not None and now.parentWidget() is self else -1
        # Whichever came last, pointer or focus: a pointer that was left behind is not looked at.
        if self._focused >= 0 or self._pointed == before:
            self._point(self._focused)

    def _point(self, index: int) -> None:
        if index != self._pointed:
            self._pointed = index
            self.pointed.emit(index)
