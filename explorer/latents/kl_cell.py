"""The name of one latent and its KL, over a bar: how much the encoder says through it.

It does not know the slider beside it or where the KL was measured.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.theme import theme_of

NAME_WIDTH = 27
BAR_WIDTH = 46


class KlCell(QWidget):
    """Paints `z07` and `2.96` over a bar whose length is its share of the largest KL."""

    def __init__(self, name: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._name = name
        self._text = ""
        self._pixels = 0
        self._dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            f"KL of {name} in nats, mean over frames: how much the encoder says through it."
        )

    def text(self) -> str:
        """The KL as shown, empty before the first one."""
        return self._text

    def barWidth(self) -> int:
        """Length of the bar, pixels."""
        return self._pixels

    def setKl(self, kl: float, longest: float) -> None:
        """Show `kl` nats where `longest` nats would fill the bar."""
        text = f"{kl:.2f}"
        share = kl / longest if longest > 0 else 0.0
        pixels = round(BAR_WIDTH * min(max(share, 0.0), 1.0))
        if (text, pixels) != (self._text, self._pixels):
            self._text, self._pixels = text, pixels
            self.update()

    def setDimmed(self, dimmed: bool) -> None:
        """Paint muted, for a latent that carries nothing."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(NAME_WIDTH + BAR_WIDTH, 20)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        tall = min(16, self.height() - 4)
        top = (self.height() - tall) // 2
        bar = theme.kl_bar if self.isEnabled() else theme.border
        painter.fillRect(NAME_WIDTH, top, self._pixels, tall, QColor(bar))
        muted = self._dimmed or not self.isEnabled()
        painter.setPen(QColor(theme.muted if muted else theme.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            QRectF(0, 0, NAME_WIDTH, self.height()), Qt.AlignmentFlag.AlignLeft | middle, self._name
        )
        painter.drawText(
            QRectF(NAME_WIDTH, 0, BAR_WIDTH - 3, self.height()),
            Qt.AlignmentFlag.AlignRight | middle,
            self._text,
        )
