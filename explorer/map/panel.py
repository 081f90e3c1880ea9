"""The map dock: where in the latent space the data and the drive are, and directions through it.

It does not know the model nor the drive; it takes points.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.map.color_bar import ColorBar
from explorer.map.direction_list import DirectionList
from explorer.map.group_box import GroupBox
from explorer.map.inks import GROUPS
from explorer.map.view import MapView
from explorer.widgets.buttons import push_button
from explorer.widgets.caption import Caption
from explorer.widgets.choice_field import ChoiceField
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.image_view import ImageView

COLORINGS = {"time": "time", "speed": "speed", "error": "error", "kl": "KL"}
SIGNS = "◆ the sliders' z   ○ newest of the drive\nA click on a point goes to its frame."
AXES = (
    "\nz03 is a latent; p00 is the first principal axis of the posterior means, with its share of "
    "their variance."
)
PREVIEW = (80, 60)
LIST_AT_LEAST = 72  # pixels: one direction


class MapPanel(QWidget):
    """Two components of z as a plane, two groups of points, and the directions between such."""

    shown = Signal()
    componentsChanged = Signal(int, int)  # the indices across and up of those given
    coloringChanged = Signal(object)  # one of COLORINGS
    directionRequested = Signal()  # from A to B

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("mapPanel")
        self.view = MapView()
        self.groups = {name: GroupBox(name) for name in GROUPS}
        self.directions = DirectionList()
        self.directions.setMinimumHeight(LIST_AT_LEAST)
        self._counts = dict.fromkeys(GROUPS, 0)
        self._makeHeader()
        self._makeTools()
        self._layOut()
        self._connect()
        self._direct.setEnabled(False)
        self.say("")

    def _makeHeader(self) -> None:
        title = QLabel("Map")
        title.setProperty("role", "title")
        self._caption = FittingLabel()
        self._caption.setObjectName("mapCaption")
        self._caption.setProperty("role", "caption")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.header = QWidget()
        header = QHBoxLayout(self.header)
        header.setContentsMargins(10, 8, 10, 0)
        header.addWidget(title)
        header.addWidget(self._caption, 1)

    def _makeTools(self) -> None:
        self._across = _choice(
            "mapAcrossBox", "Component across", "What the map shows across." + AXES
        )
        self._up = _choice("mapUpBox", "Component upwards", "What the map shows upwards." + AXES)
        self._fit = push_button("mapFitButton", "Fit", "Show all points, now and as they grow.")
        self._fit.setStyleSheet("QPushButton { padding: 3px 8px; }")
        self._coloring = ChoiceField("mapColorBox", "Colours of the trail", COLORINGS, "time")
        self._coloring.setToolTip("What the colours of the drive's last minute tell.")
        self.bar = ColorBar()
        self.preview = ImageView("mapPreview", "Frame of the point that is pointed at")
        self.preview.setToolTip("The frame of the point that is pointed at.")
        self.preview.setMinimumSize(*PREVIEW)
        self.preview.setFixedSize(*PREVIEW)
        self._told = Caption(SIGNS)
        self._told.setObjectName("mapPointCaption")
        self._told.setTextFormat(Qt.TextFormat.PlainText)
        self._direct = push_button(
            "directionButton",
            "A → B",
            "Make a slider of the way from the mean of A to the mean of B.",
        )
        for button in (self._fit, self._direct):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the keyboard may be the game's
        self._said = QLabel()
        self._said.setObjectName("mapMessage")
        self._said.setProperty("role", "warning")
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)

    def _layOut(self) -> None:
        components = QHBoxLayout()
        components.setSpacing(6)
        for sign, box in (("→", self._across), ("↑", self._up)):
            components.addWidget(QLabel(sign))
            components.addWidget(box, 1)
        components.addWidget(self._fit)
        colors = QHBoxLayout()
        colors.setSpacing(6)
        colors.addWidget(self._coloring)
        colors.addWidget(self.bar, 1)
        pointed = QHBoxLayout()
        pointed.setSpacing(8)
        pointed.addWidget(self.preview)
        pointed.addWidget(self._told, 1)
        selection = QHBoxLayout()
        selection.setSpacing(8)
        for box in self.groups.values():
            selection.addWidget(box)
        selection.addStretch(1)
        selection.addWidget(self._direct)
        self._selection = QWidget()
        self._selection.setLayout(selection)
        selection.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.header)
        column.addLayout(components)
        column.addWidget(self.view, 1000)  # all that the list can spare
        column.addLayout(colors)
        column.addLayout(pointed)
        column.addWidget(self._selection)
        column.addWidget(self._said)
        column.addWidget(self.directions, 1)

    def _connect(self) -> None:
        self._across.activated.connect(self._choose)
        self._up.activated.connect(self._choose)
        self._fit.clicked.connect(self.view.fit)
        self._coloring.valueChanged.connect(self.coloringChanged)
        self._direct.clicked.connect(self.directionRequested)
        for name, box in self.groups.items():
            box.button.toggled.connect(partial(self._select, name))

    # What is shown

    def setComponents(self, labels: Sequence[str], across: int, up: int) -> None:
        """What can be chosen for the plane, and what is chosen."""
        for box, index in ((self._across, across), (self._up, up)):
            box.clear()
            box.addItems(list(labels))
            box.setCurrentIndex(index)

    def coloring(self) -> str:
        """One of COLORINGS."""
        return self._coloring.value()

    def setTold(self, *wordings: str) -> None:
        """What stands on the map, in several lengths, the longest first."""
        self._caption.setWordings(*wordings)

    def setPointed(self, text: str) -> None:
        """What is known of the point that is pointed at; empty for none."""
        self._told.showText(text or SIGNS)
        if not text:
            self.preview.clear()

    def setGroup(self, name: str, count: int, told: str = "") -> None:
        """How many points a group has; both are needed for a direction."""
        self.groups[name].setGroup(count, told)
        self._counts[name] = count
        self._direct.setEnabled(all(self._counts.values()))

    def selecting(self) -> str:
        """The group that is being selected, empty for none."""
        return next((name for name, box in self.groups.items() if box.button.isChecked()), "")

    def setPlaceholder(self, text: str) -> None:
        """What to say in place of the map; nothing shows the map."""
        self.view.setPlaceholder(text)
        for widget in (self._across, self._up, self._fit, self._coloring, self._selection):
            widget.setEnabled(not text)
        if text:
            for box in self.groups.values():
                box.button.setChecked(False)

    def say(self, sentence: str) -> None:
        """Tell what could not be done, until the person goes on; plain text."""
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))

    # The hand

    @Slot()
    def _choose(self) -> None:
        self.componentsChanged.emit(self._across.currentIndex(), self._up.currentIndex())

    def _select(self, name: str, on: bool) -> None:
        if on:
            for other in self.groups.keys() - {name}:
                self.groups[other].button.setChecked(False)
        self.say("")
        self.view.setSelecting(self.selecting())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margins = self.layout().contentsMargins()
        square = self.width() - margins.left() - margins.right()
        self.view.setMaximumHeight(max(square, self.view.minimumHeight()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for box in self.groups.values():
                box.dress()


def _choice(name: str, description: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(description)
    box.setToolTip(tip)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(60)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box
