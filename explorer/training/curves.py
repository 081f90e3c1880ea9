"""The curves of a training run in three views: its losses, its latents, rate against distortion.

It does not know who trains, nor which model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from explorer.training import readout
from explorer.training.compared import Beside
from explorer.training.controls import VIEWS, CurveControls
from explorer.training.history import ComparedRun, LossHistory, Reading, Record
from explorer.training.latents_view import LatentsView
from explorer.training.legend import Legend
from explorer.training.loss_view import LossView
from explorer.training.rate_distortion import RateDistortionView
from explorer.training.table import csv
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.numerals import grouped
from explorer.widgets.theme import theme_of

_PICTURE_SCALE = 2


_LOSSES_HINT = "faint: batches · bold: held out, averaged weights"
_TRAIL_HINT = "across: KL · up: reconstruction · held out"


class LossCurves(QWidget):
    """Keeps the history of a run and draws it; `append` only stores, `redraw` draws.

    Only the view on show is drawn; another catches up when it is chosen.
    """

    csvRequested = Signal()
    pngRequested = Signal()
    tensorboardRequested = Signal()

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self._latent_dim = latent_dim
        self._free_bits = 0.0
        self._history = LossHistory(latent_dim)
        self._marks: list[tuple[float, str]] = []
        self._compared: list[Beside] = []
        self._stale: set[QWidget] = set()  # views that do not show what is known
        self._pointed: float | None = None  # step under the mouse
        self._kept: float | None = None  # step that is read while it points at none

        self.controls = CurveControls()
        self.exportButton, self.logButton = self.controls.exportButton, self.controls.log
        self.unitCombo, self.smoothingCombo = self.controls.unit, self.controls.smoothing
        self.reconLabel = FittingLabel()
        self.klLabel = FittingLabel()
        self._recon_row = _row(self.reconLabel, self.unitCombo, self.logButton)
        self.losses = LossView(_row(self.klLabel, self.smoothingCombo))
        self.reconPlot, self.klPlot = self.losses.plots()
        self.latents = LatentsView()
        self.rateDistortion = RateDistortionView()
        self._views = (self.losses, self.latents, self.rateDistortion)
        self.legend = Legend()
        self.legend.setHint(_LOSSES_HINT)
        self._stack = QStackedWidget()
        for view in self._views:
            self._stack.addWidget(view)

        # What an exported picture shows stands in a widget of its own.
        self._drawn = QWidget()
        drawn = QVBoxLayout(self._drawn)
        drawn.setContentsMargins(0, 0, 0, 0)
        drawn.setSpacing(2)
        drawn.addWidget(self._recon_row)
        drawn.addWidget(self._stack, 1)
        drawn.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.controls)
        layout.addWidget(self._drawn, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

        self.controls.viewChanged.connect(self._onView)
        self.controls.lookChanged.connect(self.viewAll)
        self.controls.csv.triggered.connect(self.csvRequested)
        self.controls.png.triggered.connect(self.pngRequested)
        self.controls.tensorboard.triggered.connect(self.tensorboardRequested)
        for view in self._views:
            for plot in view.plots():
                plot.everythingWanted.connect(self.viewAll)
        self.losses.pointed.connect(self._onPointed)
        self.losses.left.connect(self._onLeft)
        self.rateDistortion.told.connect(self.legend.tell)
        self._dress()
        self._outdate()
        self.redraw()

    # What was measured

    def append(self, steps: np.ndarray, recon_loss: np.ndarray, kl_per_latent: np.ndarray) -> None:
        """Store records of training batches: (n,) steps, (n,) SSE, (n, latent_dim) nats.

        A step at or before the newest one drops the history from there on.
        """
        if len(steps) and len(self._history.training) and steps[0] <= self.step():
            self._setMarks([mark for mark in self._marks if mark[0] < steps[0]])
            self._history.held_out.cut_from(float(steps[0]))
        self._history.training.append(steps, recon_loss, kl_per_latent)
        self._outdate()

    def appendHeldOut(self, step: int, recon_loss: float, kl_per_latent: np.ndarray) -> None:
        """Store one record of the held-out frames: SSE per image, (latent_dim,) nats."""
        self._history.held_out.append(
            np.array([step]), np.array([recon_loss]), np.asarray(kl_per_latent)[np.newaxis]
        )
        self._outdate()

    def load(
        self,
        steps: np.ndarray,
        recon_loss: np.ndarray,
        kl_per_latent: np.ndarray,
        held_out_steps: np.ndarray,
        held_out_recon_loss: np.ndarray,
        held_out_kl_per_latent: np.ndarray,
        marks: Sequence[tuple[float, str]] = (),
    ) -> None:
        """Show a whole run in place of the present one: the fields of a `Record`."""
        self.clear(kl_per_latent.shape[1])
        self._history.training.append(steps, recon_loss, kl_per_latent)
        self._history.held_out.append(held_out_steps, held_out_recon_loss, held_out_kl_per_latent)
        self._setMarks(list(marks))
        self._outdate()
        self.redraw()

    def clear(self, latent_dim: int | None = None) -> None:
        """Forget the run: history, marks and zoom; the next may have another `latent_dim`."""
        self._latent_dim = latent_dim or self._latent_dim
        self._history = LossHistory(self._latent_dim)
        self._kept = None
        self._setMarks([])
        self.setFreeBits(self._free_bits)
        self.viewAll()

    def record(self) -> Record:
        """All that was measured, which later batches leave as it is."""
        return self._history.record(self._marks)

    def csv(self) -> str:
        """The history as comma-separated values, one row a step, with a header."""
        return "".join(csv(self.record()))

    def step(self) -> int:
        """The newest training step, 0 before the first."""
        return int(self._history.training.steps[-1]) if len(self._history.training) else 0

    def mark(self, text: str) -> None:
        """Draw an annotated line at the step to come: what a person changed from there on."""
        self._setMarks([*self._marks, (float(self.step() + 1), text)])

    # What is drawn

    def redraw(self) -> None:
        """Draw what was stored since the last call; nothing new costs nothing."""
        view = self._stack.currentWidget()
        if view not in self._stale:
            return
        self._stale.discard(view)
        if view is self.latents:
            view.draw(self._history)
        else:
            view.draw(self._history, self.controls.look(), self._compared)
        self.exportButton.setEnabled(self._history.ends() is not None)
        self._sayValues()

    def setCompared(self, runs: Sequence[ComparedRun]) -> None:
        """Draw these runs beside the present one, faint, with their names; none removes all."""
        self._compared = [Beside(run) for run in runs]
        self.losses.setCompared(self._compared)
        self.rateDistortion.setCompared(self._compared)
        self.legend.setRuns([run.name for run in runs])
        self.viewAll()

    def showView(self, name: str) -> None:
        """Show `lossView`, `latentsView` or `rateDistortionView`."""
        self.controls.views.choose(name)

    def setFreeBits(self, nats_per_latent: float) -> None:
        """Show the floor below which the KL is not charged; 0 takes it away."""
        self._free_bits = nats_per_latent
        self._setFloors({"free bits": nats_per_latent * self._latent_dim or None})

    def setFloors(self, free_bits: float, kl_floor: float = 0.0, capacity: float = 0.0) -> None:
        """Lines in the plot of the KL, nats: free bits per latent, the image's floor, what the KL
        is pulled to; 0 for no line.
        """
        self.setFreeBits(free_bits)
        self._setFloors({"KL floor": kl_floor or None, "capacity": capacity or None})

    def setValues(self, values: int) -> None:
        """Tell how many values a picture has: height times width times 3."""
        self.controls.setValues(values)

    def picture(self) -> np.ndarray:
        """The view as it is drawn, at twice its size: (H, W, 3) uint8 RGB."""
        self.redraw()
        size = self._drawn.size()
        image = QImage(size * _PICTURE_SCALE, QImage.Format.Format_RGB888)
        image.setDevicePixelRatio(_PICTURE_SCALE)
        image.fill(theme_of(self).panel)
        self._drawn.render(image, QPoint())
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    @Slot()
    def viewAll(self) -> None:
        """Show the whole run and keep showing it as it grows."""
        for view in self._views:
            view.setFollowing()
        self._outdate()
        self.redraw()

    @Slot(object)
    def pointAt(self, step: int | None) -> None:
        """Read all curves at a step while the mouse points at none; None for the newest."""
        self._kept = None if step is None else float(step)
        if self._pointed is None:
            self._onLeft()

    @Slot(str)
    def _onView(self, name: str) -> None:
        self._onLeft()
        view = self._views[list(VIEWS).index(name)]
        self._stack.setCurrentWidget(view)
        self._recon_row.setVisible(view is not self.latents)
        self.legend.setVisible(view is not self.latents)
        self.legend.setHint(_TRAIL_HINT if view is self.rateDistortion else _LOSSES_HINT)
        self.redraw()
        self._sayValues()

    @Slot(float)
    def _onPointed(self, step: float) -> None:
        self._pointed = step
        self._read(step)

    def _read(self, step: float) -> None:
        reading = self._history.at(step, self.controls.look().window)
        if reading is None:
            return
        self.losses.setCrosshair(reading.step)
        changes = [text for _, text in self.losses.marksNear(step)]
        self.legend.tell(" · ".join([f"step {grouped(reading.step)}", *changes]))
        self._sayReading(reading)

    @Slot()
    def _onLeft(self) -> None:
        self._pointed = None
        if self._kept is None:
            self.losses.setCrosshair(None)
            self.legend.tell("")
        self._sayValues()

    def _outdate(self) -> None:
        self._stale = set(self._views)

    def _setMarks(self, marks: list[tuple[float, str]]) -> None:
        self._marks = marks
        self.losses.setMarks(marks)

    def _setFloors(self, floors: dict[str, float | None]) -> None:
        self.klPlot.setFloors(floors)
        self._outdate()

    def _sayValues(self) -> None:
        """What the newest tests measured, or what is under the crosshair."""
        step = self._kept if self._pointed is None else self._pointed
        if step is not None:
            self._read(step)
            return
        look = self.controls.look()
        self.reconLabel.setWordings(*readout.newest_recon_loss(self._history, look))
        self.klLabel.setWordings(*readout.newest_kl(self._history))

    def _sayReading(self, reading: Reading) -> None:
        look = self.controls.look()
        self.reconLabel.setWordings(*readout.recon_loss_at(reading, look))
        self.klLabel.setWordings(*readout.kl_at(reading, look))

    def _dress(self) -> None:
        theme = theme_of(self)
        for view in self._views:
            view.setTheme(theme)
        # By style sheet: a palette of its own is lost when the application's sheet changes.
        self.reconLabel.setStyleSheet(f"color: {theme.recon}")
        self.klLabel.setStyleSheet(f"color: {theme.kl}")
        self.legend.update()


def _row(label: QWidget, *others: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(label, 1)
    for widget in others:
        layout.addWidget(widget)
    return row
