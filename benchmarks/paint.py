"""Painting the rows of 32 latents, and the same of the toolkit's own widgets.

It does not know how long either takes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from explorer.latents.rows import COLUMN_GAP, LatentRows
from explorer.widgets.theme import apply_theme

LATENTS = 32
WIDTH, HEIGHT = 2 * 330 + COLUMN_GAP, LATENTS // 2 * 26  # the rows in a window of 1440x900


def application() -> QApplication:
    """The one application, which needs no display."""
    app = QApplication.instance() or QApplication(["benchmarks", "-platform", "offscreen"])
    apply_theme(app, "dark")
    return app


def ours() -> QWidget:
    """Rows with all they can show."""
    rng = np.random.default_rng(0)
    rows = LatentRows(LATENTS)
    samples = rng.standard_normal((1000, LATENTS))
    levels = np.linspace(0, 1, 101)
    quantiles = np.quantile(samples, levels, axis=0).T
    rows.setStatistics(samples.mean(0), samples.std(0), quantiles, levels)
    rows.setKl(rng.uniform(0.2, 3.0, LATENTS))
    rows.setEffects(rng.uniform(0.0, 9.0, LATENTS))
    rows.setZ(samples[0].astype(np.float32))
    rows.setPosterior(samples[1], np.full(LATENTS, 0.4))
    rows.setRoundTrip(samples[2])
    rows.resort()
    return rows


def plain() -> QWidget:
    """A label, a slider and a spin box for each."""
    panel = QWidget()
    grid = QGridLayout(panel)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(COLUMN_GAP)
    grid.setVerticalSpacing(2)
    for index in range(LATENTS):
        line = QHBoxLayout()
        line.addWidget(QLabel(f"z{index:02d}"))
        line.addWidget(QSlider(Qt.Orientation.Horizontal), 1)
        line.addWidget(QDoubleSpinBox())
        grid.addLayout(line, index % (LATENTS // 2), index // (LATENTS // 2))
    return panel


def painter_of(widget: QWidget, times: int) -> Callable[[], None]:
    """Show the widget and give what paints it so many times into a picture."""
    widget.resize(WIDTH, HEIGHT)
    widget.show()
    QApplication.processEvents()
    picture = QImage(widget.size(), QImage.Format.Format_ARGB32_Premultiplied)

    def paint() -> None:
        for _ in range(times):
            widget.render(picture, QPoint())

    return paint
