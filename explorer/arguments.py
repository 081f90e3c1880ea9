"""The command line of the program; it does not know Qt."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import NoReturn

from explorer import __version__

DEVICES = ("auto", "cpu", "cuda", "mps")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def parse(argv: list[str]) -> argparse.Namespace:
    """The options in `argv`; exits with 2 and one sentence when they are wrong."""
    parser = _Parser(prog="main.py", description="Look inside a world model's eye.")
    parser.add_argument(
        "checkpoint", nargs="?", type=_existing, metavar="CHECKPOINT", help="a model to open"
    )
    parser.add_argument("--frames", type=_existing, metavar="PATH", help="frames to train on")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--seed", type=_seed, default=0, help="of the track and of samples")
    parser.add_argument("--screenshot", type=Path, metavar="PNG", help="save the window and exit")
    parser.add_argument("--reset-settings", action="store_true", help="forget layout and recents")
    parser.add_argument(
        "--log-level",
        type=str.upper,
        choices=list(logging.getLevelNamesMapping()),
        default="WARNING",
        metavar="L",
    )
    parser.add_argument("--version", action="version", version=f"Latent Explorer {__version__}")
    options = parser.parse_args(argv)
    if options.screenshot and not options.screenshot.absolute().parent.is_dir():
        parser.error(f"{options.screenshot}: its folder does not exist")
    return options


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text}: no such file or folder")
    return path


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 2147483647")
    return number


_seed.__name__ = "whole number"  # argparse names the type in its error
