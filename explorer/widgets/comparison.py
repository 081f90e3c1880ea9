"""What the encoder saw, what the decoder made of it, and where they differ.

It does not know where frames come from, nor which model made the reconstruction.
"""

from __future__ import annotations

import math

import numpy as np
from pyqtgraph import colormap
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from explorer.widgets.caption import Caption
from explorer.widgets.image_view import ImageView

_TALLEST = 120  # pixels; in a wide dock the game itself gets the room
_RECON, _ERROR = "reconstruction", "|error|"
_GAP = 6
_FULL_ERROR = 0.5  # errors of a trained model stay below it; 1.0 would leave the map black


def psnr(frame: np.ndarray, recon: np.ndarray) -> float:
    """The peak signal-to-noise ratio of a reconstruction, 10 log10(1 / MSE), in dB.

    Both (H, W, 3) uint8, the error taken in 0..1; equal pictures give infinity.
    """
    difference = frame.astype(np.float32) - recon.astype(np.float32)
    mse = float(np.mean(difference * difference)) / 255.0**2
    return 10.0 * math.log10(1.0 / mse) if mse > 0 else math.inf


def absolute_error(frame: np.ndarray, recon: np.ndarray) -> np.ndarray:
    """The mean over the channels of |frame - recon| in 0..1; (H, W, 3) uint8 to (H, W) float32."""
    difference = np.abs(frame.astype(np.float32) - recon.astype(np.float32))
    return difference.mean(axis=2) / np.float32(255.0)


class Comparison(QWidget):
    """Three small pictures with captions: encoder input, reconstruction, error map.

    `names` are those of the three widgets, `given` is what the first one is called; `close` ones
    take no more width than their height needs, so that they stand side by side.
    """

    def __init__(
        self,
        names: tuple[str, str, str] = ("encoderInput", "reconstruction", "errorMap"),
        given: str = "encoder input",
        close: bool = False,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._colors = colormap.get("inferno").getLookupTable(nPts=256)[:, :3].astype(np.uint8)
        self._titles = (given, _RECON, _ERROR)
        self._close = close
        self._input = ImageView(names[0], given.capitalize())
        self._recon = ImageView(names[1], "Reconstruction")
        self._error = ImageView(names[2], "Error map", smooth=False)
        self._input.setToolTip("The frame as the encoder gets it.")
        self._recon.setToolTip(
            "The frame decoded again from its posterior mean, with its peak signal-to-noise ratio."
        )
        self._error.setToolTip(
            "Absolute difference of the two, mean of the colours in 0..1; brightest from 0.5 on."
        )
        self._views = (self._input, self._recon, self._error)
        self._captions = [Caption(f"{title}\n–") for title in self._titles]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(_GAP)
        grid.setVerticalSpacing(3)
        for column, (picture, caption) in enumerate(zip(self._views, self._captions, strict=True)):
            picture.setMaximumHeight(_TALLEST)
            # The pictures alone decide the columns, so that all three stay equal.
            caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            caption.setWordWrap(False)
            grid.addWidget(picture, 0, column)
            grid.addWidget(caption, 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._close:
            self.setMaximumWidth(3 * round(self._input.height() * 4 / 3) + 2 * _GAP)

    def setAspect(self, aspect: float) -> None:
        """Width by height of what the frames show; their pixels need not be square."""
        for view in self._views:
            view.setAspect(aspect)

    def clear(self, placeholder: str) -> None:
        """Forget all three pictures and say why there are none."""
        for view in self._views:
            view.clear()
            view.setPlaceholder(placeholder)
        self._tell("–", "–", "–")

    def setFrame(self, frame: np.ndarray, recon: np.ndarray) -> None:
        """Show a frame beside its reconstruction, both (H, W, 3) uint8 and not written again."""
        error = absolute_error(frame, recon)
        level = np.minimum(error * (255.0 / _FULL_ERROR) + 0.5, 255.0).astype(np.uint8)
        self._input.setImage(frame)
        self._recon.setImage(recon)
        self._error.setImage(self._colors[level])
        quality = psnr(frame, recon)
        decibels = "∞" if math.isinf(quality) else f"{quality:.1f}"
        self._tell(
            f"{frame.shape[1]} × {frame.shape[0]}",
            f"{decibels} dB",
            f"max {float(error.max()):.2f}",
        )

    def _tell(self, *lines: str) -> None:
        for caption, title, line in zip(self._captions, self._titles, lines, strict=True):
            caption.showText(f"{title}\n{line}")
