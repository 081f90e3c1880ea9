"""A slim strip that says in plain words what is wrong with a training, and offers the cure.

It does not know how anything is found out, nor what a cure does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.widgets.buttons import tool_button
from explorer.widgets.caption import Caption
from explorer.widgets.theme import theme_of

TABLE_ROWS = 4  # the latents farthest from the prior; the others say the same, more quietly
_STRIPE = 3  # pixels of colour at the left edge
_COLUMNS = ("latent", "mean", "variance", "nats from N(0, 1)")


class FindingStrip(QWidget):
    """Shows one finding at a time, the gravest first; hidden while there is none.

    A finding has `kind`, `sentence`, `evidence`, `cure` (`text`, `tip`) and `rows` of `index`,
    `mean`, `variance`, `distance`. `cureRequested` carries the finding, `dismissed` its kind.
    """

    cureRequested = Signal(object)
    dismissed = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("diagnosis")
        self.setAccessibleName("Diagnosis of the training")
        self._findings: Sequence[Any] = ()
        self._chosen = ""  # the kind that a person went to
        self._sentence = QLabel()
        self._sentence.setObjectName("diagnosisSentence")
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._evidence = Caption()
        self._evidence.setObjectName("diagnosisEvidence")
        self._evidence.setTextFormat(Qt.TextFormat.PlainText)
        self.cureButton = QPushButton()
        self.cureButton.setObjectName("cureButton")
        self.cureButton.setAccessibleName("Cure")
        self.cureButton.setToolTip("Do what mends this.")
        self.tableButton = tool_button(
            "diagnosisTableButton", "", "Show or hide each latent's numbers"
        )
        self.tableButton.setCheckable(True)
        self._place = QLabel()
        self._place.setProperty("role", "caption")
        self.previousButton = tool_button("previousFindingButton", "‹", "Previous finding")
        self.nextButton = tool_button("nextFindingButton", "›", "Next finding")
        self.dismissButton = tool_button(
            "dismissFindingButton", "×", "Do not tell this again during this run"
        )
        self._table = _LatentTable()
        self._lay_out()

        self.cureButton.clicked.connect(self._onCure)
        self.tableButton.toggled.connect(self._onTable)
        self.previousButton.clicked.connect(self._onPrevious)
        self.nextButton.clicked.connect(self._onNext)
        self.dismissButton.clicked.connect(self._onDismiss)
        self.setFindings(())

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._sentence, 1)
        top.addWidget(self.dismissButton, 0, Qt.AlignmentFlag.AlignTop)
        middle = QHBoxLayout()
        middle.setSpacing(4)
        middle.addWidget(self._evidence, 1)
        middle.addWidget(self.tableButton, 0, Qt.AlignmentFlag.AlignTop)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.cureButton)
        below.addStretch(1)
        for widget in (self.previousButton, self._place, self.nextButton):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_STRIPE + 8, 6, 6, 7)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(middle)
        layout.addWidget(self._table)
        layout.addLayout(below)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def setFindings(self, findings: Sequence[Any]) -> None:
        """Show these instead, the gravest first; one that a person went to stays while it is so."""
        self._findings = findings
        if self._chosen not in {finding.kind for finding in findings}:
            self._chosen = ""
        self._show()

    def finding(self) -> Any:
        """The one on show, None while there is none."""
        return self._findings[self._index()] if self._findings else None

    def _index(self) -> int:
        kinds = [finding.kind for finding in self._findings]
        return kinds.index(self._chosen) if self._chosen else 0

    def _show(self) -> None:
        self.setVisible(bool(self._findings))
        if not self._findings:
            return
        finding, count = self.finding(), len(self._findings)
        if self._sentence.text() != finding.sentence:
            self._sentence.setText(finding.sentence)
        self._evidence.showText(finding.evidence)
        if self.cureButton.text() != finding.cure.text:
            self.cureButton.setText(finding.cure.text)
            self.cureButton.setAccessibleName(finding.cure.text)
            self.cureButton.setToolTip(finding.cure.tip)
        self._place.setText(f"{self._index() + 1} of {count}")
        for widget in (self.previousButton, self._place, self.nextButton):
            widget.setVisible(count > 1)
        self.previousButton.setEnabled(self._index() > 0)
        self.nextButton.setEnabled(self._index() < count - 1)
        self.tableButton.setVisible(bool(finding.rows))
        self._table.setRows(finding.rows[:TABLE_ROWS])
        self._onTable(self.tableButton.isChecked())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.well))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setBrush(QColor(theme.warning))
        painter.drawRoundedRect(QRectF(0, 0, _STRIPE, self.height()), 1.5, 1.5)

    def _go(self, steps: int) -> None:
        index = min(max(self._index() + steps, 0), len(self._findings) - 1)
        self._chosen = self._findings[index].kind
        self._show()

    @Slot()
    def _onPrevious(self) -> None:
        self._go(-1)

    @Slot()
    def _onNext(self) -> None:
        self._go(1)

    @Slot()
    def _onCure(self) -> None:
        self.cureRequested.emit(self.finding())

    @Slot()
    def _onDismiss(self) -> None:
        self.dismissed.emit(self.finding().kind)

    @Slot(bool)
    def _onTable(self, shown: bool) -> None:
        self.tableButton.setText("▾" if shown else "▸")
        self._table.setVisible(shown and not self.tableButton.isHidden())


class _LatentTable(QWidget):
    """Mean and variance of a few latents in four columns."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("diagnosisTable")
        self.setAccessibleName("Mean and variance of the latents over held-out frames")
        self.setToolTip("Over held-out frames; the prior has mean 0 and variance 1.")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(1)
        for column, name in enumerate(_COLUMNS):
            grid.addWidget(_cell(name, column), 0, column)
        self._cells = [[_cell("", column) for column in range(4)] for _ in range(TABLE_ROWS)]
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                cell.setProperty("role", "")
                grid.addWidget(cell, row + 1, column)
        grid.setColumnStretch(len(_COLUMNS), 1)

    def setRows(self, rows: Sequence[Any]) -> None:
        """Show at most TABLE_ROWS rows."""
        for place, cells in enumerate(self._cells):
            row = rows[place] if place < len(rows) else None
            told = ("", "", "", "")
            if row is not None:
                numbers = (f"{row.mean:+.2f}", f"{row.variance:.3g}", f"{row.distance:.2f}")
                told = (f"z{row.index:02d}", *numbers)
            for cell, text in zip(cells, told, strict=True):
                cell.setText(text)
                cell.setVisible(row is not None)


def _cell(text: str, column: int) -> QLabel:
    label = Caption(text)
    label.setWordWrap(False)
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return label
