"""Traversals cell by cell, and the sheet pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from models import traversal
from models.traversal import points, sheet, traverse, values


@pytest.fixture
def vae(vae):
    return vae.frozen()


@pytest.fixture
def z():
    return np.array([0.3, -1.2, 0.8, 0.1], np.float32)


@pytest.fixture
def moves():
    return np.array([[0.5, 0, 0, 0], [0, 0, 1.2, 0], [0.1, -0.2, 0.3, 0.7]], np.float32)


def near(found, expected):
    """A batch may round another way than one picture does."""
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


def test_each_cell_is_z_moved_by_so_many_standard_deviations(vae, z, moves):
    found = traverse(vae, z, moves, steps=5, reach=2.0)
    assert found.shape == (3, 5, 60, 80, 3) and found.dtype == np.uint8
    for row, move in zip(found, moves, strict=True):
        for picture, k in zip(row, [-2, -1, 0, 1, 2], strict=True):
            near(picture, vae.image(z + k * move))


def test_the_middle_is_z_itself(z, moves):
    for steps in (1, 5, 9):
        np.testing.assert_array_equal(points(z, moves, steps)[:, steps // 2], np.tile(z, (3, 1)))


@pytest.mark.parametrize("steps", [2, 8, 9])
def test_values_reach_as_far_on_both_sides(steps):
    np.testing.assert_allclose(values(steps, 2.5), np.linspace(-2.5, 2.5, steps))


def test_small_batches_give_the_same_pictures(vae, z, moves, monkeypatch):
    expected = traverse(vae, z, moves)
    monkeypatch.setattr(traversal, "BATCH", 4)
    near(traverse(vae, z, moves), expected)


def test_no_moves_give_no_pictures(vae, z):
    assert traverse(vae, z, np.empty((0, 4))).shape == (0, 9, 60, 80, 3)


@pytest.mark.parametrize("scale", [1, 2])
def test_the_sheet_shows_every_picture_pixel_by_pixel(vae, z, moves, scale):
    pictures = traverse(vae, z, moves, steps=3)
    found = sheet(pictures, ["z00\n1.2 nats", "z02", "PC 1"], scale=scale)
    assert found.dtype == np.uint8 and found.shape[2] == 3
    height, width = 60 * scale + traversal.GAP, 80 * scale + traversal.GAP
    top, left = found.shape[0] - 3 * height, found.shape[1] - 3 * width
    for n in range(3):
        for k in range(3):
            y, x = top + n * height, left + k * width
            cell = found[y : y + 60 * scale, x : x + 80 * scale]
            np.testing.assert_array_equal(cell[::scale, ::scale], pictures[n, k])
            np.testing.assert_array_equal(
                cell[scale - 1 :: scale, scale - 1 :: scale], pictures[n, k]
            )


def test_the_sheet_names_rows_and_columns(vae, z, moves):
    pictures = traverse(vae, z, moves, steps=3)
    found = sheet(pictures, ["z00\n1.2 nats", "", "a long name of an axis"])
    top, left = found.shape[0] - 3 * 62, found.shape[1] - 3 * 82

    def written(part):
        return (part < 128).any(2)

    for k in range(3):  # k on top of each column
        assert written(found[:top, left + 82 * k : left + 82 * k + 80]).any()
    rows = [written(found[top + 62 * n : top + 62 * n + 60, :left]) for n in range(3)]
    assert rows[0].any() and not rows[1].any() and rows[2].any()
    assert not any(row[:, -4:].any() for row in rows)  # no name runs into a picture
