"""The leaves of a film: named rows under one another, each picture exact and in its place."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models import moving
from models.reel import MARGIN, SCALE, Leaf, Reel, draw


def row(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (3, 6, 8, 3), np.uint8)


def find(page: np.ndarray, picture: np.ndarray) -> list[tuple[int, int]]:
    """Where the enlarged picture stands, pixel by pixel: (top, left)."""
    large = picture.repeat(SCALE, 0).repeat(SCALE, 1)
    height, width, _ = large.shape
    windows = np.lib.stride_tricks.sliding_window_view(page, (height, width, 3))[:, :, 0]
    return [tuple(place) for place in np.argwhere((windows == large).all((2, 3, 4))).tolist()]


def test_every_picture_is_there_once_in_rows_and_columns():
    first, second = row(0), row(1)
    page = draw(Leaf("step 12", [("frames", first), ("reconstructions", second)]))
    places = [[find(page, picture) for picture in pictures] for pictures in (first, second)]
    assert all(len(found) == 1 for across in places for found in across)
    tops = [{found[0][0] for found in across} for across in places]
    lefts = [[found[0][1] for found in across] for across in places]
    assert [len(top) for top in tops] == [1, 1] and max(tops[0]) < min(tops[1])
    assert lefts[0] == lefts[1] == sorted(lefts[0]) and lefts[0][0] == MARGIN


def test_the_step_is_written_and_a_row_that_is_missing_leaves_the_size_as_it_is():
    one = draw(Leaf("step 1", [("frames", row(0)), ("traversal", None)]))
    other = draw(Leaf("step 2", [("frames", row(0)), ("traversal", row(1))]))
    assert one.shape == other.shape
    changed = np.argwhere((one != other).any((1, 2)))[0].item()
    assert changed < find(one, row(0)[0])[0][0]  # the title


@pytest.mark.parametrize("count", [1, 5])
def test_a_reel_is_written_as_a_film_of_its_leaves(tmp_path, count):
    leaves = [
        Leaf(f"step {n}", [("frames", np.full((2, 6, 8, 3), 40 * n, np.uint8))])
        for n in range(count)
    ]
    path = tmp_path / "film.gif"
    moving.write_gif(path, Reel(leaves), 10, scale=1)
    with Image.open(path) as film:
        assert getattr(film, "n_frames", 1) == count
        for n in range(count):
            film.seek(n)
            shown = np.asarray(film.convert("RGB")).astype(int)
            assert np.abs(shown - draw(leaves[n])).mean() < 4
