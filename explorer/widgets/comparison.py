"""What the encoder saw, what the decoder made of it, and where they differ.

It does not know where frames come from, nor which model made the reconstruction.
"""

from __future__ import annotations

import math

import numpy as np
from pyqtgraph import colormap
from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from explorer.widgets.caption import Caption, FittingCaption, dress_as_caption
from explorer.widgets.heat import diverging
from explorer.widgets.image_view import ImageView
from explorer.widgets.numerals import short
from explorer.widgets.theme import theme_of

_TALLEST = 120  # pixels; in a wide dock the game itself gets the room
_GAP = 6
_FULL_ERROR = 0.5  # errors of a trained model stay below it; 1.0 would leave the map black
_BLIND = "goggles on"
_OF_MEAN = "The frame decoded again from its posterior mean; click for a sample."
_OF_SAMPLE = (
    "The frame decoded again from a sample of its posterior; click for the mean. The error of a "
    "sample is not held against the training data, whose usual errors are those of the mean."
)
_ABSOLUTE = "Absolute difference, mean of the colours in 0..1, brightest from 0.5; click for signed"
_SIGNED = (
    "Reconstruction less input, mean of the colours: blue is too dark, orange too bright, full "
    "colour from 0.5; click for absolute"
)


def squared_error(frame: np.ndarray, recon: np.ndarray) -> float:
    """The squared error in 0..1 summed over all values of two (H, W, 3) uint8 pictures."""
    difference = frame.astype(np.float32) - recon.astype(np.float32)
    return float(np.sum(difference * difference)) / 255.0**2


def psnr(frame: np.ndarray, recon: np.ndarray) -> float:
    """The peak signal-to-noise ratio of a reconstruction, 10 log10(1 / MSE), in dB.

    Both (H, W, 3) uint8, the error taken in 0..1; equal pictures give infinity.
    """
    sse = squared_error(frame, recon)
    return 10.0 * math.log10(frame.size / sse) if sse > 0 else math.inf


def absolute_error(frame: np.ndarray, recon: np.ndarray) -> np.ndarray:
    """The mean over the channels of |frame - recon| in 0..1; (H, W, 3) uint8 to (H, W) float32."""
    difference = np.abs(frame.astype(np.float32) - recon.astype(np.float32))
    return difference.mean(axis=2) / np.float32(255.0)


def signed_error(frame: np.ndarray, recon: np.ndarray) -> np.ndarray:
    """The mean over the channels of recon - frame in -1..1; (H, W, 3) uint8 to (H, W) float32."""
    difference = recon.astype(np.float32) - frame.astype(np.float32)
    return difference.mean(axis=2) / np.float32(255.0)


