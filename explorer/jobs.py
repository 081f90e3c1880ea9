"""What the workers run, and the names of `models` that the session needs.

Importing this file imports torch, so only a worker thread does it first; see `explorer.session`.
It does not know Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from explorer.question import Answer, Exposure, Question, Sheet, SheetQuestion, Way, WayAnswer
from explorer.training import film_file
from explorer.training.film import TRAVERSAL, Film, Shot
from explorer.training.history import Record
from explorer.worker import Breath
from models import basis, checkpoint, curve, dataset, moving, run, run_folder, traversal, vector
from models.basis import principal
from models.checkpoint import Checkpoint
from models.collect import Progress, collect
from models.curve import Curve
from models.dataset import Frames, spread
from models.device import describe, pick_device, use_threads
from models.diagnosis import Diagnosis
from models.drive import drive
from models.errors import DivergedError, InputError
from models.evaluate import evaluate, evaluate_held_out
from models.facts import Facts, facts
from models.frame import FRAME_SHAPE, RECIPES, from_image
from models.lineage import Lineage
from models.machine import cores
from models.observation import Observation, perceive
from models.path import interpolate
from models.recorder import Recorder
from models.reel import Leaf, Reel
from models.render import command_for_path, command_for_picture, command_for_traversals
from models.run import Rest, Resumed
from models.run_folder import BEST, RunInfo
from models.sampling import sample_aggregate, sample_posterior, sample_prior
from models.sensitivity import effects, round_trip, sensitivity
from models.sensitivity import spread as pixel_spread
from models.shards import write_atomically
from models.sheet import write_pieces
from models.teaching import teach
from models.tensorboard import write_events
from models.train import TrainConfig, TrainState, TrainStep
from models.vae import VAE

__all__ = [
    "BEST",
    "RECIPES",
    "Diagnosis",
    "DivergedError",
    "Lineage",
    "Recorder",
    "Rest",
    "TrainConfig",
    "command_for_path",
    "command_for_picture",
    "command_for_traversals",
    "describe",
    "drive",
    "interpolate",
    "principal",
    "sample_aggregate",
    "sample_posterior",
    "sample_prior",
    "teach",
    "vector",
]

APPRAISED_FRAMES = 256  # behind the figures of a model that the window measures
FILM = "film.npz"  # in a run's folder
REST_SECONDS = 0.15  # that z stands still before what is costly is computed
REEL_LEAVES = 250  # of a film that is written: 20 seconds
REEL_FPS = 12.5
BATCH = 8  # pictures between two looks for a newer z: some 12 ms


def load_model(request: tuple[Path, str, Path]) -> tuple[Path, Checkpoint, bool]:
    """Read the checkpoint at a path onto a device; gives all of the path, it, and whether the file
    has its figures.

    One that nobody has measured yet is: the best of a run on held-out frames of that run's own,
    another on some of the frames at the last path.
    """
    path, device, samples = request
    learned = None
    if path.name == BEST and run_folder.is_run(path.parent):
        loaded, learned = run.best_of(path.parent, samples)
    else:
        loaded = checkpoint.load(path)
    loaded = replace(loaded, vae=loaded.vae.to(pick_device(device)))
    return path, _measured(loaded, samples, learned), loaded.aggregate is not None


def _measured(loaded: Checkpoint, samples: Path, learned: Frames | None) -> Checkpoint:
    vae = loaded.vae
    if loaded.aggregate is not None or not vae.encodes:
        return loaded
    use_threads(cores())
    if learned is not None:
        evaluation = evaluate_held_out(vae, learned, TrainConfig.held_out, APPRAISED_FRAMES)
    else:
        frames = dataset.load(samples).sized(vae.shape)
        frames = frames.take(spread(np.arange(len(frames)), APPRAISED_FRAMES))
        evaluation = evaluate(vae, Frames([frames]))
    return replace(loaded, figures=evaluation.figures(), aggregate=evaluation.aggregate)


def load_frames(path: Path) -> Frames:
    """Open frames of any kind."""
    return dataset.load(path)


def load_pictures(paths: tuple[Path, ...]) -> Frames:
    """Open what is to be looked at: frames of any kind."""
    return dataset.load_together(paths)


def examine(request: tuple[Frames, int, VAE]) -> tuple[Frames, int, Observation, VAE]:
    """What the VAE makes of the frame at an index, which are given back with it."""
    frames, index, vae = request
    [frame] = frames.sized(vae.shape).take(np.array([index]))
    return frames, index, *look((frame, vae))


def explore(request: tuple[Question, VAE]) -> Generator[Answer | Breath]:
    """The parts of the answer to a question: the picture at once, then ever costlier ones."""
    question, vae = request
    z, wishes = question.z, question.wishes
    use_threads(1)  # one picture is too small to be shared out
    picture = vae.image(z)
    yield Answer(question, "picture", picture)
    if wishes.other is not None:
        difference = picture.astype(np.float32) - vae.image(wishes.other)
        yield Answer(question, "difference", difference.mean(-1))
    if vae.encodes:
        yield Answer(question, "round trip", round_trip(vae, z))
    if wishes.direction is not None:
        yield Answer(question, "sensitivity", sensitivity(vae, z, wishes.direction))
    yield Breath(REST_SECONDS)
    if wishes.moves is not None:
        changes = yield from _in_batches(partial(effects, vae, z), wishes.moves)
        yield Answer(question, "effects", changes)
        far = wishes.reach * wishes.moves
        ends = np.stack([z - far, z + far], axis=1).reshape(-1, len(z))
        pictures = yield from _in_batches(vae.image, ends)
        yield Answer(question, "ends", pictures.reshape(-1, 2, *vae.shape))


def traverse(request: tuple[SheetQuestion, VAE]) -> Generator[Sheet | Breath]:
    """The sheet of traversals, once z has rested."""
    question, vae = request
    yield Breath(REST_SECONDS)
    started = time.perf_counter()
    use_threads(cores())
    choose = traversal.principal_rows if question.principal else traversal.latent_rows
    labels, moves, indices = choose(question.kl, question.aggregate)
    points = traversal.points(question.z, moves)
    z = points.reshape(-1, points.shape[-1])
    # As many at once as the command line takes: other sums may round to another pixel.
    pictures = yield from _in_batches(vae.image, z, traversal.BATCH)
    axes = principal(question.aggregate) if question.principal else basis.latents(len(question.z))
    values = axes.coordinates(points)[np.arange(len(indices)), :, indices]
    pictures = pictures.reshape(*points.shape[:2], *vae.shape)
    seconds = time.perf_counter() - started
    yield Sheet(question, labels, traversal.values(), points, values, pictures, seconds)


def survey(request: tuple[Way, VAE]) -> Generator[WayAnswer | Breath]:
    """The pictures at a way's keyframes, then the KL of what all its pictures are encoded to."""
    way, vae = request
    use_threads(1)  # it may be played at the same time
    yield WayAnswer(way, "keyframes", traversal.decode(vae, way.keyframes))
    if vae.encodes:
        kl = yield from _in_batches(lambda z: vae.posterior(vae.image(z)).kl.sum(-1), way.z)
        yield WayAnswer(way, "kl", kl)


