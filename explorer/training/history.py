"""What a training run has measured so far, in arrays that double when they are full.

It does not know how it is drawn, nor who measures.
"""

from __future__ import annotations

import numpy as np

_FIRST_CAPACITY = 1024
_SMOOTHED_BATCHES = 200
ACTIVE_NATS = 0.1


class _Rows:
    """An array that grows at its end; `rows()` is a view of what is in it."""

    def __init__(self, width: tuple[int, ...], dtype: type):
        self._array = np.empty((_FIRST_CAPACITY, *width), dtype)
        self._count = 0

    def rows(self) -> np.ndarray:
        return self._array[: self._count]

    def append(self, values: np.ndarray) -> None:
        needed = self._count + len(values)
        if needed > len(self._array):
            # A new array, not a resize: the views that the plots hold stay valid.
            capacity = len(self._array) * 2 ** int(np.ceil(np.log2(needed / len(self._array))))
            grown = np.empty((capacity, *self._array.shape[1:]), self._array.dtype)
            grown[: self._count] = self.rows()
            self._array = grown
        self._array[self._count : needed] = values
        self._count = needed

    def cut(self, count: int) -> None:
        # The cut rows are written again, and a plot may still hold a view of them.
        self._array = self._array.copy()
        self._count = count


class LossSeries:
    """Steps with their reconstruction loss (SSE per image) and KL (nats per latent and image).

    Steps rise; what is appended at or before a step already there replaces all from that step on,
    as a run does that goes on from an older checkpoint.
    The newest values are means over the last `smoothing` records.
    """

    def __init__(self, latent_dim: int, smoothing: int):
        self._smoothing = smoothing
        # Steps are floats because plots search and scale them as floats; exact up to 2**53.
        self._steps = _Rows((), np.float64)
        self._recon_loss = _Rows((), np.float64)
        self._kl = _Rows((), np.float64)
        self._kl_per_latent = _Rows((latent_dim,), np.float32)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def steps(self) -> np.ndarray:
        """(n,) float64, rising."""
        return self._steps.rows()

    @property
    def recon_loss(self) -> np.ndarray:
        """(n,) float64, SSE per image."""
        return self._recon_loss.rows()

    @property
    def kl(self) -> np.ndarray:
        """(n,) float64, nats per image, summed over the latents."""
        return self._kl.rows()

    @property
    def kl_per_latent(self) -> np.ndarray:
        """(n, latent_dim) float32, nats."""
        return self._kl_per_latent.rows()

    def append(self, steps: np.ndarray, recon_loss: np.ndarray, kl_per_latent: np.ndarray) -> None:
        """Add records: steps (n,) rising, recon_loss (n,), kl_per_latent (n, latent_dim)."""
        if len(steps) == 0:
            return
        if len(self) and steps[0] <= self.steps[-1]:
            self.cut_from(float(steps[0]))
        self._steps.append(steps)
        self._recon_loss.append(recon_loss)
        self._kl.append(np.sum(kl_per_latent, axis=1, dtype=np.float64))
        self._kl_per_latent.append(kl_per_latent)

    def recent_recon_loss(self) -> float:
        """Reconstruction loss of the newest records, SSE per image."""
        return float(self.recon_loss[-self._smoothing :].mean())

    def recent_kl(self) -> float:
        """KL of the newest records, nats per image."""
        return float(self.kl[-self._smoothing :].mean())

    def active_units(self) -> int:
        """How many latents carry more than 0.1 nats, averaged over the newest records."""
        return int((self.kl_per_latent[-self._smoothing :].mean(axis=0) > ACTIVE_NATS).sum())

    def cut_from(self, step: float) -> None:
        """Drop the records at this step and after it."""
        count = int(np.searchsorted(self.steps, step))
        for rows in (self._steps, self._recon_loss, self._kl, self._kl_per_latent):
            rows.cut(count)


class LossHistory:
    """The two series of a run: the training batches, and the held-out frames now and then."""

    def __init__(self, latent_dim: int):
        self.latent_dim = latent_dim
        self.training = LossSeries(latent_dim, _SMOOTHED_BATCHES)
        self.held_out = LossSeries(latent_dim, 1)

    def csv(self) -> str:
        """One row a step, with a header; a field is empty where a series has no record there."""
        header = ["step", "recon_loss", "kl", "held_out_recon_loss", "held_out_kl"]
        header += [f"kl_{index:02d}" for index in range(self.latent_dim)]
        held_out = {
            step: f"{recon_loss:.9g},{kl:.9g}"
            for step, recon_loss, kl in zip(
                self.held_out.steps.tolist(),
                self.held_out.recon_loss.tolist(),
                self.held_out.kl.tolist(),
                strict=True,
            )
        }
        per_latent = ",".join(["%.9g"] * self.latent_dim)
        rows = {
            step: f"{step:.0f},{recon_loss:.9g},{kl:.9g},{held_out.get(step, ',')},"
            + per_latent % tuple(kl_per_latent)
            for step, recon_loss, kl, kl_per_latent in zip(
                self.training.steps.tolist(),
                self.training.recon_loss.tolist(),
                self.training.kl.tolist(),
                self.training.kl_per_latent.tolist(),
                strict=True,
            )
        }
        alone = {
            step: f"{step:.0f},,,{fields}" + "," * self.latent_dim
            for step, fields in held_out.items()
            if step not in rows
        }
        lines = [line for _, line in sorted({**rows, **alone}.items())]
        return "\n".join([",".join(header), *lines]) + "\n"
