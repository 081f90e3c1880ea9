"""Some frames of a dataset as one file to give away."""

from __future__ import annotations

import numpy as np
import pytest

from models import dataset, pack


@pytest.fixture
def call(monkeypatch, tmp_path, frames, episode):
    """Packs the real frames: call(path of the result, *other arguments)."""
    np.savez(tmp_path / "all.npz", frames=frames.take(np.arange(len(frames))), episode=episode)

    def run(out, *more):
        source = ["--frames", str(tmp_path / "all.npz")]
        monkeypatch.setattr("sys.argv", ["models.pack", *source, "--out", str(out), *more])
        pack.main()

    return run


def test_the_frames_are_evenly_spread_and_know_their_episodes(call, tmp_path, pictures, capsys):
    call(tmp_path / "some.npz", "--count", "20")
    some = dataset.load(tmp_path / "some.npz")
    chosen = np.linspace(0, 199, 20).astype(int)
    np.testing.assert_array_equal(some.take(np.arange(len(some))), pictures[chosen])
    assert np.bincount(some.episode).tolist() == [5, 5, 5, 5]
    assert "20 of 200" in capsys.readouterr().out


def test_a_small_dataset_is_packed_whole(call, tmp_path, pictures):
    call(tmp_path / "some.npz")
    some = dataset.load(tmp_path / "some.npz")
    np.testing.assert_array_equal(some.take(np.arange(len(some))), pictures)


def test_a_place_that_cannot_be_written(call, tmp_path, refused):
    (tmp_path / "file").write_text("")
    refused(lambda: call(tmp_path / "file" / "some.npz"), tmp_path / "file" / "some.npz")
