"""What the marks of a row mean, each beside a small drawing of it.

It does not know any row.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QGridLayout, QWidget

from explorer.latents.marks import draw_handle, draw_posterior, draw_ring
from explorer.latents.track import SILHOUETTE_ALPHA, shade
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.theme import theme_of

MARKS = (
    ("bars", ("KL, below it the effect", "KL and effect")),
    ("silhouette", ("seen in the data", "in the data")),
    ("posterior", ("μ ± σ of this frame", "μ ± σ of frame")),
    ("ring", ("μ of the decoded picture", "μ of the decoded", "μ decoded")),
    ("handle", ("your value",)),
)


class Swatch(QWidget):
    """A drawing of one mark: `bars`, `silhouette`, `posterior`, `ring` or `handle`."""

    def __init__(self, mark: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._mark = mark
        self.setFixedSize(18, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._mark == "bars":
            painter.fillRect(QRectF(0, 1, 18, 8), shade(theme.kl_bar))
            painter.fillRect(QRectF(0, 10, 12, 3), shade(theme.good))
        elif self._mark == "silhouette":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade(theme.muted, SILHOUETTE_ALPHA))
            outline = [(0, 13), (4, 10), (8, 2), (11, 4), (14, 11), (18, 13)]
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in outline]))
        elif self._mark == "posterior":
            draw_posterior(painter, theme, 9, 1, 17, 14)
        elif self._mark == "ring":
            draw_ring(painter, theme, 9, 14)
        else:
            draw_handle(painter, theme, 9, 14, muted=False)


class Legend(QWidget):
    """The marks in columns; where there is little room the words get shorter."""

    def __init__(self, columns: int = 2, parent: QWidget | None = None):
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(2)
        for place, (mark, wordings) in enumerate(MARKS):
            row, column = divmod(place, columns)
            label = FittingLabel(*wordings)
            label.setProperty("role", "caption")
            layout.addWidget(Swatch(mark), row, 2 * column)
            layout.addWidget(label, row, 2 * column + 1)
        for column in range(columns):
            layout.setColumnStretch(2 * column + 1, 1)
