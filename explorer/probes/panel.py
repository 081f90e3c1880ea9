"""The probes dock: what the latents tell of what the environment knows.

It does not know the model nor the drive; it takes numbers.
"""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget


class ProbePanel(QWidget):
    """A row for each quantity: how well it can be read, what is true and what is read."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("probePanel")
        title = QLabel("Probes")
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
