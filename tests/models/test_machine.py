"""What the machine offers."""

from __future__ import annotations

import os

from models.machine import cores


def test_there_is_a_core_and_no_more_than_the_machine_has():
    assert 1 <= cores() <= os.cpu_count()


def test_a_process_that_may_use_one_core_counts_one(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3}, raising=False)
    assert cores() == 1
