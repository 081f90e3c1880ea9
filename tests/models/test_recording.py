"""Recordings as they are opened: frames and telemetry of each place, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models import recording
from models.carracing import ZOOM_STEPS, rollout
from models.collect import collect
from models.policy import Noise
from models.recorder import Recorder
from models.shards import INDEX
from tests.models.driving import as_kept


@pytest.fixture(scope="module")
def driven():
    """Ten steps of a drive on each of two tracks, as they were seen."""
    return {
        seed: list(rollout(Noise(seed), seed, steps=ZOOM_STEPS + 10, first=ZOOM_STEPS))
        for seed in (12, 11)
    }


@pytest.fixture
def recorded(tmp_path, driven):
    recorder = Recorder(tmp_path / "evening")
    for seed, seen in driven.items():
        for each in seen:
            recorder.add(each, seed)
    recorder.close()
    return recorder.folder


def test_a_recording_gives_back_what_was_driven(recorded, driven):
    opened = recording.open(recorded)
    seen = [each for drive in driven.values() for each in drive]
    assert (len(opened), opened.name, opened.path) == (20, "evening", recorded)
    for place, each in enumerate(seen):
        np.testing.assert_array_equal(opened.frame(place), each.frame)
        assert opened.telemetry(place) == as_kept(each.telemetry)
    assert opened.columns.seed.tolist() == [12] * 10 + [11] * 10


def test_its_frames_stay_on_disk(recorded):
    assert all(isinstance(array, np.memmap) for array in recording.open(recorded)._frames._arrays)


def test_what_is_collected_is_a_recording_too(tmp_path):
    list(collect(20, tmp_path / "many", workers=1))
    opened = recording.open(str(tmp_path / "many"))
    assert len(opened) == 20
    assert np.diff([opened.telemetry(place).step for place in range(20)]).tolist() == [5] * 19


def rewritten(folder, **columns):
    path = folder / "shard-00000.npz"
    with np.load(path) as archive:
        kept = dict(archive) | columns
    np.savez(path, **{name: column for name, column in kept.items() if column is not None})


@pytest.mark.parametrize("curvature", [None, np.full((20, 3), np.nan)], ids=["older", "damaged"])
def test_one_without_all_telemetry_says_what_it_is_good_for(recorded, refused, curvature):
    rewritten(recorded, curvature=curvature)
    sentence = refused(lambda: recording.open(recorded), recorded)
    assert "lacks" in sentence and "trained on but not played" in sentence


def test_one_of_another_recipe_is_refused(recorded, refused):
    index = json.loads((recorded / INDEX).read_text())
    (recorded / INDEX).write_text(json.dumps(index | {"recipe": "pong/area-80x60"}))
    assert "pong" in refused(lambda: recording.open(recorded), recorded)


def test_what_is_no_recording_is_refused(tmp_path, refused):
    for path in (tmp_path / "nowhere", tmp_path):
        refused(lambda path=path: recording.open(path), path)
    np.save(tmp_path / "frames.npy", np.zeros((2, 60, 80, 3), np.uint8))
    refused(lambda: recording.open(tmp_path / "frames.npy"), tmp_path / "frames.npy")


@pytest.mark.parametrize("name", ["shard-00000.npy", "shard-00000.npz", INDEX])
@pytest.mark.parametrize("left", [0, 0.5, None])
def test_one_that_lost_a_part_is_refused(recorded, refused, name, left):
    path = recorded / name
    data = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(data[: int(left * len(data))])
    refused(lambda: recording.open(recorded), recorded)


def test_a_place_outside_is_no_place(recorded):
    with pytest.raises(IndexError):
        recording.open(recorded).telemetry(20)
