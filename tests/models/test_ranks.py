"""Several processes that train together: what each takes, and that they learn what one would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import checkpoint
from models.ranks import ALONE, Ranks
from models.train import TrainConfig, TrainState, train

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("count", "size"), [(64, 2), (7, 2), (7, 3), (3, 3)])
def test_a_batch_is_cut_evenly_and_nothing_is_left_out(count, size):
    parts = [np.arange(count)[Ranks(rank, size).share(count)] for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_alone_nothing_is_shared_out():
    assert ALONE.leads
    assert ALONE.mean(3.0, False) == (3.0, False)
    assert ALONE.share(5) == slice(0, 5)


def test_two_processes_learn_what_one_does(tmp_path):
    frames = np.random.default_rng(0).integers(256, size=(120, 60, 80, 3), dtype=np.uint8)
    np.save(tmp_path / "frames.npy", frames)
    # A floor of the batch's KL, which the parts of a batch would reach one by one.
    config = TrainConfig(steps=4, batch_size=6, latent_dim=3, kl_floor=0.5, device="cpu")
    state = TrainState.start(config)
    alone = list(train(config, frames, state))
    words = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "models.train", "--frames", tmp_path / "frames.npy", "--json"]
    words += ["--out", tmp_path / "two.safetensors"]
    for name in ("steps", "batch_size", "latent_dim", "kl_floor", "device"):
        words += [f"--{name.replace('_', '-')}", getattr(config, name)]
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    together = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["step"] for line in together] == [1, 2, 3, 4]  # one process tells for both
    for one, both in zip(alone, together, strict=True):
        assert both["recon_loss"] == pytest.approx(one.recon_loss, rel=1e-4), one.step
        assert both["kl"] == pytest.approx(one.kl.sum(), rel=1e-4), one.step
    both = checkpoint.load(tmp_path / "two.safetensors").vae
    for ours, theirs in zip(state.average.parameters(), both.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)
