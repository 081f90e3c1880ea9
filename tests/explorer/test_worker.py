"""The two kinds of thread: one runs a generator, one answers the newest request."""

from __future__ import annotations

import threading
import time
import weakref
from itertools import pairwise

import pytest
from PySide6.QtCore import QObject, Slot

from explorer import worker as module
from explorer.worker import Breath, Failure, GeneratorWorker, LatestWorker, RefiningWorker

PATIENCE = 20_000  # ms


class Ear(QObject):
    """Notes what it hears, and in which thread."""

    def __init__(self):
        super().__init__()
        self.heard = []
        self.threads = set()

    @Slot(object)
    def hear(self, what):
        self.heard.append(what)
        self.threads.add(threading.get_ident())

    @Slot()
    def hearTheEnd(self):
        self.hear("finished")


class Tickets:
    """A generator's brake: it yields one record for each ticket."""

    def __init__(self):
        self._semaphore = threading.Semaphore(0)

    def give(self, count):
        self._semaphore.release(count)

    def numbers(self):
        number = 0
        while True:
            assert self._semaphore.acquire(timeout=60)
            yield number
            number += 1

    def echo(self):
        got = None
        while True:
            assert self._semaphore.acquire(timeout=60)
            got = yield got


@pytest.fixture
def tickets():
    made = Tickets()
    yield made
    made.give(10_000)  # whoever still waits ends, whatever the test found


@pytest.fixture
def make(qtbot, tickets):
    workers = []

    def made(maxlen=None, name="worker"):
        workers.append(GeneratorWorker(name, maxlen))
        return workers[-1]

    yield made
    tickets.give(10_000)
    for worker in workers:
        worker.close()
        assert worker.wait(20)


@pytest.fixture
def worker(make):
    return make()


def run(qtbot, worker, generator):
    with qtbot.waitSignal(worker.finished, timeout=PATIENCE):
        worker.start(generator)


def collect(qtbot, worker, count):
    """Take records as they come until there are `count`."""
    records = []

    def enough():
        records.extend(worker.take())
        return len(records) >= count

    qtbot.waitUntil(enough, timeout=PATIENCE)
    return records


# A generator


def test_records_come_in_order_and_once(qtbot, worker):
    run(qtbot, worker, lambda: (n for n in range(5000)))
    assert worker.take() == list(range(5000))
    assert worker.take() == []


def test_records_are_there_while_the_generator_runs(qtbot, worker, tickets):
    worker.start(tickets.numbers)
    tickets.give(3)
    assert collect(qtbot, worker, 3) == [0, 1, 2]
    tickets.give(2)
    assert collect(qtbot, worker, 2) == [3, 4]


def test_with_a_limit_only_the_newest_are_kept(qtbot, make):
    worker = make(maxlen=3)
    run(qtbot, worker, lambda: (n for n in range(1000)))
    assert worker.take() == [997, 998, 999]


def test_making_running_and_ending_happen_in_one_thread_that_is_not_the_windows(
    qtbot, worker, tickets
):
    threads = []

    def generator():
        threads.append(threading.get_ident())
        try:
            yield from tickets.numbers()
        finally:
            threads.append(threading.get_ident())

    def make():
        threads.append(threading.get_ident())
        return generator()

    worker.start(make)
    tickets.give(1)
    collect(qtbot, worker, 1)
    with qtbot.waitSignal(worker.finished, timeout=PATIENCE):
        worker.stop()
        tickets.give(1)
    assert len(threads) == 3
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


def test_the_end_is_heard_in_the_windows_thread(qtbot, worker):
    ear = Ear()
    worker.finished.connect(ear.hearTheEnd)
    run(qtbot, worker, iter_once)
    assert ear.heard == ["finished"]
    assert ear.threads == {threading.get_ident()}


def iter_once():
    yield 1


def test_a_pause_holds_between_two_records_and_a_resume_goes_on(qtbot, worker, make, tickets):
    worker.start(tickets.numbers)
    tickets.give(2)
    assert collect(qtbot, worker, 2) == [0, 1]
    worker.pause()
    tickets.give(100)
    held = collect(qtbot, worker, 1)  # the one it was at
    # As long as another one needs for as much, the paused one stands still.
    others = Tickets()
    others.give(100)
    other = make(name="other")
    other.start(others.numbers)
    collect(qtbot, other, 100)
    other.stop()
    others.give(1)
    assert held + worker.take() == [2]
    assert worker.is_running()
    worker.resume()
    assert collect(qtbot, worker, 99) == list(range(3, 102))


