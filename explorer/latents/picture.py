"""The decoded picture, what may lie over it, and one line about both.

It does not know z, nor who computes maps.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.heat import heat, reach
from explorer.widgets.image_view import ImageView
from explorer.widgets.numerals import short

LOOKS = (
    ("pointed", "sensitivity on pointing", "as sensitivity, until the latent is moved"),
    ("plain", "picture alone", "nothing over it"),
    (
        "sensitivity",
        "sensitivity",
        "what the latent under the pointer, or in focus, changes: orange grows brighter as it "
        "rises, blue darker",
    ),
    ("spread", "σ in pixels", "standard deviation of each pixel over 64 samples of q(z|x)"),
    ("difference", "difference of A and B", "the picture of this slot minus the other's"),
)
"""Name, words, and what they mean."""

GAP = 4
FARTHEST = 99  # sigmas; beyond, the number says no more


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


class PictureBox(QWidget):
    """The picture over a choice of what lies on it; `look()` tells which map is wanted."""

    lookChanged = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.view = DecodedPicture()
        self._looks = QComboBox()
        self._looks.setObjectName("lookBox")
        self._looks.setAccessibleName("What lies over the picture")
        self._looks.setToolTip("\n".join(f"{words}: {tip}." for _, words, tip in LOOKS))
        for name, words, _ in LOOKS:
            self._looks.addItem(words, name)
        self._looks.currentIndexChanged.connect(self._choose)
        self._line = FittingLabel()
        self._line.setObjectName("roundTripLabel")
        self._line.setProperty("role", "caption")
        self._line.setToolTip(
            "The picture encoded again: how far z is from the mean it comes back with, in sigmas "
            "(root mean square over latents), and its KL. A sample of a frame's posterior is at "
            "about 1; far beyond, z has left what the decoder knows."
        )
        self._trip: tuple[str, ...] = ("",)
        self._scale: tuple[str, ...] = ()
        for widget in (self._looks, self._line):
            # The picture alone decides about the width; a fixed one could not shrink again.
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.view)
        layout.addWidget(self._looks)
        layout.addWidget(self._line)

    def setWantedWidth(self, width: int) -> None:
        """Ask the layout for a picture of this width, pixels."""
        self.view.setWantedWidth(width)
        self.setMaximumWidth(width)

    def below(self) -> int:
        """Pixels that stand below the picture."""
        return 2 * GAP + sum(widget.sizeHint().height() for widget in (self._looks, self._line))

    def look(self) -> str:
        """Which of LOOKS is chosen."""
        return self._looks.currentData()

    def setLook(self, name: str) -> None:
        """Choose one of LOOKS."""
        self._looks.setCurrentIndex(self._looks.findData(name))

    def setRoundTrip(self, distance: float | None, kl: float = 0.0) -> None:
        """Tell the distance in sigmas and the picture's KL in nats; None where there is none."""
        told = "" if distance is None else f"round trip {distance:.1f} σ"
        self._trip = (told,) if distance is None else (f"{told} · {short(kl)} nats", told)
        if distance is not None and not distance < FARTHEST:
            self._trip = (f"round trip beyond {FARTHEST} σ",)
        self._tell()

    def setMap(self, values: np.ndarray | None, name: str = "", unit: str = "") -> None:
        """Lay a map (H, W) over the picture, grey levels; `name` says of what, `unit` per what."""
        self._scale = ()
        if values is None:
            self.view.setOverlay(None)
        else:
            largest = reach(values)
            sign = "±" if (values < 0).any() else ""
            self._scale = (
                f"{name}: {sign}{largest:.1f} grey levels{unit} at most",
                f"{name}: {sign}{largest:.1f} grey levels{unit}",
                f"{name}: {sign}{largest:.1f}{unit}",
                f"{sign}{largest:.1f}{unit}",
            )
            self.view.setOverlay(heat(values, largest))
        self._tell()

    def _tell(self) -> None:
        self._line.setWordings(*(self._scale or self._trip))

    @Slot(int)
    def _choose(self, place: int) -> None:
        self.setMap(None)
        self.lookChanged.emit(self._looks.itemData(place))
