"""The window of traversals: what it decodes, where its cells lead, what it can be saved as."""

from __future__ import annotations

import shlex
import sys

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from explorer.traversals.sheet import NOWHERE, SheetView
from models import checkpoint, render
from tests.explorer.conftest import ready


@pytest.fixture
def model(model_path):
    return checkpoint.load(model_path)


@pytest.fixture
def opened(visit):
    """The visit with the sheet on screen."""
    visit.click("traversalsButton")
    visit.until(lambda: is_fresh(visit))
    return visit


def is_fresh(visit) -> bool:
    """Whether the sheet is that of the present z."""
    sheet = visit.window.traversing.sheet
    return sheet is not None and np.array_equal(sheet.question.z, visit.z())


def click(visit, row, column):
    view = visit.find("traversalSheet", SheetView)
    place = view.cellRect(row, column).center()
    assert view.viewport().rect().contains(place)
    visit.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def run(line, monkeypatch):
    """Run a command here, as it was copied."""
    python, dash_m, module, *words = shlex.split(line)
    assert (python, dash_m, module) == ("python", "-m", "models.render")
    monkeypatch.setattr(sys, "argv", [module, *words])
    monkeypatch.setattr(render, "cores", lambda: 1)
    render.main()


def test_the_sheet_decodes_nine_values_of_every_active_latent(opened, model):
    sheet, kl = opened.window.traversing.sheet, np.array(model.figures["kl_per_latent"])
    active = [index for index in np.argsort(-kl, kind="stable") if kl[index] > 0.1]
    assert [label.split("\n")[0] for label in sheet.labels] == [f"z{i:02d}" for i in active]
    assert np.array_equal(sheet.k, np.linspace(-3, 3, 9))
    std = np.sqrt(np.diagonal(model.aggregate.covariance))
    for row in (0, len(active) - 1):
        for column, k in enumerate(np.linspace(-3, 3, 9)):
            z = opened.z().copy()
            z[active[row]] += k * std[active[row]]
            difference = model.vae.image(z).astype(int) - sheet.pictures[row, column]
            assert np.abs(difference).max() <= 1  # decoded in another batch
            assert sheet.values[row, column] == pytest.approx(z[active[row]], abs=1e-5)
    said = opened.find("traversalStatus").fullText()
    assert f"{len(active)} × 9 pictures" in said and " s" in said


def test_a_click_goes_to_the_cell_in_one_step(opened, model):
    before, sheet = opened.z(), opened.window.traversing.sheet
    click(opened, 1, 7)
    expected = sheet.points[1, 7]
    assert np.array_equal(opened.z(), expected)
    assert not np.array_equal(opened.z(), before)
    opened.until(lambda: np.array_equal(opened.picture(), model.vae.image(expected)))
    name = sheet.labels[1].split("\n")[0]
    assert opened.window.latents.point.stack.undoText() == f"Traversal {name}"
    opened.click("undoButton")
    assert np.array_equal(opened.z(), before)


def test_a_click_goes_to_its_cell_whatever_is_locked(opened):
    name = opened.window.traversing.sheet.labels[0].split("\n")[0]
    opened.click(f"latentLock{name[1:]}")
    wanted = opened.window.traversing.sheet.points[0, 0]
    click(opened, 0, 0)
    assert np.array_equal(opened.z(), wanted)


def test_the_sheet_follows_z_once_it_rests(opened):
    sheet = opened.window.traversing.sheet
    opened.drag("latentSlider03", 1.5)
    opened.until(lambda: is_fresh(opened))
    assert opened.window.traversing.sheet is not sheet


def test_a_closed_window_computes_nothing(visit):
    visit.drag("latentSlider03", 1.5)
    visit.until(visit.shows)
    assert visit.window.studio.traverser.wait(0)  # its thread was never begun
    visit.click("traversalsButton")
    visit.until(lambda: is_fresh(visit))
    visit.click("traversalCloseButton")
    assert not visit.find("traversalDialog").isVisible()


def test_the_keyboard_reaches_every_cell(opened):
    view, sheet = opened.find("traversalSheet", SheetView), opened.window.traversing.sheet
    assert view.cursorCell() == (0, 4)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Right):
        QTest.keyClick(view, key)
    assert view.cursorCell() == (1, 5)
    name = sheet.labels[1].split("\n")[0]
    assert opened.find("traversalCell").text().startswith(f"{name} = ")
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.cursorCell() == (1, 0)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert np.array_equal(opened.z(), sheet.points[1, 0])
    opened.until(lambda: is_fresh(opened))
    assert view.cursorCell() == (1, 4)  # one is there now
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Down)
    last = len(sheet.labels) - 1
    assert view.cursorCell() == (last, 4)
    assert view.viewport().rect().contains(view.cellRect(last, 4))


