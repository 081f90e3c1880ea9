"""The slim rows around the plots: which view, which unit, which smoothing, and where to export.

It does not know what is drawn.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from explorer.training.units import FRAME_VALUES, UNITS, Look
from explorer.widgets.buttons import tool_button
from explorer.widgets.switch import Switch

VIEWS = {
    "lossView": ("Loss", "Both losses over the steps."),
    "latentsView": (
        "Latents",
        "The KL of each latent over the steps: which come alive, which die.",
    ),
    "rateDistortionView": (
        "Rate–dist.",  # in full it would not fit a narrow dock
        "Rate–distortion: held-out reconstruction against held-out KL, and how they came there.",
    ),
}
_WINDOWS = (1, 10, 100, 1000)
_EXPORTS = (
    ("csvAction", "CSV…", "Save every step of both losses as comma-separated values."),
    ("pngAction", "PNG…", "Save the view as it is drawn, at twice its size."),
    ("tensorboardAction", "TensorBoard…", "Save a folder of event files for TensorBoard."),
)


class CurveControls(QWidget):
    """The top row; `unit`, `log` and `smoothing` are for its owner to place beside the numbers."""

    viewChanged = Signal(str)
    lookChanged = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._values = FRAME_VALUES
        self._log_wanted = True
        self.views = Switch(VIEWS)
        self.exportButton = tool_button(
            "exportButton", "Export", "Save the curves, or their picture."
        )
        self.exportButton.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.exportButton.setStyleSheet(
            "QToolButton { padding: 1px 3px; } QToolButton::menu-indicator { image: none; }"
        )
        self.exportButton.setEnabled(False)
        menu = QMenu(self.exportButton)
        menu.setToolTipsVisible(True)
        self.csv, self.png, self.tensorboard = (_action(menu, *export) for export in _EXPORTS)
        self.exportButton.setMenu(menu)
        self.unit = _combo("reconUnitCombo", "Unit of the reconstruction loss")
        for unit in UNITS:
            self.unit.addItem(unit.name)
            self.unit.setItemData(self.unit.count() - 1, unit.tip, Qt.ItemDataRole.ToolTipRole)
        self.smoothing = _combo("smoothingCombo", "Smoothing of the training curves, batches")
        self.smoothing.setToolTip(
            "Draw the training curves as means of so many batches; each stays faintly visible."
        )
        for window in _WINDOWS:
            self.smoothing.addItem("~ off" if window == 1 else f"~ {window}", window)
        self.log = tool_button("logButton", "log", "")
        self.log.setCheckable(True)
        self.log.setChecked(True)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.views, 1)
        layout.addWidget(self.exportButton)
        self.views.chosen.connect(self.viewChanged)
        self.unit.currentIndexChanged.connect(self._onUnit)
        self.smoothing.currentIndexChanged.connect(self._onLook)
        self.log.toggled.connect(self._onLog)
        self._describe()

    def look(self) -> Look:
        """How the losses are to be drawn."""
        unit = UNITS[self.unit.currentIndex()]
        return Look(unit, self._values, self.log.isChecked(), self.smoothing.currentData())

    def setValues(self, values: int) -> None:
        """Tell how many values a picture has: height times width times 3."""
        if values != self._values:
            self._values = values
            self.lookChanged.emit()

    def _describe(self) -> None:
        unit = UNITS[self.unit.currentIndex()]
        self.unit.setToolTip(f"Unit of the reconstruction loss. {unit.tip}")
        tip = "Draw the reconstruction loss on a logarithmic scale."
        if unit.is_logarithmic:
            tip = "This unit is a logarithm already."
        self.log.setToolTip(tip)
        self.log.setAccessibleName(tip)

    @Slot(int)
    def _onUnit(self, index: int) -> None:
        unit = UNITS[index]
        # The wish outlives a unit that cannot grant it.
        self.log.setEnabled(not unit.is_logarithmic)
        self.log.blockSignals(True)
        self.log.setChecked(self._log_wanted and not unit.is_logarithmic)
        self.log.blockSignals(False)
        self._describe()
        self.lookChanged.emit()

    @Slot(int)
    def _onLook(self, index: int) -> None:
        self.lookChanged.emit()

    @Slot(bool)
    def _onLog(self, on: bool) -> None:
        self._log_wanted = on
        self.lookChanged.emit()


def _combo(name: str, description: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(description)
    combo.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return combo


def _action(menu: QMenu, name: str, text: str, tip: str) -> QAction:
    action = menu.addAction(text)
    action.setObjectName(name)
    action.setToolTip(tip)
    return action
