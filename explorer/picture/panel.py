"""A picture that a person brought, what the model makes of it, and a scrubber through several.

It does not know where pictures come from, nor which model sees them.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from explorer.picture.scrubber import Scrubber
from explorer.widgets.comparison import Comparison
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import grouped, short

_NAMES = ("pictureInput", "pictureReconstruction", "pictureErrorMap", "pictureErrorChoice")
_EMPTY = "drop a picture here"


class PicturePanel(QWidget):
    """Shows one frame of a sequence beside its reconstruction, and asks for another one."""

    frameChosen = Signal(int)  # its index, from 0
    closeRequested = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("picturePanel")
        self._encoding = True
        self._name, self._count = "", 0
        self._comparison = Comparison(_NAMES, "brought", close=True)
        self._comparison.clear(_EMPTY)
        self.scrubber = Scrubber()
        self.scrubber.indexChanged.connect(self.frameChosen)
        self.scrubber.hide()
        self._skipped = FittingLabel()
        self._skipped.setObjectName("pictureMessage")
        self._skipped.setProperty("role", "warning")
        self._skipped.setTextFormat(Qt.TextFormat.PlainText)
        self._skipped.hide()
        self._make_header()
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(6)
        column.addWidget(self._comparison)
        column.addWidget(self._skipped)
        column.addWidget(self.scrubber)

    def _make_header(self) -> None:
        title = QLabel("Picture")
        title.setProperty("role", "title")
        self._told = FittingLabel()
        self._told.setObjectName("pictureCaption")
        self._told.setProperty("role", "caption")
        self._told.setTextFormat(Qt.TextFormat.PlainText)
        self._told.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        close = QToolButton()
        close.setObjectName("closePictureButton")
        close.setText("×")
        close.setAutoRaise(True)
        close.setAccessibleName("Put the picture away")
        close.setToolTip("Put the picture away; the View menu brings it back.")
        close.clicked.connect(self.closeRequested)
        self.header = QWidget()
        row = QHBoxLayout(self.header)
        row.setContentsMargins(10, 6, 6, 0)
        row.addWidget(title)
        row.addWidget(self._told, 1)
        row.addWidget(close)

    def setSequence(self, name: str, count: int, skipped: str = "") -> None:
        """Begin with the first of `count` frames; `skipped` says what could not be read of them."""
        self._name, self._count = name, count
        self._skipped.setWordings(skipped)
        self._skipped.setToolTip(skipped)
        self._skipped.setVisible(bool(skipped))
        self.scrubber.setCount(count)
        self.scrubber.setVisible(count > 1)
        self._tell()

    def setFrame(self, frame: np.ndarray, recon: np.ndarray, kl: float) -> None:
        """Show a frame beside its reconstruction, both (H, W, 3) uint8, and its KL in nats."""
        self._comparison.setFrame(frame, recon)
        self._tell(f"KL {short(kl)} nats")

    def setAspect(self, aspect: float) -> None:
        """Width by height of what the frames show; their pixels need not be square."""
        self._comparison.setAspect(aspect)

    def setEncoding(self, encoding: bool) -> None:
        """Whether the model has an encoder; without one a word says so in place of the pictures."""
        if encoding != self._encoding:
            self._encoding = encoding
            self._comparison.clear(_EMPTY if encoding else "no encoder")
            self._tell()

    def _tell(self, *figures: str) -> None:
        name = [self._name] if self._name else []
        count = [f"{grouped(self._count)} frames"] if self._count > 1 else []
        wordings = ([*name, *count, *figures], [*name, *figures], figures)
        self._told.setWordings(*(" · ".join(words) for words in wordings))
