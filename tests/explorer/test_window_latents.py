"""Flow 1, end to end: a latent moves by mouse or key, and the picture follows."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from explorer import jobs
from models import checkpoint
from tests.explorer.conftest import ready


@pytest.fixture
def model(model_path):
    """The model on show, loaded a second time: what the window shows is checked against it."""
    return checkpoint.load(model_path)


def decodes(visit, model):
    """Whether the picture is exactly what the model on disk makes of the sliders."""
    return np.array_equal(visit.picture(), model.vae.image(visit.z()))


def test_nothing_can_be_used_before_there_is_a_model(open_window, model_path, frames_path):
    visit = open_window(model_path, "--frames", frames_path)
    assert not visit.find("latentSlider03").isEnabled()
    assert not visit.find("latentValue03").isEnabled()
    for name in ("trainButton", "driveButton", "priorButton", "meanButton", "recordButton"):
        assert not visit.can_click(name), name
    ready(visit)
    assert visit.find("latentSlider03").isEnabled()


def test_the_start_shows_a_frame_and_its_mean(visit, model, few_frames):
    frame = visit.picture("encoderInput")
    assert any(np.array_equal(frame, other) for other in few_frames)
    posterior = model.vae.posterior(frame)
    for index in range(32):
        slider = visit.find(f"latentSlider{index:02d}")
        assert slider.property("mu") == pytest.approx(posterior.mu[index], abs=1e-5)
        assert slider.property("sigma") == pytest.approx(posterior.sigma[index], abs=1e-5)
    assert np.allclose(visit.z(), posterior.mu, atol=1e-5)
    assert decodes(visit, model)
    title = visit.window.windowTitle()
    assert "tiny" in title
    assert f"{model.figures['psnr_mu']:.1f} dB" in title
    assert f"{model.figures['kl']:.1f} nats" in title


def test_the_picture_follows_a_dragged_latent(visit, model):
    z, before = visit.z(), visit.picture()
    visit.drag("latentSlider03", 1.5)
    slider = visit.find("latentSlider03")
    assert slider.property("z") == pytest.approx(1.5, abs=0.03)
    visit.until(lambda: decodes(visit, model))
    assert not np.array_equal(visit.picture(), before)
    z[3] = slider.property("z")
    assert np.array_equal(visit.z(), z)  # no other moved
    assert float(visit.find("latentValue03").text()) == pytest.approx(z[3], abs=0.006)


def test_the_picture_follows_a_typed_number(visit, model):
    z, before = visit.z(), visit.picture()
    visit.type_into("latentValue17", "-1.2345")
    visit.until(lambda: decodes(visit, model) and visit.picture() is not before)
    z[17] = -1.2345
    assert np.array_equal(visit.z(), z)


def test_the_picture_follows_the_arrow_keys(visit, model):
    slider = visit.find("latentSlider08")
    slider.setFocus()
    z = slider.property("z")
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert slider.property("z") == pytest.approx(z + 0.55, abs=0.011)
    visit.until(lambda: decodes(visit, model))


def test_a_double_click_puts_a_latent_back_to_zero(visit, model):
    visit.drag("latentSlider03", -1.5)
    visit.qtbot.mouseDClick(visit.find("latentSlider03"), Qt.MouseButton.LeftButton)
    assert visit.z()[3] == 0
    visit.until(lambda: decodes(visit, model))


@pytest.mark.parametrize("button", ["priorButton", "zeroButton"])
def test_many_at_once_cost_one_decoding(visit, model, monkeypatch, button):
    visit.click("priorButton")
    visit.until(lambda: decodes(visit, model))
    submit, requests = visit.session.decoder.submit, []

    def counted(request):
        requests.append(request)
        submit(request)

    monkeypatch.setattr(visit.session.decoder, "submit", counted)
    before = visit.z()
    visit.click(button)
    assert (visit.z() != before).all()
    visit.until(lambda: decodes(visit, model))
    assert len(requests) == 1


def test_the_mean_can_be_taken_back(visit, model):
    mean = visit.z()
    visit.click("zeroButton")
    assert not visit.z().any()
    visit.until(lambda: decodes(visit, model))
    visit.click("meanButton")
    assert np.array_equal(visit.z(), mean)
    visit.until(lambda: decodes(visit, model))


def test_a_random_frame_is_encoded_and_its_mean_shown(visit, model, few_frames, monkeypatch):
    look, begun, go_on, answers = jobs.look, threading.Event(), threading.Event(), []

    def slow_look(request):
        begun.set()
        assert go_on.wait(60)
        return look(request)

    monkeypatch.setattr(jobs, "look", slow_look)
    visit.session.looked.connect(answers.append)
    visit.click("randomFrameButton")
    assert begun.wait(60)
    visit.click("randomFrameButton")  # overtaken by the third
    visit.click("randomFrameButton")
    go_on.set()
    visit.until(lambda: len(answers) == 2)
    frame = visit.picture("encoderInput")
    assert frame is answers[-1].frame
    assert any(np.array_equal(frame, other) for other in few_frames)
    assert np.allclose(visit.z(), model.vae.posterior(frame).mu, atol=1e-5)
    visit.until(lambda: decodes(visit, model))


def test_a_command_of_the_menu_is_its_button(visit, model):
    QTest.keyClick(visit.window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert not visit.z().any()
    visit.until(lambda: decodes(visit, model))


def test_a_model_of_eight_latents_gets_eight_sliders(open_window, small_model_path, frames_path):
    visit = ready(open_window(small_model_path, "--frames", frames_path))
    assert visit.z().shape == (8,)
    visit.drag("latentSlider07", 1.0)
    visit.until(lambda: decodes(visit, checkpoint.load(small_model_path)))


def test_another_model_may_have_other_latents(visit, small_model_path, model_path):
    visit.window.files.open(str(small_model_path))
    visit.until(lambda: visit.z().size == 8 and visit.shows())
    visit.drag("latentSlider05", -1.0)
    visit.until(visit.shows)
    visit.window.files.open(str(model_path))
    visit.until(lambda: visit.z().size == 32 and visit.shows())
    visit.drag("latentSlider31", 1.0)
    visit.until(visit.shows)
