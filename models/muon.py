"""Muon: Adam, but matrices take steps that move all their directions equally far.

It does not know the network beyond the shapes of its weights, nor the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor

MOMENTUM = 0.9
PER_LEARNING_RATE = 10.0
"""Length of a matrix's step, as its spectral norm, per unit of Adam's learning rate."""

SMALLEST = 16
"""Rows and columns that a matrix needs; the last layer's three rows are left to Adam."""


class Muon(torch.optim.Adam):
    """Orthogonalised momentum for matrices (Jordan et al. 2024), Adam for everything else.

    Source: https://kellerjordan.github.io/posts/muon. `dtype` is that of the orthogonalisation.
    """

    def __init__(self, params, lr: float, dtype: torch.dtype = torch.float32, **options):
        super().__init__(params, lr=lr, **options)
        self._dtype = dtype

    def step(self, share: Callable[..., Iterable] = map) -> None:
        """Move every weight that has a gradient; `share` is a `map` that may use threads."""
        for group in self.param_groups:
            turned = [w for w in group["params"] if w.grad is not None and is_turned(w)]
            list(share(partial(self._turn, group["lr"]), turned))
            for weight in turned:
                weight.grad = None  # it has moved: Adam passes over what has no gradient
        super().step()

    def __setstate__(self, state) -> None:
        # Past Adam's own, which looks for a step count in every weight's state.
        torch.optim.Optimizer.__setstate__(self, state)

    @torch.no_grad()
    def _turn(self, learning_rate: float, weight: Tensor) -> None:
        gradient = weight.grad
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum = state["momentum"]
        momentum.mul_(MOMENTUM).add_(gradient)
        ahead = gradient.add(momentum, alpha=MOMENTUM).flatten(1).to(self._dtype)
        step = orthogonal(ahead).to(weight.dtype).view(weight.shape)
        # So scaled, a step changes a wide layer's outputs as much as a narrow one's. The rows of a
        # transposed convolution are its inputs: to it the scale gives nothing.
        scale = math.sqrt(max(1, ahead.shape[0] / ahead.shape[1]))
        weight.sub_(step, alpha=PER_LEARNING_RATE * learning_rate * scale)


def is_turned(weight: Tensor) -> bool:
    """Whether a weight is a matrix with directions enough to turn; convolutions are, flattened."""
    return weight.ndim > 1 and min(len(weight), weight[0].numel()) >= SMALLEST


def kept(weight: Tensor) -> tuple[str, ...]:
    """The names of what is remembered of a weight from step to step."""
    return ("momentum",) if is_turned(weight) else ("step", "exp_avg", "exp_avg_sq")


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with its singular values brought near 1, 1.2 at most; its directions stay.

    Three steps of the quintic Newton-Schulz iteration with the coefficients of Jordan et al., who
    take five. Values above a twentieth of the norm reach 0.7; smaller ones grow some fortyfold.
    """
    wide = matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix
    turned = wide / (wide.norm() + 1e-7)
    for _ in range(3):
        product = turned @ turned.mT
        turned = 3.4445 * turned + (2.0315 * product @ product - 4.7750 * product) @ turned
    return turned.mT if matrix.shape[0] > matrix.shape[1] else turned
