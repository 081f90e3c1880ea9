"""What the program is doing: the current model, the frames, the driver's wishes, the workers.

It is the only bridge to `models`, reached through `explorer.jobs`, which a worker thread imports
once the window is on screen: torch takes two seconds. It does not know a single widget.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.lineage import Lineage
from explorer.question import Answer, Question
from explorer.recordings import Recordings
from explorer.worker import Failure, GeneratorWorker, LatestWorker, RefiningWorker
from models.controls import Controls
from models.errors import ExplorerError, InputError
from models.machine import cores

ROOT = Path(__file__).parent.parent  # where the commands are typed
RESOURCES = ROOT / "resources"
BUNDLED_MODEL = RESOURCES / "carracing.safetensors"
SAMPLE_FRAMES = RESOURCES / "frames.npz"

KEPT_OBSERVATIONS = 16  # a third of a second of driving, should the window be busy
CLOSE_SECONDS = 2.5  # for all threads together, when the window closes


class Session(QObject):
    """State and workers; every attribute is replaced by assignment, never written into."""

    modelChanged = Signal()
    framesChanged = Signal()
    framesGrown = Signal()  # there are more behind those there were
    trainingEnded = Signal()
    drivingEnded = Signal()
    decoded = Signal(object)  # the picture of the newest z, (H, W, 3) uint8
    answered = Signal(object)  # an Answer to `explore`
    looked = Signal(object)  # an Observation of a frame given to `look`
    reconstructed = Signal(object)  # (n, H, W, 3) uint8, of frames given to `reconstruct`
    saved = Signal(str)  # the path
    errored = Signal(object)  # a Failure

    def __init__(self, device: str = "auto", seed: int = 0, parent: QObject | None = None):
        super().__init__(parent)
        self.device = device
        self.seed = seed
        self.model: Any = None  # the Checkpoint that was loaded, appraised or saved last
        self.vae: Any = None  # the newest snapshot; decodes and perceives
        self.frames: Any = None  # the Frames to train on
        self.file: Path | None = None  # the file that `model` is in
        self.file_is_measured = False  # its figures are in that file as well
        self.config: Any = None  # TrainConfig of the running or last training
        self.controls = Controls()
        self.recordings = Recordings(
            lambda folder: jobs().Recorder(folder),
            lambda recorder: self.steer(recorder=recorder),
            lambda: self.controls.recorder,
            self,
        )
        self._lineage: Lineage | None = None  # of the running or last training
        self._failed = False  # the running or last training raised
        self._deadline: float | None = None  # of closing
        self.trainer = GeneratorWorker("trainer", parent=self)
        self.driver = GeneratorWorker("driver", KEPT_OBSERVATIONS, parent=self)
        self.decoder = RefiningWorker("decoder", job("explore"), parent=self)
        self.looker = LatestWorker("looker", job("look"), parent=self)
        self.reconstructor = LatestWorker("reconstructor", job("reconstruct"), parent=self)
        self.loader = LatestWorker("loader", job("load_model"), parent=self)
        self.opener = LatestWorker("opener", job("load_frames"), parent=self)
        self.appraiser = LatestWorker("appraiser", job("appraise"), parent=self)
        self.saver = LatestWorker("saver", job("save"), every=True, parent=self)
        self._answering = self.findChildren(LatestWorker)
        self._connect()

    def _connect(self) -> None:
        self.decoder.done.connect(self._take_answer)
        self.looker.done.connect(self._take_look)
        self.reconstructor.done.connect(self.reconstructed)
        self.loader.done.connect(self._take_loaded)
        self.opener.done.connect(self.replace_frames)
        self.appraiser.done.connect(self._take_appraised)
        self.saver.done.connect(self._take_saved)
        self.recordings.failed.connect(self._tell_recording)
        self.trainer.errored.connect(self._note_failure)
        self.trainer.finished.connect(self._end_training)
        self.driver.finished.connect(self._end_drive)
        for worker in (self.trainer, self.driver, *self._answering):
            worker.errored.connect(self.errored)

    # Models and frames

    def open_model(self, path: str | Path) -> None:
        """Load a checkpoint; `modelChanged` or `errored` follows."""
        if self.trainer.is_running():
            # Its next snapshot would take the opened model's place within half a second.
            error = InputError("Stop the training before opening another model.")
            self.errored.emit(Failure(error, ""))
            return
        self.loader.submit((Path(path), self.device, SAMPLE_FRAMES))

    def open_frames(self, path: str | Path) -> None:
        """Open frames of any kind; `framesChanged` or `errored` follows."""
        self.opener.submit(Path(path))

    @Slot(object)
    def replace_frames(self, frames: Any) -> None:
        """Take other Frames; a running training goes on with those it has."""
        self.frames = frames
        self.framesChanged.emit()

    def grow_frames(self, more: Any) -> None:
        """Put Frames behind the open ones; a training on those draws from them all."""
        old, self.frames = self.frames, self.frames.grown(more)
        if self._lineage and self._lineage.frames is old:
            self._lineage.frames = self.frames
        self.framesGrown.emit()

    def save_model(self, path: str | Path) -> None:
        """Save the newest weights with their figures; `saved` or `errored` follows."""
        path = Path(path)
        learned = self.vae is not self.model.vae
        what = (
            (self.vae, self.history(), self._lineage.frames, path.stem) if learned else self.model
        )
        self.saver.submit((path, what))

    def explore(self, question: Question) -> None:
        """Ask for the picture of a z and what else is wished.

        `decoded` follows for the newest z, and `answered` for each part of it.
        """
        if self.vae is not None:
            self.decoder.submit((question, self.vae))

    def look(self, frame: np.ndarray) -> None:
        """Ask for the posterior and reconstruction of a frame; `looked` follows."""
        if (eye := self.eye()) is not None:
            self.looker.submit((frame, eye))

    def reconstruct(self, frames: np.ndarray) -> None:
        """Ask for the reconstructions of (n, H, W, 3) uint8 frames; `reconstructed` follows."""
        if (eye := self.eye()) is not None:
            self.reconstructor.submit((frames, eye))

    # Driving

    def drive(self) -> None:
        """Start the car; `driver.take()` then gives Observations, 50 a second."""
        self.steer(action=(0.0, 0.0, 0.0))
        self.driver.start(partial(jobs().drive, lambda: self.controls, self.eye, self.seed))
        self._share_cores()

    def steer(self, **wishes: Any) -> None:
        """Change what the driver wants: `action`, `autopilot`, `view_size`; see Controls."""
        self.controls = self.controls._replace(**wishes)

    @Slot()
    def restart(self) -> None:
        """Put the car back to the start of its track."""
        self.steer(restarts=self.controls.restarts + 1)

    # Training

    def train(self, values: dict[str, Any], fresh: bool) -> None:
        """Start training on the open frames; `take_training()` then gives TrainSteps.

        `values` are TrainConfig's; with `fresh` the weights start at random instead of at the
        current model's.
        """
        work = jobs()
        past = {} if fresh else self.history()
        curve = work.History.of(past)
        curve.commands.append(f"# trained in the window, on {self.frames.name}")
        self.config = work.TrainConfig(
            **values,
            latent_dim=self.vae.config.latent_dim,
            device=self.device,
            threads=self._trainer_threads(),
        )
        self._lineage, self._failed = Lineage(past, curve, self.frames, self.vae), False
        start = None if fresh else self.vae
        lineage = self._lineage  # whose frames may grow
        self.trainer.start(partial(work.run_training, self.config, lambda: lineage.frames, start))

    def retune(self, values: dict[str, Any]) -> None:
        """Change beta, free bits, learning rate, steps or threads of the running training."""
        self.config = replace(self.config, **values)
        self.trainer.send(self.config)

    def _share_cores(self) -> None:
        if self.trainer.is_running():
            self.retune({"threads": self._trainer_threads()})

    def _trainer_threads(self) -> int:
        """All cores, but while the car drives one less: its pictures and the window need one.

        On two cores: 220 images/s alone. While driving in the window 130 with both and 112 with
        one, but then a timer of 16 ms is 20 ms late at the 99th percentile instead of 30.
        """
        return max(1, cores() - 1) if self.driver.is_running() else cores()

    def take_training(self) -> list:
        """The TrainSteps since the last call; their newest snapshot becomes the current VAE."""
        records = self.trainer.take()
        for record in records:
            self._lineage.add(record, self.config.batch_size, self.vae)
            if record.snapshot is not None:
                self.vae = record.snapshot
        return records

    def trained_steps(self) -> int:
        """Steps of the running or last training that are in the current weights."""
        return self._lineage.steps if self._lineage else 0

    def history(self) -> dict[str, Any]:
        """What the current weights have been through, as a checkpoint's `training` tells it."""
        if self.trained_steps():
            return self._lineage.told(self.config)
        return dict(self.model.training) if self.model else {}

    # What the window asks

    def eye(self) -> Any:
        """The current VAE, if it can encode what is seen; else None."""
        vae = self.vae  # read once: the driver's thread asks too
        return vae if vae is not None and vae.encodes else None

    def recipe(self) -> str:
        """The name of how the current VAE's frames are made."""
        return self.vae.config.recipe

    def aspect(self) -> float:
        """Width by height of what the current VAE's pictures show."""
        return jobs().RECIPES[self.recipe()].aspect

    def device_name(self) -> str:
        """What the current VAE computes on, for a person."""
        return jobs().describe(self.vae.device) if self.vae is not None else "no model yet"

    @staticmethod
    def cores() -> int:
        """How many cores the program may use."""
        return cores()

    @staticmethod
    def is_users(error: Exception) -> bool:
        """Whether an error is one sentence about what a person brought, not a fault of ours."""
        return isinstance(error, ExplorerError)

    # Ending

    def adopt(
        self,
        worker: LatestWorker | GeneratorWorker,
        errored: Callable[[Failure], None] | None = None,
    ) -> LatestWorker | GeneratorWorker:
        """End another's worker with one's own, and tell its errors, or have `errored` told."""
        worker.setParent(self)
        worker.errored.connect(errored or self.errored)
        self._answering.append(worker)
        return worker

    def close(self) -> bool:
        """End every thread; False when one is still inside foreign code CLOSE_SECONDS later.

        A second call waits only for what is left of that time.
        """
        workers = (self.trainer, self.driver, *self._answering)
        for worker in workers:
            worker.close()
        self._deadline = self._deadline or time.monotonic() + CLOSE_SECONDS
        return all([worker.wait(max(0.0, self._deadline - time.monotonic())) for worker in workers])

    # What the workers answer

    @Slot(object)
    def _take_answer(self, answer: Answer) -> None:
        if answer.part == "picture":
            self.decoded.emit(answer.value)
        self.answered.emit(answer)

    def _take_model(self, model: Any, path: Path | None, measured: bool = True) -> None:
        self.model, self.vae = model, model.vae
        self.file, self.file_is_measured = path and path.absolute(), measured
        if self._lineage:
            self._lineage.steps = 0  # those before are in the model's own record
        self.modelChanged.emit()

    @Slot(object)
    def _take_loaded(self, answer: tuple[Path, Any, bool]) -> None:
        path, model, measured = answer
        if self.trainer.is_running():
            error = InputError(f"{model.name} was not opened, because training has begun.")
            self.errored.emit(Failure(error, ""))
        else:
            self._take_model(model, path, measured)

    @Slot(object)
    def _take_appraised(self, model: Any, path: Path | None = None) -> None:
        if model.vae is self.vae:  # neither trained on nor replaced in the meantime
            self._take_model(model, path)

    @Slot(object)
    def _take_look(self, answer: tuple[Any, Any]) -> None:
        observation, vae = answer
        if vae is self.vae:  # else the window asks again, of the one that took its place
            self.looked.emit(observation)

    @Slot(object)
    def _take_saved(self, answer: tuple[Path, Any]) -> None:
        path, model = answer
        self._take_appraised(model, path)
        self.saved.emit(str(path))

    @Slot(str)
    def _tell_recording(self, sentence: str) -> None:
        self.errored.emit(Failure(InputError(sentence), sentence))

    @Slot(object)
    def _note_failure(self, failure: Failure) -> None:
        self._failed = True

    @Slot()
    def _end_training(self) -> None:
        self.trainingEnded.emit()  # whoever draws the records takes the last of them now
        self.take_training()
        if self._failed:
            self.vae, self._lineage.steps = self._lineage.sound
            self.modelChanged.emit()
        if self.trained_steps():
            name = self.model.name.removesuffix("*") + "*"  # not saved yet
            self.appraiser.submit((self.vae, self.history(), self._lineage.frames, name))

    @Slot()
    def _end_drive(self) -> None:
        self.steer(recorder=None)
        self.recordings.frames()
        self._share_cores()
        self.drivingEnded.emit()


def jobs() -> ModuleType:
    return import_module("explorer.jobs")


def job(name: str) -> Callable[[Any], Any]:
    """That function of `explorer.jobs`, which is imported in the worker's thread."""
    return lambda request: getattr(jobs(), name)(request)
