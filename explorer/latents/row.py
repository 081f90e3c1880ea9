"""One latent as a row: its name, KL and effect, its slider, its number, its lock.

It does not know the other latents or who moved the value.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QEnterEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.latents.end_picture import EndPicture
from explorer.latents.kl_cell import KlCell
from explorer.latents.lock import LockToggle
from explorer.latents.slider import Z_LIMIT, LatentSlider
from explorer.latents.value_field import ValueField

LINE_GAP = 2  # half above and half below, so that the pointer is always on some row
WIDE = 300  # pixels of a row that leave the track long enough beside small pictures
WIDEST = 380  # and beside one more number
HIGH = 22  # pixels of a row in which a small picture can be made out
REACH = 2.0  # standard deviations of the data to either side that the small pictures show


class LatentRow(QWidget):
    """Keeps a slider and a number at the same z; the slider holds the exact one."""

    moved = Signal(int)  # the latent's index
    taken = Signal(int)  # the latent's index; a person took hold of the handle or began to type
    hovered = Signal(int, bool)  # the latent's index, whether the pointer came or went
    handFree = Signal()  # a button of the mouse that was down on the slider or the lock is up

    def __init__(self, index: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.index = index
        self._setting = False
        self.cell = KlCell(f"z{index:02d}")
        self.slider = LatentSlider(index)
        self.field = ValueField(index, Z_LIMIT)
        self.lock = LockToggle(index)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, LINE_GAP // 2, 0, LINE_GAP // 2)
        layout.setSpacing(3)
        self.ends = EndPicture(), EndPicture()
        for end, side in zip(self.ends, ("lower", "higher"), strict=True):
            end.setToolTip(f"The picture with this value {REACH:g} standard deviations {side}.")
            end.hide()
        layout.addWidget(self.cell)
        layout.addWidget(self.ends[0])
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.ends[1])
        layout.addWidget(self.field)
        layout.addWidget(self.lock)
        self.slider.zChanged.connect(self._show)
        self.slider.sliderPressed.connect(self._take)
        self.slider.sliderReleased.connect(self.handFree)
        self.field.valueChanged.connect(self.slider.setZ)
        self.field.editingStarted.connect(self._take)
        self.lock.released.connect(self.handFree)
        self.field.showValue(self.slider.z)
        self.setName(f"z{index:02d}")

    def name(self) -> str:
        """What the latent is called on screen."""
        return self._name

    def setName(self, name: str) -> None:
        """Call the latent by this name on screen; object names stay."""
        self._name = name
        self.cell.setName(name)
        self.slider.setName(name)
        self.field.setAccessibleName(f"Value of {name}")
        self.field.setToolTip(f"Type a value for {name} and press Enter.")
        self.lock.setName(name)

    def setMeasure(self, text: str, share: float, collapsed: bool) -> None:
        """Show a number and its share of the largest; a collapsed latent is dimmed."""
        self.cell.setMeasure(text, share)
        self.cell.setDimmed(collapsed)
        self.slider.setDimmed(collapsed)

    def setEnds(self, pictures: np.ndarray | None, aspect: float) -> None:
        """Show what the latent does: (2, H, W, 3) uint8, below and above z; None hides them."""
        for i, end in enumerate(self.ends):
            end.setImage(None if pictures is None else pictures[i], aspect)

    def setStale(self, stale: bool) -> None:
        """Paint effect and small pictures fainter: they are those of another z."""
        self.cell.setStale(stale)
        for end in self.ends:
            end.setStale(stale)

    def isHeld(self) -> bool:
        """Whether a button of the mouse is down on the slider or the lock."""
        return self.slider.isSliderDown() or self.lock.isDown()

    def setZ(self, z: float) -> None:
        """Set the value, which is not `moved` by that; `showNumber` shows it beside the slider."""
        self._setting = True
        try:
            self.slider.setZ(z)
        finally:
            self._setting = False

    def showNumber(self) -> None:
        """Show the value in the field too."""
        self.field.showValue(self.slider.z)

    @Slot(float)
    def _show(self, z: float) -> None:
        if not self._setting:
            self.field.showValue(z)
            self.moved.emit(self.index)

    @Slot()
    def _take(self) -> None:
        self.taken.emit(self.index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # What the slider leaves over comes here.
        plain = not event.modifiers() and not event.isAutoRepeat()
        if event.key() == Qt.Key.Key_L and plain and not self.lock.isHidden():
            self.lock.toggle()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.hovered.emit(self.index, True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(self.index, False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.cell.setWide(self.width() >= WIDEST)
        room = self.width() >= WIDE and self.height() >= HIGH
        for end in self.ends:
            # Before the first picture too: the track must not become shorter under the hand.
            end.setVisible(room)
