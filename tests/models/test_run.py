"""Runs in folders: nothing is lost at any end, and going on is as if nothing had been."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from models import checkpoint, curve, dataset, run, run_folder, run_log, training_state
from models.dataset import Frames
from models.errors import DivergedError, InputError
from models.lineage import Lineage
from models.train import TrainConfig, TrainState, train
from models.vae import VAE

DIM = 4
CONFIG = TrainConfig(latent_dim=DIM, batch_size=4, steps=42, warm_up=4, device="cpu", threads=1)


@pytest.fixture
def file(tmp_path, pictures) -> Path:
    np.save(tmp_path / "real.npy", pictures[::10])
    return tmp_path / "real.npy"


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "runs"


def begun_vae(tiny) -> VAE:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return VAE(tiny)


def begun(root, tiny, file, config=CONFIG, name="a"):
    """The generator of a new run."""
    state = TrainState.start(config, begun_vae(tiny))
    return run.record(run.start(root / name, "a run"), config, dataset.load(file), state)


def gone_on(folder):
    """What is taken up, and the generator that goes on with it."""
    up = run.resume(folder, "cpu")
    return up, run.record(up.run, up.config, up.frames, up.state, up.lineage)


def take(steps, count, changes=None):
    """The next records of a generator; `changes` are configs to send after a step."""
    records = [next(steps)]
    while len(records) < count:
        records.append(steps.send((changes or {}).get(records[-1].step)))
    return records


def assert_same(curve, records):
    """Whether a curve is that of these records, bit by bit."""
    tested = [record for record in records if record.held_out]
    assert curve.steps.tolist() == [record.step for record in records]
    assert np.array_equal(curve.recon_loss, np.float32([record.recon_loss for record in records]))
    assert np.array_equal(curve.kl, np.stack([record.kl for record in records]))
    assert curve.held_out_steps.tolist() == [record.step for record in tested]
    for name in ("recon_loss", "kl", "mean", "variance"):
        wanted = np.array([getattr(record.held_out, name) for record in tested], np.float32)
        assert np.array_equal(getattr(curve, f"held_out_{name}"), wanted)


def weights(state):
    return torch.cat([w.flatten() for w in (*state.vae.parameters(), *state.average.parameters())])


CHANGES = {7: replace(CONFIG, beta=2.0), 30: replace(CONFIG, beta=2.0, learning_rate=1e-3)}


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(root, tiny, file):
    vae = TrainState.start(CONFIG, begun_vae(tiny))
    whole = take(train(CONFIG, dataset.load(file), vae), 42, CHANGES)

    steps = begun(root, tiny, file)
    first = take(steps, 25, CHANGES)
    steps.close()
    up, steps = gone_on(root / "a")
    assert_same(up.curve, first)
    assert up.curve.changes.tolist() == ['["beta", 0.5, 2.0]']
    assert up.curve.change_steps.tolist() == [8]
    second = take(steps, 10, CHANGES)
    steps.close()
    up, steps = gone_on(root / "a")
    third = [*take(steps, 7), *steps]

    for record, other in zip([*first, *second, *third], whole, strict=True):
        assert record.step == other.step
        assert np.float32(record.recon_loss).tobytes() == np.float32(other.recon_loss).tobytes()
        assert record.kl.tobytes() == other.kl.tobytes()
        assert (record.held_out is None) == (other.held_out is None)
    kept = curve.read(root / "a", DIM)
    assert_same(kept, whole)
    assert kept.changes.tolist() == [
        '["beta", 0.5, 2.0]',
        '["learning_rate", 0.002, 0.001]',
    ]
    assert kept.change_steps.tolist() == [8, 31]
    assert torch.equal(weights(up.state), weights(vae))
    for name in ("step", "images", "best_loss", "best_step", "stale_tests"):
        assert getattr(up.state, name) == getattr(vae, name)
    assert up.state.history.record() == vae.history.record()
    assert run_folder.info(root / "a").ended == "finished"


def test_what_training_waits_for_counts_on_over_a_stop(root, tiny, file):
    config = replace(CONFIG, steps=500, patience=2, learning_rate=0.0)
    steps = begun(root, tiny, file, config)
    take(steps, 30)  # tested at 1 and 20: one test without a better one
    steps.close()
    up, steps = gone_on(root / "a")
    assert up.state.stale_tests == 1
    assert [record.step for record in steps][-1] == 40


def test_a_killed_program_loses_what_came_after_the_last_save_alone(root, tiny, file, monkeypatch):
    monkeypatch.setattr(run_log, "SAVE_SECONDS", 0)
    monkeypatch.setattr(run_log, "SOUND_SECONDS", 0)
    steps = begun(root, tiny, file)
    records = take(steps, 9)
    monkeypatch.setattr(run_log, "SAVE_SECONDS", 1e9)
    records += take(steps, 5)
    # As a killed program leaves it: a part that is not whole, a curve that is ahead.
    killed = root / "killed"
    killed.mkdir()
    for path in (root / "a").iterdir():
        (killed / path.name).write_bytes(path.read_bytes())
    (killed / ".state.safetensors.1.part").write_bytes(b"half")
    ahead = curve.Curve.of(records[8:], [], DIM)
    curve.write(killed, ahead)
    steps.close()

    assert run_folder.info(killed).ended == "interrupted"
    up, steps = gone_on(killed)
    assert up.state.step == 8  # the loss of the ninth step was that of these weights
    assert_same(up.curve, records[:8])
    again = take(steps, 6)
    steps.close()
    assert [r.recon_loss for r in again] == [r.recon_loss for r in records[8:]]
    assert not list(killed.glob(".*"))


def test_the_best_weights_are_those_of_the_lowest_held_out_objective(root, tiny, file):
    config = replace(CONFIG, steps=40)
    changes = {22: replace(config, learning_rate=-5e-3), 39: config}  # uphill, for a while
    steps, best = begun(root, tiny, file, config), None
    vae = TrainState.start(config, begun_vae(tiny))
    others = train(config, dataset.load(file), vae)
    for step in range(1, 41):
        send = changes.get(step - 1)
        record = steps.send(send)
        others.send(send)
        if record.step == vae.best_step:
            best = record, vae.average.frozen()
    steps.close()
    record, average = best
    told = run_folder.info(root / "a")
    assert told.best == (record.step, record.held_out.recon_loss, record.held_out.kl.sum())
    assert told.newest.step == 40 > told.best.step
    kept = checkpoint.load(root / "a" / run_folder.BEST)
    for name, weight in kept.vae.state_dict().items():
        assert torch.equal(weight, average.state_dict()[name])
    assert kept.training["steps"] == record.step
    assert kept.training["images"] == 4 * record.step
    assert kept.training["curve"]["step"][-1] == record.step
    assert kept.training["data"] == "real.npy"


def test_a_run_that_diverges_keeps_its_last_sound_weights_and_goes_on_from_them(
    root, tiny, file, monkeypatch
):
    monkeypatch.setattr(run_log, "SAVE_SECONDS", 0)
    monkeypatch.setattr(run_log, "SOUND_SECONDS", 0)
    steps = begun(root, tiny, file, replace(CONFIG, steps=24))
    take(steps, 10)
    with pytest.raises(DivergedError):
        steps.send(replace(CONFIG, steps=24, learning_rate=1e8, beta=0.0))
        list(steps)
    told = run_folder.info(root / "a")
    assert told.ended == "diverged" and told.can_resume
    assert 9 <= told.step <= 12
    up, steps = gone_on(root / "a")
    assert torch.isfinite(weights(up.state)).all()
    assert up.config.learning_rate == CONFIG.learning_rate  # the numbers of the sound time
    assert all(np.isfinite(record.recon_loss) for record in steps)
    assert run_folder.info(root / "a").ended == "finished"


def test_a_run_that_blows_up_ends_at_its_last_sound_weights(root, tiny, file, monkeypatch):
    monkeypatch.setattr(run_log, "SOUND_SECONDS", 0)
    state = TrainState.start(CONFIG, begun_vae(tiny))
    frames = dataset.load(file)
    steps = run.record(run.start(root / "a", "a run"), CONFIG, frames, state)
    take(steps, 4)
    average = state.average.frozen()
    next(steps)
    with torch.no_grad():  # as by a step that is far too long
        state.vae.encoder.head.weight.mul_(1e4)
    # It stays so, and stays a number.
    assert steps.send(replace(CONFIG, learning_rate=0.0)).kl.sum() > 1e4
    with pytest.raises(DivergedError, match="blew up at step 15") as caught:
        list(steps)
    sound = caught.value.sound
    assert (sound.step, sound.images) == (4, 16)
    for name, weight in average.state_dict().items():
        assert torch.equal(weight, sound.vae.state_dict()[name])
    told = run_folder.info(root / "a")
    assert (told.ended, told.step) == ("diverged", 4)
    assert curve.read(root / "a", DIM).steps[-1] == state.step  # what happened stays on show
    up = run.resume(root / "a", "cpu")
    up.run.release()
    assert up.curve.steps[-1] == up.state.step == 4


def test_a_run_that_diverged_by_its_first_learning_rate_goes_on_with_a_lower_one(root, tiny, file):
    steps = begun(root, tiny, file, replace(CONFIG, learning_rate=1e8, beta=0.0))
    with pytest.raises(DivergedError):
        list(steps)
    up, steps = gone_on(root / "a")
    assert (up.state.step, up.config.learning_rate) == (0, 0.25e8)
    assert not len(up.curve.steps)
    steps.close()  # not begun, it still holds nothing after its end
    up.run.release()
    assert not run_folder.is_held(root / "a")


def test_numbers_changed_after_the_last_step_are_those_it_goes_on_with(root, tiny, file):
    steps = begun(root, tiny, file)
    log_config = replace(CONFIG, beta=3.0)
    take(steps, 4)
    assert steps.send(log_config).step == 5
    steps.close()
    up, steps = gone_on(root / "a")
    assert up.config.beta == 3.0
    assert up.curve.changes.tolist() == ['["beta", 0.5, 3.0]']
    take(steps, 2)
    steps.close()


def test_frames_that_grew_are_found_again_with_their_split(root, tiny, file, pictures, tmp_path):
    np.save(tmp_path / "more.npy", pictures[1::10])
    frames = dataset.load(file)
    wholly = frames.grown(dataset.load(tmp_path / "more.npy"))

    there = [frames]

    def grow(steps, count):
        there[0] = frames
        records = take(steps, 10)
        there[0] = wholly
        return [*records, *take(steps, count)]

    state = TrainState.start(CONFIG, begun_vae(tiny))
    whole = grow(train(CONFIG, lambda: there[0], state), 20)
    there[0] = frames
    state = TrainState.start(CONFIG, begun_vae(tiny))
    steps = run.record(run.start(root / "a", "grown"), CONFIG, lambda: there[0], state)
    first = grow(steps, 5)
    steps.close()
    up, steps = gone_on(root / "a")
    assert len(up.frames) == len(wholly)
    assert [r.recon_loss for r in first] == [r.recon_loss for r in whole[:15]]
    second = take(steps, 15)
    steps.close()
    told = curve.read(root / "a", begun_vae(tiny).config.latent_dim)
    # Once, where it was; to take a run up again is no growth.
    assert told.change_steps.tolist() == [11]
    assert told.changes.tolist() == [f'["frames", {len(frames)}, {len(wholly)}]']
    for record, other in zip(second, whole[15:], strict=True):
        assert record.recon_loss == other.recon_loss
        if record.held_out:
            assert record.held_out.recon_loss == other.held_out.recon_loss


def test_a_folder_of_shards_that_has_grown_since_gives_the_frames_of_that_time(
    root, tiny, folder, some, columns
):
    from models.shards import Columns, Writer

    steps = begun(root, tiny, folder)
    first = take(steps, 3)
    steps.close()
    Writer(folder).add("c", some, Columns(*(column[:6] for column in columns)))
    up, steps = gone_on(root / "a")
    assert len(up.frames) == 6
    assert take(steps, 1)[0].step == len(first) + 1
    steps.close()


@pytest.mark.parametrize("fault", ["gone", "fewer", "other"])
def test_frames_that_are_not_those_of_the_run_are_refused(root, tiny, file, fault, refused):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    frames = np.load(file)
    file.unlink()
    if fault != "gone":
        np.save(file, frames[:-1] if fault == "fewer" else frames[::-1])
    sentence = refused(lambda: run.resume(root / "a"), file)
    assert {"gone": "is gone", "fewer": f"{len(frames) - 1} frames", "other": "other"}[
        fault
    ] in sentence
    assert not run_folder.is_held(root / "a")


def test_sample_frames_that_moved_are_found(root, tiny, file, tmp_path):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    (tmp_path / "new").mkdir()
    moved = file.rename(tmp_path / "new" / file.name)
    up = run.resume(root / "a", "cpu", moved)
    up.run.release()
    assert len(up.frames) == len(np.load(moved))


def test_a_run_that_is_open_is_opened_by_nobody_else(root, tiny, file, refused):
    steps = begun(root, tiny, file)
    take(steps, 2)
    assert run_folder.info(root / "a").ended == "running"
    refused(lambda: run.resume(root / "a"), root / "a")
    refused(lambda: run_folder.delete(root / "a", root), root / "a")
    code = "import filelock, sys; filelock.FileLock(sys.argv[1], timeout=0).acquire()"
    words = [sys.executable, "-c", code, str(root / "a" / run_folder.LOCK)]
    assert "Timeout" in subprocess.run(words, capture_output=True, text=True).stderr
    steps.close()
    _up, steps = gone_on(root / "a")
    assert take(steps, 1)[0].step == 3
    steps.close()


def test_a_list_of_runs_tells_the_newest_first_and_names_the_damaged(root, tiny, file):
    assert run_folder.runs(root) == []
    for name in ("1", "3"):
        steps = begun(root, tiny, file, name=name)
        take(steps, 2)
        steps.close()
    (root / "2").mkdir()
    (root / "2" / "run.json").write_text('{"format": "another"}')
    (root / "0").mkdir()
    (root / "0" / "run.lock").touch()
    (root / "not a run").mkdir()
    told = run_folder.runs(root)
    assert [one.folder.name for one in told] == ["3", "2", "1", "0"]
    assert [bool(one.fault) for one in told] == [False, True, False, True]
    assert "'another'" in told[1].fault
    assert not told[1].can_resume
    newest = told[0]
    assert (newest.name, newest.step, newest.images, newest.ended) == ("a run", 2, 8, "stopped")
    assert (newest.frames, newest.frame_count) == ("real.npy", 20)
    assert newest.config["beta"] == 0.5
    assert newest.newest == newest.best and newest.newest.step == 1


@pytest.mark.parametrize(
    "name,content",
    [
        ("run.json", "no json"),
        ("run.json", "[1]"),
        ("run.json", "{}"),
        ("run.json", '{"format": "latent-explorer run 1", "ended": "running"}'),
    ],
)
def test_a_damaged_record_is_told_in_a_sentence(root, name, content, refused):
    folder = root / "a"
    folder.mkdir(parents=True)
    (folder / name).write_text(content)
    refused(lambda: run_folder.info(folder), folder / name)


def edited(root, tiny, file, edit):
    """The folder of a run of two steps, and its record after `edit`."""
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    path = root / "a" / "run.json"
    record = json.loads(path.read_text())
    edit(record)
    path.write_text(json.dumps(record))
    return root / "a", path


@pytest.mark.parametrize(
    "name,value",
    [
        ("steps", "<b>"),
        ("steps", 0),
        ("steps", True),
        ("latent_dim", 10**6),
        ("beta", float("nan")),
        ("batch_size", 10**9),
        ("learning_rate", 10**400),
        ("mirror", 1),
        ("kl_warm_up", "sideways"),
        ("unknown", 1),
    ],
)
def test_a_config_that_no_run_has_is_a_fault_of_that_run_alone(root, tiny, file, name, value):
    folder, path = edited(root, tiny, file, lambda record: record["config"].update({name: value}))
    [told] = run_folder.runs(root)
    assert told.fault.startswith(f"{path}: ") and name in told.fault
    assert (told.folder, told.config) == (folder, {})
    assert not told.can_resume


@pytest.mark.parametrize(
    "edit",
    [
        lambda record: record.update(config={}),
        lambda record: record.update(config=[1]),
        lambda record: record["config"].pop("steps"),
        lambda record: record.update(step="<b>"),
        lambda record: record.update(images=-1),
        lambda record: record.update(seconds=float("inf")),
        lambda record: record.update(best=[1, float("nan"), 2.0]),
        lambda record: record.update(newest="x"),
        lambda record: record["frames"].update(count=1.5),
    ],
)
def test_a_record_whose_numbers_cannot_be_is_a_fault(root, tiny, file, edit):
    edited(root, tiny, file, edit)
    [told] = run_folder.runs(root)
    assert "run.json" in told.fault and told.fault.endswith(".")


def test_numbers_that_are_younger_than_a_run_are_their_defaults(root, tiny, file):
    edited(root, tiny, file, lambda record: record["config"].pop("patience"))
    [told] = run_folder.runs(root)
    assert (told.fault, told.config["patience"]) == ("", 0)


@pytest.mark.parametrize(
    "name,value",
    [
        ("steps", 0),
        ("batch_size", "x"),
        ("batch_size", 10**9),
        ("threads", 10**6),
        ("kl_warm_up", "?"),
        ("kl_floor_hold", 1.0),
        ("held_out", 1.0),
    ],
)
def test_a_state_with_numbers_that_cannot_be_is_refused(root, tiny, file, name, value, refused):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    path = root / "a" / run_folder.STATE
    for part in ("train", "run"):
        with safe_open(path, framework="pt") as state:
            config = json.loads(state.metadata()["config"])
            tensors = {key: state.get_tensor(key) for key in state.keys()}  # noqa: SIM118
        place = config["train"] if part == "train" else config["run"]["config"]
        kept, place[name] = place[name], value
        save_file(tensors, path, {"config": json.dumps(config)})
        assert name in refused(lambda: run.resume(root / "a"), path)
        place[name] = kept
        save_file(tensors, path, {"config": json.dumps(config)})
    run.resume(root / "a").run.release()


@pytest.mark.parametrize("fault", ["missing", "cut", "nan", "foreign", "finished"])
def test_a_state_that_cannot_be_gone_on_from_is_told_in_a_sentence(
    root, tiny, file, refused, fault
):
    steps = begun(root, tiny, file, replace(CONFIG, steps=3))
    take(steps, 2)
    if fault == "finished":
        list(steps)
    steps.close()
    path = root / "a" / run_folder.STATE
    state, config, _ = training_state.load_kept(path, "cpu")
    if fault == "missing":
        path.unlink()
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif fault == "nan":
        with torch.no_grad():
            next(state.vae.parameters()).fill_(float("nan"))
        training_state.save(path, state, config)
    elif fault == "foreign":
        training_state.save(path, state, config)  # a state, but not of a run
    refused(lambda: run.resume(root / "a"), root / "a")
    assert not run_folder.is_held(root / "a")


@pytest.mark.parametrize("fault", ["cut", "other", "text", "falling", "scalar", "huge"])
def test_a_damaged_curve_is_told_in_a_sentence(root, tiny, file, refused, fault, monkeypatch):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    [path] = (root / "a").glob("curve-*")
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif fault == "other":
        np.savez(path, **curve.Curve.of([], [], DIM)._asdict())
    elif fault == "huge":
        monkeypatch.setattr(curve, "LARGEST_PART", 1000)
    else:
        arrays = dict(np.load(path))
        name, array = {
            "text": ("recon_loss", arrays["recon_loss"].astype(str)),
            "falling": ("steps", arrays["steps"][::-1]),
            "scalar": ("steps", np.array(1)),
        }[fault]
        np.savez(path, **(arrays | {name: array}))
    refused(lambda: curve.read(root / "a", DIM), path)


def test_a_resume_leaves_what_this_program_is_writing(root, tiny, file):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    own, killed = (root / "a" / f".film.npz.{pid}.part" for pid in (os.getpid(), 1))
    own.touch()
    killed.touch()
    run.resume(root / "a").run.release()
    assert own.exists() and not killed.exists()


def test_who_looks_whether_a_run_is_held_does_not_stop_its_resume(root, tiny, file, monkeypatch):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    look = run_folder.hold(root / "a")
    # It ends after the first try of the resume, which then waits for its next one.
    monkeypatch.setattr(time, "sleep", lambda seconds: look.release())
    up = run.resume(root / "a")
    assert up.state.step == 2
    up.run.release()


def test_nobody_takes_up_a_run_while_it_is_deleted(root, tiny, file, monkeypatch, refused):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    held, unlink = [], Path.unlink

    def watched(path, missing_ok=False):
        held.append(run_folder.is_held(root / "a"))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    run_folder.delete(root / "a", root)
    assert held and all(held)
    assert not (root / "a").exists()


def test_a_rest_keeps_the_newest_step_and_the_newest_numbers(root, tiny, file):
    steps = begun(root, tiny, file)
    records = take(steps, 40)
    config = replace(CONFIG, beta=3.0)
    assert steps.send(run.Rest(None)) is None
    told = run_folder.info(root / "a")
    assert (told.step, told.config["beta"], told.ended) == (40, 0.5, "running")
    assert steps.send(run.Rest(config)) is None
    assert run_folder.info(root / "a").config["beta"] == 3.0
    killed = root / "killed"
    shutil.copytree(root / "a", killed)
    (killed / run_folder.LOCK).unlink()
    after = [next(steps)]
    steps.close()

    up, steps = gone_on(killed)
    assert_same(up.curve, records)
    assert (up.state.step, up.config.beta) == (40, 3.0)
    assert take(steps, 1)[0].recon_loss == after[0].recon_loss
    steps.close()


def test_a_rest_with_nothing_new_writes_nothing(root, tiny, file, monkeypatch):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.send(run.Rest(None))
    (root / "a" / run_folder.RECORD).unlink()
    steps.send(run.Rest(None))
    assert not (root / "a" / run_folder.RECORD).exists()
    steps.close()


def test_best_weights_are_named_after_their_run_and_come_with_its_frames(root, tiny, file):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    best, frames = run.best_of(root / "a")
    assert best.name == "a run, best"
    assert len(frames) == len(np.load(file)) and frames.name == "real.npy"
    file.unlink()
    assert run.best_of(root / "a")[1] is None


def test_only_a_run_of_that_place_is_deleted(root, tiny, file, tmp_path, refused):
    steps = begun(root, tiny, file)
    take(steps, 1)
    steps.close()
    other = tmp_path / "precious"
    other.mkdir()
    (other / "run.json").write_text("{}")
    (root / "link").symlink_to(other)
    (root / "own").mkdir()
    for folder in (other, root / "link", root / "own", root / ".." / "precious", root):
        refused(lambda folder=folder: run_folder.delete(folder, root), folder)
    assert (other / "run.json").exists()
    run_folder.delete(root / "a", root)
    assert not (root / "a").exists()


def test_a_place_that_cannot_be_written_is_named(root, refused):
    root.write_text("no folder")
    refused(lambda: run.start(root / "a", "a"), root / "a")


def test_what_came_before_a_run_is_told_with_it(root, tiny, file):
    steps = begun(root, tiny, file)
    take(steps, 2)
    steps.close()
    up = run.resume(root / "a", "cpu")
    up.run.release()
    assert up.lineage.told(up.config, up.frames, 2, 8)["steps"] == 2
    lineage = Lineage({"steps": 10, "images": 40, "commands": ["# before"]})
    other = Lineage.of(json.loads(json.dumps(lineage.record())))
    told = other.told(CONFIG, Frames([np.zeros((3, 60, 80, 3), np.uint8)]), 2, 8)
    assert (told["steps"], told["images"], told["commands"]) == (12, 48, ["# before"])


def test_unwritten_disks_do_not_end_a_run_before_its_end(root, tiny, file, monkeypatch):
    monkeypatch.setattr(run_log, "SAVE_SECONDS", 0)
    monkeypatch.setattr(run_log, "SOUND_SECONDS", 0)
    steps = begun(root, tiny, file)
    first = take(steps, 3)
    monkeypatch.setattr(curve, "write_atomically", full)
    first += take(steps, 3)
    monkeypatch.undo()
    steps.close()
    assert_same(curve.read(root / "a", DIM), first)

    steps = gone_on(root / "a")[1]
    take(steps, 2)
    monkeypatch.setattr(curve, "write_atomically", full)
    with pytest.raises(InputError, match="No space"):
        steps.close()
    assert not run_folder.is_held(root / "a")


def full(path, write):
    raise OSError(28, "No space left on device")
