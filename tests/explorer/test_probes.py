"""Probes in the window: fitted in quiet, shown in their dock, on the sliders, live in a drive."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from explorer import probing
from explorer.latents.panel import LatentPanel
from explorer.latents.slider import LatentSlider
from explorer.latents.track import TALL
from explorer.probes.panel import ProbePanel
from explorer.probes.table import HEAD, ROW, Group, Row
from explorer.session import SAMPLE_FRAMES
from models.probes import QUANTITIES
from tests.explorer.conftest import ready

NAMES = [quantity.name for quantity in QUANTITIES]


def row(name="speed", **known):
    plain = Row(name, "m/s", 0.5, "z03", 0.25, 0.0, 60.0, "how fast it goes")
    return plain._replace(**known)


@pytest.fixture
def panel(qtbot):
    made = ProbePanel()
    qtbot.addWidget(made)
    made.resize(300, 500)
    made.setReady(True)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture(scope="session")
def told_path(tmp_path_factory):
    """Some of the sample frames with all that is known of them."""
    path = tmp_path_factory.mktemp("told") / "told.npz"
    with np.load(SAMPLE_FRAMES) as arrays:
        np.savez(path, **{name: array[::8][:240] for name, array in arrays.items()})
    return path


@pytest.fixture
def probed(open_window, model_path, told_path, monkeypatch):
    """The window with probes fitted on those frames, and their dock open."""
    monkeypatch.setattr(probing, "IDLE_MS", 50)
    visit = ready(open_window(model_path, "--frames", told_path, "--device", "cpu"))
    visit.click("probesButton")
    visit.until(lambda: visit.window.probing.probes is not None)
    return visit


def painted(widget):
    image = widget.grab().toImage()
    return np.array(image.convertToFormat(image.Format.Format_RGB32).constBits()).copy()


# The dock by itself


def test_a_sentence_stands_where_there_is_no_table(panel, qtbot):
    assert not panel.table.isVisible() and not panel.copy.isEnabled()
    panel.setProbes([Group("the car", (row(),))], "10 frames")
    assert panel.table.isVisible() and panel.copy.isEnabled()
    panel.clear("This model has no encoder.")
    assert not panel.table.isVisible() and not panel.copy.isEnabled()
    said = panel.findChild(type(panel._said), "probeMessage")
    assert said.isVisible() and said.text() == "This model has no encoder."


def test_fit_asks_for_the_chosen_frames(panel, qtbot):
    with qtbot.waitSignal(panel.fitRequested) as asked:
        qtbot.mouseClick(panel.fit, Qt.MouseButton.LeftButton)
    assert asked.args == ["open"]
    qtbot.keyClick(panel.frames, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.fitRequested) as asked:
        qtbot.mouseClick(panel.fit, Qt.MouseButton.LeftButton)
    assert asked.args == ["recording"]
    panel.setReady(False)
    assert not panel.fit.isEnabled()


def test_truth_and_reading_are_painted_where_they_stand(panel):
    panel.setProbes([Group("the car", (row(), row("steering", low=-1.0, high=1.0)))], "")
    table = panel.table
    before = painted(table)
    table.setLive(np.array([30.0, 0.5]), np.array([15.0, -0.5]), np.ones(2, bool))
    assert (painted(table) != before).any()
    assert table.truth().tolist() == [30, 0.5] and table.reading().tolist() == [15, -0.5]
    live = painted(table)
    table.setLive(np.array([30.0, 0.5]), np.array([15.0, -0.5]), np.array([True, False]))
    assert (painted(table) != live).any()  # what the frame does not show is muted
    table.setLive(np.array([np.nan, np.inf]), np.array([1e9, -1e9]), np.ones(2, bool))
    painted(table)  # beyond the gauge, or not at all
    table.setGroups([Group("", (row(r2=np.nan, latent="", low=0.0, high=0.0),))])
    table.setLive(np.array([1.0]), np.array([2.0]), np.ones(1, bool))
    painted(table)


def test_each_row_explains_itself_to_eye_and_ear(panel):
    panel.setProbes([Group("", (row(), row("steering", r2=-0.02, latent="", tip="wheels")))], "")
    table = panel.table
    told = table.accessibleDescription().splitlines()
    assert told == ["speed: R² 0.50, best latent z03 0.25", "steering: R² -0.02"]
    last = QPoint(20, HEAD + 22 + ROW + 5)
    tip = QHelpEvent(QEvent.Type.ToolTip, last, table.mapToGlobal(last))
    QApplication.sendEvent(table, tip)
    assert QToolTip.text() == "wheels"
    QToolTip.hideText()


# On the sliders


def test_a_tall_slider_says_below_its_track_what_it_means(qtbot):
    slider = LatentSlider(3)
    qtbot.addWidget(slider)
    pictures = []
    for height in (TALL - 1, TALL):
        slider.resize(180, height)
        slider.setMeaning("")
        plain = painted(slider)
        slider.setMeaning("curvature 20 m, R² 0.81")
        pictures.append((painted(slider) != plain).any())
    assert pictures == [False, True]
    assert "curvature 20 m, R² 0.81" in slider.toolTip()
    assert "curvature 20 m, R² 0.81" in slider.accessibleDescription()
    slider.setName("z04")
    assert "curvature 20 m, R² 0.81" in slider.toolTip() and "z04" in slider.toolTip()


def test_meanings_are_of_latents_and_not_of_axes(qtbot):
    panel = LatentPanel(4)
    qtbot.addWidget(panel)
    texts = ["speed, R² 0.20", "", "", "steering, R² 0.30"]
    panel.setMeanings(texts)
    sliders = [panel.findChild(LatentSlider, f"latentSlider{i:02d}") for i in range(4)]
    assert [slider.meaning() for slider in sliders] == texts
    panel.setMeanings([])
    assert [slider.meaning() for slider in sliders] == [""] * 4


# In the window


def meanings(visit):
    """What stands on the sliders."""
    return [visit.find(f"latentSlider{i:02d}").meaning() for i in range(32)]


def test_sliders_and_table_tell_and_in_a_drive_truth_and_reading_of_the_frame_on_show(probed):
    window, session = probed.window, probed.session
    told = meanings(probed)
    assert told == window.probing.probes.meanings() and any(told)
    probed.click("axesButton")
    assert not any(meanings(probed))  # an axis tells nothing
    probed.click("axesButton")
    assert meanings(probed) == told

    assert "240 frames" in probed.find("probeSource").text()
    assert "told.npz" in probed.find("probeSource").text()
    probed.click("copyProbesButton")
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["quantity", *NAMES]

    table = window.probes.table
    assert [row.name for row in table.rows()] == NAMES
    probed.click("autopilotButton")
    probed.click("driveButton")
    probed.until(lambda: np.isfinite(table.truth()).all())
    probed.until(lambda: len(window.driving.history) > 20)

    def check(seen):
        told = seen.telemetry
        truth = [told.offset, told.heading_error, *told.curvature, told.wheels_on_grass]
        truth += [told.steering, told.speed, told.yaw_rate]
        assert table.truth() == pytest.approx(truth)
        mu = session.vae.posterior(seen.frame).mu.astype(float)
        fitted = window.probing.probes.fitted
        reading = [sum(mu * one.probe.weights) + one.probe.bias for one in fitted]
        assert table.reading() == pytest.approx(reading, rel=1e-3, abs=1e-3)

    history = window.driving.history
    number = history.first + len(history) - 1
    window.driving.recall(number)
    check(history.at(number))
    window.driving.recall(number - 20)
    check(history.at(number - 20))
    probed.click("driveButton")
    probed.until(lambda: not session.driver.is_running())
    probed.click("liveButton")
    check(history.at(history.end - 1))


def test_without_telemetry_the_sample_frames_stand_in_and_are_named(visit, told_path):
    visit.click("probesButton")
    visit.until(lambda: visit.window.probing.probes is not None)
    assert "the sample frames" in visit.find("probeSource").text()
    visit.click("fitProbesButton")
    visit.until(lambda: "bring no telemetry" in visit.find("probeMessage").text())
    assert visit.window.probes.table.isVisible()  # what there was is kept
    field = visit.find("probeFramesField")
    field.setFocus()
    visit.qtbot.keyClick(field, Qt.Key.Key_Down)
    visit.click("fitProbesButton")
    assert "Nothing has been recorded" in visit.find("probeMessage").text()
    visit.session.recordings.newest = told_path
    visit.click("fitProbesButton")
    visit.until(lambda: "of told.npz" in visit.find("probeSource").text())
    assert not visit.find("probeMessage").isVisible()


def test_other_frames_and_another_model_bring_other_probes(
    probed, told_path, tmp_path, small_model_path, foreign_paths
):
    other = tmp_path / "other.npz"
    with np.load(told_path) as arrays:
        np.savez(other, **{name: array[:120] for name, array in arrays.items()})
    probed.session.open_frames(other)
    probed.until(lambda: "of other.npz" in probed.find("probeSource").text())
    assert "120 frames" in probed.find("probeSource").text()
    window = probed.window
    probed.session.open_model(small_model_path)
    probed.until(lambda: window.latents.z().size == 8)
    assert not any(probed.find(f"latentSlider{i:02d}").meaning() for i in range(8))
    probed.until(lambda: window.probing.probes is not None)
    assert len(window.probing.probes.meanings()) == 8
    probed.session.open_model(foreign_paths[1])
    probed.until(lambda: window.probing.probes is None)
    assert "no encoder" in probed.find("probeMessage").text()
    assert not probed.can_click("fitProbesButton")


def test_a_training_leaves_them_behind_and_its_end_brings_new_ones(
    open_window, model_path, told_path, monkeypatch
):
    monkeypatch.setattr(probing, "IDLE_MS", 50)
    visit = ready(open_window(model_path, "--frames", told_path, "--device", "cpu"))
    visit.until(lambda: visit.window.probing.probes is not None)
    first = visit.window.probing.probes
    visit.window.training.form.setValues({"steps": 1000, "batch_size": 4})
    visit.click("trainButton")
    visit.until(lambda: visit.window.probes.table.isStale())
    assert "of step 1\u2009234" in visit.window.probes.state()
    assert visit.window.probing.probes is first
    visit.click("stopButton")
    visit.until(lambda: visit.window.probing.probes is not first)
    visit.until(lambda: not visit.window.probes.table.isStale())
