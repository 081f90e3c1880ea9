"""Tensors and their config in one safetensors file, and the VAE that they are.

It does not know what else a config tells. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize

from models.errors import InputError
from models.frame import RECIPES
from models.shards import write_atomically
from models.vae import NETWORKS, VAE, VAEConfig

LARGEST = {"latent_dim": 1024, "height": 1024, "width": 1024}
"""Sizes that a config may ask for; a hostile file must not make us ask for all memory."""


def write(path: str | Path, tensors: Mapping[str, torch.Tensor], config: Mapping) -> None:
    path = Path(path)
    # Contiguous in the plain order: the format knows no channels_last.
    plain = {name: value.cpu().contiguous() for name, value in tensors.items()}
    data = serialize(plain, metadata={"config": json.dumps(config)})
    try:
        write_atomically(path, lambda file: file.write(data))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}).") from error


def check_readable(path: Path) -> None:
    if not path.exists():
        raise InputError(f"{path}: no such file.")
    if not path.is_file():
        raise InputError(f"{path}: is not a file.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error


def read(path: Path, expected: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if "config" not in metadata:
                raise InputError(f"{path}: is a safetensors file of another program.")
            config = json.loads(metadata["config"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: is not a whole safetensors file ({error}).") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: its config is not JSON ({error}).") from error
    found = config.get("format") if isinstance(config, dict) else None
    if found != expected:
        raise InputError(
            f"{path}: its format is {found!r} where {expected!r} is expected; "
            "a model of another version is made anew by `python -m models.train`."
        )
    return tensors, config


def vae_config(entries: Mapping[str, Any], path: Path) -> VAEConfig:
    config = VAEConfig(**entries)
    config = replace(config, channels=tuple(int(width) for width in config.channels))
    sizes_fit = all(
        isinstance(getattr(config, name), int) and 0 < getattr(config, name) <= largest
        for name, largest in LARGEST.items()
    )
    # At least 2: a block inside is half as wide.
    channels_fit = 1 <= len(config.channels) <= 6 and all(2 <= c <= 1024 for c in config.channels)
    if not (sizes_fit and channels_fit):
        raise InputError(f"{path}: its config asks for a network of impossible size.")
    if config.network not in NETWORKS:
        raise InputError(
            f"{path}: its network is {config.network!r}, but this program knows {_list(NETWORKS)}."
        )
    if config.recipe not in RECIPES:
        raise InputError(
            f"{path}: its model sees frames of the recipe {config.recipe!r}, "
            f"but this program makes {_list(RECIPES)}."
        )
    height, width, _ = RECIPES[config.recipe].shape
    if (config.height, config.width) != (height, width):
        raise InputError(
            f"{path}: its config asks for {config.height}x{config.width} pixels, "
            f"but its recipe makes {height}x{width}."
        )
    return config


def _list(names: Iterable[str]) -> str:
    return " and ".join(map(repr, names))


def network(config: VAEConfig, tensors: Mapping[str, torch.Tensor], path: Path) -> VAE:
    """The VAE of these weights, after every check that torch's own error would blur."""
    with torch.device("meta"):  # no memory is asked for until the weights are seen to fit
        vae = VAE(config)
    own = vae.state_dict()
    for name in sorted(own.keys() | tensors.keys()):
        if name not in tensors or name not in own:
            found = "lacks" if name not in tensors else "holds an unknown"
            raise InputError(f"{path}: {found} tensor {name!r}.")
        if own[name].shape != tensors[name].shape:
            raise InputError(
                f"{path}: tensor {name!r} is {tuple(tensors[name].shape)} "
                f"where its config says {tuple(own[name].shape)}."
            )
        if tensors[name].dtype != own[name].dtype:
            raise InputError(
                f"{path}: tensor {name!r} is {tensors[name].dtype} where {own[name].dtype} is read."
            )
        if not torch.isfinite(tensors[name]).all():
            raise InputError(f"{path}: tensor {name!r} holds numbers that are not finite.")
    vae.to_empty(device="cpu").load_state_dict(dict(tensors))
    return vae
