"""The map in the window: real means of real frames, and directions from drag to picture to file."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from explorer import mapping, picture_jobs
from models import checkpoint, direction_file


@pytest.fixture
def mapped(visit):
    """The visit with the map on screen and its cloud encoded."""
    return with_map(visit)


def with_map(visit):
    visit.click("mapButton")
    visit.until(lambda: visit.window.mapping.cloud is not None)
    return visit


def means(visit, indices=slice(None)):
    """What the model says of the open frames, without the window."""
    frames = visit.session.frames
    return visit.session.vae.posterior(frames.take(np.arange(len(frames))[indices])).mu


def place(visit, mu):
    return QPoint(*np.rint(visit.find("mapView").placeOf(visit.window.mapping.plane.of(mu))[0])
                  .astype(int).tolist())  # fmt: skip


def lonely(visit, mu):
    """The index of the point that is farthest from all others on the map."""
    points = visit.window.mapping.plane.of(mu)
    apart = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return int(apart.min(1).argmax())


def enclose(visit, name, left, right):
    """Drag a box around all points between two shares of the map's width."""
    if visit.window.map.selecting() != name:
        visit.click(f"group{name}Button")
    view = visit.find("mapView")
    x0, x1, tall = round(left * view.width()), round(right * view.width()), view.height() - 1
    corners = [(x0, 1), (x1, 1), (x1, tall), (x0, tall), (x0, 9)]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(*corners[0]))
    for corner in corners[1:]:
        QTest.mouseMove(view, QPoint(*corner))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(*corners[-1]))
    points = view.placeOf(visit.window.mapping.plane.of(means(visit)))
    return (points[:, 0] > x0) & (points[:, 0] < x1)


def make(visit):
    """A direction from the left of the map to its right; gives both means."""
    left, right = enclose(visit, "A", 0, 0.45), enclose(visit, "B", 0.55, 1)
    mu = means(visit)
    visit.click("directionButton")
    return mu[left].astype(float).mean(0), mu[right].astype(float).mean(0)


def drag(visit, number, *coordinates):
    slider = visit.find(f"directionSlider{number:02d}")
    places = [QPoint(round(slider.xOf(value)), slider.height() // 2) for value in coordinates]
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=places[0])
    for one in places[1:]:
        QTest.mouseMove(slider, one)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=places[-1])


def names(visit):
    return [row.name.text() for row in visit.window.map.directions.rows]


def kept(visit, folder):
    """What is on disk for the current model, once the keeper has had its turn."""
    return [one.name for one in direction_file.change(folder, visit.session.vae).directions]


