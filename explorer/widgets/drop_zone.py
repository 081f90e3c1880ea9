"""An area on which files can be dropped, and the outline that says what will become of them.

It does not know what a file is taken for.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.widgets.theme import theme_of

_AIR = 10  # pixels around the words


class DropZone(QObject):
    """Lets files be dropped on a widget and on all that lies on it.

    `describe` takes the paths and gives the words to show while they are dragged over it.
    """

    dropped = Signal(object)  # the paths, a list of str

    def __init__(self, widget: QWidget, describe: Callable[[list[str]], str]):
        super().__init__(widget)
        self._describe = describe
        self._outline = _Outline(widget)
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def words(self) -> str:
        """What is said about the files that are dragged over it now; empty without any."""
        return self._outline.words() if self._outline.isVisible() else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragLeave:
            self._outline.hide()
        elif kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            paths = _paths(event.mimeData())
            if not paths:
                event.ignore()
                return True
            event.setDropAction(Qt.DropAction.CopyAction)  # whoever gives it must not remove it
            event.accept()
            if kind == QEvent.Type.DragEnter:
                self._outline.say(self._describe(paths))
            elif kind == QEvent.Type.Drop:
                self._outline.hide()
                self.dropped.emit(paths)
            return True
        return False


class _Outline(QWidget):
    """A frame around its parent with words in the middle, over everything else."""

    def __init__(self, parent: QWidget):
        super().__init__(parent)
        self._words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def words(self) -> str:
        return self._words

    def say(self, words: str) -> None:
        self._words = words
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = theme_of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(theme.window)
        veil.setAlpha(150)  # what lies below stays to be seen
        painter.setPen(QPen(QColor(theme.accent), 3))
        painter.setBrush(veil)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 6, 6)
        metrics = painter.fontMetrics()
        room = self.width() - 4 * _AIR
        words = metrics.elidedText(self._words, Qt.TextElideMode.ElideMiddle, room)
        box = QRectF(0, 0, metrics.horizontalAdvance(words) + 2 * _AIR, metrics.height() + _AIR)
        box.moveCenter(QRectF(self.rect()).center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def _paths(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
