"""The command line of training: a progress line, a checkpoint each minute, resuming.

It does not know how a step works.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from argparse import BooleanOptionalAction, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from threading import Event

from models import checkpoint, command, dataset, tensor_file, training_state
from models.dataset import Frames
from models.device import DEVICES, pick_device
from models.errors import DivergedError, InputError
from models.evaluate import evaluate_held_out
from models.machine import cores
from models.observation import ACTIVE_NATS
from models.ranks import Ranks, joined
from models.run_log import SAVE_SECONDS
from models.schedule import KL_WARM_UPS, SCHEDULES
from models.train import (
    TrainConfig,
    TrainState,
    TrainStep,
    images_per_second,
    outcome,
    progress_of,
    train,
)

TOLD = ("beta", "free_bits", "batch_size", "learning_rate", "latent_dim", "steps", "seed")
TESTED_FRAMES = 4000  # held-out frames behind the figures in the checkpoint


def main() -> None:
    """`python -m models.train`, or the same by `torchrun`."""
    command.run(_train)


def _train() -> None:
    with joined() as ranks:
        _train_together(_parser().parse_args(), ranks)


def _train_together(options: Namespace, ranks: Ranks) -> None:
    largest = tensor_file.LARGEST["latent_dim"]
    if options.latent_dim and options.latent_dim > largest:
        raise InputError(
            f"--latent-dim {options.latent_dim}: a checkpoint holds {largest} at most."
        )
    command.check_writable(options.out)
    config = _config(options)
    pick_device(config.device)  # a device that is not there is said before the frames are read
    if ranks.size > 1:
        if config.batch_size < ranks.size:
            raise InputError(
                f"--batch-size {config.batch_size}: is less than a frame for each of "
                f"{ranks.size} processes."
            )
        config = replace(config, threads=config.threads or max(1, cores() // ranks.beside))
    frames = dataset.load(options.frames)
    if options.resume:
        state = training_state.load(training_state.beside(options.out), config)
    else:
        state = TrainState.start(config)
    state.history.commands.append(command.typed("models.train"))
    saved_at = time.perf_counter()
    try:
        with _interrupt() as interrupted:
            for record in train(config, frames, state, ranks):
                if ranks.leads:
                    _report(record, config, state, options.json)
                # All end at the same step, or one would wait for the others for ever.
                if any(ranks.mean(interrupted.is_set())):
                    _say(
                        options.json or not ranks.leads,
                        f"\nInterrupted at step {state.step}; saving.",
                    )
                    break
                if ranks.leads and time.perf_counter() - saved_at > SAVE_SECONDS:
                    training_state.save(training_state.beside(options.out), state, config)
                    saved_at = time.perf_counter()
    except DivergedError as error:
        raise InputError(str(error)) from error
    if not ranks.leads:
        return
    finish(options.out, config, frames, state)
    _say(options.json, f"\n{options.out}: saved at step {state.step}.")


@contextmanager
def _interrupt() -> Iterator[Event]:
    """Set by the first Ctrl-C, so that the step under way is done whole; a second one ends all."""
    noted = Event()
    before = signal.getsignal(signal.SIGINT)

    def note(*_: object) -> None:
        noted.set()
        signal.signal(signal.SIGINT, before)

    if before is not signal.SIG_IGN:  # as it is for what a shell starts in the background
        signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _parser() -> command.Parser:
    parser = command.Parser(
        prog="models.train",
        description="Train a VAE without a window.",
        epilog="What is left out is as it was with --resume, else "
        + ", ".join(f"{name.replace('_', ' ')} {getattr(TrainConfig, name):g}" for name in TOLD)
        + ".",
    )
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH")
    parser.add_argument("--out", type=Path, required=True, metavar="CHECKPOINT")
    parser.add_argument("--steps", type=command.positive, metavar="N", help="batches")
    parser.add_argument(
        "--minutes", type=command.above_zero, metavar="M", help="end by time instead"
    )
    parser.add_argument("--beta", type=command.not_negative, help="weight of the KL")
    parser.add_argument("--free-bits", type=command.not_negative, help="nats a latent")
    parser.add_argument(
        "--kl-floor", type=command.not_negative, metavar="N", help="nats an image that cost nothing"
    )
    parser.add_argument(
        "--kl-floor-from", type=command.not_negative, metavar="N", help="where the floor begins"
    )
    parser.add_argument(
        "--kl-floor-hold", type=command.share, metavar="H", help="share of the run it stays there"
    )
    parser.add_argument(
        "--calibrated",
        action=BooleanOptionalAction,
        help="the likelihood's variance is the batch's error; needs no beta",
    )
    parser.add_argument(
        "--kl-warm-up", choices=KL_WARM_UPS, help="how the KL's weight rises to beta"
    )
    parser.add_argument(
        "--kl-warm-up-steps", type=command.positive, metavar="N", help="of the rise, or of a cycle"
    )
    parser.add_argument(
        "--capacity", type=command.not_negative, metavar="C", help="nats the KL is pulled to"
    )
    parser.add_argument(
        "--capacity-steps", type=command.positive, metavar="N", help="in which it rises there"
    )
    parser.add_argument("--schedule", choices=SCHEDULES, help="of the learning rate")
    parser.add_argument(
        "--warm-up", type=command.positive, metavar="N", help="steps of the learning rate's rise"
    )
    parser.add_argument(
        "--patience",
        type=command.count,
        metavar="N",
        help="end after N held-out tests without a better one; 0 for never",
    )
    parser.add_argument(
        "--keep-best",
        action=BooleanOptionalAction,
        help="save the weights that did best on held-out frames, not the newest",
    )
    parser.add_argument("--batch-size", type=command.positive, metavar="B")
    parser.add_argument("--learning-rate", type=command.not_negative, metavar="R")
    parser.add_argument("--latent-dim", type=command.positive, metavar="L")
    parser.add_argument("--device", choices=DEVICES, metavar="D")
    parser.add_argument("--seed", type=command.seed, metavar="S")
    parser.add_argument("--bfloat16", action=BooleanOptionalAction, help="activations in 16 bits")
    parser.add_argument("--resume", action="store_true", help="go on where CHECKPOINT stopped")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _config(options: Namespace) -> TrainConfig:
    """What was asked for, over what a resumed run was started with, over the defaults."""
    config = TrainConfig()
    if options.resume:
        config = training_state.load_config(training_state.beside(options.out))
    given = {
        name: value
        for name, value in vars(options).items()
        if value is not None and name in TrainConfig.__dataclass_fields__
    }
    if options.steps or options.minutes:
        # The end that is asked for replaces the old one; minutes alone set no end by steps.
        given = {"steps": sys.maxsize, "minutes": None} | given
    return replace(config, **given)


def _report(record: TrainStep, config: TrainConfig, state: TrainState, as_json: bool) -> None:
    rate = images_per_second(state)
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
        left = timedelta(seconds=round(state.seconds * max(1 / progress_of(config, state) - 1, 0)))
        line = (
            f"step {record.step}  held out: {loss:.2f} SSE, {kl.sum():.2f} nats, "
            f"{(kl > ACTIVE_NATS).sum()} active  {rate:.0f} images/s  {left} left"
        )
        # On a terminal one line that changes, in a file a line each.
        print(*([f"\r{line}   "] if sys.stdout.isatty() else [line, "\n"]), sep="", end="")
        sys.stdout.flush()


def finish(out: Path, config: TrainConfig, frames: Frames, state: TrainState) -> None:
    """Write what a run ends with: its state, and the averaged VAE as a checkpoint."""
    training_state.save(training_state.beside(out), state, config)
    weights, step = outcome(config, state)
    vae = weights.frozen()
    evaluation = evaluate_held_out(vae, frames, config.held_out, TESTED_FRAMES)
    told = {
        "steps": step,
        "images": state.images if step == state.step else step * config.batch_size,
        "seconds": round(state.seconds),
        "frames": len(frames),
        "data": frames.name,
    }
    training = asdict(config) | told | state.history.until(step).record()
    checkpoint.save(out, checkpoint.describe(vae, evaluation, training, out.stem))


def _say(as_json: bool, text: str) -> None:
    if not as_json:
        print(text)
