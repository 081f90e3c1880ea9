"""A figure laid out in pixels: sections of text, exact pictures and plots under one another.

It does not know what the sections show.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.errors import InputError
from models.shards import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 1480
MARGIN = 20
HEADING = 44
DPI = 100
INK, FAINT, ACCENT, RULE = "#1c2530", "#7b8794", "#1f6fb5", "#d5dbe1"


class Section(NamedTuple):
    """A heading, what stands beside it, and what is drawn under it."""

    title: str
    note: str
    height: int  # pixels, without the heading
    draw: Callable[[Sheet, int], None]  # called with the sheet and its first row of pixels


class Sheet:
    """Sections drawn under one another, WIDTH pixels wide."""

    def __init__(self, sections: list[Section]):
        # Loading it takes half a second that only those who draw should pay.
        from matplotlib.figure import Figure

        self._height = sum(HEADING + section.height for section in sections) + MARGIN
        size = (WIDTH / DPI, self._height / DPI)
        self._figure = Figure(size, dpi=DPI, facecolor="white")
        top = 0
        for section in sections:
            self.text(MARGIN, top + HEADING / 2, section.title, size=13, weight="bold")
            self.text(WIDTH - MARGIN, top + HEADING / 2, section.note, color=FAINT, ha="right")
            section.draw(self, top + HEADING)
            top += HEADING + section.height

    def text(self, left: float, top: float, text: str, size: float = 10, **style) -> None:
        """Text with the middle of its height at `top`."""
        place = (left / WIDTH, 1 - top / self._height)
        style = {"color": INK, "va": "center"} | style
        self._figure.text(*place, text, fontsize=size, **style)

    def picture(self, left: int, top: int, pixels: np.ndarray, scale: int) -> None:
        """(H, W, 3) uint8, each value `scale` pixels wide and high."""
        large = pixels.repeat(scale, 0).repeat(scale, 1)
        self._figure.figimage(large, left, self._height - top - len(large), origin="upper")

    def axes(self, left: int, top: int, width: int, height: int) -> Axes:
        """An empty plot whose inner area is that rectangle."""
        bottom = self._height - top - height
        bounds = (left / WIDTH, bottom / self._height, width / WIDTH, height / self._height)
        axes = self._figure.add_axes(bounds)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(RULE)
        axes.tick_params(colors=FAINT, labelsize=9)
        axes.yaxis.grid(True, color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        return axes

    def save(self, path: Path) -> None:
        """Write it as PNG, whatever the name ends in; InputError where it cannot be written."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        memory = io.BytesIO()
        FigureCanvasAgg(self._figure).print_png(memory)
        write_file(path, memory.getvalue())


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file or none; raises InputError with one sentence."""
    write_pieces(path, [data])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """The same of a file that comes in pieces, each made when the one before is written."""
    try:
        write_atomically(path, lambda file: file.writelines(pieces))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}).") from error
