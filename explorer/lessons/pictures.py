"""Two halves side by side, before and now: frames, their reconstructions, samples of the prior.

It does not know the model, nor what was done to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.image_view import ImageView

COLUMNS = 4  # pictures in a half
_GAP = 4
_BETWEEN = 20  # pixels between the halves
_HALVES = ("before", "now")
_ROWS = {
    "frame": ("held-out frames", "Frames that no batch contains."),
    "reconstruction": (
        "reconstructions",
        "The frames above, encoded, sampled from their posterior and decoded.",
    ),
    "sample": (
        "prior samples",
        "Decoded from N(0, I); the same noise makes the reconstructions and both halves.",
    ),
}


class LessonPictures(QWidget):
    """Three rows of four pictures twice; the first to shrink in a small window."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("lessonPictures")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._titles = [_caption(half, self) for half in _HALVES]
        self._names = [_caption(words, self) for words, _ in _ROWS.values()]
        for name in self._names:
            name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._views = {half: self._rows_of(half) for half in _HALVES}

    def setTitle(self, half: str, *wordings: str) -> None:
        """What stands above a half, `before` or `now`, in several lengths."""
        self._titles[_HALVES.index(half)].setWordings(*wordings)

    def setPictures(self, half: str, step: Any) -> None:
        """Show `frames`, `reconstructions` and `samples`, each (n, H, W, 3) uint8, in a half."""
        given = (step.frames, step.reconstructions, step.samples)
        for views, pictures in zip(self._views[half].values(), given, strict=True):
            for view, picture in zip(views, pictures, strict=False):
                view.setImage(np.ascontiguousarray(picture))

    def clear(self) -> None:
        """Show nothing, as before the first lesson."""
        for half, title in zip(_HALVES, self._titles, strict=True):
            title.setWordings(half)
            for view in self._all(half):
                view.clear()

    def setAspect(self, aspect: float) -> None:
        """Width by height of what pictures show."""
        for view in (*self._all("before"), *self._all("now")):
            view.setAspect(aspect)

    def sizeHint(self) -> QSize:
        return QSize(960, 300)

    def minimumSizeHint(self) -> QSize:
        return QSize(480, 130)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the pictures by hand: no layout keeps 24 of them in proportion."""
        super().resizeEvent(event)
        top = self._titles[0].sizeHint().height() + 2
        left = max(name.sizeHint().width() for name in self._names) + 8
        wide = (self.width() - left - _BETWEEN - 2 * _GAP * (COLUMNS - 1)) // (2 * COLUMNS)
        full = wide * 3 // 4
        high = min(full, (self.height() - top) // len(_ROWS) - _GAP)
        wide = high * 4 // 3
        self.setMaximumHeight(top + len(_ROWS) * (full + _GAP))  # the bars use what is left
        half_width = COLUMNS * wide + (COLUMNS - 1) * _GAP
        rest = self.width() - left - 2 * half_width - _BETWEEN
        for row, name in enumerate(self._names):
            name.setGeometry(0, top + row * (high + _GAP), left - 8, high)
        for at, (half, title) in enumerate(zip(_HALVES, self._titles, strict=True)):
            x = left + at * (half_width + _BETWEEN + rest)
            title.setGeometry(x, 0, half_width, top - 2)
            for row, views in enumerate(self._views[half].values()):
                y = top + row * (high + _GAP)
                for column, view in enumerate(views):
                    view.setGeometry(x + column * (wide + _GAP), y, wide, high)

    def _all(self, half: str) -> list[ImageView]:
        return [view for views in self._views[half].values() for view in views]

    def _rows_of(self, half: str) -> dict[str, list[ImageView]]:
        return {kind: self._row(half, kind, *words) for kind, words in _ROWS.items()}

    def _row(self, half: str, kind: str, name: str, tip: str) -> list[ImageView]:
        views = []
        for index in range(COLUMNS):
            called = f"lesson{half.capitalize()}{kind.capitalize()}{index}"
            view = ImageView(called, f"{name}, {half}, {index + 1}", parent=self)
            view.setMinimumSize(0, 0)
            view.setToolTip(tip)
            views.append(view)
        return views


def _caption(words: str, parent: QWidget) -> FittingLabel:
    label = FittingLabel(words, parent=parent)
    label.setProperty("role", "caption")
    return label
