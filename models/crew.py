"""Spawned worker processes that do jobs and tell how far they are.

It does not know what the jobs are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

PAUSE = 0.2  # seconds without news after which the caller has its turn
NICENESS = 5  # a window and a training on the same cores come first


class News(NamedTuple):
    """What a worker tells of a job."""

    job: tuple
    value: Any  # what the job yielded; None once it has ended
    ended: bool


class LostWorkerError(Exception):
    """A worker process was ended by something else than its work."""


def work(
    do: Callable[..., Iterator[Any]], jobs: Sequence[tuple], workers: int
) -> Iterator[News | None]:
    """Run `do(*job)` of each job to its end in `workers` processes, and yield what they tell.

    `do` is a generator function of a module; what it raises is raised here. None is yielded when
    nothing was told for PAUSE seconds. When the generator ends or is closed, so do the processes,
    at once and wherever they are. Raises LostWorkerError when one has ended by itself.
    """
    # Spawned, never forked: the caller may own threads, a window and a GPU.
    context = multiprocessing.get_context("spawn")
    waiting = deque(jobs)
    processes: list[multiprocessing.Process] = []
    busy: dict[Connection, tuple] = {}  # the job at the other end
    try:
        for _ in range(min(workers, len(jobs))):
            ours, theirs = context.Pipe()
            # A daemon ends with the program, whatever becomes of the generator.
            process = context.Process(target=_serve, args=(do, theirs), daemon=True)
            process.start()
            processes.append(process)
            theirs.close()  # or the end of the process would not be seen
            busy[ours] = _hand_out(waiting, ours)
        while busy:
            ready = wait(list(busy), PAUSE)
            if not ready:
                yield None
            for connection in ready:
                news = _told(connection, busy[connection])
                if news.ended:
                    busy.pop(connection)
                    if waiting:
                        busy[connection] = _hand_out(waiting, connection)
                yield news
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()


def _hand_out(waiting: deque, connection: Connection) -> tuple:
    job = waiting.popleft()
    try:
        connection.send(job)
    except OSError as error:
        raise LostWorkerError from error
    return job


def _told(connection: Connection, job: tuple) -> News:
    try:
        value, ended = connection.recv()
    except (EOFError, OSError) as error:
        raise LostWorkerError from error
    if isinstance(value, Exception):
        raise value
    return News(job, value, ended)


def _serve(do: Callable[..., Iterator[Any]], connection: Connection) -> None:
    """The life of a worker process: its pipe breaks when the program that began it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's, who ends this one
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        while True:
            job = connection.recv()
            try:
                for value in do(*job):
                    connection.send((value, False))
                connection.send((None, True))
            except (BrokenPipeError, ConnectionResetError):
                return
            except Exception as error:
                connection.send((error, True))
    except (EOFError, OSError):
        return
