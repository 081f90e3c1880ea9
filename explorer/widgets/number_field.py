"""A field to type one number into, shown as short as it can be: 0.0003, 0.5, 64.

It does not know what the number is for.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSizePolicy, QToolTip, QWidget

_UNFINISHED = set("0123456789.+-eE")


class NumberField(QDoubleSpinBox):
    """A spin box without buttons: Enter or leaving the field takes the number, Esc puts it back.

    Text that is no number within the range is refused and the old value stays. With `decimals=0`
    only whole numbers are taken. `smallest_step` is the finest step of the arrow keys and the
    wheel, which go by a tenth of the number's own magnitude unless `even_steps` are asked for.
    """

    def __init__(
        self,
        name: str,
        description: str,
        minimum: float,
        maximum: float,
        value: float,
        decimals: int = 10,
        smallest_step: float = 1.0,
        even_steps: bool = False,
        unit: str = "",
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(description)
        self.setLocale(QLocale.c())
        # Not NoButtons: under a style sheet that leaves the text a width of one pixel.
        self.setStyleSheet(
            "QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }"
        )
        self.setKeyboardTracking(False)
        # Not WheelFocus: scrolling a panel must not give a field the focus and then change it.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setDecimals(decimals)
        self.setRange(minimum, maximum)
        if unit:
            self.setSuffix(f" {unit}")
        self.lineEdit().setTextMargins(3, 0, 3, 0)
        # A file dragged over a field is for the panel below; its path is no number.
        self.lineEdit().setAcceptDrops(False)
        self._smallest_step = smallest_step
        self._even_steps = even_steps
        self.setValue(value)

    def textFromValue(self, value: float) -> str:
        return f"{value:.0f}" if self.decimals() == 0 else f"{value:.12g}"

    def valueFromText(self, text: str) -> float:
        number = self._number(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if self.decimals() > 0:
            # Where the comma is the decimal point people type it; "05" for 0,5 would be worse.
            text = text.replace(",", ".")
        number = self._number(text)
        if number is not None and self.minimum() <= number <= self.maximum():
            return QValidator.State.Acceptable, text, position
        if set(self._bare(text)) <= self._characters():
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Invalid, text, position

    def fixup(self, text: str) -> str:
        # Called for what is refused; the old number comes back, and this tells why.
        low, high = self.textFromValue(self.minimum()), self.textFromValue(self.maximum())
        kind = "a whole number" if self.decimals() == 0 else "a number"
        place = self.mapToGlobal(self.rect().bottomLeft())
        QToolTip.showText(place, f"{self.accessibleName()}: {kind} from {low} to {high}", self)
        return super().fixup(text)

    def sizeHint(self) -> QSize:
        return QSize(self._widthFor(8), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._widthFor(5), super().minimumSizeHint().height())

    def stepBy(self, steps: int) -> None:
        self.interpretText()
        self.setSingleStep(self._step(towards_zero=steps * self.value() < 0))
        super().stepBy(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setValue(self.value())
            self.selectAll()
            return
        super().keyPressEvent(event)

    def _widthFor(self, digits: int) -> int:
        # Not Qt's own measure: that is the widest number the range allows, which nobody types.
        return self.fontMetrics().horizontalAdvance("0" * digits + self.suffix()) + 16

    def _bare(self, text: str) -> str:
        return text.strip().removesuffix(self.suffix().strip()).strip()

    def _characters(self) -> set[str]:
        return _UNFINISHED if self.decimals() > 0 else set("0123456789+-")

    def _number(self, text: str) -> float | None:
        bare = self._bare(text)
        if not set(bare) <= self._characters():
            return None
        try:
            number = float(bare)
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def _step(self, towards_zero: bool) -> float:
        size = abs(self.value())
        if size == 0.0 or self._even_steps:
            return self._smallest_step
        # Down from 1 the next number is 0.99, not 0.9: the step of the decade about to be entered.
        decade = (
            math.ceil(math.log10(size) - 1e-9) - 1
            if towards_zero
            else (math.floor(math.log10(size) + 1e-9))
        )
        return max(self._smallest_step, 10.0 ** (decade - 1))
