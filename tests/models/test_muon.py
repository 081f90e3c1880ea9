"""Muon: which weights it turns, how far it moves them, and that the others move as Adam does.

Singular values come from numpy, Adam's steps from torch's own Adam.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from models.muon import MOMENTUM, PER_LEARNING_RATE, Muon, is_turned, kept, orthogonal


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(16, 16), (64, 512), (300, 20)])
def test_orthogonal_keeps_the_directions_and_levels_the_lengths(shape):
    # Lengths over one order of magnitude; three steps reach no further.
    left, _, right = np.linalg.svd(random(*shape).numpy(), full_matrices=False)
    lengths = np.geomspace(1, 0.1, min(shape))
    matrix = left * lengths @ right
    turned = orthogonal(torch.from_numpy(matrix)).numpy()
    inside = left.T @ turned @ right.T
    np.testing.assert_allclose(inside, np.diag(np.diag(inside)), atol=1e-5)
    assert np.diag(inside).min() > 0.6 and np.diag(inside).max() < 1.25


def test_matrices_of_sixteen_and_more_are_turned():
    assert is_turned(torch.zeros(32, 3, 4, 4))  # 32 x 48
    assert is_turned(torch.zeros(5120, 32))
    assert not is_turned(torch.zeros(3, 16, 3, 3))  # to the picture: three rows
    assert not is_turned(torch.zeros(256))


@pytest.mark.parametrize("shape", [(24, 40), (90, 18), (16, 8, 3, 3)])
def test_a_step_is_as_long_as_the_learning_rate_says(shape):
    weight = nn.Parameter(torch.zeros(*shape))
    weight.grad = random(*shape) * 1e-6  # the gradient's own length does not count
    Muon([weight], lr=0.002).step()
    lengths = np.linalg.svd(weight.detach().flatten(1).numpy(), compute_uv=False)
    rows, columns = weight.flatten(1).shape
    expected = PER_LEARNING_RATE * 0.002 * max(1, rows / columns) ** 0.5
    assert 0.5 * expected < lengths.min() and lengths.max() < 1.25 * expected


def test_the_step_goes_down_the_gradient():
    weight = nn.Parameter(random(20, 30))
    target = random(20, 30, seed=1)
    optimizer = Muon([weight], lr=0.01)  # a tenth of a unit in every direction at each step
    losses = []
    for _ in range(60):
        loss = (weight - target).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_momentum_remembers():
    first, second = random(16, 16), random(16, 16, seed=1)
    weight = nn.Parameter(torch.zeros(16, 16))
    optimizer = Muon([weight], lr=0.1)
    for gradient in (first, second):
        weight.grad = gradient.clone()
        optimizer.step()
    momentum = MOMENTUM * first + second
    torch.testing.assert_close(optimizer.state[weight]["momentum"], momentum)
    step = orthogonal(first + MOMENTUM * first) + orthogonal(second + MOMENTUM * momentum)
    torch.testing.assert_close(weight.detach(), -0.1 * PER_LEARNING_RATE * step)


def test_all_other_weights_move_as_adam_moves_them():
    ours, adams = (nn.Parameter(random(7)) for _ in range(2))
    matrix = nn.Parameter(random(16, 16))
    optimizer, adam = Muon([matrix, ours], lr=0.01), torch.optim.Adam([adams], lr=0.01)
    for step in range(5):
        gradient = random(7, seed=step)
        ours.grad, adams.grad = gradient.clone(), gradient.clone()
        matrix.grad = random(16, 16, seed=step)
        optimizer.step()
        adam.step()
    assert torch.equal(ours, adams)
    assert set(optimizer.state[ours]) == set(kept(ours))
    assert set(optimizer.state[matrix]) == set(kept(matrix))


def test_a_weight_without_a_gradient_stays():
    weight, matrix = nn.Parameter(random(7)), nn.Parameter(random(16, 16))
    Muon([weight, matrix], lr=0.1).step()
    assert torch.equal(weight, random(7)) and torch.equal(matrix, random(16, 16))
