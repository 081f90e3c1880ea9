"""Flow 2, end to end: training runs beside everything else, and every batch reaches the curves."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from explorer import watching
from explorer.training import film_file
from models import checkpoint
from tests.explorer.conftest import FRESH, ready


def train(visit, **fields):
    """Press Train and wait until something has been learned."""
    for name, text in ({"batchSize": "4"} | fields).items():
        visit.type_into(f"{name}Field", text)
    vae = visit.session.vae
    visit.click("trainButton")
    visit.until(lambda: visit.session.vae is not vae and curve(visit, "klPlot")[0].size)


def stop(visit):
    """Press Stop and wait until the figures of what was learned are in the title."""
    model = visit.session.model
    visit.click("stopButton")
    visit.until(lambda: visit.session.model is not model)
    assert visit.can_click("trainButton")
    assert not visit.session.trainer.is_running()


def curve(visit, plot, which="training"):
    """Steps and values of a plotted curve, (n,) each."""
    drawn = getattr(visit.find(plot), which).getOriginalDataset()
    return drawn if drawn[0] is not None else (np.empty(0), np.empty(0))


def steps_done(visit):
    return visit.window.training.curves.step()


def test_train_draws_both_curves_moves_the_bar_and_sharpens_the_picture(visit):
    z, before = visit.z(), visit.picture()
    gallery = visit.picture("galleryReconstruction0")
    assert not visit.can_click("stopButton")
    train(visit)
    visit.until(lambda: curve(visit, "klPlot", "heldOut")[0].size > 1)
    for plot in ("reconPlot", "klPlot"):
        steps, values = curve(visit, plot)
        assert steps[0] == 1 and (np.diff(steps) == 1).all()  # every batch, none twice
        assert np.isfinite(values).all() and len(set(values)) > 10
        assert curve(visit, plot, "heldOut")[0][:2].tolist() == [1, 20]
    progress = visit.find("trainingProgress")
    assert (progress.minimum(), progress.maximum()) == (0, 5000)
    assert 0 < progress.value() <= steps_done(visit)
    assert "images/s" in visit.window.training.caption()
    assert not np.array_equal(visit.picture(), before)
    assert np.array_equal(visit.z(), z)
    visit.until(lambda: visit.picture("galleryReconstruction0") is not gallery)
    stop(visit)
    visit.until(visit.shows)  # the newest snapshot's picture


def test_the_sliders_stay_live_while_it_trains(visit):
    train(visit)
    visit.drag("latentSlider03", 1.0)
    visit.drag("latentSlider03", -1.0)
    visit.until(visit.shows)
    assert visit.session.trainer.is_running()
    assert visit.z()[3] == pytest.approx(-1.0, abs=0.12)


def test_a_pause_really_pauses_and_a_resume_goes_on(visit):
    train(visit)
    visit.click("pauseButton")
    # What was under way at the press, or done and not yet drawn, arrives within the first half
    # second of driving; in the next one it would do dozens of steps more.
    visit.click("driveButton")
    visit.until(lambda: visit.clock() >= 0.5)
    done = steps_done(visit)
    visit.until(lambda: visit.clock() >= 1.0)
    assert steps_done(visit) == done
    assert "paused" in visit.window.training.caption()
    assert visit.session.trainer.is_running()
    done = steps_done(visit)
    visit.click("pauseButton")
    visit.until(lambda: steps_done(visit) > done + 10)


def learned(visit, count=2):
    """Train until the film has so many shots; gives it."""
    train(visit)
    visit.until(lambda: len(visit.window.watching.film) >= count)
    return visit.window.watching.film


def test_the_film_keeps_what_each_snapshot_made_of_the_same_frames_and_z_and_is_written(
    visit, monkeypatch, tmp_path
):
    start = visit.session.vae
    film = learned(visit, 4)
    stop(visit)
    # What the job is meant to do, one picture at a time.
    end = visit.session.vae.image(film.z)
    visit.until(lambda: np.abs(film.at(-1).samples.astype(int) - end).max() <= 1)
    first = film.at(0)
    mu = start.posterior(film.frames[2]).mu
    assert np.abs(first.reconstructions[2].astype(int) - start.image(mu)).max() <= 1
    assert np.abs(first.samples[4].astype(int) - start.image(film.z[4])).max() <= 1
    moved = start.posterior(film.frames[0]).mu.copy()
    moved[first.latent] = -2.0
    assert np.abs(first.traversal[0].astype(int) - start.image(moved)).max() <= 1
    assert film.steps[0] == 0 and (np.diff(film.steps) > 0).all()
    assert {film.at(index).latent for index in range(len(film))} == {first.latent}

    path = tmp_path / "film.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    gif, mp4 = visit.find("filmExportButton").menu().actions()
    gif.trigger()
    visit.until(lambda: str(path) in visit.window.statusBar().currentMessage())
    with Image.open(path) as written:
        assert written.n_frames == len(film)
        assert written.width > 5 * 2 * 80 and written.height > 4 * 2 * 60
    monkeypatch.setattr(watching, "find_spec", lambda name: None)
    mp4.trigger()
    assert "pip install imageio-ffmpeg" in visit.window.statusBar().currentMessage()

    # As a run that is reopened shows it.
    file = io.BytesIO()
    film_file.write(file, film)
    visit.window.watching.open(film_file.read(file))
    visit.find("filmSlider").setValue(1)
    assert np.array_equal(visit.picture("galleryReconstruction0"), film.at(1).reconstructions[0])


def test_the_slider_goes_back_while_it_trains_on_and_the_end_follows(visit):
    film = learned(visit, 3)
    slider = visit.find("filmSlider")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    count = len(film)
    visit.until(lambda: len(film) > count + 1)
    assert np.array_equal(visit.picture("galleryReconstruction0"), film.at(0).reconstructions[0])
    assert visit.window.training.gallery.caption() == "reconstruction · step 0"
    QTest.keyClick(slider, Qt.Key.Key_End)
    stop(visit)
    visit.until(
        lambda: np.array_equal(
            visit.picture("galleryReconstruction0"), film.at(-1).reconstructions[0]
        )
    )
    assert visit.window.training.gallery.shot() is film.at(-1)


def test_another_model_stands_behind_the_film_of_the_run_before(
    visit, other_model_path, monkeypatch
):
    film = learned(visit)
    stop(visit)
    choose = (str(other_model_path), "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: choose)
    QTest.keyClick(visit.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    gallery = visit.window.training.gallery
    visit.until(lambda: gallery.shot().step is None)
    other = visit.session.vae
    wanted = other.image(other.posterior(film.frames[0]).mu)
    assert np.abs(visit.picture("galleryReconstruction0").astype(int) - wanted).max() <= 1
    assert gallery.slider.maximum() == len(film)
    QTest.keyClick(gallery.slider, Qt.Key.Key_Left)
    assert gallery.shot() is film.at(-1)


def test_step_does_one_batch_and_the_curves_and_the_film_follow_each(visit):
    film = learned(visit)
    visit.click("stepButton")
    assert visit.can_click("stepButton") and "paused" in visit.window.training.caption()
    visit.until(lambda: film.steps[-1] == steps_done(visit))
    visit.click("driveButton")  # a clock; see the test of the pause
    visit.until(lambda: visit.clock() >= 0.5)
    for _ in range(3):
        done = steps_done(visit)
        QTest.keyClick(visit.window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
        visit.until(lambda done=done: film.steps[-1] == done + 1)
        assert film.steps[-2:] == [done, done + 1] and steps_done(visit) == done + 1
        assert curve(visit, "klPlot")[0][-1] == done + 1


def test_in_slow_motion_a_picture_comes_with_each_batch(visit):
    for _ in range(2):
        keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(visit.window, Qt.Key.Key_Down, keys)
    assert visit.window.training.pace() == 5
    film = learned(visit, 4)
    assert film.steps[:4] == [0, 1, 2, 3]
    assert curve(visit, "klPlot")[0][-1] == steps_done(visit)
    while visit.window.training.pace() is not None:
        visit.window.training.goFaster()
    visit.until(lambda: steps_done(visit) > 20)
    assert visit.session.run.config.snapshot_seconds is None


def test_a_pause_can_be_stopped(visit):
    train(visit)
    visit.click("pauseButton")
    stop(visit)
    assert not visit.can_click("pauseButton")


def test_a_beta_typed_while_it_trains_takes_effect_and_is_marked(visit):
    train(visit, learningRate="0.003")
    visit.until(lambda: steps_done(visit) > 20)
    assert visit.session.run.config.beta == 0.5
    assert curve(visit, "klPlot")[1].min() > 0.5  # and so it would stay
    visit.type_into("betaField", "1000")
    assert visit.session.run.config.beta == 1000
    assert [text for _, text in visit.find("klPlot").marks()] == ["beta 0.5 → 1000"]
    visit.until(lambda: curve(visit, "klPlot")[1][-1] < 0.1)


def test_fewer_steps_end_it_and_fill_the_bar(visit):
    train(visit)
    model = visit.session.model
    visit.type_into("stepsField", "20")
    visit.until(lambda: visit.session.model is not model)
    progress = visit.find("trainingProgress")
    assert progress.value() == progress.maximum() == 20
    assert curve(visit, "reconPlot")[0][-1] == steps_done(visit)  # drawn to the very end
    assert visit.can_click("trainButton")


def test_numbers_typed_before_the_start_are_those_of_the_training(visit):
    train(visit, beta="0.25", freeBits="0.1", learningRate="0.0005", seed="7", steps="999999")
    config = visit.session.run.config
    assert (config.beta, config.free_bits, config.learning_rate) == (0.25, 0.1, 0.0005)
    assert (config.batch_size, config.seed, config.steps) == (4, 7, 999999)
    assert config.latent_dim == 32


def test_a_stopped_model_tells_its_new_figures_and_can_be_trained_again(visit):
    train(visit)
    stop(visit)
    title = visit.window.windowTitle()
    assert title.startswith("tiny* ")
    first = visit.session.model.training["steps"]
    assert first > 1234
    assert f"{visit.session.model.figures['psnr_mu']:.1f} dB" in title
    train(visit)
    assert curve(visit, "reconPlot")[0][0] == 1  # a curve of its own
    stop(visit)
    assert visit.session.model.training["steps"] > first


def test_from_scratch_starts_with_random_weights(visit):
    visit.click("freshCheck")
    train(visit, batchSize="2")
    # The program's own architecture, not that of the tiny model.
    assert visit.session.vae.config.channels == FRESH
    visit.until(lambda: len(visit.window.watching.film) > 0)
    first = visit.window.watching.film.at(0)
    assert first.step > 0 and first.latent is None and first.traversal is None
    visit.click("traversalPageButton")
    assert "no latent alive yet" in visit.window.training.gallery.caption()
    stop(visit)
    assert visit.session.model.training["steps"] < 1234


def test_a_trained_model_is_saved_and_gives_the_same_picture_when_reopened(
    visit, monkeypatch, tmp_path, model_path
):
    train(visit)
    stop(visit)
    visit.drag("latentSlider03", 1.0)
    visit.until(visit.shows)
    z, picture, vae = visit.z(), visit.picture(), visit.session.vae
    path = tmp_path / "my model 0.5"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTest.keyClick(visit.window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    visit.until(lambda: visit.window.windowTitle().startswith("my model 0.5 "))
    saved = tmp_path / "my model 0.5.safetensors"
    assert str(saved) in visit.window.statusBar().currentMessage()
    for name, weight in checkpoint.load(saved).vae.state_dict().items():
        assert torch.equal(weight, vae.state_dict()[name])

    # Something else in between, and back.
    for choice, name in ((model_path, "tiny"), (saved, "my model 0.5")):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, c=choice: (str(c), ""))
        QTest.keyClick(visit.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        visit.until(lambda name=name: visit.window.windowTitle().startswith(f"{name} "))
        visit.until(visit.shows)
    assert np.array_equal(visit.z(), z)
    assert np.array_equal(visit.picture(), picture)


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_a_file_whose_name_was_only_half_typed_is_not_replaced_unasked(
    visit, monkeypatch, tmp_path, answer
):
    there = tmp_path / "mine.safetensors"
    there.write_bytes(b"precious")
    asked = []

    def question(parent, title, text):
        asked.append(text)
        return QMessageBox.StandardButton[answer]

    monkeypatch.setattr(QMessageBox, "question", question)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    QTest.keyClick(visit.window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert len(asked) == 1
    assert str(there) in asked[0]
    if answer == "Yes":
        visit.until(lambda: visit.window.windowTitle().startswith("mine "))
        assert checkpoint.load(there).name == "mine"
    else:
        assert visit.session.saver.wait(0)  # it was never asked
        assert there.read_bytes() == b"precious"


def test_saving_can_be_thought_better_of(visit, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    title = visit.window.windowTitle()
    QTest.keyClick(visit.window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert visit.session.saver.wait(0)  # it was never asked
    assert visit.window.windowTitle() == title


def test_a_training_that_diverges_says_so_and_leaves_the_last_good_model(visit):
    visit.click("freshCheck")
    visit.click("scheduleKnobs")
    visit.type_into("warmUpField", "0")
    visit.click("basicsKnobs")
    train(visit, batchSize="2")
    visit.type_into("betaField", "0")
    visit.type_into("learningRateField", "1")
    visit.until(lambda: visit.can_click("trainButton"))
    visit.until(lambda: visit.find("diagnosis").isVisible())
    assert "learning rate of 1 " in visit.find("diagnosisSentence").text()
    assert visit.find("cureButton").text() == "Restart at 0.002"
    assert visit.window.findChild(QMessageBox, "failureDialog") is None
    visit.until(lambda: visit.session.model.vae is visit.session.vae)  # its figures are there
    assert 0 <= visit.session.model.figures["kl"] < 1000
    for weight in visit.session.vae.parameters():
        assert torch.isfinite(weight).all()
    visit.click("priorButton")
    visit.until(visit.shows)
    assert len(np.unique(visit.picture())) > 2


def test_a_model_of_eight_latents_trains_too(open_window, small_model_path, frames_path):
    visit = ready(open_window(small_model_path, "--frames", frames_path, "--device", "cpu"))
    train(visit)
    assert visit.session.vae.config.latent_dim == 8
    visit.until(lambda: len(curve(visit, "klPlot")[0]) > 10)
    stop(visit)
    assert visit.window.findChild(QMessageBox, "failureDialog") is None
    assert "kl_07" in visit.window.training.curves.csv().split("\n")[0]
    assert "kl_08" not in visit.window.training.curves.csv().split("\n")[0]


def test_frames_opened_while_it_trains_wait_for_the_next_start(
    visit, tmp_path, few_frames, monkeypatch
):
    path = tmp_path / "fewer.npy"
    np.save(path, few_frames[:50])
    train(visit)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    visit.click("framesButton")
    visit.click("framesFileButton")
    visit.until(lambda: len(visit.session.frames) == 50)
    stop(visit)
    assert visit.session.model.training["frames"] == 240
    train(visit)
    stop(visit)
    assert visit.session.model.training["frames"] == 50
    assert visit.session.model.training["data"] == "fewer.npy"


def test_the_curves_are_saved_as_a_table_and_as_a_picture(visit, tmp_path, monkeypatch):
    train(visit)
    stop(visit)
    path = tmp_path / "curves.csv"

    def export(name: str) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (name, ""))
        kind = Path(name).suffix[1:] or "tensorboard"
        visit.window.findChild(QAction, f"{kind}Action").trigger()

    export(str(path))
    visit.until(path.exists)
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert header.startswith("step,recon_loss,kl,")
    assert len(rows) == steps_done(visit)
    steps, losses = curve(visit, "reconPlot")
    first = rows[0].split(",")
    assert (float(first[0]), float(first[1])) == (steps[0], pytest.approx(losses[0]))

    export(str(tmp_path / "curves.png"))
    visit.until((tmp_path / "curves.png").exists)
    picture = QImage(str(tmp_path / "curves.png"))
    assert picture.width() == 2 * visit.find("reconPlot").width()

    nowhere = str(tmp_path / "nowhere" / "curves.csv")
    export(nowhere)
    assert nowhere in visit.dialog().text()
    visit.dismiss()
