"""What the program is doing: the current model, the frames, the driver's wishes, the workers.

It is the only bridge to `models`, reached through `explorer.jobs`, which a worker thread imports
once the window is on screen: torch takes two seconds. It does not know a single widget.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import platformdirs
from PySide6.QtCore import QObject, Signal, Slot

from explorer.worker import Failure, GeneratorWorker, LatestWorker
from models.controls import Controls
from models.errors import ExplorerError, InputError
from models.machine import cores

RESOURCES = Path(__file__).parent.parent / "resources"
BUNDLED_MODEL = RESOURCES / "carracing.safetensors"
SAMPLE_FRAMES = RESOURCES / "frames.npz"
DRIVES = platformdirs.user_data_path("latent-explorer") / "drives"

KEPT_OBSERVATIONS = 16  # a third of a second of driving, should the window be busy
BLOWN_UP = 10.0  # times the lowest loss: what follows is a divergence, not a noisy batch
CLOSE_SECONDS = 2.5  # for all threads together, when the window closes


class Session(QObject):
    """State and workers; every attribute is replaced by assignment, never written into."""

    modelChanged = Signal()
    framesChanged = Signal()
    recordingChanged = Signal(object)  # the folder of a recording that ended, None if it is empty
    trainingEnded = Signal()
    drivingEnded = Signal()
    decoded = Signal(object)  # the picture of the newest z, (H, W, 3) uint8
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
        self.config: Any = None  # TrainConfig of the running or last training
        self.controls = Controls()
        self.recording: Path | None = None  # the last finished one
        self._recorders: list = []  # running, or ended and not yet noticed
        self._past: dict[str, Any] = {}  # what the weights a training started from had seen
        self._curve: Any = None  # the History of what the running or last training leads to
        self._studied: Any = None  # the Frames of the running or last training
        self._steps = 0  # of the running or last training that are in the current weights
        # The newest weights, and their steps, before a blow-up.
        self._sound: tuple[Any, int] = (None, 0)
        self._lowest = math.inf  # loss of the running or last training
        self._failed = False  # the running or last training raised
        self._deadline: float | None = None  # of closing
        self.trainer = GeneratorWorker("trainer", parent=self)
        self.driver = GeneratorWorker("driver", KEPT_OBSERVATIONS, parent=self)
        self.decoder = LatestWorker("decoder", _job("decode"), parent=self)
        self.looker = LatestWorker("looker", _job("look"), parent=self)
        self.reconstructor = LatestWorker("reconstructor", _job("reconstruct"), parent=self)
        self.loader = LatestWorker("loader", _job("load_model"), parent=self)
        self.opener = LatestWorker("opener", _job("load_frames"), parent=self)
        self.appraiser = LatestWorker("appraiser", _job("appraise"), parent=self)
        self.saver = LatestWorker("saver", _job("save"), every=True, parent=self)
        self._answering = self.findChildren(LatestWorker)
        self._connect()

    def _connect(self) -> None:
        self.decoder.done.connect(self.decoded)
        self.looker.done.connect(self.looked)
        self.reconstructor.done.connect(self.reconstructed)
        self.loader.done.connect(self._take_loaded)
        self.opener.done.connect(self._take_frames)
        self.appraiser.done.connect(self._take_appraised)
        self.saver.done.connect(self._take_saved)
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

    def save_model(self, path: str | Path) -> None:
        """Save the newest weights with their figures; `saved` or `errored` follows."""
        path = Path(path)
        learned = self.vae is not self.model.vae
        what = (self.vae, self.history(), self._studied, path.stem) if learned else self.model
        self.saver.submit((path, what))

    @Slot(object)
    def decode(self, z: np.ndarray) -> None:
        """Ask for the picture of z, (latent_dim,); `decoded` follows for the newest z."""
        if self.vae is not None:
            self.decoder.submit((z, self.vae))

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
        self.driver.start(partial(_jobs().drive, lambda: self.controls, self.eye, self.seed))
        self._share_cores()

    def steer(self, **wishes: Any) -> None:
        """Change what the driver wants: `action`, `autopilot`, `view_size`; see Controls."""
        self.controls = self.controls._replace(**wishes)

    @Slot()
    def restart(self) -> None:
        """Put the car back to the start of its track."""
        self.steer(restarts=self.controls.restarts + 1)

    @Slot(bool)
    def record(self, on: bool) -> None:
        """Start or end a recording of the drive; `recordingChanged` follows its end."""
        if not on:
            self.steer(recorder=None)
            return
        # With hundredths: two recordings must not share a folder.
        folder = DRIVES / datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")[:-4]
        self._recorders.append(_jobs().Recorder(folder))
        self.steer(recorder=self._recorders[-1])

    def recorded_frames(self) -> int | None:
        """Frames of the running recording, None without one; takes note of those that ended."""
        for recorder in self._recorders:
            # One that is switched off before the driver saw it is never closed.
            unseen = not recorder.frames and self.controls.recorder is not recorder
            if recorder.closed or unseen:
                self._end_recording(recorder)
        return self._recorders[-1].frames if self._recorders else None

    def _end_recording(self, recorder: Any) -> None:
        self._recorders = [other for other in self._recorders if other is not recorder]
        if self.controls.recorder is recorder:
            self.steer(recorder=None)
        if recorder.frames:
            self.recording = recorder.folder
        if recorder.error:
            self.errored.emit(Failure(InputError(recorder.error), recorder.error))
        self.recordingChanged.emit(recorder.folder if recorder.frames else None)

    # Training

    def train(self, values: dict[str, Any], fresh: bool) -> None:
        """Start training on the open frames; `take_training()` then gives TrainSteps.

        `values` are TrainConfig's; with `fresh` the weights start at random instead of at the
        current model's.
        """
        jobs = _jobs()
        self._past = {} if fresh else self.history()
        self._curve = jobs.History.of(self._past)
        self._curve.commands.append(f"# trained in the window, on {self.frames.name}")
        self.config = jobs.TrainConfig(
            **values,
            latent_dim=self.vae.config.latent_dim,
            device=self.device,
            threads=self._trainer_threads(),
        )
        self._steps, self._studied = 0, self.frames
        self._sound, self._lowest, self._failed = (self.vae, 0), math.inf, False
        start = None if fresh else self.vae
        self.trainer.start(partial(jobs.run_training, self.config, self.frames, start))

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
            steps, images = self._seen(record.step)
            self._curve.add(record._replace(step=steps), images)
            loss = record.recon_loss + record.kl.sum()
            self._lowest = min(self._lowest, loss)
            # The loss is that of the weights before the step, so it speaks for earlier snapshots.
            if loss < BLOWN_UP * self._lowest:
                self._sound = self.vae, self._steps
            if record.snapshot is not None:
                self.vae, self._steps = record.snapshot, record.step
        return records

    def trained_steps(self) -> int:
        """Steps of the running or last training that are in the current weights."""
        return self._steps

    def history(self) -> dict[str, Any]:
        """What the current weights have been through, as a checkpoint's `training` tells it."""
        if self._steps == 0:
            return dict(self.model.training) if self.model else {}
        steps, images = self._seen(self._steps)
        told = {
            "steps": steps,
            "images": images,
            "frames": len(self._studied),
            "data": self._studied.name,
        }
        return asdict(self.config) | told | self._curve.until(steps).record()

    def _seen(self, steps: int) -> tuple[int, int]:
        """Steps and images behind the weights `steps` into the running or last training."""
        past = self._past
        return (
            past.get("steps", 0) + steps,
            past.get("images", 0) + steps * self.config.batch_size,
        )

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
        return _jobs().RECIPES[self.recipe()].aspect

    def device_name(self) -> str:
        """What the current VAE computes on, for a person."""
        return _jobs().describe(self.vae.device) if self.vae is not None else "no model yet"

    @staticmethod
    def cores() -> int:
        """How many cores the program may use."""
        return cores()

    @staticmethod
    def is_users(error: Exception) -> bool:
        """Whether an error is one sentence about what a person brought, not a fault of ours."""
        return isinstance(error, ExplorerError)

    # Ending

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
    def _take_model(self, model: Any) -> None:
        self.model, self.vae = model, model.vae
        self._steps = 0
        self.modelChanged.emit()

    @Slot(object)
    def _take_loaded(self, model: Any) -> None:
        if self.trainer.is_running():
            error = InputError(f"{model.name} was not opened, because training has begun.")
            self.errored.emit(Failure(error, ""))
        else:
            self._take_model(model)

    @Slot(object)
    def _take_appraised(self, model: Any) -> None:
        if model.vae is self.vae:  # neither trained on nor replaced in the meantime
            self._take_model(model)

    @Slot(object)
    def _take_frames(self, frames: Any) -> None:
        self.frames = frames
        self.framesChanged.emit()

    @Slot(object)
    def _take_saved(self, answer: tuple[Path, Any]) -> None:
        path, model = answer
        self._take_appraised(model)
        self.saved.emit(str(path))

    @Slot(object)
    def _note_failure(self, failure: Failure) -> None:
        self._failed = True

    @Slot()
    def _end_training(self) -> None:
        self.trainingEnded.emit()  # whoever draws the records takes the last of them now
        self.take_training()
        if self._failed:
            self.vae, self._steps = self._sound
            self.modelChanged.emit()
        if self._steps:
            name = self.model.name.removesuffix("*") + "*"  # not saved yet
            self.appraiser.submit((self.vae, self.history(), self._studied, name))

    @Slot()
    def _end_drive(self) -> None:
        self.steer(recorder=None)
        self.recorded_frames()
        self._share_cores()
        self.drivingEnded.emit()


def _jobs() -> ModuleType:
    return import_module("explorer.jobs")


def _job(name: str) -> Callable[[Any], Any]:
    """That function of `explorer.jobs`, which is imported in the worker's thread."""
    return lambda request: getattr(_jobs(), name)(request)
