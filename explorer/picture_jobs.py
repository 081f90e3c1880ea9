"""What the workers make pictures of: frames, points, ways, snapshots, and the files of them.

Importing this file imports torch; `explorer.jobs` is where a worker finds it. It does not know Qt,
nor how anything is trained.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explorer.question import (
    Answer,
    Cloud,
    Exposure,
    Question,
    Sheet,
    SheetQuestion,
    Way,
    WayAnswer,
)
from explorer.training.film import TRAVERSAL, Film, Shot
from explorer.training.history import Record
from explorer.worker import Breath
from models import basis, dataset, moving, traversal
from models.basis import principal
from models.dataset import Frames
from models.device import use_threads
from models.frame import from_image
from models.machine import cores
from models.observation import Observation, perceive
from models.probes import Probes, fit_all, sampled
from models.reel import Leaf, Reel
from models.sensitivity import effects, round_trip, sensitivity
from models.sensitivity import spread as pixel_spread
from models.sheet import write_pieces
from models.tensorboard import write_events
from models.vae import VAE

REST_SECONDS = 0.15  # that z stands still before what is costly is computed
REEL_LEAVES = 250  # of a film that is written: 20 seconds
REEL_FPS = 12.5
CLOUD_FRAMES = 4000  # more would only be darker
CLOUD_BATCH = 16  # frames between two breaths: 15 ms in which the drive may wait
CLOUD_BREATH = 0.005  # seconds; a drive and a training take them
BATCH = 8  # pictures between two looks for a newer z: some 12 ms
PROBED = 32  # frames that are encoded between two looks for a newer wish


def load_pictures(paths: tuple[Path, ...]) -> Frames:
    """Open what is to be looked at: frames of any kind."""
    return dataset.load_together(paths)


def examine(request: tuple[Frames, int, VAE]) -> tuple[Frames, int, Observation, VAE]:
    """What the VAE makes of the frame at an index, which are given back with it."""
    frames, index, vae = request
    use_threads(1)
    [frame] = frames.sized(vae.shape).take(np.array([index]))
    return frames, index, perceive(Observation(frame, None, 0.0, None), vae), vae


def preview(request: tuple[Frames, np.ndarray]) -> tuple[Frames, np.ndarray, np.ndarray]:
    """The pictures at some indices of frames, both of which are given back with them."""
    frames, indices = request
    return frames, indices, frames.take(indices)


def look(
    request: tuple[int, np.ndarray, np.ndarray | None, VAE, bool],
) -> tuple[int, Observation, VAE]:
    """What the VAE makes of one frame, or of a sample of it, between when it was asked and the VAE.

    The frame may be given a second time, by the VAE's own recipe.
    """
    when, frame, given, vae, sampled = request
    use_threads(1)
    rng = np.random.default_rng() if sampled else None
    return when, perceive(Observation(frame, None, 0.0, None, given), vae, rng), vae


def encode_cloud(request: tuple[Frames, VAE]) -> Generator[Cloud | Breath]:
    """The means of some of the frames, evenly chosen; little by little, as the drive goes on."""
    frames, vae = request
    started = time.perf_counter()
    use_threads(1)
    indices = dataset.spread(np.arange(len(frames)), CLOUD_FRAMES)
    seen, mu = frames.sized(vae.shape), []
    for first in range(0, len(indices), CLOUD_BATCH):
        mu.append(vae.posterior(seen.take(indices[first : first + CLOUD_BATCH])).mu)
        yield Breath(CLOUD_BREATH)
    yield Cloud(frames, vae, indices, np.concatenate(mu), time.perf_counter() - started)


def decode(request: tuple[Any, np.ndarray, VAE]) -> tuple[Any, np.ndarray]:
    """The pictures of some z (n, latent_dim), with what they are for."""
    purpose, z, vae = request
    use_threads(1)
    return purpose, traversal.decode(vae, z)


def explore(request: tuple[Question, VAE]) -> Generator[Answer | Breath]:
    """The parts of the answer to a question: the picture at once, then ever costlier ones."""
    question, vae = request
    z, wishes = question.z, question.wishes
    use_threads(1)  # one picture is too small to be shared out
    if question.shown:
        yield Breath(REST_SECONDS)
    picture = vae.image(z)
    yield Answer(question, "picture", picture)
    if wishes.other is not None:
        difference = picture.astype(np.float32) - vae.image(wishes.other)
        yield Answer(question, "difference", difference.mean(-1))
    if wishes.direction is not None:
        yield Answer(question, "sensitivity", sensitivity(vae, z, wishes.direction))
    if question.passing and not question.shown:
        yield Breath(REST_SECONDS)
    if vae.encodes:
        yield Answer(question, "round trip", round_trip(vae, z))
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


def fit_probes(request: tuple[Frames | Path, VAE]) -> Generator[tuple[VAE, Probes] | Breath]:
    """The VAE that was given, and what can be read from its means of some of the frames."""
    source, vae = request
    yield Breath()
    frames = dataset.load(source) if isinstance(source, Path) else source
    chosen = sampled(frames)
    frames = frames.sized(vae.shape)
    use_threads(1)  # nobody waits for it, and somebody may be driving
    means = _in_batches(lambda some: vae.posterior(frames.take(some)).mu, chosen, PROBED)
    mu = yield from means
    yield vae, fit_all(mu, frames.columns.take(chosen), frames.name)


def measure_spread(request: tuple[Any, VAE]) -> np.ndarray:
    """What the sigma of a posterior means in pixels."""
    posterior, vae = request
    use_threads(1)
    return pixel_spread(vae, posterior)


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
