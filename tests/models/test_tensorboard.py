"""Event files hold the numbers of a run, or a sentence says what they need."""

from __future__ import annotations

import numpy as np
import pytest

from models import tensorboard

RUN = (
    np.arange(1.0, 31.0),
    np.linspace(50, 20, 30),
    np.tile(np.array([[0.5, 1.5]], np.float32), (30, 1)),
    np.array([10.0, 20.0]),
    np.array([31.0, 22.0]),
    np.array([[0.25, 1.0], [0.5, 1.0]], np.float32),
    ((12.0, "beta 1 → 2"),),
)


def test_event_files_give_every_number_back(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tensorboard.write_events(tmp_path / "events", *RUN)

    def scalars(run: str, tag: str) -> list[tuple[int, float]]:
        events = accumulator.EventAccumulator(str(tmp_path / "events" / run))
        events.Reload()
        return [(event.step, event.value) for event in events.Scalars(tag)]

    steps, losses = zip(*scalars("training", "recon_loss"), strict=True)
    assert steps == tuple(range(1, 31)) and losses == pytest.approx(RUN[1])
    assert scalars("held_out", "kl") == [(10, 1.25), (20, 1.5)]
    assert scalars("training", "kl_per_latent/z01")[-1] == (30, 1.5)
    assert [path.name for path in tmp_path.iterdir()] == ["events"]


def test_a_folder_that_is_there_is_left_alone(tmp_path, monkeypatch, refused):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: object())
    (tmp_path / "events").mkdir()
    sentence = refused(lambda: tensorboard.write_events(tmp_path / "events", *RUN), "already")
    assert str(tmp_path / "events") in sentence
    assert not list((tmp_path / "events").iterdir())


def test_without_tensorboard_a_sentence_says_how_to_get_it(tmp_path, monkeypatch, refused):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    refused(lambda: tensorboard.write_events(tmp_path / "a", *RUN), "pip install tensorboard")
    assert not list(tmp_path.iterdir())
