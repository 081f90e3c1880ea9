"""The part of a slider that stays while frames go by: silhouette, track and zero.

It does not know the value or the posterior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QPolygonF

from explorer.widgets.theme import Theme

TALL = 34  # pixels of a slider that has room for a line of text below its track
FOOT = 11  # pixels of that line
SILHOUETTE_ALPHA = 95
FAINT_ALPHA = 40
BAND_ALPHA = 70
THICKNESS = 4


@lru_cache(maxsize=64)
def shade(name: str, alpha: int = 255) -> QColor:
    """A theme's colour, translucent; it is shared and must not be written to."""
    color = QColor(name)
    color.setAlpha(alpha)
    return color


def draw_track(
    size: QSize,
    ratio: float,
    theme: Theme,
    density: tuple[np.ndarray, np.ndarray] | None,
    x_of: Callable[[float], float],
    faint: bool,
    wordings: Sequence[str] = (),
) -> QPixmap:
    """Draw it on nothing; `size` in widget pixels, `ratio` device pixels to one of them.

    `density` is positions (N,) in z and heights (N,) 0..1; `x_of` places a z in widget pixels. With
    `wordings`, the longest first, the one that fits stands small below the track.
    """
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if wordings:
        foot = QRectF(0, size.height() - FOOT, size.width(), FOOT)
        _draw_fitting(painter, foot, theme, wordings)
    height = size.height() - (FOOT if wordings else 0)
    middle = height / 2
    painter.setBrush(shade(theme.well))
    track = QRectF(0, middle - THICKNESS / 2, size.width(), THICKNESS)
    painter.drawRoundedRect(track, THICKNESS / 2, THICKNESS / 2)
    if density is not None:
        floor, tall = height - 2, height - 4
        outline = [QPointF(x_of(z), floor - h * tall) for z, h in zip(*density, strict=True)]
        ends = [QPointF(outline[-1].x(), floor), QPointF(outline[0].x(), floor)]
        painter.setBrush(shade(theme.muted, FAINT_ALPHA if faint else SILHOUETTE_ALPHA))
        painter.drawPolygon(QPolygonF(outline + ends))
    zero = QRectF(round(x_of(0.0)) - 0.5, middle - 5, 1, 10)
    painter.fillRect(zero, shade(theme.muted, 120))
    painter.end()
    return pixmap


def _draw_fitting(painter: QPainter, box: QRectF, theme: Theme, wordings: Sequence[str]) -> None:
    painter.save()
    font = painter.font()
    font.setPixelSize(FOOT - 1)
    painter.setFont(font)
    painter.setPen(shade(theme.muted))
    metrics = painter.fontMetrics()
    fits = (text for text in wordings if metrics.horizontalAdvance(text) <= box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, next(fits, ""))
    painter.restore()
