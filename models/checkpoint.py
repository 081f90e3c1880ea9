"""A VAE with its history in one safetensors file; and the state a training run resumes from.

It does not know who trains or shows the model. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize

from models import world_models_file
from models.aggregate import Aggregate
from models.errors import InputError
from models.evaluate import Evaluation
from models.frame import RECIPES
from models.history import History
from models.muon import kept
from models.shards import write_atomically
from models.train import TrainConfig, TrainState
from models.vae import NETWORKS, VAE, VAEConfig

FORMAT = "latent-explorer vae 2"
STATE_FORMAT = "latent-explorer training state 2"
LARGEST = {"latent_dim": 1024, "height": 1024, "width": 1024}
"""Sizes that a config may ask for; a hostile file must not make us ask for all memory."""


@dataclass(frozen=True)
class Checkpoint:
    """A VAE that nobody writes into and what is known about it."""

    vae: VAE
    training: Mapping[str, Any]  # how it came about: steps, images, beta, data, ...
    figures: Mapping[str, Any]  # what `models.evaluate` found, by its names; empty before that
    aggregate: Aggregate | None  # None with no figures: nobody has measured it
    name: str = "untitled"


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
    _write(path, checkpoint.vae.state_dict(), config)


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint of ours, or one of the World Models family, which carries no figures.

    Raises InputError with one sentence naming the file and the fault.
    """
    path = Path(path)
    _check_readable(path)
    if read_foreign := world_models_file.reader(path):
        weights = read_foreign(path)
        vae = _network(weights.config, weights.tensors, path)
        return Checkpoint(vae.frozen(), {"origin": weights.origin}, {}, None, path.stem)
    tensors, config = _read(path, FORMAT)
    try:
        vae = _network(_vae_config(config["vae"], path), tensors, path)
        training, figures = dict(config["training"]), dict(config["figures"])
        for name in ("steps", "images"):
            if name in training:
                training[name] = int(training[name])
        History.of(training)
        if not figures and config["aggregate"] is None:
            return Checkpoint(vae.frozen(), training, {}, None, path.stem)
        arrays = {name: np.array(config["aggregate"][name], float) for name in Aggregate._fields}
        numbers = [figures["psnr_mu"], figures["kl"], *figures["kl_per_latent"]]
        numbers += [value for name, value in figures.items() if name != "kl_per_latent"]
        if strange := [value for value in numbers if not isinstance(value, int | float)]:
            raise ValueError(f"{strange[0]!r} among its figures")
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
    return Checkpoint(vae.frozen(), training, figures, Aggregate(**arrays), path.stem)


class TakenState(NamedTuple):
    """A training state as it was at one step; training may go on meanwhile."""

    tensors: dict[str, torch.Tensor]
    record: dict[str, Any]

    def is_finite(self) -> bool:
        """Whether every number in it is one: what is not cannot be gone on from."""
        return all(
            bool(torch.isfinite(tensor).all())
            for tensor in self.tensors.values()
            if tensor.is_floating_point()
        )


