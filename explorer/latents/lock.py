"""A small padlock to press: open and faint, or closed and clear.

It does not know who leaves a locked latent alone.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.latents.track import shade
from explorer.widgets.theme import theme_of

WIDTH, HEIGHT = 11, 15
FAINT = 100
LIFT = 2.0  # pixels that the open shackle stands higher


class LockToggle(QAbstractButton):
    """A checkable button that paints a padlock, closed while it is checked."""

    def __init__(self, index: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName(f"latentLock{index:02d}")
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        # One more stop for Tab in each row would be a third of the way; L on the slider does it.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        # Tracks must not change their length where nothing can be locked.
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)

    def setName(self, name: str) -> None:
        """Say which latent it locks."""
        self.setAccessibleName(f"Lock {name}")
        self.setToolTip(
            f"Locked: samples, zero, paths and the drive leave {name} as it is. "
            "Your hand still moves it, also while the others follow the drive. The key L on the "
            "slider does the same."
        )

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 20)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        closed = self.isChecked()
        if closed and self.isEnabled():
            color = shade(theme.text)
        else:
            near = closed or self.underMouse() or self.hasFocus()
            color = shade(theme.muted, 255 if near else FAINT)
        painter = QPainter(self)
        where = QPointF((self.width() - WIDTH) // 2, (self.height() - HEIGHT) // 2)
        painter.drawImage(where, _padlock(color.rgba(), closed, self.devicePixelRatioF()))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(shade(theme.recon))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


# Smooth edges are slow to draw, and all rows need the same few.
@lru_cache(maxsize=32)
def _padlock(rgba: int, closed: bool, ratio: float) -> QImage:
    image = QImage(QSize(WIDTH, HEIGHT) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = QColor.fromRgba(rgba)
    # On half pixels, where a line of one pixel is sharp.
    x, lift = WIDTH / 2, 0.0 if closed else LIFT
    body = QRectF(x - 4, HEIGHT - 7.5, 8, 6)
    shackle = QPainterPath(QPointF(x - 2.5, body.top()))
    shackle.lineTo(x - 2.5, body.top() - 1.5 - lift)
    shackle.arcTo(QRectF(x - 2.5, body.top() - 4 - lift, 5, 5), 180, -180)
    shackle.lineTo(x + 2.5, body.top() - (1.5 if lift else 0))
    painter.setPen(QPen(color, 1.2))
    painter.drawPath(shackle)
    if closed:
        painter.setBrush(color)
    painter.drawRoundedRect(body, 1, 1)
    painter.end()
    return image
