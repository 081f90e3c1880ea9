"""What is made of z beside the live picture: samples, axes, sheets, ways, files, text, commands.

With `explorer.session` it is the bridge to `models`, through `explorer.jobs`. It does not know a
single widget.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from explorer.question import Sheet, SheetQuestion, Way
from explorer.session import ROOT, InputError, Session, job, jobs
from explorer.training.film import Film
from explorer.worker import LatestWorker, RefiningWorker


class Studio(QObject):
    """Asks the session for the current model; what cannot be made raises InputError."""

    spreadMeasured = Signal(object)  # (H, W) float32, 0..255, as asked of `measure_spread`
    traversed = Signal(object)  # a Sheet, as asked of `traverse`
    surveyed = Signal(object)  # a WayAnswer to `survey`
    exported = Signal(object)  # the Path

    def __init__(self, session: Session):
        super().__init__(session)  # which also ends the workers
        self._session = session
        self._rng = np.random.default_rng(session.seed)  # of samples
        self.spreader = session.adopt(LatestWorker("spreader", job("measure_spread")))
        self.traverser = session.adopt(RefiningWorker("traverser", job("traverse")))
        self.surveyor = session.adopt(RefiningWorker("surveyor", job("survey")))
        self.exporter = session.adopt(LatestWorker("exporter", job("export"), every=True))
        self.spreader.done.connect(self.spreadMeasured)
        self.traverser.done.connect(self.traversed)
        self.surveyor.done.connect(self.surveyed)
        self.exporter.done.connect(self.exported)

    # Points

    def sample(self, source: str, temperature: float, posterior: Any) -> np.ndarray:
        """A z (latent_dim,) from the `prior`, the `aggregate`, or the `posterior` of a frame."""
        session = self._session
        if source == "aggregate":
            return jobs().sample_aggregate(self._rng, session.model.aggregate)
        if source == "posterior":
            return jobs().sample_posterior(self._rng, posterior)
        return jobs().sample_prior(self._rng, session.vae.config.latent_dim, temperature)

    def principal_axes(self) -> Any:
        """The models.basis.Basis of the current model's aggregate posterior, None if unknown."""
        aggregate = self._session.model.aggregate
        return None if aggregate is None else jobs().principal(aggregate)

    # Directions

    @staticmethod
    def direction(name: str, first: np.ndarray, second: np.ndarray, others: tuple) -> Any:
        """The models.direction.Direction from one mean to another, of z (n, latent_dim) each.

        Raises InputError where there is none, or the `others` have it, or are too many.
        """
        if len(others) >= jobs().MOST_DIRECTIONS:
            raise InputError(f"A model has at most {len(others)} directions: remove one first.")
        made = jobs().between(name, first, second)
        if there := [other.name for other in others if other.is_same(made)]:
            raise InputError(f"That way is there already: {there[0]}.")
        return made

    @staticmethod
    def united(first: tuple, second: tuple) -> tuple:
        """Directions, and behind them those of the second that are not among them."""
        return jobs().united(first, second)

    @staticmethod
    def contains(directions: tuple, one: Any) -> bool:
        """Whether a direction is among some, by whatever name."""
        return jobs().contains(directions, one)

    def measure_spread(self, posterior: Any) -> None:
        """Ask how much pictures of samples of a posterior differ; `spreadMeasured` follows."""
        self.spreader.submit((posterior, self._session.vae))

    # Sheets and ways

    def traverse(self, z: np.ndarray, principal: bool) -> None:
        """Ask for traversals around z (latent_dim,), along the principal axes or the latents.

        `traversed` follows for the newest z, once it has rested.
        """
        model = self._session.model
        if model.aggregate is None:
            raise InputError("Nobody has measured this model: how far its data reach is not known.")
        kl = np.asarray(model.figures["kl_per_latent"])
        question = SheetQuestion(z, principal, kl, model.aggregate)
        self.traverser.submit((question, self._session.vae))

    @staticmethod
    def way(keyframes: np.ndarray, steps: int, how: str, loop: bool) -> Way:
        """The way through keyframes (k, latent_dim); a single one is a way of one z."""
        z = keyframes
        if len(keyframes) > 1:
            z = jobs().interpolate(keyframes, steps, how, loop)
        return Way(keyframes, z, steps, how, loop)

    def survey(self, way: Way) -> None:
        """Ask for the pictures at a way's keyframes and its KL; `surveyed` follows for each."""
        self.surveyor.submit((way, self._session.vae))

    def export(self, path: str | Path, what: Sheet | Way | Film, vae: Any = None) -> None:
        """Write a sheet as .png, a film as .gif or .mp4, or a way by `vae` as .gif, .png or .mp4.

        `exported` follows.
        """
        self.exporter.submit((Path(path), what, vae))

    # Text

    def command(self, what: np.ndarray | Sheet | Way) -> str:
        """The line that makes the picture of a z, a sheet or a way without a window."""
        session = self._session
        path = session.file
        if path is None or session.vae is not session.model.vae:
            raise InputError("This model is in no file yet: save it first (Ctrl+S).")
        path = path.absolute()
        path = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        device = session.device
        if isinstance(what, Way):
            how = {"steps": what.steps, "how": what.how, "loop": what.loop}
            return jobs().command_for_path(path, what.keyframes, **how, device=device)
        if not isinstance(what, Sheet):
            return jobs().command_for_picture(path, what, device=device)
        if not session.file_is_measured:
            raise InputError("Save the model first: the file it came from holds no figures.")
        z, principal = what.question.z, what.question.principal
        return jobs().command_for_traversals(path, z, pca=principal, device=device)

    def to_text(self, z: np.ndarray) -> str:
        """z (latent_dim,) as a line of numbers that `from_text` takes."""
        return jobs().vector.to_text(z)

    def from_text(self, text: str) -> np.ndarray:
        """z (latent_dim,) of the current model from text."""
        return jobs().vector.from_text(text, self._session.vae.config.latent_dim)

    def load(self, path: str | Path) -> np.ndarray:
        """z (latent_dim,) of the current model from a file of text or an .npy."""
        return jobs().vector.load(path, self._session.vae.config.latent_dim)

    def save(self, path: str | Path, z: np.ndarray) -> None:
        """Write z as a file of text."""
        jobs().vector.save(path, z)
