"""All that a training run continues from, in one safetensors file.

It does not know how a step works, nor when a state is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from models import bounds, tensor_file
from models.errors import InputError
from models.history import History
from models.muon import kept
from models.train import TrainConfig, TrainState

FORMAT = "latent-explorer training state 2"


class TakenState(NamedTuple):
    """A training state as it was at one step; training may go on meanwhile."""

    tensors: dict[str, torch.Tensor]
    record: dict[str, Any]

    def average(self) -> dict[str, torch.Tensor]:
        """The averaged weights, by the names that the VAE has for them."""
        return _under(self.tensors, "average.")

    def is_finite(self) -> bool:
        """Whether every number in it is one: what is not cannot be gone on from."""
        return all(
            bool(torch.isfinite(tensor).all())
            for tensor in self.tensors.values()
            if tensor.is_floating_point()
        )


def take(state: TrainState, config: TrainConfig) -> TakenState:
    """A copy of all that `train` continues from, in the CPU's memory."""
    tensors = {f"vae.{name}": value for name, value in state.vae.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    if state.best is not None:
        tensors |= {f"best.{name}": value for name, value in state.best.state_dict().items()}
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    tensors["rng"] = state.rng.get_state()
    record = {
        "format": FORMAT,
        "vae": asdict(state.vae.config),
        "train": asdict(config),
        "step": state.step,
        "images": state.images,
        "seconds": state.seconds,
        "history": state.history.record() | {"since_test": list(state.history.since_test)},
        "best": [state.best_loss, state.best_step, state.stale_tests] if state.best else None,
    }
    return TakenState({name: value.cpu().clone() for name, value in tensors.items()}, record)


def save(path: str | Path, state: TrainState, config: TrainConfig) -> None:
    """Write all that `train` continues from; raises InputError where it cannot be written."""
    save_taken(path, take(state, config))


def save_taken(path: str | Path, taken: TakenState) -> None:
    """Write a state that was taken before; raises InputError where it cannot be written."""
    tensor_file.write(path, taken.tensors, taken.record)


def load(path: str | Path, config: TrainConfig) -> TrainState:
    """Read a state that `save` wrote, onto `config`'s device; raises InputError."""
    path = Path(path)
    tensors, record = _read_state(path)
    return _state(path, tensors, record, config)


def load_kept(path: str | Path, device: str) -> tuple[TrainState, TrainConfig, dict[str, Any]]:
    """A saved state, the config it was trained with, and all that was written beside it.

    The state and the config are of another device, should `device` be one. Raises InputError.
    """
    path = Path(path)
    tensors, record = _read_state(path)
    config = replace(_train_config(path, record), device=device)
    return _state(path, tensors, record, config), config, record


def _read_state(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    tensor_file.check_readable(path)
    return tensor_file.read(path, FORMAT)


def _state(
    path: Path, tensors: dict[str, torch.Tensor], record: Mapping[str, Any], config: TrainConfig
) -> TrainState:
    try:
        vae_config = tensor_file.vae_config(record["vae"], path)
        vae = tensor_file.network(vae_config, _under(tensors, "vae."), path)
        state = TrainState.start(config, vae)
        state.step, state.images = int(record["step"]), int(record["images"])
        state.seconds = float(record["seconds"])
        state.history = History.of(record["history"])
        if record.get("best"):
            best_loss, best_step, stale_tests = record["best"]
            state.best_loss = float(best_loss)
            state.best_step, state.stale_tests = int(best_step), int(stale_tests)
        if best := _under(tensors, "best."):
            state.best = tensor_file.network(vae_config, best, path).to(state.vae.device).frozen()
        average = tensor_file.network(vae_config, _under(tensors, "average."), path)
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


def load_config(path: str | Path) -> TrainConfig:
    """The config that a saved state was trained with; raises InputError."""
    path = Path(path)
    _, record = _read_state(path)
    return _train_config(path, record)


def _train_config(path: Path, record: Mapping[str, Any]) -> TrainConfig:
    return bounds.checked(record.get("train"), path)


def beside(checkpoint: str | Path) -> Path:
    """Where the training state of a checkpoint is kept: beside it."""
    path = Path(checkpoint)
    return path.with_name(path.name.removesuffix(".safetensors") + ".resume.safetensors")


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
