"""The card of a model: its figures, pictures, commands and curves, beside its checkpoint.

It does not know what to think of them: judgements stand in the notes, which it takes over
unchanged. Run it as `python -m models.card`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models import checkpoint, command, dataset, plot
from models.checkpoint import Checkpoint
from models.dataset import Frames, spread
from models.device import DEVICES, describe, pick_device
from models.errors import InputError
from models.evaluate import KEPT_POSTERIORS, USUAL, evaluate
from models.history import History
from models.observation import ACTIVE_NATS
from models.sheet import Section, Sheet, write_file

ROWS = {
    "frames": ("frames", "{:d}"),
    "psnr_mu": ("PSNR from mu, dB", "{:.2f}"),
    "psnr_sample": ("PSNR from a sample, dB", "{:.2f}"),
    "recon_sse_mu": ("squared error from mu, SSE per image", "{:.2f}"),
    "recon_sse_sample": ("squared error from a sample, SSE per image", "{:.2f}"),
    "kl": ("KL (the rate), nats per frame", "{:.2f}"),
    "active_units": (f"active latents (above {ACTIVE_NATS} nats)", "{:d}"),
    "kl_aggregate_lower": ("KL of the aggregate posterior, nats: at least", "{:.2f}"),
    "kl_aggregate_upper": ("KL of the aggregate posterior, nats: at most", "{:.2f}"),
}
"""What the table says of each figure, and how."""

METHOD = f"""
The KL between the aggregate posterior and the prior N(0, I) is the part of the rate that tells
nothing about the frame; the rest is the mutual information of frame and latents. The two figures
are Monte Carlo bounds from at most {KEPT_POSTERIORS} posteriors, spread over the frames, with one
sample of each. At most: the mixture of these posteriors, scored on its own samples; it falls slowly
as frames are added. At least: the mixture of one half of them, widened, scored on the samples of
the other half. Formulas and sources are in `models/divergence.py`.
"""

SHOWN = """
Reconstructions are of the test tracks; one of their frames is the base of the traversals. Ranges,
aggregate posterior and rate per latent are of the held-out tracks, as the checkpoint has them.
"""


def main() -> None:
    parser = command.Parser(
        prog="models.card",
        description="Write a model's card and its pictures beside its checkpoint.",
        epilog="NAME.safetensors gives NAME.md and NAME-*.png; what stands in NAME.notes.md, and "
        "in NAME.vision.md beside NAME-vision.png, is taken over unchanged.",
    )
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="PATH")
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH", help="test tracks")
    parser.add_argument("--device", choices=DEVICES, default="auto", metavar="D")
    options = parser.parse_args()

    stem = options.checkpoint.with_suffix("")
    card = stem.with_name(f"{stem.name}.md")
    command.check_writable(card)
    device = pick_device(options.device)
    model = checkpoint.load(options.checkpoint)
    if missing := [name for name in ROWS if name not in model.figures]:
        raise InputError(f"{options.checkpoint}: its figures lack {missing[0]!r}.")
    vae = model.vae.to(device)
    taken_over = [_comparison(stem), _beside(stem, "notes.md")]  # before the long work
    frames = dataset.load(options.frames).sized(vae.shape)
    with command.about(options.checkpoint):
        found = evaluate(vae, frames)
    pictures = write_pictures(stem, model, frames)
    speed = f"{found.images_per_second:.0f} images a second on {describe(device)}"
    parts = [
        _heading(options.checkpoint, model),
        _table(model.figures, found.figures()),
        _paragraph(f"Test tracks: `{options.frames}`, evaluated at {speed}."),
        _paragraph(METHOD),
        _origin(model.training),
        _gallery(pictures),
        *taken_over,
        f"Written by `{command.typed('models.card')}`.",
    ]
    write_file(card, ("\n\n".join(part for part in parts if part) + "\n").encode())
    print(f"{card}: written, with {len(pictures)} pictures.")


def write_pictures(stem: Path, model: Checkpoint, frames: Frames) -> dict[str, Path]:
    """Draw what the frames show and write it beside the card; paths by the section's title."""
    shown = frames.take(spread(np.arange(len(frames)), 2 * plot.COLUMNS))
    kl = np.array(model.figures["kl_per_latent"])
    named: dict[str, list[Section]] = {
        "reconstructions": [plot.reconstructions(model.vae, shown)],
        "prior": [plot.prior_samples(model.vae)],
        "traversals": [plot.traversals(model.vae, shown, kl, model.aggregate)],
        "latents": [plot.aggregate_posterior(kl, model.aggregate), plot.rate(kl)],
    }
    history = History.of(model.training)
    if history.points:
        named["training"] = [plot.curves(history)]
    written = {}
    for name, sections in named.items():
        path = stem.with_name(f"{stem.name}-{name}.png")
        Sheet(sections).save(path)
        written[" and ".join(section.title for section in sections)] = path
    return written


