"""A field to choose one of a few values in; it does not know what the choice is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget


class ChoiceField(QComboBox):
    """A combo box of values with their names; `valueChanged` carries the value."""

    valueChanged = Signal(object)

    def __init__(
        self,
        name: str,
        description: str,
        choices: Mapping[Any, str],
        value: Any,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(description)
        # Not WheelFocus: scrolling a panel must not give a field the focus and then change it.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._values = list(choices)
        self.addItems(list(choices.values()))
        self.setValue(value)
        self.currentIndexChanged.connect(self._onIndexChanged)

    def value(self) -> Any:
        """The value that is chosen."""
        return self._values[self.currentIndex()]

    def setValue(self, value: Any) -> None:
        """Choose a value; one that is no choice is a ValueError."""
        self.setCurrentIndex(self._values.index(value))

    def minimumSizeHint(self) -> QSize:
        # A long name is cut before the field beside it is.
        return QSize(60, super().minimumSizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    @Slot(int)
    def _onIndexChanged(self, index: int) -> None:
        self.valueChanged.emit(self._values[index])
