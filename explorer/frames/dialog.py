"""The window of frames: what is trained on, how it is split, how it looks, and ways to get more.

It does not know who reads or collects frames: it asks by signals and is told what to show.
"""

from __future__ import annotations

import html

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from explorer.frames.collection import CollectBox
from explorer.frames.grid import CELLS, Cell, FrameGrid
from explorer.frames.source import Source, page, pages
from explorer.frames.strip import SplitStrip
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import grouped, three_figures

_TURNS = 20  # Page down goes through all pages in so many


class FramesDialog(QDialog):
    """Stays open beside the main window; asks for the pictures of its preview while it is seen."""

    opened = Signal()
    openFileRequested = Signal()
    openFolderRequested = Signal()
    useDriveRequested = Signal()
    sampleFramesRequested = Signal()
    previewRequested = Signal(object)  # indices (n,) int of the frames

    def __init__(self, cores: int, frame_bytes: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("framesDialog")
        self.setWindowTitle("Frames")
        self.setModal(False)
        self._source: Source | None = None
        self._ordinals = np.empty(0, int)
        self._name = FittingLabel()
        self._name.setObjectName("framesName")
        self._name.setProperty("role", "title")
        self._facts = FittingLabel()
        self._facts.setObjectName("framesFacts")
        self._facts.setProperty("role", "caption")
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.split = SplitStrip()
        self.grid = FrameGrid()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("framesSlider")
        self._slider.setAccessibleName("Frames shown")
        self._slider.setToolTip("Moves every picture on by a frame: together they show them all.")
        self.collection = CollectBox(cores, frame_bytes)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._name, 1)
        head.addWidget(self._facts, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.split)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self._slider)
        layout.addLayout(self._buttons())
        layout.addSpacing(6)
        layout.addWidget(self.collection)
        self.resize(900, 620)
        self._slider.valueChanged.connect(self._turn)
        self.setDriveAvailable(False)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for name, text, tip, signal in (
            (
                "framesFileButton",
                "Open file…",
                "Train on the frames in a file: .npz, .npy, an image or a video.",
                self.openFileRequested,
            ),
            (
                "framesFolderButton",
                "Open folder…",
                "Train on a dataset folder or a folder of images.",
                self.openFolderRequested,
            ),
            (
                "framesDriveButton",
                "Use the drive",
                "Train on the frames of the drive recorded last.",
                self.useDriveRequested,
            ),
            (
                "framesSampleButton",
                "Sample frames",
                "Train on the frames that come with the program.",
                self.sampleFramesRequested,
            ),
        ):
            button = _button(name, text, tip)
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        close = _button("framesCloseButton", "Close", "Close this window.")
        close.clicked.connect(self.reject)
        row.addWidget(close)
        return row

    def setSource(self, source: Source) -> None:
        """Say what is trained on, and ask for its pictures."""
        self._source = source
        self._ordinals = source.ordinals()
        self._name.setWordings(source.name)
        # A tooltip takes what looks like HTML for HTML, and the name is a stranger's.
        self._name.setToolTip(html.escape(source.name))
        facts = self._told(source)
        self._facts.setWordings(*(" · ".join(facts[:n]) for n in range(len(facts), 0, -1)))
        self._facts.setToolTip(" · ".join(facts))
        self.split.setSource(source)
        last = pages(len(source.episode), CELLS) - 1
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, last)
        self._slider.setPageStep(max(1, last // _TURNS))
        self._slider.setEnabled(last > 0)
        self._turn()

    def shown(self) -> np.ndarray:
        """Indices of the frames that are, or soon will be, on show."""
        if self._source is None:
            return np.empty(0, int)
        return page(len(self._source.episode), CELLS, self._slider.value())

    def setPictures(self, indices: np.ndarray, pictures: np.ndarray) -> None:
        """Show the pictures (n, H, W, 3) uint8 of the frames at `indices`."""
        held_out = self._source.held_out
        cells = [Cell(int(k), int(self._ordinals[k]), bool(held_out[k])) for k in indices]
        self.grid.setPictures(pictures, cells)

    def setDriveAvailable(self, available: bool) -> None:
        """Whether there is a recorded drive to train on."""
        self.findChild(QPushButton, "framesDriveButton").setEnabled(available)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.opened.emit()

    @Slot()
    def bringUp(self) -> None:
        """Show it, or bring it before the other windows."""
        self.show()
        self.activateWindow()

    @staticmethod
    def _told(source: Source) -> list[str]:
        """The facts, the weightiest first."""
        count, episodes = len(source.episode), len(np.unique(source.episode))
        stored = " and ".join(f"{width} × {height}" for width, height in source.sizes)
        width, height = source.size
        brought = "" if source.sizes == (source.size,) else f", seen at {width} × {height}"
        return [
            f"{grouped(count)} frame{'' if count == 1 else 's'}",
            f"{grouped(episodes)} episode{'' if episodes == 1 else 's'}",
            f"{three_figures(source.nbytes / 1e6)} MB",
            f"{stored} pixels{brought}",
        ]

    @Slot()
    def _turn(self) -> None:
        shown = self.shown()
        self.split.setMarks(shown)
        if len(shown):
            self.previewRequested.emit(shown)


def _button(name: str, text: str, tip: str) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName(name)
    made.setAccessibleName(tip.rstrip("."))
    made.setToolTip(tip)
    made.setAutoDefault(False)  # Enter is the fields'
    return made
