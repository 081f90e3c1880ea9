"""The window of frames: what it tells, what it shows, and how collected frames arrive in it."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from explorer import jobs
from explorer.frames.grid import CELLS
from explorer.frames.source import Source, page, pages
from explorer.frames.strip import SplitStrip
from models import dataset
from tests.explorer.test_training_panel import THIN


def source(episode, held_out, nbytes=1_234_000) -> Source:
    mask = np.isin(np.arange(len(episode)), held_out)
    return Source("drives", nbytes, ((80, 60),), (80, 60), np.array(episode), mask)


@pytest.fixture
def opened(visit):
    """The visit with the window of frames open and its first pictures in it."""
    visit.click("framesButton")
    visit.until(lambda: len(visit.window.collecting.dialog.grid.cells()) == CELLS)
    return visit


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(jobs, "LANDING_FRAMES", 20)


def shows_present(visit) -> bool:
    """Whether the preview is of the frames that are trained on now."""
    dialog, frames = visit.window.collecting.dialog, visit.session.frames
    return np.array_equal(dialog.grid.pictures(), frames.take(dialog.shown()))


def said(visit) -> str:
    return visit.find("collectStatus").fullText()


def has_ended(visit) -> bool:
    """Whether no collection is on any more, and the window says so."""
    return not visit.window.collecting.dialog.collection.isRunning()


# Numbers


@pytest.mark.parametrize("count", [1, 5, 24, 25, 240, 1001])
def test_the_pages_together_show_every_frame(count):
    shown = [page(count, CELLS, offset) for offset in range(pages(count, CELLS))]
    assert set(np.concatenate(shown)) == set(range(count))
    assert all(len(one) == min(count, CELLS) for one in shown)
    assert all((np.diff(one) > 0).all() for one in shown)


def test_episodes_are_counted_in_their_order_and_told_apart_by_side():
    told = source([7, 7, 7, 3, 3, 9, 9, 9], held_out=[3, 4, 7])
    assert told.ordinals().tolist() == [1, 1, 1, 2, 2, 3, 3, 3]
    starts, runs = told.runs()
    assert starts.tolist() == [0, 3, 5, 7] and runs.tolist() == [0, 0, 0, 1, 1, 2, 2, 3]
    assert told.sides() == ((5, 2), (3, 2))


def test_the_strip_is_coloured_where_frames_are_held_out(qtbot):
    strip = SplitStrip()
    qtbot.addWidget(strip)
    strip.resize(400, strip.sizeHint().height())
    strip.setSource(source([7] * 200 + [3] * 100 + [9] * 100, held_out=range(200, 300)))
    strip.show()
    shot = strip.grab().toImage()
    colors = [shot.pixelColor(x, 9).name() for x in (100, 250, 350)]
    assert colors[0] == colors[2] != colors[1]
    assert strip.tell(250) == "Episode 2: 100 frames, held out"
    assert strip.tell(399) == "Episode 3: 100 frames, to train on"
    assert "300 frames to train on, in 2 episodes" in strip.accessibleDescription()


# The window


def test_it_tells_and_shows_what_is_trained_on(opened):
    frames, dialog = opened.session.frames, opened.window.collecting.dialog
    assert opened.find("framesName").fullText() == "few.npz"
    assert opened.find("framesFacts").fullText().startswith("240 frames · 3 episodes · 3.46 MB")
    opened.until(lambda: shows_present(opened))
    _, held_out = frames.split()
    for cell, index in zip(dialog.grid.cells(), dialog.shown(), strict=True):
        assert cell.frame == index
        assert cell.episode == frames.episode[index] + 1
        assert cell.held_out == (index in held_out)
    before, slider = dialog.shown(), opened.find("framesSlider")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert np.array_equal(dialog.shown(), before + 1)
    opened.until(lambda: shows_present(opened))
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert dialog.shown()[-1] == 239
    opened.until(lambda: shows_present(opened))


def test_other_frames_are_opened_from_it(opened, tmp_path, few_frames, monkeypatch):
    np.save(tmp_path / "fewer.npy", few_frames[:10])
    asked = [str(tmp_path / "fewer.npy")]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (asked[0], ""))
    opened.click("framesFileButton")
    opened.until(lambda: len(opened.window.collecting.dialog.grid.cells()) == 10)
    opened.until(lambda: shows_present(opened))
    assert not opened.find("framesSlider").isEnabled()
    assert not opened.can_click("framesDriveButton")
    opened.click("framesSampleButton")
    opened.until(lambda: opened.find("framesName").fullText() == "Sample frames")
    assert f"2{THIN}000 frames" in opened.find("framesFacts").fullText()


# Collecting


def test_collected_frames_take_the_place_of_others_and_grow(opened, own_collections, small_shards):
    assert opened.find("collectAddCheck").isChecked()  # these are a person's own
    opened.click("collectAddCheck")
    opened.type_into("collectFramesField", "45")
    sizes = []
    session = opened.session
    session.framesChanged.connect(lambda: sizes.append(("replaced", len(session.frames))))
    session.framesGrown.connect(lambda: sizes.append(("grown", len(session.frames))))
    opened.click("collectButton")
    opened.until(lambda: has_ended(opened))
    assert [kind for kind, _ in sizes] == ["replaced", "grown", "grown"]
    assert sizes[-1][1] == 45 and opened.find("collectProgress").value() == 0
    (folder,) = own_collections.iterdir()
    assert session.frames.name == folder.name and str(folder) in said(opened)
    on_disk = dataset.load(folder)
    assert np.array_equal(np.sort(session.frames.episode), np.sort(on_disk.episode))
    opened.until(lambda: shows_present(opened))

    opened.type_into("collectFramesField", "5")  # more of the same: one folder holds both
    opened.click("collectButton")
    opened.until(lambda: has_ended(opened))
    assert len(session.frames) == 50
    assert list(own_collections.iterdir()) == [folder]
    assert len(dataset.load(folder)) == 50


def test_a_training_takes_in_what_lands(opened, small_shards):
    session, watched = opened.session, opened.window.watching.frames()
    opened.click("trainButton")
    opened.until(lambda: session.run.steps() > 0)
    opened.type_into("collectFramesField", "20")
    opened.click("collectButton")
    opened.until(lambda: len(session.frames) == 260)
    step = session.run.steps()
    opened.until(lambda: session.run.steps() > step)
    opened.click("stopButton")
    opened.until(lambda: opened.can_click("trainButton"))
    assert session.history()["frames"] == 260
    assert np.array_equal(opened.window.watching.frames(), watched)
    assert "260 frames" in opened.find("framesLabel").fullText()
    opened.until(lambda: has_ended(opened))


def test_stopping_and_closing_end_the_workers_and_keep_nothing_unfinished(opened, own_collections):
    frames = opened.session.frames
    opened.click("collectButton")
    opened.until(multiprocessing.active_children)
    opened.click("collectButton")  # which is Stop now
    opened.until(lambda: has_ended(opened))
    assert "nothing was kept" in said(opened)
    assert not multiprocessing.active_children()
    assert opened.session.frames is frames and not list(own_collections.iterdir())

    opened.click("collectButton")
    opened.until(multiprocessing.active_children)
    opened.window.close()
    assert opened.session.close()
    assert not multiprocessing.active_children()


def test_frames_opened_meanwhile_are_left_alone(opened, own_collections, small_shards, frames_path):
    own_collections.write_text("a file where the folder is to be")
    opened.click("collectButton")
    assert "cannot be written" in opened.dialog().text()
    opened.dismiss()
    opened.until(lambda: has_ended(opened))

    own_collections.unlink()
    session, before = opened.session, opened.session.frames
    opened.type_into("collectFramesField", "20")
    opened.click("collectButton")
    session.open_frames(frames_path)
    opened.until(lambda: session.frames is not before)
    others = session.frames
    opened.until(lambda: has_ended(opened))
    assert session.frames is others
    assert "20 frames are" in said(opened) and "not among the frames above" in said(opened)


def test_a_cure_opens_it_where_frames_are_collected(visit):
    collecting = visit.window.collecting
    assert collecting.previewer.wait(0)  # unseen, it has read nothing
    collecting.open()
    assert collecting.dialog.isVisible()
    assert collecting.dialog.focusWidget().objectName() == "collectFramesField"
    for name in (
        *("framesFileButton", "framesFolderButton", "framesDriveButton", "framesSampleButton"),
        *("framesSlider", "collectFramesField", "collectWorkersField", "collectAddCheck"),
        *("collectButton", "collectProgress", "framesSplit", "framesGrid", "framesCloseButton"),
    ):
        widget = visit.find(name)
        assert widget.accessibleName() and widget.toolTip(), name
    visit.click("framesCloseButton")
    assert not collecting.dialog.isVisible()
