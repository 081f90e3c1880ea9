"""Collecting in worker processes: what is on disk depends on the seed alone."""

from __future__ import annotations

import multiprocessing
import shutil

import numpy as np
import pytest

from models import collect as collecting
from models import dataset
from models.carracing import ZOOM_STEPS, rollout
from models.collect import EPISODE_STEPS, EVERY, collect
from models.policy import Autopilot

SHARD = 20
WANTED = 50


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(collecting, "SHARD_FRAMES", SHARD)


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """50 frames by two workers, and the progress that was told."""
    folder = tmp_path_factory.mktemp("collected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collecting, "SHARD_FRAMES", SHARD)
        return folder, list(collect(WANTED, folder, seed=1, workers=2))


def frames_of(folder):
    frames = dataset.load(folder)
    return frames.take(np.arange(len(frames)))


def columns_of(folder, *names):
    shards = sorted(folder.glob("*.npz"))
    return [np.concatenate([np.load(shard)[name] for shard in shards]) for name in names]


def contents(folder):
    """Every shard by its name."""
    return {path.name: path.read_bytes() for path in folder.glob("*.np[yz]")}


def test_exactly_as_many_frames_as_asked_for(collected):
    folder, _ = collected
    assert len(frames_of(folder)) == WANTED
    assert len(list(folder.glob("*.npy"))) == 3


def test_progress_goes_from_nothing_to_all(collected):
    _, records = collected
    done = [record.frames for record in records]
    assert done[0] == 0 and done[-1] == WANTED and done == sorted(done)
    assert {record.wanted for record in records} == {WANTED}
    driven = [record.driven for record in records]
    assert driven == sorted(driven) and driven[-1] == WANTED
    assert all(record.frames <= record.driven for record in records)
    assert any(record.frames < record.driven for record in records)  # before the shard has landed
    assert records[0].frames_per_second == 0 < records[-1].frames_per_second


def test_each_shard_is_named_once_when_it_is_on_disk(collected):
    folder, records = collected
    names = [name for record in records for name in record.landed]
    assert sorted(names) == sorted(path.stem for path in folder.glob("*.npy"))
    assert records[0].landed == ()
    landed = [sum(len(r.landed) for r in records[: k + 1]) for k in range(len(records))]
    assert all(bool(n) == bool(r.frames) for n, r in zip(landed, records, strict=True))
    (again,) = collect(WANTED, folder, seed=1)
    assert sorted(again.landed) == sorted(names)
    ours = dataset.load_shards(folder, names)
    np.testing.assert_array_equal(np.sort(ours.episode), np.sort(dataset.load(folder).episode))


def test_each_frame_is_kept_with_its_own_step_action_and_speed(collected):
    folder, _ = collected
    episode, step, action, speed, seed, offset, curvature = columns_of(
        folder, "episode", "step", "action", "speed", "seed", "offset", "curvature"
    )
    frames = frames_of(folder)
    np.testing.assert_array_equal(episode, seed)
    assert step.min() == ZOOM_STEPS + 1
    track = int(seed[0])
    drive = rollout(Autopilot(track), track, steps=EPISODE_STEPS, first=ZOOM_STEPS, every=EVERY)
    for k in range(SHARD):
        seen = next(drive)
        assert step[k] == seen.telemetry.step
        np.testing.assert_array_equal(frames[k], seen.frame)
        np.testing.assert_array_equal(action[k], np.float32(seen.telemetry.action))
        np.testing.assert_array_equal(curvature[k], np.float32(seen.telemetry.curvature))
        assert offset[k] == np.float32(seen.telemetry.offset)
        assert speed[k] == np.float32(seen.telemetry.speed)


def test_shards_are_of_different_tracks(collected):
    folder, _ = collected
    tracks = [set(np.load(shard)["seed"]) for shard in sorted(folder.glob("*.npz"))]
    assert not tracks[0] & tracks[1] and not tracks[1] & tracks[2]


def test_an_interrupted_collection_goes_on_to_the_same_frames(collected, tmp_path):
    interrupted = collect(WANTED, tmp_path, seed=1, workers=1)
    while next(interrupted).frames == 0:
        pass
    interrupted.close()
    assert not multiprocessing.active_children()  # at once, and not when its shard is done
    assert len(frames_of(tmp_path)) == SHARD
    first = next(iter(tmp_path.glob("*-00000.npy")))
    written = first.stat().st_mtime_ns
    records = list(collect(WANTED, tmp_path, seed=1, workers=1))
    assert records[0].frames == SHARD and records[-1].frames == WANTED
    assert first.stat().st_mtime_ns == written
    assert contents(tmp_path) == contents(collected[0])
    np.testing.assert_array_equal(frames_of(tmp_path), frames_of(collected[0]))


def test_a_collection_that_is_there_costs_nothing(collected):
    folder, _ = collected
    before = contents(folder)
    assert [record.frames for record in collect(WANTED, folder, seed=1)] == [WANTED]
    assert contents(folder) == before


def test_a_collection_grows(collected, tmp_path):
    folder = shutil.copytree(collected[0], tmp_path / "grown")
    *_, last = collect(WANTED + 5, folder, seed=1, workers=1)
    assert last.frames == WANTED + 5
    frames = frames_of(folder)
    assert len(frames) == WANTED + 5
    np.testing.assert_array_equal(frames[:WANTED], frames_of(collected[0]))


def test_another_seed_drives_other_tracks_and_another_policy_otherwise(collected, tmp_path):
    list(collect(SHARD, tmp_path / "seed", seed=2, workers=1))
    list(collect(SHARD, tmp_path / "random", seed=1, workers=1, policy="random"))
    (ours,) = columns_of(collected[0], "seed")
    (theirs,) = columns_of(tmp_path / "seed", "seed")
    assert not set(ours) & set(theirs)
    seed, action = columns_of(tmp_path / "random", "seed", "action")
    (autopilots,) = columns_of(collected[0], "action")
    assert set(seed) <= set(ours)
    assert (action != autopilots[:SHARD]).any()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, refused):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "drives"
    refused(lambda: next(collect(10, folder)), folder)


def test_a_shard_that_cannot_be_written_is_told(tmp_path, refused):
    (tmp_path / "shard-0-00000.npy").mkdir()
    refused(lambda: list(collect(1, tmp_path, workers=1)), tmp_path)


def test_a_worker_that_is_killed_is_told_and_what_has_landed_stays(tmp_path, refused):
    collection = collect(WANTED, tmp_path, seed=1, workers=1)
    while next(collection).frames == 0:
        pass
    (worker,) = multiprocessing.active_children()
    worker.kill()
    sentence = refused(lambda: list(collection), tmp_path)
    assert f"{len(frames_of(tmp_path))} of {WANTED} frames are whole" in sentence


def test_what_a_killed_worker_had_begun_to_write_is_removed(tmp_path):
    collection = collect(SHARD, tmp_path, seed=1, workers=1)
    next(collection)
    assert next(collection).frames == 0  # the worker has started
    (tmp_path / ".shard-1-00000.npy.123.part").write_bytes(b"half")
    collection.close()
    assert not list(tmp_path.iterdir())


def test_the_folder_of_another_program_is_refused_and_left_alone(tmp_path, refused):
    (tmp_path / "index.json").write_text("{}")
    refused(lambda: next(collect(10, tmp_path)), tmp_path / "index.json")
    assert [path.name for path in tmp_path.iterdir()] == ["index.json"]
