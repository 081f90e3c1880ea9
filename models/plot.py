"""What a VAE sees and knows, as sections of a figure: pictures, traversals, latents, curves.

It does not know where the figure goes.
"""

from __future__ import annotations

import numpy as np

from models.aggregate import Aggregate
from models.dataset import Frames, spread
from models.evaluate import Evaluation
from models.history import History
from models.observation import ACTIVE_NATS
from models.sheet import ACCENT, FAINT, INK, MARGIN, RULE, WIDTH, Section, Sheet
from models.vae import VAE

COLUMNS = 8
PICTURE_WIDTH = 160  # about; pictures are enlarged by whole numbers
GAP = 6
LABEL = 112  # left of pictures and plots
LINE = 20  # of text under pictures
RANGE = (0.005, 0.995)  # of the aggregate posterior, that a traversal runs through
SHOWN_LATENTS = 64  # in the plots per latent


def overview(vae: VAE, frames: Frames, found: Evaluation) -> list[Section]:
    """Every section that an evaluation of these frames gives."""
    frames = frames.sized(vae.shape)
    shown = frames.take(spread(np.arange(len(frames)), 2 * COLUMNS))
    return [
        reconstructions(vae, shown),
        prior_samples(vae),
        traversals(vae, shown, found.kl_per_latent, found.aggregate),
        aggregate_posterior(found.kl_per_latent, found.aggregate),
        rate(found.kl_per_latent),
    ]


def reconstructions(vae: VAE, frames: np.ndarray) -> Section:
    """Frames (n, H, W, 3) uint8 above what is decoded from their mean."""
    recons = vae.image(vae.posterior(frames).mu)
    scale, height, width = _enlarged(frames)
    banks = [slice(k, k + COLUMNS) for k in range(0, len(frames), COLUMNS)]
    bank_height = 2 * height + GAP + LINE + 2 * GAP

    def draw(sheet: Sheet, top: int) -> None:
        for bank in banks:
            below = top + height + GAP
            sheet.text(MARGIN, top + height / 2, "frame")
            sheet.text(MARGIN, below + height / 2, "reconstruction")
            _row(sheet, top, frames[bank], scale)
            _row(sheet, below, recons[bank], scale)
            for k, (frame, recon) in enumerate(zip(frames[bank], recons[bank], strict=True)):
                middle = _left(k, width) + width / 2
                line = below + height + LINE / 2
                sheet.text(
                    middle, line, f"{_psnr(frame, recon):.1f} dB", 9, color=FAINT, ha="center"
                )
            top += bank_height

    note = "decoded from mu; frames spread evenly over the data set"
    return Section("Reconstructions", note, len(banks) * bank_height, draw)


def prior_samples(vae: VAE, seed: int = 0) -> Section:
    """Pictures of z ~ N(0, I)."""
    z = np.random.default_rng(seed).standard_normal((2 * COLUMNS, vae.config.latent_dim))
    pictures = vae.image(z)
    scale, height, _ = _enlarged(pictures)

    def draw(sheet: Sheet, top: int) -> None:
        sheet.text(MARGIN, top + height / 2, "z ~ N(0, I)")
        _row(sheet, top, pictures[:COLUMNS], scale)
        _row(sheet, top + height + GAP, pictures[COLUMNS:], scale)

    return Section("Prior samples", "not chosen", 2 * (height + GAP) + GAP, draw)


