"""Runs in the window: kept by themselves, gone on with exactly, reopened, compared, deleted."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QMessageBox

from explorer import jobs, model_jobs, worker
from explorer.runs.table import RunTable
from explorer.session import SAMPLE_FRAMES
from explorer.training import film_file
from explorer.training.knobs import DEFAULTS, changes, kept_changes
from models import checkpoint, curve, dataset, run_folder, run_log, training_state
from models.errors import DivergedError, InputError
from models.evaluate import evaluate_held_out
from models.train import TrainConfig
from tests.explorer import test_session
from tests.explorer.conftest import ready
from tests.explorer.test_session import PATIENCE, VALUES, failure
from tests.explorer.test_session import train as train_session
from tests.explorer.test_window_training import curve as drawn
from tests.explorer.test_window_training import steps_done, stop, train

session, empty = test_session.session, test_session.empty


def only_run(root):
    [told] = run_folder.runs(root)
    return told


def table(visit) -> RunTable:
    return visit.find("runsTable", RunTable)


def opened(visit, count):
    """The table, once it shows so many runs."""
    visit.click("runsButton")
    visit.until(lambda: table(visit).rowCount() == count)
    return table(visit)


def click_cell(visit, row, column, x=None):
    rect = table(visit).visualItemRect(table(visit).item(row, column))
    place = rect.center() if x is None else QPoint(rect.left() + x, rect.center().y())
    visit.qtbot.mouseClick(table(visit).viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_every_training_is_kept_as_a_run(qtbot, session, own_runs):
    records = train_session(qtbot, session, steps=6)
    told = only_run(own_runs)
    assert (told.name, told.frames, told.frame_count) == ("tiny", "few.npz", 240)
    assert (told.step, told.images, told.ended) == (6, 24, "finished")
    kept = curve.read(told.folder, 32)
    assert kept.recon_loss.tolist() == [record.recon_loss for record in records]
    best = checkpoint.load(told.folder / run_folder.BEST)
    assert best.training["steps"] == 1234 + told.best.step


def test_a_resumed_run_goes_on_as_if_it_had_never_been_stopped(qtbot, session, own_runs):
    model = session.model
    whole = train_session(qtbot, session, steps=30)
    history = session.history()
    session.take_model(model, None)  # as if it had been opened again
    first = []
    session.run.ended.connect(lambda: first.extend(session.run.take()))
    session.run.train(VALUES | {"steps": 30}, fresh=False)
    qtbot.waitUntil(lambda: bool(first.extend(session.run.take()) or len(first) >= 3))
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()
    folder = session.run.folder
    assert 3 <= len(first) < 30
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.run.resume(folder)
    assert [record.recon_loss for record in first] == [record.recon_loss for record in whole]
    assert session.history()["steps"] == 1234 + 30 == history["steps"]
    assert session.history()["images"] == 9872 + 30 * 4
    assert run_folder.info(folder).ended == "finished"


def test_a_resume_brings_its_own_frames_and_model(qtbot, session, small_model_path):
    run = stopped(qtbot, session)
    state, _, _ = training_state.load_kept(run / run_folder.STATE, "cpu")
    with qtbot.waitSignal(session.framesChanged, timeout=PATIENCE):
        session.open_frames(SAMPLE_FRAMES)
    test_session.open_model(qtbot, session, small_model_path)
    kept = []
    session.run.resumed.connect(lambda *_: kept.append(session.vae))
    with qtbot.waitSignal(session.run.resumed, timeout=PATIENCE):
        session.run.resume(run)
    assert session.frames.name == "few.npz"
    assert session.model.name == "tiny*"
    assert torch.equal(test_session.weights(kept[0]), test_session.weights(state.average))
    assert (session.run.config.batch_size, session.run.config.latent_dim) == (4, 32)
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()


def stopped(qtbot, session):
    """The folder of a run that was stopped after some steps."""
    session.run.train(VALUES, fresh=False)
    test_session.snapshot(qtbot, session)
    with qtbot.waitSignal(session.modelChanged, timeout=PATIENCE):
        session.trainer.stop()
    return session.run.folder


def diverged(qtbot, session):
    """The weights that the folder of a run keeps which was sound for some steps."""
    session.run.train(VALUES, fresh=False)
    test_session.snapshot(qtbot, session)
    wild = {"learning_rate": 1e6, "beta": 0.0}
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        told = failure(qtbot, session, lambda: session.run.retune(wild))
    state, _, _ = training_state.load_kept(session.run.folder / run_folder.STATE, "cpu")
    return told, state


def test_a_run_that_diverged_leaves_the_weights_that_its_folder_keeps(
    qtbot, session, own_runs, monkeypatch
):
    monkeypatch.setattr(run_log, "SOUND_SECONDS", 0)
    told, state = diverged(qtbot, session)
    assert isinstance(told.error, DivergedError)
    assert only_run(own_runs).ended == "diverged"
    assert torch.equal(test_session.weights(session.vae), test_session.weights(state.average))
    assert session.run.steps() == state.step > 0
    assert session.history()["images"] == 9872 + state.images
    with qtbot.waitSignal(session.run.resumed, timeout=PATIENCE):
        session.run.resume(session.run.folder)
    assert session.run.config.learning_rate == VALUES["learning_rate"]  # of the sound time
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()


def test_a_run_that_diverged_at_once_leaves_the_model_as_it_was(qtbot, session):
    vae = session.vae
    wild = VALUES | {"learning_rate": 1e6, "beta": 0.0}
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        told = failure(qtbot, session, lambda: session.run.train(wild, fresh=False))
    assert isinstance(told.error, DivergedError)
    assert session.vae is vae and session.run.steps() == 0


def test_a_disk_that_is_full_at_the_end_costs_no_weights(qtbot, session, monkeypatch):
    session.run.train(VALUES, fresh=False)
    test_session.snapshot(qtbot, session)

    def full(*_):
        raise InputError("The disk is full.")

    monkeypatch.setattr(training_state, "save_taken", full)
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        told = failure(qtbot, session, session.trainer.stop)
    assert "full" in str(told.error)
    assert session.run.steps() > 0
    assert session.vae is not session.model.vae


def test_a_full_disk_does_not_hide_that_a_run_diverged(qtbot, session, monkeypatch):
    session.run.train(VALUES, fresh=False)
    test_session.snapshot(qtbot, session)

    def full(*_):
        raise InputError("The disk is full.")

    monkeypatch.setattr(training_state, "save_taken", full)
    wild = {"learning_rate": 1e6, "beta": 0.0}
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        told = failure(qtbot, session, lambda: session.run.retune(wild))
    assert "full" in str(told.error)
    assert session.run.steps() == 0 and session.vae is session.model.vae


def test_the_best_weights_that_a_run_leaves_are_of_their_own_step(qtbot, session):
    values = {"learning_rate": 0.0, "keep_best": True}  # nothing is better than the first test
    train_session(qtbot, session, steps=25, **values)
    assert session.run.steps() == 1
    told = session.history()
    assert (told["steps"], told["images"]) == (1234 + 1, 9872 + 4)
    assert told["curve"]["step"] == [1234 + 1]


def test_a_run_is_not_taken_up_twice_at_once(qtbot, session):
    folder = stopped(qtbot, session)
    with qtbot.waitSignal(session.run.resumed, timeout=PATIENCE):
        session.run.resume(folder)
        told = failure(qtbot, session, lambda: session.run.resume(folder))
    assert "being taken up" in str(told.error)
    assert session.trainer.is_running()
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()


def test_a_run_that_is_taken_up_while_a_lesson_begins_is_let_go(qtbot, session):
    folder = stopped(qtbot, session)
    session.run.resume(folder)
    told = failure(qtbot, session, lambda: setattr(session.run, "occupied", "A lesson is running."))
    assert str(told.error) == "A lesson is running."
    assert not session.run.is_busy()
    assert not run_folder.is_held(folder)


def test_nothing_else_can_be_begun_while_a_run_is_taken_up(visit, monkeypatch):
    train(visit)
    visit.until(lambda: steps_done(visit) > 5)
    stop(visit)
    visit.until(lambda: visit.find("continueButton").isVisible())
    resume, wait = jobs.resume_run, threading.Event()

    def resume_late(request):
        assert wait.wait(60)
        return resume(request)

    monkeypatch.setattr(jobs, "resume_run", resume_late)
    visit.click("continueButton")
    for name in ("trainButton", "continueButton", "lessonsButton", "stopButton", "betaField"):
        assert not visit.find(name).isEnabled(), name
    assert visit.find("trainingCaption").fullText() == "reading the run…"
    wait.set()
    visit.until(lambda: visit.session.trainer.is_running())
    assert visit.window.training.state() == "running" and visit.can_click("stopButton")
    stop(visit)


def test_a_run_that_cannot_be_taken_up_gives_the_buttons_back(visit, own_runs):
    train(visit)
    visit.until(lambda: steps_done(visit) > 5)
    stop(visit)
    visit.until(lambda: visit.find("continueButton").isVisible())
    (only_run(own_runs).folder / run_folder.STATE).unlink()
    visit.click("continueButton")
    visit.dismiss()
    assert visit.window.training.state() == "idle"
    assert visit.can_click("trainButton") and visit.can_click("lessonsButton")


def test_the_film_keeps_its_end_where_older_weights_are_the_best(visit):
    values = VALUES | {"learning_rate": 0.0, "keep_best": True, "steps": 60}
    gallery, watching = visit.window.training.gallery, visit.window.watching
    visit.session.run.train(values | {"snapshot_seconds": 0.0}, fresh=False)
    visit.until(lambda: not visit.session.trainer.is_running() and watching.film)
    visit.until(lambda: gallery._live.step == 1)
    assert watching.film.steps[-1] > 1


def test_a_change_is_in_the_same_words_while_it_is_made_and_ever_after():
    turned = {"schedule": "constant", "beta": 4.0, "batch_size": 8, "patience": 3, "mirror": False}
    after = DEFAULTS | turned
    live = changes(DEFAULTS, after)
    texts = run_log.changes(TrainConfig(**DEFAULTS), TrainConfig(**after))
    kept = kept_changes(range(len(texts)), texts)
    assert sorted(text for _, text in kept) == sorted(live)
    assert "rate falls cosine → not at all" in live
    assert kept_changes([3, 4], ["beta 1 → 2", "[1, 2]"]) == [(3, "beta 1 → 2"), (4, "[1, 2]")]


def test_the_best_weights_can_be_taken_while_it_trains(qtbot, session, own_runs):
    session.run.train(VALUES, fresh=False)
    qtbot.waitUntil(lambda: bool(session.run.take()))
    with qtbot.waitSignal(session.loader.done, timeout=PATIENCE):
        session.run.take_best()
    told = only_run(own_runs)
    assert not session.trainer.is_running()
    best = checkpoint.load(told.folder / run_folder.BEST)
    assert session.file == told.folder / run_folder.BEST
    assert session.history()["steps"] == best.training["steps"] == 1234 + told.best.step


def test_no_run_is_resumed_over_a_running_one(qtbot, session, own_runs):
    session.run.train(VALUES, fresh=False)
    told = failure(qtbot, session, lambda: session.run.resume(session.run.folder))
    assert "Stop the training" in str(told.error)
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()


def test_closing_in_the_middle_saves_the_run(qtbot, session, own_runs):
    session.run.train(VALUES, fresh=False)
    records = []
    qtbot.waitUntil(lambda: bool(records.extend(session.run.take()) or records))
    session.trainer.pause()
    assert session.close()
    told = only_run(own_runs)
    assert told.ended == "stopped"
    assert told.step >= records[-1].step


def test_a_run_is_continued_after_a_restart_with_its_whole_curve(
    open_window, visit, model_path, own_runs
):
    assert not visit.find("continueButton").isVisible()
    train(visit)
    visit.until(lambda: steps_done(visit) > 20)
    visit.type_into("betaField", "2")
    visit.until(lambda: steps_done(visit) > 30)
    assert not visit.find("continueButton").isVisible()
    film = visit.window.watching.film.steps
    visit.window.close()
    told = only_run(own_runs)
    kept = curve.read(told.folder, 32)
    assert told.step == kept.steps[-1] >= steps_done(visit)

    again = ready(open_window(model_path, "--device", "cpu"))
    again.until(lambda: again.find("continueButton").isVisible())
    assert f"step {told.step} of" in again.find("continueButton").toolTip()
    again.click("continueButton")
    again.until(lambda: steps_done(again) > told.step + 5)
    assert again.session.frames.name == "few.npz"
    assert again.window.watching.film.steps[: len(film)] == film
    for plot in ("reconPlot", "klPlot"):
        steps, _ = drawn(again, plot)
        assert steps.tolist() == list(range(1, len(steps) + 1))
    held_out, values = drawn(again, "reconPlot", "heldOut")
    assert held_out[: len(kept.held_out_steps)].tolist() == kept.held_out_steps.tolist()
    assert np.allclose(values[: len(kept.held_out_steps)], kept.held_out_recon_loss)
    assert [text for _, text in again.find("klPlot").marks()] == ["beta 0.5 → 2"]
    assert again.window.training.form.values()["beta"] == 2
    assert again.window.training.form.values()["batch_size"] == 4
    stop(again)
    assert only_run(own_runs).step > told.step


def test_the_list_shows_reopens_and_deletes(visit, own_runs):
    train(visit)
    visit.until(lambda: steps_done(visit) > 20)
    stop(visit)
    first = only_run(own_runs)
    (own_runs / "0 broken").mkdir()
    (own_runs / "0 broken" / "run.json").write_text("nothing")
    runs = opened(visit, 2)
    told = [runs.item(0, column).text() for column in range(runs.columnCount())]
    assert told[1] == "tiny"
    assert told[3].startswith(f"{first.step} / ")
    assert told[7:] == ["few.npz, 240", "stopped"]
    assert runs.item(1, 8).text() == "damaged"

    click_cell(visit, 1, 1)
    assert "is not JSON" in visit.find("runsStatus").fullText()
    for name in ("resumeRunButton", "openBestButton", "showCurvesButton"):
        assert not visit.can_click(name)
    click_cell(visit, 0, 1)

    curves = visit.window.training.curves
    curves.clear()
    visit.click("showCurvesButton")
    visit.until(lambda: curves.step() == first.step)
    assert not visit.session.trainer.is_running()

    visit.click("openBestButton")
    visit.until(lambda: visit.session.file == first.folder / run_folder.BEST)

    visit.click("deleteRunButton")
    box = visit.find("deleteRunDialog", QMessageBox)
    visit.qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    visit.until(lambda: visit.window.findChild(QMessageBox, "deleteRunDialog") is None)
    assert first.folder.exists()
    visit.click("deleteRunButton")
    [delete] = [
        button
        for button in visit.find("deleteRunDialog", QMessageBox).buttons()
        if button.text() == "Delete"
    ]
    visit.qtbot.mouseClick(delete, Qt.MouseButton.LeftButton)
    visit.until(lambda: runs.rowCount() == 1)
    assert not first.folder.exists()
    assert not visit.find("continueButton").isVisible()


def test_runs_are_compared_by_their_boxes(visit, own_runs):
    for beta in ("0.5", "1"):
        visit.type_into("betaField", beta)
        visit.type_into("stepsField", "5")
        visit.type_into("batchSizeField", "4")
        model = visit.session.model
        visit.click("trainButton")
        visit.until(lambda model=model: visit.session.model is not model)
    shown = []
    visit.window.running.archive.comparedRead.connect(shown.append)
    opened(visit, 2)
    for row in (0, 1):
        click_cell(visit, row, 0, x=14)
    visit.until(lambda: shown and len(shown[-1]) == 2)
    for told, kept in shown[-1]:
        assert np.array_equal(kept.steps, np.arange(1, told.step + 1))
    assert shown[-1][0][1].kl[-1] != pytest.approx(shown[-1][1][1].kl[-1])
    click_cell(visit, 0, 0, x=14)
    visit.until(lambda: len(shown[-1]) == 1)


def test_an_open_run_can_neither_be_deleted_nor_resumed(visit, own_runs):
    train(visit)
    runs = opened(visit, 1)
    visit.until(lambda: runs.item(0, 8).text() == "running")
    for name in ("resumeRunButton", "openBestButton", "showCurvesButton", "deleteRunButton"):
        assert not visit.can_click(name)
    visit.window.running.dialog.close()
    stop(visit)


def kept_film(folder):
    with (folder / jobs.FILM).open("rb") as file:
        return film_file.read(file)


@pytest.fixture
def shut(visit):
    """A gate before the pictures of snapshots and before the films of runs, for a while."""
    gates = {"expose": threading.Event(), "keep_film": threading.Event()}
    workers = {"expose": visit.window.watching._exposer, "keep_film": visit.session.filmer}

    def behind(gate, function):
        def waited(request):
            assert gate.wait(60)
            return function(request)

        return waited

    for name, held in workers.items():
        gates[name].set()
        held._function = behind(gates[name], held._function)
    yield gates
    for gate in gates.values():
        gate.set()


def test_a_film_is_kept_now_and_then_and_at_the_close_with_its_newest_shot(visit, shut):
    train(visit)
    film, run = visit.window.watching.film, visit.session.run
    visit.until(lambda: len(film) > 1)
    visit.window.running._autosave.timeout.emit()
    visit.until(lambda: (run.folder / jobs.FILM).exists())
    assert visit.session.trainer.is_running()
    early = kept_film(run.folder).steps
    assert early == film.steps[: len(early)] and len(early) > 1
    shut["expose"].clear()
    visit.until(lambda: run.steps() > film.steps[-1])
    wanted = run.steps()
    assert wanted not in film.steps
    threading.Timer(0.1, shut["expose"].set).start()  # so that its thread can end
    visit.window.close()
    assert kept_film(run.folder).steps[-1] == wanted


def test_a_film_is_kept_with_the_shot_that_is_made_when_training_ends(visit, shut):
    train(visit)
    film, run = visit.window.watching.film, visit.session.run
    visit.until(lambda: len(film) > 1)
    shut["expose"].clear()
    visit.until(lambda: run.steps() > film.steps[-1])
    stop(visit)
    visit.until(lambda: (run.folder / jobs.FILM).exists())
    shut["expose"].set()
    assert kept_film(run.folder).steps[-1] == visit.session.model.training["steps"] - 1234


def test_a_run_that_goes_on_at_once_waits_for_its_film(visit, shut, monkeypatch):
    began, resume = [], jobs.resume_run

    def noted(request):
        began.append(shut["keep_film"].is_set())
        return resume(request)

    monkeypatch.setattr(jobs, "resume_run", noted)
    train(visit)
    visit.until(lambda: len(visit.window.watching.film) > 1)
    shut["keep_film"].clear()
    stop(visit)
    film = visit.window.watching.film
    visit.until(lambda: visit.find("continueButton").isVisible())
    told = []
    visit.session.run.resumed.connect(lambda *_: told.append("resumed"))
    visit.click("continueButton")
    QTimer.singleShot(100, shut["keep_film"].set)
    visit.until(lambda: told)
    assert began == [True]
    assert visit.window.watching.film is not film
    assert visit.window.watching.film.steps[: len(film)] == film.steps
    stop(visit)


def test_a_pause_keeps_what_was_learned_and_the_numbers_turned_in_it(
    qtbot, session, own_runs, monkeypatch
):
    monkeypatch.setattr(worker, "REST_SECONDS", 0.02)
    session.run.train(VALUES, fresh=False)
    records = []
    qtbot.waitUntil(lambda: bool(records.extend(session.run.take()) or records))
    session.trainer.pause()

    def kept():
        records.extend(session.run.take())
        return only_run(own_runs).step == records[-1].step

    qtbot.waitUntil(kept, timeout=PATIENCE)
    session.run.retune({"beta": 2.5})
    qtbot.waitUntil(lambda: only_run(own_runs).config["beta"] == 2.5, timeout=PATIENCE)
    assert only_run(own_runs).ended == "running"
    with qtbot.waitSignal(session.run.ended, timeout=PATIENCE):
        session.trainer.stop()


def test_the_best_weights_are_named_after_their_run_and_measured_on_its_frames(qtbot, session):
    train_session(qtbot, session, steps=6)
    folder, frames = session.run.folder, session.frames
    session.replace_frames(dataset.load(SAMPLE_FRAMES))
    with qtbot.waitSignal(session.loader.done, timeout=PATIENCE):
        session.run.open_best(folder)
    assert session.model.name == "tiny, best"
    figures = evaluate_held_out(
        session.vae, frames, TrainConfig.held_out, model_jobs.APPRAISED_FRAMES
    ).figures()
    assert session.model.figures["psnr_mu"] == pytest.approx(figures["psnr_mu"])
