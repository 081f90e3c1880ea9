"""The rate-distortion plot as a picture file; it does not know how the points came about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks import published
from benchmarks.points import Row

LEGIBLE = 0.6  # nats between two points whose numbers do not touch
LOOKS = {
    "ours": ("#1f6fb4", "o", 7, (0, 9)),
    "published": ("#c8553d", "s", 7, (0, 9)),
    "bundled": ("#2b2b2b", "*", 15, (-21, -3)),
}
"""Of each family: colour, marker and its size, and where from it the figure stands, in points."""

INK, FAINT = "#333333", "#8a8a8a"


def draw(path: Path, rows: Sequence[Row], title: str, subtitle: str) -> None:
    """Write a PNG of PSNR in dB over rate in nats, a curve for each family of rows.

    Full marks are decoded from mu, hollow ones from a sample.
    """
    figure = Figure(figsize=(8.4, 5.4), dpi=160, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    for family in LOOKS:
        curve = sorted((row for row in rows if row.family == family), key=lambda row: row.kl)
        if curve:
            _curve(axes, curve, family)
    axes.plot([], [], "o--", color=FAINT, mfc="white", lw=1, ms=4.5, label="from a sample")
    axes.set_xlabel("rate: KL to the prior, nats per frame", color=INK)
    axes.set_ylabel("PSNR on test frames, dB", color=INK)
    axes.set_title(f"{title}\n", loc="left", fontsize=13, fontweight="bold", color=INK)
    axes.annotate(
        subtitle, (0, 1), (0, 8), "axes fraction", textcoords="offset points", color=FAINT
    )
    axes.margins(x=0.08, y=0.12)
    axes.grid(color="#e6e6e6", lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color("#b0b0b0")
    axes.tick_params(colors=INK, length=3)
    axes.legend(loc="lower right", framealpha=1, edgecolor="white", labelcolor=INK)
    FigureCanvasAgg(figure).print_png(path)


def _curve(axes: Axes, curve: Sequence[Row], family: str) -> None:
    colour, marker, size, beside = LOOKS[family]
    rates = [row.kl for row in curve]
    from_mu = [row.psnr_mu for row in curve]
    from_sample = [row.psnr_sample for row in curve]
    faint = {"color": colour, "alpha": 0.45, "mfc": "white", "lw": 1, "ms": 0.6 * size}
    axes.plot(rates, from_sample, f"{marker}--", **faint)
    line = f"{marker}-" if len(curve) > 1 else marker
    label = _label(curve, family)
    axes.plot(rates, from_mu, line, color=colour, lw=2, ms=size, zorder=3, label=label)
    told = -math.inf
    for row in curve:
        if row.kl - told < LEGIBLE:
            continue  # its number would stand on the one before
        told = row.kl
        as_published = family == "published" and row.kl_floor == published.Config.kl_floor
        axes.annotate(
            f"{row.psnr_mu:.1f}" + as_published * " as published",
            (row.kl, row.psnr_mu),
            beside,
            textcoords="offset points",
            ha="center",
            color=colour,
            fontsize=9,
        )


def _label(curve: Sequence[Row], family: str) -> str:
    names = {"ours": "ours, 60x80", "published": "World Models recipe, 64x64"}
    name = names.get(family, f"the model {curve[0].name}")
    return f"{name}, {max(row.images for row in curve):,} images"