def test_frames_and_a_drive_stand_where_the_model_sees_them_and_a_click_goes_to_one(
    mapped, other_model_path
):
    assert mapped.window.focusWidget() in (None, mapped.window)  # no key presses anything
    mu = means(mapped)
    np.testing.assert_allclose(mapped.window.mapping.cloud.mu, mu, atol=1e-5)
    index = lonely(mapped, mu)
    frame = mapped.session.frames.take(np.array([index]))[0]
    view, there = mapped.find("mapView"), place(mapped, mu[[index]])
    QTest.mouseMove(view, there)
    mapped.until(lambda: np.array_equal(mapped.picture("mapPreview"), frame))
    assert f"frame {index} of 240" in mapped.find("mapPointCaption").text()
    mapped.qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=there)
    mapped.until(lambda: np.allclose(mapped.z(), mu[index], atol=1e-5))
    assert np.array_equal(mapped.picture("encoderInput"), frame)
    mapped.until(mapped.shows)
    before = mapped.z()
    mapped.qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(1, view.height() - 1))
    assert mapped.z() is before
    # Behind another tab nothing is drawn, and one press brings it back.
    wide = mapped.find("mapView").width()
    mapped.click("probesButton")
    mapped.until(lambda: not mapped.window.map.isVisible())
    assert not mapped.find("mapButton").isChecked()
    mapped.click("mapButton")
    mapped.until(mapped.window.map.isVisible)
    assert mapped.find("mapView").width() == wide  # the place of the docks is as wide as it was
    # The panel behind takes no keyboard either.
    mapped.find("mapButton").setFocus()
    stops = [QApplication.focusWidget()]
    while True:
        QTest.keyClick(stops[-1], Qt.Key.Key_Tab)
        if QApplication.focusWidget() in stops:
            break
        stops.append(QApplication.focusWidget())
    assert mapped.find("mapFitButton") in stops
    assert all(not one.visibleRegion().isEmpty() for one in stops)
    # Other components: another plane, the same frames.
    box = mapped.find("mapUpBox")
    box.setFocus()
    QTest.keyClicks(box, "z03")
    assert mapped.window.mapping.plane.up.name == "z03"
    np.testing.assert_allclose(mapped.window.mapping.plane.of(mu)[:, 1], mu[:, 3], atol=1e-6)
    # A drive leaves a trail, and a click on it goes back.
    mapped.click("autopilotButton")
    mapped.click("driveButton")
    history = mapped.window.driving.history
    mapped.until(lambda: len(history) > 12)
    mapped.click("holdButton")
    # The newest as well, after which nothing comes.
    mapped.until(lambda: not mapped.window.driving.is_live() and len(view._trail) == len(history))
    mapped.find("mapColorBox").setCurrentIndex(1)
    low, high = mapped.find("mapColorBar").ends()
    assert float(low) < float(high)
    number = history.first + lonely(mapped, history.mu)
    seen = history.at(number)
    there = place(mapped, seen.posterior.mu[None])
    for picture in (seen.recon, seen.input):  # with goggles, and without
        mapped.click("gogglesButton")
        QTest.mouseMove(view, QPoint(1, view.height() - 1))
        QTest.mouseMove(view, there)
        assert np.array_equal(mapped.picture("mapPreview"), picture)
    mapped.qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=there)
    found = mapped.window.driving.moment
    assert found is not None
    assert np.array_equal(mapped.z(), history.at(found).posterior.mu)
    there = view.placeOf(mapped.window.mapping.plane.of(mapped.z()))
    wanted = view.placeOf(mapped.window.mapping.plane.of(seen.posterior.mu))
    np.testing.assert_allclose(there, wanted, atol=1)
    # Whatever comes after it, map and strip tell the same of its age.
    for end in range(history.end, history.end + 12):  # one by one: none is left on its way
        mapped.session.driver.step()
        mapped.until(lambda end=end: history.end > end)
    strip = mapped.window.drive_panel.strip

    def ago() -> str:
        return strip.stretch().seconds(strip.stretch().cursor)[1:]

    told = mapped.find("mapPointCaption").text
    mapped.until(lambda: f"drive, {ago()} before the newest" in told())
    # A click on the cloud leaves it, for the newest of the drive and the cloud's frame.
    mapped.qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place(mapped, mu[[index]]))
    mapped.until(lambda: np.array_equal(mapped.picture("encoderInput"), frame))
    assert mapped.window.driving.moment is None and strip.stretch().cursor is None
    # As sharp as it was driven: of the past there are small pictures only.
    width, height = mapped.find("driveView").pictureSize()
    assert mapped.picture("driveView").shape == (height, width, 3)
    np.testing.assert_allclose(mapped.z(), mu[index], atol=1e-5)
    # Another model knows nothing of it.
    mapped.click("driveButton")
    mapped.until(lambda: not mapped.session.driver.is_running())
    mapped.session.open_model(other_model_path)
    mapped.until(lambda: mapped.find("mapColorBar").ends() == ("", ""))


