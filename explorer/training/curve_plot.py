"""One plot of a loss over training steps: batches faint, held-out frames bold, marks on top.

It does not know which loss it shows, nor keeps any of its values.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from explorer.training.compared import color_of
from explorer.training.curve_item import Conversion, Curve, cosmetic, mixed
from explorer.training.floors import Floors
from explorer.training.marks import Marks
from explorer.training.plot import Plot
from explorer.training.trace import Trace
from explorer.widgets.theme import Theme


class CurvePlot(Plot):
    """Curves over the steps, horizontal lines and marks."""

    def __init__(self, name: str, description: str, dashed: bool, parent: QWidget | None = None):
        super().__init__(name, description, parent=parent)
        self.setToolTip(
            "Faint: training batches, bold: held-out frames. "
            "Drag to move, wheel to zoom, double-click to see everything."
        )
        self._style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        self._theme: Theme | None = None
        self._color = ""
        self._compared: list[tuple[Curve, Trace, int]] = []
        self.training = self._curve(1.0)
        self.smoothed = self._curve(1.2)
        self.smoothed.setVisible(False)
        self.heldOut = self._curve(1.4, bold=True, coarseness=2)
        self._marks = Marks(self.smallFont())
        self._floors = Floors(self.smallFont())
        for item in (self._marks, self._floors):
            self.getPlotItem().addItem(item)

    def setColors(self, theme: Theme, color: str) -> None:
        """Dress the plot in a theme, its curves in `color` (#rrggbb)."""
        self._theme, self._color = theme, color
        self.setTheme(theme)
        self._dressCurves()
        self._marks.setTheme(theme)
        self._floors.setTheme(theme)

    def draw(
        self,
        training: Trace,
        held_out: Trace,
        unit: Conversion | None = None,
        window: int = 1,
    ) -> None:
        """Draw both series by `unit`, and above 1 the training's means of `window` batches."""
        log = self.isLog()
        if (window > 1) != self.smoothed.isVisible():
            self.smoothed.setVisible(window > 1)
            self._dressCurves()
        self.training.show(training, unit, log)
        if window > 1:
            self.smoothed.show(training, unit, log, window)
        self.heldOut.show(held_out, unit, log)
        for curve, trace, means in self._compared:
            curve.show(trace, unit, log, means)

    def setCompared(self, runs: Sequence[tuple[Trace, int]]) -> None:
        """Draw traces of other runs, as means of so many values, with the next `draw`."""
        for curve, _, _ in self._compared:
            self.scene().sigPrepareForPaint.disconnect(curve.refresh)
            self.getPlotItem().removeItem(curve)
        self._compared = [(self._curve(1.1, coarseness=2), *run) for run in runs]
        self._dressCurves()

    def setFloors(self, floors: dict[str, float | None]) -> None:
        """Faint horizontal lines at these values by the names in FLOORS; None for no such line."""
        for name, value in floors.items():
            self._floors.setValue(name, value)

    def floor(self, name: str = "free bits") -> float | None:
        """Where a horizontal line is, None without one."""
        return self._floors.values().get(name)

    def floors(self) -> list[float]:
        """Where there is a horizontal line."""
        return list(self._floors.values().values())

    def setMarks(self, marks: list[tuple[float, str]]) -> None:
        """Thin vertical lines at steps, oldest first; one without a text has no label."""
        self._marks.setMarks(marks)

    def marks(self) -> list[tuple[float, str]]:
        """Step and label of each mark, oldest first; the label is empty where it has none."""
        return self._marks.marks()

    def writtenMarks(self) -> list[str]:
        """The labels that there is room for, newest first."""
        return [text for _, text in self._marks.labels()]

    def _curve(self, level: float, bold: bool = False, coarseness: int = 1) -> Curve:
        curve = Curve(bold, coarseness)
        curve.setZValue(level)
        self.getPlotItem().addItem(curve)
        self.scene().sigPrepareForPaint.connect(curve.refresh)
        return curve

    def _dressCurves(self) -> None:
        if self._theme is None:
            return
        ground = self._theme.well
        # Behind its own means a curve steps back, or they could not be told apart.
        share = 0.25 if self.smoothed.isVisible() else 0.45
        self.training.setPen(cosmetic(mixed(self._color, ground, share), 1.0))
        self.smoothed.setPen(cosmetic(mixed(self._color, ground, 0.7), 1.0))
        self.heldOut.setPen(cosmetic(QColor(self._color), 2.0, self._style))
        for index, (curve, _, _) in enumerate(self._compared):
            color = mixed(color_of(index, self._theme), ground, 0.7)
            curve.setPen(cosmetic(color, 1.0, self._style))
