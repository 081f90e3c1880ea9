"""The last minute of a drive as arrays, frame by frame.

It does not know who draws it, nor the model that saw the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

STEPS_PER_SECOND = 50
FRAMES = 60 * STEPS_PER_SECOND


class DriveHistory:
    """Observations that were encoded, the newest last; index 0 is the oldest kept.

    Each has a number that stays its own while older ones are dropped: `first` is that of index 0.
    What the arrays give is not to be written into, and holds until the next `append`.
    """

    def __init__(self) -> None:
        self.first = 0
        self._end = 0  # of what the tables hold
        self._observations: list = []
        self._tables: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._observations)

    @property
    def end(self) -> int:
        """The number that the next frame will have."""
        return self.first + len(self)

    @property
    def mu(self) -> np.ndarray:
        """(n, latent_dim) float32."""
        return self._column("mu")

    @property
    def sigma(self) -> np.ndarray:
        """(n, latent_dim) float32."""
        return self._column("sigma")

    @property
    def kl(self) -> np.ndarray:
        """(n, latent_dim) float32, nats of each latent."""
        return self._column("kl")

    @property
    def error(self) -> np.ndarray:
        """(n,) float32, squared error of the reconstruction summed over an image in 0..1."""
        return self._column("error")

    @property
    def speed(self) -> np.ndarray:
        """(n,) float32, length units of the environment per second."""
        return self._column("speed")

    def at(self, number: int) -> Any:
        """The Observation of that number, without the large picture; raises IndexError."""
        index = number - self.first
        if index < 0:
            raise IndexError(number)
        return self._observations[index]

    def since(self, number: int) -> list:
        """The Observations from that number on, or as many as are kept."""
        return self._observations[max(0, number - self.first) :]

    def clear(self) -> None:
        """Forget all frames; numbers go on."""
        self.first += len(self)
        self._observations, self._end, self._tables = [], 0, {}

    def append(self, observations: Sequence) -> None:
        """Put encoded Observations behind the others, which are of the same latent_dim."""
        if not observations:
            return
        mu = np.stack([seen.posterior.mu for seen in observations])
        rows = {
            "mu": mu,
            "sigma": np.stack([seen.posterior.sigma for seen in observations]),
            "kl": np.stack([seen.posterior.kl for seen in observations]),
            "error": np.array([seen.error for seen in observations], np.float32),
            "speed": np.array([seen.telemetry.speed for seen in observations], np.float32),
        }
        n = len(observations)
        if not self._tables:
            # Twice as long as is kept: what is old is moved out of the way once a minute only.
            self._tables = {
                name: np.empty((2 * FRAMES + n, *row.shape[1:]), np.float32)
                for name, row in rows.items()
            }
        if self._end + n > len(self._tables["mu"]):
            kept = min(len(self), FRAMES)
            for table in self._tables.values():
                table[:kept] = table[self._end - kept : self._end].copy()
            self._end = kept
        for name, table in self._tables.items():
            table[self._end : self._end + n] = rows[name]
        self._end += n
        self._observations += [seen._replace(view=None) for seen in observations]
        dropped = max(0, len(self) - FRAMES)
        del self._observations[:dropped]
        self.first += dropped

    def _column(self, name: str) -> np.ndarray:
        if not self._tables:
            return np.empty((0, 0) if name in ("mu", "sigma", "kl") else 0, np.float32)
        return self._tables[name][self._end - len(self) : self._end]
