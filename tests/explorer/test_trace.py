"""A trace answers about any stretch of a run as if it had read all of it."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.training.history import LossSeries
from explorer.training.trace import Trace


@pytest.fixture
def grown() -> tuple[Trace, np.ndarray]:
    """A trace that grew in uneven pieces and was cut in between, and its values."""
    rng = np.random.default_rng(0)
    trace, values = Trace(), np.empty(0)
    for size in rng.integers(1, 900, 40):
        piece = rng.normal(size=size)
        trace.append(np.arange(len(values) + 1, len(values) + size + 1), piece)
        values = np.concatenate([values, piece])
        if size > 700:
            values = values[:-137]
            trace.cut(len(values))
    return trace, values


def test_growing_and_cutting_keep_every_value(grown):
    trace, values = grown
    assert np.array_equal(trace.values, values)
    assert np.array_equal(trace.steps, np.arange(1, len(values) + 1))


@pytest.mark.parametrize(("low", "high"), [(0, 1e6), (3000, 9000), (5000, 5200), (7000, 7003)])
def test_few_points_hold_the_extremes_of_what_is_in_view(grown, low, high):
    trace, values = grown
    shown = trace.within(low, high, 100)
    inside = values[max(0, int(low) - 1) : int(min(high, len(values)))]
    assert len(shown.steps) <= 2 * 100 + 2 + 2
    assert shown.values.max() >= inside.max() and shown.values.min() <= inside.min()
    assert (np.diff(shown.steps) >= 0).all()
    assert set(shown.values) <= set(values)
    # The highest stands within a column of where it was measured.
    place = max(0, int(low) - 1) + np.argmax(inside) + 1
    column = (min(high, len(values)) - max(low, 1)) / 100
    assert np.abs(shown.steps[shown.values == inside.max()] - place).min() <= 2 * column + 1


def test_means_are_those_of_the_last_values(grown):
    trace, values = grown
    ends = np.array([0, 3, 50, 4000])
    means = [values[max(0, end - 9) : end + 1].mean() for end in ends]
    assert trace.means(ends, 10) == pytest.approx(means)


def test_a_value_that_is_no_number_leaves_the_others_means_alone():
    trace = Trace(np.arange(1.0, 6.0), np.array([1.0, np.nan, 3.0, np.inf, 5.0]))
    assert trace.means(np.array([4]), 5) == pytest.approx([3.0])
    assert np.isnan(trace.means(np.array([1]), 1))


def test_columns_of_kl_are_the_means_of_their_stretch():
    rng = np.random.default_rng(1)
    kl = rng.random((20_000, 8)).astype(np.float32) + np.arange(20_000)[:, None] / 1000
    series = LossSeries(8, 1)
    for first in range(0, 20_000, 777):
        part = slice(first, first + 777)
        steps = np.arange(1, 20_001)[part]
        series.append(steps, np.zeros(len(steps)), kl[part])
    columns = series.kl_columns(np.linspace(0.5, 20_000.5, 51))
    means = kl.reshape(50, 400, 8).mean(axis=1)
    assert columns == pytest.approx(means, abs=0.2)  # edges move by a quarter of a column at most
    assert columns.mean() == pytest.approx(kl.mean(), rel=0.01)
    assert series.kl_columns(np.array([5.5, 6.5, 7.5])) == pytest.approx(kl[5:7])


def test_steps_with_a_gap_keep_their_place():
    series = LossSeries(1, 1)
    steps = np.concatenate([np.arange(1, 101), np.arange(901, 1001)])
    series.append(steps, np.zeros(200), np.repeat([[1.0], [2.0]], 100, axis=0))
    columns = series.kl_columns(np.linspace(0.5, 1000.5, 11))
    assert columns[:, 0] == pytest.approx([1.0] * 9 + [2.0], abs=0.05)
