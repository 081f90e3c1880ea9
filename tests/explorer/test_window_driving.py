"""Flow 3, end to end: keys move the car, and every frame moves mean and sigma on the sliders."""

from __future__ import annotations

import re
import threading

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest

from explorer import jobs
from explorer.drive.gauges import Gauges
from models import dataset
from tests.explorer.conftest import PATIENCE


def drive(visit):
    """Press Drive and wait for the first frames; the keyboard is the car's then."""
    visit.click("driveButton")
    visit.until(lambda: visit.clock() > 0)
    assert visit.find("driveView").hasFocus()


def gauges(visit):
    """Steer, gas, brake, speed, as shown."""
    return visit.window.findChild(Gauges).values()


def shown(visit, name):
    """A property of all sliders, (32,)."""
    return np.array([visit.find(f"latentSlider{index:02d}").property(name) for index in range(32)])


def as_seen(visit):
    """Whether the sliders carry the posterior of the very frame on show."""
    posterior = visit.session.vae.posterior(visit.picture("encoderInput"))
    return np.allclose(shown(visit, "mu"), posterior.mu, atol=1e-4) and np.allclose(
        shown(visit, "sigma"), posterior.sigma, atol=1e-4
    )


def test_a_drive_shows_the_game_and_what_the_model_makes_of_it(visit):
    assert visit.picture("driveView") is None
    assert not visit.can_click("restartButton")
    assert not visit.can_click("recordButton")
    drive(visit)
    QTest.keyPress(visit.find("driveView"), Qt.Key.Key_Up)
    for name in ("driveView", "encoderInput", "reconstruction", "errorMap"):
        before = visit.picture(name)
        visit.until(
            lambda name=name, before=before: not np.array_equal(visit.picture(name), before)
        )
    frame, recon = visit.picture("encoderInput"), visit.picture("reconstruction")
    assert frame.shape == recon.shape == (60, 80, 3)
    assert np.array_equal(recon, visit.session.vae.image(shown(visit, "mu").astype(np.float32)))
    # The game is shown in the screen's own pixels, larger than what the model sees.
    width, height = visit.find("driveView").pictureSize()
    visit.until(lambda: visit.picture("driveView").shape == (height, width, 3))
    visit.until(lambda: "steps/s" in visit.find("readOut").text())


def test_the_up_key_drives_off_and_letting_it_go_rolls_out(visit):
    drive(visit)
    view = visit.find("driveView")
    assert gauges(visit)[3] < 1
    QTest.keyPress(view, Qt.Key.Key_Up)
    visit.until(lambda: gauges(visit)[1] == 1 and gauges(visit)[3] > 10)
    QTest.keyPress(view, Qt.Key.Key_Left)
    visit.until(lambda: gauges(visit)[0] == -1)
    QTest.keyRelease(view, Qt.Key.Key_Left)
    QTest.keyRelease(view, Qt.Key.Key_Up)
    visit.until(lambda: gauges(visit)[:3] == (0, 0, 0))


def test_mean_and_sigma_on_the_sliders_are_those_of_the_frame_on_show(visit):
    z = visit.z()
    drive(visit)
    QTest.keyPress(visit.find("driveView"), Qt.Key.Key_Up)
    mu, sigma = shown(visit, "mu"), shown(visit, "sigma")
    visit.until(lambda: (shown(visit, "mu") != mu).all() and (shown(visit, "sigma") != sigma).all())
    assert as_seen(visit)
    assert np.array_equal(visit.z(), z)  # the person's own values stay


def test_following_moves_the_values_with_the_mean_until_a_hand_takes_one(visit):
    drive(visit)
    QTest.keyPress(visit.find("driveView"), Qt.Key.Key_Up)
    visit.click("followButton")
    before = visit.z()
    visit.until(lambda: (visit.z() != before).all())
    assert np.allclose(visit.z(), shown(visit, "mu"), atol=1e-6)
    visit.drag("latentSlider03", 1.0)
    assert not visit.find("followButton").isChecked()
    held, mu = visit.z(), shown(visit, "mu")
    visit.until(lambda: (shown(visit, "mu") != mu).all())
    assert np.array_equal(visit.z(), held)
    visit.until(visit.shows)


def test_f_puts_the_frames_mean_on_the_sliders(visit):
    visit.click("zeroButton")
    drive(visit)
    QTest.keyClick(visit.find("driveView"), Qt.Key.Key_F)
    assert visit.z().any()
    assert np.allclose(visit.z(), shown(visit, "mu"), atol=1e-6)
    visit.until(visit.shows)


@pytest.mark.parametrize("by", ["key", "button"])
def test_a_restart_puts_the_car_back(visit, by):
    drive(visit)
    view = visit.find("driveView")
    QTest.keyPress(view, Qt.Key.Key_Up)
    visit.until(lambda: gauges(visit)[3] > 10 and visit.clock() > 0.4)
    if by == "key":
        QTest.keyClick(view, Qt.Key.Key_R)
    else:
        visit.click("restartButton")
    QTest.keyRelease(view, Qt.Key.Key_Up)
    visit.until(lambda: visit.clock() < 0.3 and gauges(visit)[3] < 10)
    assert view.hasFocus()  # a press of the button leaves the keyboard with the car


def test_escape_gives_the_keyboard_back_and_drops_the_keys(visit):
    drive(visit)
    view = visit.find("driveView")
    QTest.keyPress(view, Qt.Key.Key_Up)
    visit.until(lambda: gauges(visit)[1] == 1)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    visit.until(lambda: gauges(visit)[1] == 0)
    assert not view.hasFocus()
    visit.qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    assert view.hasFocus()
    QTest.keyPress(view, Qt.Key.Key_W)
    visit.until(lambda: gauges(visit)[1] == 1)


