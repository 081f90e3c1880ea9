"""The session with real, tiny models: what is asked of it, and what it answers."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from explorer import jobs
from explorer.question import Question
from explorer.session import Session
from models import checkpoint, dataset
from models import train as training
from models.errors import DivergedError, InputError
from tests.explorer.conftest import PATIENCE

VALUES = {
    "beta": 0.5,
    "free_bits": 0.0,
    "learning_rate": 0.001,
    "batch_size": 4,
    "seed": 0,
    "steps": 100_000,
}


@pytest.fixture
def empty(qtbot):
    made = Session("cpu")
    yield made
    assert made.close()


@pytest.fixture
def session(qtbot, empty, model_path, frames_path):
    open_model(qtbot, empty, model_path)
    with qtbot.waitSignal(empty.framesChanged, timeout=PATIENCE):
        empty.open_frames(frames_path)
    return empty


def open_model(qtbot, session, path):
    with qtbot.waitSignal(session.modelChanged, timeout=PATIENCE):
        session.open_model(path)


def failure(qtbot, session, ask):
    """What the session tells when it is asked for something that cannot be had."""
    with qtbot.waitSignal(session.errored, timeout=PATIENCE) as told:
        ask()
    return told.args[0]


def train(qtbot, session, steps, fresh=False, **values):
    """Train to the end and, as the window does, take the records when it is told; gives them."""
    records = []

    def take():
        records.extend(session.run.take())

    session.run.ended.connect(take)
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.run.train(VALUES | {"steps": steps} | values, fresh)
    session.run.ended.disconnect(take)
    return records


def snapshot(qtbot, session):
    """Wait for the next snapshot of the running training."""
    before = session.vae

    def taken():
        session.run.take()
        return session.vae is not before

    qtbot.waitUntil(taken, timeout=PATIENCE)


def names_of_threads():
    ours = {"trainer", "driver", "decoder", "looker"}
    ours |= {"loader", "opener", "appraiser", "saver"}
    return [thread.name for thread in threading.enumerate() if thread.name in ours]


def weights(vae):
    return torch.cat([weight.flatten() for weight in vae.parameters()]).clone()


# Models


def test_without_a_model_nothing_is_computed(qtbot, empty, few_frames):
    assert empty.model is None
    assert empty.device_name() == "no model yet"
    empty.explore(Question(np.zeros(32, np.float32)))
    empty.look(few_frames[0])
    assert not names_of_threads()


def test_an_opened_model_is_the_one_that_answers(qtbot, session, model_path, few_frames):
    own = checkpoint.load(model_path)
    assert session.model.name == "tiny"
    assert session.model.figures == own.figures
    assert session.device_name() == "CPU"
    z = np.linspace(-2, 2, 32, dtype=np.float32)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE) as told:
        session.explore(Question(z))
    assert np.array_equal(told.args[0], own.vae.image(z))
    with qtbot.waitSignal(session.looked, timeout=PATIENCE) as told:
        session.look(few_frames[3])
    seen = told.args[0]
    posterior = own.vae.posterior(few_frames[3])
    assert np.allclose(seen.posterior.mu, posterior.mu, atol=1e-6)
    assert np.allclose(seen.posterior.sigma, posterior.sigma, atol=1e-6)
    assert np.array_equal(seen.frame, few_frames[3])
    assert np.array_equal(seen.recon, own.vae.image(seen.posterior.mu))


def test_a_model_of_other_latents_takes_its_place(qtbot, session, small_model_path):
    open_model(qtbot, session, small_model_path)
    z = np.ones(8, np.float32)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE) as told:
        session.explore(Question(z))
    assert np.array_equal(told.args[0], checkpoint.load(small_model_path).vae.image(z))


@pytest.mark.parametrize("fault", ["missing", "truncated", "foreign", "folder"])
def test_a_file_that_is_no_model_leaves_the_one_that_was(
    qtbot, session, model_path, tmp_path, fault
):
    path = tmp_path / f"{fault}.safetensors"
    if fault == "truncated":
        path.write_bytes(model_path.read_bytes()[:5000])
    elif fault == "foreign":
        path.write_bytes(b"PK\x03\x04" + bytes(200))
    elif fault == "folder":
        path.mkdir()
    before = session.model, session.vae
    told = failure(qtbot, session, lambda: session.open_model(path))
    assert session.is_users(told.error)
    assert str(path) in str(told.error)
    assert (session.model, session.vae) == before


def test_a_fault_of_ours_is_not_called_the_persons():
    assert Session.is_users(InputError("x: no such file."))
    assert Session.is_users(DivergedError("Training diverged at step 3."))
    assert not Session.is_users(ValueError("x"))


# Frames


def test_opened_frames_are_those_of_the_file(session, few_frames):
    assert len(session.frames) == len(few_frames)
    assert np.array_equal(session.frames.take(np.array([5, 200])), few_frames[[5, 200]])


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 60, 80, 3), np.float32), np.zeros((4, 60, 80), np.uint8), None],
    ids=["floats", "grey", "text"],
)
def test_frames_of_a_wrong_type_leave_those_that_were(qtbot, session, tmp_path, array):
    path = tmp_path / "wrong.npy"
    if array is None:
        path.write_text("no array at all")
    else:
        np.save(path, array)
    before = session.frames
    told = failure(qtbot, session, lambda: session.open_frames(path))
    assert session.is_users(told.error)
    assert str(path) in str(told.error)
    assert session.frames is before


# Training


def test_training_goes_on_from_the_model_without_writing_into_it(qtbot, session, model_path):
    started_from = session.vae
    records = train(qtbot, session, steps=6)
    assert [record.step for record in records] == [1, 2, 3, 4, 5, 6]
    assert session.vae is not started_from
    assert torch.equal(weights(started_from), weights(checkpoint.load(model_path).vae))
    # Six steps lead not far from where they began.
    distance = (weights(session.vae) - weights(started_from)).norm()
    assert 0 < distance < 0.1 * weights(started_from).norm()
    history = session.history()
    assert history["steps"] == 1234 + 6
    assert history["images"] == 9872 + 6 * 4
    assert history["frames"] == 240
    assert history["data"] == "few.npz"


def test_a_training_in_the_window_leaves_its_curve(qtbot, session):
    train(qtbot, session, steps=2, batch_size=4)
    train(qtbot, session, steps=3, batch_size=8)
    history = session.history()
    assert history["curve"]["step"] == [1234 + 1, 1234 + 2, 1234 + 3, 1234 + 5]
    assert history["curve"]["images"][-1] == history["images"]
    assert history["commands"] == ["# trained in the window, on few.npz"] * 2


def test_images_are_counted_by_each_runs_own_batch_size(qtbot, session):
    train(qtbot, session, steps=2, batch_size=4)
    train(qtbot, session, steps=3, batch_size=8)
    assert session.history()["images"] == 9872 + 2 * 4 + 3 * 8


def test_training_from_scratch_knows_nothing_of_the_model(qtbot, session):
    train(qtbot, session, steps=2, fresh=True)
    assert session.history()["steps"] == 2
    assert session.vae.config.channels != session.model.vae.config.channels


def test_from_scratch_the_new_model_has_as_many_latents_as_the_old(
    qtbot, session, small_model_path
):
    open_model(qtbot, session, small_model_path)
    records = train(qtbot, session, steps=1, fresh=True)
    assert records[0].kl.shape == (8,)
    assert session.vae.config.latent_dim == 8


def test_the_same_seed_gives_the_same_training(qtbot, session):
    start = session.vae
    first = [record.recon_loss for record in train(qtbot, session, steps=4, seed=3)]
    session.vae = start
    again = [record.recon_loss for record in train(qtbot, session, steps=4, seed=3)]
    session.vae = start
    other = [record.recon_loss for record in train(qtbot, session, steps=4, seed=4)]
    assert first == again
    assert first != other


def test_a_number_changed_while_training_reaches_it(qtbot, session):
    session.run.train(VALUES, fresh=False)
    snapshot(qtbot, session)
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.run.retune({"steps": 1, "beta": 2.0})  # as many as it has had, and so it ends
    assert session.run.config.beta == 2.0
    assert session.run.config.batch_size == 4


def test_a_stopped_training_leaves_its_newest_snapshot_and_its_figures(qtbot, session):
    old = session.model
    session.run.train(VALUES, fresh=False)
    snapshot(qtbot, session)
    with qtbot.waitSignal(session.modelChanged, timeout=PATIENCE):
        session.trainer.stop()
    assert session.model is not old
    assert session.model.vae is session.vae
    assert session.model.name == "tiny*"  # the star: not saved
    assert session.model.training["steps"] == session.history()["steps"] > 1234
    assert session.model.figures["psnr_mu"] != old.figures["psnr_mu"]


def test_a_training_stopped_before_its_first_snapshot_leaves_the_model_as_it_was(
    qtbot, session, monkeypatch
):
    monkeypatch.setattr(training, "SNAPSHOT_SECONDS", 1e9)  # a first step may be done at the stop
    model, history = session.model, session.history()
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.run.train(VALUES, fresh=False)
        session.trainer.stop()
    session.run.take()
    assert session.history() == history
    assert session.vae is model.vae
    assert session.appraiser.wait(0)  # it was never asked for figures


def test_a_loss_that_is_no_number_ends_the_training_with_a_sentence(qtbot, session):
    wild = VALUES | {"learning_rate": 1.0, "beta": 0.0, "warm_up": 0}
    told = failure(qtbot, session, lambda: session.run.train(wild, fresh=True))
    assert isinstance(told.error, DivergedError)
    assert session.is_users(told.error)
    assert "learning rate 1" in str(told.error)
    qtbot.waitUntil(lambda: not session.trainer.is_running(), timeout=PATIENCE)


def test_no_model_is_opened_over_a_running_training(qtbot, session, other_model_path):
    session.run.train(VALUES, fresh=False)
    model = session.model
    told = failure(qtbot, session, lambda: session.open_model(other_model_path))
    assert session.is_users(told.error)
    assert session.model is model
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()


def test_figures_that_come_late_do_not_take_the_place_of_an_opened_model(
    qtbot, session, other_model_path, monkeypatch
):
    appraise, wait = jobs.appraise, threading.Event()

    def appraise_late(request):
        assert wait.wait(60)
        return appraise(request)

    monkeypatch.setattr(jobs, "appraise", appraise_late)
    train(qtbot, session, steps=2)
    open_model(qtbot, session, other_model_path)
    with qtbot.waitSignal(session.appraiser.done, timeout=PATIENCE):
        wait.set()
    assert session.model.name == "other"
    assert session.vae is session.model.vae


# Saving


def save(qtbot, session, path):
    with qtbot.waitSignal(session.saved, timeout=PATIENCE) as told:
        session.save_model(path)
    assert told.args == [str(path)]


def test_a_saved_training_is_the_same_model_when_it_is_opened(qtbot, session, tmp_path):
    train(qtbot, session, steps=3)
    vae, path = session.vae, tmp_path / "mine.safetensors"
    save(qtbot, session, path)
    assert session.model.name == "mine"
    assert session.vae is vae
    loaded = checkpoint.load(path)
    assert torch.equal(weights(loaded.vae), weights(vae))
    assert loaded.training["steps"] == 1237
    assert loaded.figures["kl"] == session.model.figures["kl"]


def test_a_model_can_be_saved_in_the_middle_of_its_training(qtbot, session, tmp_path):
    session.run.train(VALUES, fresh=False)
    snapshot(qtbot, session)
    save(qtbot, session, tmp_path / "middle.safetensors")
    steps = session.model.training["steps"]
    assert session.trainer.is_running()
    snapshot(qtbot, session)
    assert session.history()["steps"] > steps > 1234  # nothing is counted twice or lost
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()
    session.run.take()
    assert session.history()["steps"] < 2 * steps


def test_a_model_that_only_was_opened_is_saved_as_it_is(qtbot, session, tmp_path, model_path):
    save(qtbot, session, tmp_path / "copy.safetensors")
    copy, original = checkpoint.load(tmp_path / "copy.safetensors"), checkpoint.load(model_path)
    assert torch.equal(weights(copy.vae), weights(original.vae))
    assert copy.figures == original.figures
    assert copy.training == original.training


def test_a_place_that_cannot_be_written_is_named(qtbot, session, tmp_path):
    path = tmp_path / "file" / "model.safetensors"
    path.parent.write_text("no folder")
    told = failure(qtbot, session, lambda: session.save_model(path))
    assert session.is_users(told.error)
    assert str(path) in str(told.error)


# Driving


def drive(qtbot, session, came_true):
    """Take observations until that is so of the newest; gives all of them."""
    taken = []

    def enough():
        taken.extend(session.driver.take())
        return bool(taken) and came_true(taken[-1])

    qtbot.waitUntil(enough, timeout=PATIENCE)
    return taken


def stop_driving(qtbot, session):
    with qtbot.waitSignal(session.drivingEnded, timeout=PATIENCE):
        session.driver.stop()


def test_every_step_of_a_drive_is_seen_by_the_model(qtbot, session):
    session.drive()
    seen = drive(qtbot, session, lambda seen: seen.telemetry.step >= 5)
    posterior = session.vae.posterior(seen[-1].frame)
    assert np.allclose(seen[-1].posterior.mu, posterior.mu, atol=1e-5)
    assert np.allclose(seen[-1].posterior.sigma, posterior.sigma, atol=1e-5)
    assert seen[-1].recon.shape == seen[-1].frame.shape == (60, 80, 3)
    stop_driving(qtbot, session)
    assert not session.driver.is_running()


def test_the_car_does_as_it_is_told(qtbot, session):
    session.drive()
    still = drive(qtbot, session, lambda seen: seen.telemetry.step >= 5)[-1]
    assert still.telemetry.speed < 1
    session.steer(action=(0.0, 1.0, 0.0))
    drive(qtbot, session, lambda seen: seen.telemetry.speed > 10)
    session.restart()
    again = drive(qtbot, session, lambda seen: seen.telemetry.step < 5)[-1]
    assert again.telemetry.speed < 10
    stop_driving(qtbot, session)
    session.drive()  # the foot is off the pedal in the next drive
    first = drive(qtbot, session, lambda seen: seen.telemetry.step >= 3)[-1]
    assert first.telemetry.action == (0.0, 0.0, 0.0)
    session.steer(mode="autopilot")
    drive(qtbot, session, lambda seen: seen.telemetry.action[1] > 0)
    stop_driving(qtbot, session)


def test_a_model_opened_while_driving_sees_the_next_steps(qtbot, session, small_model_path):
    session.drive()
    drive(qtbot, session, lambda seen: seen.posterior.mu.size == 32)
    open_model(qtbot, session, small_model_path)
    drive(qtbot, session, lambda seen: seen.posterior.mu.size == 8)
    stop_driving(qtbot, session)


@pytest.mark.parametrize("ended_by", ["the button", "the end of the drive"])
def test_a_recording_keeps_every_frame_as_a_dataset(
    qtbot, session, own_drives, short_zoom, ended_by
):
    session.drive()
    session.steer(action=(0.0, 1.0, 0.0))
    session.recordings.record(True)
    assert session.recordings.frames() == 0  # the camera zooms in first
    qtbot.waitUntil(lambda: session.recordings.frames() >= 16, timeout=PATIENCE)
    steps = [seen.telemetry.step for seen in session.driver.take()]
    # Nobody took any until now: of more than 20 only the newest are left.
    assert steps == list(range(steps[-1] - 15, steps[-1] + 1))
    if ended_by == "the button":
        session.recordings.record(False)
        qtbot.waitUntil(lambda: session.recordings.frames() is None, timeout=PATIENCE)
    with qtbot.waitSignal(session.drivingEnded, timeout=PATIENCE):
        session.driver.stop()
    assert session.recordings.frames() is None
    assert session.recordings.newest.parent == own_drives
    kept = dataset.load(session.recordings.newest)
    assert len(kept) >= 16
    assert set(kept.episode) == {0}


def test_a_recording_of_nothing_is_none(qtbot, session):
    session.drive()
    drive(qtbot, session, lambda seen: seen.telemetry.step >= 2)
    session.recordings.record(True)
    stop_driving(qtbot, session)
    assert session.recordings.newest is None


def test_a_recording_that_cannot_be_written_is_told_and_the_drive_goes_on(
    qtbot, session, own_drives, short_zoom
):
    own_drives.write_text("no folder")
    session.drive()
    session.recordings.record(True)
    qtbot.waitUntil(lambda: session.recordings.frames() >= 1, timeout=PATIENCE)

    def end():
        session.recordings.record(False)
        qtbot.waitUntil(lambda: session.recordings.frames() is None, timeout=PATIENCE)

    told = failure(qtbot, session, end)
    assert session.is_users(told.error)
    assert str(own_drives) in str(told.error)
    assert session.recordings.newest is None
    assert session.driver.is_running()
    stop_driving(qtbot, session)


# The end


def test_closing_in_the_middle_of_everything_ends_every_thread(
    qtbot, session, frames_path, few_frames
):
    session.run.train(VALUES, fresh=False)
    session.drive()
    session.recordings.record(True)
    drive(qtbot, session, lambda seen: True)
    snapshot(qtbot, session)
    session.trainer.pause()
    session.explore(Question(np.zeros(32, np.float32)))
    session.open_frames(frames_path)
    assert session.close()
    assert not names_of_threads()


def test_closing_waits_for_the_last_frames_of_a_recording(
    qtbot, session, own_drives, short_zoom, monkeypatch
):
    session.drive()
    session.recordings.record(True)
    qtbot.waitUntil(lambda: session.recordings.frames() >= 3, timeout=PATIENCE)
    session.driver.pause()
    with monkeypatch.context() as patch:
        patch.setattr("explorer.session.CLOSE_SECONDS", 0)  # as a slow disk would take
        session.close()
    [folder] = own_drives.iterdir()
    assert len(dataset.load(folder)) >= 3


def test_closing_while_a_model_loads_ends_its_thread(qtbot, empty, model_path):
    empty.open_model(model_path)
    assert names_of_threads() == ["loader"]
    assert empty.close()
    assert not names_of_threads()
