"""The rows of all latents in two columns, in the order of their KL, and their values as one z.

It does not know the buttons above or where posteriors come from.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from explorer.latents.density import density, z_range
from explorer.latents.row import LatentRow

COLUMN_GAP = 14
LINE_GAP = 2


class LatentRows(QWidget):
    """`latent_dim` rows; the order changes on screen only, index i is always z[i]."""

    zChanged = Signal()  # once per change, however many rows moved
    taken = Signal()  # a person moved, or began to move, a value in a row

    def __init__(self, latent_dim: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._moving = False
        self.rows = [LatentRow(index) for index in range(latent_dim)]
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(COLUMN_GAP)
        self._layout.setVerticalSpacing(LINE_GAP)
        self._layout.setColumnStretch(0, 1)
        self._layout.setColumnStretch(1, 1)
        for row in self.rows:
            row.zChanged.connect(self._rowMoved)
            row.taken.connect(self.taken)
        self.setOrder(np.arange(latent_dim))

    def z(self) -> np.ndarray:
        """The values, a fresh (latent_dim,) float32 array."""
        return np.array([row.slider.z for row in self.rows], np.float32)

    def setZ(self, z: np.ndarray) -> None:
        """Set all values; `zChanged` comes once, or not at all when none differs."""
        before = self.z()
        self._moving = True
        try:
            for row, value in zip(self.rows, z, strict=True):
                row.slider.setZ(value)
        finally:
            self._moving = False
        if not np.array_equal(before, self.z()):
            self.zChanged.emit()

    def reset(self) -> None:
        """All values to zero, all ranges back to those of the data."""
        self.setZ(np.zeros(len(self.rows), np.float32))
        for row in self.rows:
            row.slider.reset()

    def setPosterior(self, mu: np.ndarray, sigma: np.ndarray) -> None:
        """Move the ticks and bands: (latent_dim,) each; the values stay."""
        for row, m, s in zip(self.rows, mu.tolist(), sigma.tolist(), strict=True):
            row.slider.setPosterior(m, s)

    def setKl(self, kl: np.ndarray) -> None:
        """Set the bars, (latent_dim,) nats; the order stays."""
        longest = float(kl.max())
        for row, value in zip(self.rows, kl.tolist(), strict=True):
            row.setKl(value, longest)

    def setOrder(self, order: np.ndarray, after: QWidget | None = None) -> None:
        """Lay the rows out down the left column, then down the right; Tab follows, coming from
        the widget `after`."""
        half = -(-len(self.rows) // 2)
        stops = [] if after is None else [after]
        for place, index in enumerate(order.tolist()):
            column, line = divmod(place, half)
            row = self.rows[index]
            self._layout.addWidget(row, line, column)
            stops += [row.slider, row.field]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def setStatistics(
        self, mean: np.ndarray, std: np.ndarray, quantiles: np.ndarray, levels: np.ndarray
    ) -> None:
        """Set ranges and silhouettes: (latent_dim,), (latent_dim,), (latent_dim, Q), (Q,)."""
        for row, m, s, q in zip(self.rows, mean.tolist(), std.tolist(), quantiles, strict=True):
            low, high = z_range(q, m, s)
            row.slider.setZRange(low, high)
            row.slider.setDensity(*density(q, levels, low, high))

    @Slot()
    def _rowMoved(self) -> None:
        if not self._moving:
            self.taken.emit()
            self.zChanged.emit()
