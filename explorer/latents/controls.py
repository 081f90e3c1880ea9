"""The buttons beside the decoded picture: where z comes from, and how it is looked at.

They do not know z, nor what a press does.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from explorer.widgets.number_field import NumberField

SORTINGS = (("kl", "by KL"), ("effect", "by effect"), ("index", "by index"))
HOTTEST = 5.0  # standard deviations of the prior; pictures end long before


class LatentControls(QWidget):
    """Six lines of small buttons, each line with a word of what it is about."""

    sampleRequested = Signal(str)  # `prior`, `aggregate` or `posterior`
    slotChosen = Signal(str)  # `A` or `B`
    sortingChosen = Signal(str)  # `kl`, `effect` or `index`

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(5)
        self._grid.setVerticalSpacing(4)
        for column in (1, 2, 3):
            self._grid.setColumnStretch(column, 1)
        self._makeSources()
        self._makeSamples()
        self._makeEditing()
        self._makeView()
        self._makeSheet()

    def _makeSources(self) -> None:
        self.mean = self._button(
            "meanButton", "Mean", "Set every value to the mean of the frame last seen."
        )
        self.random = self._button(
            "randomFrameButton", "Random", "Encode a frame picked at random and show its mean."
        )
        self.follow = self._button(
            "followButton",
            "Follow",
            "Follow the drive: the values are the mean of every frame; a change by hand ends it. "
            "Lock a latent (the padlock) to hold it at a value, and to move it, while the others "
            "follow.",
        )
        self.follow.setCheckable(True)
        self._line("frame", self.mean, self.random, self.follow)

    def _makeSamples(self) -> None:
        self.prior = self._button(
            "priorButton", "Prior", "Draw every value from the prior, N(0, T²)."
        )
        self.aggregate = self._button(
            "aggregateButton",
            "Aggregate",
            "Draw z from the aggregate posterior: a Gaussian with the mean and the full covariance "
            "of what the encoder says of all frames.",
        )
        self.posterior = self._button(
            "posteriorButton",
            "Posterior",
            "Draw every value from the posterior of the frame last seen: mu + sigma n.",
        )
        for button, source in (
            (self.prior, "prior"),
            (self.aggregate, "aggregate"),
            (self.posterior, "posterior"),
        ):
            button.clicked.connect(
                lambda _checked, source=source: self.sampleRequested.emit(source)
            )
        self.temperature = NumberField(
            "temperatureField",
            "Temperature T of prior samples",
            0.0,
            HOTTEST,
            1.0,
            decimals=2,
            smallest_step=0.1,
            even_steps=True,
        )
        self.temperature.setFixedWidth(38)
        self.temperature.setToolTip(
            "Temperature T, the standard deviation of samples of the prior: 1 is the prior, less "
            "is nearer to the mean picture."
        )
        prior = QWidget()
        both = QHBoxLayout(prior)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(3)
        both.addWidget(self.prior, 1)
        both.addWidget(self.temperature)
        self._line("sample", prior, self.aggregate, self.posterior)

    def _makeEditing(self) -> None:
        self.zero = self._button("zeroButton", "Zero", "Set every value to 0, the prior's mean.")
        self.undo = self._button("undoButton", "Undo", "Take back the last change of z.")
        self.redo = self._button("redoButton", "Redo", "Do again what was taken back.")
        self._line("z", self.zero, self.undo, self.redo)
        self.slotA = self._button(
            "slotAButton", "A", "Slot A on the sliders; the other slot waits."
        )
        self.slotB = self._button(
            "slotBButton", "B", "Slot B on the sliders, a copy of A at first; slot A waits."
        )
        self.swap = self._button("swapButton", "Swap", "Exchange what is in A and B.")
        group = QButtonGroup(self)
        for button, name in ((self.slotA, "A"), (self.slotB, "B")):
            button.setCheckable(True)
            group.addButton(button)
            button.clicked.connect(lambda _checked, name=name: self.slotChosen.emit(name))
        self.slotA.setChecked(True)
        self._line("slot", self.slotA, self.slotB, self.swap)

    def _makeView(self) -> None:
        self.axes = self._button(
            "axesButton",
            "PCA",
            "The same sliders along the principal axes of the aggregate posterior, in standard "
            "deviations; z and picture stay.",
        )
        self.axes.setCheckable(True)
        self.sorting = QComboBox()
        self.sorting.setObjectName("sortingBox")
        self.sorting.setAccessibleName("Order of the latents")
        self.sorting.setToolTip("The order of the rows below; chosen again, they are sorted anew.")
        for key, words in SORTINGS:
            self.sorting.addItem(words, key)
        self.sorting.activated.connect(self._chooseSorting)
        self._line("rows", self.axes, self.sorting)

    def _makeSheet(self) -> None:
        self.traversals = self._button(
            "traversalsButton", "Traversals…", "What each latent does around this z, in a window."
        )
        self.paths = self._button(
            "pathsButton", "Paths", "Keyframes and the way between them: show or hide."
        )
        self.paths.setCheckable(True)
        self._line("sheet", self.traversals, self.paths)

    def setReady(self, model: bool, encoder: bool, frame: bool, measured: bool, axes: bool) -> None:
        """Enable what can be pressed: with a model, its encoder, a frame seen by it, its aggregate
        posterior known, and principal axes of that."""
        always = (self.prior, self.temperature, self.zero, self.slotA, self.slotB, self.swap)
        for widget in (*always, self.sorting, self.traversals):
            widget.setEnabled(model)
        for button in (self.random, self.follow):
            button.setEnabled(encoder)
        for button in (self.mean, self.posterior):
            button.setEnabled(frame)
        self.aggregate.setEnabled(model and measured)
        self.axes.setEnabled(model and axes)

    @Slot(int)
    def _chooseSorting(self, place: int) -> None:
        self.sortingChosen.emit(self.sorting.itemData(place))

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(name)
        made.setAccessibleName(tip.split(":")[0].rstrip("."))
        made.setToolTip(tip)
        made.setStyleSheet("QPushButton { padding: 3px 4px; }")
        return made

    def _line(self, word: str, *widgets: QWidget) -> None:
        self.last = widgets[-1]  # of all, for the keyboard to go on from
        line = self._grid.rowCount()
        label = QLabel(word)
        label.setProperty("role", "caption")
        self._grid.addWidget(label, line, 0)
        for column, widget in enumerate(widgets, start=1):
            # The last one takes what is left of its line.
            span = 4 - column if widget is widgets[-1] else 1
            self._grid.addWidget(widget, line, column, 1, span)
