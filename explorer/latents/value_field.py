"""The number beside a slider: shows two decimals, takes four.

It does not know the slider; it knows the value it was given and the one that was typed.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.latents.track import shade
from explorer.widgets.number_field import NumberField
from explorer.widgets.theme import theme_of

WIDTH = 52
HIGHEST = 24


class ValueField(NumberField):
    """A NumberField for z; `valueChanged` comes at Enter, a step, or when focus leaves."""

    editingStarted = Signal()

    def __init__(self, index: int, limit: float, parent: QWidget | None = None):
        super().__init__(
            f"latentValue{index:02d}",
            f"Value of z{index:02d}",
            -limit,
            limit,
            0.0,
            decimals=4,
            smallest_step=0.05,
            even_steps=True,
            parent=parent,
        )
        self._typed: str | None = None
        self.setToolTip(f"Type a value for z{index:02d} and press Enter.")
        # A row may be lower than the theme's padding allows.
        self.setStyleSheet(self.styleSheet() + "QAbstractSpinBox { padding: 0; }")
        self.lineEdit().setTextMargins(3, 0, 5, 0)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFixedWidth(WIDTH)
        self.setMaximumHeight(HIGHEST)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)
        self.lineEdit().textEdited.connect(self._remember)

    def showValue(self, z: float) -> None:
        """Show z without announcing it; text that was begun and not entered is replaced."""
        if round(z, 4) == self.value() and self._typed is None:
            return
        self._typed = None
        with QSignalBlocker(self):
            self.setValue(z)

    def textFromValue(self, value: float) -> str:
        text = f"{value:+.2f}"
        return "+0.00" if text == "-0.00" else text

    def valueFromText(self, text: str) -> float:
        # The text on show is rounded; only what was typed may be read back from it.
        return super().valueFromText(text) if text == self._typed else self.value()

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        # The theme's style sheet takes twice as long, and there are 32 of these.
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(shade(theme.recon if self.hasFocus() else theme.border))
        painter.setBrush(shade(theme.well))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    @Slot(str)
    def _remember(self, text: str) -> None:
        self._typed = text
        self.editingStarted.emit()
