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
from models.dataset import Frames, spread
from models.device import DEVICES, pick_device
from models.errors import InputError
from models.vae import VAE

ACTIVE_NATS = 0.1  # a latent with less mean KL says nothing about the frame
LEVELS = (
    0.0005,
    0.005,
    0.02,
    0.05,
    *np.arange(0.1, 0.95, 0.05).round(2),
    0.95,
    0.98,
    0.995,
    0.9995,
)
BATCH = 256
KEPT_SAMPLES = 200_000  # of the aggregate posterior; bounds the memory, not the statistics' bias


class Aggregate(NamedTuple):
    """The aggregate posterior q(z), the mean of q(z|x) over frames, per latent."""

    mean: np.ndarray  # (latent_dim,)
    std: np.ndarray  # (latent_dim,)
    levels: np.ndarray  # (Q,) in 0..1
    quantiles: np.ndarray  # (latent_dim, Q)


class Evaluation(NamedTuple):
    """Means over frames; PSNR in dB, squared errors summed over an image, KL in nats."""

    frames: int
    psnr_mu: float  # decoding the posterior's mean
    psnr_sample: float  # decoding one sample
    recon_sse_mu: float
    recon_sse_sample: float
    kl_per_latent: np.ndarray  # (latent_dim,)
    aggregate: Aggregate
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
        }


@torch.inference_mode()
def evaluate(vae: VAE, frames: Frames, seed: int = 0) -> Evaluation:
    """Evaluate on all frames, in one pass and bounded memory; samples follow from `seed`."""
    frames = frames.sized(vae.shape)
    rng = np.random.default_rng(seed)
    sse: dict[str, list[np.ndarray]] = {"mu": [], "sample": []}
    kls, first, second, samples = [], [], [], []
    every = -(-len(frames) // KEPT_SAMPLES)
    started = time.perf_counter()
    for batch in frames.batches(BATCH):
        posterior = vae.posterior(batch)
        target = vae.tensor(batch)
        z = posterior.mu + posterior.sigma * rng.standard_normal(posterior.mu.shape, np.float32)
        for name, code in (("mu", posterior.mu), ("sample", z)):
            error = (vae.recon(code) - target).square().sum((1, 2, 3))
            sse[name].append(error.double().cpu().numpy())
        kls.append(posterior.kl.sum(0, dtype=np.float64))
        first.append(posterior.mu.sum(0, dtype=np.float64))
        second.append((posterior.mu**2 + posterior.sigma**2).sum(0, dtype=np.float64))
        samples.append(z[::every])
    seconds = time.perf_counter() - started
    errors = {name: np.concatenate(parts) for name, parts in sse.items()}
    values = float(np.prod(batch.shape[1:]))
    psnr = {name: float(np.mean(10 * np.log10(values / error))) for name, error in errors.items()}
    mean = np.sum(first, 0) / len(frames)
    variance = np.sum(second, 0) / len(frames) - mean**2
    levels = np.array(LEVELS)
    quantiles = np.quantile(np.concatenate(samples), levels, axis=0).T
    return Evaluation(
        frames=len(frames),
        psnr_mu=psnr["mu"],
        psnr_sample=psnr["sample"],
        recon_sse_mu=float(errors["mu"].mean()),
        recon_sse_sample=float(errors["sample"].mean()),
        kl_per_latent=np.sum(kls, 0) / len(frames),
        aggregate=Aggregate(mean, np.sqrt(variance), levels, quantiles),
        images_per_second=len(frames) / seconds,
    )


def evaluate_held_out(vae: VAE, frames: Frames, share: float, count: int) -> Evaluation:
    """Evaluate on at most `count` of the frames that a training leaves out as its `share`."""
    _, held_out = frames.split(share)
    return evaluate(vae, Frames([frames.sized(vae.shape).take(spread(held_out, count))]))


def main() -> None:
    from models import checkpoint

    parser = command.Parser(prog="models.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="PATH")
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH")
    parser.add_argument("--device", choices=DEVICES, default="auto", metavar="D")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    options = parser.parse_args()

    device = pick_device(options.device)
    loaded = checkpoint.load(options.checkpoint)
    if not loaded.vae.encodes:
        raise InputError(f"{options.checkpoint}: has no encoder, so it cannot be evaluated.")
    result = evaluate(loaded.vae.to(device), dataset.load(options.frames))
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
    print(f"active units  {result.active_units} of {len(result.kl_per_latent)}")
    order = np.argsort(-result.kl_per_latent)
    print(
        "KL            " + "  ".join(f"z{i:02d} {result.kl_per_latent[i]:.2f}" for i in order[:16])
    )
    print(f"speed         {result.images_per_second:.0f} images a second on {device.type}")


if __name__ == "__main__":
    command.run(main)
