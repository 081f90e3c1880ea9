"""The map dock: where in the latent space the data and the drive are.

It does not know the model nor the drive; it takes points.
"""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget


class MapPanel(QWidget):
    """Two components of z as a plane."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("mapPanel")
        title = QLabel("Map")
        title.setProperty("role", "title")
        self.header = QWidget()
        header = QHBoxLayout(self.header)
        header.setContentsMargins(10, 8, 10, 0)
        header.addWidget(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.header)
        column.addStretch(1)
