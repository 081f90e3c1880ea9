"""Lists of recorded drives: each told by its own files, a damaged one by its fault."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models import dataset, drive_folder
from models.drive_film import film
from models.drive_folder import DriveInfo, delete, drives, info
from models.shards import INDEX, Columns, Writer
from tests.telemetry import telemetry


@pytest.fixture
def recorded(tmp_path, some):
    """Writes a drive of six frames, `apart` steps from one to the next, on two tracks."""

    def write(name, apart=1):
        rows = [(k // 3, telemetry(51 + apart * k), 90 - k // 3) for k in range(6)]
        writer = Writer(tmp_path / "drives" / name)
        writer.add("shard-00000", some, Columns.of(rows))
        return writer.folder

    return write


def test_a_drive_tells_when_how_long_and_where_it_was(recorded):
    folder = recorded("2026-03-04 05.06.07.89")
    told = info(folder)
    assert told.started == "2026-03-04T05:06:07.890000"
    assert (told.frames, told.seeds, told.fault) == (6, (90, 89), "")
    assert told.seconds == pytest.approx(6 / 50)
    assert told.nbytes == sum(path.stat().st_size for path in folder.iterdir())
    assert info(recorded("collected", apart=5)).seconds == pytest.approx(6 / 10)


def test_drives_are_listed_newest_first_and_those_from_elsewhere_behind(recorded, folder, tmp_path):
    names = ["2026-03-04 05.06.07.89", "2026-03-05 01.00.00.00", "2025-12-31 23.59.59.99"]
    for name in names:
        recorded(name)
    (tmp_path / "drives" / "notes").mkdir()
    (tmp_path / "drives" / "read me.txt").touch()
    told = drives(tmp_path / "drives", [folder])
    assert [one.name for one in told] == [names[1], names[0], names[2], folder.name]
    assert drives(tmp_path / "nowhere") == []


def other_recipe(folder):
    index = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps(index | {"recipe": "doom/whole-screen"}))


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / INDEX).write_text("{"),
        lambda folder: (folder / "shard-00000.npy").unlink(),
        lambda folder: (folder / "shard-00000.npy").write_bytes(b"\x93NUMPY"),
        lambda folder: (folder / "shard-00000.npz").write_bytes(b"PK"),
        other_recipe,
    ],
    ids=["index", "missing", "cut", "columns", "recipe"],
)
def test_a_damaged_drive_tells_its_fault_and_hides_no_other(recorded, tmp_path, harm):
    harm(recorded("2026-01-01 00.00.00.00"))
    sound = recorded("2025-01-01 00.00.00.00")
    damaged, whole = drives(tmp_path / "drives")
    assert whole == info(sound)
    assert damaged.started == "2026-01-01T00:00:00"
    assert damaged == DriveInfo(damaged.folder, damaged.name, damaged.started, fault=damaged.fault)
    assert str(damaged.folder) in damaged.fault and damaged.fault.endswith(".")
    assert "\n" not in damaged.fault


def test_another_folder_is_no_drive(tmp_path, refused):
    assert "no recording" in refused(lambda: info(tmp_path), tmp_path)


def test_only_a_drive_of_that_folder_is_deleted(recorded, folder, tmp_path, refused):
    root, doomed, kept = tmp_path / "drives", recorded("one"), recorded("two")
    delete(doomed, root)
    assert [one.folder for one in drives(root)] == [kept]
    for stranger in (folder, root, doomed, root / ".." / folder.name):
        refused(lambda stranger=stranger: delete(stranger, root), stranger)
    assert folder.is_dir() and kept.is_dir()


def test_a_folder_that_is_in_use_stays_and_says_so(recorded, tmp_path, monkeypatch, refused):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    folder = recorded("one")
    monkeypatch.setattr(drive_folder.shutil, "rmtree", denied)
    assert "Permission denied" in refused(lambda: delete(folder, tmp_path / "drives"), folder)


def test_the_pace_of_frames_is_that_of_most_of_them(recorded, some):
    frames = dataset.load(recorded("one", apart=4))
    assert drive_folder.steps_apart(frames) == 4
    assert drive_folder.steps_apart(dataset.Frames([some])) == 1
    assert drive_folder.steps_apart(frames.sized((64, 64, 3))) == 4
    assert np.array_equal(frames.columns.step, 51 + 4 * np.arange(6))


@pytest.mark.parametrize(
    "step",
    [
        np.arange(6) * 10**15,
        np.arange(6)[::-1].astype(np.uint64),
        np.array([-1e308, 1e308] * 3),
        np.array([-(2**63), 2**63 - 1] * 3),
    ],
    ids=["far", "back", "beyond a float", "beyond an integer"],
)
def test_steps_that_no_drive_takes_give_no_pace(recorded, tmp_path, step):
    folder = recorded("one")
    path = folder / "shard-00000.npz"
    with np.load(path) as archive:
        kept = dict(archive)
    np.savez(path, **kept | {"step": step, "episode": np.zeros(6, np.int64)})
    assert info(folder).seconds == pytest.approx(6 / 50)
    list(film(tmp_path / "drive.gif", dataset.load(folder)))
