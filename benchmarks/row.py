"""A row of the benchmark table, and how the table is printed; it does not know what is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

ROUNDS = 5  # ours and the plain way in turn, so that a drifting machine slows both


class Row(NamedTuple):
    """What was measured, in `unit`; `plain` and `ratio` are None where nobody would do it."""

    what: str
    unit: str
    ours: float
    target: str
    met: bool | None  # None: nothing was promised
    plain: float | None = None
    ratio: float | None = None  # how many times better ours is, median over the rounds
    limit: str = ""  # what could be had at best, measured in the same run


class Turns(NamedTuple):
    """Medians over the rounds, seconds, and how many times shorter ours is."""

    ours: float
    plain: float
    ratio: float


def in_turn(ours: Callable[[], object], plain: Callable[[], object], rounds: int = ROUNDS) -> Turns:
    """Time both ways in turn, so many times after once to warm up.

    A way that gives a number of seconds has timed itself.
    """
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for way, taken in zip((ours, plain), seconds, strict=True):
            started = time.perf_counter()
            told = way()
            passed = told if isinstance(told, float) else time.perf_counter() - started
            if turn:
                taken.append(passed)
    mine, others = seconds
    ratio = statistics.median(b / a for a, b in zip(mine, others, strict=True))
    return Turns(statistics.median(mine), statistics.median(others), ratio)


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    cells = [("what", "unit", "ours", "plain", "ratio", "target", "met", "limit")]
    for row in rows:
        cells.append(
            (
                row.what,
                row.unit,
                _figure(row.ours),
                "" if row.plain is None else _figure(row.plain),
                "" if row.ratio is None else f"{row.ratio:.2f}",
                row.target,
                {True: "yes", False: "**no**", None: ""}[row.met],
                row.limit,
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    numbers = {2, 3, 4}
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in cells
    ]
    rule = "|" + "|".join(
        "-" * (width + 1) + (":" if column in numbers else "-")
        for column, width in enumerate(widths)
    )
    return "\n".join([lines[0], rule + "|", *lines[1:]])


def _figure(number: float) -> str:
    """Three figures, or all before the point."""
    return f"{number:,.0f}".replace(",", " ") if abs(number) >= 100 else f"{number:.3g}"
