"""The run that is trained in the window: begun or taken up, its numbers, its snapshots, its end.

It does not know how a step works, what a run keeps, nor a single widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QObject, Signal, Slot

from explorer.job import job, jobs
from explorer.learned import Learned
from explorer.worker import Failure, LatestWorker

if TYPE_CHECKING:
    from explorer.session import Session

RUNS = platformdirs.user_data_path("latent-explorer") / "runs"


class TrainingRun(QObject):
    """The running training, or the last one; its snapshots become the session's VAE."""

    resumingChanged = Signal(bool)  # a kept run is being taken up
    resumed = Signal(object, object)  # the models.curve.Curve of the run that goes on, its Film
    ended = Signal()

    def __init__(self, session: Session, samples: Path):
        super().__init__(session)
        self._session = session
        self._samples = samples  # where the program's sample frames are
        self._trainer = session.trainer
        self.folder: Path | None = None
        self.config: Any = None  # TrainConfig
        self.occupied = ""  # why none may begin, a sentence; empty when one may
        self.is_resuming = False
        self._learned: Learned | None = None
        self._begun: tuple[Any, int] = None, 0  # the VAE it goes on from, and that one's steps
        self._origin = ""  # the name of the model that it began with
        self._sound: Any = None  # models.run_log.Sound of one that diverged
        self._best_wanted = False  # once it has ended
        self._resumer = session.adopt(
            LatestWorker("resumer", session.filmer.before(job("resume_run")))
        )
        self._resumer.done.connect(self._take_resumed)
        self._resumer.errored.connect(self._end_resuming)
        self._trainer.errored.connect(self._note_failure)
        self._trainer.finished.connect(self._end)

    # How it begins

    def is_busy(self) -> bool:
        """Whether one is trained, or is being taken up."""
        return self.is_resuming or self._trainer.is_running()

    def may_begin(self) -> bool:
        """Whether a training may begin; else the session's `errored` says why not."""
        why_not = self.occupied
        if self._trainer.is_running():
            why_not = "Stop the training before beginning another run."
        elif self.is_resuming:
            why_not = "A run is being taken up: try again in a moment."
        if why_not:
            self._session.refuse(why_not)
        return not why_not

    def train(self, values: dict[str, Any], fresh: bool) -> None:
        """Start a run on the open frames; `take` then gives TrainSteps.

        `values` are TrainConfig's; with `fresh` the weights start at random instead of at the
        current model's.
        """
        session, work = self._session, jobs()
        past = {} if fresh else session.history()
        note = f"# trained in the window, on {session.frames.name}"
        config = work.TrainConfig(
            **values,
            latent_dim=session.vae.config.latent_dim,
            device=session.device,
            threads=session.trainer_threads(),
        )
        origin = self._origin = "from scratch" if fresh else session.model.name.removesuffix("*")
        # With microseconds: two runs must not share a folder.
        folder = RUNS / datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")
        start = None if fresh else session.vae
        begun = work.Begun(folder, origin, start, work.lineage(past, note))
        self._learned = Learned(work.lineage(past, note), session.frames)
        self._start(folder, config, partial(work.run_training, begun))

    @Slot(object)
    def resume(self, folder: Path) -> None:
        """Go on with a run exactly where it ended; `resumed` or the session's `errored` follows."""
        if self.may_begin():
            self._set_resuming(True)
            self._resumer.submit((folder, self._session.device, self._samples))

    @Slot(object)
    def _take_resumed(self, answer: tuple[Any, Any, Any]) -> None:
        self.is_resuming = False  # `resumingChanged` follows when it is seen what it has come to
        up, model, film = answer
        if self._session.is_closing() or not self.may_begin():
            up.run.release()
        else:
            self._session.replace_frames(up.frames)
            self._session.take_model(model, None)
            self._origin = model.name.removesuffix("*")
            past = jobs().Lineage.of(up.lineage.record())  # the trainer's thread writes its own
            self._learned = Learned(past, up.frames, up.state.step, up.state.images)
            config = replace(up.config, threads=self._session.trainer_threads())
            self._start(up.run.folder, config, partial(jobs().go_on, up))
            self.resumed.emit(up.curve, film)
        self._set_resuming(False)

    @Slot(object)
    def _end_resuming(self, failure: Failure) -> None:
        self._set_resuming(False)

    def _set_resuming(self, on: bool) -> None:
        self.is_resuming = on
        self.resumingChanged.emit(on)

    def _start(self, folder: Path, config: Any, run: Callable[..., Any]) -> None:
        self.folder, self.config = folder, config
        self._sound, self._best_wanted = None, False
        learned = self._learned  # whose frames may grow
        self._begun = self._session.vae, learned.steps
        self._trainer.start(partial(run, config, lambda: learned.frames), jobs().Rest)

    # While it goes on

    def retune(self, values: dict[str, Any]) -> None:
        """Change beta, free bits, learning rate, steps or threads of the running training."""
        self.config = replace(self.config, **values)
        self._trainer.send(self.config)

    def take(self) -> list:
        """The TrainSteps since the last call; their newest snapshot becomes the session's VAE."""
        records = self._trainer.take()
        for record in records:
            self._learned.add(record, self.config.batch_size)
            if record.snapshot is not None:
                self._session.vae = record.snapshot
        return records

    def grow_frames(self, old: Any, new: Any) -> None:
        """Go on with the `new` Frames if it learns from the `old` ones."""
        if self._learned and self._learned.frames is old:
            self._learned.frames = new

    # What has come of it

    def frames(self) -> Any:
        """The Frames that it learns from."""
        return self._learned.frames

    def steps(self) -> int:
        """Steps of it that are in the current weights."""
        return self._learned.steps if self._learned else 0

    def told(self) -> dict[str, Any]:
        """All that went into the current weights, as a checkpoint's `training` tells it."""
        return self._learned.told(self.config)

    def forget(self) -> None:
        """Another model has taken the place of its weights, with a record of its own."""
        if self._learned:
            self._learned.forget()

    @Slot(object)
    def open_best(self, folder: Path) -> None:
        """Open the weights of a run that held-out frames liked best; as `open_model`."""
        self._session.open_model(folder / jobs().BEST)

    def take_best(self) -> None:
        """End the training and open its best weights, or those of the last one."""
        self._best_wanted = self._trainer.is_running()
        if self._best_wanted:
            self._trainer.stop()
        elif self.folder is not None:
            self.open_best(self.folder)

    @Slot(object)
    def _note_failure(self, failure: Failure) -> None:
        error = failure.error
        # Where its folder could not be written at the end, that is the error, and behind it is why.
        while error is not None and not isinstance(error, jobs().DivergedError):
            error = error.__context__
        self._sound = error and error.sound

    @Slot()
    def _end(self) -> None:
        self.ended.emit()  # whoever draws the records takes the last of them now
        self.take()
        session = self._session
        if self._sound is not None:
            self._go_back()
        if self.steps():
            name = self._origin + "*"  # not saved yet
            session.appraiser.submit((session.vae, session.history(), self.frames(), name))
        if self._best_wanted:
            self._best_wanted = False
            self.open_best(self.folder)

    def _go_back(self) -> None:
        """The weights that the run's folder has kept are the current ones."""
        vae, steps = self._begun
        if self._sound.step > steps:
            vae, steps = self._sound.vae, self._sound.step
        self._session.vae = vae
        self._learned.go_back(steps, self._sound.images)
        self._session.modelChanged.emit()
