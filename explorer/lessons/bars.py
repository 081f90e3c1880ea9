"""Bars per latent, wide for before and narrow for now: the KL, and q(z) against the prior.

They do not know the model.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.numerals import three_figures
from explorer.widgets.theme import theme_of

_LEAST_KL = 1.0  # nats; the top of the scale where no latent carries more
_LEAST_REACH = 3.0  # of z; the prior's band is a third of it
_MARGIN = 4
_NARROWER = 0.28  # of a latent's width that the bar for now leaves free on either side


class LatentBars(QWidget):
    """What both kinds have in common: a well, a place for each latent, and `before` and `now`."""

    def __init__(self, name: str, description: str, tip: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(description)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._before: np.ndarray | None = None  # (..., latent_dim)
        self._now: np.ndarray | None = None

    def setValues(self, before: np.ndarray | None, now: np.ndarray | None) -> None:
        """Show (..., latent_dim) of before and of now; None for none yet."""
        self._before, self._now = before, now
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 84)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = theme_of(self), QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.well))
        there = [values for values in (self._before, self._now) if values is not None]
        self.paintScale(painter, there)
        for values, is_now in ((self._before, False), (self._now, True)):
            if values is not None:
                for latent in range(values.shape[-1]):
                    place = self.place(latent)
                    aside = _NARROWER * place.width() if is_now else 0.0
                    place.adjust(aside, 0.0, -aside, 0.0)
                    self.paintLatent(painter, values[..., latent], place, is_now)

    def place(self, latent: int) -> QRectF:
        """The column of a latent, from the widget's top to its bottom margin."""
        values = self._now if self._now is not None else self._before
        width = (self.width() - 2 * _MARGIN) / values.shape[-1]
        gap = min(2.0, width / 4)
        left = _MARGIN + latent * width
        return QRectF(left, _MARGIN, width - gap, self.height() - 2 * _MARGIN)

    def paintScale(self, painter: QPainter, there: list[np.ndarray]) -> None:
        """Find the scale that shows all of it, and paint what stands behind the bars."""
        raise NotImplementedError

    def paintLatent(
        self, painter: QPainter, value: np.ndarray, place: QRectF, is_now: bool
    ) -> None:
        """Paint one latent into the width of its place."""
        raise NotImplementedError

    def _note(self, painter: QPainter, words: str) -> None:
        painter.setPen(QColor(theme_of(self).muted))
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.8)
        painter.setFont(font)
        wide = painter.fontMetrics().horizontalAdvance(words)
        painter.drawText(
            QPointF(self.width() - wide - 4, painter.fontMetrics().ascent() + 2), words
        )


class KlBars(LatentBars):
    """The KL per latent, nats, from zero up; takes (latent_dim,)."""

    def paintScale(self, painter: QPainter, there: list[np.ndarray]) -> None:
        self._top = max([_LEAST_KL, *(float(values.max()) for values in there)])
        self._note(painter, f"{three_figures(self._top)} nats")

    def paintLatent(
        self, painter: QPainter, value: np.ndarray, place: QRectF, is_now: bool
    ) -> None:
        theme = theme_of(self)
        y = place.bottom() - place.height() * float(value) / self._top
        bar = QRectF(place.left(), y, place.width(), place.bottom() - y)
        painter.fillRect(bar, QColor(theme.kl if is_now else theme.kl_bar))


class AggregateBars(LatentBars):
    """Mean and deviation of q(z) per latent over the prior's band; takes (2, latent_dim)."""

    def paintScale(self, painter: QPainter, there: list[np.ndarray]) -> None:
        ends = [np.abs(mean) + np.sqrt(variance) for mean, variance in there]
        self._reach = max([_LEAST_REACH, *(float(end.max()) for end in ends)])
        theme = theme_of(self)
        band = QColor(theme.good)
        band.setAlpha(70)
        top, bottom = self._y(1.0), self._y(-1.0)
        painter.fillRect(QRectF(0, top, self.width(), bottom - top), band)
        painter.setPen(QPen(QColor(theme.good), 1))
        painter.drawLine(QPointF(0, self._y(0)), QPointF(self.width(), self._y(0)))
        self._note(painter, f"±{three_figures(self._reach)}")

    def paintLatent(
        self, painter: QPainter, value: np.ndarray, place: QRectF, is_now: bool
    ) -> None:
        theme = theme_of(self)
        mean, deviation = float(value[0]), float(np.sqrt(value[1]))
        top, bottom = self._y(mean + deviation), self._y(mean - deviation)
        bar = QColor(theme.mu if is_now else theme.muted)
        bar.setAlpha(255 if is_now else 130)
        painter.fillRect(QRectF(place.left(), top, place.width(), bottom - top), bar)
        if is_now:
            painter.setPen(QPen(QColor(theme.panel), 1))
            y = self._y(mean)
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))

    def _y(self, z: float) -> float:
        half = (self.height() - 2 * _MARGIN) / 2
        return self.height() / 2 - half * z / self._reach
