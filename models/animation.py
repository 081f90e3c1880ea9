"""A GIF or an MP4 written picture by picture, so that none has to be kept; whole or not at all.

It does not know what the pictures show. Each is (H, W, 3) uint8 RGB, all of one size.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.GifImagePlugin import getdata, getheader

from models.errors import InputError

FASTEST_GIF = 50.0  # pictures a second; what is shorter is shown as a tenth of a second by many
PALETTE_PICTURES = 64  # that a GIF's colours are chosen from
PALETTE_PIXELS = PALETTE_PICTURES * 60 * 80  # of them: ten times as many take seconds

Add = Callable[[np.ndarray], None]
"""Puts the next picture behind the others."""


@contextmanager
def gif(path: Path, palette: Image.Image, fps: float, scale: int = 1) -> Iterator[Add]:
    """Write a GIF that repeats for ever; InputError where it cannot be written.

    One palette serves all and nothing is dithered: what stands still does not flicker. Times are
    whole hundredths of a second each, and right on average; at most FASTEST_GIF a second. Each
    pixel becomes `scale` wide and high.
    """
    shown = 100 / min(fps, FASTEST_GIF)  # hundredths of a second
    count = 0
    with _replacing(path) as partial, partial.open("wb") as file:

        def add(picture: np.ndarray) -> None:
            nonlocal count
            image = Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
            size = (scale * image.width, scale * image.height)
            image = image.resize(size, Image.Resampling.NEAREST)
            if not count:
                file.writelines(getheader(image, info={"loop": 0})[0])
            hundredths = round((count + 1) * shown) - round(count * shown)
            file.writelines(getdata(image, duration=10 * hundredths))
            count += 1

        yield add
        file.write(b";")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def mp4(path: Path, fps: float, scale: int = 1) -> Iterator[Add]:
    """Write H.264; InputError where it cannot be written, and without imageio-ffmpeg.

    Sides of an odd number of pixels are lengthened by one, which the format asks for.
    """
    check_mp4(path)
    import imageio_ffmpeg

    film = None
    with _replacing(path) as partial:
        partial.touch()  # ffmpeg itself would not say what is wrong

        def add(picture: np.ndarray) -> None:
            nonlocal film
            frame = _even(enlarged(picture, scale))
            if film is None:
                size = frame.shape[1], frame.shape[0]
                film = imageio_ffmpeg.write_frames(
                    str(partial),
                    size,
                    fps=fps,
                    quality=8,
                    macro_block_size=1,
                    ffmpeg_log_level="fatal",
                )
                try:
                    film.send(None)
                except RuntimeError as error:  # it finds no ffmpeg
                    raise OSError(str(error)) from error
            film.send(frame)

        try:
            yield add
        finally:
            if film is not None:
                film.close()
        if not _is_whole(partial):
            raise OSError("ffmpeg failed")


def check_mp4(path: Path) -> None:
    """Raise InputError where nothing could write an MP4."""
    if find_spec("imageio_ffmpeg") is None:
        raise InputError(
            f"{path}: writing a video needs imageio-ffmpeg, which is not installed "
            "(pip install imageio-ffmpeg); a .gif needs nothing."
        )


def palette_of(pictures: Sequence[np.ndarray]) -> Image.Image:
    """256 colours for these pictures, at most PALETTE_PIXELS of theirs looked at."""
    pixels = np.concatenate([picture.reshape(-1, 3) for picture in pictures])
    pixels = pixels[:: -(-len(pixels) // PALETTE_PIXELS)]
    return Image.fromarray(pixels[None]).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)


def spread_over(count: int) -> list[int]:
    """The places of at most PALETTE_PICTURES of `count` pictures, evenly spread."""
    return np.linspace(0, count - 1, min(count, PALETTE_PICTURES)).astype(int).tolist()


def enlarged(picture: np.ndarray, scale: int) -> np.ndarray:
    """Each pixel `scale` wide and high."""
    return np.ascontiguousarray(picture).repeat(scale, 0).repeat(scale, 1)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A neighbour of `path` to write to, which takes its place when nothing went wrong."""
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or str(error).strip().split("\n")[0].rstrip(".")
        raise InputError(f"{path}: cannot be written ({_explained(reason, path)}).") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _explained(reason: str, path: Path) -> str:
    """The reason, or a full disk, of which ffmpeg's end of a pipe knows nothing."""
    with suppress(OSError, AttributeError):
        disk = os.statvfs(path.parent)
        if disk.f_bavail * disk.f_frsize < 2**16:
            return os.strerror(errno.ENOSPC)
    return reason


def _is_whole(path: Path) -> bool:
    """Whether an MP4's boxes fill the file and its index, which comes last, is one of them."""
    found, place, size = set(), 0, path.stat().st_size
    with path.open("rb") as file:
        while place + 8 <= size:
            file.seek(place)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:], "big")
            if length < 8:
                return False
            found.add(head[4:8])
            place += length
    return place == size and b"moov" in found


def _even(picture: np.ndarray) -> np.ndarray:
    rows, columns, _ = picture.shape
    padded = np.pad(picture, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)