def _in_batches(
    function: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, batch: int = BATCH
) -> Generator[Breath, None, np.ndarray]:
    """`function(rows)`, a few rows at a time; an empty array for none."""
    parts = []
    for first in range(0, len(rows), batch):
        parts.append(function(rows[first : first + batch]))
        yield Breath()
    return np.concatenate(parts) if parts else np.empty(0)


def export(request: tuple[Path, Sheet | Way | Film, VAE]) -> Path:
    """Write a sheet as PNG, or a way or film as its name ends in: GIF, PNG strip of a way, MP4."""
    path, what, vae = request
    if isinstance(what, Film):
        write = {".gif": moving.write_gif, ".mp4": moving.write_mp4}[path.suffix.lower()]
        write(path, Reel(leaves(what)), REEL_FPS, scale=1)
        return path
    if isinstance(what, Sheet):
        moving.write_png(path, traversal.sheet(what.pictures, what.labels))
        return path
    use_threads(cores())
    pictures = traversal.decode(vae, what.z)
    writers = {".gif": moving.write_gif, ".png": moving.write_strip, ".mp4": moving.write_mp4}
    writers[path.suffix.lower()](path, pictures)
    return path


def leaves(film: Film) -> list[Leaf]:
    """The shots of a film for a person elsewhere, from the first to the last, evenly chosen."""
    shown = np.linspace(0, len(film) - 1, min(len(film), REEL_LEAVES)).round().astype(int)
    frames = from_image(film.frames, film.at(0).samples.shape[1:]) if shown.size else None
    moves = f"from {TRAVERSAL[0]:+g} to {TRAVERSAL[-1]:+g}"
    made = []
    for shot in map(film.at, shown.tolist()):
        latent = "no latent is alive yet" if shot.latent is None else f"z{shot.latent:02d} {moves}"
        rows = [
            ("held-out frames", frames),
            ("reconstructions", shot.reconstructions),
            ("samples of the prior", shot.samples),
            (f"traversal of the first frame: {latent}", shot.traversal),
        ]
        made.append(Leaf(f"step {shot.step:,}".replace(",", " "), rows))
    return made


