"""Rollouts in worker processes into a dataset folder.

It does not know the VAE or the window. Run it as `python -m models.collect`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models import command
from models.carracing import ZOOM_STEPS, rollout
from models.crew import LostWorkerError, work
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
TELL_EVERY = 20  # frames between two words from a worker: some 0.1 s


class Progress(NamedTuple):
    """How far a collection is."""

    frames: int  # on disk, listed in the index
    wanted: int
    driven: int  # those on disk and those of unfinished shards
    frames_per_second: float  # driven, since the first worker of this run began
    landed: tuple[str, ...]  # shards that are on disk since the last record; first all that are


def collect(
    frames: int,
    out: Path,
    seed: int = 0,
    workers: int | None = None,
    policy: str = "autopilot",
    shard_frames: int | None = None,
) -> Iterator[Progress]:
    """Collect `frames` frames into the dataset folder `out`, continuing what is there.

    Shard k depends on `seed`, k, `policy` and `shard_frames`, SHARD_FRAMES if None, alone, so that
    an interrupted collection, or another number of workers, gives the same frames. Closing it ends
    the workers at once; what has landed stays. Raises InputError where the folder cannot be used
    or a worker was ended from outside.
    """
    writer = _open(out)
    prefix = "shard" if policy == "autopilot" else policy
    most = shard_frames or SHARD_FRAMES
    shards = [
        (f"{prefix}-{seed}-{k:05d}", k, min(most, frames - start))
        for k, start in enumerate(range(0, frames, most))
    ]
    missing = [shard for shard in shards if writer.shards.get(shard[0], 0) < shard[2]]
    there = [name for name, _, _ in shards if name not in {shard[0] for shard in missing}]
    done = frames - sum(size for _, _, size in missing)
    yield Progress(done, frames, done, 0.0, tuple(there))
    if missing:
        yield from _drive(writer, missing, done, seed, policy, workers or cores())


def _drive(
    writer: Writer,
    missing: Sequence[tuple[str, int, int]],
    done: int,
    seed: int,
    policy: str,
    workers: int,
) -> Iterator[Progress]:
    wanted = done + sum(size for _, _, size in missing)
    jobs = [(writer.folder, name, size, seed, k, policy) for name, k, size in missing]
    driven = dict.fromkeys(jobs, 0)
    before, started, rate = done, None, 0.0
    try:
        with closing(work(_write_shard, jobs, workers)) as told:
            for news in told:
                landed = ()
                if news is not None and news.ended:
                    _, name, size, *_ = news.job
                    writer.list(name, size)
                    landed, done = (name,), done + size
                elif news is not None:
                    started = started or time.perf_counter()
                    driven[news.job] = news.value
                total = before + sum(driven.values())
                if total > before:
                    rate = (total - before) / (time.perf_counter() - started)
                yield Progress(done, wanted, total, rate, landed)
    except OSError as error:
        raise _unwritable(writer.folder, error, f"; {done} of {wanted} are whole") from error
    except LostWorkerError as error:
        raise InputError(
            f"{writer.folder}: a worker process was ended from outside; {done} of {wanted} frames "
            "are whole and stay: start it again for the rest."
        ) from error
    finally:
        for name, _, _ in missing:  # what workers that were ended had begun to write
            for partial in writer.folder.glob(f".{name}.np[yz].*.part"):
                partial.unlink(missing_ok=True)


def _open(out: Path) -> Writer:
    try:
        writer = Writer(out)
        probe = writer.folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(out, error) from error
    return writer


def _unwritable(out: Path, error: OSError, rest: str = "") -> InputError:
    return InputError(f"{out}: frames cannot be written there ({error.strerror}){rest}.")


def _write_shard(
    folder: Path, name: str, size: int, seed: int, shard: int, policy: str
) -> Iterator[int]:
    """Drive a shard and write it, yielding now and then how many frames are driven."""
    yield 0
    frames = np.empty((size, *FRAME_SHAPE), np.uint8)
    rows, count, first = [], 0, (seed * SHARDS_PER_SEED + shard) * TRACKS_PER_SHARD
    driver = Autopilot(first) if policy == "autopilot" else Noise(first)
    for track in range(first, first + TRACKS_PER_SHARD):
        for seen in rollout(driver, track, steps=EPISODE_STEPS, first=ZOOM_STEPS, every=EVERY):
            frames[count] = seen.frame
            rows.append((track, seen.telemetry, track))
            count += 1
            if count % TELL_EVERY == 0 or count == size:
                yield count
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
            bar.update(progress.driven - bar.n)
    print(f"{options.out}: {progress.frames} frames, {progress.frames_per_second:.0f} a second.")


if __name__ == "__main__":
    command.run(main)
