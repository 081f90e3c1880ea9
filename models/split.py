"""Which frames are held out: whole episodes, spread over the sequence.

It does not know the frames themselves.
"""

from __future__ import annotations

import numpy as np


def split_episodes(episode: np.ndarray, held_out: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of training and of held-out frames, given the episode (n,) of each.

    Episodes are held out until their frames are the share, but never more than half; a single
    episode is cut in two, its end held out. One frame alone is both.
    """
    count = len(episode)
    if count < 2:
        return np.arange(count), np.arange(count)
    names, starts, sizes = np.unique(episode, return_index=True, return_counts=True)
    if len(names) < 2:
        cut = min(max(1, int(count * (1 - held_out))), count - 1)
        return np.arange(cut), np.arange(cut, count)
    in_order = np.argsort(starts)
    # Steps of the golden section visit all episodes, each far from those before it.
    visits = in_order[np.argsort((np.arange(len(names)) * 0.6180339887) % 1, kind="stable")]
    chosen, total = [], 0
    for visit in visits:
        if total >= held_out * count:
            break
        if total + sizes[visit] <= count / 2:
            chosen.append(names[visit])
            total += sizes[visit]
    mask = np.isin(episode, chosen)
    return np.flatnonzero(~mask), np.flatnonzero(mask)
