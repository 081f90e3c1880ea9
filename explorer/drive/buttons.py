"""Push buttons that leave the keyboard with the game; what they are for they do not know."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from explorer.widgets.buttons import push_button


def drive_button(name: str, text: str, tip: str, checkable: bool = False) -> QPushButton:
    """One that Tab reaches, but whose click takes no keyboard in the middle of a curve."""
    button = push_button(name, text, tip)
    button.setAccessibleName(text.rstrip("…"))
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