def test_a_paused_one_can_be_stopped(qtbot, worker, tickets):
    worker.start(tickets.numbers)
    worker.pause()
    tickets.give(1)
    collect(qtbot, worker, 1)
    with qtbot.waitSignal(worker.finished, timeout=PATIENCE):
        worker.stop()


def test_a_pause_that_comes_after_the_stop_does_not_hold_the_end(qtbot, worker, tickets):
    worker.start(tickets.numbers)
    tickets.give(1)
    collect(qtbot, worker, 1)
    worker.stop()
    worker.pause()
    with qtbot.waitSignal(worker.finished, timeout=PATIENCE):
        tickets.give(1)


# Slow motion


def stands_still(qtbot, worker, make):
    """What the worker yields while another one has time for a hundred records."""
    others = Tickets()
    others.give(100)
    other = make(name="other")
    other.start(others.numbers)
    collect(qtbot, other, 100)
    other.stop()
    others.give(1)
    return worker.take()


def test_one_step_at_a_time_while_it_is_paused(qtbot, worker, make, tickets):
    worker.start(tickets.numbers)
    worker.pause()
    tickets.give(100)
    assert collect(qtbot, worker, 1) == [0]  # what it was at
    for number in (1, 2, 3):
        assert stands_still(qtbot, worker, make) == []
        worker.step()
        assert collect(qtbot, worker, 1) == [number]
    worker.resume()
    assert collect(qtbot, worker, 96) == list(range(4, 100))


def test_steps_asked_for_while_one_is_made_do_not_pile_up(qtbot, worker, make, tickets):
    worker.start(tickets.numbers)
    worker.pause()
    tickets.give(1)
    collect(qtbot, worker, 1)
    for _ in range(50):
        worker.step()
    tickets.give(100)
    stepped = collect(qtbot, worker, 1) + stands_still(qtbot, worker, make)
    assert stepped in ([1], [1, 2])  # one at work, and one that waited for it


def test_a_step_of_one_that_is_not_paused_is_nothing(qtbot, worker, make, tickets):
    worker.start(tickets.numbers)
    tickets.give(1)
    collect(qtbot, worker, 1)
    worker.step()
    worker.pause()
    tickets.give(100)
    collect(qtbot, worker, 1)  # what it was at
    assert stands_still(qtbot, worker, make) == []


def test_a_pace_keeps_records_at_least_so_far_apart(qtbot, worker):
    begun = []

    def generator():
        for number in range(12):
            begun.append(time.monotonic())
            yield number

    worker.set_pace(200)
    run(qtbot, worker, generator)
    assert worker.take() == list(range(12))
    assert min(later - earlier for earlier, later in pairwise(begun)) >= 1 / 200


def test_another_pace_counts_at_once(qtbot, worker, make, tickets):
    worker.set_pace(1 / 3600)
    worker.start(tickets.numbers)
    tickets.give(100)
    assert collect(qtbot, worker, 1) == [0]
    assert stands_still(qtbot, worker, make) == []
    worker.set_pace(1000)
    assert collect(qtbot, worker, 99) == list(range(1, 100))


def test_a_pace_goes_on_after_a_pause_and_a_step_does_not_wait_for_it(qtbot, worker, make, tickets):
    worker.set_pace(1 / 3600)
    worker.start(tickets.numbers)
    worker.pause()
    tickets.give(100)
    collect(qtbot, worker, 1)
    worker.step()
    assert collect(qtbot, worker, 1) == [1]
    worker.resume()
    assert stands_still(qtbot, worker, make) == []


@pytest.mark.parametrize("paused", [False, True])
def test_a_stop_does_not_wait_for_the_pace(qtbot, worker, tickets, paused):
    worker.set_pace(1 / 3600)
    worker.start(tickets.numbers)
    tickets.give(1)
    collect(qtbot, worker, 1)
    if paused:
        worker.pause()
    with qtbot.waitSignal(worker.finished, timeout=PATIENCE):
        worker.stop()


