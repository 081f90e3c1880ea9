"""The runs that are kept: their list, their curves, and deleting one.

It does not know a single widget, nor what is in a run's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from explorer import training_run as place
from explorer.session import Session, job
from explorer.worker import LatestWorker


class Archive(QObject):
    """Asks for runs in a thread of its own; errors are the session's."""

    listed = Signal(object)  # models.run_folder.RunInfos, the newest first
    reopened = Signal(object)  # a RunInfo, its models.curve.Curve and its Film, None without one
    comparedRead = Signal(object)  # (RunInfo, Curve) of each

    def __init__(self, session: Session):
        super().__init__(session)  # which also ends the workers
        self._lister = session.adopt(LatestWorker("lister", job("list_runs")))
        self._filmer = session.filmer
        read, delete = map(self._filmer.before, (job("read_run"), job("delete_run")))
        self._reader = session.adopt(LatestWorker("run reader", read))
        self._comparer = session.adopt(LatestWorker("curve reader", job("read_curves")))
        self._deleter = session.adopt(LatestWorker("run deleter", delete, every=True))
        self._lister.done.connect(self.listed)
        self._reader.done.connect(self.reopened)
        self._comparer.done.connect(self.comparedRead)
        self._deleter.done.connect(self.listed)

    @Slot()
    def ask(self) -> None:
        """Ask for all runs; `listed` follows."""
        self._lister.submit(place.RUNS)

    @Slot(object)
    def read(self, folder: Path) -> None:
        """Ask for the whole curve of a run and its film; `reopened` follows."""
        self._reader.submit(folder)

    @Slot(object)
    def compare(self, folders: Sequence[Path]) -> None:
        """Ask for the whole curves of runs; `comparedRead` follows."""
        self._comparer.submit(list(folders))

    @Slot(object)
    def delete(self, folder: Path) -> None:
        """Delete a run; `listed` follows."""
        self._deleter.submit((folder, place.RUNS))

    def keep_film(self, folder: Path, film: Any, late: Any = None) -> None:
        """Write the film of a run into its folder; it lacks `late`, an Exposure and its VAE.

        Who asks for that run after this gets that film.
        """
        self._filmer.submit((folder, film, late))
