"""The film of a training keeps the whole run in little memory, evenly, and to its newest shot."""

from __future__ import annotations

import io

import numpy as np
import pytest

from explorer.training.film import KEPT_BYTES, Film, Shot

FRAMES = np.zeros((5, 6, 8, 3), np.uint8)
SHOT_BYTES = 3 * FRAMES.nbytes


def shot(step: int, latent: int | None = 3, frames: np.ndarray = FRAMES) -> Shot:
    """One whose pictures tell its step."""
    row = np.full_like(frames, step % 251)
    return Shot(step, frames, row, row + 1, None if latent is None else row + 2, latent)


def film(shots: int, kept: int = 8, first: int = 0) -> Film:
    film = Film(FRAMES, np.zeros((5, 4), np.float32), kept * SHOT_BYTES)
    for step in range(first, shots):
        film.add(shot(10 * step))
    return film


def same(one: Shot, other: Shot) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_film_that_is_not_full_keeps_every_shot():
    short = film(8)
    assert short.steps == [0, 10, 20, 30, 40, 50, 60, 70]
    assert [short.at(index).step for index in range(len(short))] == short.steps
    assert same(short.at(3), shot(30))


def test_a_full_one_is_thinned_evenly_and_its_newest_is_always_there():
    for shots in range(1, 80):
        steps = film(shots).steps
        assert steps[0] == 0 and steps[-1] == 10 * (shots - 1)
        assert len(steps) <= 8
        gaps = np.diff(steps)
        if len(gaps) > 1:
            assert len(set(gaps[:-1])) == 1  # one spacing for all
            assert gaps[-1] <= gaps[0]
        assert shots < 8 or len(steps) > 4


def test_an_hour_of_two_shots_a_second_is_well_under_200_mb():
    frames = np.zeros((5, 60, 80, 3), np.uint8)
    long = Film(frames, np.zeros((5, 32), np.float32))
    whole = shot(0, frames=frames)
    for step in range(7200):
        # The same memory again and again: it is the count that is held.
        long.add(whole._replace(step=step))
    assert 200 <= len(long) <= KEPT_BYTES // 216_000 + 1
    assert long.size() == len(long) * 216_000 + frames.nbytes < 200e6
    gaps = np.diff(long.steps)
    assert set(gaps[:-1]) == {16} and long.steps[-1] == 7199


def test_the_nearest_shot_to_a_step_is_found():
    short = film(5)
    assert [short.nearest(step) for step in (-5, 0, 4, 6, 24, 39, 4000)] == [0, 0, 0, 1, 2, 4, 4]
    assert Film.begin(FRAMES, 0, 4).nearest(10) == 0


def test_a_run_that_goes_back_replaces_what_it_does_anew():
    back = film(6)
    back.add(shot(25))
    assert back.steps == [0, 10, 20, 25]
    for step in range(3, 40):
        back.add(shot(10 * step))
    assert back.steps[0] == 0 and back.steps[-1] == 390 and len(back) <= 8
    assert (np.diff(back.steps) > 0).all()


def test_the_samples_follow_from_the_seed():
    one, same_seed, other = (Film.begin(FRAMES, seed, 4).z for seed in (7, 7, 8))
    assert one.shape == (5, 4) and one.dtype == np.float32
    assert np.array_equal(one, same_seed) and not np.array_equal(one, other)


def test_the_latent_of_the_traversal_is_none_until_one_is_alive():
    young = Film(FRAMES, np.zeros((5, 4), np.float32))
    assert young.latent is None
    young.add(shot(0, latent=None))
    assert young.latent is None
    young.add(shot(1, latent=2))
    assert young.latent == 2


def test_a_copy_stays_as_it_is_while_the_film_goes_on():
    first = film(3)
    copy = first.copy()
    first.add(shot(30))
    assert copy.steps == [0, 10, 20] and first.steps == [0, 10, 20, 30]


@pytest.mark.parametrize("shots", [0, 1, 7, 23])
def test_what_is_saved_comes_back_and_goes_on_alike(shots):
    kept = Film(FRAMES, np.ones((5, 4), np.float32))
    for step in range(shots):
        kept.add(shot(step, latent=None if step < 5 else 3))
    memory = io.BytesIO()
    np.savez(memory, **kept.arrays())
    memory.seek(0)
    back = Film.of(np.load(memory))
    assert back.steps == kept.steps and back.latent == kept.latent
    assert np.array_equal(back.frames, kept.frames) and np.array_equal(back.z, kept.z)
    for index in range(len(kept)):
        assert same(back.at(index), kept.at(index))
    for step in range(shots, shots + 30):
        kept.add(shot(step))
        back.add(shot(step))
    assert back.steps == kept.steps


def test_a_thinned_film_goes_on_with_its_spacing_when_it_comes_back():
    kept = film(21)
    back = Film.of(kept.arrays())
    back._kept_bytes = 8 * SHOT_BYTES  # as the small one of this test
    for step in range(21, 60):
        kept.add(shot(10 * step))
        back.add(shot(10 * step))
    assert back.steps == kept.steps


def test_another_thing_is_not_taken_for_a_film():
    arrays = film(3).arrays()
    with pytest.raises(KeyError):
        Film.of({name: array for name, array in arrays.items() if name != "steps"})
    with pytest.raises(ValueError, match="no film"):
        Film.of(arrays | {"pictures": arrays["pictures"].astype(np.float32)})
    with pytest.raises(ValueError):
        Film.of(arrays | {"steps": arrays["steps"][:2]})
