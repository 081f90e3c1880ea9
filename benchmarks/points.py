"""The points of the rate-distortion curves: what each is, from the first step to its figures.

It does not know how the points are shown, nor what else runs beside one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, NamedTuple

from benchmarks import published
from models import checkpoint, command, dataset, train_command, training_state
from models.dataset import Frames
from models.device import computes_in_bfloat16, pick_device
from models.errors import DivergedError, InputError
from models.evaluate import evaluate
from models.shards import write_atomically
from models.train import TrainConfig, TrainState, TrainStep, progress_of, train
from models.vae import VAE

OURS = TrainConfig(
    beta=1.0,
    kl_floor_from=24.0,
    kl_floor_hold=0.6,
    learning_rate=4e-3,
    bfloat16=computes_in_bfloat16(),
)
"""How our family is trained; a point adds its KL floor, the run its steps and its device.

With this beta the rate arrives at the floor. While the floor is held the points are one and the
same run, which is therefore done once: the trunk.
"""

SAVE_SECONDS = 60
MAY_CHANGE = {"device", "threads"}  # settings that make no other model


class Job(NamedTuple):
    """What all points of a comparison share."""

    frames: Path  # to train on
    test: Path  # frames to evaluate on
    images: int  # that each point is shown, rounded up to whole batches
    out: Path  # folder of the points' files
    device: str = "auto"
    threads: int | None = None  # of each point; None for one a core


class Row(NamedTuple):
    """A trained model and what it does on the test frames."""

    name: str
    family: str
    kl_floor: float | None  # nats
    images: int  # shown in training
    parameters: int
    kl: float  # nats per frame
    psnr_mu: float  # dB
    psnr_sample: float  # dB
    active_units: int


@dataclass(frozen=True)
class Ours:
    """Our network, objective and trainer, with a floor under the KL's batch mean."""

    kl_floor: float  # nats per image
    family: ClassVar[str] = "ours"
    suffix: ClassVar[str] = ".safetensors"

    def config(self, job: Job) -> TrainConfig:
        """All that the training follows from."""
        steps = _batches(job.images, OURS.batch_size)
        return replace(
            OURS, kl_floor=self.kl_floor, steps=steps, device=job.device, threads=job.threads
        )

    def state(self, config: TrainConfig, kept: Path) -> TrainState:
        """The state in the file `kept`, or the trunk's, or the first one."""
        trunk = file_of(TRUNK, kept.parent)
        begun = next((path for path in (kept, trunk) if path.exists()), None)
        state = training_state.load(begun, config) if begun else TrainState.start(config)
        if (typed := command.typed("benchmarks")) not in state.history.commands:
            state.history.commands.append(typed)
        return state

    def train(self, config: TrainConfig, frames: Frames, state: TrainState) -> Iterator[TrainStep]:
        """A record after each batch; the state goes along."""
        return train(config, frames, state)

    def save(self, kept: Path, state: TrainState, config: TrainConfig) -> None:
        """Write what `state` reads."""
        training_state.save(kept, state, config)

    def finish(self, path: Path, config: TrainConfig, frames: Frames, state: TrainState) -> None:
        """Write what `load` reads."""
        train_command.finish(path, config, frames, state)

    def load(self, path: Path) -> VAE:
        """The finished model."""
        return checkpoint.load(path).vae


@dataclass(frozen=True)
class Trunk(Ours):
    """What the points of our family begin with: a state, not yet a model."""

    def train(self, config: TrainConfig, frames: Frames, state: TrainState) -> Iterator[TrainStep]:
        """As for a point, as long as the floor is held."""
        records = train(config, frames, state)
        while progress_of(config, state) < config.kl_floor_hold:
            yield next(records)

    def finish(self, path: Path, config: TrainConfig, frames: Frames, state: TrainState) -> None:
        """Write the state that the points go on from."""
        training_state.save(path, state, config)


@dataclass(frozen=True)
class Published:
    """The published network, objective and trainer, with a floor under each image's KL.

    Its methods are those of `Ours`.
    """

    kl_floor: float  # nats per image
    family: ClassVar[str] = "published"
    suffix: ClassVar[str] = ".pt"

    def config(self, job: Job) -> published.Config:
        steps = _batches(job.images, published.Config.batch_size)
        return published.Config(
            steps, kl_floor=self.kl_floor, held_out=OURS.held_out, device=job.device
        )

    def state(self, config: published.Config, kept: Path) -> published.State:
        return published.load(kept, config) if kept.exists() else published.State.start(config)

    def train(
        self, config: published.Config, frames: Frames, state: published.State
    ) -> Iterator[TrainStep]:
        return published.train(config, frames, state)

    def save(self, kept: Path, state: published.State, config: published.Config) -> None:
        published.save(kept, state)

    def finish(
        self, path: Path, config: published.Config, frames: Frames, state: published.State
    ) -> None:
        published.save(path, state)

    def load(self, path: Path) -> VAE:
        return published.load(path, published.Config(steps=0, device="cpu")).vae.frozen()


