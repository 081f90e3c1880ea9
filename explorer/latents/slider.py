"""A slider for one latent: the person's value over the posterior and what the data look like.

It does not know its neighbours, the model, or what happens to the value.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import Property, QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QSlider, QWidget

from explorer.latents.marks import HANDLE, draw_handle, draw_posterior, draw_ring
from explorer.latents.track import FOOT, TALL, draw_track, shade
from explorer.widgets.theme import theme_of

GRID = 100  # steps of the integer slider per unit of z
Z_LIMIT = 1000.0  # beyond anything a decoder was trained on; keeps the grid within an int
LONG = 130  # pixels that hold what a latent means in full
MARGIN = 5  # pixels left and right of the track, so that the handle is whole at both ends
NOTCH = 120  # angle of one step of a mouse wheel, eighths of a degree


class Marks(NamedTuple):
    """Where the marks stand, in widget pixels that are whole on the device; None is not shown."""

    handle: float
    mu: float | None
    low: float  # the ends of the band
    high: float
    echo: float | None


class LatentSlider(QSlider):
    """A QSlider whose exact value is the float `z`; `value()` is z in hundredths."""

    zChanged = Signal(float)

    def __init__(self, index: int, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._z = 0.0
        self._mu = math.nan
        self._sigma = math.nan
        self._echo = math.nan
        self._range = (-3.0, 3.0)
        self._density: tuple[np.ndarray, np.ndarray] | None = None
        self._dimmed = False
        self._meaning = ""
        self._grip = 0.0
        self._wheel = 0
        self._background = QPixmap()
        self._background_of: tuple | None = None
        self._marks: Marks | None = None
        self.setObjectName(f"latentSlider{index:02d}")
        self.setName(f"z{index:02d}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(round(0.05 * GRID))
        self.setPageStep(round(0.5 * GRID))
        self.setZRange(*self._range)

    def setName(self, name: str) -> None:
        """Call the latent by this name; the object name stays."""
        self.setAccessibleName(name)
        self._tip = (
            f"Drag to change {name}; a double click sets it to 0, arrow keys step by 0.05, L locks."
        )
        self._explain()

    def meaning(self) -> str:
        """What `setMeaning` was told last."""
        return self._meaning

    def setMeaning(self, meaning: str) -> None:
        """Say what this latent alone explains best, as `curvature 20 m, R² 0.81`, empty for
        nothing; where the slider is tall it stands below the track."""
        if meaning != self._meaning:
            self._meaning = meaning
            self._explain()
            self._invalidate()

    def _explain(self) -> None:
        told = f"Alone it explains best: {self._meaning}." if self._meaning else ""
        self.setAccessibleDescription(told)
        self.setToolTip(f"{self._tip}\n{told}".rstrip())

    # The value

    def _getZ(self) -> float:
        return self._z

    @Slot(float)
    def setZ(self, z: float) -> None:
        """Set z exactly; outside the range it widens the range, beyond +-1000 it is cut.

        Raises ValueError when z is not finite.
        """
        z = float(z)
        if not math.isfinite(z):
            raise ValueError(f"z must be finite, not {z}")
        z = min(max(z, -Z_LIMIT), Z_LIMIT)
        if z == self._z:
            return
        self._z = z
        self._widen(round(z * GRID))
        super().setValue(round(z * GRID))
        self._updateMarks()
        if self._range[0] <= z <= self._range[1] and not self.isSliderDown():
            self.resetRange()  # which a far value had widened
        self.zChanged.emit(z)

    @Slot(int)
    def setValue(self, value: int) -> None:
        """Set z in hundredths; outside the range it widens the range."""
        value = min(max(value, round(-Z_LIMIT * GRID)), round(Z_LIMIT * GRID))
        self._widen(value)
        super().setValue(value)

    def reset(self) -> None:
        """Back to 0 and, where a far value had widened the range, to the range of the data."""
        self.setZ(0.0)
        self.resetRange()

    def resetRange(self) -> None:
        """Back to the range of the data, as far as the present z allows."""
        self.setZRange(*self._range)

    def setZRange(self, low: float, high: float) -> None:
        """Set the range in units of z; it always includes the present z."""
        self._range = (low, high)
        value = round(self._z * GRID)
        self.setRange(min(math.floor(low * GRID), value), max(math.ceil(high * GRID), value))

    def _widen(self, value: int) -> None:
        if value < self.minimum():
            self.setMinimum(value)
        if value > self.maximum():
            self.setMaximum(value)

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        if change == QAbstractSlider.SliderChange.SliderRangeChange:
            self._invalidate()
            return
        # The base class repaints at every change; here only what moves by a pixel is drawn.
        self._updateMarks()
        # Keys, the wheel and screen readers move the integer; z follows unless it led.
        if self.value() != round(self._z * GRID):
            self._z = self.value() / GRID
            self._updateMarks()
            self.zChanged.emit(self._z)

    # The posterior and the data

    def _getMu(self) -> float:
        return self._mu

    def setMu(self, mu: float) -> None:
        """Set the posterior's mean; NaN hides it."""
        self.setPosterior(mu, self._sigma)

    def _getSigma(self) -> float:
        return self._sigma

    def setSigma(self, sigma: float) -> None:
        """Set the posterior's standard deviation; NaN hides the band."""
        self.setPosterior(self._mu, sigma)

    def setPosterior(self, mu: float, sigma: float) -> None:
        """Set mean and standard deviation of the newest frame; z stays."""
        self._mu = float(mu)
        self._sigma = float(sigma)
        self._updateMarks()

    def _getEcho(self) -> float:
        return self._echo

    def setEcho(self, mu: float) -> None:
        """Set the mean that the encoder finds in the decoded picture; NaN hides it."""
        self._echo = float(mu)
        self._updateMarks()

    def setDensity(self, positions: np.ndarray, heights: np.ndarray) -> None:
        """Show a silhouette behind the track: positions (N,) in z, ascending; heights (N,) 0..1."""
        self._density = (np.asarray(positions, float), np.asarray(heights, float))
        self._invalidate()

    def setDimmed(self, dimmed: bool) -> None:
        """Paint muted, for a latent that carries nothing; it stays fully usable."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self._invalidate()

    z = Property(float, _getZ, setZ, notify=zChanged)
    mu = Property(float, _getMu, setMu)
    sigma = Property(float, _getSigma, setSigma)
    echo = Property(float, _getEcho, setEcho)

    # Where things stand

    def sizeHint(self) -> QSize:
        return QSize(180, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, HANDLE.height() + 4)

    def xOf(self, z: float) -> float:
        """Where z stands, in widget pixels from the left."""
        low, high = self.minimum() / GRID, self.maximum() / GRID
        return MARGIN + (z - low) / (high - low) * (self.width() - 2 * MARGIN)

    def zAt(self, x: float) -> float:
        """The z that stands at x pixels from the left, cut to the range, in whole hundredths."""
        part = (x - MARGIN) / max(self.width() - 2 * MARGIN, 1)
        low, high = self.minimum(), self.maximum()
        return round(low + min(max(part, 0.0), 1.0) * (high - low)) / GRID

    def _updateMarks(self) -> None:
        if self._marks is not None and self._marks != self._placeMarks():
            self._marks = None
            self.update()

    def _placeMarks(self) -> Marks:
        # As `xOf`, but this runs for every slider at every frame of a drive.
        ratio = self.devicePixelRatioF()
        low, room = self.minimum(), self.width() - 2 * MARGIN
        scale = room / (self.maximum() - low)

        def place(z: float) -> float:
            # A mark beyond the range stands at its end.
            x = min(max((z * GRID - low) * scale, 0.0), room)
            return round((MARGIN + x) * ratio) / ratio

        handle = place(self._z)
        echo = place(self._echo) if math.isfinite(self._echo) else None
        if not math.isfinite(self._mu):
            return Marks(handle, None, 0.0, 0.0, echo)
        mu = place(self._mu)
        if not math.isfinite(self._sigma):
            return Marks(handle, mu, mu, mu, echo)
        return Marks(handle, mu, place(self._mu - self._sigma), place(self._mu + self._sigma), echo)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x = event.position().x()
        handle = self.xOf(self._z)
        # Taking hold of the handle keeps an exact value; a press beside it is a jump.
        held = abs(x - handle) <= HANDLE.width() / 2
        self._grip = x - handle if held else 0.0
        self.setSliderDown(True)
        if not held:
            self.setZ(self.zAt(x))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setZ(self.zAt(event.position().x() - self._grip))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        self._wheel += turn.y() or turn.x()
        notches = int(self._wheel / NOTCH)
        self._wheel -= notches * NOTCH
        super().setValue(self.value() + notches * self.singleStep())
        event.accept()

    # The picture

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._invalidate()

    def _invalidate(self) -> None:
        self._background_of = None
        self.update()

    def _wordings(self) -> tuple[str, ...]:
        full = self._meaning
        short = full.replace(", R²", ""), full.split(",")[0]
        # By the room and not by each text: all sliders of a panel say it alike.
        return (full, *short) if self.width() >= LONG else short

    def _trackHeight(self) -> int:
        return self.height() - (FOOT if self._meaning and self.height() >= TALL else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        muted = self._dimmed or not self.isEnabled()
        height = self._trackHeight()
        wanted = (self.size(), self.devicePixelRatioF())
        if self._background_of != wanted:
            wordings = self._wordings() if height < self.height() else ()
            self._background = draw_track(*wanted, theme, self._density, self.xOf, muted, wordings)
            self._background_of = wanted
        painter.drawPixmap(0, 0, self._background)
        self._marks = self._placeMarks()
        handle, mu, low, high, echo = self._marks
        live = self.isEnabled()
        if mu is not None and live:
            draw_posterior(painter, theme, mu, low, high, height)
        draw_handle(painter, theme, handle, height, muted)
        if echo is not None and live:
            draw_ring(painter, theme, echo, height)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(shade(theme.recon))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