def test_the_autopilot_drives_by_itself(visit):
    drive(visit)
    visit.click("autopilotButton")
    visit.until(lambda: gauges(visit)[3] > 10)
    assert visit.session.controls.action == (0, 0, 0)  # no key was touched
    visit.click("youButton")
    visit.until(lambda: gauges(visit)[1] == 0)


def test_stop_ends_the_drive_and_leaves_no_stale_picture(visit):
    drive(visit)
    assert visit.find("driveButton").text() == "Stop"
    visit.click("driveButton")
    assert not visit.can_click("driveButton")  # a second click in a hurry finds nothing to press
    visit.until(lambda: visit.can_click("driveButton"))
    assert visit.find("driveButton").text() == "Drive"
    assert not visit.session.driver.is_running()
    visit.window.refresh()
    assert visit.picture("driveView") is None
    visit.until(lambda: visit.telemetry() == "")
    assert gauges(visit) == (0, 0, 0, 0)
    assert as_seen(visit)  # the last frame stays, to be taken to the sliders
    drive(visit)  # and once more


def test_a_recorded_drive_can_be_trained_on(visit, short_zoom):
    assert not visit.find("framesDriveButton").isEnabled()
    drive(visit)
    QTest.keyPress(visit.find("driveView"), Qt.Key.Key_Up)
    visit.click("recordButton")
    visit.until(lambda: re.search(r"● [1-9]\d* frames", visit.telemetry()))
    visit.click("recordButton")
    visit.until(lambda: visit.find("framesDriveButton").isEnabled())
    visit.until(lambda: "frames" not in visit.telemetry())
    folder = visit.session.recordings.newest
    assert str(folder) in visit.window.statusBar().currentMessage()
    visit.click("framesButton")
    visit.click("framesDriveButton")
    visit.until(lambda: visit.session.frames.name == folder.name)
    recorded = dataset.load(folder)
    everything = np.arange(len(recorded))
    assert len(visit.session.frames) == len(recorded) > 0
    assert np.array_equal(visit.session.frames.take(everything), recorded.take(everything))
    assert folder.name in visit.find("framesLabel").toolTip()
    visit.type_into("batchSizeField", "2")
    visit.click("trainButton")
    visit.until(lambda: visit.window.training.curves.step() > 2)


def test_a_recording_switched_on_and_off_at_once_leaves_nothing_behind(visit):
    drive(visit)
    for _ in range(10):
        visit.click("recordButton")
        visit.click("recordButton")
    clock = visit.clock()
    visit.until(lambda: visit.clock() > clock and "frames" not in visit.telemetry())
    assert visit.window.statusBar().currentMessage().startswith("Nothing was recorded")
    visit.click("recordButton")
    visit.click("driveButton")
    visit.until(lambda: visit.can_click("driveButton"))
    drive(visit)  # the next drive is not recorded
    assert visit.session.recordings.frames() is None
    assert visit.session.controls.recorder is None
    assert not visit.find("recordButton").isChecked()


def test_training_and_driving_at_once_the_newest_snapshot_sees_the_road(visit):
    drive(visit)
    visit.type_into("batchSizeField", "4")
    vae = visit.session.vae
    visit.click("trainButton")
    visit.until(lambda: visit.session.vae is not vae)
    clock, steps = visit.clock(), visit.window.training.curves.step()
    visit.until(lambda: visit.clock() > clock and visit.window.training.curves.step() > steps)
    visit.click("stopButton")
    visit.until(lambda: visit.can_click("trainButton"))
    visit.until(lambda: as_seen(visit))


def test_a_model_of_other_latents_takes_over_in_the_middle_of_a_drive(
    visit, small_model_path, model_path
):
    drive(visit)
    QTest.keyPress(visit.find("driveView"), Qt.Key.Key_Up)  # or each frame would be as the last
    for path, size in ((small_model_path, 8), (model_path, 32), (small_model_path, 8)):
        visit.window.files.open(str(path))
        visit.until(lambda size=size: visit.z().size == size)
        slider, clock = visit.find("latentSlider05"), visit.clock()
        mu = slider.property("mu")
        visit.until(
            lambda slider=slider, clock=clock, mu=mu: (
                visit.clock() > clock and slider.property("mu") != mu
            )
        )
    assert visit.session.driver.is_running()


def test_a_random_frame_moves_the_values_but_not_the_cars_pictures(visit, few_frames):
    drive(visit)
    before = visit.z()
    visit.click("randomFrameButton")
    visit.until(lambda: not np.array_equal(visit.z(), before))
    means = visit.session.vae.posterior(few_frames).mu
    assert np.abs(means - visit.z()).max(1).min() < 1e-4  # of one of the frames
    assert not any(np.array_equal(visit.picture("encoderInput"), frame) for frame in few_frames)


def test_whoever_drives_before_the_frames_are_there_is_not_thrown_out_by_a_wrong_file(
    open_window, model_path, frames_path, tmp_path, monkeypatch
):
    load, wait = jobs.load_frames, threading.Event()

    def load_late(path):
        assert wait.wait(PATIENCE / 1000)
        return load(path)

    codes = []
    monkeypatch.setattr(jobs, "load_frames", load_late)
    monkeypatch.setattr(QCoreApplication, "exit", codes.append)
    visit = open_window(model_path, "--frames", frames_path)
    visit.until(lambda: visit.can_click("driveButton"))
    drive(visit)
    wait.set()
    visit.until(lambda: visit.can_click("trainButton"))
    wrong = tmp_path / "wrong.safetensors"
    wrong.write_bytes(b"nothing")
    visit.window.files.open(str(wrong))
    assert "wrong.safetensors" in visit.dialog().text()
    visit.dismiss()
    assert codes == []
    assert visit.session.driver.is_running()
