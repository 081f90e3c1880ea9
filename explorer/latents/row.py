"""One latent as a row: its name and KL, its slider, its number.

It does not know the other latents or who moved the value.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.latents.kl_cell import KlCell
from explorer.latents.slider import Z_LIMIT, LatentSlider
from explorer.latents.value_field import ValueField

ACTIVE_NATS = 0.1  # a latent whose mean KL is not above this is called collapsed


class LatentRow(QWidget):
    """Keeps a slider and a number at the same z; the slider holds the exact one."""

    zChanged = Signal(float)
    taken = Signal()  # a person took hold of the handle or began to type

    def __init__(self, index: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.cell = KlCell(f"z{index:02d}")
        self.slider = LatentSlider(index)
        self.field = ValueField(index, Z_LIMIT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.cell)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        self.slider.zChanged.connect(self._show)
        self.slider.zChanged.connect(self.zChanged)
        self.slider.sliderPressed.connect(self.taken)
        self.field.valueChanged.connect(self.slider.setZ)
        self.field.editingStarted.connect(self.taken)
        self.field.showValue(self.slider.z)

    def setKl(self, kl: float, longest: float) -> None:
        """Show a KL in nats against the largest of all; a collapsed latent is dimmed."""
        self.cell.setKl(kl, longest)
        self.cell.setDimmed(kl <= ACTIVE_NATS)
        self.slider.setDimmed(kl <= ACTIVE_NATS)

    @Slot(float)
    def _show(self, z: float) -> None:
        self.field.showValue(z)
