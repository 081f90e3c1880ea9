"""The threads of the window: one runs a generator, one answers the newest request.

They are Python threads owned by QObjects that stay in the GUI thread, so that every slot runs
there. This file does not know what is computed.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

REST_SECONDS = 60  # between two rests of a generator that is held


class Failure(NamedTuple):
    """An exception that ended a job, and its traceback as text."""

    error: Exception
    details: str


class Worker(QObject):
    """A thread with an owner, and what became of it."""

    errored = Signal(object)
    """A Failure; emitted before `finished`."""

    def __init__(self, name: str, parent: QObject | None = None):
        super().__init__(parent)
        self._name = name
        self._thread: threading.Thread | None = None

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the thread to end; False when it is still alive after `seconds`."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _spawn(self, body: Callable[[], None]) -> None:
        # A daemon, so that a job stuck in foreign code cannot keep a closed program alive.
        self._thread = threading.Thread(target=body, name=self._name, daemon=True)
        self._thread.start()

    def _report(self, error: Exception) -> None:
        self.errored.emit(Failure(error, traceback.format_exc()))


class GeneratorWorker(Worker):
    """Runs a generator; what it yields is taken when the owner has time for it.

    With `maxlen` only the newest records are kept: a slow owner then drops some, but never lags.
    """

    finished = Signal()
    """The generator ended, was stopped or raised; the worker can start again."""

    def __init__(self, name: str, maxlen: int | None = None, parent: QObject | None = None):
        super().__init__(name, parent)
        self._records: deque = deque(maxlen=maxlen)
        self._sent: deque = deque(maxlen=1)
        self._running = False
        self._stopped = False
        self._gate = threading.Condition()  # of what follows
        self._paused = False
        self._step = False  # one more record, though it is paused
        self._pace: float | None = None  # records a second
        self._rest_at = 0.0  # when the next rest is due, while it is paused
        self._rest: Callable[[Any], Any] | None = None

    def is_running(self) -> bool:
        """Whether a generator is at work; no longer once `finished` is emitted."""
        return self._running

    def start(
        self, make: Callable[[], Generator], rest: Callable[[Any], Any] | None = None
    ) -> None:
        """Make the generator and run it to its end, both in a new thread.

        With `rest` it is sent `rest(value)` when a pause begins and each REST_SECONDS of it, in
        place of the value that waits for it, or of None; what it yields then is no record.
        """
        if self._running:
            raise RuntimeError(f"the {self._name} is already running")
        self._records.clear()
        self._sent.clear()
        self._running, self._stopped = True, False
        self._paused = self._step = False
        self._rest = rest
        self._spawn(lambda: self._run(make))

    def take(self) -> list:
        """The records since the last call, oldest first."""
        records = []
        while self._records:
            records.append(self._records.popleft())
        return records

    def send(self, value: Any) -> None:
        """Hand a value to the generator at its next step; only the newest is kept."""
        self._sent.append(value)

    def pause(self) -> None:
        """Hold the generator between two records; one that is to stop is not held."""
        with self._gate:
            if not self._paused:
                self._rest_at = time.monotonic()
            self._paused, self._step = True, False
            self._gate.notify()

    def resume(self) -> None:
        """Go on after a pause."""
        with self._gate:
            self._paused = self._step = False
            self._gate.notify()

    def is_paused(self) -> bool:
        """Whether the generator is held, or will be once it has made its record."""
        return self._paused

    def step(self) -> None:
        """Let a paused generator yield one more record.

        Only one waits while another is made: a key held down does not pile up work.
        """
        with self._gate:
            self._step = self._paused
            self._gate.notify()

    def set_pace(self, per_second: float | None) -> None:
        """At most so many records a second from now on, also in later runs; None for any number."""
        with self._gate:
            self._pace = per_second
            self._gate.notify()

    @Slot()
    def stop(self) -> None:
        """Close the generator between two records; `finished` follows."""
        with self._gate:
            self._stopped = True
            self._gate.notify()

    close = stop

    def _run(self, make: Callable[[], Generator]) -> None:
        try:
            generator = make()
            begun = False
            try:
                while not self._stopped:
                    # A generator takes nothing before its first record.
                    value = self._value() if begun else None
                    started = time.monotonic()
                    self._records.append(generator.send(value))
                    begun = True
                    while self._hold(started):
                        generator.send(self._rest(self._value()))
            except StopIteration:
                pass
            finally:
                generator.close()
        except Exception as error:
            self._report(error)
        self._running = False
        self.finished.emit()

    def _value(self) -> Any:
        return self._sent.popleft() if self._sent else None

    def _hold(self, started: float) -> bool:
        """Wait until the record after the one that was begun at `started` may be made.

        True: only until a rest is due.
        """
        with self._gate:
            while not self._stopped:
                if self._step:
                    self._step = False
                    break
                now = time.monotonic()
                left = started + 1 / self._pace - now if self._pace else 0.0
                if not self._paused and left <= 0:
                    break
                if self._paused and self._rest is not None:
                    left = self._rest_at - now
                    if left <= 0:
                        self._rest_at = now + REST_SECONDS
                        return True
                self._gate.wait(left if not self._paused or self._rest is not None else None)
            return False


class LatestWorker(Worker):
    """Answers requests one at a time; a request that is overtaken is never computed.

    With `every` none is overtaken: all are answered in order, also those that wait at the close.
    """

    done = Signal(object)
    """The function's answer to a request."""

    def __init__(
        self,
        name: str,
        function: Callable[[Any], Any],
        every: bool = False,
        parent: QObject | None = None,
    ):
        super().__init__(name, parent)
        self._function = function
        self._news = threading.Condition()
        self._every = every
        self._requests: deque = deque(maxlen=None if every else 1)
        self._closed = False
        self._answering = False
        self.seconds = 0.0
        """What the last answer took."""

    def submit(self, request: Any) -> None:
        """Ask for `function(request)`; `done` or `errored` follows unless it is overtaken.

        After `close` nothing is asked any more.
        """
        if self._closed:
            return
        with self._news:
            self._requests.append(request)
            self._news.notify_all()
        if self._thread is None:
            self._spawn(self._run)

    def before(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """`function` for another worker, whose thread waits until this one has no request left."""

        def waited(request: Any) -> Any:
            with self._news:
                self._news.wait_for(lambda: not (self._requests or self._answering))
            return function(request)

        return waited

    def close(self) -> None:
        """End the thread after the request it is at; with `every`, after all of them."""
        with self._news:
            self._closed = True
            if not self._every:
                self._requests.clear()
            self._news.notify_all()

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._requests or self._closed)
                if not self._requests:
                    return
                request = self._requests.popleft()
                self._answering = True
            try:
                self._answer(request)
            except Exception as error:
                self._report(error)
            # An idle thread must not keep the arrays of its request alive.
            request = None
            with self._news:
                self._answering = False
                self._news.notify_all()

    def _answer(self, request: Any) -> None:
        started = time.perf_counter()
        answer = self._function(request)
        self.seconds = time.perf_counter() - started
        self.done.emit(answer)


