"""A recorded drive as a film: each frame with what a model makes of it beside it, at its own pace.

It does not know who recorded the drive, nor who watches it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models import animation
from models.carracing import STEPS_PER_SECOND
from models.dataset import Frames
from models.drive_folder import steps_apart
from models.reel import Leaf, draw
from models.vae import VAE

APART = {".gif": 4, ".mp4": 2}
"""Steps from one picture to the next: 12.5 a second are a small file, 25 are smooth."""
BATCH = 16  # frames that are decoded at once


class Filmed(NamedTuple):
    """How far a film is."""

    pictures: int
    wanted: int  # in the whole film


def film(path: Path, frames: Frames, vae: VAE | None = None) -> Generator[Filmed]:
    """Write the film of a drive as .gif or .mp4, and tell after each batch how far it is.

    A batch of pictures is held, however long the drive. Without a VAE, or with one that cannot
    encode, only the frames are shown. A generator that is closed leaves no file. Raises InputError
    where the file cannot be written.
    """
    kind = path.suffix.lower()
    eye = vae if vae is not None and vae.encodes else None
    if eye is not None:
        frames = frames.sized(eye.shape)
    stride = steps_apart(frames)
    every = max(1, round(APART[kind] / stride))
    places, fps = np.arange(0, len(frames), every), STEPS_PER_SECOND / (stride * every)

    def pages(which: np.ndarray) -> Iterator[list[np.ndarray]]:
        for first in range(0, len(which), BATCH):
            yield _pages(frames, which[first : first + BATCH], eye, stride)

    if kind == ".gif":
        some = pages(places[animation.spread_over(len(places))])
        palette = animation.palette_of(list(chain.from_iterable(some)))
        writer = animation.gif(path, palette, fps)
    else:
        writer = animation.mp4(path, fps)
    done = 0
    with writer as add:
        for batch in pages(places):
            for page in batch:
                add(page)
            done += len(batch)
            yield Filmed(done, len(places))


def _pages(frames: Frames, places: np.ndarray, eye: VAE | None, stride: int) -> list[np.ndarray]:
    """The pictures of the film at these places."""
    seen = frames.take(places)
    titles = [_title(frames, place, stride) for place in places.tolist()]
    if eye is None:
        rows = [("frame", frame[None]) for frame in seen]
    else:
        posterior = eye.posterior(seen)
        recons = eye.image(posterior.mu)
        errors = np.square((seen.astype(np.float32) - recons) / 255).sum((1, 2, 3))
        decibel = 10 * np.log10(seen[0].size / np.maximum(errors, 1e-3))
        kl = posterior.kl.sum(1)
        rows = [
            (f"frame · reconstruction: {db:.1f} dB, KL {nats:.1f} nats", np.stack(pair))
            for db, nats, *pair in zip(decibel, kl, seen, recons, strict=True)
        ]
    return [draw(Leaf(title, [row])) for title, row in zip(titles, rows, strict=True)]


def _title(frames: Frames, place: int, stride: int) -> str:
    """Where in the drive a frame is, and on which track where that is known."""
    minutes, seconds = divmod(place * stride / STEPS_PER_SECOND, 60)
    track = "" if frames.columns is None else f" · track {frames.columns.seed[place]}"
    return f"{minutes:.0f}:{seconds:04.1f}{track}"
