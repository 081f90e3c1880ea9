"""Joins the session's decoder to the latent panel: the picture first, then all that explains it.

It does not know how anything is computed or painted.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot

from explorer.driving import Driving
from explorer.latents.panel import LatentPanel
from explorer.latents.row import REACH
from explorer.question import Answer, Question, Wishes
from explorer.session import Session
from explorer.studio import Studio

MAPS = {"sensitivity": " per σ", "difference": ""}
"""Parts that lie over the picture, and what their grey levels are per."""

EFFECTS_EVERY = 3.0  # seconds, while the model is being trained
MAPS_EVERY = 0.25  # seconds, while z goes with the drive


class Exploring(QObject):
    """Asks about each z that the panel comes to, and shows the parts of the answer."""

    def __init__(
        self,
        session: Session,
        studio: Studio,
        panel: LatentPanel,
        driving: Driving,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._studio = studio
        self._panel = panel
        self._driving = driving
        self._passing = False  # z goes with the drive
        self._mapped_at = 0.0  # when a map was asked for last, while it does
        self._round_trip: Any = None  # on show
        self._subject: tuple = ()  # of the newest question
        self._effects_of: tuple = (None, None, None)  # what those on show were measured for
        self._effects_at = 0.0  # when those came
        panel.zChanged.connect(self.ask)
        panel.wishesChanged.connect(self.ask)
        panel.posteriorChanged.connect(self._ask_for_spread)
        panel.sampleRequested.connect(self._sample)
        session.decoded.connect(panel.setImage)
        session.answered.connect(self._show)
        studio.spreadMeasured.connect(self._show_spread)

    @Slot()
    def ask_again(self) -> None:
        """The model has changed: what is on show is stale.

        While it is being trained that is twice a second; effects each time would take a third of a
        core.
        """
        training = self._session.trainer.is_running()
        self._ask(effects=not training or time.monotonic() > self._effects_at + EFFECTS_EVERY)

    @Slot()
    def ask(self) -> None:
        """Ask for the picture of the present z and all that is wanted with it."""
        self._ask(effects=True)

    def _ask(self, effects: bool) -> None:
        panel, look = self._panel, self._panel.picture.look()
        direction = panel.direction()
        same = [old is new for old, new in zip(self._effects_of, self._measured(), strict=True)]
        known = all(same)
        panel.setStale(not all(same[1:]))  # a step of training changes them little
        wishes = Wishes(
            direction=direction,
            other=panel.slots.other() if look == "difference" else None,
            moves=panel.moves() if effects and not known else None,
            reach=REACH,
        )
        row = None if direction is None else direction.tobytes()
        # Of a model that encodes or not: an answer about weights of a moment ago is no matter.
        subject = (look, row, panel.names()[0], panel.z().size, self._session.eye() is None)
        if subject != self._subject and look != "spread":
            panel.picture.setMap(None)  # of another row, or another look
        self._subject = subject
        shown = self._show_passing()
        if self._passing and direction is not None:
            # A map costs as much as driving does; the one on show stays until the next.
            if time.monotonic() - self._mapped_at < MAPS_EVERY:
                wishes = wishes._replace(direction=None)
            else:
                self._mapped_at = time.monotonic()
        shown = shown and wishes.direction is None and wishes.other is None
        self._session.explore(Question(panel.z(), wishes, subject, self._passing, shown))
        self._ask_for_spread()

    def _show_passing(self) -> bool:
        """Whether z goes with the drive, and the picture that the drive has made of it is shown.

        With a question each 33 ms, 12 % of a core would go into decoding it once more, and as much
        into what is on screen too shortly to be looked at.
        """
        panel, driving = self._panel, self._driving
        self._passing = panel.isFollowing() and driving.is_live()
        if not self._passing:
            return False
        if self._round_trip is not None:
            panel.forgetRoundTrip()
            self._round_trip = None
        picture = driving.decoded(panel.z())
        if picture is not None:
            panel.setImage(picture)
        return picture is not None

    def _measured(self) -> tuple:
        """What effects depend on."""
        panel = self._panel
        return self._session.vae, panel.z(), panel.names()[0] == "p00"

    @Slot(object)
    def _show(self, answer: Answer) -> None:
        panel, question, value = self._panel, answer.question, answer.value
        if question.subject != self._subject:
            return
        if answer.part == "round trip":
            if not self._passing or question.z is panel.z():
                self._round_trip = value
                panel.setRoundTrip(value.mu, value.distance, value.kl)
        elif answer.part in MAPS:
            name = panel.pointedName() if answer.part == "sensitivity" else "A against B"
            panel.picture.setMap(value, name, MAPS[answer.part])
        elif question.z is not panel.z():
            return  # z has not rested after all
        elif answer.part == "effects":
            panel.setEffects(value)
        elif answer.part == "ends":
            panel.setEnds(value)
            panel.setStale(False)
            self._effects_of, self._effects_at = self._measured(), time.monotonic()

    @Slot()
    def _ask_for_spread(self) -> None:
        if self._panel.picture.look() == "spread":
            if self._panel.posterior() is None or self._session.eye() is None:
                self._panel.picture.setMap(None)
            else:
                self._studio.measure_spread(self._panel.posterior())

    @Slot(object)
    def _show_spread(self, values: np.ndarray) -> None:
        if self._panel.picture.look() == "spread" and self._session.eye() is not None:
            self._panel.picture.setMap(values, "newest frame's posterior")

    @Slot(str, float)
    def _sample(self, source: str, temperature: float) -> None:
        z: Any = self._studio.sample(source, temperature, self._panel.posterior())
        self._panel.setZ(z, f"Sample the {source}")