def traversals(
    vae: VAE, frames: np.ndarray, kl_per_latent: np.ndarray, aggregate: Aggregate
) -> Section:
    """The latents of most KL, each through its range, the others as in a typical one of `frames`.

    Typical is the frame of the median KL: a plain road says too little, a crossing too much.
    """
    posterior = vae.posterior(frames)
    base = posterior.mu[np.argsort(posterior.kl.sum(1))[len(frames) // 2]]
    latents = _by_kl(kl_per_latent)[:COLUMNS]
    ends = np.array([np.interp(RANGE, aggregate.levels, aggregate.quantiles[j]) for j in latents])
    z = np.tile(base, (len(latents), COLUMNS, 1))
    for row, (j, (low, high)) in enumerate(zip(latents, ends, strict=True)):
        z[row, :, j] = np.linspace(low, high, COLUMNS)
    pictures = vae.image(z)
    scale, height, _ = _enlarged(pictures[0])

    def draw(sheet: Sheet, top: int) -> None:
        for row, j, (low, high) in zip(pictures, latents, ends, strict=True):
            middle = top + height / 2
            sheet.text(MARGIN, middle - LINE, f"z{j:02d}", 12, weight="bold")
            sheet.text(MARGIN, middle, f"{kl_per_latent[j]:.2f} nats")
            sheet.text(MARGIN, middle + LINE, f"{low:.1f} … {high:.1f}", color=FAINT)
            _row(sheet, top, row, scale)
            top += height + GAP

    note = f"each from the {RANGE[0]:.1%} to the {RANGE[1]:.1%} quantile of its aggregate posterior"
    return Section("Traversals", note, len(latents) * (height + GAP) + GAP, draw)


def aggregate_posterior(kl_per_latent: np.ndarray, aggregate: Aggregate) -> Section:
    """The density of each latent over all frames, beside that of N(0, 1)."""
    latents = _by_kl(kl_per_latent)[:SHOWN_LATENTS]
    height = 230
    grid = np.linspace(-3.5, 3.5, 141)
    peak = 0.5  # a density this high fills the latent's column
    normal = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)

    def draw(sheet: Sheet, top: int) -> None:
        axes = _latent_axes(sheet, top, height, latents)
        for x, j in enumerate(latents):
            wide = np.minimum(_density(grid, aggregate.levels, aggregate.quantiles[j]) / peak, 1)
            color = ACCENT if kl_per_latent[j] > ACTIVE_NATS else FAINT
            axes.fill_betweenx(grid, x - wide / 2, x + wide / 2, color=color, alpha=0.55, lw=0)
            for side in (-1, 1):
                axes.plot(x + side * normal / peak / 2, grid, color=INK, linewidth=0.6)
        axes.set_ylim(grid[0], grid[-1])
        axes.set_ylabel("z", color=INK)

    note = "filled: over all frames; line: N(0, 1)"
    return Section("Aggregate posterior", note, height + 40, draw)


def rate(kl_per_latent: np.ndarray) -> Section:
    """The mean KL of each latent."""
    latents = _by_kl(kl_per_latent)[:SHOWN_LATENTS]
    height = 170

    def draw(sheet: Sheet, top: int) -> None:
        axes = _latent_axes(sheet, top, height, latents)
        nats = kl_per_latent[latents]
        colors = [ACCENT if kl > ACTIVE_NATS else FAINT for kl in nats]
        axes.bar(range(len(latents)), nats, color=colors, width=0.7)
        for x, kl in enumerate(nats):
            axes.annotate(
                f"{kl:.2f}", (x, kl), (0, 3), textcoords="offset points",
                ha="center", fontsize=7.5, color=INK,
            )  # fmt: skip
        axes.set_ylabel("KL, nats per frame", color=INK)

    active = (kl_per_latent > ACTIVE_NATS).sum()
    note = (
        f"{kl_per_latent.sum():.2f} nats per frame; {active} of {len(kl_per_latent)} latents "
        f"above {ACTIVE_NATS} nats"
    )
    return Section("Rate per latent", note, height + 40, draw)


def curves(history: History) -> Section:
    """Reconstruction and KL over the images of the training."""
    height, gap = 260, 90
    width = (WIDTH - LABEL - gap - 2 * MARGIN) // 2
    columns = dict(zip(history.points[0]._fields, zip(*history.points, strict=True), strict=True))
    thousands = np.array(columns["images"]) / 1000
    parts = (("recon_loss", "squared error, SSE per image"), ("kl", "KL, nats per frame"))

    def draw(sheet: Sheet, top: int) -> None:
        from matplotlib.ticker import LogLocator

        for k, (name, label) in enumerate(parts):
            axes = sheet.axes(LABEL + k * (width + gap), top, width, height)
            axes.plot(thousands, columns[name], color=ACCENT, alpha=0.4, lw=1, label="batches")
            held_out = columns[f"held_out_{name}"]
            axes.plot(thousands, held_out, color=ACCENT, lw=1.8, label="held out")
            axes.set_xlabel("images, thousands", color=INK)
            axes.set_ylabel(label, color=INK)
            axes.set_xlim(0, thousands[-1])
            axes.legend(frameon=False, labelcolor=INK, fontsize=9)
            if name == "recon_loss":
                axes.set_yscale("log")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.yaxis.set_major_formatter("{x:g}")
                axes.yaxis.set_minor_formatter("")

    note = (
        f"{len(history.points)} of the tests on held-out frames, and the mean of the batches "
        "between them"
    )
    return Section("Training", note, height + 60, draw)


def _by_kl(kl_per_latent: np.ndarray) -> np.ndarray:
    return np.argsort(-np.asarray(kl_per_latent), kind="stable")


def _enlarged(pictures: np.ndarray) -> tuple[int, int, int]:
    """The scale of pictures (n, H, W, 3), and their height and width then."""
    _, height, width, _ = pictures.shape
    scale = max(1, round(PICTURE_WIDTH / width))
    return scale, scale * height, scale * width


def _left(column: int, width: int) -> int:
    return MARGIN + LABEL + column * (width + GAP)


def _row(sheet: Sheet, top: int, pictures: np.ndarray, scale: int) -> None:
    for k, picture in enumerate(pictures):
        sheet.picture(_left(k, scale * picture.shape[1]), top, picture, scale)


def _psnr(frame: np.ndarray, recon: np.ndarray) -> float:
    error = np.square(frame.astype(float) - recon).mean() / 255**2
    return 10 * np.log10(1 / max(error, 1e-10))


def _density(grid: np.ndarray, levels: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """The density between quantiles, which equals N(0, 1)'s if they are that Gaussian's."""
    widths = np.maximum(np.diff(quantiles), 1e-6)
    middles = (quantiles[1:] + quantiles[:-1]) / 2
    return np.interp(grid, middles, np.diff(levels) / widths, left=0.0, right=0.0)


def _latent_axes(sheet: Sheet, top: int, height: int, latents: np.ndarray):
    axes = sheet.axes(LABEL, top, WIDTH - LABEL - 2 * MARGIN, height)
    axes.set_xlim(-0.6, len(latents) - 0.4)
    names = [f"z{j:02d}" for j in latents]
    axes.set_xticks(range(len(latents)), names, rotation=90 if len(latents) > 40 else 0)
    axes.axhline(0, color=RULE, linewidth=0.8)
    return axes
