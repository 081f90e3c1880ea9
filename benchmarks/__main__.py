"""Prints the benchmark table: ours, the plain way in turn with it, the ratio, and the limit.

Run it as `python -m benchmarks [NAME ...] [--json] [--out BENCHMARKS.md]`. Three have options of
their own: `vision` trains for hours, `foreign` rates a model on others' frames, `curves` times the
redraw of a training's history view by view.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from benchmarks import alone, curves, foreign, growth, memory, start, vision, window
from benchmarks.row import Row, table
from models import command
from models.device import describe
from models.shards import write_atomically

BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "collect": alone.collect,
    "live": alone.live,
    "train": alone.training,
    "encode": alone.encode,
    "paint": alone.painting,
    "start": start.start,
    "window": window.window,
    "inside": window.inside,
    "memory": memory.memory,
    "growth": growth.growth,
    "cuda": partial(alone.training, "cuda", (64, 128, 512, 1024)),
}
WITHOUT_GPU = [name for name in BENCHMARKS if name != "cuda"]


def machine() -> str:
    """What the figures were taken on, in a line."""
    told = [
        platform.system(),
        _processor(),
        f"{os.cpu_count()} cores",
        f"Python {platform.python_version()}",
        f"torch {torch.__version__}",
    ]
    if torch.cuda.is_available():
        told.append(describe(torch.device("cuda")))
    return ", ".join(told)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    for name, apart in (("vision", vision), ("foreign", foreign), ("curves", curves)):
        if sys.argv[1:2] == [name]:
            apart.main(sys.argv[2:])
            return
    parser = command.Parser(
        prog="benchmarks",
        description=__doc__.split("\n")[0],
        epilog="`vision` compares trainings instead, for hours, `foreign` rates a model on frames "
        "as others make them, `curves` times each view of a training; see their --help.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--out", type=Path, metavar="MD", help="a file that the table is kept in")
    options = parser.parse_args()
    unknown = set(options.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    if options.out:
        command.check_writable(options.out)
    rows = []
    for name in options.names or WITHOUT_GPU:
        for row in BENCHMARKS[name]():
            rows.append(row)
            print(table([row]).splitlines()[-1], file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [row._asdict() for row in rows]}))
    else:
        print(f"{machine()}\n\n{table(rows)}")
    if options.out:
        text = f"{machine()}\n\n{table(rows)}\n"
        write_atomically(options.out, lambda file: file.write(text.encode()))


if __name__ == "__main__":
    command.run(main)
