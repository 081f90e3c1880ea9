"""What a person wishes of the drive acts in the whole window: modes, track, goggles, laps."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from explorer import lapping
from explorer.drive.gauges import Gauges
from explorer.lap_book import Best, LapBook
from models.carracing import Scene, rollout
from models.laps import Lap
from models.observation import Observation
from tests.explorer.conftest import ready
from tests.telemetry import telemetry

STILL = (0.0, 0.0, 0.0)


def drive(visit):
    visit.click("driveButton")
    visit.until(lambda: visit.clock() > 0)


def view(visit):
    return visit.find("driveView")


def mode(visit):
    return visit.window.drive_panel.mode()


def held(visit):
    """Whether the drive stands still, and all that it made before is shown."""
    visit.window.refresh()
    return visit.session.driver.is_paused() and mode(visit) == "hold"


def has_gone_on(visit, since):
    return visit.clock() != since and not visit.session.driver.is_paused()


def colour(visit, name):
    """The mean colour of a picture, (3,) in 0..255."""
    return visit.picture(name).mean((0, 1))


def text(visit, name):
    return visit.find(name).text()


def test_a_held_drive_goes_on_where_it_was_and_ends_when_it_is_told_to(visit, short_zoom):
    drive(visit)
    visit.click("autopilotButton")
    visit.click("recordButton")
    visit.until(lambda: re.search("● [1-9]", visit.telemetry()))
    assert visit.window.drive_panel.minimumSizeHint().width() <= 300
    line = visit.find("driveTelemetry")
    for width in (350, 280):  # one line, in a narrow dock too
        line.setFixedWidth(width)
        visit.until(lambda: "●" in line.text())
        assert line.fontMetrics().horizontalAdvance(line.text()) <= width
        assert line.height() < 2 * line.fontMetrics().height()
    QTest.keyClick(view(visit), Qt.Key.Key_H)
    visit.until(lambda: held(visit))
    visit.click("recordButton")  # the recording is whole before the drive goes on
    visit.until(lambda: visit.window.statusBar().currentMessage().startswith("Recorded"))
    assert held(visit)
    clock = visit.clock()
    QTest.keyClick(view(visit), Qt.Key.Key_H)
    assert mode(visit) == "autopilot"
    visit.until(lambda: visit.clock() > clock)

    for name in ("restartButton", "newTrackButton"):  # nobody waits for a start that is held
        visit.click("holdButton")
        visit.until(lambda: held(visit))
        visit.click(name)
        assert mode(visit) == "autopilot"
        clock = visit.clock()
        visit.until(lambda clock=clock: has_gone_on(visit, clock))

    visit.click("holdButton")
    visit.until(lambda: held(visit))
    visit.click("driveButton")
    visit.until(lambda: visit.can_click("driveButton"))
    assert mode(visit) == "autopilot" and not visit.can_click("holdButton")
    drive(visit)
    visit.click("holdButton")  # and the window is closed while it is held


def test_a_typed_track_is_that_track_and_other_colours_are_other_colours(visit):
    [step] = rollout(lambda scene: STILL, 5, steps=1)
    drive(visit)
    assert f"/{step.telemetry.track_tiles} " not in f"{visit.telemetry()} "
    visit.type_into("trackSeedField", "5")
    visit.until(lambda: f"/{step.telemetry.track_tiles} " in f"{visit.telemetry()} ")
    visit.until(lambda: visit.clock() > 0.5)  # at first the camera comes down from the dark
    visit.click("holdButton")
    visit.until(lambda: held(visit))
    before = colour(visit, "encoderInput")
    visit.click("domainRandomizeButton")
    visit.until(lambda: abs(colour(visit, "encoderInput") - before).max() > 10)
    assert held(visit)
    visit.click("domainRandomizeButton")
    visit.until(lambda: abs(colour(visit, "encoderInput") - before).max() < 3)


def test_goggles_and_samples_show_what_the_model_keeps(visit):
    mean = visit.picture("reconstruction")
    visit.click("reconChoice")  # also before anything drives
    visit.until(lambda: not np.array_equal(visit.picture("reconstruction"), mean))
    visit.click("reconChoice")
    visit.until(lambda: np.array_equal(visit.picture("reconstruction"), mean))
    drive(visit)
    visit.click("gogglesButton")
    visit.until(lambda: visit.picture("encoderInput") is None)
    small = visit.picture("reconstruction")
    visit.until(lambda: not np.array_equal(visit.picture("reconstruction"), small))
    # Seen large, on average it has the colours of the small one, which are not the game's.
    visit.until(lambda: abs(colour(visit, "driveView") - colour(visit, "reconstruction")).max() < 5)
    visit.window.driving.recall(visit.window.driving.history.first)
    assert visit.picture("driveView") is visit.picture("reconstruction")
    visit.click("gogglesButton")
    assert visit.picture("driveView") is visit.picture("encoderInput") is not None


def test_what_the_model_has_never_seen_is_said_and_of_which_figure(visit):
    session = visit.session
    figures = {**session.model.figures, "kl_range": [0.0, 1e9], "recon_sse_range": [0.0, 1e-3]}
    session.model = dataclasses.replace(session.model, figures=figures)
    drive(visit)
    visit.until(lambda: "zooms in" in view(visit).warning())
    visit.until(lambda: "error" in view(visit).warning())
    assert "unlike the training data" in view(visit).warning()
    assert "KL" not in view(visit).warning()
    history = visit.window.driving.history
    visit.window.driving.recall(history.first + len(history) - 1)
    assert f"error {history.error[-1]:.0f} " in view(visit).warning()
    visit.click("reconChoice")  # the error of a sample has no like among the held-out frames
    visit.click("youButton")
    visit.until(lambda: view(visit).warning() == "")
    session.vae = session.vae.frozen()  # as training does: these weights nobody has measured
    visit.click("reconChoice")
    clock = visit.clock()
    visit.until(lambda: visit.clock() > clock + 0.6)
    assert view(visit).warning() == ""


def test_a_fault_of_the_environment_ends_the_drive_with_a_sentence_and_drive_begins_anew(
    visit, monkeypatch
):
    act = Scene.act
    drive(visit)
    monkeypatch.setattr(Scene, "act", lambda scene, action: 1 / 0)
    assert "division by zero" in visit.dialog().text()
    visit.dismiss()
    assert not visit.session.driver.is_running() and text(visit, "driveButton") == "Drive"
    monkeypatch.setattr(Scene, "act", act)
    drive(visit)
    QTest.keyPress(view(visit), Qt.Key.Key_Up)
    visit.until(lambda: visit.window.findChild(Gauges).values()[3] > 5)


def finished(lap: Lap) -> Observation:
    """The step after a lap."""
    told = telemetry(3, on_grass=True)
    return Observation(np.zeros((60, 80, 3), np.uint8), None, 0.0, told, newest_lap=lap)


def test_laps_of_ones_own_are_kept_by_track(
    open_window, model_path, frames_path, own_laps, monkeypatch
):
    monkeypatch.setattr(lapping, "SAID", 200)
    visit = ready(open_window(model_path, "--frames", frames_path, "--seed", "3"))
    assert text(visit, "trackSeedField") == "3"  # the one of the command line is the first
    said = visit.window.statusBar().currentMessage
    assert "no lap" in text(visit, "lapTimes")
    for lap, told in (
        (Lap(3, 42.16, 3.2, "you", False), "best"),
        (Lap(3, 45.0, 3.2, "you", False), "your best is 0:42.1"),
        (Lap(3, 62.8, 11.0, "you", True), "with goggles"),
        (Lap(3, 30.0, 0.0, "autopilot", False), "driven by the autopilot: not kept"),
        (Lap(3, 30.0, 0.0, None, False), "driven in part by the autopilot: not kept"),
        (Lap(3, 31.0, 0.0, "you", None), "driven in part with goggles: not kept"),
        (Lap(4, 32.0, 0.0, "you", False), "track 4"),
    ):
        seen = finished(lap)
        visit.window.driving.stepped.emit([seen, seen])  # each frame tells it, once is enough
        assert told in said(), said()
        visit.until(lambda told=told: told in visit.find("lapTimes").fullText())
    for known, told in (
        ({"passed": True}, "round, but 18 of 319 tiles were missed: 95 % make a lap"),
        ({"begun": "left the field"}, "left the field: back at the start"),
    ):
        about = telemetry(3, tiles=301, track_tiles=319)
        visit.window.driving.stepped.emit([finished(lap)._replace(telemetry=about, **known)])
        visit.until(lambda told=told: visit.find("lapTimes").fullText() == told)
    wanted = "best 0:42.1, 3.2 s on grass · goggles 1:02.8, 11.0 s on grass"
    visit.until(lambda: visit.find("lapTimes").fullText() == wanted)
    assert LapBook(own_laps).best(3, True) == Best(62.8, 11.0)  # so that the next start has them
    visit.type_into("trackSeedField", "4")
    visit.until(lambda: "best 0:32.0, 0.0 s on grass" in visit.find("lapTimes").fullText())
