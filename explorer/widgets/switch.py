"""A slim row of tabs, one of them chosen; it does not know what each of them shows."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)


class Switch(QWidget):
    """Takes a text and a tooltip by the objectName of each tab; `chosen` carries that name.

    Tab reaches the chosen one, the arrow keys the others.
    """

    chosen = Signal(str)

    def __init__(self, tabs: Mapping[str, tuple[str, str]], parent: QWidget | None = None):
        super().__init__(parent)
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self.tabs: dict[str, QToolButton] = {}
        for name, (text, tip) in tabs.items():
            button = QToolButton()
            button.setObjectName(name)
            button.setText(text)
            button.setAccessibleName(tip)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setProperty("role", "tab")
            self._group.addButton(button)
            layout.addWidget(button)
            self.tabs[name] = button
        layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.choose(next(iter(tabs)))
        self._group.buttonToggled.connect(self._onToggled)

    def current(self) -> str:
        """The name of the chosen tab."""
        return self._group.checkedButton().objectName()

    def choose(self, name: str) -> None:
        """Choose a tab."""
        self.tabs[name].setChecked(True)

    @Slot(QAbstractButton, bool)
    def _onToggled(self, button: QAbstractButton, on: bool) -> None:
        if on:
            self.chosen.emit(button.objectName())
