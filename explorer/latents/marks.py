"""The marks that move along a slider's track: mean with its band, ring and handle.

It does not know a latent or where a value stands; it takes pixels.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from explorer.latents.track import BAND_ALPHA, shade
from explorer.widgets.theme import Theme

HANDLE = QSize(7, 16)
STAMP = QSize(12, 20)  # room for a handle or a ring in the middle
RING = 3.0  # radius, so that it fits into the handle where both stand together


def draw_posterior(
    painter: QPainter, theme: Theme, mu: float, low: float, high: float, height: float
) -> None:
    """A tick at `mu` over a band from `low` to `high`."""
    painter.fillRect(QRectF(low, 3, high - low, height - 6), shade(theme.mu, BAND_ALPHA))
    painter.fillRect(QRectF(mu - 1, 1, 2, height - 2), shade(theme.mu))


def draw_handle(painter: QPainter, theme: Theme, x: float, height: int, muted: bool) -> None:
    """The handle at x in the middle of a track so high."""
    _stamp(painter, x, height, _handle(theme, muted, painter.device().devicePixelRatioF()))


def draw_ring(painter: QPainter, theme: Theme, x: float, height: int) -> None:
    """A hollow ring at x in the middle of a track so high."""
    _stamp(painter, x, height, _ring(theme, painter.device().devicePixelRatioF()))


def _stamp(painter: QPainter, x: float, height: int, image: QImage) -> None:
    painter.drawImage(QPointF(x - STAMP.width() / 2, (height - STAMP.height()) // 2), image)


# Smooth edges are slow to draw, and all sliders need the same few.
@lru_cache(maxsize=16)
def _handle(theme: Theme, muted: bool, ratio: float) -> QImage:
    image, painter = _blank(ratio)
    left = (STAMP.width() - HANDLE.width()) / 2
    top = (STAMP.height() - HANDLE.height()) / 2
    bar = QRectF(left, top, HANDLE.width(), HANDLE.height())
    # A rim in the colour behind keeps the handle apart from a mean that stands under it.
    painter.setBrush(shade(theme.panel))
    painter.drawRoundedRect(bar.adjusted(-1, -1, 1, 1), 3.5, 3.5)
    painter.setBrush(shade(theme.muted if muted else theme.handle))
    painter.drawRoundedRect(bar, 2.5, 2.5)
    painter.end()
    return image


@lru_cache(maxsize=16)
def _ring(theme: Theme, ratio: float) -> QImage:
    image, painter = _blank(ratio)
    centre = QPointF(STAMP.width() / 2, STAMP.height() / 2)
    painter.setBrush(shade(theme.mu))
    painter.drawEllipse(centre, RING + 0.5, RING + 0.5)
    # The colour behind, also over the handle: a ring that let it through would vanish on it.
    painter.setBrush(shade(theme.panel))
    painter.drawEllipse(centre, RING - 1.0, RING - 1.0)
    painter.end()
    return image


def _blank(ratio: float) -> tuple[QImage, QPainter]:
    image = QImage(STAMP * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    return image, painter
