"""What the program is doing: the current model, the frames, the driver's wishes, the workers.

It is the bridge to `models`, through `explorer.jobs`. It does not know a single widget, nor how a
run begins and ends; that is `explorer.training_run`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from explorer.job import job, jobs
from explorer.question import Answer, Question
from explorer.recordings import Recordings
from explorer.training_run import TrainingRun
from explorer.worker import Failure, GeneratorWorker, LatestWorker, RefiningWorker, Worker
from models.controls import Controls
from models.errors import ExplorerError, InputError
from models.lesson import LESSONS, Lesson
from models.machine import cores

ROOT = Path(__file__).parent.parent  # where the commands are typed
RESOURCES = ROOT / "resources"
BUNDLED_MODEL = RESOURCES / "carracing.safetensors"
SAMPLE_FRAMES = RESOURCES / "frames.npz"

KEPT_OBSERVATIONS = 16  # a third of a second of driving, should the window be busy
CLOSE_SECONDS = 2.5  # for all threads together, when the window closes
WRITE_SECONDS = 15  # for those whose file would be lost; a film is 100 MB


class Standing(NamedTuple):
    """A current model, to come back to."""

    model: Any  # a Checkpoint
    file: Path | None  # that it is in
    file_is_measured: bool  # its figures are in that file as well


class Session(QObject):
    """State and workers; every attribute is replaced by assignment, never written into."""

    modelChanged = Signal()
    framesChanged = Signal()
    framesGrown = Signal()  # there are more behind those there were
    drivingEnded = Signal()
    decoded = Signal(object)  # the picture of the newest z, (H, W, 3) uint8
    answered = Signal(object)  # an Answer to `explore`
    looked = Signal(object)  # an Observation of a frame given to `look`
    saved = Signal(str)  # the path
    errored = Signal(object)  # a Failure

    def __init__(self, device: str = "auto", seed: int = 0, parent: QObject | None = None):
        super().__init__(parent)
        self.device = device
        self.seed = seed
        self.model: Any = None  # the Checkpoint that was loaded, appraised or saved last
        self.vae: Any = None  # the newest snapshot; decodes and perceives
        self.directions: tuple = ()  # models.direction.Direction each, of the current model
        self.frames: Any = None  # the Frames to train on
        self.openings = 0  # models that took another's place and did not grow from it
        self.file: Path | None = None  # the file that `model` is in
        self.file_is_measured = False  # its figures are in that file as well
        self.controls = Controls(seed=seed)
        self.recordings = Recordings(
            lambda folder: jobs().Recorder(folder),
            lambda recorder: self.steer(recorder=recorder),
            lambda: self.controls.recorder,
            self,
        )
        self._looked_away = 0  # how often
        self._closing_since: float | None = None
        self.trainer = GeneratorWorker("trainer", parent=self)
        self.driver = GeneratorWorker("driver", KEPT_OBSERVATIONS, parent=self)
        self.decoder = RefiningWorker("decoder", job("explore"), parent=self)
        self.looker = LatestWorker("looker", job("look"), parent=self)
        self.loader = LatestWorker("loader", job("load_model"), parent=self)
        self.opener = LatestWorker("opener", job("load_frames"), parent=self)
        self.appraiser = LatestWorker("appraiser", job("appraise"), parent=self)
        self.saver = LatestWorker("saver", job("save"), every=True, parent=self)
        self.filmer = LatestWorker("film keeper", job("keep_film"), every=True, parent=self)
        self._answering = self.findChildren(LatestWorker)
        self._connect()
        self.run = TrainingRun(self, SAMPLE_FRAMES)  # the running or last one

    def _connect(self) -> None:
        self.decoder.done.connect(self._take_answer)
        self.looker.done.connect(self._take_look)
        self.loader.done.connect(self._take_loaded)
        self.opener.done.connect(self.replace_frames)
        self.appraiser.done.connect(self._take_appraised)
        self.saver.done.connect(self._take_saved)
        self.recordings.failed.connect(self.refuse)
        self.driver.finished.connect(self._end_drive)
        for worker in (self.trainer, self.driver, *self._answering):
            worker.errored.connect(self.errored)

    # Models and frames

    def open_model(self, path: str | Path) -> None:
        """Load a checkpoint; `modelChanged` or `errored` follows."""
        if self.run.is_busy():
            # Its next snapshot would take the opened model's place within half a second.
            self.refuse("Stop the training before opening another model.")
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
        self.run.grow_frames(old, self.frames)
        self.framesGrown.emit()

    def save_model(self, path: str | Path) -> None:
        """Save the newest weights, their figures and directions; `saved` or `errored` follows."""
        path = Path(path)
        learned = self.vae is not self.model.vae
        what = (self.vae, self.history(), self.run.frames(), path.stem) if learned else self.model
        self.saver.submit((path, what, self.directions))

    def standing(self) -> Standing:
        """The current model, for `stand` to come back to."""
        return Standing(self.model, self.file, self.file_is_measured)

    def stand(self, standing: Standing) -> None:
        """Make that the current model while nothing is trained; `modelChanged` follows."""
        self.take_model(*standing)

    def explore(self, question: Question) -> None:
        """Ask for the picture of a z and what else is wished.

        `decoded` follows for the newest z, and `answered` for each part of it.
        """
        if self.vae is not None:
            self.decoder.submit((question, self.vae))

    def look(self, frame: np.ndarray, given: np.ndarray | None = None) -> None:
        """Ask for the posterior and reconstruction of a frame; `looked` follows.

        `given` is the same as the current VAE's recipe makes it, where that is at hand.
        """
        if (eye := self.eye()) is not None:
            self.looker.submit((self._looked_away, frame, given, eye, self.controls.sampled))

    def look_away(self) -> None:
        """What was given to `look` is wanted no more."""
        self._looked_away += 1

    # Driving

    def drive(self) -> None:
        """Start the car; `driver.take()` then gives Observations, 50 a second."""
        self.steer(action=(0.0, 0.0, 0.0))
        self.driver.start(partial(jobs().drive, lambda: self.controls, self.eye))
        self._share_cores()

    def steer(self, **wishes: Any) -> None:
        """Change what the person wants of the drive; see Controls."""
        self.controls = self.controls._replace(**wishes)

    @Slot()
    def restart(self) -> None:
        """Put the car back to the start of its track."""
        self.steer(restarts=self.controls.restarts + 1)

    # What is trained

    def history(self) -> dict[str, Any]:
        """What the current weights have been through, as a checkpoint's `training` tells it."""
        if self.run.steps():
            return self.run.told()
        return dict(self.model.training) if self.model else {}

    @staticmethod
    def lessons() -> tuple[Lesson, ...]:
        """The failures that can be brought about on purpose."""
        return LESSONS

    def lesson(self, lesson: Lesson) -> Callable[[], Generator]:
        """What a GeneratorWorker runs to break a copy of the current model; see `teach`."""
        return partial(
            jobs().teach, lesson, self.vae, self.frames, self.device, self.trainer_threads
        )

    def trainer_threads(self) -> int:
        """All cores, but while the car drives one less: its pictures and the window need one.

        On two cores: 220 images/s alone. While driving in the window 130 with both and 112 with
        one, but then a timer of 16 ms is 20 ms late at the 99th percentile instead of 30.
        """
        return max(1, cores() - 1) if self.driver.is_running() else cores()

    def _share_cores(self) -> None:
        if self.trainer.is_running():
            self.run.retune({"threads": self.trainer_threads()})

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

    def is_closing(self) -> bool:
        """Whether the threads are to end."""
        return self._closing_since is not None

    def close(self) -> bool:
        """End every thread; False when one is still inside foreign code CLOSE_SECONDS later.

        What is being written has WRITE_SECONDS. A second call waits only for what is left of that
        time.
        """
        writing = [self.saver, self.filmer]
        if self.recordings.being_written():
            writing.append(self.driver)  # its last frames go to the disk when it ends
        workers = (self.trainer, self.driver, *self._answering)
        for worker in workers:
            worker.close()
        begun = self._closing_since = self._closing_since or time.monotonic()

        def ended(worker: Worker) -> bool:
            seconds = WRITE_SECONDS if worker in writing else CLOSE_SECONDS
            return worker.wait(max(0.0, begun + seconds - time.monotonic()))

        return all([ended(worker) for worker in workers])

    # What the workers answer

    @Slot(object)
    def _take_answer(self, answer: Answer) -> None:
        if answer.part == "picture":
            self.decoded.emit(answer.value)
        self.answered.emit(answer)

    def take_model(self, model: Any, path: Path | None, measured: bool = True) -> None:
        """Make a Checkpoint from a file, None for none, the current model."""
        self.openings += model.vae is not self.vae
        self.model, self.vae = model, model.vae
        self.file, self.file_is_measured = path and path.absolute(), measured
        self.run.forget()
        self.modelChanged.emit()

    @Slot(object)
    def _take_loaded(self, answer: tuple[Path, Any, bool]) -> None:
        path, model, measured = answer
        if self.trainer.is_running():
            self.refuse(f"{model.name} was not opened, because training has begun.")
        else:
            self.take_model(model, path, measured)

    @Slot(object)
    def _take_appraised(self, model: Any, path: Path | None = None) -> None:
        if model.vae is self.vae:  # neither trained on nor replaced in the meantime
            self.take_model(model, path)

    @Slot(object)
    def _take_look(self, answer: tuple[int, Any, Any]) -> None:
        when, observation, vae = answer
        # If it was another VAE, the window asks again, of the one that took its place.
        if vae is self.vae and when == self._looked_away:
            self.looked.emit(observation)

    @Slot(object)
    def _take_saved(self, answer: tuple[Path, Any]) -> None:
        path, model = answer
        self._take_appraised(model, path)
        self.saved.emit(str(path))

    @Slot(str)
    def refuse(self, sentence: str) -> None:
        """Tell a person why something is not done; `errored` follows."""
        self.errored.emit(Failure(InputError(sentence), ""))

    @Slot()
    def _end_drive(self) -> None:
        self.recordings.record(False)
        self.recordings.frames()
        self._share_cores()
        self.drivingEnded.emit()
