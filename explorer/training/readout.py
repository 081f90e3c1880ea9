"""What the rows above the plots say of a run, each in several lengths, the longest first.

It does not know the labels, nor how the numbers are drawn.
"""

from __future__ import annotations

import numpy as np

from explorer.training.history import LossHistory, LossSeries, Reading
from explorer.training.units import Look
from explorer.widgets.numerals import three_figures


def newest_recon_loss(history: LossHistory, look: Look) -> tuple[str, ...]:
    """The newest reconstruction loss; its unit stands beside it."""
    newest = _newest(history)
    value = ""
    if newest is not None:
        value = f"  {_loss(newest.recent_recon_loss(), look)}"
    return f"— reconstruction{value}", f"— recon{value}"


def newest_kl(history: LossHistory) -> tuple[str, ...]:
    """The newest KL and how many latents are active."""
    newest = _newest(history)
    kl, active = "", ""
    if newest is not None:
        kl = f"  {three_figures(newest.recent_kl())}"
        active = f"   active {newest.active_units()} / {history.latent_dim}"
    return (
        f"- - KL, nats / image{kl}{active}",
        f"- - KL, nats{kl}{active}",
        f"- - KL, nats{kl}{active.replace('active ', '')}",
        f"- - KL, nats{kl}",
    )


def recon_loss_at(reading: Reading, look: Look) -> tuple[str, ...]:
    """The reconstruction losses at one step: of the batches, then held out."""
    losses = (reading.recon_loss, reading.held_out_recon_loss)
    return _both(*(None if loss is None else _loss(loss, look) for loss in losses), look)


def kl_at(reading: Reading, look: Look) -> tuple[str, ...]:
    """The KL at one step, of the batches and held out, and how many latents were active."""
    kl = (reading.kl, reading.held_out_kl)
    texts = _both(*(None if value is None else three_figures(value) for value in kl), look)
    active = "" if reading.active_units is None else f" · active {reading.active_units}"
    return *(text + active for text in texts), *texts


def _both(batches: str | None, held_out: str | None, look: Look) -> tuple[str, ...]:
    word = "mean" if look.window > 1 else "batch"
    if batches is None or held_out is None:
        return (f"held out {held_out}" if batches is None else f"{word} {batches}",)
    return (
        f"{word} {batches} · held out {held_out}",
        f"{batches} · held out {held_out}",
        f"{batches} · held {held_out}",
        f"{batches} · {held_out}",
    )


def _newest(history: LossHistory) -> LossSeries | None:
    """The bold line's series where there is one; the batches only stand in for it."""
    series = (history.held_out, history.training)
    return next((s for s in series if len(s)), None)


def _loss(recon_loss: float, look: Look) -> str:
    return three_figures(float(look.recon_loss(np.array(recon_loss))))
