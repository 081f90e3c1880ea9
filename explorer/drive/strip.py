"""The posterior of the last seconds: every latent's mean as colour, the KL as a line over it.

It does not know which model encoded the frames, nor whether anything drives.
"""

from __future__ import annotations

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.widgets.caption import Caption
from explorer.widgets.theme import Theme, theme_of

SECONDS = 10
FRAMES = 50 * SECONDS  # the game's 50 frames a second
EMPTY = 255  # the cell of a frame that is not there
ZERO = 127  # the cell of mu = 0; 0 is mu = -3, 254 is mu = +3
_REACH = 3.0  # the prior's standard deviations that get the full colour
_MAP_MIN = 60


class PosteriorStrip(QWidget):
    """A heat map of mu over the last 10 s, newest at the right, under the line of the KL."""

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("posteriorStrip")
        self.setAccessibleName("Posterior of the last 10 seconds")
        self.setToolTip(
            "One row per latent in the order of KL; blue is mu below 0, orange above, "
            "full colour at -3 and +3; the line is the frame's total KL."
        )
        title = QLabel(f"Posterior, last {SECONDS} s")
        title.setProperty("role", "title")
        self._caption = Caption("colour: mu · line: KL", Qt.AlignmentFlag.AlignRight)
        header = QHBoxLayout()
        header.addWidget(title)
        header.addWidget(self._caption, 1)
        self._map = _HeatMap()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(header)
        column.addWidget(self._map, 1)
        self._order = np.arange(latent_dim)
        self._reset(latent_dim)

    def setOrder(self, order: np.ndarray) -> None:
        """Put latent `order[i]` into row i; (L,) integers. Another L empties the strip."""
        self._order = np.asarray(order, dtype=np.intp).copy()
        if self._order.size != self._cells.shape[1]:
            self._reset(self._order.size)
        self._stale = True

    def append(self, mu: np.ndarray, kl: np.ndarray) -> None:
        """Store n frames, the newest last: mu (n, L), total KL (n,) in nats. Draws nothing."""
        mu, kl = np.asarray(mu)[-FRAMES:], np.asarray(kl)[-FRAMES:]
        n = len(mu)
        if n == 0:
            return
        # Moving 16 kB costs about a microsecond and keeps time in order, with no head to wrap.
        self._cells[:-n] = self._cells[n:]
        self._kl[:-n] = self._kl[n:]
        level = np.clip(np.rint(mu * (ZERO / _REACH)), -ZERO, ZERO) + ZERO
        self._cells[-n:] = np.where(np.isfinite(mu), level, EMPTY).astype(np.uint8)
        self._kl[-n:] = kl
        self._stale = True

    def redraw(self) -> None:
        """Draw what was appended since the last call."""
        if not self._stale:
            return
        self._stale = False
        self._map.show_history(self.cells(), self._kl)
        newest = self._kl[-1]
        value = f" {newest:.1f} nats" if np.isfinite(newest) else ""
        self._caption.showText(f"colour: mu · line: KL{value}")

    def clear(self) -> None:
        """Forget all frames and draw the empty strip."""
        self._reset(self._order.size)
        self.redraw()

    def setPlaceholder(self, text: str) -> None:
        """What to say in place of the map; nothing shows the map."""
        self._map.setPlaceholder(text)

    def cells(self) -> np.ndarray:
        """The heat map as drawn: (L, 500) uint8, newest right, 0..254 for mu -3..3, 255 empty."""
        return np.ascontiguousarray(self._cells[:, self._order].T)

    def _reset(self, latent_dim: int) -> None:
        self._cells = np.full((FRAMES, latent_dim), EMPTY, np.uint8)
        self._kl = np.full(FRAMES, np.nan, np.float32)
        self._stale = True


class _HeatMap(QWidget):
    """Paints cells through a table of 256 colours, and the KL over them."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setMinimumHeight(_MAP_MIN)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._cells: np.ndarray | None = None
        self._kl = np.empty(0, np.float32)
        self._placeholder = ""
        self._theme: Theme | None = None
        self._colors = np.empty((0, 3), np.float32)

    def sizeHint(self) -> QSize:
        return QSize(240, _MAP_MIN)

    def setPlaceholder(self, text: str) -> None:
        self._placeholder = text
        self.update()

    def show_history(self, cells: np.ndarray, kl: np.ndarray) -> None:
        """Draw (L, n) uint8 cells and the KL (n,) in nats, NaN where there is none."""
        self._cells, self._kl = cells, kl
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        if theme is not self._theme:
            self._theme, self._colors = theme, _color_table(theme)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.well))
        if self._placeholder:
            painter.setPen(QColor(theme.muted))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), centred, self._placeholder)
            return
        if self._cells is None:
            return
        pixels = _squeezed(self._colors[self._cells], self.width())
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        painter.drawImage(self.rect(), image)
        self._paint_kl(painter, theme)

    def _paint_kl(self, painter: QPainter, theme: Theme) -> None:
        there = np.flatnonzero(np.isfinite(self._kl))
        if there.size < 2:
            return
        kl = self._kl[there]
        x = (there + 0.5) * (self.width() / self._kl.size)
        y = self.height() - 1 - kl * ((self.height() - 2) / _nice_top(float(kl.max())))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.text), 1))
        painter.drawPolyline(arrayToQPolygonF(x, y))


def _nice_top(highest: float) -> float:
    """The KL at the upper edge, in nats: doubled as needed, so that the scale seldom moves."""
    top = 20.0
    while top < highest:
        top *= 2.0
    return top


def _squeezed(colors: np.ndarray, width: int) -> np.ndarray:
    """(L, n, 3) float32 averaged to `width` columns and packed as (L, width) uint32 0xffRRGGBB.

    Averaged, because columns that are left out would flicker as the map runs; and here, because
    QPainter's own smoothing is slower, waits for a thread pool, and mixes neighbouring latents.
    """
    sums = np.zeros((colors.shape[0], colors.shape[1] + 1, 3), np.float32)
    np.cumsum(colors, axis=1, out=sums[:, 1:])
    edges = np.linspace(0, colors.shape[1], width + 1)
    left = np.minimum(edges.astype(int), colors.shape[1] - 1)
    part = (edges - left).astype(np.float32)[:, None]
    at_edges = sums[:, left] + part * (sums[:, left + 1] - sums[:, left])
    mean = np.diff(at_edges, axis=1) * (width / colors.shape[1])
    red, green, blue = np.moveaxis(mean.astype(np.uint32), 2, 0)
    return np.ascontiguousarray(0xFF000000 | (red << 16) | (green << 8) | blue)


def _color_table(theme: Theme) -> np.ndarray:
    """(256, 3) float32 RGB: blue to the ground to orange in 0..254, and the empty cell."""
    ground = QColor(theme.panel if theme.dark else "#ffffff")
    low, high, empty = QColor(theme.mu), QColor(theme.kl), QColor(theme.well)
    part = (np.arange(EMPTY)[:, None] - ZERO) / ZERO
    ends = np.where(part > 0, high.getRgb()[:3], low.getRgb()[:3])
    colors = ground.getRgb()[:3] + np.abs(part) * (ends - np.array(ground.getRgb()[:3]))
    return np.vstack([colors, empty.getRgb()[:3]]).astype(np.float32)
