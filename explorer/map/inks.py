"""The colours of the map: what values of the trail look like, and the two groups.

It does not know what the values are.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pyqtgraph import colormap

from explorer.map.dots import packed
from explorer.widgets.theme import Theme

GROUPS = ("A", "B")


def group_color(theme: Theme, name: str) -> str:
    """Of a group's points; Okabe and Ito's, apart from the trail's."""
    purple = "#cc79a7" if theme.dark else "#a8437f"
    return purple if name == "A" else theme.warning


@lru_cache(maxsize=2)
def ramp(dark: bool) -> np.ndarray:
    """256 colours from low to high that all stand out from the ground: (256, 3) of 0..255."""
    ends = (0.3, 1.0) if dark else (0.0, 0.8)
    return colormap.get("viridis").map(np.linspace(*ends, 256), mode="byte")[:, :3].astype(float)


@lru_cache(maxsize=2)
def ramp_pixels(dark: bool) -> np.ndarray:
    """The same as (256,) uint32 0xffRRGGBB."""
    return packed(ramp(dark))
