"""A sheet of pictures in rows and columns: one of them can be pointed at, and chosen.

It does not know what the rows are, nor who decoded the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from explorer.widgets.theme import theme_of

GAP = 2  # pixels between pictures
LOWEST = 40  # pixels of a picture; where more rows do not fit, one scrolls
READABLE = 60  # pixels of a picture where one scrolls anyway
NOWHERE = (-1, -1)
MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class SheetView(QAbstractScrollArea):
    """Traversals with names at the left and k at the top; both stay in sight.

    A click, or Enter at the cursor that the arrow keys move, is `cellChosen`.
    """

    cellChosen = Signal(int, int)  # row and column
    cellPointed = Signal(str)  # what `tell` says of the cell at the pointer or the cursor

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("traversalSheet")
        self.setAccessibleName("Sheet of traversals")
        self.setToolTip("A click goes there; arrow keys and Enter do the same.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setMinimumSize(420, 200)
        self.viewport().setMouseTracking(True)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._placeholder = ""
        self._aspect: float | None = None
        self._labels: Sequence[str] = ()
        self._k = self._values = np.empty(0)
        self._pixels = np.empty(0, np.uint32)
        self._shape = (0, 0, 60, 80)  # rows, columns, and the pixels of a picture
        self._cell = QSize(80, 60)
        self._scaled = QImage()
        self._pointed = self._cursor = NOWHERE
        self._pressed = NOWHERE

    # What is shown

    def setSheet(
        self, pictures: np.ndarray, labels: Sequence[str], k: np.ndarray, values: np.ndarray
    ) -> None:
        """Show pictures (n, steps, H, W, 3) uint8; the cursor goes to the middle of its row.

        `labels` are n names with a second line each, `k` (steps,) how many standard deviations each
        column is away, `values` (n, steps) what the row's coordinate is there.
        """
        rows, columns, height, width, _ = pictures.shape
        self._labels, self._k, self._values = labels, k, values
        self._shape = rows, columns, height, width
        red, green, blue = np.moveaxis(pictures.astype(np.uint32), -1, 0)
        packed = 0xFF000000 | (red << 16) | (green << 8) | blue
        self._pixels = np.ascontiguousarray(packed.swapaxes(1, 2))
        self._placeholder = ""
        row = min(max(self._cursor[0], 0), rows - 1)
        self._cursor = (row, columns // 2) if rows else NOWHERE
        self._layOut()
        self._tellCursor()

    def clear(self, placeholder: str) -> None:
        """Forget the pictures and say something in their place."""
        self.setSheet(np.empty((0, 0, 60, 80, 3), np.uint8), (), np.empty(0), np.empty(0))
        self._placeholder = placeholder
        self.setAccessibleDescription(placeholder)

    def setAspect(self, aspect: float | None) -> None:
        """Width by height of what pictures show; None where their pixels are square."""
        self._aspect = aspect
        self._layOut()

    def tell(self, row: int, column: int) -> str:
        """A cell in words: the name, its value there, and how far that is."""
        if (row, column) == NOWHERE:
            return ""
        name = self._labels[row].split("\n")[0]
        k = self._k[column]
        far = f" · {k:+.3g} σ" if k else " · as it is"
        return f"{name} = {self._values[row, column]:+.2f}{far}".replace("-", "−")

    # Where cells are

    def cellRect(self, row: int, column: int) -> QRect:
        """Where a cell stands in the viewport, pixels."""
        x = self._left() + column * (self._cell.width() + GAP)
        y = self._top() + row * (self._cell.height() + GAP) - self.verticalScrollBar().value()
        return QRect(QPoint(x, y), self._cell)

    def cellAt(self, place: QPoint) -> tuple[int, int]:
        """Row and column of the cell at a place of the viewport; NOWHERE beside them."""
        if place.y() < self._top():
            return NOWHERE
        origin = self.cellRect(0, 0).topLeft()
        row = (place.y() - origin.y()) // (self._cell.height() + GAP)
        column = (place.x() - origin.x()) // (self._cell.width() + GAP)
        inside = 0 <= row < self._shape[0] and 0 <= column < self._shape[1]
        return (row, column) if inside else NOWHERE

    def _left(self) -> int:
        """Where the first column begins; the sheet stands in the middle of what it has."""
        used = self._labelWidth() + self._shape[1] * (self._cell.width() + GAP)
        return self._labelWidth() + max(0, (self.viewport().width() - used) // 2)

    def _labelWidth(self) -> int:
        lines = [line for label in self._labels for line in label.split("\n")]
        return 14 + max(map(self.fontMetrics().horizontalAdvance, lines), default=0)

    def _top(self) -> int:
        return self.fontMetrics().height() + 8

    def _layOut(self) -> None:
        """As large as the width allows, lower where then all rows are in sight."""
        rows, columns, height, width = self._shape
        if rows:
            aspect = self._aspect or width / height
            room = (self.viewport().width() - self._labelWidth()) // columns - GAP
            widest = int(room / aspect)
            fitting = (self.viewport().height() - self._top()) // rows - GAP
            tall = max(8, min(widest, fitting if fitting >= LOWEST else READABLE))
            self._cell = QSize(round(tall * aspect), tall)
        whole = self._top() + rows * (self._cell.height() + GAP) - GAP
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, whole - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._cell.height() + GAP)
        self._scaled = QImage()
        self.viewport().update()

    def _scale(self) -> None:
        """All pictures in the screen's pixels at once: painting then only copies."""
        rows, columns, height, width = self._shape
        image = QImage(
            self._pixels.data,
            columns * width,
            rows * height,
            4 * columns * width,
            QImage.Format.Format_RGB32,
        )
        ratio = self.devicePixelRatioF()
        self._step = QSize(round(self._cell.width() * ratio), round(self._cell.height() * ratio))
        self._scaled = image.scaled(
            columns * self._step.width(),
            rows * self._step.height(),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._layOut()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self.viewport()), theme_of(self)
        rows, columns, *_ = self._shape
        if not rows:
            painter.setPen(QColor(theme.muted))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), centred, self._placeholder)
            return
        if self._scaled.isNull():
            self._scale()
        self._paintHeader(painter, theme.text, theme.muted)
        painter.setClipRect(self.viewport().rect().adjusted(0, self._top(), 0, 0))
        for row in range(rows):
            if not self.cellRect(row, 0).intersects(self.viewport().rect()):
                continue
            self._paintLabel(painter, row, theme.text, theme.muted)
            for column in range(columns):
                place = QPoint(column * self._step.width(), row * self._step.height())
                painter.drawImage(
                    self.cellRect(row, column), self._scaled, QRect(place, self._step)
                )
        for cell, color, wide in (
            (self._pointed, theme.handle, 1),
            (self._cursor if self.hasFocus() else NOWHERE, theme.kl, 2),
        ):
            if cell != NOWHERE:
                painter.setPen(QPen(QColor(color), wide))
                inset = wide // 2
                painter.drawRect(self.cellRect(*cell).adjusted(inset, inset, -1, -1))

    def _paintHeader(self, painter: QPainter, strong: str, faint: str) -> None:
        centre = QFont(self.font())
        centre.setBold(True)
        for column, k in enumerate(self._k):
            place = self.cellRect(0, column)
            place.setTop(0)
            place.setHeight(self._top() - 4)
            text = f"{k:+.3g} σ".replace("-", "−") if k else "z"
            painter.setFont(self.font() if k else centre)
            painter.setPen(QColor(faint if k else strong))
            if self.fontMetrics().horizontalAdvance(text) > place.width():
                text = text.removesuffix(" σ")
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(self.font())

    def _paintLabel(self, painter: QPainter, row: int, strong: str, faint: str) -> None:
        cell = self.cellRect(row, 0)
        name, *carried = self._labels[row].split("\n")
        place = QRect(
            cell.left() - self._labelWidth(), cell.top(), self._labelWidth() - 8, cell.height()
        )
        line = self.fontMetrics().height()
        lines = [(name, strong), *((word, faint) for word in carried)]
        lines = lines[: max(1, place.height() // line)]
        place.setTop(place.center().y() - len(lines) * line // 2)
        for text, color in lines:
            place.setHeight(line)
            painter.setPen(QColor(color))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, text)
            place.translate(0, line)

    # The hand

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._point(NOWHERE)
        elif event.type() == QEvent.Type.ToolTip:
            cell = self.cellAt(event.pos())
            if cell != NOWHERE:
                QToolTip.showText(event.globalPos(), self.tell(*cell), self, self.cellRect(*cell))
                return True
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.cellAt(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self.cellAt(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell, pressed = self.cellAt(event.position().toPoint()), self._pressed
        if event.button() == Qt.MouseButton.LeftButton and cell == pressed != NOWHERE:
            self._moveCursor(*cell)
            self.cellChosen.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows, columns, *_ = self._shape
        row, column = self._cursor
        if not rows:
            super().keyPressEvent(event)
        elif event.key() in MOVES:
            down, right = MOVES[event.key()]
            self._moveCursor(
                min(max(row + down, 0), rows - 1), min(max(column + right, 0), columns - 1)
            )
        elif event.key() == Qt.Key.Key_Home:
            self._moveCursor(row, 0)
        elif event.key() == Qt.Key.Key_End:
            self._moveCursor(row, columns - 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.cellChosen.emit(row, column)
        else:
            super().keyPressEvent(event)

    def cursorCell(self) -> tuple[int, int]:
        """Row and column where Enter goes; NOWHERE without a sheet."""
        return self._cursor

    def _moveCursor(self, row: int, column: int) -> None:
        self._cursor = row, column
        cell, bar = self.cellRect(row, column), self.verticalScrollBar()
        if cell.top() < self._top():
            bar.setValue(bar.value() + cell.top() - self._top())
        elif cell.bottom() >= self.viewport().height():
            bar.setValue(bar.value() + cell.bottom() + 1 - self.viewport().height())
        self._tellCursor()
        self.viewport().update()

    def _tellCursor(self) -> None:
        told = self.tell(*self._cursor)
        self.setAccessibleDescription(told)
        self.cellPointed.emit(told)

    def _point(self, cell: tuple[int, int]) -> None:
        if cell != self._pointed:
            self._pointed = cell
            self.cellPointed.emit(self.tell(*(self._cursor if cell == NOWHERE else cell)))
            self.viewport().update()
