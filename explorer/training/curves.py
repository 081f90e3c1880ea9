"""The two curves of a training run, reconstruction and KL, each on its own axis over the steps.

It does not know who trains, nor which model.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from explorer.training.curve_plot import CurvePlot
from explorer.training.history import LossHistory
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import three_figures
from explorer.widgets.theme import theme_of

_RANGE_POINTS = 4000


class LossCurves(QWidget):
    """Keeps the history of a run and draws it; `append` only stores, `redraw` draws."""

    csvRequested = Signal()

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self._latent_dim = latent_dim
        self._free_bits = 0.0
        self._history = LossHistory(latent_dim)
        self._stale = False
        self._following = True

        self.reconPlot = CurvePlot("reconPlot", "Reconstruction loss over steps", dashed=False)
        self.klPlot = CurvePlot("klPlot", "KL over steps", dashed=True)
        self.reconPlot.setStepsShown(False)
        self.klPlot.setXLink(self.reconPlot)
        self.reconLabel = FittingLabel()
        self.klLabel = FittingLabel()
        self.logButton = self._button(
            "logButton", "log", "Draw the reconstruction loss on a logarithmic scale."
        )
        self.logButton.setCheckable(True)
        self.csvButton = self._button(
            "csvButton", "CSV…", "Save every step of both curves as comma-separated values."
        )
        self.csvButton.setEnabled(False)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(_row(self.reconLabel, self.logButton))
        layout.addWidget(self.reconPlot, 1)
        layout.addSpacing(2)
        layout.addLayout(_row(self.klLabel, self.csvButton))
        layout.addWidget(self.klPlot, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

        self.logButton.toggled.connect(self._onLog)
        self.csvButton.clicked.connect(self.csvRequested)
        for plot in self._plots():
            plot.zoomed.connect(self._onZoom)
            plot.everythingWanted.connect(self.viewAll)
        self.logButton.setChecked(True)
        self._dress()

    def append(self, steps: np.ndarray, recon_loss: np.ndarray, kl_per_latent: np.ndarray) -> None:
        """Store records of training batches: (n,) steps, (n,) SSE, (n, latent_dim) nats.

        A step at or before the newest one drops the history from there on.
        """
        if len(steps) and len(self._history.training) and steps[0] <= self.step():
            for plot in self._plots():
                plot.removeMarksFrom(float(steps[0]))
            self._history.held_out.cut_from(float(steps[0]))
        self._history.training.append(steps, recon_loss, kl_per_latent)
        self._stale = True

    def appendHeldOut(self, step: int, recon_loss: float, kl_per_latent: np.ndarray) -> None:
        """Store one record of the held-out frames: SSE per image, (latent_dim,) nats."""
        self._history.held_out.append(
            np.array([step]), np.array([recon_loss]), np.asarray(kl_per_latent)[np.newaxis]
        )
        self._stale = True

    def redraw(self) -> None:
        """Draw what was stored since the last call; nothing new costs nothing."""
        if not self._stale:
            return
        self._stale = False
        if self._following:
            self._follow()
        training, held_out = self._history.training, self._history.held_out
        self.reconPlot.training.setData(training.steps, training.recon_loss)
        self.reconPlot.heldOut.setData(held_out.steps, held_out.recon_loss)
        self.klPlot.training.setData(training.steps, training.kl)
        self.klPlot.heldOut.setData(held_out.steps, held_out.kl)
        empty = len(training) + len(held_out) == 0
        self.csvButton.setEnabled(not empty)
        for plot in self._plots():
            plot.setEmpty(empty)
        self._sayValues()

    def clear(self, latent_dim: int | None = None) -> None:
        """Forget the run: history, marks and zoom; the next may have another `latent_dim`."""
        self._latent_dim = latent_dim or self._latent_dim
        self._history = LossHistory(self._latent_dim)
        self.setFreeBits(self._free_bits)
        for plot in self._plots():
            plot.removeMarksFrom(-np.inf)
        self._following = True
        self._stale = True
        self.redraw()

    def step(self) -> int:
        """The newest training step, 0 before the first."""
        return int(self._history.training.steps[-1]) if len(self._history.training) else 0

    def mark(self, text: str) -> None:
        """Draw an annotated line at the current step: what a person changed there."""
        self.reconPlot.addMark(self.step(), text, labelled=False)
        self.klPlot.addMark(self.step(), text, labelled=True)

    def setFreeBits(self, nats_per_latent: float) -> None:
        """Show the floor below which the KL is not charged; 0 takes it away."""
        self._free_bits = nats_per_latent
        self.klPlot.setFloor(nats_per_latent * self._latent_dim if nats_per_latent > 0 else None)
        self._stale = True

    def csv(self) -> str:
        """The history as comma-separated values, one row a step, with a header."""
        return self._history.csv()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    @Slot()
    def viewAll(self) -> None:
        """Show the whole run and keep showing it as it grows."""
        self._following = True
        self._stale = True
        self.redraw()

    @Slot(bool)
    def _onLog(self, on: bool) -> None:
        self.reconPlot.setLog(on)
        self.viewAll()

    @Slot()
    def _onZoom(self) -> None:
        self._following = False

    def _plots(self) -> tuple[CurvePlot, ...]:
        return self.reconPlot, self.klPlot

    def _follow(self) -> None:
        training, held_out = self._history.training, self._history.held_out
        ends = [end for s in (training, held_out) if len(s) for end in (s.steps[0], s.steps[-1])]
        if not ends:
            return
        steps = min(ends), max(max(ends), min(ends) + 1)
        self.reconPlot.setView(steps, _span(training.recon_loss, held_out.recon_loss))
        low, high = _span(training.kl, held_out.kl)
        self.klPlot.setView(steps, (min(low, 0.0), max(high, self.klPlot.floor() or 0.0)))

    def _sayValues(self) -> None:
        training, held_out = self._history.training, self._history.held_out
        recon_loss, kl, active = "", "", ""
        # The bold line's value where there is one; the batches only stand in for it.
        newest = held_out if len(held_out) else training
        if len(newest):
            recon_loss = f"  {three_figures(newest.recent_recon_loss())}"
            kl = f"  {three_figures(newest.recent_kl())}"
            active = f"   active {newest.active_units()} / {self._latent_dim}"
        self.reconLabel.setWordings(
            f"— reconstruction, SSE / image{recon_loss}", f"— recon, SSE / image{recon_loss}"
        )
        self.klLabel.setWordings(
            f"- - KL, nats / image{kl}{active}",
            f"- - KL, nats / image{kl}{active.replace('active ', '')}",
            f"- - KL, nats / image{kl}",
        )

    def _dress(self) -> None:
        theme = theme_of(self)
        for plot, label, color in (
            (self.reconPlot, self.reconLabel, theme.recon),
            (self.klPlot, self.klLabel, theme.kl),
        ):
            plot.setColors(theme, color)
            # By style sheet: a palette of its own is lost when the application's sheet changes.
            label.setStyleSheet(f"color: {color}")

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setAutoRaise(True)
        return button


def _row(label: QWidget, button: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    row.addWidget(label, 1)
    row.addWidget(button)
    return row


def _span(training: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """The range worth showing: without the first fall, and without single wild batches."""
    settled = training[len(training) // 20 :]
    settled = settled[:: max(1, len(settled) // _RANGE_POINTS)]
    values = np.concatenate([settled, held_out[len(held_out) // 20 :]])
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return 0.0, 1.0
    low, high = np.percentile(values, [0.2, 99.8])
    return float(low), float(high)
