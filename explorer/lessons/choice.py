"""A large button with a title and a sentence: one of a few things to choose between.

It does not know what it stands for.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.widgets.theme import theme_of

_AIR = 10  # pixels around the words
_LINES = 2  # that the sentence may take


class Choice(QAbstractButton):
    """Checkable; the checked one of its siblings is outlined in the accent."""

    def __init__(self, name: str, title: str, sentence: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._sentence = sentence
        self.setObjectName(name)
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setToolTip(sentence)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        lines = QFontMetrics(self._bold()).height() + _LINES * self.fontMetrics().lineSpacing()
        return QSize(360, lines + 2 * _AIR + _LINES)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = theme_of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = theme.accent if self.isChecked() else theme.border
        if self.hasFocus():
            edge = theme.recon
        elif self.underMouse() and self.isEnabled() and not self.isChecked():
            edge = theme.muted
        painter.setPen(QPen(QColor(edge), 2 if self.isChecked() else 1))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        room = self.rect().adjusted(_AIR, _AIR, -_AIR, -_AIR)
        usable = self.isEnabled() or self.isChecked()
        painter.setPen(QColor(theme.text if usable else theme.muted))
        painter.setFont(self._bold())
        painter.drawText(room, Qt.AlignmentFlag.AlignTop, self.text())
        room.setTop(room.top() + painter.fontMetrics().height())
        painter.setFont(self.font())
        painter.setPen(QColor(theme.muted))
        room.setBottom(self.height())  # a descender may reach below the air
        painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self._sentence)

    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font
