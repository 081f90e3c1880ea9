"""The keyframes side by side: chosen by a click, reordered by dragging.

It does not know their z.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem, QWidget

TALL = 60  # pixels of a picture


class KeyframeStrip(QListWidget):
    """A row of thumbnails; what the hand does to them is asked for by signals."""

    chosen = Signal(int)  # clicked, or Enter
    moveRequested = Signal(int, int)  # from where, and to which place once it is taken out
    removeRequested = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("keyframeStrip")
        self.setAccessibleName("Keyframes")
        self.setToolTip(
            "A click goes to a keyframe; drag to reorder, Del removes, Ctrl+arrow keys move."
        )
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSpacing(2)
        self.setAspect(None)
        self.itemClicked.connect(self._choose)
        self.model().rowsMoved.connect(self._carry)

    def setAspect(self, aspect: float | None) -> None:
        """Width by height of what pictures show; None for 4:3."""
        self.setIconSize(QSize(round(TALL * (aspect or 4 / 3)), TALL))
        self.setFixedHeight(TALL + 34)

    def setCount(self, count: int) -> None:
        """Show so many, without pictures until `setPictures`."""
        while self.count() > count:
            self.takeItem(self.count() - 1)
        while self.count() < count:
            # Flat, or a drop onto one would replace it.
            item = QListWidgetItem()
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
            item.setText(str(self.count() + 1))
            item.setToolTip(f"Keyframe {self.count() + 1}")
            self.addItem(item)

    def setPictures(self, pictures: np.ndarray) -> None:
        """What the keyframes look like, (k, H, W, 3) uint8."""
        for index, picture in enumerate(pictures[: self.count()]):
            height, width, _ = picture.shape
            kind = QImage.Format.Format_RGB888
            image = QImage(np.ascontiguousarray(picture).data, width, height, 3 * width, kind)
            scaled = QPixmap.fromImage(image).scaled(
                self.iconSize(),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            icon = QIcon(scaled)
            icon.addPixmap(scaled, QIcon.Mode.Selected)  # which Qt would tint
            self.item(index).setIcon(icon)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, places = self.currentRow(), {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row >= 0:
            self.removeRequested.emit(row)
        elif event.key() in places and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            place = row + places[event.key()]
            if row >= 0 and 0 <= place < self.count():
                self.moveRequested.emit(row, place)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.chosen.emit(row)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A mouse with one wheel scrolls a row as well.
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (event.angleDelta().y() or event.angleDelta().x()))

    @Slot(QListWidgetItem)
    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self.row(item))

    @Slot(QModelIndex, int, int, QModelIndex, int)
    def _carry(
        self, parent: QModelIndex, first: int, last: int, target: QModelIndex, before: int
    ) -> None:
        place = before - 1 if before > first else before
        for index in range(self.count()):
            self.item(index).setText(str(index + 1))
            self.item(index).setToolTip(f"Keyframe {index + 1}")
        self.moveRequested.emit(first, place)
