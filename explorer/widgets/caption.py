"""Small grey lines of text that keep still long enough to be read.

They do not know what their words mean.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QLabel, QWidget

from explorer.widgets.fitting_label import FittingLabel

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
        self.setWordWrap(True)
        self.setAlignment(alignment | Qt.AlignmentFlag.AlignVCenter)
        dress_as_caption(self)
        self._still = Still(self.setText, text, self)

    def showText(self, text: str) -> None:
        """Show a text, at once if the last one stood long enough, else when it has."""
        self._still.take(text)


class FittingCaption(FittingLabel):
    """The same in one line that shortens itself, in the longest of its wordings that fits."""

    def __init__(
        self,
        *wordings: str,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ):
        super().__init__(*wordings, parent=parent)
        self.setAlignment(alignment | Qt.AlignmentFlag.AlignVCenter)
        dress_as_caption(self)
        self._still = Still(lambda wordings: self.setWordings(*wordings), wordings, self)

    def showWordings(self, *wordings: str) -> None:
        """Say the same thing in several lengths, the longest first, once the last stood a while."""
        self._still.take(wordings)


class Still(QObject):
    """Hands the newest of many values to `show`, at most ten a second."""

    def __init__(self, show: Callable[[object], None], shown: object, parent: QObject):
        super().__init__(parent)
        self._show = show
        self._newest = self._shown = shown
        self._timer = QTimer(self, singleShot=True, interval=_STILL_MS)
        self._timer.timeout.connect(self._show_newest)

    def take(self, value: object) -> None:
        """Show a value, at once if the last one stood long enough, else when it has."""
        self._newest = value
        if not self._timer.isActive():
            self._show_newest()

    @Slot()
    def _show_newest(self) -> None:
        if self._newest != self._shown:
            self._shown = self._newest
            self._show(self._shown)
            self._timer.start()


def dress_as_caption(widget: QWidget) -> None:
    """Give a widget the size and the colour of a caption."""
    widget.setProperty("role", "caption")
    font = widget.font()
    font.setPointSizeF(QFontInfo(font).pointSizeF() * _SIZE)
    widget.setFont(font)