def test_what_is_sent_while_it_is_paused_arrives_with_the_step(qtbot, worker, tickets):
    worker.start(tickets.echo)
    worker.pause()
    tickets.give(2)
    collect(qtbot, worker, 1)
    worker.send("slow motion")
    worker.step()
    assert collect(qtbot, worker, 1) == ["slow motion"]


def test_a_pause_is_a_rest_for_what_runs_and_wakes_it_now_and_then(qtbot, worker, monkeypatch):
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)
    rests = []

    def resting():
        for record in range(3):
            wish = yield record
            while isinstance(wish, tuple):
                rests.append(wish)
                wish = yield "no record"

    worker.set_pace(1 / 3600)
    worker.start(resting, lambda value: ("rest", value))
    assert collect(qtbot, worker, 1) == [0]
    assert rests == []  # it waits, but nobody has paused it
    worker.pause()
    qtbot.waitUntil(lambda: len(rests) >= 2, timeout=PATIENCE)
    worker.send("slow motion")
    qtbot.waitUntil(lambda: ("rest", "slow motion") in rests, timeout=PATIENCE)
    assert worker.take() == []
    worker.step()
    assert collect(qtbot, worker, 1) == [1]
    with qtbot.waitSignal(worker.finished, timeout=PATIENCE):
        worker.stop()
    assert rests.count(("rest", "slow motion")) == 1


def test_of_what_is_sent_only_the_newest_arrives_and_once(qtbot, worker, tickets):
    worker.start(tickets.echo)
    tickets.give(1)
    assert collect(qtbot, worker, 1) == [None]
    for value in ("old", "older still", "new"):
        worker.send(value)
    tickets.give(3)
    got = collect(qtbot, worker, 3)
    assert [value for value in got if value is not None] == ["new"]


def test_a_zero_is_sent_as_well(qtbot, worker, tickets):
    worker.start(tickets.echo)
    tickets.give(1)
    collect(qtbot, worker, 1)
    worker.send(0)
    tickets.give(2)
    assert 0 in collect(qtbot, worker, 2)


def test_what_is_sent_before_the_first_record_arrives_after_it(qtbot, worker, tickets):
    begin = threading.Event()

    def make():
        assert begin.wait(60)
        return tickets.echo()

    worker.start(make)
    worker.send("early")
    begin.set()
    tickets.give(2)
    assert collect(qtbot, worker, 2) == [None, "early"]


def test_what_was_sent_to_one_run_does_not_reach_the_next(qtbot, worker, tickets):
    run(qtbot, worker, iter_once)
    worker.send("late")
    worker.start(tickets.echo)
    tickets.give(3)
    assert collect(qtbot, worker, 3) == [None, None, None]


def test_an_error_is_told_with_its_traceback_before_the_end(qtbot, worker):
    def generator():
        yield 1
        raise ArithmeticError("the loss is no longer a number")

    ear = Ear()
    worker.errored.connect(ear.hear)
    worker.finished.connect(ear.hearTheEnd)
    run(qtbot, worker, generator)
    failure, end = ear.heard
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, ArithmeticError)
    assert str(failure.error) == "the loss is no longer a number"
    assert "Traceback" in failure.details
    assert "in generator" in failure.details
    assert end == "finished"
    assert ear.threads == {threading.get_ident()}
    assert worker.take() == [1]  # what came before the error is not lost


def test_an_error_while_the_generator_is_made_is_told_too(qtbot, worker):
    def make():
        raise ValueError("no such frames")

    with qtbot.waitSignals([worker.errored, worker.finished], timeout=PATIENCE):
        worker.start(make)
    assert not worker.is_running()


def test_it_can_start_again_at_the_very_moment_it_has_finished(qtbot, worker):
    ends = []

    class Restarter(QObject):
        @Slot()
        def again(self):
            ends.append(worker.take())
            if len(ends) < 200:
                worker.start(lambda: (n for n in [len(ends)]))

    restarter = Restarter()
    worker.finished.connect(restarter.again)
    worker.start(lambda: (n for n in [0]))
    qtbot.waitUntil(lambda: len(ends) == 200, timeout=PATIENCE)
    assert ends == [[n] for n in range(200)]


