"""A strip of all frames in their order, the held-out ones coloured, with what the colours mean.

It does not know the frames themselves.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.frames.source import Source
from explorer.widgets.numerals import grouped
from explorer.widgets.theme import Theme, theme_of

_BAR = 18  # pixels high
_TICK = 4  # pixels of the marks below it
_GAP = 6
_ROOMY = 4  # pixels an episode must have on average for gaps to be drawn between them


class SplitStrip(QWidget):
    """Episodes side by side, as wide as they are long; marks below show where the preview is."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("framesSplit")
        self.setAccessibleName("Split into training and held-out frames")
        self.setToolTip("Frames that are held out are never trained on: they are the test.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._source: Source | None = None
        self._shares = np.empty(0)  # of held-out frames among those up to each one
        self._starts = np.empty(0, int)  # of the runs
        self._ordinals = np.empty(0, int)
        self._runs = np.empty(0, int)
        self._sides = (0, 0), (0, 0)
        self._marks = np.empty(0, int)

    def setSource(self, source: Source) -> None:
        """Show the split of these frames."""
        self._source = source
        self._shares = np.concatenate([[0], np.cumsum(source.held_out)])
        self._starts, self._runs = source.runs()
        self._ordinals = source.ordinals()
        self._sides = source.sides()
        self.setAccessibleDescription(" · ".join(self._wordings()[0]))
        self.update()

    def setMarks(self, indices: np.ndarray) -> None:
        """Mark the frames that are on show elsewhere."""
        self._marks = indices
        self.update()

    def tell(self, x: float) -> str:
        """The episode at a place of the strip, in words."""
        count = 0 if self._source is None else len(self._source.episode)
        if not count:
            return ""
        frame = min(max(int(x / max(1, self.width()) * count), 0), count - 1)
        run = self._runs[frame]
        end = self._starts[run + 1] if run + 1 < len(self._starts) else count
        side = "held out" if self._source.held_out[frame] else "to train on"
        length = grouped(end - self._starts[run])
        return f"Episode {grouped(self._ordinals[frame])}: {length} frames, {side}"

    def sizeHint(self) -> QSize:
        return QSize(480, _BAR + _TICK + _GAP + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.y() < _BAR and (said := self.tell(event.x())):
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.fillRect(QRect(0, 0, self.width(), _BAR), QColor(theme.well))
        if self._source is None:
            return
        self._paintBar(painter, theme)
        self._paintLegend(painter, theme)

    def _paintBar(self, painter: QPainter, theme: Theme) -> None:
        count, width = len(self._source.episode), self.width()
        # A column of pixels may stand for many frames: it takes the mixture of their colours.
        share = np.interp(np.linspace(0, count, width + 1), np.arange(count + 1), self._shares)
        share = np.diff(share)[:, None] / (count / width)
        colors = [np.array(QColor(c).getRgb()[:3]) for c in (theme.border, theme.good)]
        row = np.round((1 - share) * colors[0] + share * colors[1]).astype(np.uint32)
        pixels = np.ascontiguousarray(0xFF000000 | row[:, 0] << 16 | row[:, 1] << 8 | row[:, 2])
        image = QImage(pixels.data, width, 1, 4 * width, QImage.Format.Format_RGB32)
        painter.drawImage(QRect(0, 0, width, _BAR), image)
        if width >= _ROOMY * len(self._starts):
            for start in self._starts[1:]:
                x = round(start / count * width)
                painter.fillRect(QRect(x, 0, 1, _BAR), QColor(theme.window))
        for mark in self._marks:
            x = min(round((mark + 0.5) / count * width), width - 1)
            painter.fillRect(QRect(x, _BAR + 1, 1, _TICK), QColor(theme.handle))

    def _paintLegend(self, painter: QPainter, theme: Theme) -> None:
        metrics, top = self.fontMetrics(), _BAR + _TICK + _GAP
        side, room = metrics.ascent() - 2, self.width() // 2
        for said in self._wordings():
            widths = [side + _GAP + metrics.horizontalAdvance(words) for words in said]
            if sum(widths) + 3 * _GAP <= self.width():
                room = widths[0] + 3 * _GAP
                break
        for place, (words, color) in enumerate(zip(said, (theme.border, theme.good), strict=True)):
            x = place * room
            painter.fillRect(QRect(x, top + 2, side, side), QColor(color))
            line = QRect(x + side + _GAP, top, self.width() - x - side - _GAP, metrics.height())
            painter.setPen(QColor(theme.muted))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, words)

    def _wordings(self) -> tuple[tuple[str, str], ...]:
        """The legend in two lengths."""
        counts = [grouped(frames) for frames, _ in self._sides]
        whole = [f" in {_counted(episodes, 'episode')}" for _, episodes in self._sides]
        verbs = "to train on", "held out"
        long = tuple(
            f"{n} frames {verb},{of}" for n, verb, of in zip(counts, verbs, whole, strict=True)
        )
        return long, tuple(f"{n} {verb}" for n, verb in zip(counts, verbs, strict=True))


def _counted(number: int, noun: str) -> str:
    return f"{grouped(number)} {noun}{'' if number == 1 else 's'}"
