"""A small grey line of text that keeps still long enough to be read.

It does not know what its words mean.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QLabel, QWidget

_STILL_MS = 100  # digits that change faster than ten times a second cannot be read
_SIZE = 0.88  # of the font it would have: captions stand back behind titles and buttons


class Caption(QLabel):
    """A label that shows the newest of many texts, at most ten a second."""

    def __init__(
        self,
        text: str = "",
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ):
        super().__init__(text, parent)
        self.setProperty("role", "caption")
        self.setWordWrap(True)
        self.setAlignment(alignment | Qt.AlignmentFlag.AlignVCenter)
        font = self.font()
        font.setPointSizeF(QFontInfo(font).pointSizeF() * _SIZE)
        self.setFont(font)
        self._newest = text
        self._still = QTimer(self, singleShot=True, interval=_STILL_MS)
        self._still.timeout.connect(self._show_newest)

    def showText(self, text: str) -> None:
        """Show a text, at once if the last one stood long enough, else when it has."""
        self._newest = text
        if not self._still.isActive():
            self._show_newest()

    @Slot()
    def _show_newest(self) -> None:
        if self._newest != self.text():
            self.setText(self._newest)
            self._still.start()
