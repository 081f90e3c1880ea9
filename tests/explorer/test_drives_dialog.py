"""The window of recorded drives alone: what it tells of each, what can be done with which."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QProgressBar, QWidget

from explorer.drives.dialog import DrivesDialog
from models.drive_folder import DriveInfo

NEW = DriveInfo(
    Path("drives/b"), "b", "2026-03-05T06:07:08.900000", 12_000, 240.0, (7, 3, 9, 1), 172_800_000
)
OLD = DriveInfo(Path("drives/a"), "a", "2026-03-04T05:06:07", 60, 1.2, (8,), 870_000)
DAMAGED = DriveInfo(Path("drives/c"), "c", "2026-01-01T00:00:00", fault="c/index.json: is torn.")
ACTIONS = [f"{what}DriveButton" for what in ("replay", "trainOn", "export")]


@pytest.fixture
def dialog(qtbot):
    dialog = DrivesDialog()
    qtbot.addWidget(dialog)
    dialog.setReady(True)
    dialog.setDrives([NEW, DAMAGED, OLD])
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def cells(dialog, row):
    return [dialog.table.item(row, column).text() for column in range(dialog.table.columnCount())]


def choose(qtbot, dialog, row):
    middle = dialog.table.visualItemRect(dialog.table.item(row, 0)).center()
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def button(dialog, name):
    return dialog.findChild(QAbstractButton, name)


def can(dialog, name):
    return button(dialog, name).isEnabled()


def press(qtbot, dialog, name):
    assert can(dialog, name)
    qtbot.mouseClick(button(dialog, name), Qt.MouseButton.LeftButton)


def status(dialog):
    return dialog.findChild(QWidget, "drivesStatus").fullText()


def test_each_drive_is_a_row(dialog):
    assert cells(dialog, 0) == [
        *["5 Mar 06:07", "4 min 0 s", "12\u2009000", "7, 3, 9, … (4)", "173", "b"]
    ]
    assert cells(dialog, 2) == ["4 Mar 05:06", "1 s", "60", "8", "0.870", "a"]
    assert dialog.table.drive() == NEW and str(NEW.folder) in status(dialog)


def test_a_damaged_drive_tells_its_fault_and_can_only_be_deleted(qtbot, dialog):
    choose(qtbot, dialog, 1)
    assert cells(dialog, 1)[1] == "damaged"
    assert status(dialog) == DAMAGED.fault
    assert not any(can(dialog, name) for name in ACTIONS) and can(dialog, "deleteDriveButton")
    choose(qtbot, dialog, 2)
    assert all(can(dialog, name) for name in ACTIONS)


def test_a_request_carries_the_chosen_drive(qtbot, dialog):
    choose(qtbot, dialog, 2)
    with qtbot.waitSignal(dialog.replayRequested) as replay:
        press(qtbot, dialog, "replayDriveButton")
    with qtbot.waitSignal(dialog.trainingRequested) as training:
        press(qtbot, dialog, "trainOnDriveButton")
    assert replay.args == training.args == [OLD.folder]
    for action in dialog.exportButton.menu().actions():
        with qtbot.waitSignal(dialog.exportRequested) as export:
            action.trigger()
        assert export.args == [OLD.folder, action.text().rstrip("…").lower()]


def test_deleting_asks_and_means_the_drive_that_was_asked_about(qtbot, dialog):
    asked = []
    dialog.deleteRequested.connect(asked.append)
    for answer, expected in (("Cancel", []), ("Delete", [NEW.folder])):
        choose(qtbot, dialog, 0)
        press(qtbot, dialog, "deleteDriveButton")
        box = dialog.findChild(QMessageBox, "deleteDriveDialog")
        assert "5 Mar 06:07" in box.text() and box.textFormat() == Qt.TextFormat.PlainText
        dialog.table.selectRow(2)
        [pressed] = [one for one in box.buttons() if one.text() == answer]
        qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)
        assert asked == expected
        qtbot.waitUntil(lambda: dialog.findChild(QMessageBox, "deleteDriveDialog") is None)


def test_the_chosen_drive_stays_chosen_and_one_that_is_wished_is_chosen_when_it_comes(dialog):
    dialog.choose(OLD.folder)
    dialog.setDrives([NEW, OLD])
    assert dialog.table.drive() == OLD
    dialog.choose(Path("drives/d"))
    other = NEW._replace(folder=Path("drives/d"))
    dialog.setDrives([NEW, OLD, other], fixed={other.folder})
    assert dialog.table.drive() == other
    assert not can(dialog, "deleteDriveButton")


def test_an_empty_list_says_how_to_begin(dialog):
    dialog.setDrives([])
    assert "press Drive" in status(dialog)
    assert not any(can(dialog, name) for name in (*ACTIONS, "deleteDriveButton"))
    assert can(dialog, "openDriveFolderButton")


def test_without_a_model_a_drive_can_only_be_trained_on(dialog):
    dialog.setReady(False)
    assert [can(dialog, name) for name in ACTIONS] == [False, True, False]


def test_one_film_is_written_at_a_time(qtbot, dialog):
    bar = dialog.findChild(QProgressBar, "driveFilmProgress")
    dialog.activateWindow()
    dialog.exportButton.setFocus()
    dialog.setFilming(True)
    assert dialog.focusWidget().objectName() == "cancelDriveFilmButton"
    dialog.setProgress(30, 120, "drive.gif")
    assert (bar.value(), bar.maximum()) == (30, 120) and bar.isVisible()
    assert "drive.gif" in status(dialog) and not can(dialog, "exportDriveButton")
    with qtbot.waitSignal(dialog.cancelRequested):
        press(qtbot, dialog, "cancelDriveFilmButton")
    dialog.setFilming(False)
    assert not bar.isVisible() and can(dialog, "exportDriveButton")
    assert dialog.focusWidget() is dialog.exportButton  # not what comes after it


def test_all_that_can_be_pressed_is_named_and_described(dialog):
    named = {one.objectName() for one in dialog.findChildren(QAbstractButton) if one.toolTip()}
    assert {*ACTIONS, "deleteDriveButton", "openDriveFolderButton", "closeDrivesButton"} <= named
    assert all(button(dialog, name).accessibleName() for name in named)
