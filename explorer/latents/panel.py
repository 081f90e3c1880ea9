"""The centre of the window: the decoded picture, the buttons, and a slider for every latent.

It does not know the model; it takes arrays and says which z is wanted.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.latents.legend import Legend
from explorer.latents.row import ACTIVE_NATS
from explorer.latents.rows import LatentRows
from explorer.widgets.image_view import ImageView

MARGIN = 10
GAP = 8
PICTURE_SHARE = 0.4  # of the panel's width
LOWEST_ROW = 22  # pixels with the gap; the picture gives way before rows get lower than this


class DecodedPicture(ImageView):
    """An ImageView that asks for a given width, at 4:3."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__("decodedImage", "Decoded picture", parent=parent)
        self._width = 240
        self.setToolTip("What the decoder makes of the values below.")
        self.setPlaceholder("No model yet")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def setWantedWidth(self, width: int) -> None:
        """Ask the layout for this width, pixels."""
        if width != self._width:
            self._width = width
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._width, self._width * 3 // 4)

    def hasHeightForWidth(self) -> bool:
        # The panel chooses width and height together; the layout must not enlarge either.
        return False


class LatentPanel(QWidget):
    """Owns z; every change of it is one `zChanged`, whatever made it."""

    zChanged = Signal(object)  # a fresh (latent_dim,) float32 array
    followChanged = Signal(bool)
    randomFrameRequested = Signal()

    def __init__(self, latent_dim: int = 32, parent: QWidget | None = None):
        super().__init__(parent)
        self._mu: np.ndarray | None = None
        self._rng = np.random.default_rng()
        self._ready = False
        self._encoding = True

        title = QLabel("Latents")
        title.setProperty("role", "title")
        self._caption = QLabel()
        self._caption.setProperty("role", "caption")
        header = QHBoxLayout()
        header.addWidget(title)
        header.addStretch(1)
        header.addWidget(self._caption)

        self._picture = DecodedPicture()
        top = QHBoxLayout()
        top.setSpacing(GAP + 2)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(self._makeControls(), 1)

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
        layout.addWidget(self._scroll, 1)
        self._makeRows(latent_dim)
        self.setReady(False)

    def _makeControls(self) -> QVBoxLayout:
        def button(name: str, text: str, tip: str) -> QPushButton:
            made = QPushButton(text)
            made.setObjectName(name)
            made.setAccessibleName(text)
            made.setToolTip(tip)
            return made

        self._mean = button(
            "meanButton", "Mean of frame", "Set every value to the mean of the frame last seen."
        )
        self._prior = button(
            "priorButton", "Sample prior", "Draw every value from the prior, N(0, 1)."
        )
        self._zero = button(
            "zeroButton", "All to zero", "Set every value to 0, the mean of the prior."
        )
        self._random = button(
            "randomFrameButton",
            "Random frame",
            "Encode a frame picked at random and show its mean.",
        )
        self._follow = button(
            "followButton",
            "Follow the drive",
            "Let the values follow the mean of every frame; a change by hand ends it.",
        )
        self._follow.setCheckable(True)
        self._mean.clicked.connect(self.takeMean)
        self._prior.clicked.connect(self._takePrior)
        self._zero.clicked.connect(self._takeZero)
        self._random.clicked.connect(self._takeRandomFrame)
        self._follow.toggled.connect(self.followChanged)

        grid = QGridLayout()
        grid.setSpacing(6)
        grid.addWidget(self._mean, 0, 0)
        grid.addWidget(self._prior, 0, 1)
        grid.addWidget(self._zero, 1, 0)
        grid.addWidget(self._random, 1, 1)
        grid.addWidget(self._follow, 2, 0, 1, 2)
        controls = QVBoxLayout()
        controls.setSpacing(GAP)
        controls.addLayout(grid)
        controls.addStretch(1)
        controls.addWidget(Legend())
        return controls

    def _makeRows(self, latent_dim: int) -> None:
        self._rows = LatentRows(latent_dim)
        self._rows.zChanged.connect(self._announce)
        self._rows.taken.connect(self._stopFollowing)
        # The area deletes the rows it held before, and switches on a background of its own.
        self._scroll.setWidget(self._rows)
        self._rows.setAutoFillBackground(False)
        self._rows.setOrder(np.arange(latent_dim), self._follow)
        self._rows.setEnabled(self._ready)
        self._caption.setText(f"{latent_dim} latents")
        self._shapePicture()

    # z

    def z(self) -> np.ndarray:
        """The values, a fresh (latent_dim,) float32 array."""
        return self._rows.z()

    @Slot(object)
    def setZ(self, z: np.ndarray) -> None:
        """Set all values, (latent_dim,); `zChanged` comes once, or not at all when none differs.

        Raises ValueError when the length differs or a value is not finite.
        """
        z = np.asarray(z, np.float32)
        if z.shape != self.z().shape or not np.isfinite(z).all():
            raise ValueError(f"z must be {self.z().size} finite numbers, not an array {z.shape}")
        self._rows.setZ(z)

    @Slot()
    def takeMean(self) -> None:
        """Set z to the mean of the newest posterior, ending to follow; nothing before the first."""
        if self._mu is not None:
            self._stopFollowing()
            self._rows.setZ(self._mu)

    def seed(self, seed: int) -> None:
        """Make the samples of the prior repeatable."""
        self._rng = np.random.default_rng(seed)

    # What the model and the drive say

    def setLatents(
        self,
        kl: np.ndarray,
        mean: np.ndarray,
        std: np.ndarray,
        quantiles: np.ndarray,
        levels: np.ndarray,
    ) -> None:
        """Show another model's latents: KL, order, ranges, silhouettes.

        `kl` (nats), `mean`, `std` are (latent_dim,), `quantiles` (latent_dim, Q) and `levels` (Q,)
        describe the aggregate posterior. z is kept where the length agrees, else it is 0; neither
        is announced.
        """
        if kl.size != self.z().size:
            self._mu = None
            self._makeRows(kl.size)
            self.setReady(self._ready)
        self._rows.setStatistics(mean, std, quantiles, levels)
        self._rows.setOrder(np.argsort(-kl, kind="stable"))
        self.setKl(kl)

    def setUnmeasured(self, latent_dim: int) -> None:
        """Show latents that nothing is known of: the prior's range, no KL, all values 0.

        It is not announced.
        """
        self._mu = None
        self._makeRows(latent_dim)
        self._caption.setText(f"{latent_dim} latents · KL unknown")
        self.setReady(self._ready)

    def setEncoding(self, encoding: bool) -> None:
        """Whether the model has an encoder; without one no value can come from a frame."""
        self._encoding = encoding
        if not encoding:
            self._stopFollowing()
        self.setReady(self._ready)

    def setAspect(self, aspect: float) -> None:
        """Width by height of what a decoded picture shows; its pixels need not be square."""
        self._picture.setAspect(aspect)

    def setKl(self, kl: np.ndarray) -> None:
        """Set the KL bars, (latent_dim,) nats; the order stays as it was."""
        self._rows.setKl(kl)
        active = int((kl > ACTIVE_NATS).sum())
        self._caption.setText(f"sorted by KL · {active} active, {kl.size - active} collapsed")

    def setPosterior(self, mu: np.ndarray, sigma: np.ndarray) -> None:
        """Move ticks and bands, (latent_dim,) each; while following, z moves with mu."""
        if self._mu is None:
            self._mean.setEnabled(self._ready and self._encoding)
        self._mu = np.array(mu, np.float32)
        self._rows.setPosterior(mu, sigma)
        if self.isFollowing():
            self._rows.setZ(self._mu)

    @Slot(object)
    def setImage(self, array: np.ndarray) -> None:
        """Show a decoded picture, (H, W, 3) uint8."""
        self._picture.setImage(array)

    @Slot(bool)
    def setReady(self, ready: bool) -> None:
        """Enable the panel once there is a model."""
        self._ready = ready
        self._rows.setEnabled(ready)
        for button in (self._prior, self._zero):
            button.setEnabled(ready)
        for button in (self._random, self._follow):
            button.setEnabled(ready and self._encoding)
        self._mean.setEnabled(ready and self._encoding and self._mu is not None)

    def isFollowing(self) -> bool:
        """Whether z follows the posterior's mean."""
        return self._follow.isChecked()

    @Slot(bool)
    def setFollowing(self, following: bool) -> None:
        """Let z follow the posterior's mean, or stop."""
        self._follow.setChecked(following)

    # The hand

    @Slot()
    def _stopFollowing(self) -> None:
        self._follow.setChecked(False)

    @Slot()
    def _announce(self) -> None:
        self.zChanged.emit(self.z())

    @Slot()
    def _takePrior(self) -> None:
        self._stopFollowing()
        self._rows.setZ(self._rng.standard_normal(self.z().size, np.float32))

    @Slot()
    def _takeZero(self) -> None:
        self._stopFollowing()
        self._rows.reset()

    @Slot()
    def _takeRandomFrame(self) -> None:
        self._stopFollowing()
        self.randomFrameRequested.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shapePicture()
        # The layout has placed everything by the old width already; once more before painting.
        self.layout().activate()

    def _shapePicture(self) -> None:
        wide = (self.width() - 2 * MARGIN) * PICTURE_SHARE
        lines = -(-self.z().size // 2)
        above = 2 * MARGIN + 2 * GAP + self._caption.sizeHint().height()
        tall = self.height() - above - lines * LOWEST_ROW
        self._picture.setWantedWidth(max(80, round(min(wide, tall * 4 / 3))))
