"""A small switch of several words of which one is chosen, like tabs but no higher than a line.

It does not know what is shown for a word.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

# By the palette's roles, so that it follows the theme by itself.
_STYLE = """
QToolButton { border: none; border-bottom: 2px solid transparent; padding: 1px 4px;
              color: palette(placeholder-text); background: transparent; }
QToolButton:hover { color: palette(text); }
QToolButton:checked { color: palette(text); border-bottom-color: palette(highlight); }
QToolButton:focus { border-bottom-color: palette(link); }
"""


class Segments(QWidget):
    """Tab comes to the chosen word, the arrow keys choose another."""

    currentChanged = Signal(int)

    def __init__(self, segments: Iterable[tuple[str, str, str]], parent: QWidget | None = None):
        """`segments` are objectName, word and tooltip of each; the first is chosen."""
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setStyleSheet(_STYLE)
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for index, (name, word, tip) in enumerate(segments):
            button = QToolButton()
            button.setObjectName(name)
            button.setText(word)
            button.setAccessibleName(tip)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._group.addButton(button, index)
            layout.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(self._onToggled)

    def current(self) -> int:
        """The index of the chosen word."""
        return self._group.checkedId()

    def setCurrent(self, index: int) -> None:
        """Choose a word."""
        self._group.button(index).setChecked(True)

    @Slot(int, bool)
    def _onToggled(self, index: int, on: bool) -> None:
        if on:
            self.currentChanged.emit(index)
