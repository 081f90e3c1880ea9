"""In which order latents stand, by what was measured of them.

It does not know the rows, nor when they may move.
"""

from __future__ import annotations

import numpy as np

SORTINGS = ("kl", "effect", "index")


def order_by(
    sorting: str, latent_dim: int, kl: np.ndarray | None, effects: np.ndarray | None
) -> np.ndarray:
    """The indices (latent_dim,), the largest first; equal ones keep the order of their indices.

    `kl` and `effects` are (latent_dim,), or None before they are known: by effect falls back to by
    KL, and by KL to by index. Raises ValueError for what is none of SORTINGS.
    """
    if sorting not in SORTINGS:
        raise ValueError(f"latents are sorted by one of {', '.join(SORTINGS)}, not {sorting!r}")
    if sorting == "effect" and effects is not None:
        return np.argsort(-effects, kind="stable")
    if sorting != "index" and kl is not None:
        return np.argsort(-kl, kind="stable")
    return np.arange(latent_dim)
