"""The centre of the window: the decoded picture, the buttons, and a slider for every latent.

It does not know the model; it takes arrays and says which z is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.latents.controls import LatentControls
from explorer.latents.legend import Legend
from explorer.latents.picture import PictureBox
from explorer.latents.point import Point
from explorer.latents.point_rows import Data, PointRows
from explorer.latents.slots import Slots
from explorer.widgets.activity import ACTIVE_NATS
from explorer.widgets.fitting_label import FittingLabel

MARGIN = 10
GAP = 8
PICTURE_SHARE = 0.4  # of the panel's width
LOWEST_ROW = 22  # pixels with the gap; the picture gives way before rows get lower than this


class LatentPanel(QWidget):
    """Shows its `point`, and moves it; every change of z is one `zChanged`, whatever made it.

    The rows show z itself, or its coordinates along the principal axes.
    """

    zChanged = Signal(object)  # the new (latent_dim,) float32 array
    wishesChanged = Signal()  # of `look()`, `direction()`, `moves()` or `other()`
    followChanged = Signal(bool)
    posteriorChanged = Signal()
    taken = Signal()  # the hand is on a value
    randomFrameRequested = Signal()
    sampleRequested = Signal(str, float)  # from where, and the prior's temperature

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self.point = Point(latent_dim, self)
        self.slots = Slots(self.point, self)
        self._rows = PointRows(self.point, self)
        self._followed = 0  # how often following began
        self._ready = False
        self._encoding = True

        title = QLabel("Latents")
        title.setProperty("role", "title")
        self._caption = FittingLabel()
        self._caption.setObjectName("latentCaption")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._caption.setProperty("role", "caption")
        header = QHBoxLayout()
        header.addWidget(title)
        header.addWidget(self._caption, 1)

        self.picture = PictureBox()
        self.controls = LatentControls()
        beside = QVBoxLayout()
        beside.setSpacing(GAP)
        beside.addWidget(self.controls)
        beside.addStretch(1)
        beside.addWidget(Legend())
        top = QHBoxLayout()
        top.setSpacing(GAP + 2)
        top.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(beside, 1)

        self._said = QLabel()
        self._said.setObjectName("latentMessage")
        self._said.setProperty("role", "warning")
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        self._said.hide()

        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        layout.addLayout(header)
        layout.addLayout(top)
        layout.addWidget(self._said)
        layout.addWidget(self._scroll, 1)
        self._connect()
        self._makeRows(latent_dim)
        self.setReady(False)

    def _connect(self) -> None:
        controls, point = self.controls, self.point
        controls.mean.clicked.connect(self.takeMean)
        controls.random.clicked.connect(self._takeRandomFrame)
        controls.follow.toggled.connect(self._follow)
        controls.zero.clicked.connect(self._takeZero)
        controls.sampleRequested.connect(self._askForSample)
        controls.undo.clicked.connect(self._undo)
        controls.redo.clicked.connect(self._redo)
        controls.slotChosen.connect(self._chooseSlot)
        controls.swap.clicked.connect(self._swapSlots)
        controls.axes.toggled.connect(self._showRows)
        controls.sortingChosen.connect(self._sort)
        point.changed.connect(self.zChanged)
        point.stack.indexChanged.connect(self._showUndo)
        self.slots.changed.connect(self._showSlots)
        self.picture.lookChanged.connect(self.wishesChanged)
        self._rows.taken.connect(self._stopFollowing)
        self._rows.taken.connect(self.taken)
        self._rows.pointed.connect(self.wishesChanged)

    def _makeRows(self, latent_dim: int) -> None:
        rows = self._rows.renew(latent_dim)
        rows.foldChanged.connect(self._shapePicture)
        # The area deletes the rows it held before, and switches on a background of its own.
        self._scroll.setWidget(rows)
        rows.setAutoFillBackground(False)
        rows.setOrder(np.arange(latent_dim), self.controls.last)
        rows.setEnabled(self._ready)
        self._caption.setWordings(f"{latent_dim} latents")
        self._shapePicture()

    # z

    def z(self) -> np.ndarray:
        """The values, (latent_dim,) float32; not to be written into."""
        return self.point.z()

    def setZ(self, z: np.ndarray, text: str = "Go to z") -> None:
        """Go to z (latent_dim,) where nothing is locked; `text` says what undo takes back.

        `zChanged` comes once, or not at all when nothing differs. Raises ValueError when the length
        differs or a value is not finite.
        """
        self.point.draw(z, text)

    def takeZ(self, z: np.ndarray, text: str) -> None:
        """Go to a z that is not the drive's: it ends to follow."""
        self._stopFollowing()
        self._rows.look_away()
        self.point.draw(z, text)

    def goTo(self, z: np.ndarray, text: str) -> None:
        """Go to just this z, whatever is locked."""
        self._stopFollowing()
        self._rows.look_away()
        self.point.move(z, text)

    @Slot()
    def takeMean(self) -> None:
        """Set z to the mean of the newest posterior, ending to follow; nothing before the first."""
        if (posterior := self.posterior()) is not None:
            self.takeZ(posterior.mu, "Mean of frame")

    def posterior(self) -> Any:
        """That of the frame last seen, None before the first."""
        return self._rows.posterior()

    # What is wanted beside the picture

    def names(self) -> list[str]:
        """Of the rows, by index: z00 or p00 and so on."""
        return self._rows.names()

    def moves(self) -> np.ndarray | None:
        """One standard deviation of the data along each row, (latent_dim, latent_dim), if known."""
        return self._rows.moves()

    def direction(self) -> np.ndarray | None:
        """The one of `moves()` whose sensitivity is wanted: that under the pointer, or in focus."""
        look = self.picture.look()
        if look not in ("pointed", "sensitivity"):
            return None
        return self._rows.direction(even_moved=look == "sensitivity")

    # What the model and the drive say

    def setLatents(
        self,
        kl: np.ndarray,
        mean: np.ndarray,
        std: np.ndarray,
        quantiles: np.ndarray,
        levels: np.ndarray,
        axes: Any = None,
    ) -> None:
        """Show another model's latents: KL, order, ranges, silhouettes, principal axes.

        `kl` (nats), `mean`, `std` are (latent_dim,), `quantiles` (latent_dim, Q) and `levels` (Q,)
        describe the aggregate posterior, `axes` is a models.basis.Basis. z is kept where the length
        agrees, else it is 0; neither is announced.
        """
        if kl.size != self.z().size:
            self._resize(kl.size)
        self._rows.set_model(kl, Data(mean, std, quantiles, levels), axes)
        self._showRows()
        self.setKl(kl)
        self.setReady(self._ready)

    def setUnmeasured(self, latent_dim: int) -> None:
        """Show latents that nothing is known of: the prior's range, no KL, all values 0.

        It is not announced.
        """
        self._resize(latent_dim)
        self.picture.setRoundTrip(None)
        self._caption.setWordings(f"{latent_dim} latents · KL unknown")
        self.setReady(self._ready)

    def _resize(self, latent_dim: int) -> None:
        self.point.resize(latent_dim)
        self._makeRows(latent_dim)
        self.controls.axes.setChecked(False)
        self.slots.forget()

    def setEncoding(self, encoding: bool) -> None:
        """Whether the model has an encoder; without one no value can come from a frame."""
        self._encoding = encoding
        if not encoding:
            self._stopFollowing()
        self.setReady(self._ready)

    def setAspect(self, aspect: float) -> None:
        """Width by height of what a decoded picture shows; its pixels need not be square."""
        self.picture.view.setAspect(aspect)

    def setKl(self, kl: np.ndarray) -> None:
        """Set the KL bars, (latent_dim,) nats; the order stays as it was."""
        self._rows.set_kl(kl)
        active = int((kl > ACTIVE_NATS).sum())
        told = f"{active} active, {kl.size - active} collapsed"
        self._caption.setWordings(f"{told} · {kl.sum():.1f} nats", told)

    def setPosterior(self, posterior: Any) -> None:
        """Move ticks and bands to that of a frame; while following, z moves with its mean."""
        first = self.posterior() is None
        self._rows.set_posterior(posterior)
        if first:
            self.setReady(self._ready)
        if self.isFollowing():
            self.point.draw(posterior.mu, "Follow the drive", ("follow", self._followed))
        self.posteriorChanged.emit()

    @Slot(object)
    def setImage(self, array: np.ndarray) -> None:
        """Show a decoded picture, (H, W, 3) uint8."""
        self.picture.view.setImage(array)

    def setRoundTrip(self, mu: np.ndarray, distance: float, kl: float) -> None:
        """Show what the decoded picture is encoded to, (latent_dim,), how far off, and its nats."""
        self._rows.set_round_trip(mu)
        self.picture.setRoundTrip(distance, kl)

    def setEnds(self, pictures: np.ndarray) -> None:
        """Show what each row does below and above z, (latent_dim, 2, H, W, 3) uint8."""
        self._rows.widget.setEnds(pictures, self.picture.view.aspect())

    def setStale(self, stale: bool) -> None:
        """Whether effects and small pictures are of another z than the present one."""
        self._rows.widget.setStale(stale)

    def pointedName(self) -> str:
        """The name of the row that is pointed at, empty for none."""
        return self._rows.pointed_name()

    def setMeanings(self, meanings: Sequence[str]) -> None:
        """Say on each slider what its latent alone explains best, as `curvature 20 m, R² 0.81`; an
        empty text for nothing, no texts for nothing at all."""
        self._rows.set_meanings(meanings)

    def setEffects(self, effects: np.ndarray) -> None:
        """Set how much each row changes the picture, (latent_dim,) grey levels."""
        self._rows.set_effects(effects)

    @Slot(bool)
    def setReady(self, ready: bool) -> None:
        """Enable the panel once there is a model."""
        self._ready = ready
        encoding = ready and self._encoding
        seen = encoding and self.posterior() is not None
        self._rows.widget.setEnabled(ready)
        self.picture.setEnabled(ready)
        self.controls.setReady(
            ready, encoding, seen, self._rows.is_measured(), self._rows.has_axes()
        )
        self._showUndo()

    def isFollowing(self) -> bool:
        """Whether z follows the posterior's mean."""
        return self.controls.follow.isChecked()

    @Slot(bool)
    def setFollowing(self, following: bool) -> None:
        """Let z follow the posterior's mean, or stop."""
        self.controls.follow.setChecked(following)

    def say(self, sentence: str) -> None:
        """Tell what could not be done with z, until the person goes on; plain text."""
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))

    # The point, shown

    @Slot()
    def _showUndo(self) -> None:
        stack, controls = self.point.stack, self.controls
        for button, possible, text, word in (
            (controls.undo, stack.canUndo(), stack.undoText(), "Undo"),
            (controls.redo, stack.canRedo(), stack.redoText(), "Redo"),
        ):
            button.setEnabled(self._ready and possible)
            button.setToolTip(f"{word}: {text}" if possible else f"Nothing to {word.lower()}.")

    @Slot()
    def _showSlots(self) -> None:
        chosen = self.slots.chosen()
        self.controls.slotA.setChecked(chosen == "A")
        self.controls.slotB.setChecked(chosen == "B")
        self.wishesChanged.emit()

    @Slot()
    def _showRows(self) -> None:
        """z itself on the rows, or its coordinates along the principal axes."""
        controls = self.controls
        principal = controls.axes.isChecked() and self._rows.has_axes()
        controls.sorting.setItemText(0, "by variance" if principal else "by KL")
        self._rows.show(principal, controls.sorting.currentData())
        self._shapePicture()
        self.wishesChanged.emit()

    # The hand

    @Slot()
    def _stopFollowing(self) -> None:
        self.say("")
        self.controls.follow.setChecked(False)

    @Slot()
    def _undo(self) -> None:
        self._stopFollowing()
        self.point.stack.undo()

    @Slot()
    def _redo(self) -> None:
        self._stopFollowing()
        self.point.stack.redo()

    @Slot(bool)
    def _follow(self, on: bool) -> None:
        self._followed += on
        self.followChanged.emit(on)

    @Slot(str)
    def _askForSample(self, source: str) -> None:
        self._stopFollowing()
        self.sampleRequested.emit(source, self.controls.temperature.value())

    @Slot()
    def _takeZero(self) -> None:
        self.takeZ(np.zeros(self.z().size, np.float32), "All to zero")
        self._rows.widget.resetRanges()

    @Slot(str)
    def _chooseSlot(self, name: str) -> None:
        self._stopFollowing()
        self.slots.choose(name)

    @Slot()
    def _swapSlots(self) -> None:
        self._stopFollowing()
        self.slots.swap()

    @Slot(str)
    def _sort(self, sorting: str) -> None:
        self._rows.widget.setSorting(sorting)

    @Slot()
    def _takeRandomFrame(self) -> None:
        self._stopFollowing()
        self.randomFrameRequested.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shapePicture()
        # The layout has placed everything by the old width already; once more before painting.
        self.layout().activate()

    @Slot()
    def _shapePicture(self) -> None:
        wide = (self.width() - 2 * MARGIN) * PICTURE_SHARE
        lines = self._rows.widget.lines()
        above = 2 * MARGIN + 2 * GAP + self._caption.sizeHint().height() + self.picture.below()
        tall = self.height() - above - lines * LOWEST_ROW
        # What stands beside it does not get lower.
        tall = max(tall, self.controls.sizeHint().height() - self.picture.below())
        self.picture.setWantedWidth(max(80, round(min(wide, tall * 4 / 3))))
