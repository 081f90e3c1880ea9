"""World Models files in the window: frames of their own recipe, with and without an encoder."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog

from explorer import model_jobs, session
from models import dataset
from models.dataset import spread
from models.evaluate import evaluate
from models.frame import WORLD_MODELS_RECIPE

THEIRS, OURS = (64, 64, 3), (60, 80, 3)


@pytest.fixture
def best(foreign_paths):
    return foreign_paths[0]


@pytest.fixture
def decoder(foreign_paths):
    return foreign_paths[1]


def opened(visit, path):
    """Open a model as the menu does, and wait until its picture is on show."""
    visit.window.files.open(str(path))
    visit.until(lambda: visit.session.model.name == path.stem)
    visit.until(visit.shows)
    return visit.session.model


def sees(visit, shape):
    """Whether what the model sees and makes of it has that shape."""
    pictures = [visit.picture(name) for name in ("encoderInput", "reconstruction", "errorMap")]
    return all(picture is not None and picture.shape == shape for picture in pictures)


def sigmas(visit):
    return np.array([visit.find(f"latentSlider{i:02d}").property("sigma") for i in range(32)])


def test_a_pytorch_file_opens_by_the_dialog_and_is_measured(visit, best, monkeypatch):
    asked = []
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *words: asked.append(words[3]) or (str(best), "")
    )
    visit.window.files.askForModel()
    visit.until(lambda: visit.session.model.name == "best")
    assert all(ending in asked[0] for ending in ("*.safetensors", "*.tar", "*.json"))
    visit.until(visit.shows)
    visit.until(lambda: sees(visit, THEIRS))
    model = visit.session.model
    frames = dataset.load(session.SAMPLE_FRAMES)
    taken = frames.sized(THEIRS).take(spread(np.arange(len(frames)), model_jobs.APPRAISED_FRAMES))
    found = evaluate(model.vae, dataset.Frames([taken]))
    assert model.figures["psnr_mu"] == pytest.approx(found.psnr_mu, abs=0.01)
    assert f"{found.psnr_mu:.1f} dB" in visit.window.windowTitle()
    assert WORLD_MODELS_RECIPE in visit.find("modelName").text()
    assert "best" in visit.find("modelName").text()


def test_its_pictures_have_the_proportions_of_the_scene(visit, best):
    picture = visit.find("decodedImage")
    assert picture.pictureRect().width() / picture.pictureRect().height() == pytest.approx(4 / 3)
    opened(visit, best)
    for name in ("decodedImage", "encoderInput", "reconstruction", "errorMap"):
        rect = visit.find(name).pictureRect()
        assert rect.width() / rect.height() == pytest.approx(1000 / 700), name
    assert visit.window.training.curves.controls.look().values == 64 * 64 * 3


def test_the_recipe_follows_the_model_while_the_car_drives(visit, best, model_path):
    visit.click("autopilotButton")
    visit.click("driveButton")
    visit.until(lambda: visit.clock() > 0)
    for path, shape in ((best, THEIRS), (model_path, OURS), (best, THEIRS)):
        opened(visit, path)
        visit.until(lambda shape=shape: sees(visit, shape))
        before = visit.clock()
        visit.until(lambda before=before: visit.clock() > before)
        posterior = visit.session.vae.posterior(visit.picture("encoderInput"))
        assert np.allclose(sigmas(visit), posterior.sigma, atol=1e-3)
    visit.window.driving.hold(True)
    visit.window.refresh()
    seen = visit.picture("encoderInput")
    with visit.qtbot.waitSignal(visit.session.looked):
        visit.click("reconChoice")
    assert np.array_equal(visit.picture("encoderInput"), seen)  # not our own frame, made smaller


def test_without_an_encoder_the_sliders_decode_and_the_rest_says_why_not(
    visit, decoder, best, model_path
):
    opened(visit, decoder)
    assert "no encoder" in visit.window.windowTitle()
    assert np.isnan(sigmas(visit)).all() and not visit.z().any()
    for name in ("meanButton", "randomFrameButton", "followButton"):
        assert not visit.can_click(name), name
    visit.drag("latentSlider03", 1.0)
    visit.until(visit.shows)
    visit.click("priorButton")
    visit.until(visit.shows)
    assert visit.picture().shape == THEIRS
    visit.click("autopilotButton")
    visit.click("driveButton")
    visit.until(lambda: visit.clock() > 0.2)
    assert visit.picture("driveView") is not None
    assert visit.picture("encoderInput") is None and visit.picture("reconstruction") is None
    opened(visit, model_path)
    visit.until(lambda: sees(visit, OURS))
    for name in ("meanButton", "randomFrameButton", "followButton"):
        assert visit.can_click(name), name


def test_without_an_encoder_training_starts_only_from_scratch(visit, decoder):
    opened(visit, decoder)
    visit.type_into("stepsField", "6")
    visit.type_into("batchSizeField", "4")
    visit.click("trainButton")
    assert "encoder" in visit.dialog().text() and not visit.dialog().detailedText()
    visit.dismiss()
    visit.until(lambda: visit.can_click("trainButton"))
    visit.find("freshCheck").setChecked(True)
    maps, session = [], visit.session

    def look_at_map():
        if session.vae is not session.model.vae:  # it is learning, and is measured at the end
            maps.append(visit.find("mapUpBox").isEnabled())

    visit.window.showing.snapshotShown.connect(look_at_map)
    visit.click("trainButton")
    visit.until(lambda: sees(visit, OURS) and visit.can_click("trainButton"))
    visit.until(lambda: "dB" in visit.window.windowTitle())
    assert visit.can_click("meanButton")
    assert maps and all(maps)


def test_training_goes_on_from_a_foreign_model(visit, best):
    model = opened(visit, best)
    visit.type_into("stepsField", "3")
    visit.type_into("batchSizeField", "4")
    visit.click("trainButton")
    visit.until(lambda: visit.window.windowTitle().startswith("best* "))
    assert visit.session.vae.config == model.vae.config
    assert "3 steps" in visit.window.windowTitle()


@pytest.mark.parametrize("which", [0, 1])
def test_saved_as_ours_and_opened_again(visit, foreign_paths, tmp_path, which):
    path = tmp_path / "kept.safetensors"
    model = opened(visit, foreign_paths[which])
    visit.session.save_model(path)
    visit.until(lambda: visit.session.model.name == "kept")
    opened(visit, foreign_paths[which])
    again = opened(visit, path)
    assert again.vae is not model.vae and again.vae.config == model.vae.config
    assert again.figures == dict(model.figures)
    z = np.ones(32)
    assert np.array_equal(again.vae.image(z), model.vae.image(z))


def test_a_model_without_an_encoder_can_be_photographed(
    open_window, decoder, frames_path, tmp_path, monkeypatch
):
    codes = []
    monkeypatch.setattr(QCoreApplication, "exit", codes.append)
    png = tmp_path / "shot.png"
    visit = open_window(decoder, "--frames", frames_path, "--screenshot", png)
    visit.until(lambda: codes)
    assert codes == [0] and png.exists()
