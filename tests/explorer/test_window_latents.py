"""Flow 1, end to end: a latent moves by mouse or key, and the picture follows."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from explorer import jobs
from explorer.latents.kl_cell import KlCell
from explorer.latents.rows import LatentRows
from models import checkpoint
from models.sensitivity import sensitivity, spread
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
    assert slider.property("z") == pytest.approx(1.5, abs=0.12)
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


@pytest.mark.parametrize("source", ["prior", "aggregate", "posterior"])
def test_a_sample_comes_from_where_it_says(visit, source):
    aggregate, posterior = visit.session.model.aggregate, visit.window.latents.posterior()
    mean, std = {
        "prior": (np.zeros(32), np.ones(32)),
        "aggregate": (aggregate.mean, aggregate.std),
        "posterior": (posterior.mu, posterior.sigma),
    }[source]
    drawn = []
    for _ in range(40):
        visit.click(f"{source}Button")
        drawn.append((visit.z() - mean) / std)
    assert abs(np.mean(drawn)) < 0.1
    assert np.std(drawn) == pytest.approx(1, abs=0.1)
    visit.until(visit.shows)


def test_a_cold_prior_is_near_its_mean(visit):
    visit.type_into("temperatureField", "0.1")
    visit.click("priorButton")
    assert 0.05 < visit.z().std() < 0.2


def chosen(visit, look):
    """Choose what lies over the picture by keyboard."""
    box = visit.find("lookBox")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findData(look)):
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == look


@pytest.fixture
def maps(visit, monkeypatch):
    """The maps that were laid over the picture."""
    laid = []
    show = visit.window.latents.picture.setMap

    def noted(values, *words):
        laid.append(values)
        show(values, *words)

    monkeypatch.setattr(visit.window.latents.picture, "setMap", noted)
    return laid


def point_at(visit, index):
    """Put the keyboard's focus on a latent."""
    visit.window.activateWindow()
    slider = visit.unfolded(f"latentSlider{index:02d}")
    slider.setFocus()
    visit.until(slider.hasFocus)


def is_near(values, expected):
    return values is not None and np.allclose(values, expected, rtol=1e-3, atol=1e-3)


def test_pointing_at_a_latent_shows_what_it_changes_until_it_moves(visit, model, maps):
    point_at(visit, 5)
    move = np.zeros(32, np.float32)
    move[5] = visit.session.model.aggregate.std[5]
    visit.until(lambda: maps and is_near(maps[-1], sensitivity(model.vae, visit.z(), move)))
    view = visit.find("decodedImage")
    assert view.hasOverlay()
    assert visit.shows()  # the array is the picture's own, whatever lies over it
    QTest.keyClick(visit.find("latentSlider05"), Qt.Key.Key_Right)
    visit.until(lambda: not view.hasOverlay())
    visit.until(visit.shows)


def test_the_sensitivity_may_stay_while_a_latent_moves(visit, model, maps):
    chosen(visit, "sensitivity")
    point_at(visit, 5)
    QTest.keyClick(visit.find("latentSlider05"), Qt.Key.Key_PageUp)
    move = np.zeros(32, np.float32)
    move[5] = visit.session.model.aggregate.std[5]
    visit.until(lambda: maps and is_near(maps[-1], sensitivity(model.vae, visit.z(), move)))


def test_the_spread_is_that_of_the_frames_posterior(visit, model, maps):
    chosen(visit, "spread")
    expected = spread(model.vae, visit.window.latents.posterior(), 64)
    visit.until(lambda: maps and is_near(maps[-1], expected))


def test_the_difference_is_between_the_slots(visit, model, maps):
    in_a = visit.z()
    visit.click("slotBButton")
    visit.click("priorButton")
    chosen(visit, "difference")
    difference = model.vae.image(visit.z()).astype(float) - model.vae.image(in_a)
    visit.until(lambda: maps and is_near(maps[-1], difference.mean(-1)))
    visit.click("slotAButton")
    visit.until(lambda: is_near(maps[-1], -difference.mean(-1)))


def test_effects_are_measured_where_z_rests(visit, model):
    visit.click("priorButton")
    z, std = visit.z(), visit.session.model.aggregate.std
    still = model.vae.recon(z[None])
    moved = model.vae.recon(z + np.diag(std).astype(np.float32))
    effect = 255 * float((moved[7] - still[0]).abs().mean())
    cell = visit.window.latents.findChildren(KlCell)[7]
    visit.until(lambda: f"{effect:.2f}" in cell.toolTip())


def test_small_pictures_show_what_each_latent_does(visit, model, monkeypatch):
    shown = []
    rows = visit.window.latents.findChild(LatentRows)
    show = rows.setEnds

    def noted(pictures, *aspect):
        shown.append(pictures)
        show(pictures, *aspect)

    monkeypatch.setattr(rows, "setEnds", noted)
    visit.click("priorButton")
    far = np.zeros(32, np.float32)
    far[3] = 2 * visit.session.model.aggregate.std[3]
    visit.until(lambda: shown and shown[-1] is not None)
    for side, sign in enumerate((-1, 1)):
        expected = model.vae.image(visit.z() + sign * far).astype(int)
        assert np.abs(shown[-1][3, side] - expected).max() <= 1
    assert visit.unfolded("latentSlider03").parentWidget().ends[0].isVisible()


def test_the_map_keeps_up_with_a_steady_drag(visit, maps):
    chosen(visit, "sensitivity")
    point_at(visit, 5)
    visit.until(lambda: maps and maps[-1] is not None)
    slider, before = visit.find("latentSlider05"), len(maps)
    timer = QTimer(interval=8)
    timer.timeout.connect(lambda: slider.setZ(-slider.z or 1.0))
    timer.start()
    slider.setZ(0.5)
    visit.until(lambda: len(maps) > before + 3)  # though z never rests
    timer.stop()


def test_the_spread_follows_the_newest_frame(visit, model, maps):
    chosen(visit, "spread")
    visit.until(lambda: maps and maps[-1] is not None)
    before = visit.window.latents.posterior()
    visit.click("randomFrameButton")
    visit.until(lambda: visit.window.latents.posterior() is not before)
    expected = spread(model.vae, visit.window.latents.posterior(), 64)
    visit.until(lambda: is_near(maps[-1], expected))


def test_the_round_trip_is_told_and_marked(visit, model):
    visit.click("priorButton")
    visit.until(visit.shows)
    posterior = model.vae.posterior(visit.picture())
    distance = np.sqrt(np.mean(((visit.z() - posterior.mu) / posterior.sigma) ** 2))
    label = visit.find("roundTripLabel")
    visit.until(lambda: label.fullText().startswith(f"round trip {distance:.1f} σ"))
    assert f"{posterior.kl.sum():.1f} nats" in label.fullText()
    slider = visit.find("latentSlider03")
    assert slider.property("echo") == pytest.approx(float(posterior.mu[3]), abs=1e-4)


def test_turning_to_the_principal_axes_and_back_keeps_the_picture(visit, model):
    visit.click("priorButton")
    visit.until(visit.shows)
    z, picture = visit.z(), visit.picture()
    visit.click("axesButton")
    visit.click("axesButton")
    assert np.array_equal(visit.z(), z)
    visit.until(visit.shows)
    assert np.array_equal(visit.picture(), picture)


def test_undo_by_key_brings_the_picture_back(visit, model):
    picture = visit.picture()
    visit.drag("latentSlider03", -1.5)
    visit.until(lambda: visit.shows() and not np.array_equal(visit.picture(), picture))
    visit.window.activateWindow()
    QTest.keyClick(visit.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    visit.until(lambda: np.array_equal(visit.picture(), picture))


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