class Breath(NamedTuple):
    """Yielded in place of a part: look whether something newer is asked, for so many seconds."""

    seconds: float = 0.0


class RefiningWorker(LatestWorker):
    """Answers the newest request in parts, the urgent one first.

    Its function gives an iterator of parts; `done` comes with each. Between two of them, or at a
    Breath, a newer request ends it, so that the finer parts of an overtaken one are not computed;
    but now and then they are, as far as the first rest, or a steady stream of requests would
    never see them.
    """

    STARVED = 0.1  # seconds since a request came as far as its first rest

    def __init__(
        self, name: str, function: Callable[[Any], Iterator[Any]], parent: QObject | None = None
    ):
        super().__init__(name, function, parent=parent)
        self._rested = 0.0  # when
        self._is_cut = False  # the last answer was ended before its rest

    def _answer(self, request: Any) -> None:
        started, first = time.perf_counter(), True
        if not self._is_cut:
            self._rested = started
        self._is_cut = False
        parts = self._function(request)
        for part in parts:
            breath = part if isinstance(part, Breath) else Breath()
            if first and part is not breath:
                self.seconds = time.perf_counter() - started
            first = False
            if part is not breath:
                self.done.emit(part)
            if breath.seconds:
                self._rested = time.perf_counter()
            starved = time.perf_counter() - self._rested > self.STARVED
            if self._is_overtaken(breath.seconds) and not starved:
                self._is_cut = True
                return

    def _is_overtaken(self, seconds: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: bool(self._requests) or self._closed, seconds)
