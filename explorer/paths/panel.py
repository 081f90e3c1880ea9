"""The paths dock: keyframes, the way between them, its KL, playing and taking it away.

It does not know z: it asks by signals and is told what to show.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from explorer.paths.plot import KlPlot
from explorer.paths.strip import KeyframeStrip
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.number_field import NumberField
from explorer.widgets.numerals import grouped

STEPS = 24  # from one keyframe to the next: about a second
MOST_STEPS = 500
KINDS = ("gif", "png", "mp4")
EMPTY = "Pin a keyframe, move the sliders, pin another."
ONE = "One more keyframe makes a path."


class PathPanel(QWidget):
    """Turns clicks into requests; indices are places of keyframes, positions pictures."""

    pinRequested = Signal()
    settingsChanged = Signal()  # of `steps()`, `how()` or `loop()`
    playChanged = Signal(bool)
    scrubBegan = Signal()
    scrubbed = Signal(int)  # position
    exportRequested = Signal(str)  # one of KINDS
    copyRequested = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._ready = False
        self._encoding = True
        self._showing = False
        self._makeHeader()
        self.strip = KeyframeStrip()
        self.plot = KlPlot()
        self._makeControls()
        self._scrubber = QSlider(Qt.Orientation.Horizontal)
        self._scrubber.setObjectName("pathScrubber")
        self._scrubber.setAccessibleName("Position on the path")
        self._scrubber.setToolTip("Which picture of the path is shown.")
        self._layOut()
        self._connect()
        self.setPath(0, 0)

    def _makeHeader(self) -> None:
        title = QLabel("Paths")
        title.setProperty("role", "title")
        self._caption = FittingLabel()
        self._caption.setObjectName("pathCaption")
        self._caption.setProperty("role", "caption")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.header = QWidget()
        header = QHBoxLayout(self.header)
        header.setContentsMargins(10, 6, 10, 0)
        header.addWidget(title)
        header.addWidget(self._caption, 1)

    def _makeControls(self) -> None:
        push = QPushButton
        self._pin = _named(push("Pin"), "pinButton", "Make the present z a keyframe.")
        self._left = _named(push("◀"), "keyframeLeftButton", "Move the keyframe to the left.")
        self._right = _named(push("▶"), "keyframeRightButton", "Move the keyframe to the right.")
        self._remove = _named(push("Remove"), "keyframeRemoveButton", "Remove the keyframe.")
        self.play = _named(
            push("Play"),
            "playButton",
            "Play the path, or stop; the hand on a slider stops it as well.",
        )
        self.play.setCheckable(True)
        self._loop = _named(
            QCheckBox("loop"), "pathLoopBox", "Go on from the last keyframe to the first."
        )
        self._how = QComboBox()
        self._how.setObjectName("pathHowBox")
        self._how.setAccessibleName("Between two keyframes")
        self._how.setToolTip(
            "Straight, or on the sphere: directions turn evenly, so that the middle of two samples "
            "of the prior is as far from 0 as they are."
        )
        self._how.addItem("straight", "linear")
        self._how.addItem("on the sphere", "spherical")
        self._steps = NumberField(
            "pathStepsField",
            "Pictures from one keyframe to the next",
            1,
            MOST_STEPS,
            STEPS,
            decimals=0,
            unit="steps",
        )
        self._steps.setToolTip("Pictures from one keyframe to the next; 25 are a second.")
        self._exports = {
            "gif": _named(push("GIF…"), "pathGifButton", "Save the path as a GIF."),
            "png": _named(push("Strip…"), "pathStripButton", "Save all pictures as one PNG."),
            "mp4": _named(push("MP4…"), "pathMp4Button", "Save the path as a video."),
        }
        self._copy = _named(
            push("Copy as command"),
            "pathCopyButton",
            "Copy the command that writes this path without a window.",
        )

    def _layOut(self) -> None:
        edit = QHBoxLayout()
        edit.setSpacing(6)
        for widget in (self._pin, self._left, self._right, self._remove):
            edit.addWidget(widget)
        edit.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addLayout(edit)
        left.addWidget(self.strip)
        left.addStretch(1)
        tools = QHBoxLayout()
        tools.setSpacing(6)
        for widget in (self.play, self._loop, self._how, self._steps):
            tools.addWidget(widget)
        tools.addStretch(1)
        for widget in (*self._exports.values(), self._copy):
            tools.addWidget(widget)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addLayout(tools)
        right.addWidget(self.plot, 1)
        right.addWidget(self._scrubber)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.setSpacing(12)
        layout.addLayout(left, 2)
        layout.addLayout(right, 3)

    def _connect(self) -> None:
        strip = self.strip
        self._pin.clicked.connect(self.pinRequested)
        self._left.clicked.connect(lambda: self._askToMove(-1))
        self._right.clicked.connect(lambda: self._askToMove(1))
        self._remove.clicked.connect(lambda: strip.removeRequested.emit(strip.currentRow()))
        strip.currentRowChanged.connect(self._enable)
        self.play.clicked.connect(self.playChanged)
        self._loop.toggled.connect(self.settingsChanged)
        self._how.currentIndexChanged.connect(self.settingsChanged)
        self._steps.valueChanged.connect(self.settingsChanged)
        self._scrubber.sliderPressed.connect(self.scrubBegan)
        self._scrubber.valueChanged.connect(self._scrub)
        self.plot.pressed.connect(self.scrubBegan)
        self.plot.scrubbed.connect(self._scrubber.setValue)
        for kind, button in self._exports.items():
            button.clicked.connect(lambda _checked, kind=kind: self.exportRequested.emit(kind))
        self._copy.clicked.connect(self.copyRequested)

    # What is wanted

    def steps(self) -> int:
        """Pictures from one keyframe to the next."""
        return int(self._steps.value())

    def how(self) -> str:
        """`linear` or `spherical`."""
        return self._how.currentData()

    def loop(self) -> bool:
        """Whether the path goes on from the last keyframe to the first."""
        return self._loop.isChecked()

    # What is shown

    def setReady(self, ready: bool) -> None:
        """Whether there is a model."""
        self._ready = ready
        self._enable()

    def setEncoding(self, encoding: bool) -> None:
        """Whether the model has an encoder; without one nothing is known of the KL."""
        self._encoding = encoding

    def setPath(self, keyframes: int, count: int, seconds: float = 0.0) -> None:
        """Show so many keyframes and a path of so many pictures; what they are is to come."""
        self.strip.setCount(keyframes)
        waiting = "…" if self._encoding else "No encoder, so no KL."
        place = (EMPTY, ONE)[keyframes] if keyframes < 2 else waiting
        self.plot.setPath(count if keyframes > 1 else 0, self.steps(), place)
        told = f"{keyframes} keyframes · {grouped(count)} pictures"
        wordings = (f"{told} · {seconds:.1f} s", told) if keyframes > 1 else ("",)
        self._caption.setWordings(*wordings)
        self._showing = True
        self._scrubber.setRange(0, max(0, count - 1))
        self._showing = False
        self._enable()

    def setPosition(self, position: int) -> None:
        """Show which picture of the path is on screen; it is not announced."""
        self._showing = True
        self._scrubber.setValue(position)
        self._showing = False
        self.plot.setPosition(position)

    @Slot(bool)
    def setPlaying(self, playing: bool) -> None:
        """Show whether the path plays."""
        self.play.setChecked(playing)
        self.play.setText("Stop" if playing else "Play")

    def setPictures(self, pictures: np.ndarray) -> None:
        """What the keyframes look like, (k, H, W, 3) uint8."""
        self.strip.setPictures(pictures)

    def setKl(self, kl: np.ndarray) -> None:
        """The KL of each picture of the path, (n,) nats."""
        if self.strip.count() > 1:
            self.plot.setKl(kl)

    def say(self, sentence: str) -> None:
        """A word on what was done, or could not be, until the path changes."""
        self._caption.setWordings(sentence)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # a minimised window plays on
            self.playChanged.emit(False)

    @Slot()
    def _enable(self) -> None:
        count, row = self.strip.count(), self.strip.currentRow()
        self._pin.setEnabled(self._ready)
        self._left.setEnabled(row > 0)
        self._right.setEnabled(0 <= row < count - 1)
        self._remove.setEnabled(0 <= row < count)
        for widget in (self.play, self._scrubber, *self._exports.values(), self._copy):
            widget.setEnabled(count > 1)

    def _askToMove(self, by: int) -> None:
        row = self.strip.currentRow()
        self.strip.moveRequested.emit(row, row + by)

    @Slot(int)
    def _scrub(self, position: int) -> None:
        if not self._showing:
            self.scrubbed.emit(position)


def _named(button: QAbstractButton, name: str, tip: str) -> QAbstractButton:
    button.setObjectName(name)
    button.setAccessibleName(tip.split(":")[0].split(";")[0].rstrip("."))
    button.setToolTip(tip)
    button.setStyleSheet("QPushButton { padding: 3px 6px; }")
    return button
