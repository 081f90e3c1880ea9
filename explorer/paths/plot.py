"""The KL along a path as a line, with its keyframes and where the picture is.

It does not know how the KL was found.
"""

from __future__ import annotations

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.theme import theme_of

EDGE = 7  # pixels at both ends: half the handle of the slider below


class KlPlot(QWidget):
    """Drawn from 0 nats up; press or drag to go to a place of the path."""

    pressed = Signal()
    scrubbed = Signal(int)  # the picture under the pointer

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("pathKlPlot")
        self.setAccessibleName("KL along the path")
        self.setToolTip(
            "What each picture of the path costs, encoded again: its KL in nats. Dotted: keyframes."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 48)
        self._count = 0
        self._steps = 1
        self._kl: np.ndarray | None = None
        self._position = 0
        self._placeholder = ""

    def sizeHint(self) -> QSize:
        return QSize(320, 74)

    def setPath(self, count: int, steps: int, placeholder: str) -> None:
        """A path of `count` pictures, `steps` from one keyframe to the next; its KL is to come."""
        self._count, self._steps, self._placeholder = count, steps, placeholder
        self._kl = None
        self.update()

    def setKl(self, kl: np.ndarray) -> None:
        """Draw the KL of each picture, (n,) nats."""
        self._kl = kl
        self.update()

    def kl(self) -> np.ndarray | None:
        """What is drawn, (n,) nats; None as long as it is not known."""
        return self._kl

    def setPosition(self, position: int) -> None:
        """Mark the picture that is shown."""
        self._position = position
        self.update()

    def _x(self, picture: np.ndarray | float) -> np.ndarray | float:
        return EDGE + picture * ((self.width() - 2 * EDGE) / max(1, self._count - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.fillRect(self.rect(), QColor(theme.well))
        text = self.rect().adjusted(6, 2, -6, -2)
        if self._kl is None:
            painter.setPen(QColor(theme.muted))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(text, centred, self._placeholder)
            return
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DotLine))
        for place in range(0, self._count, self._steps):
            x = round(self._x(place))
            painter.drawLine(x, 0, x, self.height())
        painter.setPen(QPen(QColor(theme.text), 1))
        x = round(self._x(self._position))
        painter.drawLine(x, 0, x, self.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        highest = max(float(self._kl.max()), 1e-6)
        above = self.fontMetrics().height() + 4
        x = self._x(np.arange(self._count))
        y = self.height() - 2 - self._kl * ((self.height() - 2 - above) / highest)
        painter.setPen(QPen(QColor(theme.kl), 1.5))
        painter.drawPolyline(arrayToQPolygonF(x, y))
        self._tell(painter, text, theme.text, theme.well)

    def _tell(self, painter: QPainter, place: QRectF, ink: str, ground: str) -> None:
        kl = self._kl
        said = f"{kl[self._position]:.1f} nats"
        whole = f"{said} · {kl.min():.1f} to {kl.max():.1f} on the way"
        if self.fontMetrics().horizontalAdvance(whole) <= place.width():
            said = whole
        box = painter.boundingRect(place, Qt.AlignmentFlag.AlignTop, said)
        painter.fillRect(box, QColor(ground))
        painter.setPen(QColor(ink))
        painter.drawText(place, Qt.AlignmentFlag.AlignTop, said)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._count > 1:
            self.pressed.emit()
            self._scrub(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._count > 1:
            self._scrub(event)

    def _scrub(self, event: QMouseEvent) -> None:
        share = (event.position().x() - EDGE) / max(1, self.width() - 2 * EDGE)
        picture = round(share * (self._count - 1))
        self.scrubbed.emit(min(max(picture, 0), self._count - 1))
