"""The command line of training: a progress line, a checkpoint each minute, resuming.

It does not know how a step works.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from models import checkpoint, command, dataset
from models.dataset import Frames, spread
from models.device import DEVICES
from models.errors import DivergedError, InputError
from models.evaluate import evaluate
from models.train import TrainConfig, TrainState, TrainStep, images_per_second, progress_of, train

SAVE_SECONDS = 60
TESTED_FRAMES = 4000  # held-out frames behind the figures in the checkpoint


def main() -> None:
    """`python -m models.train`."""
    command.run(_train)


def _train() -> None:
    options = _parser().parse_args()
    largest = checkpoint.LARGEST["latent_dim"]
    if options.latent_dim > largest:
        raise InputError(
            f"--latent-dim {options.latent_dim}: a checkpoint holds {largest} at most."
        )
    _check_writable(options.out)
    config = _config(options)
    frames = dataset.load(options.frames)
    if options.resume:
        state = checkpoint.load_state(checkpoint.state_path(options.out), config)
    else:
        state = TrainState.start(config)
    saved_at = time.perf_counter()
    try:
        for record in train(config, frames, state):
            _report(record, config, state, options.json)
            if time.perf_counter() - saved_at > SAVE_SECONDS:
                checkpoint.save_state(checkpoint.state_path(options.out), state, config)
                saved_at = time.perf_counter()
    except KeyboardInterrupt:
        _say(options.json, f"\nInterrupted at step {state.step}; saving.")
    except DivergedError as error:
        raise InputError(str(error)) from error
    _save(options.out, config, frames, state)
    _say(options.json, f"\n{options.out}: saved at step {state.step}.")


def _parser() -> command.Parser:
    default = TrainConfig()
    parser = command.Parser(prog="models.train", description="Train a VAE without a window.")
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH")
    parser.add_argument("--out", type=Path, required=True, metavar="CHECKPOINT")
    parser.add_argument("--steps", type=command.positive, metavar="N", help="batches")
    parser.add_argument(
        "--minutes", type=command.above_zero, metavar="M", help="end by time instead"
    )
    parser.add_argument("--beta", type=command.not_negative, default=default.beta)
    parser.add_argument(
        "--free-bits", type=command.not_negative, default=default.free_bits, help="nats a latent"
    )
    parser.add_argument("--batch-size", type=command.positive, default=default.batch_size)
    parser.add_argument("--learning-rate", type=command.not_negative, default=default.learning_rate)
    parser.add_argument("--latent-dim", type=command.positive, default=default.latent_dim)
    parser.add_argument("--device", choices=DEVICES, default="auto", metavar="D")
    parser.add_argument("--seed", type=command.seed, default=0)
    parser.add_argument("--bfloat16", action="store_true", help="activations in 16 bits")
    parser.add_argument("--resume", action="store_true", help="go on where CHECKPOINT stopped")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _config(options) -> TrainConfig:
    return TrainConfig(
        latent_dim=options.latent_dim,
        beta=options.beta,
        free_bits=options.free_bits,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        # Minutes alone set the end by themselves.
        steps=options.steps or (TrainConfig.steps if options.minutes is None else sys.maxsize),
        minutes=options.minutes,
        seed=options.seed,
        device=options.device,
        bfloat16=options.bfloat16,
    )


def _check_writable(out: Path) -> None:
    """A folder that cannot be written is said before an hour of training, not after it."""
    if out.is_dir():
        raise InputError(f"{out}: is a folder where a file is to be written.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.with_name(f".{out.name}.writable")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}).") from error


def _report(record: TrainStep, config: TrainConfig, state: TrainState, as_json: bool) -> None:
    rate = images_per_second(state, config)
    if as_json:
        line = {
            "step": record.step,
            "recon_loss": record.recon_loss,
            "kl": float(record.kl.sum()),
            "images_per_second": rate,
        }
        if record.held_out:
            line["held_out_recon_loss"] = record.held_out.recon_loss
            line["held_out_kl"] = float(record.held_out.kl.sum())
        print(json.dumps(line), flush=True)
    elif record.held_out:
        loss, kl = record.held_out.recon_loss, record.held_out.kl
        print(
            f"\rstep {record.step}  held out: {loss:.2f} SSE, {kl.sum():.2f} nats, "
            f"{(kl > 0.1).sum()} active  {rate:.0f} images/s  {_left(config, state)}   ",
            end="",
            flush=True,
        )


def _left(config: TrainConfig, state: TrainState) -> str:
    done = progress_of(config, state)
    return time.strftime("%H:%M:%S left", time.gmtime(state.seconds * max(1 / done - 1, 0)))


def _save(out: Path, config: TrainConfig, frames: Frames, state: TrainState) -> None:
    checkpoint.save_state(checkpoint.state_path(out), state, config)
    _, held_out = frames.split(config.held_out)
    tested = Frames([frames.take(spread(held_out, TESTED_FRAMES))])
    vae = state.average.frozen()
    history = asdict(config) | {
        "steps": state.step,
        "images": state.step * config.batch_size,
        "seconds": round(state.seconds),
        "frames": len(frames),
        "data": frames.name,
    }
    checkpoint.save(out, checkpoint.describe(vae, evaluate(vae, tested), history, out.stem))


def _say(as_json: bool, text: str) -> None:
    if not as_json:
        print(text)