class Comparison(QWidget):
    """Three small pictures with captions: encoder input, reconstruction, error map.

    `names` are those of the three widgets and of the button between absolute and signed error,
    `given` is what the first one is called; `close` ones take no more width than their height
    needs, so that they stand side by side. With `sampling` there is a button between the
    reconstruction of mu and that of a sample.
    """

    sampledChanged = Signal(bool)  # the person wants samples decoded, not the mean

    def __init__(
        self,
        names: tuple[str, str, str, str] = (
            "encoderInput",
            "reconstruction",
            "errorMap",
            "errorChoice",
        ),
        given: str = "encoder input",
        close: bool = False,
        sampling: bool = False,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._colors = colormap.get("inferno").getLookupTable(nPts=256)[:, :3].astype(np.uint8)
        self._close = close
        self._blind = False
        self._placeholder = ""
        self._pair: tuple[np.ndarray, np.ndarray] | None = None
        self._input = ImageView(names[0], given.capitalize())
        self._recon = ImageView(names[1], "Reconstruction")
        self._error = ImageView(names[2], "Error map", smooth=False)
        self._input.setToolTip("The frame as the encoder gets it.")
        self._views = (self._input, self._recon, self._error)
        self._recon.setToolTip("The frame decoded again, and its peak signal-to-noise ratio.")
        self._signed = _Choice(names[3], ("|error|", "± error"), (_ABSOLUTE, _SIGNED))
        self._signed.toggled.connect(self._showError)
        self._sampled: _Choice | None = None
        if sampling:
            words = ("recon: mu", "recon: sample")
            self._sampled = _Choice("reconChoice", words, (_OF_MEAN, _OF_SAMPLE))
            self._sampled.clicked.connect(self.sampledChanged)
        titles = (Caption(given), self._sampled or Caption("reconstruction"), self._signed)
        self._figures = [FittingCaption("–") for _ in self._views]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(_GAP)
        grid.setVerticalSpacing(1)
        for column, (picture, title, figures) in enumerate(
            zip(self._views, titles, self._figures, strict=True)
        ):
            picture.setMaximumHeight(_TALLEST)
            # The pictures alone decide the columns, so that all three stay equal.
            for line in (title, figures):
                line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            if isinstance(title, Caption):
                title.setWordWrap(False)
            grid.addWidget(picture, 0, column)
            grid.addWidget(title, 1, column)
            grid.addWidget(figures, 2, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 1)
        self._showError()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._close:
            self.setMaximumWidth(3 * round(self._input.height() * 4 / 3) + 2 * _GAP)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._showError()  # its colours are the theme's

    def setAspect(self, aspect: float) -> None:
        """Width by height of what the frames show; their pixels need not be square."""
        for view in self._views:
            view.setAspect(aspect)

    @Slot(bool)
    def setBlind(self, blind: bool) -> None:
        """Whether the input, and with it the error, is hidden from the person."""
        self._blind = blind
        self._show()

    def clear(self, placeholder: str) -> None:
        """Forget all three pictures and say why there are none."""
        self._pair = None
        self._placeholder = placeholder
        for figures in self._figures:
            figures.showWordings("–")
        self._show()

    def setFrame(self, frame: np.ndarray, recon: np.ndarray, kl: float | None = None) -> None:
        """Show a frame beside its reconstruction, both (H, W, 3) uint8 and not written again, and
        its KL in nats."""
        self._pair = frame, recon
        size = f"{frame.shape[1]} × {frame.shape[0]}"
        quality = psnr(frame, recon)
        decibels = "∞ dB" if math.isinf(quality) else f"{quality:.1f} dB"
        for figures, wordings in zip(
            self._figures,
            (
                (size,) if kl is None else (f"{size} · {short(kl)} nats", f"KL {short(kl)} nats"),
                (f"{decibels} · SSE {squared_error(frame, recon):.0f}", decibels),
                (f"max {float(absolute_error(frame, recon).max()):.2f}",),
            ),
            strict=True,
        ):
            figures.showWordings(*wordings)
        self._show()

    def _show(self) -> None:
        for view in (self._input, self._error):
            view.setPlaceholder(self._placeholder or (_BLIND if self._blind else ""))
        self._recon.setPlaceholder(self._placeholder)
        if self._pair is None or self._blind:
            self._input.clear()
        else:
            self._input.setImage(self._pair[0])
        if self._pair is None:
            self._recon.clear()
        else:
            self._recon.setImage(self._pair[1])
        self._showError()

    @Slot()
    def _showError(self) -> None:
        if self._pair is None or self._blind:
            self._error.clear()
        elif self._signed.isChecked():
            level = signed_error(*self._pair) * (127 / _FULL_ERROR)
            colors = diverging(theme_of(self))
            self._error.setImage(colors[np.clip(np.rint(level) + 127, 0, 254).astype(np.uint8)])
        else:
            level = absolute_error(*self._pair) * (255 / _FULL_ERROR) + 0.5
            self._error.setImage(self._colors[np.minimum(level, 255).astype(np.uint8)])
        self._error.setToolTip(self._signed.toolTip())


class _Choice(QToolButton):
    """A small button that says which of two it is, and is pressed for the other one."""

    def __init__(self, name: str, texts: tuple[str, str], tips: tuple[str, str]):
        super().__init__()
        self._texts, self._tips = texts, tips
        self.setObjectName(name)
        self.setCheckable(True)
        # A click must not take the keyboard from the game in the middle of a curve.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress_as_caption(self)
        self.setProperty("role", "choice")
        self.toggled.connect(self._tell)
        self._tell(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(20, super().minimumSizeHint().height())

    @Slot(bool)
    def _tell(self, other: bool) -> None:
        self.setText(self._texts[other])
        self.setToolTip(self._tips[other])
        self.setAccessibleName(self._tips[other])
