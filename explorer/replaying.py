"""Joins the recorded drives to their window, to the drive panel and to the driver that replays one.

It does not know how a drive is read, nor how a frame is shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QMainWindow

from explorer import dialogs
from explorer import recordings as place
from explorer.drive.modes import AUTOPILOT, REPLAY, YOU
from explorer.drive.panel import DrivePanel
from explorer.drives.dialog import DrivesDialog
from explorer.driving import Driving
from explorer.files import Files
from explorer.session import Session, job, jobs
from explorer.worker import Failure, LatestWorker


class Replaying(QObject):
    """Has one recording at hand; the mode Replay goes on with it where it was left."""

    def __init__(
        self,
        session: Session,
        panel: DrivePanel,
        driving: Driving,
        files: Files,
        window: QMainWindow,
    ):
        super().__init__(window)
        self._session = session
        self._panel = panel
        self._driving = driving
        self._files = files
        self.recording: Any = None  # the models.recording.Recording at hand
        self._place = 0  # in it, that was shown last
        self._others: list[Path] = []  # folders from elsewhere that are listed as well
        self.dialog = DrivesDialog(window)
        self.lister = session.adopt(LatestWorker("drive lister", job("list_drives")), self._fail)
        self.deleter = session.adopt(
            LatestWorker("drive deleter", job("delete_drive"), every=True), self._fail
        )
        self.looker = session.adopt(LatestWorker("folder reader", job("read_drive")), self._fail)
        self.opener = session.adopt(
            LatestWorker("recording reader", job("open_recording")), self._fail
        )
        self._connect()

    def _connect(self) -> None:
        session, panel, dialog = self._session, self._panel, self.dialog
        self.lister.done.connect(self._show)
        self.deleter.done.connect(self._show)
        self.looker.done.connect(self._list_other)
        self.opener.done.connect(self._take)
        session.modelChanged.connect(self._look_first)
        session.recordings.changed.connect(self._ask_again)
        panel.recordingsRequested.connect(self.open)
        panel.modeChosen.connect(self._take_mode)
        panel.placeChosen.connect(self._go)
        self._driving.stepped.connect(self._follow)
        dialog.opened.connect(self._ask)
        dialog.replayRequested.connect(self._read)
        dialog.trainingRequested.connect(self._train)
        dialog.folderRequested.connect(self._ask_for_folder)
        dialog.deleteRequested.connect(self._delete)

    @Slot()
    def open(self) -> None:
        """Bring up the list, with the recording at hand or the newest one chosen."""
        at_hand = self.recording.path if self.recording else self._session.recordings.newest
        self.dialog.bringUpAt(at_hand)

    @Slot()
    def open_to_export(self) -> None:
        """The same with the hand at Export."""
        self.open()
        self.dialog.exportButton.setFocus()

    # The list

    @Slot()
    def _look_first(self) -> None:
        # Not before: what lists drives needs numpy and more, which the first model has loaded.
        self._session.modelChanged.disconnect(self._look_first)
        self.dialog.setReady(True)
        self._ask()

    @Slot(object)
    def _ask_again(self, folder: object) -> None:
        self._ask()

    @Slot()
    def _ask(self) -> None:
        self.lister.submit((place.DRIVES, tuple(self._others)))

    @Slot(object)
    def _show(self, drives: list[Any]) -> None:
        recordings = self._session.recordings
        own = [one.folder for one in drives if one.folder not in self._others]
        sound = [one.folder for one in drives if one.folder in own and not one.fault]
        recordings.set_newest(sound[0] if sound else None)
        self.dialog.setDrives(drives, fixed={*self._others, *recordings.being_written()})

    @Slot(object)
    def note_runs(self, runs: list[Any]) -> None:
        """Have it said of a recording that is to be deleted that one of these needs it to go on."""
        self.dialog.setNeeded({run.frames for run in runs if run.can_resume})

    @Slot()
    def _ask_for_folder(self) -> None:
        path = dialogs.ask_for_folder(self.dialog, "Open a folder of recorded frames")
        if path:
            self.looker.submit(Path(path))

    @Slot(object)
    def _list_other(self, found: Any) -> None:
        if found.folder.parent != place.DRIVES and found.folder not in self._others:
            self._others.append(found.folder)
        self.dialog.choose(found.folder)
        self._ask()

    @Slot(object)
    def _delete(self, folder: Path) -> None:
        self.deleter.submit((folder, place.DRIVES, tuple(self._others)))

    @Slot(object)
    def _train(self, folder: Path) -> None:
        self._files.open(str(folder))
        self.dialog.say(f"{folder.name} is what is trained on: press Train.")

    # Replaying

    @Slot(object)
    def _read(self, folder: Path) -> None:
        self.opener.submit(folder)

    @Slot(object)
    def _take(self, recording: Any) -> None:
        self.recording = recording
        self.dialog.accept()
        self._play(0)
        self._panel.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _take_mode(self, mode: str) -> None:
        if mode in (YOU, AUTOPILOT):
            self._panel.setReplay("", 0)
            self._panel.setSeed(self._session.controls.seed)
        elif mode == REPLAY and self.recording is not None:
            ended = self._place >= len(self.recording) - 1
            if ended or not (self._session.controls.mode == REPLAY and self._driving.is_live()):
                self._play(0 if ended else self._place)
        elif mode == REPLAY:
            self._driving.show_mode()
            self.open()

    def _play(self, place: int) -> None:
        self._wish(place)
        self._session.steer(mode=REPLAY)
        self._driving.go_on()
        self._panel.setReplay(self.recording.name, len(self.recording))
        self._show_place(place)

    def _show_place(self, place: int) -> None:
        self._panel.setPlace(place)
        self._panel.setSeed(self.recording.seed(place))

    def _wish(self, place: int) -> None:
        self._place = place
        self._session.steer(replay=jobs().Replay(self.recording, place))

    @Slot(int)
    def _go(self, place: int) -> None:
        """Play on from there, or show the one frame where the replay is held."""
        if self._session.driver.is_running():
            self._wish(place)
            self._driving.show_newest()
        else:
            self._play(place)

    @Slot(object)
    def _follow(self, observations: list[Any]) -> None:
        newest, left = observations[-1].place, self._session.controls.mode != REPLAY
        if newest is not None and not left and self._driving.moment is None:
            self._place = newest
            self._show_place(newest)

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        if self._session.is_users(failure.error):
            self.dialog.say(str(failure.error))
        else:
            self._session.errored.emit(failure)