def test_principal_axes_have_a_sheet_of_their_own(opened, model):
    opened.click("axesButton")
    opened.until(lambda: opened.window.traversing.sheet.question.principal)
    sheet, aggregate = opened.window.traversing.sheet, model.aggregate
    z, axis = opened.z(), aggregate.axes[0] / np.linalg.norm(aggregate.axes[0])
    std = np.sqrt(axis @ aggregate.covariance @ axis)
    assert sheet.points[0, 8] == pytest.approx(z + 3 * std * axis, abs=1e-3)
    there = axis @ (z - aggregate.mean) / std
    assert sheet.values[0] == pytest.approx(there + np.linspace(-3, 3, 9), abs=1e-3)
    click(opened, 0, 8)
    assert np.array_equal(opened.z(), sheet.points[0, 8])


def test_the_copied_command_writes_the_very_file(opened, monkeypatch, tmp_path):
    for name in ("window.png", "axes.png"):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, p=path: (str(p), ""))
        opened.click("traversalSaveButton")
        opened.until(path.exists)
        opened.click("traversalCopyButton")
        assert "clipboard" in opened.find("traversalStatus").fullText()
        monkeypatch.chdir(tmp_path)
        run(QGuiApplication.clipboard().text(), monkeypatch)
        with Image.open(path) as ours, Image.open(tmp_path / "traversals.png") as theirs:
            assert np.array_equal(np.array(ours), np.array(theirs))
        opened.click("axesButton")
        opened.until(lambda: opened.window.traversing.sheet.question.principal)


def test_a_model_nobody_has_measured_says_so(open_window, foreign_paths, frames_path):
    _, without_encoder = foreign_paths
    visit = open_window(without_encoder, "--frames", frames_path, "--device", "cpu")
    visit.until(lambda: visit.session.vae is not None and visit.shows())
    visit.click("traversalsButton")
    view = visit.find("traversalSheet", SheetView)
    assert "Nobody has measured" in view.accessibleDescription()
    assert view.cellAt(view.viewport().rect().center()) == NOWHERE
    assert not visit.can_click("traversalSaveButton")
    assert not visit.can_click("traversalCopyButton")


def test_another_model_has_another_sheet(visit, small_model_path):
    visit.click("traversalsButton")
    visit.until(lambda: is_fresh(visit))
    visit.session.open_model(small_model_path)
    visit.until(lambda: visit.z().size == 8 and is_fresh(visit))
    assert visit.window.traversing.sheet.points.shape[-1] == 8


def test_cells_show_their_pictures_in_every_size(qtbot):
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (27, 9, 1, 1, 3)).astype(np.uint8)
    pictures = np.broadcast_to(colors, (27, 9, 60, 80, 3))
    labels = [f"z{index:02d}\n1.00 nats" for index in range(27)]
    view = SheetView()
    qtbot.addWidget(view)
    view.setSheet(pictures, labels, np.linspace(-3, 3, 9), np.zeros((27, 9)))
    view.show()
    for size in ((480, 300), (900, 560), (1000, 1900)):
        view.resize(*size)
        bar = view.verticalScrollBar()
        for scrolled in (0, bar.maximum()):
            bar.setValue(scrolled)
            shot = view.viewport().grab().toImage()
            for row in range(27):
                for column in range(9):
                    place = view.cellRect(row, column).center()
                    if view.cellAt(place) == NOWHERE or not view.viewport().rect().contains(place):
                        continue
                    color = shot.pixelColor(place).getRgb()[:3]
                    assert np.abs(np.subtract(color, colors[row, column, 0, 0])).max() <= 1
        assert view.cellRect(0, 8).right() < view.viewport().width()
    assert bar.maximum() == 0  # all 27 rows are in sight


def test_the_pointer_is_told_what_it_is_on(qtbot):
    view = SheetView()
    qtbot.addWidget(view)
    pictures = np.zeros((2, 3, 60, 80, 3), np.uint8)
    values = np.array([[-1.5, 0, 1.5], [0.25, 1.25, 2.25]])
    view.setSheet(pictures, ["z07\n1.92 nats", "z21\n1.66 nats"], np.array([-3.0, 0, 3]), values)
    view.show()
    told = []
    view.cellPointed.connect(told.append)
    qtbot.mouseMove(view.viewport(), view.cellRect(1, 0).center())
    qtbot.mouseMove(view.viewport(), view.cellRect(0, 1).center())
    qtbot.mouseMove(view.viewport(), QPoint(1, 1))
    assert told[:2] == ["z21 = +0.25 · −3 σ", "z07 = +0.00 · as it is"]


def test_bad_names_are_refused_with_a_sentence(opened, monkeypatch, tmp_path):
    path = tmp_path / "no folder" / "sheet.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    opened.click("traversalSaveButton")
    assert "cannot be written" in opened.dialog().text()
    opened.dismiss()


def test_weights_that_are_in_no_file_have_no_command(opened):
    session = opened.session
    session.vae = session.vae.frozen()  # as a training replaces it
    opened.click("traversalCopyButton")
    assert "save it first" in opened.find("traversalStatus").fullText()


def test_at_the_start_neither_window_nor_dock_is_open(open_window, model_path, frames_path):
    visit = ready(open_window(model_path, "--frames", frames_path, "--device", "cpu"))
    assert not visit.find("traversalDialog").isVisible()
    assert not visit.find("pathsDock").isVisible()
