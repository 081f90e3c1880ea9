"""What the marks on a slider mean, each beside a small drawing of it.

It does not know any slider.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from explorer.latents.track import BAND_ALPHA, SILHOUETTE_ALPHA, shade
from explorer.widgets.theme import theme_of

MARKS = (
    ("silhouette", "seen in the data"),
    ("tick", "μ of this frame"),
    ("band", "± σ of this frame"),
    ("handle", "your value"),
)


class Swatch(QWidget):
    """A drawing of one mark: `silhouette`, `tick`, `band` or `handle`."""

    def __init__(self, mark: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._mark = mark
        self.setFixedSize(18, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._mark == "silhouette":
            painter.setBrush(shade(theme.muted, SILHOUETTE_ALPHA))
            outline = [(0, 13), (4, 10), (8, 2), (11, 4), (14, 11), (18, 13)]
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in outline]))
        elif self._mark == "tick":
            painter.fillRect(QRectF(8, 0, 2, 14), shade(theme.mu))
        elif self._mark == "band":
            painter.fillRect(QRectF(1, 1, 16, 12), shade(theme.mu, BAND_ALPHA))
        else:
            painter.setBrush(shade(theme.handle))
            painter.drawRoundedRect(QRectF(6, 0, 6, 14), 2.5, 2.5)


class Legend(QWidget):
    """The four marks in two columns."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(2)
        for place, (mark, words) in enumerate(MARKS):
            row, column = divmod(place, 2)
            label = QLabel(words)
            label.setProperty("role", "caption")
            layout.addWidget(Swatch(mark), row, 2 * column)
            layout.addWidget(label, row, 2 * column + 1)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(3, 1)
