"""The team of threads: who does the work, in which order it comes back, and what is left behind."""

from __future__ import annotations

import threading

import pytest
import torch

from models.device import use_threads
from models.team import Team


def who(_=None):
    return threading.current_thread()


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    use_threads(2)
    yield
    use_threads(before)


def test_alone_it_is_the_calling_thread():
    with Team() as team:
        assert team.map(who, range(3)) == [threading.current_thread()] * 3


def test_answers_come_in_the_order_of_the_rows():
    with Team() as team:
        team.resize(3)
        assert team.map(pow, range(20), [2] * 20) == [k * k for k in range(20)]


def test_as_many_work_at_once_as_it_has_threads():
    meeting = threading.Barrier(3, timeout=20)  # passes only when three are there

    def meet(_):
        meeting.wait()
        return who()

    with Team() as team:
        team.resize(3)
        workers = team.map(meet, range(3))
    assert len(set(workers)) == 3 and threading.current_thread() not in workers


def test_each_computes_on_one_core_and_afterwards_the_caller_as_before(two_threads):
    with Team() as team:
        assert torch.get_num_threads() == 1
        team.resize(2)
        assert set(team.map(lambda _: torch.get_num_threads(), range(8))) == {1}
    assert torch.get_num_threads() == 2


def test_no_thread_outlives_it():
    before = set(threading.enumerate())
    with Team() as team:
        for size in (2, 4, 1, 3):
            team.resize(size)
            team.map(who, range(size))
            assert len(set(threading.enumerate()) - before) <= size
    assert not set(threading.enumerate()) - before


def test_an_exception_reaches_the_caller():
    with Team() as team:
        team.resize(2)
        with pytest.raises(ZeroDivisionError):
            team.map(lambda k: 1 / k, [1, 0, 2])
        assert team.map(abs, [-1]) == [1]
