"""The runs that are kept: their list, their curves, and deleting one.

It does not know a single widget, nor what is in a run's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from explorer import session as place
from explorer.session import Session, job
from explorer.worker import LatestWorker


class Archive(QObject):
    """Asks for runs in a thread of its own; errors are the session's."""

    listed = Signal(object)  # models.run_folder.RunInfos, the newest first
    curveRead = Signal(object, object)  # a RunInfo and its models.curve.Curve
    comparedRead = Signal(object)  # (RunInfo, Curve) of each

    def __init__(self, session: Session):
        super().__init__(session)  # which also ends the workers
        self._lister = session.adopt(LatestWorker("lister", job("list_runs")))
        self._reader = session.adopt(LatestWorker("curve reader", job("read_curves"), every=True))
        self._deleter = session.adopt(LatestWorker("deleter", job("delete_run"), every=True))
        self._lister.done.connect(self.listed)
        self._reader.done.connect(self._take_curves)
        self._deleter.done.connect(self.listed)

    @Slot()
    def ask(self) -> None:
        """Ask for all runs; `listed` follows."""
        self._lister.submit(place.RUNS)

    @Slot(object)
    def read(self, folder: Path) -> None:
        """Ask for the whole curve of a run; `curveRead` follows."""
        self._reader.submit(("show", [folder]))

    @Slot(object)
    def compare(self, folders: Sequence[Path]) -> None:
        """Ask for the whole curves of runs; `comparedRead` follows."""
        self._reader.submit(("compare", list(folders)))

    @Slot(object)
    def delete(self, folder: Path) -> None:
        """Delete a run; `listed` follows."""
        self._deleter.submit((folder, place.RUNS))

    @Slot(object)
    def _take_curves(self, answer: tuple[str, list[tuple[Any, Any]]]) -> None:
        purpose, curves = answer
        if purpose == "compare":
            self.comparedRead.emit(curves)
        else:
            self.curveRead.emit(*curves[0])
