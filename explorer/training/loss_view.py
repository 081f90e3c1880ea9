"""Both losses over the steps, one above the other, with one crosshair through both.

It does not know the history's owner, nor what stands in the rows around it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.training.compared import Beside
from explorer.training.curve_plot import CurvePlot
from explorer.training.history import LossHistory
from explorer.training.span import span
from explorer.training.units import Look
from explorer.widgets.theme import Theme

_NEAR = 5  # pixels between the crosshair and a mark that it tells


class LossView(QWidget):
    """The reconstruction loss above, the KL below a row that its owner puts between."""

    pointed = Signal(float)
    """The step under the mouse; `left` when there is none any more."""
    left = Signal()

    def __init__(self, between: QWidget, parent: QWidget | None = None):
        super().__init__(parent)
        self.reconPlot = CurvePlot("reconPlot", "Reconstruction loss over steps", dashed=False)
        self.klPlot = CurvePlot("klPlot", "KL over steps", dashed=True)
        self.reconPlot.setStepsShown(False)
        self.klPlot.setXLink(self.reconPlot)
        self._following = True
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.reconPlot, 1)
        layout.addWidget(between)
        layout.addWidget(self.klPlot, 1)
        for plot in self.plots():
            plot.zoomed.connect(self._onZoom)
            plot.pointed.connect(self._onPointed)
            plot.left.connect(self.left)

    def plots(self) -> tuple[CurvePlot, ...]:
        """Both of them."""
        return self.reconPlot, self.klPlot

    def setTheme(self, theme: Theme) -> None:
        """Dress both plots."""
        self.reconPlot.setColors(theme, theme.recon)
        self.klPlot.setColors(theme, theme.kl)

    def setFollowing(self) -> None:
        """Show the whole run from the next `draw` on."""
        self._following = True

    def setCompared(self, runs: Sequence[Beside]) -> None:
        """Draw these beside the run, from the next `draw` on."""
        self.reconPlot.setCompared([(run.recon_loss, run.window) for run in runs])
        self.klPlot.setCompared([(run.kl, run.window) for run in runs])

    def draw(self, history: LossHistory, look: Look, compared: Sequence[Beside]) -> None:
        """Draw the history as it is now."""
        if look.log != self.reconPlot.isLog():
            self.reconPlot.setLog(look.log)
        ends = [e for e in (history.ends(), *(_ends(run) for run in compared)) if e is not None]
        if self._following and ends:
            self._follow(history, look, compared, ends)
        training, held_out = history.training, history.held_out
        traces = training.recon_trace, held_out.recon_trace
        self.reconPlot.draw(*traces, look.recon_loss, look.window)
        self.klPlot.draw(training.kl_trace, held_out.kl_trace, None, look.window)
        for plot in self.plots():
            plot.setEmpty(not ends)

    def setMarks(self, marks: list[tuple[float, str]]) -> None:
        """Mark steps in both plots; the lower one carries the labels."""
        self.reconPlot.setMarks([(step, "") for step, _ in marks])
        self.klPlot.setMarks(marks)

    def marksNear(self, step: float) -> list[tuple[float, str]]:
        """Those within a few pixels of a step."""
        reach = _NEAR * self.klPlot.getPlotItem().getViewBox().viewPixelSize()[0]
        return [mark for mark in self.klPlot.marks() if abs(mark[0] - step) <= reach]

    def setCrosshair(self, step: float | None) -> None:
        """One vertical line through both plots, or none."""
        for plot in self.plots():
            plot.setCrosshair(step)

    def _follow(
        self,
        history: LossHistory,
        look: Look,
        compared: Sequence[Beside],
        ends: list[tuple[float, float]],
    ) -> None:
        first, last = min(end[0] for end in ends), max(end[1] for end in ends)
        steps = first, max(last, first + 1)
        series = (history.training, history.held_out)
        losses = [*(s.recon_loss for s in series), *(run.recon_loss.values for run in compared)]
        values = sorted(look.recon_loss(np.array(span(losses))).tolist())
        self.reconPlot.setView(steps, (values[0], values[1]))
        low, high = span([*(s.kl for s in series), *(run.kl.values for run in compared)])
        self.klPlot.setView(steps, (min(low, 0.0), max([high, *self.klPlot.floors()])))

    @Slot()
    def _onZoom(self) -> None:
        self._following = False

    @Slot(float, float)
    def _onPointed(self, step: float, value: float) -> None:
        self.pointed.emit(step)


def _ends(run: Beside) -> tuple[float, float] | None:
    steps = run.kl.steps
    return (float(steps[0]), float(steps[-1])) if len(steps) else None
