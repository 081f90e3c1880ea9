"""Our family of models and the published recipe, trained alike: a rate-distortion table and plot.

It does not know how a point is trained. Run it as `python -m benchmarks vision`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.points import POINTS, TRUNK, Job, Row, file_of, measure, row, wants_trunk
from models import checkpoint, command, dataset
from models.dataset import Frames
from models.device import DEVICES, pick_device, use_threads
from models.errors import InputError
from models.machine import cores

NOTE = (
    "The published recipe sees each frame brought to 64x64 by area averaging and is rated on those "
    "64x64 pixels, which are fewer and smoother than ours: it has the benefit of the doubt. Both "
    "families are trained on the same frames, drawn with replacement. PSNR is the mean over frames "
    "of 10 log10(1 / MSE), rate the KL between posterior and prior."
)
COLUMNS = ("model", "rate, nats", "dB from mu", "dB from a sample", "active", "images", "weights")


def run(names: Sequence[str], job: Job, workers: int) -> Iterator[Row]:
    """Train and evaluate the points, `workers` at a time, and yield each as it is ready.

    Closing it, or an interrupt, lets every point save its state first.
    """
    if wants_trunk(names, job.out):
        yield from _run([TRUNK], job, 1)
    yield from _run(names, job, min(workers, len(names)))


def _run(names: Sequence[str], job: Job, workers: int) -> Iterator[Row]:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    threads = max(1, cores() // workers)
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(stop, threads)
    )
    try:
        job = job._replace(threads=threads)
        futures = [pool.submit(_measure, name, job) for name in names]
        for future in as_completed(futures):
            if row := future.result():
                yield row
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


_stop: Event  # of this worker process


def _begin(stop: Event, threads: int) -> None:
    global _stop
    _stop = stop
    # A terminal sends Ctrl-C to every process; the first one tells the others, so that they save.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_threads(threads)


def _measure(name: str, job: Job) -> Row | None:
    if _stop.is_set():
        return None
    parent = multiprocessing.parent_process()
    result = measure(name, job, lambda: _stop.is_set() or not parent.is_alive())
    if not parent.is_alive():
        os._exit(1)  # killed, it has told the pool nothing, and the pool would wait for ever
    return result


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks vision`."""
    options = _parser().parse_args(arguments)
    job = Job(options.frames, options.test, options.images, options.out, options.device)
    pick_device(job.device)
    test = dataset.load(job.test)
    rows = [_bundled(options.model, test)] if options.model else []
    names = list(dict.fromkeys(options.points or POINTS))
    # What other runs have finished in this folder belongs into the table too.
    names += [name for name in POINTS if name not in names and file_of(name, job.out).exists()]
    rows += run(names, job, options.workers)
    rows.sort(key=lambda row: (row.family, row.kl))
    _write(job, rows, test)
    path = job.out / ("vision.json" if options.json else "vision.md")
    print(path.read_text(encoding="utf-8"), end="")


def _parser() -> command.Parser:
    parser = command.Parser(prog="benchmarks vision", description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH", help="to train on")
    parser.add_argument("--test", type=Path, required=True, metavar="PATH", help="to evaluate on")
    parser.add_argument(
        "--images", type=command.positive, required=True, metavar="N", help="shown to each point"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="of models and results; what is finished there is not done again",
    )
    parser.add_argument(
        "--points", nargs="+", choices=POINTS, metavar="NAME", help=", ".join(POINTS)
    )
    parser.add_argument("--model", type=Path, metavar="CHECKPOINT", help="shown beside them")
    parser.add_argument(
        "--workers", type=command.positive, default=1, metavar="W", help="points at a time"
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", metavar="D")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser


def _bundled(path: Path, test: Frames) -> Row:
    loaded = checkpoint.load(path)
    images = int(loaded.training.get("images", 0))
    with command.about(path):
        return row(
            loaded.name, "bundled", loaded.training.get("kl_floor"), images, loaded.vae, test
        )


def _write(job: Job, rows: Sequence[Row], test: Frames) -> None:
    """The results as vision.json, vision.md and vision.png in the folder."""
    told = {
        "images": job.images,
        "frames": job.frames.name,
        "test": job.test.name,
        "test_frames": len(test),
        "note": NOTE,
        "rows": [row._asdict() for row in rows],
    }
    lines = [
        f"Trained on {job.frames.name}, measured on the {len(test):,} frames of {job.test.name}.\n",
        f"| {' | '.join(COLUMNS)} |",
        "|---|" + "---:|" * (len(COLUMNS) - 1),
        *(
            f"| {row.name} | {row.kl:.2f} | {row.psnr_mu:.2f} | {row.psnr_sample:.2f} "
            f"| {row.active_units} | {row.images:,} | {row.parameters / 1e6:.1f} M |"
            for row in rows
        ),
        f"\n{NOTE}\n",
    ]
    from benchmarks import chart  # brings matplotlib

    title = "Rate and distortion on tracks never trained on"
    try:
        (job.out / "vision.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        (job.out / "vision.md").write_text("\n".join(lines), encoding="utf-8")
        chart.draw(job.out / "vision.png", rows, title, f"{len(test):,} frames of {job.test.name}")
    except OSError as error:
        raise InputError(f"{job.out}: cannot be written ({error.strerror}).") from error
