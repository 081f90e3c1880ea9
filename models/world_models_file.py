"""Weights of the World Models family as others keep them: PyTorch's `best.tar`, the original JSON.

It does not know our own checkpoints. Nothing is ever unpickled but tensors and plain values.

Layouts after ctallec/world-models (models/vae.py, trainvae.py) and hardmaru/WorldModelsExperiments
(carracing/vae/vae.py); the JSON without an encoder is what their browser demo needs. The PyTorch
code saw all 96 rows of the observation; the indicator bar below the others, which our scene does
not draw, is left out for its models as well.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.errors import InputError
from models.frame import WORLD_MODELS_RECIPE
from models.vae import VAE, VAEConfig
from models.world_models import FEATURES, SIZE

LARGEST_PYTORCH = 512 * 2**20  # bytes; a VAE with its optimiser is a tenth of it
LARGEST_JSON = 100 * 10**6  # bytes; the published one has a third of it
LARGEST_LATENT_DIM = 1024
JSON_SCALE = 1e-4  # of the whole numbers in the JSON
DECODER_ARRAYS, ALL_ARRAYS = 10, 22


class Weights(NamedTuple):
    """What a file holds, in our names and PyTorch's layouts."""

    config: VAEConfig
    tensors: dict[str, Tensor]
    origin: str  # in a person's words


def reader(path: Path) -> Callable[[Path], Weights] | None:
    """What reads a file of the family, chosen by its first bytes and else by its name; or None.

    The reader raises InputError with one sentence that says what was expected and found.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if head[4:9] == b"\0\0\0\0{":  # a safetensors file: its header's length, then the header
        return None
    if head.startswith((b"PK\x03\x04", b"\x80\x02")):  # a zip; a pickle of PyTorch before 1.6
        return read_pytorch
    if b"\0" not in head and head.lstrip().startswith((b"[", b"{")):
        return read_json
    return {".tar": read_pytorch, ".json": read_json}.get(path.suffix.lower())


# The PyTorch family


def read_pytorch(path: Path) -> Weights:
    """The weights of a state dict, bare or in what the family's training script saves."""
    _check_size(path, LARGEST_PYTORCH)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > LARGEST_PYTORCH:
                raise InputError(f"{path}: claims to hold more than {LARGEST_PYTORCH:,} bytes.")
        with path.open("rb") as file:  # given a name, torch.load goes by its ending
            content = torch.load(file, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as error:  # pickles, zips and storages fail in ways of their own
        raise InputError(
            f"{path}: is not a PyTorch file of tensors and plain values alone "
            f"({type(error).__name__}); anything else is not unpickled."
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise InputError(
            f"{path}: a state dict of a World Models VAE is expected, "
            f"but a {type(content).__name__} was found."
        )
    latent_dim = _latent_dim(content)
    expected = {_published(name): shape for name, shape in _shapes("-rectified", latent_dim)}
    _check_names(path, content, expected)
    tensors = {}
    for name, shape in expected.items():
        tensor = content[name]
        if not _is_plain(tensor) or tuple(tensor.shape) != shape:
            raise InputError(
                f"{path}: {name!r} is expected to be numbers {_times(shape)}, "
                f"but {_told(tensor)} was found."
            )
        tensors[name] = tensor.detach().float()
    return _weights(
        path,
        "world-models-rectified",
        latent_dim,
        # The head gives log sigma, ours log sigma^2: twice as much, which is exact.
        {_ours(name): 2 * t if "logsigma" in name else t for name, t in tensors.items()},
        "World Models, PyTorch",
    )


def _latent_dim(content: Mapping[Any, Any]) -> int:
    """As many as the decoder's first layer takes; 32, as published, where that cannot be told."""
    first = content.get("decoder.fc1.weight")
    columns = first.shape[1] if isinstance(first, Tensor) and first.ndim == 2 else 0
    return columns if 0 < columns <= LARGEST_LATENT_DIM else 32


def _check_names(path: Path, content: Mapping[Any, Any], expected: Mapping[str, tuple]) -> None:
    first, last = next(iter(expected)), next(reversed(expected))
    said = f"{path}: {len(expected)} tensors from {first!r} to {last!r} are expected, but "
    lacking = [name for name in expected if name not in content]
    strange = [name for name in content if name not in expected]
    if lacking:
        found = f"; {strange[0]!r} was found" if strange else ""
        raise InputError(f"{said}{lacking[0]!r} is missing{found}.")
    if strange:
        raise InputError(f"{said}{strange[0]!r} was found as well.")


def _is_plain(value: object) -> bool:
    """Whether it is a tensor of real numbers that are there: not sparse, quantised or virtual."""
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and value.is_floating_point()
    )


def _published(name: str) -> str:
    return name.replace("logvar", "logsigma")


def _ours(name: str) -> str:
    return name.replace("logsigma", "logvar")


# The original JSON


def read_json(path: Path) -> Weights:
    """The weights of a list of arrays, each nested as its layout or flat in its order."""
    _check_size(path, LARGEST_JSON)
    try:
        arrays = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: is not JSON that can be read ({type(error).__name__})."
        ) from error
    counts = f"a list of {ALL_ARRAYS} arrays, or {DECODER_ARRAYS} without an encoder, is expected"
    if not isinstance(arrays, list):
        raise InputError(f"{path}: {counts}, but a {type(arrays).__name__} was found.")
    if len(arrays) not in (DECODER_ARRAYS, ALL_ARRAYS):
        raise InputError(f"{path}: {counts}, but one of {len(arrays)} was found.")
    network = "" if len(arrays) == ALL_ARRAYS else "-decoder"
    first = _numbers(path, arrays, len(arrays) - DECODER_ARRAYS)  # the decoder's first kernel
    latent_dim, rest = divmod(first.size, FEATURES)
    if rest or not 0 < latent_dim <= LARGEST_LATENT_DIM:
        raise InputError(
            f"{path}: array {len(arrays) - DECODER_ARRAYS} is expected to hold {FEATURES} numbers "
            f"for each latent, but {_times(first.shape)} were found."
        )
    tensors = {}
    for index, (name, shape) in enumerate(_shapes(network, latent_dim)):
        array, kernel = _numbers(path, arrays, index), _kernel_shape(shape)
        # Flat in the same order is how the browser demo has them.
        if array.shape not in (kernel, (int(np.prod(kernel)),)):
            raise InputError(
                f"{path}: array {index} is expected to be {_times(kernel)}, TensorFlow's layout of "
                f"{name!r}, but {_times(array.shape)} was found."
            )
        tensors[name] = _from_tensorflow(array.reshape(kernel), flat=name.startswith("encoder.fc"))
    return _weights(path, f"world-models{network}", latent_dim, tensors, "World Models, original")


