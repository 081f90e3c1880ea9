"""Frames to train and test on: reading whatever a person brings, drawing batches.

It does not know how frames came about, nor the network that is trained on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.errors import InputError
from models.frame import FRAME_SHAPE, from_image
from models.picture_files import (
    IMAGE_SUFFIXES,
    SHAPES,
    VIDEO_SUFFIXES,
    alike,
    read_image,
    read_images,
    read_video,
)
from models.shards import INDEX, Columns, check_unpacked, read_index
from models.split import split_episodes

RUN_LENGTH = 100
"""Frames that count as one episode where a source does not say where episodes end."""

LARGEST_ARRAY = 8 * 2**30
"""Bytes; an array in a file that claims more is refused before memory is asked for."""


class Source(NamedTuple):
    """Where frames were read from, so that they can be read again."""

    path: Path
    count: int
    shards: tuple[str, ...] = ()  # of a dataset folder, which may have grown since then
    apart: bool = False  # each of them is split by itself


class Frames:
    """Frames of one or many arrays as one sequence, with the episode each belongs to.

    The arrays are (n, H, W, 3) uint8 and may be memory maps: only what is taken is read, and
    brought to `shape` by area averaging.
    """

    def __init__(
        self,
        arrays: Sequence[np.ndarray],
        episode: np.ndarray | None = None,
        name: str = "frames",
        skipped: Sequence[str] = (),
        shape: tuple[int, int, int] = FRAME_SHAPE,
        parts: Sequence[int] = (),
        sources: Sequence[Source] = (),
        columns: Columns | None = None,
    ):
        self.shape = shape
        self._arrays = [array for array in arrays if len(array)]
        self._ends = np.cumsum([len(array) for array in self._arrays])
        self.episode = np.arange(len(self)) // RUN_LENGTH if episode is None else episode
        self.name = name
        self.skipped = tuple(skipped)
        self._parts = tuple(parts) or (len(self),)  # lengths that are split each by itself
        self.sources = tuple(sources)  # none where nobody could read these frames again
        self.columns = columns  # what was known of each, where all of it is there

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @property
    def nbytes(self) -> int:
        """Bytes of all frames as they are stored or held."""
        return sum(array.nbytes for array in self._arrays)

    @property
    def stored(self) -> set[tuple[int, int]]:
        """Heights and widths, pixels, of the frames as they are stored or held."""
        return {array.shape[1:3] for array in self._arrays}

    def sized(self, shape: tuple[int, int, int]) -> Frames:
        """The same frames at another size, made from what is stored and not from this size."""
        return Frames(
            self._arrays,
            self.episode,
            self.name,
            self.skipped,
            shape,
            self._parts,
            self.sources,
            self.columns,
        )

    def grown(self, more: Frames) -> Frames:
        """These frames and after them `more`, at this size.

        Indices stay as they are, and so does what is held out of these: only `more` is split, so
        that what was trained on is never held out later. Episodes keep their numbers, but for
        those of `more` where both have one of the same number.
        """
        if not len(more):
            return self
        if not len(self):
            return more.sized(self.shape)
        episode, columns = more.episode, None
        if np.isin(episode, self.episode).any():
            episode = episode + (self.episode.max() + 1 - episode.min())
        if self.columns and more.columns:
            columns = Columns.joined([self.columns, more.columns._replace(episode=episode)])
        return Frames(
            [*self._arrays, *more._arrays],
            np.concatenate([self.episode, episode]),
            self.name if more.name in self.name.split(" + ") else f"{self.name} + {more.name}",
            (*self.skipped, *more.skipped),
            self.shape,
            parts=(*self._parts, *more._parts),
            sources=(*self.sources, *more.sources) if self.sources and more.sources else (),
            columns=columns,
        )

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The frames at `indices` (n,), as a fresh (n, *shape) uint8 array."""
        indices = np.asarray(indices)
        taken = np.empty((len(indices), *self.shape), np.uint8)
        which = np.searchsorted(self._ends, indices, side="right")
        for part in np.unique(which):
            here = which == part
            start = self._ends[part] - len(self._arrays[part])
            taken[here] = from_image(self._arrays[part][indices[here] - start], self.shape)
        return taken

    def batches(self, size: int) -> Iterator[np.ndarray]:
        """All frames in order, in arrays of `size` and a last shorter one."""
        for start in range(0, len(self), size):
            yield self.take(np.arange(start, min(start + size, len(self))))

    def split(self, held_out: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
        """Indices of training and of held-out frames, from different episodes.

        Whole episodes, spread over the sequence, are held out until their frames are the share,
        but never more than half; a single episode is cut in two, its end held out. One frame
        alone is both. What has `grown` is split part by part, each with regard to those before.
        """
        sides, held = ([], []), 0
        for start, size in zip(np.cumsum(self._parts) - self._parts, self._parts, strict=True):
            # A part of few long episodes holds out more than the share; later ones less for it.
            share = held_out if start == 0 else (held_out * (start + size) - held) / size
            episode = self.episode[start : start + size]
            if start and (share <= 0 or size < 2):
                parts = np.arange(size), np.arange(0)
            else:
                parts = split_episodes(episode, share)
            held += len(parts[1])
            for side, part in zip(sides, parts, strict=True):
                side.append(part + start)
        training, held_out_frames = (np.concatenate(side) for side in sides)
        return training, held_out_frames


def spread(indices: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the indices, evenly spread."""
    if len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).astype(int)]


def load(path: str | Path) -> Frames:
    """Open frames of any kind: a dataset folder, .npy, .npz, a folder of images, a video.

    They are taken at FRAME_SHAPE, other sizes area averaged, unless `sized` says otherwise. Raises
    InputError with one sentence naming the file and the fault.
    """
    path = Path(path)
    frames = _told(path, lambda: _load(path))
    frames.sources = frames.sources or (Source(path.absolute(), len(frames)),)
    return frames


def load_shards(folder: str | Path, names: Sequence[str], apart: bool = True) -> Frames:
    """Open the shards `names` of a dataset folder, one grown by the next in that order.

    With `apart` false they are split together, as `load` does. Raises InputError as `load` does.
    """
    folder = Path(folder)

    def chosen() -> Frames:
        counts = read_index(folder / INDEX)
        return _read_shards(folder, {name: counts[name] for name in names}, apart)

    return _told(folder, chosen)


def _told(path: Path, read: Callable[[], Frames]) -> Frames:
    """What `read` gives, or an InputError of one sentence on `path`."""
    try:
        frames = read()
    except InputError:
        raise
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it.") from error
    except Exception as error:  # readers of foreign formats raise whatever they trip over
        raise InputError(f"{path}: cannot be read as frames ({_first_line(error)}).") from error
    if len(frames) == 0:
        raise InputError(f"{path}: holds no frames.")
    return frames


def load_together(paths: Sequence[str | Path]) -> Frames:
    """Open several files as one sequence in their order, and one alone as `load` does.

    Of several those that cannot be read are skipped and named, as in a folder; raises InputError
    when none is left.
    """
    if len(paths) == 1:
        return load(paths[0])
    parts, skipped, reasons = [], [], []
    for path in paths:
        try:
            part = load(path)
        except InputError as error:
            skipped.append(Path(path).name)
            reasons.append(str(error))
        else:
            parts.append(part)
            skipped += part.skipped
    if not parts:
        raise InputError(f"None of {len(paths)} files can be read as frames. {reasons[0]}")
    arrays = alike([array for part in parts for array in part._arrays])
    return Frames(arrays, name=f"{len(parts)} files", skipped=skipped)


def _load(path: Path) -> Frames:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder.")
    if path.is_dir():
        if (path / INDEX).exists():
            return _load_folder(path)
        frames, skipped = read_images(path)
        return Frames([frames], name=path.name, skipped=skipped)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return Frames(
            [_checked(np.load(path, mmap_mode="r", allow_pickle=False), path)], name=path.name
        )
    if suffix == ".npz":
        return _load_npz(path)
    if suffix in VIDEO_SUFFIXES:
        return Frames([read_video(path)], name=path.name)
    if suffix in IMAGE_SUFFIXES:
        return Frames([read_image(path)[None]], name=path.name)
    raise InputError(
        f"{path}: not a kind of file that frames are read from "
        "(a dataset folder, .npy, .npz, an image or a folder of them, or a video)."
    )


def _load_folder(folder: Path) -> Frames:
    return _read_shards(folder, read_index(folder / INDEX))


def _read_shards(folder: Path, counts: Mapping[str, int], apart: bool = False) -> Frames:
    arrays, known = [], []
    for name, count in counts.items():
        shard = folder / f"{name}.npy"
        array = _checked(np.load(shard, mmap_mode="r", allow_pickle=False), shard)
        if len(array) != count:
            raise InputError(f"{shard}: holds {len(array)} frames where its index says {count}.")
        beside = folder / f"{name}.npz"
        check_unpacked(beside, 1024 + 1024 * count)
        with np.load(beside, allow_pickle=False) as archive:
            known.append(_columns(dict(archive), count, beside))
        arrays.append(array)
    columns = [whole for _, whole in known]
    return Frames(
        arrays,
        np.concatenate([episode for episode, _ in known]) if known else None,
        name=folder.name,
        parts=[len(array) for array in arrays] if apart else (),
        sources=[Source(folder.absolute(), sum(counts.values()), tuple(counts), apart)],
        columns=Columns.joined(columns) if columns and None not in columns else None,
    )


def _load_npz(path: Path) -> Frames:
    check_unpacked(path, LARGEST_ARRAY)
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    pictures = [array for array in arrays.values() if array.ndim == 4]
    if len(pictures) != 1:
        raise InputError(
            f"{path}: must hold one uint8 array (N, H, W, 3), but holds {len(pictures)} "
            "arrays of four dimensions."
        )
    frames = _checked(pictures[0], path)
    if "episode" not in arrays:
        return Frames([frames], name=path.name)
    episode, columns = _columns(arrays, len(frames), path)
    return Frames([frames], episode, name=path.name, columns=columns)


def _columns(
    arrays: Mapping[str, np.ndarray], count: int, path: Path
) -> tuple[np.ndarray, Columns | None]:
    """The episodes of `count` frames, and all columns where every one is there and fits."""
    episode = arrays["episode"]
    if episode.shape != (count,) or episode.dtype.kind not in "biuf":
        raise InputError(f"{path}: its episode column is not a number for each of {count} frames.")
    return episode, Columns.read(arrays)


def _checked(array: np.ndarray, path: Path) -> np.ndarray:
    """The array as frames, if it is uint8 (N, H, W, 3); one of a recipe's size stays as it is."""
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] != 3 or 0 in array.shape[1:]:
        raise InputError(
            f"{path}: holds {array.dtype} {array.shape} where uint8 (N, H, W, 3) is expected."
        )
    if array.shape[1:] in SHAPES:
        return array
    return np.stack([from_image(image) for image in array]) if len(array) else array


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
