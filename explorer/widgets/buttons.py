"""Buttons as all panels have them: named, described, with a tooltip.

It does not know what they are pressed for.
"""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QToolButton


def push_button(name: str, text: str, tip: str) -> QPushButton:
    """A button that only a press or its key presses: Enter is the fields'."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text.rstrip("…"))
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button


def tool_button(name: str, text: str, tip: str) -> QToolButton:
    """A flat one, as slim as its text."""
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(tip.rstrip("."))
    button.setToolTip(tip)
    button.setAutoRaise(True)
    return button
