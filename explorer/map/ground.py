"""What stays of the map while a trail grows: round numbers, names and the cloud.

It does not know the trail, nor who looks at it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from explorer.map.dots import shade
from explorer.map.plane import Lens, ticks
from explorer.widgets.theme import Theme

APART = 56  # pixels at least between two numbers
EDGE = 3
SMALL = 0.82  # of the font


class Ground(NamedTuple):
    """What it shows."""

    names: tuple[str, str]  # of the components across and up
    lens: Lens
    size: tuple[int, int]  # widget pixels
    ratio: float  # pixels of the screen to one of them


def paint_ground(ground: Ground, theme: Theme, font: QFont, cloud: np.ndarray) -> QImage:
    """The picture in pixels of the screen, without alpha; `cloud` is (n, 2) on the plane."""
    names, lens, (width, height), ratio = ground
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(theme.well))
    left, top = lens.point(0, 0, ground.size)
    right, bottom = lens.point(width, height, ground.size)
    across, up = (
        ticks(*ends, max(2, room // APART))
        for ends, room in (((left, right), width), ((bottom, top), height))
    )
    painter = QPainter(image)
    for value in across:
        painter.setPen(_pen(theme, value))
        x = round(lens.pixels([[value, 0]], ground.size)[0, 0])
        painter.drawLine(x, 0, x, height)
    for value in up:
        painter.setPen(_pen(theme, value))
        y = round(lens.pixels([[0, value]], ground.size)[0, 1])
        painter.drawLine(0, y, width, y)
    painter.end()
    if len(cloud):
        pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.width())
        places = lens.pixels(cloud, ground.size) * ratio
        shade(pixels, places, theme.muted, max(1, round(2 * ratio)))
    painter = QPainter(image)
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * SMALL)
    painter.setFont(small)
    _write_numbers(painter, theme, ground, across, up)
    painter.setPen(QColor(theme.text))
    tall = painter.fontMetrics().height()
    wide = painter.fontMetrics().horizontalAdvance(names[0])
    painter.drawText(width - wide - EDGE, height - tall - EDGE, names[0])
    painter.drawText(EDGE, EDGE + painter.fontMetrics().ascent(), names[1])
    painter.end()
    return image


def _write_numbers(
    painter: QPainter, theme: Theme, ground: Ground, across: list[float], up: list[float]
) -> None:
    width, height = ground.size
    metrics = painter.fontMetrics()
    tall = metrics.height()
    painter.setPen(QColor(theme.muted))
    for value in across:
        x = ground.lens.pixels([[value, 0]], ground.size)[0, 0]
        text = _short(value)
        half = metrics.horizontalAdvance(text) / 2
        if x - half > 24 and x + half < width:
            place = QRectF(x - half - 2, height - tall - 1, 2 * half + 4, tall)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    for value in up:
        y = ground.lens.pixels([[0, value]], ground.size)[0, 1]
        if 2 * tall < y < height - tall:
            place = QRectF(EDGE, y - tall / 2, width, tall)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, _short(value))


def _short(value: float) -> str:
    return f"{value + 0.0:.4g}".replace("-", "−")


def _pen(theme: Theme, value: float) -> QPen:
    """Thin, and the line of 0 a little stronger."""
    color = QColor(theme.border)
    if value:
        color.setAlpha(120)
    return QPen(color, 1)
