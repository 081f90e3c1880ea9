"""Python's cyclic garbage collection on the GUI thread only.

Left to itself it runs in whichever thread allocates, the trainer's mostly, and would destroy Qt
objects there. It does not know what is collected.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL = 1000  # ms


class GarbageCollector(QObject):
    """Takes over collection until `stop()`; each generation keeps Python's own threshold."""

    def __init__(self, parent: QObject):
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        timer = QTimer(self, interval=INTERVAL)
        timer.timeout.connect(self._collect)
        timer.start()

    def stop(self) -> None:
        """Give collection back to Python."""
        gc.enable()

    @Slot()
    def _collect(self) -> None:
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > self._thresholds[generation]:
                gc.collect(generation)
                break
