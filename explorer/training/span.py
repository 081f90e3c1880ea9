"""The ranges of losses that are worth showing.

It does not know what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_POINTS = 1000
_WILD = 0.002  # share of the values at either end that is left out


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
    left_out = round(_WILD * len(values))
    ends = left_out, len(values) - 1 - left_out
    low, high = np.partition(values, ends)[list(ends)]
    return float(low), float(high)
