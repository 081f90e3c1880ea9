"""The table of probes, painted: how well each quantity is read, what is true and what is read.

It does not know a model, a drive or what the quantities mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QHelpEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.widgets.theme import Theme, theme_of

LINE = 17  # pixels
ROW = 2 * LINE + 4
HEAD = 2 * LINE
GROUP = 22
NUMBER = 40  # widths of the columns at the right
LATENT = 62
BARS = 32, 54  # of the bar, in a narrow dock and in a wide one
WIDE = 300
GAP = 6
GAUGE = 4
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Row(NamedTuple):
    """One quantity; NaN stands for what is not known."""

    name: str
    unit: str
    r2: float
    latent: str  # that explains it best by itself, empty for none
    r2_alone: float
    low: float  # the ends of its gauge
    high: float
    tip: str
    why: str = ""  # it was not fitted


class Group(NamedTuple):
    """Some rows below a line that says what they have in common."""

    title: str
    rows: tuple[Row, ...]


class ProbeTable(QWidget):
    """Rows of two lines; the upper one stays, the lower one is live."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("probeTable")
        self.setAccessibleName("Probes of what the environment knows")
        self.setToolTip("How well each quantity is read from the latents' means.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._groups: tuple[Group, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._truth = self._reading = np.empty(0)
        self._seen = np.empty(0, bool)
        self._stale = False
        self._background = QPixmap()
        self._background_of: tuple | None = None

    def rows(self) -> tuple[Row, ...]:
        """All rows, from top to bottom."""
        return self._rows

    def truth(self) -> np.ndarray:
        """What is true in each row, (n,); NaN where it is not known."""
        return self._truth

    def reading(self) -> np.ndarray:
        """What is read in each row, (n,); NaN where nothing is."""
        return self._reading

    def isStale(self) -> bool:
        """Whether the rows are of a model that has learned since."""
        return self._stale

    def setGroups(self, groups: Sequence[Group]) -> None:
        """Show other rows, as yet without truth or reading."""
        self._groups = tuple(groups)
        self._rows = tuple(row for group in groups for row in group.rows)
        nothing = np.full(len(self._rows), math.nan)
        self._truth = self._reading = nothing
        self._seen = np.ones(len(self._rows), bool)
        self.setAccessibleDescription("\n".join(map(_told, self._rows)))
        self._background_of = None
        self.updateGeometry()
        self.update()

    def setLive(self, truth: np.ndarray, reading: np.ndarray, seen: np.ndarray) -> None:
        """Move the marks: (n,) each; rows that are not `seen` in the frame are muted."""
        self._truth, self._reading, self._seen = truth, reading, seen
        self.update()

    def setStale(self, stale: bool) -> None:
        """Paint fainter: the model has learned since."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(260, self._height())

    def _height(self) -> int:
        return HEAD + GROUP * len(self._groups) + ROW * len(self._rows)

    def _tops(self) -> list[tuple[Group | Row, int]]:
        """Each group's line and each row, and where it begins."""
        tops, y = [], HEAD
        for group in self._groups:
            tops.append((group, y))
            y += GROUP
            for row in group.rows:
                tops.append((row, y))
                y += ROW
        return tops

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            y = event.pos().y()
            for what, top in self._tops():
                if isinstance(what, Row) and top <= y < top + ROW:
                    QToolTip.showText(event.globalPos(), what.tip, self)
                    return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._background_of = None
            self.update()

    # The picture

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setOpacity(0.5 if self._stale else 1.0)
        wanted = (self.size(), self.devicePixelRatioF())
        if self._background_of != wanted:
            self._background = self._draw_background(theme)
            self._background_of = wanted
        painter.drawPixmap(0, 0, self._background)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tops = [top for what, top in self._tops() if isinstance(what, Row)]
        live = zip(
            self._rows,
            tops,
            self._truth.tolist(),
            self._reading.tolist(),
            self._seen.tolist(),
            strict=True,
        )
        for row, top, truth, reading, seen in live:
            self._draw_live(painter, theme, row, top + LINE, truth, reading, seen)

    def _gauge(self, top: float) -> QRectF:
        width = self.width() - LATENT - NUMBER - 2 * GAP
        return QRectF(GAUGE, top + (LINE - GAUGE) / 2, width - 2 * GAUGE, GAUGE)

    def _columns(self, top: float) -> tuple[QRectF, QRectF]:
        """The places of the two numbers at the right."""
        right = self.width()
        return (
            QRectF(right - LATENT - GAP - NUMBER, top, NUMBER, LINE),
            QRectF(right - LATENT, top, LATENT, LINE),
        )

    def _draw_live(
        self,
        painter: QPainter,
        theme: Theme,
        row: Row,
        top: float,
        truth: float,
        reading: float,
        seen: bool,
    ) -> None:
        gauge, places = self._gauge(top), self._columns(top)
        faint = theme.muted
        if math.isfinite(reading):
            color = QColor(theme.mu if seen else faint)
            x = _place(gauge, row, reading)
            painter.fillRect(QRectF(x - 1.5, top + 2, 3, LINE - 4), color)
            painter.setPen(color)
            painter.drawText(places[1], RIGHT, _number(reading, row))
        if math.isfinite(truth):
            color = QColor(theme.text if seen else faint)
            middle = QPointF(_place(gauge, row, truth), gauge.center().y())
            painter.setPen(QColor(theme.window))
            painter.setBrush(color)
            painter.drawEllipse(middle, 4.0, 4.0)
            painter.setPen(color)
            painter.drawText(places[0], RIGHT, _number(truth, row))

    def _draw_background(self, theme: Theme) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_head(painter, theme)
        for what, top in self._tops():
            if isinstance(what, Group):
                painter.setFont(_small(self.font()))
                painter.setPen(QColor(theme.muted))
                painter.drawText(QRectF(0, top, self.width(), GROUP), LEFT, what.title)
                painter.fillRect(QRectF(0, top, self.width(), 1), QColor(theme.border))
                painter.setFont(self.font())
            else:
                self._draw_row(painter, theme, what, top)
        painter.end()
        return pixmap

    def _draw_head(self, painter: QPainter, theme: Theme) -> None:
        painter.setFont(_small(self.font()))
        painter.setPen(QColor(theme.muted))
        for place, text in zip(self._columns(0), ("R²", "best latent"), strict=True):
            painter.drawText(place, RIGHT, text)
        for place, text, color in zip(
            self._columns(LINE), ("● truth", "❙ reading"), (theme.text, theme.mu), strict=True
        ):
            painter.setPen(QColor(color))
            painter.drawText(place.adjusted(-GAP, 0, 0, 0), RIGHT, text)
        painter.setFont(self.font())

    def _draw_row(self, painter: QPainter, theme: Theme, row: Row, top: int) -> None:
        name = QRectF(0, top, self.width(), LINE)
        painter.setPen(QColor(theme.text))
        painter.drawText(name, LEFT, row.name)
        painter.setPen(QColor(theme.muted))
        room = painter.fontMetrics().horizontalAdvance(row.name) + GAP
        painter.drawText(name.adjusted(room, 0, 0, 0), LEFT, row.unit)
        number, latent = self._columns(top)
        full = BARS[self.width() >= WIDE]
        bar = QRectF(number.left() - full, top + 5, full, LINE - 9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(bar, 2, 2)
        if math.isfinite(row.r2):
            bar.setWidth(full * min(max(row.r2, 0.0), 1.0))
            painter.setBrush(QColor(theme.good))
            if bar.width() >= 1:
                painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(QColor(theme.text if row.r2 > 0 else theme.muted))
            painter.drawText(number, RIGHT, f"{row.r2:.2f}".replace("-", "−"))
        elif row.why:
            painter.setPen(QColor(theme.muted))
            painter.drawText(number.united(latent), RIGHT, f"–  {row.why}")
        if row.latent:
            painter.setPen(QColor(theme.muted))
            painter.drawText(latent, RIGHT, f"{row.latent} {row.r2_alone:.2f}")
        gauge = self._gauge(top + LINE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(gauge, GAUGE / 2, GAUGE / 2)
        if row.low < 0 < row.high:
            x = _place(gauge, row, 0.0)
            painter.fillRect(QRectF(x - 0.5, gauge.top() - 3, 1, GAUGE + 6), QColor(theme.muted))


def _place(gauge: QRectF, row: Row, value: float) -> float:
    """Where a value stands on a gauge; what is beyond stands at its end."""
    part = (value - row.low) / (row.high - row.low) if row.high > row.low else 0.5
    return gauge.left() + min(max(part, 0.0), 1.0) * gauge.width()


def _number(value: float, row: Row) -> str:
    """A value to a thousandth of its gauge."""
    span = row.high - row.low
    digits = 2 - math.floor(math.log10(span)) if span > 0 else 2
    text = f"{value:.{min(max(digits, 0), 4)}f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def _told(row: Row) -> str:
    """A row for who cannot see it."""
    alone = f", best latent {row.latent} {row.r2_alone:.2f}" if row.latent else ""
    r2 = f"R² {row.r2:.2f}" if math.isfinite(row.r2) else row.why or "not fitted"
    return f"{row.name}: {r2}{alone}"


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(QFontInfo(font).pointSizeF() * 0.88)
    return small
