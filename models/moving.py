"""Pictures written to files, each whole or not at all: PNG, a strip of many, GIF, film.

It does not know what the pictures show. All are uint8 RGB: one (H, W, 3), many (n, H, W, 3), or a
sequence of equal ones. Each pixel becomes `scale` wide and high, so that 80x60 is more than a
stamp.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from models.errors import InputError
from models.sheet import write_file

FPS = 25.0
FASTEST_GIF = 50.0  # pictures a second; what is shorter is shown as a tenth of a second by many
SCALE = 4
COLUMNS = 10  # of a strip
GAP = 2  # between its pictures, in pixels
PAPER = 255
PALETTE_PICTURES = 64  # that a GIF's colours are chosen from
PALETTE_PIXELS = PALETTE_PICTURES * 60 * 80  # of them: ten times as many take seconds


def write_png(path: str | Path, picture: np.ndarray, scale: int = 1) -> None:
    """Write one picture without loss; InputError where it cannot be written."""
    memory = io.BytesIO()
    Image.fromarray(_enlarged(picture, scale)).save(memory, "PNG")
    write_file(Path(path), memory.getvalue())


def write_strip(
    path: str | Path, pictures: np.ndarray, scale: int = 1, columns: int = COLUMNS
) -> None:
    """Write pictures as one PNG, side by side in rows of `columns`; InputError as above."""
    _check_some(pictures)
    count, height, width, _ = pictures.shape
    columns = min(columns, count)
    row, column = scale * height + GAP, scale * width + GAP
    shape = (-(-count // columns) * row - GAP, columns * column - GAP, 3)
    strip = np.full(shape, PAPER, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * row, index % columns * column
        strip[top : top + row - GAP, left : left + column - GAP] = _enlarged(picture, scale)
    write_png(path, strip)


def write_gif(
    path: str | Path,
    pictures: np.ndarray | Sequence[np.ndarray],
    fps: float = FPS,
    scale: int = SCALE,
) -> None:
    """Write pictures as a GIF that repeats for ever; InputError as above.

    One palette serves all and nothing is dithered: what stands still does not flicker. Times are
    whole hundredths of a second each, and right on average; at most FASTEST_GIF a second.
    """
    _check_some(pictures)
    palette = _palette(pictures)
    images = [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in pictures
    ]
    size = (scale * images[0].width, scale * images[0].height)
    images = [image.resize(size, Image.Resampling.NEAREST) for image in images]
    ends = np.round(np.arange(len(images) + 1) * 100 / min(fps, FASTEST_GIF))
    memory = io.BytesIO()
    images[0].save(
        memory,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=(10 * np.diff(ends)).astype(int).tolist(),
        loop=0,
        optimize=False,  # it would give each picture a palette of its own
    )
    write_file(Path(path), memory.getvalue())


def write_mp4(
    path: str | Path,
    pictures: np.ndarray | Sequence[np.ndarray],
    fps: float = FPS,
    scale: int = SCALE,
) -> None:
    """Write pictures as H.264; InputError as above, and without imageio-ffmpeg.

    Sides of an odd number of pixels are lengthened by one, which the format asks for.
    """
    path = Path(path)
    if find_spec("imageio_ffmpeg") is None:
        raise InputError(
            f"{path}: writing a video needs imageio-ffmpeg, which is not installed "
            "(pip install imageio-ffmpeg); a .gif needs nothing."
        )
    _check_some(pictures)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    try:
        partial.touch()  # ffmpeg itself would not say what is wrong
        _film(partial, pictures, fps, scale)
        if partial.stat().st_size == 0:
            raise OSError("ffmpeg failed")
        partial.replace(path)
    except (OSError, RuntimeError) as error:  # the latter where imageio-ffmpeg finds no ffmpeg
        reason = getattr(error, "strerror", None) or str(error).strip().split("\n")[0].rstrip(".")
        raise InputError(f"{path}: cannot be written ({reason}).") from error
    finally:
        partial.unlink(missing_ok=True)


def _film(path: Path, pictures: np.ndarray | Sequence[np.ndarray], fps: float, scale: int) -> None:
    import imageio_ffmpeg

    frames = (_even(_enlarged(picture, scale)) for picture in pictures)
    first = next(frames)
    film = imageio_ffmpeg.write_frames(
        str(path), (first.shape[1], first.shape[0]), fps=fps, quality=8, macro_block_size=1
    )
    try:
        film.send(None)
        film.send(first)
        for frame in frames:
            film.send(frame)
    finally:
        film.close()


def _even(picture: np.ndarray) -> np.ndarray:
    rows, columns, _ = picture.shape
    padded = np.pad(picture, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)


def _enlarged(picture: np.ndarray, scale: int) -> np.ndarray:
    return np.ascontiguousarray(picture).repeat(scale, 0).repeat(scale, 1)


def _palette(pictures: np.ndarray | Sequence[np.ndarray]) -> Image.Image:
    """256 colours for all pictures, chosen from some of them, evenly spread."""
    some = np.linspace(0, len(pictures) - 1, min(len(pictures), PALETTE_PICTURES)).astype(int)
    pixels = np.concatenate([pictures[index].reshape(-1, 3) for index in some.tolist()])
    pixels = pixels[:: -(-len(pixels) // PALETTE_PIXELS)]
    return Image.fromarray(pixels[None]).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)


def _check_some(pictures: np.ndarray | Sequence[np.ndarray]) -> None:
    if len(pictures) == 0:
        raise InputError("There are no pictures to write.")
