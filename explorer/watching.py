"""Joins the session's snapshots to the film of the run and to the gallery that shows it.

It does not know how pictures are decoded or painted.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer import dialogs
from explorer.question import Exposure
from explorer.session import Session, job
from explorer.studio import Studio
from explorer.training.film import PICTURES, Film, Shot
from explorer.training.gallery import Gallery
from explorer.widgets.activity import ACTIVE_NATS
from explorer.worker import LatestWorker

FILES = {"gif": "Animations (*.gif)", "mp4": "Videos (*.mp4)"}
"""What a film is saved as, with the filter of the file dialog."""


class Watching(QObject):
    """Has each snapshot of a run decoded for its film, and the current model while none runs.

    The traversal is of the latent with the most KL when the film begins. Where none is alive yet,
    it is chosen at the first snapshot at which one is; it stays the same from then on.
    """

    refused = Signal(str)  # why a film cannot be written, in one sentence

    def __init__(self, session: Session, studio: Studio, gallery: Gallery, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._studio = studio
        self._gallery = gallery
        self.film: Film | None = None  # of the running or last run
        self._frames: np.ndarray | None = None  # held-out ones of the frames that are open
        self._exposed = None  # the VAE that was asked about last
        self._exposer = session.adopt(LatestWorker("exposer", job("expose")))
        self._exposer.done.connect(self._take)
        session.framesChanged.connect(self._show_frames)
        session.modelChanged.connect(self.renew)
        gallery.exportRequested.connect(self._export)

    def frames(self) -> np.ndarray:
        """The held-out frames of the open ones that are watched, (5, H, W, 3) uint8."""
        return self._frames

    def begin(self, fresh: bool, film: Film | None = None) -> None:
        """Film the run that has just been started, or go on with its film from before.

        A run from the current model's weights shows what it starts from, one that begins `fresh`
        its first snapshot.
        """
        session = self._session
        if film is None:
            latent_dim = session.vae.config.latent_dim
            film = Film.begin(self._frames, session.config.seed, latent_dim)
        self.open(film)
        if not fresh and not len(film):
            self.expose(self._measured())

    def open(self, film: Film | None) -> None:
        """Show the film of a run that is reopened, or none."""
        self.film = film
        self._gallery.setFilm(film)

    def expose(self, kl: np.ndarray) -> None:
        """Have the newest snapshot decoded for the film; one that is overtaken is left out.

        `kl` (latent_dim,) in nats says which latent the traversal moves, if it is not chosen yet.
        """
        if self.film is None:
            self.begin(fresh=True)  # a run that nobody announced
        film, step = self.film, self._session.trained_steps()
        latent = film.latent if film.latent is not None else _liveliest(kl)
        self._ask(Exposure(film, step, film.frames, film.z, latent))

    @Slot()
    def renew(self) -> None:
        """Another model or other frames, of no run: show what it makes of them."""
        session = self._session
        if self._frames is None or session.vae is None or session.trainer.is_running():
            return
        if session.vae is self._exposed:
            return  # only its figures are new
        z = Film.begin(self._frames, session.seed, session.vae.config.latent_dim).z
        self._ask(Exposure(None, None, self._frames, z, _liveliest(self._measured())))

    def _ask(self, exposure: Exposure) -> None:
        self._exposed = self._session.vae
        self._exposer.submit((exposure, self._exposed))

    def _measured(self) -> np.ndarray:
        """KL per latent of the current model, nats; empty where nobody has measured it."""
        return np.asarray(self._session.model.figures.get("kl_per_latent", ()))

    @Slot(object)
    def _take(self, answer: tuple[Exposure, Shot]) -> None:
        exposure, shot = answer
        if exposure.film is not None:
            exposure.film.add(shot)
        if exposure.film is self.film or exposure.film is None:
            self._gallery.setLive(shot)

    @Slot()
    def _show_frames(self) -> None:
        frames = self._session.frames
        _, held_out = frames.split()
        watched = np.linspace(0, len(held_out) - 1, PICTURES).astype(int)
        self._frames = frames.take(held_out[watched])
        if not self._session.trainer.is_running():  # which keeps the frames it was started on
            self._exposed = None
            self._gallery.setLive(Shot(None, self._frames))
            self.renew()

    @Slot(str)
    def _export(self, kind: str) -> None:
        if kind == "mp4" and find_spec("imageio_ffmpeg") is None:
            self.refused.emit("An MP4 needs imageio-ffmpeg: pip install imageio-ffmpeg.")
            return
        film = self.film.copy()  # it may go on before a place is found
        path = dialogs.ask_where(
            self._gallery.window(), "Save the film", f"film.{kind}", FILES[kind]
        )
        if path:
            self._studio.export(path, film)


def _liveliest(kl: np.ndarray) -> int | None:
    """The latent with the most KL, if it is alive."""
    return int(np.argmax(kl)) if kl.size and kl.max() > ACTIVE_NATS else None
