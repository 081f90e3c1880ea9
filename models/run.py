"""A run in a folder of its own: each step of it is kept, and it goes on exactly where it ended.

It does not know how a step works, what is in its folder, nor who watches.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from models import bounds, checkpoint, curve, run_folder, run_frames, training_state
from models.checkpoint import Checkpoint
from models.curve import Curve
from models.dataset import Frames
from models.errors import DivergedError, InputError
from models.lineage import Lineage
from models.run_folder import BEST, STATE
from models.run_log import FACTS, Given, Run, RunLog, changes
from models.soundness import Soundness
from models.train import TrainConfig, TrainState, TrainStep, train

LISTED_SECONDS = 0.2  # to wait for who only looks whether the folder is held
OF_BEST = ", best"  # behind the name of a run in that of its best weights
CALMED = 0.25  # of the learning rate with which a run diverged, when it goes on


class Resumed(NamedTuple):
    """All that a run goes on from."""

    run: Run
    config: TrainConfig
    frames: Frames
    state: TrainState
    lineage: Lineage  # what is in the state
    curve: Curve  # up to it


def start(folder: Path, name: str) -> Run:
    """Make the folder of a new run; raises InputError where that cannot be."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}).") from error
    facts = {
        "name": name,
        "started": datetime.now().isoformat(timespec="seconds"),
        "newest": None,
        "best": None,
    }
    return Run(folder, run_folder.hold(folder), facts)


def resume(folder: Path, device: str = "auto", samples: Path | None = None) -> Resumed:
    """Take up a run where its kept state is; `record` then goes on.

    One that diverged goes on from its last sound state with the numbers of that time, or with
    CALMED of its learning rate where that is the one it diverged with. `samples` is where the
    program's sample frames are. Raises InputError.
    """
    if not run_folder.is_run(folder):
        raise InputError(f"{folder}: is no run.")
    lock = run_folder.hold(folder, LISTED_SECONDS)
    try:
        return _resume(folder, lock, device, samples)
    except BaseException:
        lock.release()
        raise


class Rest(NamedTuple):
    """Sent to `record` in place of a config while nobody wants a step: what is known is kept."""

    config: TrainConfig | None  # that counts from the next step on; None for the same


def best_of(folder: Path, samples: Path | None = None) -> tuple[Checkpoint, Frames | None]:
    """The weights of a run that held-out frames liked best, named after it, and its frames.

    None where these are gone; `samples` is where the program's sample frames are. Raises
    InputError.
    """
    best = checkpoint.load(folder / BEST)
    told = run_folder.read_record(folder)
    try:
        best = replace(best, name=f"{str(told['name']).removesuffix(OF_BEST)}{OF_BEST}")
        frames, _ = run_frames.reopen(told["frames"], samples)
    except InputError:
        frames = None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        path = folder / run_folder.RECORD
        raise InputError(f"{path}: is not the record of a run ({error!r}).") from error
    return best, frames


def _resume(
    folder: Path,
    lock: filelock.BaseFileLock,
    device: str,
    samples: Path | None,
) -> Resumed:
    # All of the state's own file: were the record of another moment, it would not fit the state.
    path = folder / STATE
    state, used, kept = training_state.load_kept(path, device)
    config = used
    try:
        told = kept["run"]
        if told["ended"] == "finished":
            raise InputError(f"{folder}: this run is finished; train on from its best model.")
        frames, first = run_frames.reopen(told["frames"], samples)
        lineage = Lineage.of(told["lineage"])
        wanted = bounds.checked(told["config"], path)
        facts = {name: told[name] for name in FACTS}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is not the state of a run ({error!r}).") from error
    if told["ended"] != "diverged":
        config = replace(wanted, device=device)  # it may have been changed after the last step
    elif wanted.learning_rate == used.learning_rate:
        config = replace(used, learning_rate=CALMED * used.learning_rate)
    latent_dim = state.vae.config.latent_dim
    try:
        for part in folder.glob(".*.part"):
            if not part.name.endswith(f".{os.getpid()}.part"):  # which is being written now
                part.unlink()  # of a program that was killed while it wrote
        curve.cut(folder, state.step, latent_dim)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error
    run = Run(folder, lock, facts)
    run.first, run.changed = first, changes(used, config)
    return Resumed(run, config, frames, state, lineage, curve.read(folder, latent_dim))


def record(
    run: Run,
    config: TrainConfig,
    frames: Given,
    state: TrainState,
    lineage: Lineage | None = None,
) -> Generator[TrainStep | None, TrainConfig | Rest | None, None]:
    """Train as `models.train.train` does, and keep all of it in the run's folder.

    It is saved at the start, each SAVE_SECONDS and at every end, a diverged run as it was when it
    still was sound. `lineage` is this program's own; nobody else may write into it. Raises
    InputError where the folder cannot be written, and DivergedError with the `sound` weights as
    soon as the run has blown up, be the loss a number or not.

    `send(Rest(config))` makes no step: it saves, and yields None.
    """
    try:
        log = RunLog(run, config, frames, state, lineage or Lineage({}))
        steps = train(config, log.frames, state)
        ended, wish = "failed", None
        try:
            while True:
                step = steps.send(wish)
                log.add(step)
                if log.soundness.has_blown_up:
                    raise DivergedError(_told(log.soundness, step.step, config))
                wish = yield from _shown(log, step)
                config = wish or config
        except StopIteration:
            ended = "finished"
        except GeneratorExit:
            # On a GPU some steps are done and not yet told.
            while log.step < state.step:
                log.add(next(steps))
            ended = "stopped"
            raise
        except DivergedError as error:
            ended, error.sound = "diverged", log.sound()
            raise
        finally:
            steps.close()  # an error's traceback would keep its threads
            log.end(ended)
    finally:
        run.release()


def _shown(log: RunLog, step: TrainStep) -> Generator[TrainStep | None, Any, TrainConfig | None]:
    """Yield a step, then rest as often as is wished; gives the config that counts from now on."""
    wanted, wish = None, (yield step)
    while True:
        config = wish.config if isinstance(wish, Rest) else wish
        if config is not None:
            log.change(config)
            wanted = config
        if not isinstance(wish, Rest):
            return wanted
        log.rest()
        wish = yield None


def _told(soundness: Soundness, step: int, config: TrainConfig) -> str:
    return (
        f"Training blew up at step {step}: its loss is {soundness.loss:.3g} and was "
        f"{soundness.lowest:.3g} (learning rate {config.learning_rate:g}, beta {config.beta:g})."
    )
