"""The part of the frames' window that has more of them collected: how many, by whom, how far.

It does not know who drives.
"""

from __future__ import annotations

import html

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QWidget,
)

from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.number_field import NumberField
from explorer.widgets.numerals import duration, grouped, three_figures

FRAMES = 10_000
MOST = 10_000_000


class CollectBox(QWidget):
    """Two numbers, a button that starts and stops, and how far it is."""

    collectRequested = Signal()
    stopRequested = Signal()

    def __init__(self, cores: int, frame_bytes: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._frame_bytes = frame_bytes
        self._running = False
        title = QLabel("Collect")
        title.setProperty("role", "title")
        self.framesField = NumberField(
            "collectFramesField", "frames to collect", 1, MOST, FRAMES, decimals=0
        )
        self.framesField.setToolTip("How many frames to collect: the autopilot drives for them.")
        self.workersField = NumberField(
            "collectWorkersField", "worker processes", 1, cores, cores, decimals=0, even_steps=True
        )
        self.workersField.setToolTip(
            f"How many processes drive at the same time: at most one for each of {cores} cores."
        )
        self.addCheck = QCheckBox("add to the frames above")
        self.addCheck.setObjectName("collectAddCheck")
        self.addCheck.setAccessibleName("Add to the frames above")
        self.addCheck.setToolTip(
            "Keep the frames above and put the new ones behind them; a running training takes "
            "them in. Else the first new ones take their place."
        )
        self.button = QPushButton("Collect")
        self.button.setObjectName("collectButton")
        self.button.setAutoDefault(False)
        self.progressBar = QProgressBar()
        self.progressBar.setObjectName("collectProgress")
        self.progressBar.setAccessibleName("Progress of collecting")
        self.progressBar.setToolTip("How many of the frames have been driven.")
        self.progressBar.setTextVisible(False)
        self._status = FittingLabel()
        self._status.setObjectName("collectStatus")
        self._status.setProperty("role", "caption")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(title)
        row.addSpacing(8)
        for widget, words in ((self.framesField, "frames with"), (self.workersField, "workers")):
            caption = QLabel(words)
            caption.setProperty("role", "caption")
            row.addWidget(widget)
            row.addWidget(caption)
        row.addSpacing(8)
        row.addWidget(self.addCheck)
        row.addStretch(1)
        row.addWidget(self.button)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(6)
        layout.addLayout(row, 0, 0)
        layout.addWidget(self.progressBar, 1, 0)
        layout.addWidget(self._status, 2, 0)
        self.button.clicked.connect(self._press)
        self.framesField.valueChanged.connect(self._tell_size)
        self.setRunning(False)

    def frames(self) -> int:
        """How many to collect."""
        return int(self.framesField.value())

    def workers(self) -> int:
        """By how many processes."""
        return int(self.workersField.value())

    def adds(self) -> bool:
        """Whether the frames that are there stay."""
        return self.addCheck.isChecked()

    def isRunning(self) -> bool:
        """Whether frames are being collected."""
        return self._running

    def setRunning(self, running: bool) -> None:
        """Say whether frames are being collected."""
        self._running = running
        self.button.setText("Stop" if running else "Collect")
        tip = "Stop collecting; what has landed stays." if running else "Let the autopilot drive."
        self.button.setToolTip(tip)
        self.button.setAccessibleName(f"{self.button.text()}: {tip}")
        for widget in (self.framesField, self.workersField, self.addCheck):
            widget.setEnabled(not running)
        self.button.setProperty("role", "" if running else "primary")
        self.button.style().polish(self.button)
        if not running:
            self._tell_size()

    def setProgress(
        self, driven: int, landed: int, wanted: int, frames_per_second: float, where: str
    ) -> None:
        """Show how far it is: frames driven, of them on disk, of how many, and in which folder."""
        self.progressBar.setRange(0, wanted)
        self.progressBar.setValue(driven)
        count = f"{grouped(driven)} of {grouped(wanted)} frames"
        if not frames_per_second:
            self._status.setWordings(f"{count} · the workers are starting · {where}", count)
            return
        left = duration((wanted - driven) / frames_per_second)
        rate = f"{three_figures(frames_per_second)} a second · {left} left"
        saved = f"{grouped(landed)} on disk"
        self._status.setWordings(
            f"{count} · {rate} · {saved} in {where}", f"{count} · {rate} · {saved}", f"{rate}"
        )
        self._status.setToolTip(html.escape(where))

    def setEnded(self, landed: int, where: str, taken: bool) -> None:
        """Say what came of it, and whether it is among the frames above."""
        if not landed:
            self.say("It ended before the first part was whole: nothing was kept.", "Nothing kept.")
            return
        count = f"{grouped(landed)} frames are in {where}"
        aside = "" if taken else ", not among the frames above: others were opened meanwhile"
        self.say(f"{count}{aside}.", f"{grouped(landed)} frames are on disk{aside}.")
        self._status.setToolTip(html.escape(where))

    def say(self, *wordings: str) -> None:
        """A line below, in several lengths."""
        self._status.setWordings(*wordings)

    @Slot()
    def _press(self) -> None:
        if self._running:
            self.stopRequested.emit()
            return
        for field in (self.framesField, self.workersField):
            field.interpretText()  # a button need not take the focus
        self.collectRequested.emit()

    @Slot()
    def _tell_size(self) -> None:
        self.progressBar.setRange(0, 1)
        self.progressBar.setValue(0)
        megabytes = three_figures(self.frames() * self._frame_bytes / 1e6)
        self.say(f"{grouped(self.frames())} frames take {megabytes} MB on disk.")
