"""What a run under way keeps in its folder: at its start, each minute, in a pause and at its end.

It does not know how a step works, nor how a run is taken up again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import filelock
import numpy as np

from models import checkpoint, curve, run_folder, run_frames, training_state
from models.checkpoint import Checkpoint
from models.curve import Curve
from models.dataset import Frames
from models.errors import InputError
from models.facts import facts
from models.lineage import Lineage
from models.run_folder import BEST, FORMAT, STATE, Test
from models.soundness import Soundness
from models.train import TrainConfig, TrainState, TrainStep
from models.training_state import TakenState
from models.vae import VAE

SAVE_SECONDS = 60
SOUND_SECONDS = 5  # between two states that a diverged run may fall back to; a copy costs 30 ms
FACTS = ("name", "started", "newest", "best")
UNMARKED = {"threads", "device", "snapshot_seconds"}
"""Fields of TrainConfig that say how a run is carried out, not what comes of it."""

Given = Frames | np.ndarray | Callable[[], Frames]


class Run:
    """A run's folder, held by this program alone until it is recorded or released."""

    def __init__(self, folder: Path, lock: filelock.BaseFileLock, facts: dict[str, Any]):
        self.folder = folder
        self.release = lock.release
        self.facts = facts  # FACTS
        self.first: Frames | None = None  # whose held-out part the tests are on
        self.changed: list[str] = []  # numbers that are others from the next step on


class Sound(NamedTuple):
    """The last weights of a run that were sound: those that its folder keeps when it diverges."""

    vae: VAE  # frozen, averaged weights
    step: int
    images: int