def test_two_groups_make_a_slider_that_moves_z_from_mean_to_mean(mapped, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert not mapped.can_click("directionButton")
    monkeypatch.setattr(direction_file, "write_atomically", full)
    a, b = make(mapped)
    # Where nothing can be kept it works as well, and a sentence says so.
    assert "No space left on device" in mapped.dialog().text()
    mapped.dismiss()
    vae = mapped.session.vae
    for name, mean in (("A", a), ("B", b)):
        wanted = vae.image(mean.astype(np.float32))
        mapped.until(
            lambda name=name, wanted=wanted: np.array_equal(
                mapped.picture(f"group{name}Picture"), wanted
            )
        )
    assert names(mapped) == ["direction 1"]
    [made] = mapped.session.directions
    np.testing.assert_allclose(made.start, a, atol=1e-6)
    np.testing.assert_allclose(made.vector, b - a, atol=1e-6)
    before = mapped.z()
    drag(mapped, 0, made.coordinate(before), 0.0, 0.4, 1.0)
    z = mapped.z()
    along = (b - a) / np.linalg.norm(b - a)
    across = (z - before) - along * (along @ (z - before))
    np.testing.assert_allclose(across, 0, atol=1e-5)
    now = (b - a) @ (z - a) / ((b - a) @ (b - a))
    assert now == pytest.approx(1, abs=0.02)
    assert mapped.find("directionValue00").text() == f"{now:+.2f}"
    mapped.until(mapped.shows)
    assert np.array_equal(mapped.picture(), vae.image(z))
    mapped.click("undoButton")  # the whole drag
    assert np.array_equal(mapped.z(), before)
    # The hand on a latent moves the slider as well.
    mapped.type_into("latentValue04", "1.5")
    now = (b - a) @ (mapped.z() - a) / ((b - a) @ (b - a))
    assert mapped.find("directionSlider00").value() == round(1000 * min(max(now, -1), 2))


def test_a_direction_is_named_removed_brought_back_saved_and_there_when_its_model_is(
    mapped, own_directions, model_path, other_model_path, tmp_path
):
    make(mapped)
    mapped.click("directionButton")
    assert "direction 1" in mapped.find("mapMessage").text()
    enclose(mapped, "B", 0.7, 1)
    mapped.click("directionButton")
    assert names(mapped) == ["direction 1", "direction 2"]
    assert not mapped.find("mapMessage").text()
    mapped.type_into("directionName00", "<b>bend</b>")
    mapped.click("directionRemove01")
    assert names(mapped) == ["<b>bend</b>"]
    mapped.click("undoButton")
    assert names(mapped) == ["<b>bend</b>", "direction 2"]
    mapped.click("redoButton")
    mapped.until(lambda: kept(mapped, own_directions) == ["<b>bend</b>"])
    saved = tmp_path / "saved.safetensors"
    mapped.session.save_model(saved)
    mapped.until(saved.exists)
    [made] = mapped.session.directions
    [found] = checkpoint.load(saved).directions
    assert found.is_same(made) and found.name == "<b>bend</b>"
    # Another model has none of them; the same weights from the file without them have.
    mapped.session.open_model(other_model_path)
    mapped.until(lambda: names(mapped) == [])
    mapped.session.open_model(model_path)
    mapped.until(lambda: names(mapped) == ["<b>bend</b>"])
    mapped.click("directionRemove00")
    mapped.until(lambda: kept(mapped, own_directions) == [])
    # What was removed from the model's own file stays removed.
    mapped.session.open_model(saved)
    mapped.until(lambda: mapped.session.model.name == "saved" and names(mapped) == [])


def test_other_latents_have_a_map_of_their_own_and_no_encoder_has_none(
    mapped, small_model_path, foreign_paths
):
    make(mapped)
    mapped.session.open_model(small_model_path)
    mapped.until(lambda: mapped.z().size == 8 and mapped.window.mapping.cloud is not None)
    assert mapped.window.mapping.cloud.mu.shape == (240, 8)
    assert mapped.find("mapUpBox").count() == 16
    assert names(mapped) == [] and not mapped.can_click("directionButton")
    mapped.session.open_model(foreign_paths[1])
    mapped.until(lambda: mapped.session.eye() is None)
    assert not mapped.find("groupAButton").isEnabled()
    assert not mapped.find("mapUpBox").isEnabled()
    assert mapped.window.mapping.cloud is None


def test_training_marks_the_cloud_as_old_and_ends_with_a_new_one(visit, monkeypatch):
    monkeypatch.setattr(mapping, "AGAIN_SECONDS", 1e3)
    monkeypatch.setattr(picture_jobs, "CLOUD_BREATH", 0.01)  # 15 are longer than a snapshot waits
    visit.click("trainButton")
    visit.until(lambda: visit.session.vae is not visit.session.model.vae)
    mapped = with_map(visit)  # a stream of snapshots does not keep the cloud away
    assert mapped.session.trainer.is_running()
    window, old = mapped.window, mapped.window.mapping.cloud
    a, _ = make(mapped)
    mapped.until(lambda: mapped.session.vae is not old.vae)
    assert "of earlier weights" in mapped.find("mapCaption").fullText()
    assert window.mapping.cloud is old
    monkeypatch.setattr(mapping, "AGAIN_SECONDS", 0)
    monkeypatch.setattr(mapping, "AGAIN_SHARE", 0)
    visit.click("mapButton")  # which covered the training
    visit.until(visit.find("stopButton").isVisible)
    mapped.click("stopButton")
    visit.click("mapButton")
    mapped.until(lambda: not mapped.session.trainer.is_running())
    mapped.until(lambda: window.mapping.cloud.vae is mapped.session.vae)
    np.testing.assert_allclose(window.mapping.cloud.mu, means(mapped), atol=1e-5)
    assert names(mapped) == ["direction 1"]  # the model grew, and is no other
    assert not np.array_equal(window.grouping.mu("A").mean(0), a)
