"""What a VAE keeps and what it costs: distortion, rate, active units, aggregate posterior.

It does not know how the VAE was trained. Run it as `python -m models.evaluate`.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from models import command, dataset
from models.aggregate import Aggregate, AggregateSums, Thinned
from models.dataset import Frames, spread
from models.device import DEVICES, pick_device
from models.divergence import Bounds, prior_divergence
from models.errors import InputError
from models.observation import ACTIVE_NATS
from models.vae import VAE

BATCH = 256
KEPT_POSTERIORS = 8192  # behind the bounds of the aggregate's KL; all pairs of them take seconds
USUAL = 0.995  # share of the frames that a range holds
RANGED_FRAMES = 200_000  # behind the ranges
RANGES = ("kl_range", "recon_sse_range")  # figures of two numbers; None where nobody knows them
FEWEST_RANGED = 200  # fewer frames tell nothing of what one in 200 does


class Evaluation(NamedTuple):
    """Means over frames; PSNR in dB, squared errors summed over an image, KL in nats."""

    frames: int
    psnr_mu: float  # decoding the posterior's mean
    psnr_sample: float  # decoding one sample
    recon_sse_mu: float
    recon_sse_sample: float
    kl_per_latent: np.ndarray  # (latent_dim,)
    aggregate: Aggregate
    kl_aggregate: Bounds  # of KL(q(z) || N(0, I)), see models.divergence
    kl_range: tuple[float, float] | None  # of the usual frames, see `usual_range`
    recon_sse_range: tuple[float, float] | None  # likewise, decoding mu; its low end is 0
    images_per_second: float  # encoded and decoded twice

    @property
    def kl(self) -> float:
        """The rate: nats per frame."""
        return float(self.kl_per_latent.sum())

    @property
    def active_units(self) -> int:
        """How many latents carry more than ACTIVE_NATS."""
        return int((self.kl_per_latent > ACTIVE_NATS).sum())

    def figures(self) -> dict:
        """The figures by name, as plain numbers for JSON."""
        return {
            "frames": self.frames,
            "psnr_mu": self.psnr_mu,
            "psnr_sample": self.psnr_sample,
            "recon_sse_mu": self.recon_sse_mu,
            "recon_sse_sample": self.recon_sse_sample,
            "kl": self.kl,
            "kl_per_latent": self.kl_per_latent.tolist(),
            "active_units": self.active_units,
            "kl_aggregate_lower": self.kl_aggregate.lower,
            "kl_aggregate_upper": self.kl_aggregate.upper,
            "kl_range": self.kl_range and list(self.kl_range),
            "recon_sse_range": self.recon_sse_range and list(self.recon_sse_range),
        }


def usual_range(values: np.ndarray, low: float, high: float) -> tuple[float, float] | None:
    """Between which two of `values` (n,), one a frame, the shares `low` to `high` of frames lie.

    The k-th smallest of n is taken for the quantile k / (n + 1), so that another frame like these
    lies between with the wished probability (Weibull's plotting position). Where n is too small
    for a share, the smallest or largest value stands for it, and a frame lies beyond with the
    probability 1 / (n + 1) instead: at 256 frames 0.4 % at either end. None of fewer than
    FEWEST_RANGED.
    """
    if len(values) < FEWEST_RANGED:
        return None
    ends = np.quantile(values, (low, high), method="weibull")
    return float(ends[0]), float(ends[1])


@torch.inference_mode()
def evaluate(vae: VAE, frames: Frames, seed: int = 0) -> Evaluation:
    """Evaluate on all frames, in one pass and bounded memory; samples follow from `seed`.

    Raises InputError for a VAE without an encoder, or one whose numbers are not finite.
    """
    if not vae.encodes:
        raise InputError("a model without an encoder cannot be evaluated.")
    frames = frames.sized(vae.shape)
    rng = np.random.default_rng(seed)
    sums = AggregateSums(len(frames), vae.config.latent_dim)
    kept = Thinned(len(frames), KEPT_POSTERIORS)
    ranged = Thinned(len(frames), RANGED_FRAMES)  # KL and squared error of each
    sse, psnr = np.zeros(2), np.zeros(2)  # from mu, from a sample
    kl = np.zeros(vae.config.latent_dim)
    started = time.perf_counter()
    for batch in frames.batches(BATCH):
        posterior = vae.posterior(batch)
        target = vae.tensor(batch)
        z = posterior.mu + posterior.sigma * rng.standard_normal(posterior.mu.shape, np.float32)
        recons = (vae.recon(posterior.mu), vae.recon(z))
        errors = torch.stack([(recon - target).square().sum((1, 2, 3)) for recon in recons])
        errors = errors.double().cpu().numpy()
        sse += errors.sum(1)
        psnr += (10 * np.log10(batch[0].size / errors)).sum(1)
        kl += posterior.kl.sum(0, dtype=np.float64)
        sums.add(*posterior, z)
        kept.add(np.stack([*posterior, z], axis=1))
        ranged.add(np.stack([posterior.kl.sum(1, dtype=np.float64), errors[0]], axis=1))
    seconds = time.perf_counter() - started
    sse, psnr = sse / len(frames), psnr / len(frames)
    if not np.isfinite([*sse, *psnr, *kl]).all():
        raise InputError("the model answers these frames with numbers that are not finite.")
    kls, errors_mu = ranged.rows().T
    errors_range = usual_range(errors_mu, 0.0, USUAL)
    return Evaluation(
        frames=len(frames),
        psnr_mu=float(psnr[0]),
        psnr_sample=float(psnr[1]),
        recon_sse_mu=float(sse[0]),
        recon_sse_sample=float(sse[1]),
        kl_per_latent=kl / len(frames),
        aggregate=sums.aggregate(),
        kl_aggregate=prior_divergence(*np.moveaxis(kept.rows(), 1, 0)),
        kl_range=usual_range(kls, (1 - USUAL) / 2, (1 + USUAL) / 2),
        recon_sse_range=errors_range and (0.0, errors_range[1]),  # none is too like its frame
        images_per_second=len(frames) / seconds,
    )


def evaluate_held_out(vae: VAE, frames: Frames, share: float, count: int) -> Evaluation:
    """Evaluate on at most `count` of the frames that a training leaves out as its `share`."""
    _, held_out = frames.split(share)
    return evaluate(vae, Frames([frames.sized(vae.shape).take(spread(held_out, count))]))


def main() -> None:
    from models import checkpoint, plot
    from models.sheet import Sheet

    parser = command.Parser(prog="models.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="PATH")
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH")
    parser.add_argument("--device", choices=DEVICES, default="auto", metavar="D")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="a figure of what it sees and knows"
    )
    options = parser.parse_args()

    if options.plot:
        command.check_writable(options.plot)
    device = pick_device(options.device)
    loaded = checkpoint.load(options.checkpoint)
    vae, frames = loaded.vae.to(device), dataset.load(options.frames)
    with command.about(options.checkpoint):
        result = evaluate(vae, frames)
    if options.plot:
        Sheet(plot.overview(vae, frames, result)).save(options.plot)
    figures = result.figures() | {
        "images_per_second": result.images_per_second,
        "device": device.type,
        "config": asdict(loaded.vae.config),
    }
    if options.json:
        print(json.dumps(figures))
        return
    print(f"frames        {result.frames}")
    print(
        f"distortion    {result.psnr_mu:.2f} dB from mu, {result.psnr_sample:.2f} dB from a sample"
    )
    print(
        f"              SSE {result.recon_sse_mu:.2f} from mu, {result.recon_sse_sample:.2f} sample"
    )
    print(f"rate          {result.kl:.2f} nats a frame")
    lower, upper = result.kl_aggregate
    print(f"              {lower:.2f} to {upper:.2f} nats of it: aggregate posterior against prior")
    if result.kl_range and result.recon_sse_range:
        low, high = result.kl_range
        print(f"range         {low:.2f} to {high:.2f} nats in {100 * USUAL:.1f} % of the frames")
        print(f"              SSE from mu up to {result.recon_sse_range[1]:.2f} in as many")
    print(f"active units  {result.active_units} of {len(result.kl_per_latent)}")
    order = np.argsort(-result.kl_per_latent)
    print(
        "KL            " + "  ".join(f"z{i:02d} {result.kl_per_latent[i]:.2f}" for i in order[:16])
    )
    print(f"speed         {result.images_per_second:.0f} images a second on {device.type}")


if __name__ == "__main__":
    command.run(main)
