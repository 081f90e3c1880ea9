"""The history of a run as comma-separated values.

It does not know who measured it, nor where the text goes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.training.history import Record

_ROWS = 1000  # to a piece of text


def csv(record: Record) -> Iterator[str]:
    """One row a step, with a header, in pieces of text that end with a line.

    A field is empty where a series has no record there.
    """
    latent_dim = record.kl_per_latent.shape[1]
    header = ["step", "recon_loss", "kl", "held_out_recon_loss", "held_out_kl"]
    header += [f"kl_{index:02d}" for index in range(latent_dim)]
    yield ",".join(header) + "\n"
    per_latent = ",".join(["%.9g"] * latent_dim)
    empty = "," * (latent_dim - 1)
    steps = np.union1d(record.steps, record.held_out_steps)
    for first in range(0, len(steps), _ROWS):
        part = steps[first : first + _ROWS]
        trained = _rows(record.steps, record.recon_loss, record.kl_per_latent, part)
        tested = _rows(
            record.held_out_steps, record.held_out_recon_loss, record.held_out_kl_per_latent, part
        )
        lines = []
        for step in part.tolist():
            recon_loss, kl, each = trained.get(step, (None, None, None))
            line = [f"{step:.0f}", _field(recon_loss), _field(kl)]
            line += [_field(value) for value in tested.get(step, (None, None, None))[:2]]
            line.append(empty if each is None else per_latent % tuple(each))
            lines.append(",".join(line) + "\n")
        yield "".join(lines)


def _rows(
    steps: np.ndarray, recon_loss: np.ndarray, kl_per_latent: np.ndarray, wanted: np.ndarray
) -> dict[float, tuple[float, float, list[float]]]:
    """By step: the reconstruction loss, the KL, and that of each latent."""
    part = slice(*np.searchsorted(steps, [wanted[0], wanted[-1] + 1]))
    each = kl_per_latent[part]
    kl = each.sum(axis=1, dtype=np.float64)
    columns = (steps[part], recon_loss[part], kl, each)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {step: (loss, total, latents) for step, loss, total, latents in rows}


def _field(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"