Point = Ours | Trunk | Published

POINTS: dict[str, Point] = {
    "ours-8": Ours(8),
    "ours-12": Ours(12),
    "ours-16": Ours(15.4),  # on tracks never trained on the rate is a little higher than the floor
    "ours-24": Ours(24),
    "ours-32": Ours(32),
    "published-8": Published(8),
    "published-16": Published(16),  # as it was published
    "published-24": Published(24),
    "published-32": Published(32),
}
"""By name, which tells the rate that a point is meant for."""

TRUNK = "ours-trunk"
_STAGES: dict[str, Point] = POINTS | {TRUNK: Trunk(OURS.kl_floor_from)}


def file_of(name: str, out: Path) -> Path:
    """The file of the point of that name, or of the trunk; it is there once that is finished."""
    return out / (name + _STAGES[name].suffix)


def wants_trunk(names: Sequence[str], out: Path) -> bool:
    """Whether one of the points still has to begin with the trunk."""
    paths = {name: file_of(name, out) for name in names if isinstance(POINTS[name], Ours)}
    return not all(path.exists() or _kept(name, path).exists() for name, path in paths.items())


def measure(name: str, job: Job, stopped: Callable[[], bool] = lambda: False) -> Row | None:
    """Train the point, or go on where it was stopped, or find it finished; then evaluate it.

    When `stopped()` is true after a batch, the state is saved and nothing returned; of the trunk
    there is nothing to return. Raises InputError for files that do not fit.
    """
    point, path = _STAGES[name], file_of(name, job.out)
    config = point.config(job)
    frames = dataset.load(job.frames)
    _claim(job.out / f"{name}.json", _settings(config, frames))
    if not path.exists() and not _fit(name, point, config, frames, path, stopped):
        return None
    if name == TRUNK:
        return None
    vae = point.load(path).to(pick_device(job.device))
    images = config.steps * config.batch_size
    return row(name, point.family, point.kl_floor, images, vae, dataset.load(job.test))


def row(name: str, family: str, kl_floor: float | None, images: int, vae: VAE, test: Frames) -> Row:
    """Evaluate a model on the test frames, at its own size."""
    figures = evaluate(vae, test).figures()
    parameters = sum(parameter.numel() for parameter in vae.parameters())
    told = {key: figures[key] for key in ("kl", "psnr_mu", "psnr_sample", "active_units")}
    return Row(name, family, kl_floor, images, parameters, **told)


def _fit(
    name: str,
    point: Point,
    config: TrainConfig | published.Config,
    frames: Frames,
    path: Path,
    stopped: Callable[[], bool],
) -> bool:
    """Train to the end, or until stopped; true at the end."""
    kept = _kept(name, path)
    state = point.state(config, kept)
    saved_at = time.perf_counter()
    try:
        for record in point.train(config, frames, state):
            stop = stopped()
            if stop or time.perf_counter() - saved_at > SAVE_SECONDS:
                point.save(kept, state, config)
                saved_at = time.perf_counter()
                _say(name, record, config, state)
            if stop:
                return False
    except DivergedError as error:
        raise InputError(f"{name}: {error}") from error
    point.finish(path, config, frames, state)
    kept.unlink(missing_ok=True)
    return True


def _kept(name: str, path: Path) -> Path:
    """Where the state of an unfinished point is, whose file is to be at `path`."""
    return path.with_name(f"{name}.resume{path.suffix}")


def _claim(path: Path, settings: dict) -> None:
    """Note what a point is begun with; raises InputError where it was begun with something else."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: file.write(json.dumps(settings, indent=1).encode()))
        begun = json.loads(path.read_text(encoding="utf-8"))
        for name, value in settings.items():
            if begun.get(name, value) != value:
                raise InputError(
                    f"{path}: this point was begun with {name} {begun[name]}, not {value}; "
                    "name another folder."
                )
    except OSError as error:
        raise InputError(f"{path}: cannot be used ({error.strerror}).") from error
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError) as error:
        raise InputError(f"{path}: is not a note of how a point was begun.") from error


def _settings(config: TrainConfig | published.Config, frames: Frames) -> dict:
    kept = {name: value for name, value in asdict(config).items() if name not in MAY_CHANGE}
    return kept | {"frames": len(frames), "data": frames.name}


def _say(
    name: str,
    record: TrainStep,
    config: TrainConfig | published.Config,
    state: TrainState | published.State,
) -> None:
    """A line on stderr; stdout is for the table."""
    left = timedelta(seconds=round(state.seconds * (config.steps / state.step - 1)))
    print(
        f"{name}: {state.images} images, {record.recon_loss:.2f} SSE, {record.kl.sum():.2f} nats, "
        f"{state.images / max(state.seconds, 1e-9):.0f} images/s, {left} left",
        file=sys.stderr,
        flush=True,
    )


def _batches(images: int, size: int) -> int:
    return -(-images // size)
