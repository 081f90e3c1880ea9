"""The ranges of losses that are worth showing.

It does not know what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_POINTS = 4000


def span(series: Iterable[np.ndarray]) -> tuple[float, float]:
    """Low and high without each series' first fall and without single wild values; (0, 1) of none.

    Series are (n,) each, of any length.
    """
    settled = [values[len(values) // 20 :] for values in series]
    parts = [values[:: max(1, len(values) // _POINTS)] for values in settled]
    values = np.concatenate([*parts, []])
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return 0.0, 1.0
    low, high = np.percentile(values, [0.2, 99.8])
    return float(low), float(high)
