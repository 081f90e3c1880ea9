"""Runs beside the present one, ready to be drawn: their held-out curves in colours of their own.

It does not know where a run was read.
"""

from __future__ import annotations

from explorer.training.history import SMOOTHED_BATCHES, ComparedRun
from explorer.training.trace import Trace
from explorer.widgets.theme import Theme

# What Okabe and Ito's colours leave beside those of the two losses; yellow cannot be read on light.
_DARK = ("#009e73", "#cc79a7", "#f0e442", "#d55e00", "#999999")
_LIGHT = ("#00805d", "#a3477a", "#7a6a00", "#b84a00", "#5a626f")


class Beside:
    """One of them; without held-out tests its training batches stand in, as means of 200."""

    def __init__(self, run: ComparedRun):
        self.name = run.name
        tested = len(run.held_out_steps) > 1
        steps = run.held_out_steps if tested else run.steps
        self.window = 1 if tested else SMOOTHED_BATCHES
        self.recon_loss = Trace(steps, run.held_out_recon_loss if tested else run.recon_loss)
        self.kl = Trace(steps, run.held_out_kl if tested else run.kl)


def color_of(index: int, theme: Theme) -> str:
    """The colour of the run at an index, `#rrggbb`."""
    colors = _DARK if theme.dark else _LIGHT
    return colors[index % len(colors)]
