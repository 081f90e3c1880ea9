"""The probes dock: what the latents tell of what the environment knows.

It does not know the model nor the drive; it takes numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.probes.table import Group, ProbeTable
from explorer.widgets.buttons import push_button
from explorer.widgets.caption import Caption
from explorer.widgets.choice_field import ChoiceField
from explorer.widgets.fitting_label import FittingLabel

SOURCES = {"open": "open frames", "recording": "last recording", "samples": "sample frames"}
WAITING = "What the latents tell is shown here once a model has been looked at."


class ProbePanel(QWidget):
    """A row for each quantity: how well it can be read, what is true and what is read."""

    fitRequested = Signal(str)  # on which frames, a key of SOURCES
    copyRequested = Signal()
    shown = Signal()  # a person looks at it

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("probePanel")
        self._ready = False
        self._state = FittingLabel()
        self._state.setObjectName("probeState")
        self._state.setProperty("role", "caption")
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.frames = ChoiceField("probeFramesField", "Frames to fit probes on", SOURCES, "open")
        self.frames.setToolTip(
            "What probes are fitted on: the frames opened to train on, the newest recording of a "
            "drive, or those that come with the program. Their telemetry is needed."
        )
        self.fit = push_button(
            "fitProbesButton",
            "Fit",
            "Fit a linear reading of each quantity from the latents' means, on up to 2 000 frames.",
        )
        self.copy = push_button(
            "copyProbesButton",
            "Copy",
            "Copy the table with all weights to the clipboard, as comma-separated values.",
        )
        self._said = QLabel(WAITING)
        self._said.setObjectName("probeMessage")
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        self.table = ProbeTable()
        self._source = Caption()
        self._source.setObjectName("probeSource")
        self._source.setTextFormat(Qt.TextFormat.PlainText)
        self._warning = QLabel()
        self._warning.setObjectName("probeWarning")
        self._warning.setProperty("role", "warning")
        self._warning.setTextFormat(Qt.TextFormat.PlainText)
        self._warning.setWordWrap(True)
        self._lay_out()
        self.fit.clicked.connect(self._ask)
        self.copy.clicked.connect(self.copyRequested)
        self.clear(WAITING)

    def setReady(self, ready: bool) -> None:
        """Whether there is a model with an encoder, which probes could be fitted for."""
        self._ready = ready
        self.fit.setEnabled(ready)

    def setProbes(self, groups: Sequence[Group], source: str, warning: str = "") -> None:
        """Show the rows, and what they were fitted on and how far to trust them; plain text."""
        self.table.setGroups(groups)
        self._source.setText(source)
        self._warning.setText(warning)
        self._show_table(True)
        self.say("")

    def setLive(self, truth: np.ndarray, reading: np.ndarray, seen: np.ndarray) -> None:
        """Show what is true and what is read of one frame; (n,) each, see `ProbeTable.setLive`."""
        self.table.setLive(truth, reading, seen)

    def setState(self, *wordings: str, stale: bool = False) -> None:
        """Say in the title how the rows stand to the model, the longest wording first; `stale` ones
        are painted fainter."""
        self._state.setWordings(*(wordings or ("",)))
        self.table.setStale(stale)

    def state(self) -> str:
        """What `setState` was told last, at its longest."""
        return self._state.fullText()

    def clear(self, sentence: str) -> None:
        """Show a sentence in place of the rows."""
        self.table.setGroups(())
        self._show_table(False)
        self.setState()
        self.say(sentence)

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Show a sentence above the rows; plain text."""
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def _show_table(self, there: bool) -> None:
        for widget in (self.table, self._source):
            widget.setVisible(there)
        self._warning.setVisible(there and bool(self._warning.text()))
        self.copy.setEnabled(there)

    @Slot()
    def _ask(self) -> None:
        self.fitRequested.emit(self.frames.value())

    def _lay_out(self) -> None:
        title = QLabel("Probes")
        title.setProperty("role", "title")
        self.header = QWidget()
        header = QHBoxLayout(self.header)
        header.setContentsMargins(10, 8, 10, 0)
        header.addWidget(title)
        header.addWidget(self._state, 1)
        wishes = QHBoxLayout()
        wishes.setSpacing(6)
        wishes.addWidget(self.frames, 1)
        wishes.addWidget(self.fit)
        wishes.addWidget(self.copy)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(6)
        rows.addWidget(self._said)
        rows.addWidget(self._warning)
        rows.addWidget(self.table)
        rows.addWidget(self._source)
        rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.header)
        column.addLayout(wishes)
        column.addWidget(scroll, 1)
