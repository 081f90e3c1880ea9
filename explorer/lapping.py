"""Tells how the drive goes: time, score, grass, and the best laps of the track.

It does not know how a lap is timed, nor how a best one is kept.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from explorer import lap_book
from explorer.drive.history import STEPS_PER_SECOND
from explorer.drive.modes import REPLAY
from explorer.drive.panel import DrivePanel
from explorer.driving import Driving
from explorer.lap_book import Best, LapBook
from explorer.session import Session
from explorer.widgets.numerals import clock

SAID = 6000  # ms that what happened stands in place of the best laps
_NONE_YET = (
    "no lap of yours on this track yet: drive once round it",
    "no lap yet: drive once round the track",
    "no lap yet: drive once round",
)


class Lapping(QObject):
    """Tells the newest step, or the one gone back to, and keeps the laps that a person drove."""

    lapTold = Signal(str)  # how a lap went, in one sentence

    def __init__(self, session: Session, panel: DrivePanel, driving: Driving, parent: QObject):
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._driving = driving
        self._book = LapBook(lap_book.LAPS)
        self._lap: Any = None  # the last one noticed, a models.laps.Lap
        self._step = self._grass_steps = 0  # of the lap that is driven
        self._replayed = ""  # the name of the recording that the line is of
        self._said = QTimer(self, singleShot=True)
        self._said.timeout.connect(self._show_best)
        driving.stepped.connect(self._take)
        driving.recalled.connect(self._recall)
        panel.seedChosen.connect(self._show_best)
        panel.modeChosen.connect(self._show_best)
        self._show_best()

    @Slot(object)
    def _take(self, observations: list) -> None:
        for seen in observations:
            if seen.place is None:  # else a recording drives
                self._count_grass(seen.telemetry)
                self._tell_of(seen)
        if self._recording() != self._replayed:
            self._show_best()
        if self._driving.moment is None:
            live = observations[-1].place is None
            grass = self._grass_steps / STEPS_PER_SECOND if live else None
            self._tell(observations[-1].telemetry, grass)

    @Slot(object)
    def _recall(self, number: int | None) -> None:
        if number is not None:
            self._tell(self._driving.history.at(number).telemetry)

    def _count_grass(self, told: Any) -> None:
        if told.step < self._step:
            self._step = self._grass_steps = 0
        # A step that was missed is taken to be like the next one.
        self._grass_steps += told.on_grass * (told.step - self._step)
        self._step = told.step

    def _tell_of(self, seen: Any) -> None:
        """Say what happened with a step of the live drive."""
        told = seen.telemetry
        if seen.newest_lap is not None and seen.newest_lap is not self._lap:
            self._lap = seen.newest_lap
            self._keep(self._lap)
        elif seen.passed:
            missed = f"{told.track_tiles - told.tiles} of {told.track_tiles} tiles"
            self._say(
                f"round, but {missed} were missed: 95 % make a lap",
                f"round, but {missed} missed: no lap",
            )
        elif seen.begun:
            self._say(f"{seen.begun}: back at the start")

    def _keep(self, lap: Any) -> None:
        how = " with goggles" if lap.goggles else ""
        if not lap.counts:
            self._tell_lap(lap, f"driven {_how(lap)}: not kept")
            return
        try:
            is_best = self._book.add(lap.seed, lap.goggles, Best(lap.seconds, lap.grass_seconds))
        except OSError as error:
            self._session.refuse(f"{self._book.path}: the lap cannot be kept: {error.strerror}.")
            is_best = True
        if is_best:
            self._tell_lap(lap, f"your best{how} on track {lap.seed}")
        else:
            best = self._book.best(lap.seed, lap.goggles)
            self._tell_lap(lap, f"your best{how} is {clock(best.seconds)}")

    def _tell_lap(self, lap: Any, verdict: str) -> None:
        self.lapTold.emit(f"Lap {_words(lap)}: {verdict}.")
        self._say(f"lap {_words(lap)}: {verdict}", f"lap {clock(lap.seconds)}: {verdict}")

    def _say(self, *wordings: str) -> None:
        """In place of the best laps, for some seconds."""
        self._panel.setLaps(wordings, f"{wordings[0]}.")
        self._said.start(SAID)

    def _tell(self, told: Any, grass: float | None = None) -> None:
        """Say where in the drive a step is, and how many seconds of its lap were on grass."""
        frames = self._session.recordings.frames()
        zooming = frames == 0 and told.step <= STEPS_PER_SECOND
        recorded = "● after the zoom" if zooming else f"● {frames} frames"
        time = clock(told.step / STEPS_PER_SECOND)
        parts = [
            (time, 0),
            (grass is not None and f"grass {grass:.1f} s", 1),
            (told.score is not None and f"score {told.score:.0f}", 2),
            (told.tiles is not None and f"tiles {told.tiles}/{told.track_tiles}", 0),
            (frames is not None and recorded, 0),
        ]
        self._panel.setTelemetry(
            tuple(
                " · ".join(text for text, rank in parts if text and rank <= least)
                for least in (2, 1, 0)
            )
        )

    def _recording(self) -> str:
        wishes = self._session.controls
        return wishes.replay.recording.name if wishes.mode == REPLAY and wishes.replay else ""

    @Slot()
    def _show_best(self) -> None:
        self._said.stop()
        self._replayed = name = self._recording()
        if name:
            tip = f"The recording {name} is played; its laps are not counted again."
            self._panel.setLaps((f"replay of {name}", name), tip)
            return
        seed = self._session.controls.seed
        free, goggles = (self._book.best(seed, on) for on in (False, True))
        wordings = _best_wordings(free, goggles)
        self._panel.setLaps(wordings, f"Your laps on this track: {wordings[0]}.")


def _words(lap: Any) -> str:
    return f"{clock(lap.seconds)}, {lap.grass_seconds:.1f} s on grass"


def _how(lap: Any) -> str:
    """Why it was not one person's all the way."""
    if lap.mode == "autopilot":
        return "by the autopilot"
    return "in part by the autopilot" if lap.mode is None else "in part with goggles"


def _best_wordings(free: Best | None, goggles: Best | None) -> tuple[str, ...]:
    """The best laps of a track without and with goggles, the longest wording first."""
    if free is None and goggles is None:
        return _NONE_YET
    if goggles is None:
        return f"best {_words(free)} · with goggles none yet", f"best {_words(free)}"
    if free is None:
        return (
            f"best with goggles {_words(goggles)} · none without yet",
            f"goggles {_words(goggles)}",
        )
    return (
        f"best {_words(free)} · goggles {_words(goggles)}",
        f"best {_brief(free)} · goggles {_brief(goggles)}",
        f"{clock(free.seconds)} · goggles {clock(goggles.seconds)}",
    )


def _brief(lap: Best) -> str:
    return f"{clock(lap.seconds)}, {lap.grass_seconds:.1f} s"