def _numbers(path: Path, arrays: list, index: int) -> np.ndarray:
    """The list at `index` as an array in its own scale."""
    try:
        array = np.array(None if _has_text(arrays[index]) else arrays[index])
    except ValueError:  # ragged
        array = np.array(None)
    if array.dtype.kind not in "if":
        raise InputError(
            f"{path}: array {index} is expected to hold numbers in rows of equal length, "
            "but something else was found."
        )
    return array


def _has_text(nested: object) -> bool:
    """Whether a string is in it: beside one, numpy would make every number as long as that."""
    return any(map(_has_text, nested)) if isinstance(nested, list) else isinstance(nested, str)


def _kernel_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """PyTorch's shape of a weight in TensorFlow's order: HWIO, HWOI transposed, or (in, out)."""
    return (*shape[2:], *reversed(shape[:2])) if len(shape) == 4 else tuple(reversed(shape))


def _from_tensorflow(array: np.ndarray, flat: bool) -> Tensor:
    """A kernel in PyTorch's order; `flat` where its rows are pixels of 2x2x256, channels last."""
    array = array * JSON_SCALE
    if flat and array.ndim == 2:
        array = array.reshape(2, 2, -1, array.shape[1]).transpose(2, 0, 1, 3).reshape(array.shape)
    order = (3, 2, 0, 1) if array.ndim == 4 else None  # None: reversed
    with np.errstate(over="ignore"):  # what becomes infinite is refused with all that is
        return torch.from_numpy(np.ascontiguousarray(array.transpose(order), dtype=np.float32))


# Both


def _shapes(network: str, latent_dim: int) -> list[tuple[str, tuple[int, ...]]]:
    """Our names and shapes of `world-models<network>`, in the order of the layers."""
    with torch.device("meta"):
        vae = VAE(_config(f"world-models{network}", latent_dim))
    return [(name, tuple(tensor.shape)) for name, tensor in vae.state_dict().items()]


def _config(network: str, latent_dim: int) -> VAEConfig:
    height, width = SIZE
    return VAEConfig(latent_dim, height, width, recipe=WORLD_MODELS_RECIPE, network=network)


def _weights(
    path: Path, network: str, latent_dim: int, tensors: dict[str, Tensor], origin: str
) -> Weights:
    return Weights(_config(network, latent_dim), tensors, f"{origin}: {path.name}")


def _check_size(path: Path, largest: int) -> None:
    size = path.stat().st_size
    if size > largest:
        raise InputError(
            f"{path}: {largest:,} bytes at most are expected of it, but {size:,} were found."
        )


def _told(value: object) -> str:
    if not isinstance(value, Tensor):
        return f"a {type(value).__name__}"
    return f"{_times(tuple(value.shape))} of {str(value.dtype).removeprefix('torch.')}"


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"
