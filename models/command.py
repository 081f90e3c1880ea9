"""What the command lines share: one sentence on stderr and exit code 2 for unusable input.

It does not know which command runs.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from models.errors import InputError


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def positive(text: str) -> int:
    """A whole number above zero, for `type=` of an argument."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


def count(text: str) -> int:
    """A whole number, zero or above, for `type=` of an argument."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below zero")
    return number


def not_negative(text: str) -> float:
    """A finite number of zero or more, for `type=` of an argument."""
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of zero or more")
    return number


def above_zero(text: str) -> float:
    """A finite number above zero, for `type=` of an argument."""
    number = not_negative(text)
    if number == 0:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


def share(text: str) -> float:
    """A number of at least 0 and below 1, for `type=` of an argument."""
    number = not_negative(text)
    if number >= 1:
        raise argparse.ArgumentTypeError(f"{text} is not below 1")
    return number


def seed(text: str) -> int:
    """A whole number that every generator of random numbers takes, for `type=` of an argument."""
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not in 0..2^32-1")
    return number


# argparse shows these.
positive.__name__ = seed.__name__ = "whole number"
not_negative.__name__ = above_zero.__name__ = share.__name__ = "number"


def check_writable(out: Path) -> None:
    """Raise InputError where a file cannot be written: before the work, not after it."""
    if out.is_dir():
        raise InputError(f"{out}: is a folder where a file is to be written.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.with_name(f".{out.name}.writable")
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may look at the same time
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}).") from error


def typed(module: str) -> str:
    """The running command as it was typed, to be told to whoever wants to repeat it."""
    return shlex.join(["python", "-m", module, *sys.argv[1:]])


@contextmanager
def about(source: Path | str) -> Iterator[None]:
    """Name the file or the option in every InputError that is raised inside."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def run(command: Callable[[], None]) -> NoReturn:
    """Call `command` and exit: 0 when it returns, 2 on unusable input, 130 on Ctrl-C."""
    try:
        command()
    except InputError as error:
        sys.exit(_say(str(error), 2))
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(_say("Interrupted.", 130))
    sys.exit(0)


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code
