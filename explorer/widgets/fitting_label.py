"""One line of text that takes the longest of its wordings that fits the room it has.

It does not know what the wordings say.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class FittingLabel(QLabel):
    """A QLabel that never asks for width: it shortens its text, and elides as a last resort."""

    def __init__(self, *wordings: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._wordings: tuple[str, ...] = ("",)
        self.setWordings(*(wordings or ("",)))

    def setWordings(self, *wordings: str) -> None:
        """Say the same thing in several lengths, the longest first."""
        self._wordings = wordings
        self._fit()

    def fullText(self) -> str:
        """The longest wording, whatever is on show."""
        return self._wordings[0]

    def sizeHint(self) -> QSize:
        return QSize(self._width(self.fullText()) + self._frame(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width("mmmm"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - self._frame()
        for wording in self._wordings:
            if self._width(wording) <= room:
                self.setText(wording)
                return
        self.setText(
            self.fontMetrics().elidedText(self._wordings[-1], Qt.TextElideMode.ElideRight, room)
        )

    def _width(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)

    def _frame(self) -> int:
        margins = self.contentsMargins()
        return margins.left() + margins.right() + 2 * self.margin()
