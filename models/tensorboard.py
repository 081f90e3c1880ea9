"""The history of a run as event files that TensorBoard shows.

It does not know who measured it. TensorBoard is an optional extra.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from models.errors import InputError

_PER_LATENT = 1000
"""Steps at which single latents are written at most: TensorBoard shows no more of a curve."""


def write_events(
    folder: str | Path,
    steps: np.ndarray,
    recon_loss: np.ndarray,
    kl_per_latent: np.ndarray,
    held_out_steps: np.ndarray,
    held_out_recon_loss: np.ndarray,
    held_out_kl_per_latent: np.ndarray,
    marks: Iterable[tuple[float, str]] = (),
) -> None:
    """Write a new folder with two runs, `training` and `held_out`, whole or not at all.

    Steps (n,) rise, losses are SSE (n,) and nats (n, latent_dim) per image; marks are what was
    changed and at which step. Tags are `recon_loss`, `kl`, `kl_per_latent/z00` and so on at 1000
    steps at most, and the text `changes`. Raises InputError where tensorboard is not installed,
    the folder exists, or it cannot be written.
    """
    folder = Path(folder)
    if find_spec("tensorboard") is None:
        raise InputError(
            f"{folder}: writing event files needs tensorboard, which is not installed "
            "(pip install tensorboard); CSV needs nothing."
        )
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        if folder.exists():
            raise InputError(f"{folder}: is there already; choose a folder that is not.")
        partial.mkdir(parents=True)
        _write_run(partial / "training", steps, recon_loss, kl_per_latent, marks)
        held_out = (held_out_steps, held_out_recon_loss, held_out_kl_per_latent)
        _write_run(partial / "held_out", *held_out)
        partial.replace(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_run(
    folder: Path,
    steps: np.ndarray,
    recon_loss: np.ndarray,
    kl_per_latent: np.ndarray,
    marks: Iterable[tuple[float, str]] = (),
) -> None:
    from torch.utils.tensorboard import SummaryWriter  # only who exports pays for it

    kl = kl_per_latent.sum(axis=1, dtype=np.float64)
    some = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _PER_LATENT)).astype(int))
    with SummaryWriter(str(folder)) as writer:
        for step, loss, total in zip(steps, recon_loss, kl, strict=True):
            writer.add_scalar("recon_loss", float(loss), int(step))
            writer.add_scalar("kl", float(total), int(step))
        for step, each in zip(steps[some], kl_per_latent[some], strict=True):
            for index, value in enumerate(each):
                writer.add_scalar(f"kl_per_latent/z{index:02d}", float(value), int(step))
        for step, change in marks:
            # As code, or TensorBoard would read it as Markdown.
            writer.add_text("changes", f"    {change}", int(step))
