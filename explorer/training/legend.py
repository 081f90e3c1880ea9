"""The line below the plots: which colour is which run, or what is under the mouse.

It does not know where the runs come from.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.training.compared import color_of
from explorer.widgets.theme import theme_of

_LABEL_POINTS = 8.0
_STROKE, _GAP = 14, 10  # pixels


class Legend(QWidget):
    """One line, painted: the names of runs are a person's, and plain text."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("curvesLegend")
        self._runs: tuple[str, ...] = ()
        self._told = self._hint = ""
        font = QFont(self.font())
        font.setPointSizeF(_LABEL_POINTS)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRuns(())

    def setRuns(self, names: Sequence[str]) -> None:
        """The runs that are drawn beside the present one, in the order of their colours."""
        self._runs = tuple(names)
        self._describe()

    def runs(self) -> tuple[str, ...]:
        """The names on show."""
        return self._runs

    @Slot(str)
    def tell(self, text: str) -> None:
        """Say this instead; an empty text brings the legend back."""
        if text != self._told:
            self._told = text
            self._describe()

    def setHint(self, text: str) -> None:
        """What to say when there is nothing else: how the view is to be read."""
        self._hint = text
        self._describe()

    def text(self) -> str:
        """What the line says."""
        if self._told:
            return self._told
        return " · ".join(self._runs) or self._hint

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = theme_of(self)
        metrics = QFontMetricsF(self.font())
        if self._told or not self._runs:
            painter.setPen(QColor(theme.text if self._told else theme.muted))
            text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
            return
        left, each = 0.0, self.width() / len(self._runs)
        widths = [_STROKE + 4 + metrics.horizontalAdvance(name) + _GAP for name in self._runs]
        for index, (name, width) in enumerate(zip(self._runs, widths, strict=True)):
            # All in full where they fit, else each in its even share.
            room = width if sum(widths) <= self.width() + _GAP else each
            painter.setPen(QPen(QColor(color_of(index, theme)), 2))
            middle = self.height() / 2
            painter.drawLine(round(left), round(middle), round(left) + _STROKE, round(middle))
            painter.setPen(QColor(theme.text))
            place = QRectF(left + _STROKE + 4, 0, room - _STROKE - 4 - 2, self.height())
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, place.width() + 2)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            left += room

    def _describe(self) -> None:
        # Rich text that is nothing but escaped: Qt takes a name for rich text where it looks so.
        names = html.escape("\n".join(self._runs))
        self.setToolTip(f"<p style='white-space:pre'>{names}</p>" if names else "")
        self.setAccessibleName(self.text())
        self.update()
