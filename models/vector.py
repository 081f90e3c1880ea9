"""z as text and in files; it does not know what the numbers mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models import command
from models.errors import InputError
from models.sheet import write_file

LARGEST = 1_000_000  # characters or bytes; 1024 latents in full digits are 20 000
QUOTED = 20  # characters of a word that is no number
BETWEEN = str.maketrans("[](){},;−", " " * 8 + "-")  # the minus sign is what books print


def to_text(z: np.ndarray) -> str:
    """z (latent_dim,) as "0.5, -1.25, 3": the fewest digits that read back to the same float32."""
    return ", ".join(str(value).removesuffix(".0") for value in np.asarray(z, np.float32))


def from_text(text: str, latent_dim: int) -> np.ndarray:
    """z from numbers with commas, spaces, lines or brackets between them: (latent_dim,) float32.

    Raises InputError with one sentence for anything else.
    """
    if len(text) > LARGEST:
        raise InputError(f"A text of {len(text):,} characters is no z.")
    words = text.translate(BETWEEN).split()
    if not words:
        raise InputError(f"There are no numbers here; z has {latent_dim}.")
    return _checked(np.array([_number(word) for word in words]), latent_dim)


def save(path: str | Path, z: np.ndarray) -> None:
    """Write z as a line of text; raises InputError where it cannot be written."""
    write_file(Path(path), f"{to_text(z)}\n".encode())


def load(path: str | Path, latent_dim: int) -> np.ndarray:
    """Read z from text or from .npy: (latent_dim,) float32; InputError names the file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {'is not a file' if path.exists() else 'no such file'}.")
    with command.about(path):
        try:
            if path.stat().st_size > LARGEST:
                raise InputError(f"is larger than {LARGEST:,} bytes and no z.")
            if path.suffix.lower() == ".npy":
                return _array(path, latent_dim)
            return from_text(path.read_text(encoding="utf-8-sig"), latent_dim)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise InputError("is not text.") from error


def _array(path: Path, latent_dim: int) -> np.ndarray:
    try:
        # Mapped, so that a header that claims too much is refused before memory is asked for.
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # it raises whatever it trips over
        raise InputError("is not a whole .npy file of numbers.") from error
    if array.dtype.kind not in "fiu":
        raise InputError(f"holds {array.dtype} where numbers are expected.")
    if array.size != max(array.shape, default=1):
        raise InputError(f"holds an array {array.shape} where ({latent_dim},) is expected.")
    return _checked(array.reshape(-1), latent_dim)


def _number(word: str) -> float:
    try:
        if "_" in word:  # which Python would let pass
            raise ValueError
        return float(word)
    except ValueError:
        cut = word if len(word) <= QUOTED else word[:QUOTED] + "…"
        raise InputError(f"{cut!r} is not a number.") from None


def _checked(numbers: np.ndarray, latent_dim: int) -> np.ndarray:
    if len(numbers) != latent_dim:
        found = "1 number is" if len(numbers) == 1 else f"{len(numbers)} numbers are"
        raise InputError(f"{found} here, but z has {latent_dim}.")
    with np.errstate(over="ignore"):
        z = numbers.astype(np.float32)
    if strange := [index for index in range(latent_dim) if not np.isfinite(z[index])]:
        raise InputError(f"Number {strange[0]} of z is {z[strange[0]]}, which no latent can be.")
    return z
