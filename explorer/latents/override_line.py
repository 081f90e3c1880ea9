"""One line that names the latents a person holds while all others follow the drive.

It does not know who holds them, nor their values.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from explorer.widgets.fitting_label import FittingLabel


class OverrideLine(FittingLabel):
    """Empty unless something is followed and something is held."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent=parent)
        self.setObjectName("overrideCaption")
        self.setProperty("role", "warning")
        self.setToolTip(
            "Locked latents keep their values, the others follow the drive: the picture shows the "
            "world with just these changed."
        )

    def setHeld(self, following: bool, locked: np.ndarray) -> None:
        """Tell whether the drive is followed, and which latents are locked, (latent_dim,) bool."""
        held = np.flatnonzero(locked)
        if not following or not held.size:
            self.setWordings("")
            return
        told = f"following, {held.size} override{'s' * (held.size > 1)}"
        names = " ".join(f"z{index:02d}" for index in held)
        self.setWordings(f"{told} ({names})", told)
