"""The rate-distortion comparison: what it writes, and that it goes on where it was stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import points, published, vision
from benchmarks.points import Job, measure
from models import checkpoint, dataset, train, training_state
from models.errors import InputError
from models.evaluate import evaluate
from models.vae import VAEConfig

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "resources" / "frames.npz"
POINTS = ("ours-16", "ours-24", "published-16")
IMAGES = 150  # three batches of ours, two published ones
FEWER = 40  # the same of the small batches


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A file of 16 real frames."""
    path = tmp_path_factory.mktemp("frames") / "real.npz"
    frames = dataset.load(SAMPLES)
    np.savez(path, frames=frames.take(dataset.spread(np.arange(len(frames)), 16)))
    return path


@pytest.fixture
def job(pictures, tmp_path, monkeypatch):
    """A comparison whose points of ours, where they begin in this process, are of few weights."""
    monkeypatch.setattr(train, "VAEConfig", partial(VAEConfig, channels=(4, 8, 8, 8)))
    return Job(pictures, pictures, IMAGES, tmp_path / "out", "cpu")


@dataclass(frozen=True)
class Small(published.Config):
    batch_size: int = 25


@pytest.fixture
def small(job, monkeypatch):
    """A job of small batches: how the points are trained, and not how long a batch takes."""
    monkeypatch.setattr(points, "OURS", replace(points.OURS, batch_size=16))
    monkeypatch.setattr(published, "Config", Small)
    return job._replace(images=FEWER)


def arguments(job, *more):
    paths = ["--frames", job.frames, "--test", job.test, "--out", job.out]
    return [str(told) for told in (*paths, "--images", job.images, "--device", "cpu", *more)]


def call(job, *more):
    command = [sys.executable, "-m", "benchmarks", "vision", *arguments(job, *more)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_a_stopped_comparison_goes_on_and_writes_table_json_and_plot(job, capsys):
    first = measure("ours-16", job)
    assert measure("ours-24", job, lambda: True) is None
    assert measure("published-16", job, lambda: True) is None
    finished = job.out / "ours-16.safetensors"
    assert finished.exists() and not (job.out / "ours-24.safetensors").exists()
    written = finished.stat().st_mtime_ns

    model = ROOT / "resources" / "carracing.safetensors"
    vision.main(arguments(job, "--points", *POINTS, "--workers", 2, "--model", model, "--json"))
    told = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in told["rows"]}
    assert set(rows) == {*POINTS, "carracing"}
    assert {name: rows[name]["images"] for name in POINTS} == {
        "ours-16": 192,
        "ours-24": 192,
        "published-16": 200,
    }
    assert finished.stat().st_mtime_ns == written
    assert rows["ours-16"]["psnr_mu"] == pytest.approx(first.psnr_mu, abs=1e-3)
    assert not list(job.out.glob("*.resume.*"))
    assert not (job.out / "ours-trunk.safetensors").exists()  # both were past it
    assert json.loads((job.out / "vision.json").read_text()) == told
    table = (job.out / "vision.md").read_text()
    for row in told["rows"]:
        assert f"| {row['name']} | {row['kl']:.2f} | {row['psnr_mu']:.2f} |" in table
    assert "64x64" in table
    with Image.open(job.out / "vision.png") as plot:
        assert plot.width >= 1000 and len(plot.getcolors(2**24)) > 10


@pytest.mark.parametrize("name", ["ours-16", "published-16"])
def test_a_stopped_point_ends_as_one_that_was_not(small, tmp_path, name):
    whole = measure(name, small)
    small = small._replace(out=tmp_path / "again")
    assert measure(name, small, lambda: True) is None
    begun = small.out / f"{name}.resume{points.POINTS[name].suffix}"
    assert begun.exists()
    assert measure(name, small) == whole
    assert not begun.exists()


@pytest.mark.parametrize("name", ["ours-16", "published-16"])
def test_a_finished_point_is_not_trained_again(small, monkeypatch, name):
    first = measure(name, small)
    monkeypatch.setattr(points, "train", None)
    monkeypatch.setattr(published, "train", None)
    assert measure(name, small) == first


def test_our_points_share_their_first_part(small):
    alone = [measure(name, small) for name in ("ours-16", "ours-32")]
    small = small._replace(out=small.out.with_name("shared"))
    assert points.wants_trunk(["ours-16", "published-16"], small.out)
    assert not points.wants_trunk(["published-16"], small.out)
    assert measure(points.TRUNK, small) is None
    trunk = training_state.load(small.out / "ours-trunk.safetensors", points.OURS)
    assert trunk.step == 2  # of three: the first that is not before 0.6
    assert [measure(name, small) for name in ("ours-16", "ours-32")] == alone
    assert not points.wants_trunk(["ours-16", "ours-32"], small.out)


def test_our_points_are_models_that_the_program_opens(small):
    told = measure("ours-24", small)
    loaded = checkpoint.load(small.out / "ours-24.safetensors")
    assert (loaded.training["images"], loaded.training["kl_floor"]) == (48, 24)
    figures = evaluate(loaded.vae, dataset.load(small.test)).figures()
    assert (figures["psnr_mu"], figures["kl"]) == (told.psnr_mu, told.kl)


def test_the_published_model_is_rated_on_its_own_pixels(small):
    told = measure("published-16", small)
    vae = published.load(small.out / "published-16.pt", published.Config(steps=0, device="cpu")).vae
    frames = dataset.load(small.test)
    finest = frames.take(np.arange(len(frames))).repeat(16, axis=1).repeat(4, axis=2)
    covered = finest.reshape(-1, 64, 15, 64, 5, 3).mean((2, 4))  # 960x320: both sizes fit
    pixels = (covered + 0.5).astype(np.uint8)
    target = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        mu, _ = vae.encoder(target)
        error = (vae.decoder(mu) - target).double().square().mean((1, 2, 3))
    assert told.psnr_mu == pytest.approx((10 * torch.log10(1 / error)).mean().item(), abs=1e-3)


def test_a_folder_begun_with_other_images_is_refused(small):
    measure("published-16", small)
    with pytest.raises(InputError, match=r"published-16\.json: .*begun with steps 2, not 10"):
        measure("published-16", small._replace(images=250))


def test_a_state_that_is_none_is_refused(small):
    assert measure("published-16", small, lambda: True) is None
    begun = small.out / "published-16.resume.pt"
    begun.write_bytes(b"nonsense")
    with pytest.raises(InputError, match=str(begun)):
        measure("published-16", small)


def test_a_fault_in_a_worker_is_one_sentence_and_exit_code_2(job):
    done = call(job._replace(frames=job.out / "gone"), "--points", "published-16")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"{job.out / 'gone'}: no such file or folder.\n"


def test_a_point_that_there_is_not(job, capsys):
    with pytest.raises(SystemExit) as caught:
        vision.main(arguments(job, "--points", "ours-1000"))
    sentence = capsys.readouterr().err
    assert caught.value.code == 2
    assert sentence.count("\n") == 1 and "ours-1000" in sentence
    assert not job.out.exists()
