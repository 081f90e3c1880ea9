"""One of two groups of points: the button to select it, how many there are, their mean's picture.

It does not know the points.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.map.inks import group_color
from explorer.widgets.buttons import push_button
from explorer.widgets.caption import Caption
from explorer.widgets.image_view import ImageView
from explorer.widgets.numerals import grouped
from explorer.widgets.theme import theme_of

PICTURE = (56, 42)


class GroupBox(QWidget):
    """`button` is checked while the group is being selected."""

    def __init__(self, name: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._name = name
        self.button = push_button(
            f"group{name}Button", name, f"Enclose the points of group {name} by a drag on the map."
        )
        self.button.setAccessibleName(f"Select group {name}")
        self.button.setCheckable(True)
        # A click must not take the keyboard from the game in the middle of a curve.
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._count = Caption("none")
        self._count.setWordWrap(False)
        self._count.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._count.setObjectName(f"group{name}Count")
        self.picture = ImageView(f"group{name}Picture", f"The mean of group {name}, decoded")
        self.picture.setToolTip(f"The mean of group {name}, decoded.")
        self.picture.setMinimumSize(40, 30)
        self.picture.setFixedSize(*PICTURE)
        beside = QVBoxLayout()
        beside.setSpacing(1)
        beside.addWidget(self.button)
        beside.addWidget(self._count)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addLayout(beside)
        row.addWidget(self.picture)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colour for the group."""
        color = group_color(theme_of(self), self._name)
        self.button.setStyleSheet(
            "QPushButton { padding: 2px 6px; min-height: 16px;"
            f" border-bottom: 2px solid {color}; }}"
            f"QPushButton:checked {{ background: {color}; border-color: {color}; }}"
        )

    def setGroup(self, count: int, told: str = "") -> None:
        """How many points it has; `told` says more. The picture is to come."""
        self._count.setText(grouped(count) if count else "none")
        self._count.setToolTip(told)
        if not count:
            self.picture.clear()

    def setPicture(self, picture: np.ndarray) -> None:
        """What the mean looks like, (H, W, 3) uint8."""
        self.picture.setImage(picture)
