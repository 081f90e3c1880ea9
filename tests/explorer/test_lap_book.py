"""The best laps of each track are kept, whatever their file holds and whoever else writes it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from explorer.lap_book import Best, LapBook


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "laps.json"


def test_the_shortest_lap_of_a_track_is_kept_with_and_without_goggles(path):
    book = LapBook(path)
    assert book.best(7, False) is None
    assert book.add(7, False, Best(42.1, 3.2))
    assert not book.add(7, False, Best(43.0, 0.0))
    assert book.add(7, True, Best(62.8, 11.0))
    assert book.add(7, False, Best(41.0, 4.5))
    assert book.add(2**31 - 1, False, Best(50.0, 0.0))
    again = LapBook(path)
    assert again.best(7, False) == Best(41.0, 4.5)
    assert again.best(7, True) == Best(62.8, 11.0)
    assert again.best(2**31 - 1, False) == Best(50.0, 0.0)
    assert again.best(8, False) is None
    assert [file.name for file in path.parent.iterdir()] == ["laps.json"]


def test_two_windows_lose_none_of_each_others_laps(path):
    one, other = LapBook(path), LapBook(path)
    one.add(1, False, Best(40.0, 0.0))
    other.add(2, False, Best(50.0, 0.0))
    assert not other.add(1, False, Best(41.0, 0.0))
    kept = LapBook(path)
    assert (kept.best(1, False), kept.best(2, False)) == (Best(40.0, 0.0), Best(50.0, 0.0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[1, 2]",
        "[" * 5000,
        '{"1": 3, "2": {"free": 1}, "x": {"free": [40, 1]}}',
        '{"1": {"free": [40]}, "2": {"free": ["a", 1]}, "3": {"free": [true, 0]}}',
        '{"1": {"free": [NaN, 0]}, "2": {"free": [-1, 0]}, "3": {"free": [1e999, 0]}}',
        '{"1": {"free": [40, 50]}, "2": {"free": [1' + "0" * 400 + ", 0]}}",
    ],
)
def test_a_damaged_file_does_no_harm(path, text):
    path.parent.mkdir()
    path.write_text(text)
    book = LapBook(path)
    assert all(book.best(seed, False) is None for seed in range(5))
    assert book.add(1, False, Best(40.0, 0.0))
    assert LapBook(path).best(1, False) == Best(40.0, 0.0)


def test_what_is_whole_in_a_damaged_file_is_taken(path):
    path.parent.mkdir()
    far = f'"{"9" * 5000}": {{"free": [9, 1]}}'
    near = '"1": {"free": "fast", "goggles": [60, 2]}, "2": null, "3": {"free": [9, 1]}'
    path.write_text(f"{{{far}, {near}}}")
    book = LapBook(path)
    assert (book.best(1, True), book.best(3, False)) == (Best(60, 2), Best(9, 1))


def test_bytes_that_are_no_text_do_no_harm(path):
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    assert LapBook(path).best(1, False) is None


def test_a_full_disk_leaves_the_old_laps_and_nothing_half_written(path, monkeypatch):
    LapBook(path).add(1, False, Best(40.0, 0.0))

    def full(unfinished, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError):
        LapBook(path).add(1, False, Best(39.0, 0.0))
    assert [file.name for file in path.parent.iterdir()] == ["laps.json"]
    assert LapBook(path).best(1, False) == Best(40.0, 0.0)


def test_a_lap_that_cannot_be_written_is_known_nonetheless(path):
    path.parent.write_text("a file where the folder should be")
    book = LapBook(path)
    with pytest.raises(OSError):
        book.add(1, False, Best(40.0, 0.0))
    assert book.best(1, False) == Best(40.0, 0.0)
