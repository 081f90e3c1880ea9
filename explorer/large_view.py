"""Joins driven frames to the large picture of the drive: what is shown of one, and warned of.

It does not know which frame is on show, nor how the panel paints.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.drive.history import STEPS_PER_SECOND
from explorer.drive.panel import DrivePanel
from explorer.drive.surprise import Surprise, Usual
from explorer.session import Session


class LargeView:
    """The one way to the large picture, so that goggles leave no truth in it."""

    def __init__(self, session: Session, panel: DrivePanel):
        self._session = session
        self._panel = panel
        self._shown = None  # the Observation that it is of
        self._surprise = Surprise()

    def show(self, seen) -> None:
        """Show a driven frame."""
        self._shown = seen
        goggles = self._session.controls.goggles and seen.recon is not None
        made = seen.view is not None and seen.goggles == goggles  # as is wished by now
        self._panel.setView(seen.view if made else self.picture(seen))

    def show_again(self) -> None:
        """The wish for goggles is another one."""
        if self._shown is not None:
            self.show(self._shown)

    def take(self, again) -> None:
        """Another VAE has seen the frame that may be on show."""
        shown = self._shown
        if shown is not None and again.frame is shown.frame and again is not shown:
            # The sharp picture of it, if there is one, is still that of the frame.
            view = None if shown.goggles else shown.view
            self.show(again._replace(view=view, goggles=False))

    def clear(self) -> None:
        """Show none."""
        self._shown = None
        self._panel.clearView()

    def picture(self, seen) -> np.ndarray:
        """What a person may see of a driven frame: with goggles no more than they leave of it."""
        if self._session.controls.goggles and seen.recon is not None:
            return seen.recon
        return seen.frame if seen.input is None else seen.input

    def fit(self) -> None:
        """Let the driver's thread scale the picture to the screen, so that painting is a copy."""
        size = self._panel.view.pictureSize()
        if self._session.controls.view_size != size:
            self._session.steer(view_size=size)

    def forget_warnings(self) -> None:
        """Another drive begins."""
        self._surprise = Surprise()

    def warn(self, encoded: list) -> None:
        """Say what is unlike the training data in the frames of a drive, these being the newest."""
        said = ""
        for seen in encoded:
            said = self._judged(self._surprise.weigh, seen)
        self._panel.view.setWarning(said)

    def warn_of(self, seen) -> None:
        """Say what is unlike the training data in one frame."""
        self._panel.view.setWarning(self._judged(Surprise.judge, seen))

    def _judged(self, judge: Callable[..., str], seen) -> str:
        session = self._session
        # The held-out frames' figures are of these very weights, and of the mean's error only.
        figures = session.model.figures if session.vae is session.model.vae else {}
        usual = Usual(figures.get("kl_range"), figures.get("recon_sse_range"))
        error = None if session.controls.sampled else seen.error
        zooming = seen.telemetry.step <= STEPS_PER_SECOND  # the first second of an episode
        return judge(usual, float(seen.posterior.kl.sum()), error, zooming=zooming)