def write_curves(request: tuple[Path, Iterable[str] | np.ndarray | Record]) -> Path:
    """Write the pieces of a text, a picture, or a folder of event files of all that was measured.

    Gives the path.
    """
    path, what = request
    if isinstance(what, Record):
        write_events(path, *what)
    elif isinstance(what, np.ndarray):
        moving.write_png(path, what)
    else:
        write_pieces(path, (piece.encode() for piece in what))
    return path


def measure_spread(request: tuple[Any, VAE]) -> np.ndarray:
    """What the sigma of a posterior means in pixels."""
    posterior, vae = request
    use_threads(1)
    return pixel_spread(vae, posterior)


def look(request: tuple[np.ndarray, VAE]) -> tuple[Observation, VAE]:
    """What the VAE, which is given back with it, makes of one frame."""
    frame, vae = request
    use_threads(1)
    return perceive(Observation(frame, None, 0.0, None), vae), vae


def expose(request: tuple[Exposure, VAE]) -> tuple[Exposure, Shot]:
    """All pictures that are watched while a VAE learns, decoded at once.

    Reconstructions are decoded from the mean. The traversal moves one latent of the first frame's
    mean, or of 0 without an encoder.
    """
    exposure, vae = request
    use_threads(1)
    rows = {"samples": exposure.z}
    start = np.zeros_like(exposure.z[0])
    if vae.encodes:
        rows["reconstructions"] = vae.posterior(exposure.frames).mu
        start = rows["reconstructions"][0]
    if exposure.latent is not None:
        rows["traversal"] = np.tile(start, (len(TRAVERSAL), 1))
        rows["traversal"][:, exposure.latent] = TRAVERSAL
    pictures = vae.image(np.concatenate(list(rows.values())))
    ends = np.cumsum([len(z) for z in rows.values()])
    made = dict(zip(rows, np.split(pictures, ends[:-1]), strict=True))
    return exposure, Shot(exposure.step, exposure.frames, latent=exposure.latent, **made)


def appraise(request: tuple[VAE, Mapping[str, Any], Frames, str]) -> Checkpoint:
    """A checkpoint of a VAE with its figures on the held-out part of the frames."""
    vae, history, frames, name = request
    use_threads(cores())
    evaluation = evaluate_held_out(vae, frames, TrainConfig.held_out, APPRAISED_FRAMES)
    return replace(checkpoint.describe(vae, evaluation, history, name), vae=vae)


def save(request: tuple[Path, Checkpoint | tuple]) -> tuple[Path, Checkpoint]:
    """Write a checkpoint, appraising the VAE first when it has learned since it last was."""
    path, what = request
    model = what if isinstance(what, Checkpoint) else appraise(what)
    checkpoint.save(path, model)
    return path, replace(model, name=path.stem)


class Landed(NamedTuple):
    """How far a collection is, and the frames that have landed since the last word."""

    progress: Progress
    frames: Frames | None


def run_collection(frames: int, folder: Path, seed: int, workers: int) -> Generator[Landed]:
    """Collect frames into a dataset folder by so many worker processes."""
    with closing(collect(frames, folder, seed, workers)) as told:
        for progress in told:
            landed = progress.landed
            yield Landed(progress, dataset.load_shards(folder, landed) if landed else None)


def preview(request: tuple[Frames, np.ndarray]) -> tuple[Frames, np.ndarray, np.ndarray]:
    """The pictures at some indices of frames, both of which are given back with them."""
    frames, indices = request
    return frames, indices, frames.take(indices)


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
