"""How a model takes frames that others captured: made here, with their crops, sizes and colours.

It does not know how the model was trained. Run it as `python -m benchmarks foreign`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models import checkpoint, command
from models.carracing import ZOOM_STEPS, rollout
from models.dataset import Frames
from models.evaluate import evaluate
from models.frame import WORLD_MODELS_RECIPE
from models.policy import Autopilot

EVERY = 25  # steps between two frames: half a second
STEPS = 1000  # of an episode
FIRST_TRACK = 2**30  # far beyond any seed of models.collect
COLOURS = {
    "5 % brighter": ((1.05, 1.05, 1.05), 0),
    "5 % darker": ((0.95, 0.95, 0.95), 0),
    "redder": ((1.05, 1.0, 0.95), 0),
    "fogged": ((0.94, 0.94, 0.94), 12),
}
"""Gain for red, green, blue, and what is added, of 255."""


def main(arguments: Sequence[str]) -> None:
    """`python -m benchmarks foreign`."""
    parser = command.Parser(prog="benchmarks foreign", description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, metavar="CHECKPOINT")
    parser.add_argument("--frames", type=command.positive, default=500, metavar="N")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    vae = checkpoint.load(options.model).vae
    figures = {}
    for name, frames in variants(options.frames).items():
        with command.about(options.model):
            result = evaluate(vae, Frames([frames]))
        figures[name] = {"psnr_mu": result.psnr_mu, "kl": result.kl}
    if options.json:
        print(json.dumps(figures))
        return
    print("| frames | dB from mu | nats |\n|---|---:|---:|")
    for name, told in figures.items():
        print(f"| {name} | {told['psnr_mu']:.2f} | {told['kl']:.2f} |")


def variants(count: int) -> dict[str, np.ndarray]:
    """The same scenes by our recipe and as others have them: (count, H, W, 3) uint8 each."""
    own, published = _drive(count)
    made = {"our own recipe": own, "64x64 of 84 rows": published}
    for name, (gain, offset) in COLOURS.items():
        shifted = published * np.array(gain, np.float32) + offset
        made[f"64x64 of 84 rows, {name}"] = shifted.clip(0, 255).astype(np.uint8)
    return made


def _drive(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scenes by our recipe and by the one of Ha and Schmidhuber 2018."""
    own, published, track = [], [], FIRST_TRACK
    while len(own) < count:
        drive = rollout(
            Autopilot(track),
            track,
            recipe=lambda: WORLD_MODELS_RECIPE,
            steps=STEPS,
            first=ZOOM_STEPS,
            every=EVERY,
        )
        for seen in drive:
            own.append(seen.frame)
            published.append(seen.input)
        track += 1
    return np.stack(own[:count]), np.stack(published[:count])