def test_a_second_start_while_it_runs_is_refused(qtbot, worker, tickets):
    worker.start(tickets.numbers)
    with pytest.raises(RuntimeError, match="already running"):
        worker.start(iter_once)
    tickets.give(2)
    assert collect(qtbot, worker, 2) == [0, 1]  # the first one goes on


def test_records_of_an_earlier_run_are_not_taken_for_those_of_the_next(qtbot, worker, tickets):
    run(qtbot, worker, lambda: (n for n in "abc"))
    worker.start(tickets.numbers)
    tickets.give(1)
    assert collect(qtbot, worker, 1) == [0]


def test_waiting_tells_whether_the_thread_has_ended(worker, tickets):
    assert worker.wait(0)  # it never ran
    worker.start(tickets.numbers)
    assert not worker.wait(0)
    worker.close()
    tickets.give(1)
    assert worker.wait(20)


# The newest request


class Desk:
    """A function that can be held, and what it was asked."""

    def __init__(self):
        self.asked = []
        self.threads = set()
        self.busy = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def answer(self, request):
        self.asked.append(request)
        self.threads.add(threading.get_ident())
        self.busy.set()
        assert self.free.wait(60)
        if request == "wrong":
            raise ValueError("nobody knows")
        return ("answer to", request)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.free.set()


@pytest.fixture
def latest(qtbot, desk):
    worker = LatestWorker("latest", desk.answer)
    yield worker
    desk.free.set()
    worker.close()
    assert worker.wait(20)


def ask(qtbot, worker, request):
    with qtbot.waitSignal(worker.done, timeout=PATIENCE) as told:
        worker.submit(request)
    return told.args[0]


def test_a_request_is_answered_in_the_windows_thread_and_computed_in_another(qtbot, latest, desk):
    ear = Ear()
    latest.done.connect(ear.hear)
    assert ask(qtbot, latest, 7) == ("answer to", 7)
    assert ear.heard == [("answer to", 7)]
    assert ear.threads == {threading.get_ident()}
    assert threading.get_ident() not in desk.threads


def test_of_a_thousand_requests_while_it_is_busy_only_the_last_is_computed(qtbot, latest, desk):
    ear = Ear()
    latest.done.connect(ear.hear)
    desk.free.clear()
    latest.submit(0)
    assert desk.busy.wait(60)
    for request in range(1, 1001):
        latest.submit(request)
    desk.free.set()
    qtbot.waitUntil(lambda: len(ear.heard) == 2, timeout=PATIENCE)
    assert ear.heard == [("answer to", 0), ("answer to", 1000)]
    assert desk.asked == [0, 1000]


def test_the_last_request_of_a_burst_is_never_lost(qtbot, latest, desk):
    for burst in range(300):
        with qtbot.waitSignal(
            latest.done,
            timeout=PATIENCE,
            check_params_cb=lambda answer, burst=burst: answer == ("answer to", (burst, 4)),
        ):
            for number in range(5):
                latest.submit((burst, number))
    assert desk.asked == sorted(desk.asked)  # and none is computed twice or out of turn
    assert len(desk.asked) == len(set(desk.asked))


def test_it_goes_on_after_an_error(qtbot, latest):
    with qtbot.waitSignal(latest.errored, timeout=PATIENCE) as told:
        latest.submit("wrong")
    failure = told.args[0]
    assert isinstance(failure.error, ValueError)
    assert "in answer" in failure.details
    assert ask(qtbot, latest, "right") == ("answer to", "right")


def test_an_answer_takes_a_time_that_is_told(qtbot, latest):
    assert latest.seconds == 0
    ask(qtbot, latest, 1)
    assert latest.seconds > 0


def test_closing_ends_the_thread_and_what_was_waiting_is_not_computed(qtbot, latest, desk):
    desk.free.clear()
    latest.submit("first")
    assert desk.busy.wait(60)
    latest.submit("second")
    latest.close()
    assert not latest.wait(0)
    desk.free.set()
    assert latest.wait(20)
    latest.submit("third")
    assert latest.wait(20)
    assert desk.asked == ["first"]


def test_after_closing_nothing_is_begun(latest, desk):
    latest.close()
    latest.submit("too late")
    assert latest.wait(0)
    assert desk.asked == []


