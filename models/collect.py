"""Rollouts in worker processes into a dataset folder.

It does not know the VAE or the window. Run it as `python -m models.collect`.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models import command
from models.carracing import ZOOM_STEPS, rollout
from models.errors import InputError
from models.frame import FRAME_SHAPE
from models.machine import cores
from models.policy import Autopilot, Noise
from models.shards import Columns, Writer, write_shard

SHARD_FRAMES = 2000
EVERY = 5  # steps between kept frames: at 0.1 s neighbours differ, and undrawn steps cost nothing
EPISODE_STEPS = 2000  # slow drivers are cut off here; most laps are done before
TRACKS_PER_SHARD = 1000  # so that no two shards, and no two seeds, share a track
SHARDS_PER_SEED = 100_000


class Progress(NamedTuple):
    """How far a collection is."""

    frames: int  # on disk, listed in the index
    wanted: int
    frames_per_second: float  # of this run


def collect(
    frames: int, out: Path, seed: int = 0, workers: int | None = None, policy: str = "autopilot"
) -> Iterator[Progress]:
    """Collect `frames` frames into the dataset folder `out`, continuing what is there.

    Shard k depends on `seed`, k and `policy` alone, so that an interrupted collection, or another
    number of workers, gives the same frames. Raises InputError where the folder cannot be used.
    """
    writer = _open(out)
    prefix = "shard" if policy == "autopilot" else policy
    shards = [
        (f"{prefix}-{seed}-{k:05d}", k, min(SHARD_FRAMES, frames - start))
        for k, start in enumerate(range(0, frames, SHARD_FRAMES))
    ]
    missing = [shard for shard in shards if writer.shards.get(shard[0], 0) < shard[2]]
    before = done = frames - sum(size for _, _, size in missing)
    started = time.perf_counter()
    yield Progress(done, frames, 0.0)
    # Spawned, never forked: the caller may own threads, a window and a GPU.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers or cores(), len(missing) or 1), mp_context=context)
    try:
        pending = {
            pool.submit(_write_shard, writer.folder, name, size, seed, k, policy): (name, size)
            for name, k, size in missing
        }
        for future in as_completed(pending):
            name, size = pending[future]
            try:
                future.result()
                writer.list(name, size)
            except OSError as error:
                raise _unwritable(out, error) from error
            done += size
            yield Progress(done, frames, (done - before) / (time.perf_counter() - started))
    finally:
        pool.shutdown(cancel_futures=True)


def _open(out: Path) -> Writer:
    try:
        writer = Writer(out)
        probe = writer.folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(out, error) from error
    return writer


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(f"{out}: frames cannot be written there ({error.strerror}).")


def _write_shard(folder: Path, name: str, size: int, seed: int, shard: int, policy: str) -> None:
    frames = np.empty((size, *FRAME_SHAPE), np.uint8)
    rows, count, first = [], 0, (seed * SHARDS_PER_SEED + shard) * TRACKS_PER_SHARD
    driver = Autopilot(first) if policy == "autopilot" else Noise(first)
    for track in range(first, first + TRACKS_PER_SHARD):
        for seen in rollout(driver, track, steps=EPISODE_STEPS, first=ZOOM_STEPS, every=EVERY):
            frames[count] = seen.frame
            told = seen.telemetry
            rows.append((track, told.step, told.action, told.speed, track))
            count += 1
            if count == size:
                write_shard(folder, name, frames, Columns.of(rows))
                return
    raise RuntimeError(f"{TRACKS_PER_SHARD} episodes gave only {count} frames.")


def main() -> None:
    parser = command.Parser(prog="models.collect", description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=command.positive, required=True, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--seed", type=command.seed, default=0, metavar="S", help="another seed, other tracks"
    )
    parser.add_argument("--workers", type=command.positive, metavar="W", help="default: all cores")
    parser.add_argument("--policy", choices=["autopilot", "random"], default="autopilot")
    options = parser.parse_args()

    from tqdm import tqdm

    steps = collect(options.frames, options.out, options.seed, options.workers, options.policy)
    progress = next(steps)  # what is there already must not count into the rate
    with tqdm(
        total=progress.wanted,
        initial=progress.frames,
        unit="frame",
        desc=str(options.out),
        disable=None,
    ) as bar:
        for progress in steps:
            bar.update(progress.frames - bar.n)
    print(f"{options.out}: {progress.frames} frames, {progress.frames_per_second:.0f} a second.")


if __name__ == "__main__":
    command.run(main)
