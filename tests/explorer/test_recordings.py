"""Recorded drives in the window: listed, replayed byte for byte, trained on, written as films."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer import dialogs
from models import dataset, shards
from models.shards import INDEX, Columns, Writer
from tests.telemetry import telemetry

FRAMES = 32


@pytest.fixture
def recorded(own_drives, few_frames):
    """Writes a drive of some of the few frames; gives its folder."""

    def write(name, frames=FRAMES, seed=7):
        rows = [(0, telemetry(51 + k, speed=float(k)), seed) for k in range(frames)]
        writer = Writer(own_drives / name)
        writer.add("shard-00000", few_frames[:frames], Columns.of(rows))
        return writer.folder

    return write


@pytest.fixture
def listed(recorded, visit):
    """The window with the list open, of two drives; gives the visit and their folders."""
    folders = recorded("2026-03-05 06.07.08.90"), recorded("2026-03-04 05.06.07.89", 20, seed=8)
    open_list(visit, 2)
    return visit, *folders


def open_list(visit, rows):
    visit.click("recordingsButton")
    visit.until(lambda: visit.find("drivesTable").rowCount() == rows)


def choose(visit, row):
    """Press on a row by mouse."""
    table = visit.find("drivesTable")
    middle = table.visualItemRect(table.item(row, 0)).center()
    visit.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def chosen(visit):
    return visit.window.replaying.dialog.table.drive()


def status(visit):
    return visit.find("drivesStatus").fullText()


def newest(visit):
    """The Observation that was seen last."""
    history = visit.window.driving.history
    return history.at(history.first + len(history) - 1) if len(history) else None


def sees(visit, frame):
    return np.array_equal(visit.picture("encoderInput"), frame)


def test_a_replay_shows_the_very_frames_of_the_recording_at_any_place(listed):
    visit, folder, _ = listed
    recorded = dataset.load(folder)
    frames = recorded.take(np.arange(len(recorded)))
    choose(visit, 0)
    visit.click("replayDriveButton")
    history, seen = visit.window.driving.history, {}

    def all_came():
        for one in history.since(history.first):
            seen[one.place] = one
        return FRAMES - 1 in seen

    visit.until(all_came)
    assert not visit.window.replaying.dialog.isVisible()
    assert visit.window.focusWidget() is visit.find("driveView")
    assert len(seen) > 5
    for place, one in seen.items():
        assert np.array_equal(one.frame, frames[place])
        assert np.array_equal(one.input, frames[place])
        assert one.telemetry.speed == place
    assert sees(visit, frames[-1]) and visit.find("replayButton").isChecked()

    # It rests there: the strip keeps what led to it, and another press plays it again.
    end = history.end
    for _ in range(2):
        with visit.qtbot.waitSignal(visit.window.driving.stepped):
            pass
    assert history.end == end
    laps = visit.find("lapTimes")
    visit.until(lambda: laps.text() == f"replay of {folder.name}")
    field = visit.find("trackSeedField")
    assert field.value() == 7 and not field.isEnabled()
    visit.click("replayButton")
    visit.until(lambda: {0, FRAMES - 1} <= {one.place for one in history.since(end)})

    # Played on from a place that is chosen meanwhile.
    slider = visit.find("replaySlider")
    slider.setFocus()
    number = history.first + len(history)
    QTest.keyClick(slider, Qt.Key.Key_Home)
    visit.until(lambda: {0, FRAMES - 1} <= {one.place for one in history.since(number)})

    # Held: each place that is gone to shows its one frame.
    visit.click("holdButton")
    for key, place in ((Qt.Key.Key_Home, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_End, FRAMES - 1)):
        QTest.keyClick(slider, key)
        visit.until(lambda place=place: sees(visit, frames[place]))
        assert slider.value() == place and visit.find("holdButton").isChecked()
    # And after a look back at a moment of the drive.
    visit.window.driving.recall(history.first)
    visit.qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, slider.height() // 2))
    visit.until(lambda: sees(visit, frames[slider.value()]))
    assert visit.window.driving.moment is None

    # The car goes on when the replay is left, and the replay when it is taken up again.
    visit.click("autopilotButton")
    visit.until(lambda: newest(visit).place is None)
    assert not slider.isVisible()
    assert field.value() == visit.session.controls.seed != 7 and field.isEnabled()
    visit.until(lambda: "lap" in laps.text())
    visit.click("replayButton")
    visit.until(lambda: newest(visit).place is not None)
    assert slider.isVisible()
    visit.click("driveButton")
    visit.until(lambda: not visit.session.driver.is_running())
    visit.qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, slider.height() // 2))
    visit.until(visit.session.driver.is_running)  # a place that is chosen then starts it again


def test_what_is_done_with_the_drives_of_the_list(
    recorded, visit, tmp_path, monkeypatch, few_frames
):
    # Replay without a recording opens the list, and leaves the drive as it is.
    visit.click("replayButton")
    assert visit.find("drivesTable").isVisible() and visit.find("youButton").isChecked()
    assert not visit.session.driver.is_running()
    visit.until(lambda: "press Drive" in status(visit))

    # Drives of an earlier day can be trained on at once.
    folder, other = recorded("2026-03-05 06.07.08.90"), recorded("2026-03-04 05.06.07.89")
    visit.window.replaying.dialog.close()
    open_list(visit, 2)
    assert visit.session.recordings.newest == folder
    assert visit.can_click("framesDriveButton")
    choose(visit, 1)
    visit.click("trainOnDriveButton")
    visit.until(lambda: visit.session.frames.name == other.name)
    visit.type_into("batchSizeField", "2")
    visit.click("trainButton")
    visit.until(lambda: visit.window.training.curves.step() > 1)
    visit.click("stopButton")

    # One from elsewhere is listed, and refused once it is of another recipe.
    rows = [(0, telemetry(51 + 5 * k), 900) for k in range(10)]
    writer = Writer(tmp_path / "collected")
    writer.add("a", few_frames[:10], Columns.of(rows))
    monkeypatch.setattr(dialogs, "ask_for_folder", lambda *_: str(writer.folder))
    visit.click("openDriveFolderButton")
    visit.until(lambda: visit.find("drivesTable").rowCount() == 3)
    assert chosen(visit).folder == writer.folder and chosen(visit).seconds == 1
    assert not visit.can_click("deleteDriveButton")  # it is not this program's to delete
    index = json.loads((writer.folder / INDEX).read_text()) | {"recipe": "doom/whole-screen"}
    (writer.folder / INDEX).write_text(json.dumps(index))
    for name in ("replayDriveButton", "openDriveFolderButton"):
        visit.window.replaying.dialog.say("")
        visit.click(name)
        visit.until(lambda: "doom/whole-screen" in status(visit))
    assert not visit.session.driver.is_running()

    # And one is deleted when the person says so.
    choose(visit, 1)
    visit.click("deleteDriveButton")
    asked = visit.find("deleteDriveDialog").text()
    assert "An unfinished run learns from it" in asked and str(other) in asked
    [delete] = [b for b in visit.find("deleteDriveDialog").buttons() if b.text() == "Delete"]
    visit.qtbot.mouseClick(delete, Qt.MouseButton.LeftButton)
    visit.until(lambda: visit.find("drivesTable").rowCount() == 2)
    assert folder.is_dir() and not other.exists()


def export(visit, monkeypatch, path, kind):
    monkeypatch.setattr(dialogs, "ask_where", lambda *_: str(path))
    button = visit.find("exportDriveButton")
    [action] = [one for one in button.menu().actions() if one.text().startswith(kind)]
    action.trigger()


def test_a_drive_is_written_as_a_film_or_not_at_all(listed, monkeypatch, tmp_path):
    visit, folder, _ = listed
    (tmp_path / "films").mkdir()
    path = tmp_path / "films" / "drive.gif"
    export(visit, monkeypatch, path, "GIF")
    visit.until(lambda: status(visit) == f"Saved {path}")
    frames = dataset.load(folder).take(np.array([0]))
    with Image.open(path) as gif:
        assert gif.n_frames == FRAMES / 4
        page = np.asarray(gif.convert("RGB"), int)
    recon = visit.session.vae.image(visit.session.vae.posterior(frames).mu)
    for left, picture in ((8, frames[0]), (page.shape[1] - 8 - 160, recon[0])):
        assert np.abs(page[-128:-8:2, left : left + 160 : 2] - picture).mean() < 4
    whole = path.read_bytes()

    monkeypatch.setattr("models.drive_film.BATCH", 1)
    visit.window.filming.worker.set_pace(20)  # pictures a second: the hand is in time
    export(visit, monkeypatch, path, "GIF")
    visit.until(lambda: visit.find("driveFilmProgress").value() > 0)
    assert not visit.can_click("exportDriveButton")  # one film at a time
    visit.click("cancelDriveFilmButton")
    visit.until(lambda: status(visit).startswith("Cancelled"))
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == whole  # the one before

    nowhere = path / "drive.gif"
    export(visit, monkeypatch, nowhere, "GIF")
    visit.until(lambda: status(visit) == f"{nowhere}: cannot be written (Not a directory).")
    monkeypatch.setattr("explorer.filming.find_spec", lambda _name: None)
    export(visit, monkeypatch, tmp_path / "drive.mp4", "MP4")
    assert "pip install imageio-ffmpeg" in status(visit)


def begin(visit):
    visit.click("driveButton")
    visit.until(lambda: visit.picture("driveView") is not None)


def test_a_recording_that_ends_while_the_drive_is_held_lands_at_once(visit, short_zoom):
    begin(visit)
    visit.click("recordButton")
    visit.until(lambda: (visit.session.recordings.frames() or 0) > 3)
    visit.click("holdButton")
    visit.until(lambda: visit.session.driver.is_paused())
    visit.click("recordButton")
    visit.until(lambda: visit.session.recordings.newest is not None)
    assert visit.session.driver.is_paused() and visit.find("holdButton").isChecked()
    kept = dataset.load(visit.session.recordings.newest)
    # The step that the driver was at when it was held may come after the last kept.
    last = kept.take(np.array([len(kept) - 1]))[0]
    history = visit.window.driving.history
    visit.until(lambda: any((seen.frame == last).all() for seen in history.since(history.end - 2)))


def test_a_full_disk_ends_the_recording_whole_and_the_drive_goes_on(visit, short_zoom, monkeypatch):
    monkeypatch.setattr("models.recorder.SHARD_FRAMES", 4)
    whole, full, written = shards.write_atomically, [], []

    def fills(path, write):
        if path.suffix == ".npy":
            if full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written.append(path)
        whole(path, write)

    monkeypatch.setattr(shards, "write_atomically", fills)
    begin(visit)
    visit.click("recordButton")
    visit.until(lambda: len(written) > 1)
    open_list(visit, 1)
    assert not visit.can_click("deleteDriveButton")  # while it is written
    full.append(True)
    sentence = visit.dialog().text()
    kept = 4 * len(written)
    assert f"the recording ended after {kept} frames (No space left on device)" in sentence
    visit.dismiss()
    assert not visit.find("recordButton").isChecked()
    folder = visit.session.recordings.newest
    assert str(folder) in sentence and len(dataset.load(folder)) == kept
    step = newest(visit).telemetry.step
    visit.until(lambda: newest(visit).telemetry.step > step + 5)  # the drive goes on
    visit.until(lambda: chosen(visit).frames == kept)
    assert visit.can_click("deleteDriveButton")