def test_one_that_answers_every_request_overtakes_none_even_when_it_closes(qtbot, desk):
    worker, ear = LatestWorker("thorough", desk.answer, every=True), Ear()
    worker.done.connect(ear.hear)
    desk.free.clear()
    for request in range(20):
        worker.submit(request)
    assert desk.busy.wait(60)
    worker.close()
    assert not worker.wait(0)
    desk.free.set()
    assert worker.wait(20)
    assert desk.asked == list(range(20))
    qtbot.waitUntil(lambda: len(ear.heard) == 20, timeout=PATIENCE)


def test_another_waits_until_every_request_is_answered(qtbot, desk):
    first, seen = LatestWorker("first", desk.answer, every=True), []
    second = LatestWorker("second", first.before(lambda request: seen.append([*desk.asked])))
    desk.free.clear()
    first.submit("a")
    assert desk.busy.wait(60)
    second.submit("c")
    first.submit("b")
    with qtbot.waitSignal(second.done, timeout=PATIENCE):
        desk.free.set()
    assert seen == [["a", "b"]]
    for worker in (first, second):
        worker.close()
        assert worker.wait(20)


def test_an_idle_worker_keeps_no_request_alive(qtbot):
    class Request:
        pass

    worker = LatestWorker("forgetful", lambda request: None)
    request = Request()
    there = weakref.ref(request)
    with qtbot.waitSignal(worker.done, timeout=PATIENCE):
        worker.submit(request)
    del request
    qtbot.waitUntil(lambda: there() is None, timeout=PATIENCE)
    worker.close()
    assert worker.wait(20)


@pytest.fixture
def refining(qtbot, desk):
    """A worker whose answers have three parts; the desk is asked before each."""

    def parts(request):
        yield desk.answer((request, "coarse"))
        yield Breath(0.0)
        yield desk.answer((request, "fine"))
        yield Breath(3600)
        yield desk.answer((request, "never"))

    worker = RefiningWorker("refining", parts)
    yield worker
    desk.free.set()
    worker.close()
    assert worker.wait(20)


def test_parts_come_one_after_the_other(qtbot, refining):
    told = []
    refining.done.connect(told.append)
    refining.submit("a")
    qtbot.waitUntil(lambda: len(told) == 2, timeout=PATIENCE)
    assert [answer for _, answer in told] == [("a", "coarse"), ("a", "fine")]
    assert refining.seconds > 0


def test_what_rests_first_does_not_count_as_fast(qtbot):
    worker = RefiningWorker("resting", lambda request: iter([Breath(0.0), request]))
    with qtbot.waitSignal(worker.done, timeout=PATIENCE):
        worker.submit("a")
    worker.close()
    assert worker.wait(20)
    assert worker.seconds == 0.0


def test_a_newer_request_ends_the_parts_of_the_one_before(qtbot, refining, desk):
    told = []
    refining.done.connect(told.append)
    desk.free.clear()
    refining.submit("a")
    assert desk.busy.wait(20)
    refining.submit("b")
    desk.free.set()
    qtbot.waitUntil(lambda: len(told) == 3, timeout=PATIENCE)
    asked = [("a", "coarse"), ("b", "coarse"), ("b", "fine")]
    assert [answer for _, answer in told] == asked == desk.asked


def test_a_rest_ends_as_soon_as_something_newer_is_asked(qtbot, refining, desk):
    told = []
    refining.done.connect(told.append)
    refining.submit("a")
    qtbot.waitUntil(lambda: len(told) == 2, timeout=PATIENCE)
    refining.submit("b")  # in the middle of an hour's rest
    qtbot.waitUntil(lambda: len(told) == 4, timeout=PATIENCE)
    assert ("a", "never") not in desk.asked


def test_after_an_error_in_a_part_the_next_request_is_answered(qtbot, desk):
    def parts(request):
        yield "coarse"
        yield desk.answer(request)

    worker = RefiningWorker("refining", parts)
    try:
        with qtbot.waitSignal(worker.errored, timeout=PATIENCE) as told:
            worker.submit("wrong")
        assert "nobody knows" in str(told.args[0].error)
        answers = []
        worker.done.connect(answers.append)
        worker.submit("right")
        qtbot.waitUntil(lambda: ("answer to", "right") in answers, timeout=PATIENCE)
    finally:
        worker.close()
        assert worker.wait(20)
