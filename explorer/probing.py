"""Joins the probes of the current model to their dock, to the sliders and to the drive.

It does not know how a probe is fitted or painted.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QGuiApplication

from explorer.driving import Driving
from explorer.latents.panel import LatentPanel
from explorer.learning import Learning
from explorer.probes.panel import ProbePanel
from explorer.probes.table import Group, Row
from explorer.session import SAMPLE_FRAMES, Session, job
from explorer.widgets.numerals import grouped
from explorer.worker import Failure, RefiningWorker

IDLE_MS = 2000  # after the last change of model or frames: the first pictures are not kept waiting
LIVE_TICKS = 3  # ticks of a drive between two draws: digits that change faster cannot be read
_NOTHING = None, None, None
NO_ENCODER = "This model has no encoder: nothing can be read from frames."
NO_RECORDING = "Nothing has been recorded yet: press Record in a drive."
FITTING = "The first probes of this model are being fitted."
TITLES = {
    "road": "on the road, along it ±45° · {frames} frames",
    "car": "the car · {frames} frames",
    "motion": "not in a single frame · {frames} frames",
}
TIPS = {
    "road": "Fitted where a wheel is on the road and the car points along it within 45°: elsewhere "
    "the picture does not show the road ahead.",
    "car": "Fitted on all frames.",
    "motion": "One frame does not show motion. What is read of it nevertheless comes from habit: a "
    "car is slow where the road bends.",
}
UNITS = " m stands for a length unit of the environment, whose road is 13.3 wide."
R2 = " R² is 1 where {left_out} left out are read perfectly, 0 for no better than the mean."
ONE_TRACK = "One track only: R² says how well this road is known, not another."


class Probing(QObject):
    """Fits probes when the model or the frames have changed and it is quiet, or when asked to."""

    def __init__(
        self,
        session: Session,
        panel: ProbePanel,
        latents: LatentPanel,
        driving: Driving,
        learning: Learning,
        parent: QObject,
    ):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._latents = latents
        self._driving = driving
        self.probes: Any = None  # models.probes.Probes on show
        self._vae: Any = None  # that they are of
        self._step: int | None = None  # of its training, when they were asked for
        self._frames: Any = None  # that they were fitted on, or where those are
        self._asked: tuple[Any, Any, int | None] = _NOTHING  # VAE, frames and step of the next ones
        self._snapshot: Any = None  # the newest VAE of a training
        self._source = "open"  # of the frames, as a person chose it last
        self._weights = np.empty((0, 0)), np.empty(0)  # of all rows at once
        self._shown: Any = None  # the Observation on show
        self._ticks = 0
        self.fitter = session.adopt(RefiningWorker("prober", job("fit_probes")), self._fail)
        self._quiet = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._quiet.timeout.connect(self._fit_in_quiet)
        self.fitter.done.connect(self._take)
        session.modelChanged.connect(self._show_model)
        session.framesChanged.connect(self._show_frames)
        session.looked.connect(self._show_look)
        session.run.ended.connect(self._quiet.start)
        session.drivingEnded.connect(self._show_newest)
        learning.snapshotTaken.connect(self._age)
        driving.advanced.connect(self._advance)
        driving.recalled.connect(self._recall)
        panel.fitRequested.connect(self._fit)
        panel.copyRequested.connect(self._copy)
        panel.shown.connect(self._open)

    # When they are fitted

    @Slot()
    def _show_model(self) -> None:
        session = self._session
        self._panel.setReady(session.eye() is not None)
        if session.eye() is None:
            self._quiet.stop()
            self._forget(NO_ENCODER)
        elif session.vae is self._vae:
            self._tell()
        else:
            if session.vae is not self._snapshot:  # else it has learned, and they stay until then
                self._forget(FITTING)
            self._quiet.start()

    @Slot()
    def _show_frames(self) -> None:
        if self._source == "open" and self._session.frames.columns is not None:
            self._quiet.start()

    @Slot()
    def _fit_in_quiet(self) -> None:
        session = self._session
        if session.eye() is None or session.trainer.is_running() or session.is_closing():
            return  # the end of a training starts it again
        frames = self._find(self._source)
        if self._source == "open" and (frames is None or frames.columns is None):
            frames = SAMPLE_FRAMES
        wanted = session.vae, frames
        if wanted not in ((self._vae, self._frames), self._asked[:2]):
            self._ask(frames)

    @Slot(str)
    def _fit(self, source: str) -> None:
        frames = self._find(source)
        if frames is None:
            self._panel.say(NO_RECORDING)
            return
        self._source = source
        self._ask(frames)

    def _find(self, source: str) -> Any:
        """Frames, or the path where they are; None where there are none."""
        if source == "open":
            return self._session.frames
        return SAMPLE_FRAMES if source == "samples" else self._session.recordings.newest

    def _ask(self, frames: Any | Path) -> None:
        self._quiet.stop()
        self._asked = self._session.vae, frames, self._session.history().get("steps")
        self._tell()
        self.fitter.submit((frames, self._session.vae))

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._asked = _NOTHING
        self._tell()
        if self._session.is_users(failure.error):
            self._panel.say(str(failure.error))
        else:
            self._session.errored.emit(failure)

    # What has come of it

    @Slot(object)
    def _take(self, answer: tuple[Any, Any]) -> None:
        vae, probes = answer
        if vae is not self._asked[0] or vae.config.latent_dim != self._latents.z().size:
            return  # of a model before
        self.probes, (self._vae, self._frames, self._step) = probes, self._asked
        self._asked = _NOTHING
        there = [one.probe for one in probes.fitted]
        nothing = np.full(vae.config.latent_dim, math.nan)
        self._weights = (
            np.stack([nothing if probe is None else probe.weights for probe in there]),
            np.array([math.nan if probe is None else probe.bias for probe in there]),
        )
        warning = ONE_TRACK if probes.tracks == 1 else ""
        self._panel.setProbes(_groups(probes), _source(probes), warning)
        self._latents.setMeanings(probes.meanings())
        self._tell()
        self._look()

    def _forget(self, sentence: str) -> None:
        self.probes = self._vae = self._frames = None
        self._asked = _NOTHING
        self._latents.setMeanings([])
        self._panel.clear(sentence)

    @Slot()
    def _age(self) -> None:
        """The weights have changed."""
        self._snapshot = self._session.vae
        self._tell()

    def _tell(self) -> None:
        stale = self.probes is not None and self._vae is not self._session.vae
        step = "the model before" if self._step is None else f"step {grouped(self._step)}"
        told = (f"of {step}; it has learned since", f"of {step}") if stale else ()
        if self._asked is not _NOTHING:
            told = ("fitting…",)
        self._panel.setState(*told, stale=stale)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.probes.csv())
        self._panel.say("The table is on the clipboard.")

    # Live

    @Slot()
    def _advance(self) -> None:
        self._ticks += 1
        if self._ticks % LIVE_TICKS == 0 or not self._driving.is_live():
            self._show_newest()

    @Slot()
    def _show_newest(self) -> None:
        history = self._driving.history
        if len(history) and self._driving.moment is None:
            self._show(history.at(history.end - 1))

    @Slot(object)
    def _recall(self, number: int | None) -> None:
        if number is None:
            self._show_newest()
        else:
            self._show(self._driving.history.at(number))

    @Slot(object)
    def _show_look(self, seen: Any) -> None:
        if not self._driving.is_live():
            # A new model's look at the frame of a drive: what was true of it still is.
            same = self._shown is not None and seen.frame is self._shown.frame
            self._show(seen._replace(telemetry=self._shown.telemetry) if same else seen)

    @Slot()
    def _open(self) -> None:
        """The dock is looked at: it waits for no quiet."""
        if self._quiet.isActive():
            self._fit_in_quiet()
        self._look()

    def _show(self, seen: Any) -> None:
        self._shown = seen
        self._look()

    def _look(self) -> None:
        """Draw the frame on show, if anybody sees it."""
        if not self._panel.isVisible():
            return
        seen, probes = self._shown, self.probes
        if seen is None or probes is None or seen.posterior.mu.size != self._weights[0].shape[1]:
            return
        weights, bias = self._weights
        count, told = len(bias), seen.telemetry
        truth, visible = np.full(count, math.nan), np.ones(count, bool)
        if told is not None:
            truth = np.array([one.quantity.of(told) for one in probes.fitted])
            visible = np.array([one.quantity.is_visible(told) for one in probes.fitted])
        self._panel.setLive(truth, weights @ seen.posterior.mu + bias, visible)


def _groups(probes: Any) -> list[Group]:
    """The rows of the dock, in the order of the quantities."""
    groups = []
    for kind, title in TITLES.items():
        there = [one for one in probes.fitted if one.quantity.kind == kind]
        rows = tuple(_row(one, _left_out(probes)) for one in there)
        groups.append(Group(title.format(frames=grouped(there[0].frames)), rows))
    return groups


def _row(one: Any, left_out: str) -> Row:
    quantity, probe = one.quantity, one.probe
    tip = (
        TIPS[quantity.kind] + R2.format(left_out=left_out) + (UNITS if "m" in quantity.unit else "")
    )
    named = f"{quantity.name}. {tip}"
    if probe is None:
        named = f"{quantity.name}: {one.why}. {tip}"
        ends = one.low, one.high
        return Row(quantity.name, quantity.unit, math.nan, "", math.nan, *ends, named, one.why)
    best = int(probe.r2_alone.argmax())
    alone = float(probe.r2_alone[best])
    latent = f"z{best:02d}" if alone > 0 else ""
    return Row(quantity.name, quantity.unit, probe.r2, latent, alone, one.low, one.high, named)


def _source(probes: Any) -> str:
    told = "the sample frames" if probes.name == SAMPLE_FRAMES.name else probes.name
    return (
        f"{grouped(probes.frames)} frames, {grouped(probes.episodes)} episodes of {told} · "
        f"ridge regression from mu, whole {_left_out(probes)} left out"
    )


def _left_out(probes: Any) -> str:
    return "tracks" if probes.tracks > 1 else "episodes"
