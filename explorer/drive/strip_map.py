"""The map of the strip: a row for each latent, lines and marks over it, and the hand on it.

It does not know where the numbers come from, nor what a press does.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.drive.colouring import MU, Colouring
from explorer.drive.events import rank
from explorer.drive.history import STEPS_PER_SECOND
from explorer.widgets.numerals import short
from explorer.widgets.theme import Theme, theme_of

SECONDS = 10
FRAMES = SECONDS * STEPS_PER_SECOND
LOWEST = 48  # pixels
_WORD = 7.5  # points
_DASHES = (5, 3)  # pixels, and between them
STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -STEPS_PER_SECOND,
    Qt.Key.Key_PageDown: STEPS_PER_SECOND,
}
"""Frames that a key goes on."""


class Stretch(NamedTuple):
    """n successive frames, FRAMES at most, the newest last."""

    latents: np.ndarray  # (L,) whose rows these are, from the top
    values: np.ndarray  # (n, L) what is coloured, in that order
    colouring: Colouring
    kl: np.ndarray  # (n,) nats of the frame
    error: np.ndarray  # (n,) squared error of the frame
    marks: list[tuple[int, str]]  # index of the frame, and what happened there
    newer: int  # frames there are behind the last of these
    cursor: int | None  # index of the frame that is on show, None for the newest

    def seconds(self, index: int) -> str:
        """How long before the newest frame of all that was."""
        gone = len(self.values) - 1 - index + self.newer
        return f"\N{MINUS SIGN}{gone / STEPS_PER_SECOND:.1f} s" if gone else "now"


NOTHING = Stretch(
    np.arange(0), np.empty((0, 0)), MU, np.empty(0), np.empty(0), [], 0, None
)  # to be shown


class StripMap(QWidget):
    """Paints a Stretch; `chosen` is an index in it, `stepped` a number of frames to go on."""

    chosen = Signal(int)
    stepped = Signal(int)
    released = Signal()  # Esc, while a frame is on show
    holdRequested = Signal()  # or the end of it

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("stripMap")
        self.setMinimumHeight(LOWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._stretch = NOTHING
        self._placeholder = ""
        self._colors: dict[tuple[Theme, str], np.ndarray] = {}
        self._pressed = -1  # the index that the hand chose last, while it is down
        self._small = QFont(self.font())
        self._small.setPointSizeF(_WORD)

    def sizeHint(self) -> QSize:
        return QSize(240, LOWEST)

    def stretch(self) -> Stretch:
        """What is on show."""
        return self._stretch

    def setStretch(self, stretch: Stretch) -> None:
        """Show other frames."""
        self._stretch = stretch
        self.update()

    def setPlaceholder(self, text: str) -> None:
        """What to say in place of the map; nothing shows the map."""
        self._placeholder = text
        self.update()

    # Where things stand

    def xOf(self, index: float) -> float:
        """The middle of a frame of the stretch, pixels from the left."""
        return self.width() - (len(self._stretch.values) - index - 0.5) * self.width() / FRAMES

    def indexAt(self, x: float) -> int:
        """The frame at x pixels from the left, or the nearest there is; -1 where there is none."""
        n = len(self._stretch.values)
        back = math.ceil((self.width() - x) * FRAMES / max(self.width(), 1))
        return min(max(n - back, 0), n - 1)

    def tell(self, place: QPoint) -> str:
        """What there is at a place in the map, two lines; empty where nothing is."""
        stretch, index = self._stretch, self.indexAt(place.x())
        if index < 0 or self._placeholder or not self.rect().contains(place):
            return ""
        rows = len(stretch.latents)
        row = min(place.y() * rows // max(self.height(), 1), rows - 1)
        value = stretch.values[index, row]
        sign = "+" if stretch.colouring.low < 0 else ""
        number = f"{value:{sign}.2f}".replace("-", "\N{MINUS SIGN}")
        return (
            f"z{stretch.latents[row]:02d}, {stretch.seconds(index)}: "
            f"{stretch.colouring.words} {number}{stretch.colouring.unit}\n"
            f"frame: KL {short(stretch.kl[index])} nats, error {short(stretch.error[index])} SSE"
        )

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = -1
            self._choose(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)
        elif QToolTip.isVisible():
            QToolTip.showText(event.globalPosition().toPoint(), self.tell(event.pos()), self)

    def _choose(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().x())
        if index >= 0 and index != self._pressed and not self._placeholder:
            self._pressed = index
            self.chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS and len(self._stretch.values):
            self.stepped.emit(STEPS[event.key()])
        elif event.key() == Qt.Key.Key_Escape and self._stretch.cursor is not None:
            self.released.emit()
        elif event.key() == Qt.Key.Key_H and not event.isAutoRepeat():
            self.holdRequested.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (text := self.tell(event.pos())):
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    # The picture

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, stretch = theme_of(self), self._stretch
        painter = QPainter(self)
        columns = round(len(stretch.values) * self.width() / FRAMES)
        if self._placeholder or columns < self.width():  # Qt shares a large fill out to threads
            painter.fillRect(self.rect(), QColor(theme.well))
        if self._placeholder:
            painter.setPen(QColor(theme.muted))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), centred, self._placeholder)
        elif columns:
            self._paint_values(painter, theme, columns)
            self._paint_marks(painter, theme)
            self._paint_line(painter, theme, stretch.error, theme.recon, False)
            self._paint_line(painter, theme, stretch.kl, theme.kl, True)
            if stretch.cursor is not None:
                self._paint_cursor(painter, theme, stretch.cursor)
        if self.hasFocus():
            painter.setPen(QColor(theme.recon))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_values(self, painter: QPainter, theme: Theme, columns: int) -> None:
        stretch = self._stretch
        key = theme, stretch.colouring.key
        if key not in self._colors:
            self._colors[key] = stretch.colouring.colors(theme)
        levels = stretch.colouring.levels(squeezed(stretch.values, columns))
        pixels = np.ascontiguousarray(self._colors[key][levels.T])
        image = QImage(pixels.data, columns, len(pixels), 4 * columns, QImage.Format.Format_RGB32)
        painter.drawImage(self.rect().adjusted(self.width() - columns, 0, 0, 0), image)

    def _paint_line(
        self, painter: QPainter, theme: Theme, values: np.ndarray, color: str, dashed: bool
    ) -> None:
        points = max(len(values) * self.width() // FRAMES // 2, 1)  # every second pixel
        values = squeezed(values[:, None], points)[:, 0]
        there = np.flatnonzero(np.isfinite(values))
        if there.size < 2:
            return
        values = values[there]
        step = self.width() / FRAMES * len(self._stretch.kl) / points
        x = self.width() - (points - there - 0.5) * step
        y = self.height() - 1 - np.minimum(values / top_of(values), 1.0) * (self.height() - 2)
        line = arrayToQPolygonF(x, y)
        painter.setPen(QPen(QColor(theme.well), 3))  # apart from the colours behind it
        painter.drawPolyline(line)
        # A line one pixel wide is drawn twenty times as fast as one of two, where it is smooth.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(color), 1)
        if dashed:
            pen.setDashPattern(_DASHES)
        painter.setPen(pen)
        painter.drawPolyline(line)
        painter.drawPolyline(line.translated(0, 0.7))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_marks(self, painter: QPainter, theme: Theme) -> None:
        metrics = QFontMetricsF(self._small)
        painter.setFont(self._small)
        painter.setPen(QColor(theme.muted))
        for index, _ in self._stretch.marks:
            x = round(self.xOf(index))
            painter.drawLine(x, 0, x, self.height())
        written: list[QRectF] = []
        # Where there is no room for all words, the most telling ones stand.
        for index, word in sorted(self._stretch.marks, key=lambda mark: (rank(mark[1]), -mark[0])):
            wide = metrics.horizontalAdvance(word) + 4
            left = min(round(self.xOf(index)) + 1, self.width() - wide)
            place = QRectF(left, 0, wide, metrics.height())
            if not any(place.intersects(other) for other in written):
                written.append(place)
                self._write(painter, theme, place, word)

    def _paint_cursor(self, painter: QPainter, theme: Theme, index: int) -> None:
        metrics = QFontMetricsF(self._small)
        painter.setFont(self._small)
        x, text = round(self.xOf(index)), self._stretch.seconds(index)
        wide = metrics.horizontalAdvance(text) + 6
        painter.fillRect(x - 1, 0, 3, self.height(), QColor(theme.well))
        painter.fillRect(x, 0, 1, self.height(), QColor(theme.text))
        left = x + 2 if x + 2 + wide <= self.width() else x - 1 - wide
        low = self.height() - metrics.height() - 2
        self._write(painter, theme, QRectF(left, low, wide, metrics.height()), text)

    def _write(self, painter: QPainter, theme: Theme, place: QRectF, text: str) -> None:
        painter.fillRect(place, QColor(theme.well))
        painter.setPen(QColor(theme.text))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def top_of(values: np.ndarray) -> float:
    """What the upper edge of the map stands for: 10, doubled as needed, so that it seldom moves.

    Values (n,) that are wild for a fifth of the time do not count: while the camera zooms in at a
    start the error is a hundred times what it is then.
    """
    high, top = 1.3 * float(np.sort(values)[int(0.8 * (len(values) - 1))]), 10.0
    while top < high:
        top *= 2.0
    return top


def squeezed(values: np.ndarray, columns: int) -> np.ndarray:
    """(n, L) averaged to (columns, L), however many they are.

    Averaged, because frames that are left out would flicker as the map runs; and here, because
    QPainter's own smoothing is slower, waits for a thread pool, and mixes neighbouring latents.
    """
    n = len(values)
    if not np.isfinite(values).all():  # no sum goes past such a one
        return values[((np.arange(columns) + 0.5) * n / columns).astype(int)]
    sums = np.zeros((n + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=sums[1:])
    edges = np.linspace(0, n, columns + 1)
    left = np.minimum(edges.astype(int), n - 1)
    part = (edges - left)[:, None]
    at_edges = sums[left] + part * (sums[left + 1] - sums[left])
    return (np.diff(at_edges, axis=0) * (columns / n)).astype(np.float32)
