"""Joins what the session has, the model and the frames, to all panels that show it.

It does not know how anything is computed or painted.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QLabel

from explorer.drive.panel import DrivePanel
from explorer.driving import Driving
from explorer.latents.panel import LatentPanel
from explorer.learning import Learning
from explorer.session import Session
from explorer.studio import Studio
from explorer.watching import Watching
from explorer.widgets.numerals import grouped


class Showing(QObject):
    """Shows a model when it is opened and each snapshot of it, and the frame that was picked."""

    modelShown = Signal(str)  # its name and figures, in one line
    snapshotShown = Signal()  # pictures made by the model before are stale
    arrived = Signal()  # what the command line asked for is on screen with the next picture

    def __init__(
        self,
        session: Session,
        studio: Studio,
        drive: DrivePanel,
        latents: LatentPanel,
        driving: Driving,
        learning: Learning,
        watching: Watching,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._studio = studio
        self._drive = drive
        self._latents = latents
        self._driving = driving
        self._watching = watching
        self._rng = np.random.default_rng(session.seed)
        self._picked: np.ndarray | None = None  # its mean goes to the sliders once it is seen
        self.has_arrived = False
        self.model_name = QLabel()
        self.model_name.setObjectName("modelName")
        self.model_name.setProperty("role", "caption")
        self.model_name.setToolTip("The current model, and the recipe of the frames it sees.")
        session.modelChanged.connect(self._show_model)
        session.framesChanged.connect(self._show_frames)
        session.looked.connect(self._show_look)
        driving.recalled.connect(self._look_away)
        latents.randomFrameRequested.connect(self._pick_frame)
        learning.snapshotTaken.connect(self._show_snapshot)

    @Slot()
    def keep_picture(self) -> None:
        """A picture was brought: a frame that is still on its way does not replace it."""
        self._picked = None
        self._arrive()

    @Slot()
    def _show_model(self) -> None:
        model = self._session.model
        aggregate, figures = model.aggregate, model.figures
        parts = [model.name]
        if "steps" in model.training:
            parts.append(f"{grouped(model.training['steps'])} steps")
        if aggregate is None:
            latent_dim = model.vae.config.latent_dim
            self._latents.setUnmeasured(latent_dim)
            parts.append("no encoder")
        else:
            kl = np.asarray(figures["kl_per_latent"])
            self._latents.setLatents(
                kl,
                aggregate.mean,
                aggregate.std,
                aggregate.quantiles,
                aggregate.levels,
                self._studio.principal_axes(),
            )
            parts += [f"{figures['psnr_mu']:.1f} dB", f"{figures['kl']:.1f} nats"]
        self._latents.setReady(True)
        self._drive.setReady(True)
        self.modelShown.emit(" · ".join(parts))
        self._show_snapshot()

    @Slot()
    def _show_snapshot(self) -> None:
        session = self._session
        self.model_name.setText(f"{session.model.name}  ·  {session.recipe()}  ·")
        for panel in (self._latents, self._drive):
            panel.setAspect(session.aspect())
            panel.setEncoding(session.eye() is not None)
        if session.eye() is None:
            self._arrive()  # no frame will be seen
        self.snapshotShown.emit()
        if self._picked is None:
            self._driving.look_again()
        elif not self._driving.is_live():
            session.look(self._picked)

    @Slot()
    def _show_frames(self) -> None:
        if self._session.driver.is_running():
            self.has_arrived = True  # the drive is on screen in their place
            return
        frame = self._watching.frames()[0]
        if not self.has_arrived:
            self._picked = frame
        self._session.look(frame)

    @Slot(object)
    def _show_look(self, observation) -> None:
        session, latents = self._session, self._latents
        late = observation.posterior.mu.size != latents.z().size
        if late or session.eye() is None:
            return  # an answer of the model before
        began = not self.has_arrived
        self._arrive()
        if not self._driving.is_live():
            self._driving.show(observation)
        if observation.frame is self._picked:
            self._picked = None
            latents.setZ(observation.posterior.mu, "Go to a frame")
            if began:
                latents.point.stack.clear()  # nobody has done anything yet

    @Slot(object)
    def _look_away(self, number: int | None) -> None:
        if number is not None:  # a frame that is still on its way does not take its place
            self._picked = None
            self._session.look_away()

    def _arrive(self) -> None:
        if not self.has_arrived:
            self.has_arrived = True
            self.arrived.emit()

    def go_to(self, frame: np.ndarray) -> None:
        """Look at a frame, (H, W, 3) uint8: its mean goes to the sliders, which end to follow."""
        self._latents.setFollowing(False)
        self._driving.leave_moment()
        self._picked = frame
        self._session.look(frame)

    @Slot()
    def _pick_frame(self) -> None:
        frames = self._session.frames
        if frames is not None:
            self.go_to(frames.take(self._rng.integers(len(frames), size=1))[0])
