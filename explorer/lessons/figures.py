"""Four figures of a model before a lesson and now, in a small table.

It does not know how they were measured.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

_NONE = "–"
_ROWS = (
    (
        "Reconstruction",
        "reconstruction",
        "Peak signal-to-noise ratio on held-out frames; higher is better.",
        lambda step: f"{step.psnr:.1f} dB",
    ),
    (
        "Kl",
        "KL",
        "What the latents tell about a frame, summed over them.",
        lambda step: f"{step.kl:.1f} nats",
    ),
    (
        "Active",
        "active latents",
        "Latents that carry more than 0.1 nats.",
        lambda step: f"{step.active_units} of {len(step.held_out.kl)}",
    ),
    (
        "Distance",
        "off the prior",
        "KL from the prior of a Gaussian with the aggregate posterior's mean and variance, summed "
        "over latents.",
        lambda step: f"{step.distance:.1f} nats",
    ),
)


class LessonFigures(QWidget):
    """Each row names a figure, says what it was, and what it is."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("lessonFigures")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._values: dict[str, list[QLabel]] = {"before": [], "now": []}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(1)
        grid.addWidget(_label("", "before", "caption"), 0, 1)
        grid.addWidget(_label("", "now", "caption"), 0, 2)
        room = self.fontMetrics().horizontalAdvance("100.0 nats ")
        for row, (name, words, tip, _) in enumerate(_ROWS, 1):
            title = _label("", words, "caption")
            title.setAlignment(Qt.AlignmentFlag.AlignLeft)
            title.setToolTip(tip)
            grid.addWidget(title, row, 0)
            for column, (half, labels) in enumerate(self._values.items(), 1):
                label = _label(f"lesson{name}{half.capitalize()}", _NONE, "")
                label.setAccessibleName(f"{words}, {half}")
                label.setToolTip(tip)
                label.setMinimumWidth(room)
                grid.addWidget(label, row, column)
                labels.append(label)
        grid.setRowStretch(len(_ROWS) + 1, 1)

    def setFigures(self, half: str, step: Any | None) -> None:
        """Show `psnr`, `kl`, `active_units` and `distance` of `before` or `now`; None for none."""
        for label, (*_, told) in zip(self._values[half], _ROWS, strict=True):
            label.setText(_NONE if step is None else told(step))


def _label(name: str, text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignRight)
    if role:
        label.setProperty("role", role)
    return label