def _heading(path: Path, model: Checkpoint) -> str:
    vae, config = model.vae, model.vae.config
    parts = (vae, vae.encoder, vae.decoder)
    sizes = [sum(weights.numel() for weights in part.parameters()) for part in parts]
    total, encoder, decoder = (f"{size / 1e6:.2f} M" for size in sizes)
    text = (
        f"`{path.name}`: a VAE of {config.height}x{config.width}x3 frames with "
        f"{config.latent_dim} latents and {total} parameters, {encoder} in the encoder and "
        f"{decoder} in the decoder. Its config: {_listed(asdict(config))}."
    )
    return f"# The model {path.stem}\n\n{_paragraph(text)}"


def _table(held_out: Mapping[str, Any], test: Mapping[str, Any]) -> str:
    lines = ["## Figures", "", "| | held-out tracks | test tracks |", "|---|---:|---:|"]
    for name, (label, form) in ROWS.items():
        lines.append(f"| {label} | {form.format(held_out[name])} | {form.format(test[name])} |")
    kl, share = test["kl_per_latent"], test["kl"]
    order = np.argsort(-np.array(kl), kind="stable")
    latents = ", ".join(f"z{j:02d} {kl[j]:.2f}" for j in order)
    least, most = (share - test[f"kl_aggregate_{end}"] for end in ("upper", "lower"))
    text = (
        "Held-out tracks are those of the training data that no batch was drawn from. Of the "
        f"{share:.2f} nats on the test tracks, {least:.2f} to {most:.2f} tell frames apart. "
        f"KL of each latent there, nats: {latents}."
    )
    if held_out.get("kl_range") and held_out.get("recon_sse_range"):
        low, high = held_out["kl_range"]
        text += (
            f" Of {100 * USUAL:.1f} % of the held-out frames the KL is {low:.2f} to {high:.2f} "
            f"nats; of as many the squared error from mu is at most "
            f"{held_out['recon_sse_range'][1]:.2f}."
        )
    return "\n".join([*lines, "", _paragraph(text)])


def _origin(training: Mapping[str, Any]) -> str:
    record = History.of(training).record()
    commands = record["commands"] or ["(its training recorded no command)"]
    settings = {name: value for name, value in training.items() if name not in record}
    text = _paragraph(f"Settings and totals: {_listed(settings)}.")
    return "\n".join(["## How it was trained", "", "```", *commands, "```", "", text])


def _gallery(pictures: Mapping[str, Path]) -> str:
    shown = [f"![{title}]({path.name})" for title, path in pictures.items()]
    return "\n\n".join(["## Pictures", _paragraph(SHOWN), *shown])


def _comparison(stem: Path) -> str:
    """What `python -m benchmarks vision` wrote, where it was put beside the model."""
    table = _beside(stem, "vision.md")
    plot = f"![Rate and distortion]({stem.name}-vision.png)"
    return f"## Beside the published recipe\n\n{plot}\n\n{table}" if table else ""


def _beside(stem: Path, end: str) -> str:
    path = stem.with_name(f"{stem.name}.{end}")
    try:
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text.") from error


def _listed(entries: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in entries.items())


def _paragraph(text: str) -> str:
    return textwrap.fill(text.strip(), 100, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    command.run(main)
