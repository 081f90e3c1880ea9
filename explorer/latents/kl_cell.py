"""The name of one latent, its KL over a bar, and below it a thin bar: its effect on the picture.

It does not know the slider beside it or where the numbers were measured.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.latents.track import shade
from explorer.widgets.theme import theme_of

NAME_WIDTH = 27
BAR_WIDTH = 40
EFFECT_WIDTH = 34  # of the column for its number, where there is room
EFFECT_HEIGHT = 3
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
EFFECT_TIP = (
    "Effect: from here, one standard deviation of {name} changes the picture by {effect:.2f} of "
    "255 on average (thin bar). Grey while z moves: measured where it rested last."
)


def pixels_of(share: float) -> int:
    """Length of a bar that shows a share of the largest, 0..1."""
    return round(BAR_WIDTH * min(max(share, 0.0), 1.0))


class KlCell(QWidget):
    """Paints `z07`, `2.96` over a bar, and a thin bar below it, with its number where it is wide.

    Both bars are as long as their shares of the largest.
    """

    def __init__(self, name: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._name = name
        self._text = ""
        self._pixels = 0
        self._tip = ""
        self._effect: float | None = None
        self._effect_pixels = 0
        self._wide = False
        self._dimmed = False
        self._stale = False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)

    def text(self) -> str:
        """The number as shown, empty before the first one."""
        return self._text

    def barWidth(self) -> int:
        """Length of the bar, pixels."""
        return self._pixels

    def effectWidth(self) -> int:
        """Length of the thin bar, pixels."""
        return self._effect_pixels

    def setName(self, name: str) -> None:
        """Call the latent by another name."""
        self._name = name
        self._explain()
        self.update()

    def setMeasure(self, text: str, share: float) -> None:
        """Show a number over a bar, which is full at a `share` of 1."""
        pixels = pixels_of(share)
        if (text, pixels) != (self._text, self._pixels):
            self._text, self._pixels = text, pixels
            self.update()

    def setMeaning(self, tip: str) -> None:
        """Say what the number means; `{name}` in it stands for the latent's name."""
        if tip != self._tip:
            self._tip = tip
            self._explain()

    def setEffect(self, effect: float | None, share: float) -> None:
        """Show an effect, 0..255, on a thin bar which is full at a `share` of 1; None hides it."""
        pixels = 0 if effect is None else pixels_of(share)
        if (effect, pixels) != (self._effect, self._effect_pixels):
            self._effect, self._effect_pixels = effect, pixels
            self._explain()
            self.update()

    def setWide(self, wide: bool) -> None:
        """Whether there is room for the effect as a number too."""
        if wide != self._wide:
            self._wide = wide
            self.updateGeometry()

    def setStale(self, stale: bool) -> None:
        """Paint the effect muted: it was measured at another z."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    def setDimmed(self, dimmed: bool) -> None:
        """Paint muted, for a latent that carries nothing."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(NAME_WIDTH + BAR_WIDTH + (EFFECT_WIDTH if self._wide else 0), 20)

    def minimumSizeHint(self) -> QSize:
        # Without the number of the effect: a row must be able to become narrow again.
        return QSize(NAME_WIDTH + BAR_WIDTH, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        live = self.isEnabled()
        painter = QPainter(self)
        tall = min(18, self.height() - 2)
        top = (self.height() - tall) // 2
        low = top + tall - EFFECT_HEIGHT
        painter.fillRect(
            NAME_WIDTH,
            top,
            self._pixels,
            tall - EFFECT_HEIGHT - 1,
            shade(theme.kl_bar if live else theme.border),
        )
        painter.fillRect(
            NAME_WIDTH,
            low,
            self._effect_pixels,
            EFFECT_HEIGHT,
            shade(theme.muted if self._stale else theme.good if live else theme.border),
        )
        painter.setPen(shade(theme.muted if self._dimmed or not live else theme.text))
        painter.drawText(QRectF(0, 0, NAME_WIDTH, self.height()), LEFT, self._name)
        box = QRectF(NAME_WIDTH, 0, BAR_WIDTH - 3, self.height())
        painter.drawText(box, RIGHT, self._text)
        if self._wide and self._effect is not None:
            box = QRectF(NAME_WIDTH + BAR_WIDTH, 0, EFFECT_WIDTH - 2, self.height())
            faint = self._dimmed or self._stale or not live
            painter.setPen(shade(theme.muted if faint else theme.good))
            digits = 2 if self._effect < 9.995 else 1
            painter.drawText(box, RIGHT, f"{self._effect:.{digits}f}")

    def _explain(self) -> None:
        lines = [self._tip.format(name=self._name)] if self._tip else []
        if self._effect is not None:
            lines.append(EFFECT_TIP.format(name=self._name, effect=self._effect))
        self.setToolTip("\n".join(lines))
