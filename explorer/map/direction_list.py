"""The directions of a model, one below the other: name, slider, number, both ends' pictures.

It does not know what a direction is made of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer.map.direction_slider import DirectionSlider
from explorer.widgets.buttons import tool_button
from explorer.widgets.image_view import ImageView

NAME_LENGTH = 60  # as in models.direction; a test holds them equal
PICTURE = (44, 33)


class DirectionRow(QWidget):
    """One direction; it tells by its list."""

    def __init__(self, index: int, parent: QWidget | None = None):
        super().__init__(parent)
        number = f"{index:02d}"
        self.name = QLineEdit()
        self.name.setObjectName(f"directionName{number}")
        self.name.setAccessibleName("Name of the direction")
        self.name.setToolTip("What the direction is called; Enter takes another name.")
        self.name.setMaxLength(NAME_LENGTH)
        self.name.setFrame(False)
        self.slider = DirectionSlider(f"directionSlider{number}")
        self.value = QLabel()
        self.value.setObjectName(f"directionValue{number}")
        self.value.setAccessibleName("Where z is along the direction")
        self.value.setMinimumWidth(self.fontMetrics().horizontalAdvance("−00.00"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self.value.setAlignment(right)
        self.remove = tool_button(
            f"directionRemove{number}", "×", "Remove the direction; Undo brings it back."
        )
        self.ends = [
            ImageView(f"directionEnd{name}{number}", f"The mean of {name}, decoded")
            for name in "AB"
        ]
        for name, view in zip("AB", self.ends, strict=True):
            view.setToolTip(f"The mean of {name}, decoded.")
            view.setMinimumSize(*PICTURE)
            view.setFixedSize(*PICTURE)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.name, 1)
        top.addWidget(self.value)
        top.addWidget(self.remove)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 4)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(1)
        grid.addLayout(top, 0, 1)
        grid.addWidget(self.slider, 1, 1)
        grid.addWidget(self.ends[0], 0, 0, 2, 1)
        grid.addWidget(self.ends[1], 0, 2, 2, 1)
        grid.setColumnStretch(1, 1)

    def setCoordinate(self, coordinate: float) -> None:
        """Where z is along it."""
        self.slider.showCoordinate(coordinate)
        text = f"{coordinate:+.2f}".replace("-", "−")
        if text != self.value.text():
            self.value.setText(text)


class DirectionList(QScrollArea):
    """Rows by index, and what is done on them."""

    moved = Signal(int, float)  # index, coordinate
    dragBegan = Signal()
    dragEnded = Signal()
    renamed = Signal(int, str)
    removeRequested = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("directionList")
        self.setAccessibleName("Directions")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.rows: list[DirectionRow] = []
        self._hint = QLabel(
            "Press A and enclose some points of the map, press B and enclose others: the way from "
            "one mean to the other becomes a slider here."
        )
        self._hint.setProperty("role", "caption")
        self._hint.setWordWrap(True)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._hint)
        self._column.addStretch(1)
        self.setWidget(inside)
        inside.setAutoFillBackground(False)

    def setNames(self, names: Sequence[str]) -> None:
        """Show directions of these names, as plain text; their pictures are to come."""
        while len(self.rows) > len(names):
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
        while len(self.rows) < len(names):
            self._addRow(len(self.rows))
        for row, name in zip(self.rows, names, strict=True):
            row.name.setText(name)
            row.name.setCursorPosition(0)
        self._hint.setVisible(not names)

    def _addRow(self, index: int) -> None:
        row = DirectionRow(index)
        row.slider.moved.connect(lambda coordinate: self.moved.emit(index, coordinate))
        row.slider.began.connect(self.dragBegan)
        row.slider.ended.connect(self.dragEnded)
        row.name.editingFinished.connect(lambda: self.renamed.emit(index, row.name.text()))
        row.remove.clicked.connect(lambda: self.removeRequested.emit(index))
        self.rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)
        row.show()  # a layout does so later, and could not be scrolled to it

    def setCoordinates(self, coordinates: Sequence[float]) -> None:
        """Where z is along each."""
        for row, coordinate in zip(self.rows, coordinates, strict=True):
            row.setCoordinate(coordinate)

    def setPictures(self, pictures: np.ndarray) -> None:
        """What the two ends of each look like, (n, 2, H, W, 3) uint8."""
        for row, ends in zip(self.rows, pictures, strict=True):
            for view, picture in zip(row.ends, ends, strict=True):
                view.setImage(picture)

    def scrollToLast(self) -> None:
        """Bring the newest one to sight."""
        if self.rows:
            self.widget().adjustSize()
            self.ensureWidgetVisible(self.rows[-1])
