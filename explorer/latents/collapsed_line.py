"""One line in place of all latents that carry nothing; a press opens and closes them.

It does not know the rows, nor how a latent came to be counted here.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from explorer.latents.track import shade
from explorer.widgets.theme import theme_of

HEIGHT = 20


class CollapsedLine(QPushButton):
    """A flat button as wide as the rows: `▸ 2 collapsed latents (below 0.1 nats): z00 z06`."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("collapsedLatents")
        self.setFlat(True)
        # The theme's buttons are higher than a row.
        self.setStyleSheet(f"QPushButton {{ padding: 0; min-height: {HEIGHT}px; }}")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setLatents(self, names: list[str], threshold: float, folded: bool) -> None:
        """Say which latents are at or below `threshold` nats, and whether their rows are hidden."""
        several = "latent" if len(names) == 1 else "latents"
        words = f"{len(names)} collapsed {several} (below {threshold:g} nats): {' '.join(names)}"
        self.setText(f"{'▸' if folded else '▾'} {words}")
        self.setAccessibleName(words)
        self.setToolTip(
            f"{'Show' if folded else 'Hide'} the rows of latents through which the encoder says "
            "next to nothing. Their values stay in z either way."
        )

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        near = self.underMouse() and self.isEnabled()
        painter.setPen(shade(theme.text if near else theme.muted))
        text = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width() - 4
        )
        painter.drawText(self.rect().adjusted(1, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            painter.setPen(shade(theme.recon))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
