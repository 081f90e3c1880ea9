"""A slider along a direction from A to B: 0 is at A's mean, 1 at B's.

It does not know z, nor what it leads through.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QStyleOptionSlider, QWidget

from explorer.map.inks import GROUPS, group_color
from explorer.widgets.seek_slider import SeekSlider
from explorer.widgets.theme import theme_of

GRID = 1000  # steps of the integer slider to 1
LOW, HIGH = -1.0, 2.0
HANDLE = (7, 16)


class DirectionSlider(SeekSlider):
    """`moved` tells what the hand or a key has set; what is shown to it is not announced."""

    began = Signal()  # a drag
    ended = Signal()
    moved = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None):
        super().__init__(name, "Along the direction", parent)
        self.setToolTip("Moves z along the direction: 0 is the mean of A, 1 that of B.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRange(round(LOW * GRID), round(HIGH * GRID))
        self.setSingleStep(GRID // 20)
        self.setPageStep(GRID // 4)
        self._showing = False
        self.valueChanged.connect(self._tell)

    def sizeHint(self) -> QSize:
        return QSize(140, 26)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 26)

    def showCoordinate(self, coordinate: float) -> None:
        """Stand at a coordinate, or at the end that is nearest to it."""
        self._showing = True
        self.setValue(round(min(max(coordinate, LOW), HIGH) * GRID))
        self._showing = False

    @Slot(int)
    def _tell(self, value: int) -> None:
        if not self._showing:
            self.moved.emit(value / GRID)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # Before the press moves the handle: all until the release is one drag.
        if event.button() == Qt.MouseButton.LeftButton:
            self.began.emit()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.ended.emit()

    def xOf(self, coordinate: float) -> float:
        """Where a coordinate stands, in widget pixels from the left."""
        handle = self._handle().width()
        share = (coordinate - LOW) / (HIGH - LOW)
        return handle / 2 + share * (self.width() - handle)

    def _handle(self) -> QRectF:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        parts, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return QRectF(self.style().subControlRect(parts, option, part, self))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(QRectF(0, middle - 2, self.width(), 4), 2, 2)
        for name, value in zip(GROUPS, (0.0, 1.0), strict=True):
            x = round(self.xOf(value))
            painter.fillRect(QRectF(x - 1, middle - 9, 2, 18), QColor(group_color(theme, name)))
        wide, tall = HANDLE
        x = self._handle().center().x()
        bar = QRectF(x - wide / 2, middle - tall / 2, wide, tall)
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(bar.adjusted(-1, -1, 1, 1), 3.5, 3.5)
        painter.setBrush(QColor(theme.handle if self.isEnabled() else theme.muted))
        painter.drawRoundedRect(bar, 2.5, 2.5)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.recon))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