def take_state(state: TrainState, config: TrainConfig) -> TakenState:
    """A copy of all that `train` continues from, in the CPU's memory."""
    tensors = {f"vae.{name}": value for name, value in state.vae.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    if state.best is not None:
        tensors |= {f"best.{name}": value for name, value in state.best.state_dict().items()}
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    tensors["rng"] = state.rng.get_state()
    record = {
        "format": STATE_FORMAT,
        "vae": asdict(state.vae.config),
        "train": asdict(config),
        "step": state.step,
        "images": state.images,
        "seconds": state.seconds,
        "history": state.history.record() | {"since_test": list(state.history.since_test)},
        "best": [state.best_loss, state.best_step, state.stale_tests] if state.best else None,
    }
    return TakenState({name: value.cpu().clone() for name, value in tensors.items()}, record)


def save_state(path: str | Path, state: TrainState, config: TrainConfig) -> None:
    """Write all that `train` continues from; raises InputError where it cannot be written."""
    save_taken(path, take_state(state, config))


def save_taken(path: str | Path, taken: TakenState) -> None:
    """Write a state that was taken before; raises InputError where it cannot be written."""
    _write(path, taken.tensors, taken.record)


def load_state(path: str | Path, config: TrainConfig) -> TrainState:
    """Read a state that `save_state` wrote, onto `config`'s device; raises InputError."""
    path = Path(path)
    tensors, record = _read_state(path)
    return _state(path, tensors, record, config)


def load_kept_state(
    path: str | Path, device: str
) -> tuple[TrainState, TrainConfig, dict[str, Any]]:
    """A saved state, the config it was trained with, and all that was written beside it.

    The state and the config are of another device, should `device` be one. Raises InputError.
    """
    path = Path(path)
    tensors, record = _read_state(path)
    config = replace(_train_config(path, record), device=device)
    return _state(path, tensors, record, config), config, record


def _read_state(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    _check_readable(path)
    return _read(path, STATE_FORMAT)


def _state(
    path: Path, tensors: dict[str, torch.Tensor], record: Mapping[str, Any], config: TrainConfig
) -> TrainState:
    try:
        vae_config = _vae_config(record["vae"], path)
        state = TrainState.start(config, _network(vae_config, _under(tensors, "vae."), path))
        state.step, state.images = int(record["step"]), int(record["images"])
        state.seconds = float(record["seconds"])
        state.history = History.of(record["history"])
        if record.get("best"):
            best_loss, best_step, stale_tests = record["best"]
            state.best_loss = float(best_loss)
            state.best_step, state.stale_tests = int(best_step), int(stale_tests)
        if best := _under(tensors, "best."):
            state.best = _network(vae_config, best, path).to(state.vae.device).frozen()
        average = _network(vae_config, _under(tensors, "average."), path)
        state.average.load_state_dict(average.state_dict())
        optimizer = state.optimizer.state_dict()
        for index, parameter in enumerate(state.optimizer.param_groups[0]["params"]):
            optimizer["state"][index] = _moments(_under(tensors, f"optimizer.{index}."), parameter)
        state.optimizer.load_state_dict(optimizer)
        state.rng.set_state(tensors["rng"])
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is not a whole training state ({error!r}).") from error
    return state


def load_state_config(path: str | Path) -> TrainConfig:
    """The config that a saved state was trained with; raises InputError."""
    path = Path(path)
    _, record = _read_state(path)
    return _train_config(path, record)


def _train_config(path: Path, record: Mapping[str, Any]) -> TrainConfig:
    try:
        return TrainConfig(**record["train"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: is not a whole training state ({error!r}).") from error


def state_path(checkpoint: str | Path) -> Path:
    """Where the training state of a checkpoint is kept: beside it."""
    path = Path(checkpoint)
    return path.with_name(path.name.removesuffix(".safetensors") + ".resume.safetensors")


def _write(path: str | Path, tensors: Mapping[str, torch.Tensor], config: Mapping) -> None:
    path = Path(path)
    # Contiguous in the plain order: the format knows no channels_last.
    plain = {name: value.cpu().contiguous() for name, value in tensors.items()}
    data = serialize(plain, metadata={"config": json.dumps(config)})
    try:
        write_atomically(path, lambda file: file.write(data))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}).") from error


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise InputError(f"{path}: no such file.")
    if not path.is_file():
        raise InputError(f"{path}: is not a file.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error


def _read(path: Path, expected: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
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


def _vae_config(entries: Mapping[str, Any], path: Path) -> VAEConfig:
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


def _network(config: VAEConfig, tensors: Mapping[str, torch.Tensor], path: Path) -> VAE:
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


def _moments(
    tensors: Mapping[str, torch.Tensor], parameter: torch.Tensor
) -> dict[str, torch.Tensor]:
    """What the optimizer keeps of one parameter; nothing before the first step."""
    if not tensors:
        return {}
    moments = {}
    for name in kept(parameter):
        if name == "step":
            moments[name] = tensors[name]
            continue
        if tensors[name].shape != parameter.shape:
            raise ValueError(f"{name} is {tuple(tensors[name].shape)}")
        # In the parameter's own memory order: the fused Adam pairs them by address.
        moments[name] = torch.empty_like(parameter, requires_grad=False).copy_(tensors[name])
    return moments


def _under(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
