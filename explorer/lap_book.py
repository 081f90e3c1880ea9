"""The best laps of every track, with and without goggles, kept in a file across starts.

It does not know who drives, nor when a lap is one.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

LAPS = platformdirs.user_data_path("latent-explorer") / "laps.json"
DAY = 86_400  # seconds; no lap takes so long
DIGITS = 10  # no track's number has more
_NAMES = {False: "free", True: "goggles"}


class Best(NamedTuple):
    """The shortest lap of a track."""

    seconds: float
    grass_seconds: float  # of them, with no wheel on the road


class LapBook:
    """What cannot be read in the file is left out, and is gone with the next lap kept."""

    def __init__(self, path: Path):
        self.path = path
        self._best: dict[tuple[int, bool], Best] = {}
        self._read()

    def best(self, seed: int, goggles: bool) -> Best | None:
        """The best lap of a track, by goggles or without them; None before the first."""
        return self._best.get((seed, goggles))

    def add(self, seed: int, goggles: bool, lap: Best) -> bool:
        """Keep a lap, if it is the best; gives whether it is. Raises OSError where it cannot be
        written, and knows it nonetheless.
        """
        self._read()  # another window may have kept some since
        if not self._take((seed, goggles), lap):
            return False
        text = json.dumps(self._told(), indent=1)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(f".{os.getpid()}")
        try:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(self.path)
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def _take(self, track: tuple[int, bool], lap: Best) -> bool:
        known = self._best.get(track)
        if known is not None and known.seconds <= lap.seconds:
            return False
        self._best[track] = lap
        return True

    def _told(self) -> dict[str, dict[str, Best]]:
        told: dict[str, dict[str, Best]] = {}
        for (seed, goggles), lap in self._best.items():
            told.setdefault(str(seed), {})[_NAMES[goggles]] = lap
        return told

    def _read(self) -> None:
        # Anything can stand in a file that a person may edit; what is whole in it is taken.
        with suppress(OSError, ValueError, RecursionError):
            tracks = json.loads(self.path.read_text(encoding="utf-8"))
            for seed, laps in tracks.items() if isinstance(tracks, dict) else ():
                for goggles, name in _NAMES.items():
                    lap = _lap(laps.get(name) if isinstance(laps, dict) else None)
                    if lap is not None and seed.isdecimal() and len(seed) <= DIGITS:
                        self._take((int(seed), goggles), lap)


def _lap(told: Any) -> Best | None:
    """A lap as the file has it; None for what is none."""
    is_pair = isinstance(told, list) and len(told) == 2
    if not is_pair or any(type(number) not in (int, float) for number in told):
        return None
    lap = Best(*told)
    # Not a number is neither.
    return lap if 0 < lap.seconds < DAY and 0 <= lap.grass_seconds <= lap.seconds else None
