"""A VAE with its history and its figures in one safetensors file.

It does not know who trains or shows the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models import direction, tensor_file, world_models_file
from models.aggregate import Aggregate
from models.direction import Direction
from models.errors import InputError
from models.evaluate import RANGES, Evaluation
from models.history import History
from models.vae import VAE

FORMAT = "latent-explorer vae 2"
LISTS = ("kl_per_latent", *RANGES)
"""Figures that are not one number each."""


@dataclass(frozen=True)
class Checkpoint:
    """A VAE that nobody writes into and what is known about it."""

    vae: VAE
    training: Mapping[str, Any]  # how it came about: steps, images, beta, data, ...
    figures: Mapping[str, Any]  # what `models.evaluate` found, by its names; empty before that
    aggregate: Aggregate | None  # None with no figures: nobody has measured it
    name: str = "untitled"
    directions: tuple[Direction, ...] = ()  # that a person has made in its latent space


def describe(
    vae: VAE, evaluation: Evaluation, training: Mapping[str, Any], name: str
) -> Checkpoint:
    """A checkpoint of a VAE that was just evaluated."""
    return Checkpoint(
        vae.frozen().cpu(), training, evaluation.figures(), evaluation.aggregate, name
    )


def save(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint; an older file at `path` stays whole until the new one is on disk.

    Raises InputError with one sentence where it cannot be written.
    """
    config = {
        "format": FORMAT,
        "vae": asdict(checkpoint.vae.config),
        "training": dict(checkpoint.training),
        "figures": dict(checkpoint.figures),
        "aggregate": checkpoint.aggregate
        and {name: array.tolist() for name, array in checkpoint.aggregate._asdict().items()},
    }
    if checkpoint.directions:
        config["directions"] = [made.told() for made in checkpoint.directions]
    tensor_file.write(path, checkpoint.vae.state_dict(), config)


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint of ours, or one of the World Models family, which carries no figures.

    Raises InputError with one sentence naming the file and the fault.
    """
    path = Path(path)
    tensor_file.check_readable(path)
    if read_foreign := world_models_file.reader(path):
        weights = read_foreign(path)
        vae = tensor_file.network(weights.config, weights.tensors, path)
        return Checkpoint(vae.frozen(), {"origin": weights.origin}, {}, None, path.stem)
    tensors, config = tensor_file.read(path, FORMAT)
    try:
        vae = tensor_file.network(tensor_file.vae_config(config["vae"], path), tensors, path)
        training, figures = dict(config["training"]), dict(config["figures"])
        for name in ("steps", "images"):
            if name in training:
                training[name] = int(training[name])
        History.of(training)
        directions = _directions(config, vae.config.latent_dim, path)
        if not figures and config["aggregate"] is None:
            return Checkpoint(vae.frozen(), training, {}, None, path.stem, directions)
        arrays = {name: np.array(config["aggregate"][name], float) for name in Aggregate._fields}
        numbers = [figures["psnr_mu"], figures["kl"], *figures["kl_per_latent"]]
        numbers += [value for name, value in figures.items() if name not in LISTS]
        for low, high in (figures[name] for name in RANGES if figures.get(name) is not None):
            numbers += [low, high]
        if strange := [value for value in numbers if not isinstance(value, int | float)]:
            raise ValueError(f"{strange[0]!r} among its figures")
        numbers = np.array(numbers, float)  # which holds no whole number of 400 digits
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: its config is incomplete ({error!r}).") from error
    dim, levels = vae.config.latent_dim, arrays["levels"].size
    shapes = {name: (dim,) for name in ("mean", "variances")}
    shapes |= {name: (dim, dim) for name in ("covariance", "axes")}
    shapes |= {"levels": (levels,), "quantiles": (dim, levels)}
    arrays_fit = all(arrays[name].shape == shape for name, shape in shapes.items()) and levels
    if not (arrays_fit and len(figures["kl_per_latent"]) == dim):
        raise InputError(f"{path}: its figures are not of the {dim} latents its config names.")
    if not all(np.isfinite(part).all() for part in (*arrays.values(), numbers)):
        raise InputError(f"{path}: its figures hold numbers that are not finite.")
    axes = arrays["axes"]
    if (np.diagonal(arrays["covariance"]) < 0).any():
        raise InputError(f"{path}: its covariance holds a negative variance.")
    if not np.allclose(axes @ axes.T, np.eye(dim), atol=1e-3):
        raise InputError(f"{path}: its principal axes are not at right angles or not of length 1.")
    return Checkpoint(vae.frozen(), training, figures, Aggregate(**arrays), path.stem, directions)


def _directions(config: Mapping[str, Any], latent_dim: int, path: Path) -> tuple[Direction, ...]:
    """Those of a file; none in one that was made before they were kept."""
    try:
        return direction.read(config.get("directions", []), latent_dim)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
