"""Images and videos as frames: a file, a folder of images, a film.

It does not know datasets, nor what frames are for.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from models.errors import InputError
from models.frame import FRAME_SHAPE, RECIPES, from_image

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}
VIDEO_SUFFIXES = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".gif"}

SHAPES = {recipe.shape for recipe in RECIPES.values()}
"""Sizes that are kept; images of any other are brought to FRAME_SHAPE by area averaging."""


def read_image(path: Path) -> np.ndarray:
    """An image file as (H, W, 3) uint8; raises InputError where Pillow knows no such image."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return _as_frame(np.asarray(image.convert("RGB")))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: is not an image that can be read.") from error


def read_images(folder: Path) -> tuple[np.ndarray, list[str]]:
    """The images of a folder by name, (n, H, W, 3) uint8, and the names of those left out.

    Raises InputError where none can be read.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise InputError(f"{folder}: holds neither an index.json nor images.")
    frames, skipped = [], []
    for file in files:
        try:
            frames.append(read_image(file))
        except Exception:  # Pillow's own kinds include SyntaxError, IndexError, zlib.error
            skipped.append(file.name)
    if not frames:
        raise InputError(f"{folder}: none of its {len(files)} images can be read.")
    return np.stack(alike(frames)), skipped


def read_video(path: Path) -> np.ndarray:
    """A video's frames, (n, H, W, 3) uint8; raises InputError without the library it needs."""
    import imageio.v3 as iio

    reader = "pillow" if path.suffix.lower() == ".gif" else "FFMPEG"
    if reader == "FFMPEG" and find_spec("imageio_ffmpeg") is None:
        raise InputError(
            f"{path}: reading this video needs imageio-ffmpeg, which is not installed."
        )
    images = iio.imiter(path, plugin=reader)
    frames = [_as_frame(np.asarray(image)[..., :3]) for image in images]
    return np.stack(frames) if frames else np.empty((0, *FRAME_SHAPE), np.uint8)


def alike(frames: list[np.ndarray]) -> list[np.ndarray]:
    """(..., H, W, 3) of one size: their own where they agree, else ours."""
    if len({frame.shape[-3:] for frame in frames}) == 1:
        return frames
    return [from_image(frame) for frame in frames]


def _as_frame(image: np.ndarray) -> np.ndarray:
    """An image as a frame; one of a recipe's size stays as it is."""
    return image if image.shape in SHAPES else from_image(image)
