"""Histories with numbers that tell their step, and a mouse over a plot, for tests of the curves.

It does not know what is asserted.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

LATENTS = 32


def whole_run(steps: int = 2000, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Six arrays as `LossCurves.load` takes them; a test at every hundredth step."""
    rng = np.random.default_rng(seed)
    taken = np.arange(1, steps + 1, dtype=np.float64)
    recon_loss = 20 + 100 / taken + rng.normal(0, 1, steps)
    kl = rng.uniform(0, 1, (steps, LATENTS)).astype(np.float32)
    tests = np.arange(100, steps + 1, 100)
    return taken, recon_loss, kl, taken[tests - 1], 19 + 100 / tests, kl[tests - 1] / 2


def point(plot, x: float, y: float) -> None:
    """Move the mouse to where the plot's axes count x and y."""
    place = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(x, y))
    viewport = plot.viewport()
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        QPointF(viewport.mapToGlobal(place.toPoint())),
        none,
        none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, move)


def leave(plot) -> None:
    """Take the mouse away from the plot."""
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
