"""Curves of real training runs, sound and faulty, kept so that a test need not train for hours.

`python -m tests.models.recorded NAME ...` records them anew: the networks of the program's own
size take ten minutes each on two cores. It does not know what is tested.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch

from models import checkpoint, dataset
from models.dataset import Frames
from models.errors import DivergedError
from models.facts import Facts, facts
from models.held_out import HeldOut
from models.train import TrainConfig, TrainState, TrainStep, train
from models.vae import VAE, VAEConfig

FOLDER = Path(__file__).parent / "runs"
RESOURCES = Path(__file__).parents[2] / "resources"
SMALL = (15, 20, 3)


class Plan(NamedTuple):
    """How a run was made, on the sample frames or on `frames` of them, evenly spread."""

    steps: int
    values: dict[str, Any]  # of TrainConfig
    turns: Mapping[int, dict[str, Any]] = MappingProxyType({})  # knobs turned after a step
    start: str = "scratch"  # or `bundled`, or `small`: 8 latents at SMALL
    channels: tuple[int, int] = (8, 16)  # of a small one
    frames: int = 0


_SMALL = {"latent_dim": 8, "batch_size": 16, "beta": 0.05}
PLANS = {
    "scratch": Plan(700, {}),
    "bundled": Plan(200, {"batch_size": 16}, start="bundled"),
    "small": Plan(600, _SMALL, start="small"),
    "free bits": Plan(600, _SMALL | {"free_bits": 0.5}, start="small"),
    "warm-up": Plan(600, _SMALL | {"kl_warm_up": "linear", "kl_warm_up_steps": 300}, start="small"),
    "cyclical": Plan(
        800, _SMALL | {"kl_warm_up": "cyclical", "kl_warm_up_steps": 200}, start="small"
    ),
    "capacity": Plan(800, _SMALL | {"capacity": 10.0, "capacity_steps": 400}, start="small"),
    "slow": Plan(400, _SMALL | {"learning_rate": 1e-6}, start="small"),
    "beta 200": Plan(420, {"batch_size": 16, "beta": 200.0}, {220: {"beta": 0.5}}, "bundled"),
    "beta 0.0001": Plan(320, {"batch_size": 16, "beta": 1e-4}, {140: {"beta": 0.5}}, "bundled"),
    "strong from scratch": Plan(600, _SMALL | {"beta": 20.0}, start="small"),
    "rate 0.5": Plan(60, {"batch_size": 16, "learning_rate": 0.5}, start="bundled"),
    "rate 0.05": Plan(235, _SMALL, {150: {"learning_rate": 0.05}}, "small"),
    "40 frames": Plan(
        1000,
        _SMALL | {"mirror": False, "learning_rate": 0.01},
        start="small",
        channels=(32, 64),
        frames=40,
    ),
}


class Run(NamedTuple):
    """A recorded run."""

    facts: Facts
    records: list[tuple[TrainStep, TrainConfig]]  # each with the config in force

    @property
    def last(self) -> TrainConfig:
        return self.records[-1][1]


def recorded(name: str) -> Run:
    """The run of that name in PLANS."""
    plan = PLANS[name]
    with np.load(FOLDER / f"{name}.npz") as file:
        arrays = {key: file[key] for key in file.files}
    known = Facts(**json.loads(str(arrays["facts"])))
    tests = {
        int(step): HeldOut(float(recon_loss), kl.astype(np.float32), mean, variance)
        for step, recon_loss, kl, mean, variance in zip(
            *(arrays[f"held_out_{key}"] for key in ("step", *HeldOut._fields)), strict=True
        )
    }
    config, records = _config(plan), []
    for step, (recon_loss, kl) in enumerate(
        zip(arrays["recon_loss"], arrays["kl"], strict=True), 1
    ):
        record = TrainStep(step, float(recon_loss), kl.astype(np.float32), tests.get(step))
        records.append((record, config))
        config = replace(config, **plan.turns.get(step, {}))
    return Run(known, records)


def _config(plan: Plan) -> TrainConfig:
    return TrainConfig(device="cpu", **plan.values)


def _trained(plan: Plan, frames: Frames) -> Iterator[TrainStep]:
    config = _config(plan)
    vae = None
    if plan.start == "bundled":
        vae = checkpoint.load(RESOURCES / "carracing.safetensors").vae
    elif plan.start == "small":
        height, width, _ = SMALL
        torch.manual_seed(0)
        vae = VAE(VAEConfig(config.latent_dim, height, width, plan.channels))
    run = train(config, frames, TrainState.start(config, vae))
    sent = None
    for _ in range(plan.steps):
        record = run.send(sent)
        yield record
        sent = turned = plan.turns.get(record.step) and replace(config, **plan.turns[record.step])
        config = turned or config


def record(name: str) -> None:
    """Train as planned and write the curves."""
    plan = PLANS[name]
    frames = dataset.load(RESOURCES / "frames.npz")
    if plan.frames:
        frames = Frames([frames.take(np.linspace(0, len(frames) - 1, plan.frames).astype(int))])
    if plan.start == "small":
        frames = frames.sized(SMALL)
        frames = Frames([frames.take(np.arange(len(frames)))], frames.episode, shape=SMALL)
    steps = []
    try:
        steps.extend(_trained(plan, frames))
    except DivergedError as error:
        print(name, error)
    write(name, facts(frames, _config(plan), frames.shape), steps)


def write(name: str, known: Facts, steps: list[TrainStep]) -> None:
    """Keep the curves of a run, the KL in half precision where it fits."""
    kl = np.stack([step.kl for step in steps])
    tests = [(step.step, *step.held_out) for step in steps if step.held_out is not None]
    columns = zip(("step", *HeldOut._fields), zip(*tests, strict=True), strict=True)
    np.savez_compressed(
        FOLDER / f"{name}.npz",
        facts=json.dumps(known._asdict()),
        recon_loss=np.array([step.recon_loss for step in steps], np.float32),
        kl=kl.astype(np.float16) if kl.max() < 60_000 else kl.astype(np.float32),
        **{f"held_out_{key}": np.array(column, np.float32) for key, column in columns},
    )


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for chosen in sys.argv[1:] or PLANS:
        record(chosen)
