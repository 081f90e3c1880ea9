"""Held-out frames above what the newest snapshot makes of them: watch it learn.

It does not know the model, nor how frames are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.image_view import ImageView
from explorer.widgets.numerals import grouped

COLUMNS = 5
_GAP = 4
_SMALLEST_HEIGHT = 14


class Gallery(QWidget):
    """Two rows of up to five pictures, as wide as the panel; the first thing to shrink."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("gallery")
        self._caption = FittingLabel(parent=self)
        self._caption.setProperty("role", "caption")
        self._frames = self._row("galleryFrame", "Held-out frame")
        self._reconstructions = self._row("galleryReconstruction", "Reconstruction of frame")
        self._frame_count = 0
        self._reconstruction_count = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._arrange()

    def setFrames(self, images: Sequence[np.ndarray]) -> None:
        """Show held-out frames, (H, W, 3) uint8, the first five; no reconstruction is theirs."""
        for view, image in zip(self._frames, images, strict=False):
            view.setImage(image)
        self._frame_count = min(len(images), COLUMNS)
        self._reconstruction_count = 0
        self._caption.setWordings("held-out frames")
        self._arrange()
        self.updateGeometry()

    def setReconstructions(self, images: Sequence[np.ndarray], step: int | None) -> None:
        """Show what the snapshot of a training step makes of the frames, in the same order.

        `step` is None for a model that is not being trained.
        """
        for view, image in zip(self._reconstructions, images, strict=False):
            view.setImage(image)
        self._reconstruction_count = min(len(images), COLUMNS)
        said = "reconstruction" if step is None else f"reconstruction at step {grouped(step)}"
        self._caption.setWordings(f"held-out frames · {said}", said)
        self._arrange()

    def caption(self) -> str:
        """What the line above the pictures says, in full."""
        return self._caption.fullText()

    def sizeHint(self) -> QSize:
        if self._frame_count == 0:
            return QSize(240, 0)
        cell = (self.width() - _GAP * (COLUMNS - 1)) // COLUMNS
        return QSize(240, self._caption.sizeHint().height() + 2 * (cell * 3 // 4 + _GAP))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _arrange(self) -> None:
        """Place the pictures by hand: no layout gives way to its neighbours down to nothing."""
        top = self._caption.sizeHint().height()
        width = (self.width() - _GAP * (COLUMNS - 1)) // COLUMNS
        height = min(width * 3 // 4, (self.height() - top) // 2 - _GAP)
        fits = height >= _SMALLEST_HEIGHT
        self._caption.setVisible(fits and self._frame_count > 0)
        self._caption.setGeometry(0, 0, self.width(), top)
        rows = (
            (self._frames, self._frame_count),
            (self._reconstructions, self._reconstruction_count),
        )
        for row, (views, count) in enumerate(rows):
            for column, view in enumerate(views):
                view.setVisible(fits and column < count)
                view.setGeometry(
                    column * (width + _GAP), top + _GAP + row * (height + _GAP), width, height
                )

    def _row(self, name: str, description: str) -> list[ImageView]:
        views = [
            ImageView(f"{name}{index}", f"{description} {index + 1}", parent=self)
            for index in range(COLUMNS)
        ]
        for view in views:
            view.setMinimumSize(0, 0)
            view.setAspect(4 / 3)  # of the frames, whatever size a model brings them to
        return views
