"""A drive's frames into a dataset folder; what cannot be written ends the recording alone."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from models import dataset, recorder
from models.carracing import ZOOM_STEPS
from models.observation import Observation
from models.recorder import Recorder
from tests.telemetry import telemetry


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(recorder, "SHARD_FRAMES", 4)


@pytest.fixture
def full_disk(monkeypatch):
    """Nothing reaches the disk from now on."""

    def fill():
        def full(number):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)

    return fill


def seen(pictures, step):
    told = telemetry(step, speed=step / 2, action=(0.25, 0.5, 0.0))
    return Observation(pictures[step % len(pictures)], None, 0.0, told)


def record(target, pictures, steps, seed=5):
    for step in steps:
        target.add(seen(pictures, step), seed)


def drive(count):
    """Steps from the first on, of which `count` are after the zoom."""
    return range(1, ZOOM_STEPS + count + 1)


def frames_of(folder):
    frames = dataset.load(folder)
    return frames.take(np.arange(len(frames)))


def test_a_recording_is_a_dataset_of_what_was_seen(tmp_path, pictures):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(10))
    assert target.frames == 10 and not target.closed
    target.close()
    assert target.closed and not target.error
    np.testing.assert_array_equal(frames_of(target.folder), pictures[ZOOM_STEPS + 1 :][:10])
    with np.load(target.folder / "shard-00000.npz") as columns:
        assert columns["step"].tolist() == list(range(ZOOM_STEPS + 1, ZOOM_STEPS + 5))
        assert columns["action"].tolist() == [[0.25, 0.5, 0.0]] * 4
        assert (columns["seed"] == 5).all()
        assert columns["speed"].tolist() == [25.5, 26, 26.5, 27]


def test_the_zoom_at_the_start_is_left_out(tmp_path, pictures):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, range(1, ZOOM_STEPS + 1))
    assert target.frames == 0
    target.close()
    assert not target.folder.exists()


def test_each_start_is_another_episode(tmp_path, pictures):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, range(70, 73))  # joined in the middle of a drive
    record(target, pictures, drive(3))
    record(target, pictures, drive(2))
    target.close()
    episode = dataset.load(target.folder).episode
    assert [int((episode == name).sum()) for name in np.unique(episode)] == [3, 3, 2]


def test_what_was_written_before_a_crash_can_be_read(tmp_path, pictures):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(6))  # never closed
    assert len(frames_of(target.folder)) == 4


def test_nothing_is_kept_after_closing(tmp_path, pictures):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(3))
    target.close()
    record(target, pictures, range(60, 70))
    target.close()
    assert target.frames == 3
    assert len(frames_of(target.folder)) == 3


def test_a_full_disk_ends_the_recording_with_a_sentence(tmp_path, pictures, full_disk):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(4))
    full_disk()
    record(target, pictures, range(60, 70))
    assert target.closed and target.frames == 4
    assert str(target.folder) in target.error and "No space left" in target.error
    target.close()
    assert len(frames_of(target.folder)) == 4


def test_a_full_disk_at_the_very_end_is_told_too(tmp_path, pictures, full_disk):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(2))
    full_disk()
    target.close()
    assert target.closed and target.frames == 0
    assert "No space left" in target.error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("name", ["shard-00001.npy", "shard-00001.npz", "index.json"])
def test_a_really_full_disk_leaves_what_was_written_whole(tmp_path, pictures, name):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(5))
    (target.folder / f".{name}.{os.getpid()}.part").symlink_to("/dev/full")
    record(target, pictures, range(60, 70))
    assert target.closed and target.error == (
        f"{target.folder}: the recording ended after 4 frames (No space left on device)."
    )
    target.close()
    np.testing.assert_array_equal(frames_of(target.folder), pictures[ZOOM_STEPS + 1 :][:4])
    left = {path.name for path in target.folder.iterdir()}
    assert left == {"index.json", "shard-00000.npy", "shard-00000.npz"}


def test_a_disk_that_fills_in_the_middle_of_the_frames(tmp_path, pictures):
    resource = pytest.importorskip("resource", reason="sizes of files cannot be limited here")
    target = Recorder(tmp_path / "drive")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))  # a shard has 57,728 bytes
    try:
        record(target, pictures, drive(4))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.closed and target.frames == 0
    assert target.error.endswith("the recording ended after 0 frames (File too large).")
    assert not target.folder.exists()


def test_any_thread_may_end_it(tmp_path, pictures):
    target = Recorder(tmp_path / "drive")
    record(target, pictures, drive(1))

    def drive_on():
        while not target.closed:
            record(target, pictures, [60])

    driver = threading.Thread(target=drive_on)
    driver.start()
    while target.frames < 30:
        pass
    target.close()
    driver.join()
    assert len(frames_of(target.folder)) == target.frames >= 30


@pytest.mark.parametrize("kind", ["under a file", "of another program"])
def test_a_folder_that_cannot_be_used_ends_the_recording_not_the_drive(tmp_path, pictures, kind):
    if kind == "under a file":
        (tmp_path / "file").write_text("")
        folder = tmp_path / "file" / "drive"
    else:
        folder = tmp_path
        (folder / "index.json").write_text("{}")
    target = Recorder(folder)
    record(target, pictures, drive(5))
    assert target.closed and target.frames == 0
    assert str(folder) in target.error
