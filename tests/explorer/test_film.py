"""The film of a training keeps the whole run in little memory, evenly, and to its newest shot."""

from __future__ import annotations

import io
import itertools
import tempfile
import tracemalloc
import zipfile

import numpy as np
import pytest

from explorer.training import film_file
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


def written(film: Film) -> io.BytesIO:
    memory = io.BytesIO()
    film_file.write(memory, film)
    memory.seek(0)
    return memory


@pytest.mark.parametrize("shots", [0, 1, 7, 23])
def test_what_is_saved_comes_back_and_goes_on_alike(shots):
    kept = Film(FRAMES, np.ones((5, 4), np.float32))
    for step in range(shots):
        kept.add(shot(step, latent=None if step < 5 else 3))
    back = film_file.read(written(kept))
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
    back = film_file.read(written(kept))
    back._kept_bytes = 8 * SHOT_BYTES  # as the small one of this test
    for step in range(21, 60):
        kept.add(shot(10 * step))
        back.add(shot(10 * step))
    assert back.steps == kept.steps


def test_any_reader_of_arrays_reads_a_film():
    arrays = np.load(written(film(3)))
    assert arrays["pictures"].shape == (3, 3, 5, 6, 8, 3)
    assert np.array_equal(arrays["pictures"][2], np.stack(shot(20)[2:5]))
    assert arrays["steps"].tolist() == [0, 10, 20]


def test_the_memory_of_a_shot_that_is_thinned_out_is_free_again():
    back = film_file.read(written(film(8)))
    pictures = [back.at(index).samples for index in range(8)]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(pictures, 2))
    owners = [row.base for row in pictures]
    assert all(len(owner.base) == FRAMES.nbytes for owner in owners)


def test_a_film_is_written_and_read_without_a_second_one_in_memory():
    frames = np.zeros((5, 60, 80, 3), np.uint8)
    long = Film(frames, np.zeros((5, 32), np.float32))
    for step in range(60):
        long.add(shot(step, frames=frames))
    size = long.size()
    with (file := tempfile.TemporaryFile()):
        tracemalloc.start()
        film_file.write(file, long)
        assert tracemalloc.get_traced_memory()[1] < size / 10
        file.seek(0)
        back = film_file.read(file)
        assert tracemalloc.get_traced_memory()[1] < 1.2 * size
        tracemalloc.stop()
    assert back.steps == long.steps


def test_another_thing_is_not_taken_for_a_film():
    with pytest.raises(ValueError):
        film_file.read(io.BytesIO(b"no archive"))
    whole = written(film(3)).getvalue()
    with pytest.raises(ValueError):
        film_file.read(io.BytesIO(whole[:-100]))


@pytest.mark.parametrize(
    "change",
    [
        {"steps": None},
        {"steps": np.array([0, 10])},
        {"steps": np.array([0, 20, 10])},
        {"steps": np.array([0.0, 10.0, 20.0])},
        {"steps": np.array([-1, 10, 20])},
        {"numbers": np.array([0, 0, 1])},
        {"spacing": np.array(0)},
        {"spacing": np.array(2)},
        {"spacing": np.array([1])},
        {"latents": np.array([0, 4, 0])},
        {"latents": np.array(["0", "1", "2"])},
        {"z": np.full((5, 4), np.nan, np.float32)},
        {"z": np.zeros((4, 4), np.float32)},
        {"z": np.zeros((5, 4), object)},
        {"frames": FRAMES[:4]},
        {"frames": FRAMES[:, :0]},
        {"pictures": np.zeros((3, 3, 5, 6, 8, 3), np.float32)},
        {"pictures": np.zeros((2, 3, 5, 6, 8, 3), np.uint8)},
        {"pictures": np.zeros((3, 3, 5, 6, 8, 4), np.uint8)},
        {"pictures": np.zeros((3, 3, 4, 6, 8, 3), np.uint8)},
        {"pictures": np.zeros((3, 5), np.uint8)},
    ],
    ids=lambda change: next(f"{name} {getattr(a, 'shape', '')}" for name, a in change.items()),
)
def test_a_strangers_numbers_are_not_trusted(change):
    arrays = dict(np.load(written(film(3)))) | change
    memory = io.BytesIO()
    np.savez(memory, **{name: array for name, array in arrays.items() if array is not None})
    memory.seek(0)
    with pytest.raises(ValueError):
        film_file.read(memory)


def test_a_film_that_claims_more_than_one_may_have_is_refused_before_it_is_read(monkeypatch):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pictures.npy", bytes(KEPT_BYTES + 3 * 2**20))
    memory.seek(0)
    assert memory.getbuffer().nbytes < 2**20
    with pytest.raises(ValueError, match="claims"):
        film_file.read(memory)


def test_a_header_that_promises_more_than_there_is_gets_no_memory():
    arrays = dict(np.load(written(film(3))))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                shape = (5, 2**50) if name == "z" else array.shape
                header = {"descr": array.dtype.str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                member.write(array.tobytes())
    memory.seek(0)
    with pytest.raises(ValueError, match="cut short"):
        film_file.read(memory)
