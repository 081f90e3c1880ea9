"""What the workers run, and the names of `models` that the session needs.

Frames and runs are here, models in `explorer.model_jobs`, what makes pictures in
`explorer.picture_jobs`, what reads recorded drives in `explorer.drive_jobs`. Importing this file
imports torch, so only a worker thread does it first; see `explorer.job`. It does not know Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from explorer.drive_jobs import (
    delete_drive,
    film_drive,
    list_drives,
    open_recording,
    read_drive,
)
from explorer.model_jobs import appraise, keep_directions, load_model, save
from explorer.picture_jobs import (
    decode,
    encode_cloud,
    examine,
    explore,
    export,
    expose,
    fit_probes,
    load_pictures,
    look,
    measure_spread,
    preview,
    survey,
    traverse,
    write_curves,
)
from explorer.question import Exposure
from explorer.training import film_file
from explorer.training.film import Film
from models import curve, dataset, direction, run, run_folder, vector
from models.basis import principal
from models.checkpoint import Checkpoint
from models.collect import Progress, collect
from models.curve import Curve
from models.dataset import Frames
from models.device import describe
from models.diagnosis import Diagnosis
from models.direction import between, contains, united
from models.drive import drive
from models.errors import DivergedError, InputError
from models.facts import Facts, facts
from models.frame import FRAME_SHAPE, RECIPES
from models.lineage import Lineage
from models.path import interpolate
from models.recorder import Recorder
from models.render import command_for_path, command_for_picture, command_for_traversals
from models.replay import Replay
from models.run import Rest, Resumed
from models.run_folder import BEST, RunInfo
from models.sampling import sample_aggregate, sample_posterior, sample_prior
from models.shards import write_atomically
from models.teaching import teach
from models.train import TrainConfig, TrainState, TrainStep
from models.vae import VAE

__all__ = [
    "BEST",
    "RECIPES",
    "Diagnosis",
    "DivergedError",
    "Lineage",
    "Recorder",
    "Replay",
    "Rest",
    "TrainConfig",
    "appraise",
    "between",
    "command_for_path",
    "command_for_picture",
    "command_for_traversals",
    "contains",
    "decode",
    "delete_drive",
    "describe",
    "drive",
    "encode_cloud",
    "examine",
    "explore",
    "export",
    "expose",
    "film_drive",
    "fit_probes",
    "interpolate",
    "keep_directions",
    "list_drives",
    "load_model",
    "load_pictures",
    "look",
    "measure_spread",
    "open_recording",
    "preview",
    "principal",
    "read_drive",
    "sample_aggregate",
    "sample_posterior",
    "sample_prior",
    "save",
    "survey",
    "teach",
    "traverse",
    "united",
    "vector",
    "write_curves",
]

MOST_DIRECTIONS = direction.MOST
LANDING_FRAMES = 500  # that land together: a few seconds of driving are lost by a stop
FILM = "film.npz"  # in a run's folder


def load_frames(path: Path) -> Frames:
    """Open frames of any kind."""
    return dataset.load(path)


class Landed(NamedTuple):
    """How far a collection is, and the frames that have landed since the last word."""

    progress: Progress
    frames: Frames | None


def run_collection(frames: int, folder: Path, seed: int, workers: int) -> Generator[Landed]:
    """Collect frames into a dataset folder by so many worker processes."""
    with closing(collect(frames, folder, seed, workers, shard_frames=LANDING_FRAMES)) as told:
        for progress in told:
            landed = progress.landed
            yield Landed(progress, dataset.load_shards(folder, landed) if landed else None)


class Begun(NamedTuple):
    """What a new run starts from."""

    folder: Path
    name: str
    start: VAE | None  # None for fresh weights
    lineage: Lineage  # of the trainer's thread alone


def lineage(past: Mapping[str, Any], note: str) -> Lineage:
    """What has led to a training so far, and a line on the training itself."""
    made = Lineage(past)
    made.curve.commands.append(note)
    return made


def run_training(
    begun: Begun, config: TrainConfig, frames: Callable[[], Frames]
) -> Generator[TrainStep, TrainConfig | None, None]:
    """Train on the newest frames, in a new run's folder."""
    state = TrainState.start(config, begun.start)
    made = run.start(begun.folder, begun.name)
    return (yield from run.record(made, config, frames, state, begun.lineage))


def resume_run(
    request: tuple[Path, str, Path],
) -> tuple[Resumed, Checkpoint, Film | None]:
    """Take up a run; gives what it goes on from, the model that it has become, and its film."""
    folder, device, samples = request
    up = run.resume(folder, device, samples)
    try:
        told = up.lineage.told(up.config, up.frames, up.state.step, up.state.images)
        name = up.run.facts["name"] + "*"  # in no file of its own
        model = appraise((up.state.average.frozen(), told, up.frames, name))
        return up, model, _film_of(up)
    except BaseException:
        up.run.release()
        raise


def go_on(
    up: Resumed, config: TrainConfig, frames: Callable[[], Frames]
) -> Generator[TrainStep, TrainConfig | None, None]:
    """Train on the newest frames, in the folder of a run that was taken up."""
    return (yield from run.record(up.run, config, frames, up.state, up.lineage))


def list_runs(root: Path) -> list[RunInfo]:
    """Every run in a folder of runs, the newest first."""
    return run_folder.runs(root)


def read_run(folder: Path) -> tuple[RunInfo, Curve, Film | None]:
    """A run with its whole curve, and its film where it has one."""
    return *read_curves([folder])[0], _film(folder)


def read_curves(folders: list[Path]) -> list[tuple[RunInfo, Curve]]:
    """Runs with their whole curves."""
    infos = [run_folder.info(folder) for folder in folders]
    return [(one, curve.read(one.folder, one.config["latent_dim"])) for one in infos]


def keep_film(request: tuple[Path, Film, tuple[Exposure, VAE] | None]) -> None:
    """Write a run's film into its folder, unless that has been deleted.

    With a shot that it lacks, should its last exposure not have been answered yet.
    """
    folder, film, late = request
    if late is not None:
        film.add(expose(late)[1])
    try:
        if folder.is_dir():
            write_atomically(folder / FILM, lambda file: film_file.write(file, film))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error


def _film(folder: Path) -> Film | None:
    """The film of a run; none where it is missing or damaged: training goes on without it."""
    try:
        with (folder / FILM).open("rb") as file:
            return film_file.read(file)
    except (OSError, ValueError):
        return None


def _film_of(up: Resumed) -> Film | None:
    """The film that a run can go on with."""
    film, vae = _film(up.run.folder), up.state.vae
    if film is None or film.z.shape[1] != vae.config.latent_dim:
        return None
    fits = not len(film) or film.at(0).samples.shape[1:] == vae.shape
    return film if fits and film.frames.shape[1:] == up.frames.shape else None


def delete_run(request: tuple[Path, Path]) -> list[RunInfo]:
    """Delete a run of a folder of runs; gives those that are left."""
    folder, root = request
    run_folder.delete(folder, root)
    return run_folder.runs(root)


def assess_frames(
    request: tuple[Diagnosis, Frames, TrainConfig, VAE | None],
) -> tuple[Diagnosis, Facts]:
    """What a diagnosis, which is given back, must know of the frames that `vae` is trained on.

    None stands for a VAE that begins with random weights.
    """
    diagnosis, frames, config, vae = request
    return diagnosis, facts(frames, config, FRAME_SHAPE if vae is None else vae.shape)