class RunLog:
    """What a run under way has shown since it was saved last."""

    def __init__(
        self, run: Run, config: TrainConfig, frames: Given, state: TrainState, lineage: Lineage
    ):
        self._run, self._state, self._lineage = run, state, lineage
        self._config = self._used = config  # as wished now; that the newest step was made with
        given = Frames([frames]) if isinstance(frames, np.ndarray) else frames
        self._newest = given if callable(given) else lambda: given
        self._first = run.first or self._newest()
        self._frames: Frames | None = None  # that training took last
        self._count = len(self._newest())  # of them, as far as is noted
        self._noted: dict[str, Any] = {}
        self._rows: list[TrainStep] = []
        self._changes = [(state.step + 1, text) for text in run.changed]
        self._best: Checkpoint | None = None  # not written yet
        self.step = state.step
        self._rested: tuple[int, TrainConfig] | None = None  # what was known at the last rest
        self._saved_at = self._taken_at = time.perf_counter()
        self.frames()
        known = facts(self._first, config, state.vae.shape)
        self.soundness = Soundness(known.mean_image_error)
        self._waiting: _Taken | None = None  # until the loss of its weights is seen
        self._sound = self.take()
        self._save(self._sound, "running")
        self._frames = None

    def frames(self) -> Frames:
        """What training takes: at first what it began with, on which its tests are, then all."""
        frames = self._first if self._frames is None else self._newest()
        if frames is not self._frames:
            # A run that is taken up begins with its first frames, but knows the later ones too.
            if self._frames is not None and len(frames) != self._count:
                counts = ["frames", self._count, len(frames)]
                self._changes.append((self.step + 1, json.dumps(counts)))
                self._count = len(frames)
            self._frames, self._noted = frames, run_frames.note(frames, self._first)
        return frames

    def change(self, config: TrainConfig) -> None:
        """Take note of other numbers from the next step on."""
        self._changes += [(self.step + 1, text) for text in changes(self._config, config)]
        self._config = config

    def add(self, step: TrainStep) -> None:
        """Take note of a step, and save when it is time."""
        state = self._state
        self._used, self.step = self._config, step.step
        self._rows.append(step._replace(snapshot=None))
        self._lineage.add(step, state.images)
        if step.held_out is not None:
            self._judge(step)
        self.soundness.add(step)
        now = time.perf_counter()
        if self._waiting is not None:
            taken, self._waiting = self._waiting, None
            # The loss is that of the weights before the step, which is to say: of these.
            if self.soundness.is_calm:
                self._sound = taken
            if now - self._saved_at > SAVE_SECONDS:
                self._saved_at = now
                with suppress(InputError):  # tried again, and told at the end
                    self._save(taken, "running")
        if state.step == step.step and now - self._taken_at > SOUND_SECONDS:
            self._waiting, self._taken_at = self.take(), now

    def rest(self) -> None:
        """Save while no step is made, should there be a step or a number since the last rest."""
        if (self.step, self._config) == self._rested:
            return
        # On a GPU the weights may be of steps that are not told yet.
        told = self._state.step == self.step and self.soundness.is_calm
        taken = self.take() if told else self._sound
        taken.record["config"] = asdict(self._config)
        with suppress(InputError):  # tried again, and told at the end
            self._save(taken, "running")
            self._rested = self.step, self._config

    def end(self, ended: str) -> None:
        """Save what is to stay; of a run that failed its last sound state."""
        taken = self.take() if ended in ("stopped", "finished") else self._sound
        if not taken.state.is_finite():
            taken = self._sound
        taken.record["config"] = asdict(self._config)
        self._save(taken, ended)
        self._write_curve(self.step)

    def sound(self) -> Sound:
        """The weights that a diverged run goes back to."""
        taken = self._sound
        vae = VAE(self._state.vae.config)
        vae.load_state_dict(taken.state.average())
        vae = vae.to(self._state.vae.device).frozen()
        return Sound(vae, taken.record["step"], taken.record["images"])

    def take(self) -> _Taken:
        """A copy of all that is to be kept as it is now."""
        state = self._state
        record = {
            "format": FORMAT,
            **self._run.facts,
            "step": state.step,
            "images": state.images,
            "seconds": state.seconds,
            "config": asdict(self._config),
            "frames": self._noted,
            "lineage": self._lineage.record(),
        }
        return _Taken(training_state.take(state, self._used), record)

    def _judge(self, step: TrainStep) -> None:
        state, tested = self._state, step.held_out
        facts = self._run.facts
        facts["newest"] = Test(step.step, tested.recon_loss, float(tested.kl.sum()))
        if state.best_step != step.step:
            return
        facts["best"] = facts["newest"]
        told = self._lineage.told(self._used, self._frames, state.step, state.images)
        self._best = Checkpoint(state.average.frozen().cpu(), told, {}, None)

    def _save(self, taken: _Taken, ended: str) -> None:
        # In this order, so that the state never is ahead of the curve that led to it.
        folder, step = self._run.folder, taken.record["step"]
        if not taken.state.is_finite():
            return
        self._write_curve(step)
        if self._best is not None:
            checkpoint.save(folder / BEST, self._best)
            self._best = None
        taken.state.record["run"] = record = taken.record | {"ended": ended}
        training_state.save_taken(folder / STATE, taken.state)
        with _told(folder):
            run_folder.write_record(folder, record)

    def _write_curve(self, until: int) -> None:
        rows = [row for row in self._rows if row.step <= until]
        if not rows:
            return
        changed = [change for change in self._changes if change[0] <= until]
        with _told(self._run.folder):
            curve.write(self._run.folder, Curve.of(rows, changed, len(rows[0].kl)))
        self._rows = self._rows[len(rows) :]
        self._changes = self._changes[len(changed) :]


class _Taken(NamedTuple):
    """A run as it was at one step."""

    state: TakenState
    record: dict[str, Any]


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error


def changes(old: TrainConfig, new: TrainConfig) -> list[str]:
    """Each number that is another in `new`, as JSON: its name in TrainConfig, old and new value."""
    before, after = asdict(old), asdict(new)
    turned = [name for name in before if before[name] != after[name] and name not in UNMARKED]
    return [json.dumps([name, before[name], after[name]]) for name in turned]
