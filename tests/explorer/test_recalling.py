"""Going back in the drive by its strip, and following it with some latents held."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer import picture_jobs
from explorer.question import Question, Wishes
from explorer.worker import Breath
from tests.explorer.conftest import tiny_vae

FEW = 12  # frames that are enough to go back in


def drive(visit, frames=FEW):
    """Press Drive and wait for some frames on the strip."""
    visit.click("driveButton")
    QTest.keyPress(visit.find("driveView"), Qt.Key.Key_Up)
    visit.until(lambda: len(visit.window.driving.history) >= frames)
    visit.until(lambda: len(stretch(visit).values) >= FEW)


def stop(visit):
    visit.click("driveButton")
    visit.until(lambda: visit.can_click("driveButton"))


def strip(visit):
    return visit.find("posteriorStrip")


def stretch(visit):
    return strip(visit).stretch()


def press(visit, back):
    """Press on the frame that is so many before the newest on the strip; gives its number."""
    shown = visit.find("stripMap")
    x = int(shown.xOf(len(stretch(visit).values) - 1 - back))
    with visit.qtbot.waitSignal(visit.window.driving.recalled) as told:
        visit.qtbot.mouseClick(shown, Qt.MouseButton.LeftButton, pos=QPoint(x, 10))
    return told.args[0]


def shows(visit, number):
    """Whether that moment of the drive is what all panels show."""
    seen = visit.window.driving.history.at(number)
    mu = [visit.find(f"latentSlider{index:02d}").property("mu") for index in range(32)]
    return (
        visit.window.driving.moment == number
        and np.array_equal(visit.picture("encoderInput"), seen.input)
        and np.array_equal(visit.picture("driveView"), seen.input)
        and np.array_equal(visit.picture("reconstruction"), seen.recon)
        and np.allclose(mu, seen.posterior.mu, atol=1e-6)
        and stretch(visit).cursor is not None
    )


def test_a_press_on_the_strip_holds_the_drive_and_brings_the_moment_back(visit):
    drive(visit)
    before = visit.z()
    number = press(visit, 6)
    history, driver = visit.window.driving.history, visit.session.driver
    assert driver.is_paused() and visit.window.drive_panel.mode() == "hold"
    assert shows(visit, number)
    assert np.array_equal(visit.z(), history.at(number).posterior.mu)
    visit.until(visit.shows)
    QTest.keyClick(visit.find("stripMap"), Qt.Key.Key_Left)
    QTest.keyClick(visit.find("stripMap"), Qt.Key.Key_Left)
    assert shows(visit, number - 2)
    visit.click("undoButton")  # one step, however far was gone back
    assert np.array_equal(visit.z(), before)
    visit.click("liveButton")
    end = history.end
    visit.until(lambda: history.end > end + 3 and visit.window.driving.moment is None)
    assert not driver.is_paused() and visit.window.drive_panel.mode() == "you"
    assert stretch(visit).cursor is None
    assert not visit.find("liveButton").isVisible()
    assert visit.find("driveView").hasFocus()  # or the car would roll off with nobody at the wheel
    # A drive that was held before is held again; H on the strip holds and goes on as well.
    visit.click("holdButton")
    press(visit, 4)
    QTest.keyClick(visit.find("stripMap"), Qt.Key.Key_Escape)
    assert visit.window.driving.moment is None
    assert driver.is_paused() and visit.window.drive_panel.mode() == "hold"
    visit.until(lambda: visit.window.driving.history.end == history.end)
    newest = visit.picture("driveView")
    assert newest.shape[0] > 60  # as sharp as it was
    # A frame that was on its way when goggles were put on leaves nothing of the truth.
    visit.click("gogglesButton")
    assert np.array_equal(visit.picture("driveView"), visit.picture("reconstruction"))
    large = visit.window.driving.large
    large.show(large._shown._replace(view=newest, goggles=False))
    assert np.array_equal(visit.picture("driveView"), visit.picture("reconstruction"))
    visit.click("gogglesButton")
    visit.find("stripMap").setFocus()
    QTest.keyClick(visit.find("stripMap"), Qt.Key.Key_H)
    assert not driver.is_paused() and visit.find("driveView").hasFocus()
    end = history.end
    visit.until(lambda: history.end > end + 3)
    # What was driven can be gone back in until the next drive.
    stop(visit)
    assert len(stretch(visit).values) == min(len(history), 500)
    assert visit.picture("driveView") is None
    number = press(visit, 4)
    assert shows(visit, number)
    QTest.keyClick(visit.find("stripMap"), Qt.Key.Key_Escape)
    assert visit.picture("driveView") is None
    assert np.array_equal(visit.picture("encoderInput"), history.at(history.end - 1).input)
    press(visit, 4)
    end = history.end
    visit.click("driveButton")
    assert len(history) == 0 and history.first == end
    assert not visit.find("liveButton").isVisible()
    visit.until(lambda: len(stretch(visit).values) >= FEW)
    # A drive that is stopped at a moment still shows it, and a look from before comes too late.
    with visit.qtbot.waitSignal(visit.session.looker.done):
        visit.session.look(visit.session.frames.take(np.array([0]))[0])
        number = press(visit, 3)
    visit.drag("latentSlider03", 1.0)
    z = visit.z()
    stop(visit)
    assert shows(visit, number) and "tiles" in visit.telemetry()
    assert visit.z() is z
    visit.click("gogglesButton")
    assert np.array_equal(visit.picture("driveView"), history.at(number).recon)


def test_rows_stand_as_the_sliders_do_and_another_model_begins_anew(visit, other_model_path):
    drive(visit)
    kl = np.array(visit.session.model.figures["kl_per_latent"])
    active = np.argsort(-kl, kind="stable")[: (kl > 0.1).sum()]
    assert stretch(visit).latents[: active.size].tolist() == active.tolist()
    box = visit.find("sortingBox")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert box.currentText() == "by index"
    folded = np.flatnonzero(kl <= 0.1).tolist()
    assert stretch(visit).latents.tolist() == np.sort(active).tolist() + folded
    box = visit.find("stripColourBox")
    box.setCurrentIndex(box.findText("z-score"))
    press(visit, 3)
    shown, aggregate = stretch(visit), visit.session.model.aggregate
    mu = visit.window.driving.history.at(visit.window.driving.moment).posterior.mu
    scores = (mu - aggregate.mean) / np.sqrt(np.diag(aggregate.covariance))
    np.testing.assert_allclose(shown.values[shown.cursor], scores[shown.latents], rtol=1e-4)
    before = visit.session.standing()
    visit.window.files.open(str(other_model_path))
    visit.until(lambda: visit.session.model.name == "other")
    visit.until(lambda: not visit.find("liveButton").isVisible())
    visit.until(lambda: len(visit.window.driving.history) > 3)  # of a drive that goes on
    newest = visit.window.driving.history.at(visit.window.driving.history.end - 1)
    mu = visit.session.vae.posterior(newest.input).mu
    assert np.allclose(mu, newest.posterior.mu, atol=1e-4)
    press(visit, 2)
    visit.session.stand(before)  # from whatever it comes
    assert not len(visit.window.driving.history) and visit.window.driving.moment is None


# Following with latents held


def test_a_locked_latent_is_moved_while_the_others_follow_the_drive(visit, monkeypatch):
    drive(visit)
    # While z goes with the drive nothing is decoded twice.
    asked, explore = [], visit.session.explore
    monkeypatch.setattr(visit.session, "explore", lambda one: (asked.append(one), explore(one)))
    visit.click("followButton")
    visit.until(lambda: len(asked) > 3)
    assert all(question.passing and question.shown for question in asked)
    decoded = visit.picture()
    assert np.array_equal(decoded, visit.session.vae.image(visit.z()))
    visit.window.driving.hold(True)
    trips = []
    visit.session.answered.connect(lambda answer: trips.append(answer.part))
    visit.until(lambda: {"picture", "round trip", "ends"} <= set(trips))
    assert visit.shows() and "σ" in visit.find("roundTripLabel").text()
    z = visit.z()
    visit.window.driving.hold(False)
    visit.until(lambda: not np.array_equal(visit.z(), z))
    assert visit.find("roundTripLabel").text() == ""  # that was of another picture
    visit.click("followButton")

    kl = np.array(visit.session.model.figures["kl_per_latent"])
    first, held = np.argsort(-kl)[:2]
    before = visit.z()
    visit.click("followButton")
    caption = visit.find("overrideCaption")
    visit.click(f"latentLock{held:02d}")
    assert caption.fullText() == f"following, 1 override (z{held:02d})"
    visit.drag(f"latentSlider{held:02d}", 1.5)
    assert visit.find("followButton").isChecked()
    value = visit.z()[held]
    assert value == pytest.approx(1.5, abs=0.1)
    z, history = visit.z(), visit.window.driving.history
    others = np.arange(32) != held
    visit.until(lambda: (visit.z()[others] != z[others]).all())
    visit.window.driving.hold(True)

    def mixed():
        return np.where(others, history.at(history.end - 1).posterior.mu, value)

    visit.until(lambda: np.array_equal(visit.z(), mixed()))
    visit.until(lambda: visit.shows(mixed().astype(np.float32)))
    visit.click(f"latentLock{first:02d}")
    assert caption.fullText().startswith("following, 2 overrides (z")
    visit.click(f"latentLock{first:02d}")
    number = press(visit, 5)  # and so it is with a moment that is gone back to
    mu = history.at(number).posterior.mu
    assert np.array_equal(visit.z(), np.where(others, mu, value))
    visit.click("liveButton")
    visit.click("undoButton")  # all of it is one step
    assert np.array_equal(visit.z(), before)
    assert caption.text() == "" and not visit.find("followButton").isChecked()


def parts(**known):
    """What `explore` gives of a question with all wishes, rests among it."""
    z = np.linspace(-1, 1, 32).astype(np.float32)
    wishes = Wishes(direction=np.eye(32, dtype=np.float32)[3], moves=np.eye(32, dtype=np.float32))
    answers = picture_jobs.explore((Question(z, wishes, **known), tiny_vae(32)))
    rests = (part for part in answers if not isinstance(part, Breath) or part.seconds)
    return ["rest" if isinstance(part, Breath) else part.part for part in rests]


def test_what_is_costly_waits_until_a_passing_z_rests():
    costly = ["effects", "ends"]
    assert parts() == ["picture", "sensitivity", "round trip", "rest", *costly]
    passing = ["picture", "sensitivity", "rest", "round trip", "rest", *costly]
    assert parts(passing=True) == passing
    shown = ["rest", "picture", "sensitivity", "round trip", "rest", *costly]
    assert parts(passing=True, shown=True) == shown
