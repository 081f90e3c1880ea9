"""The rate-distortion comparison: what it writes, and that it goes on where it was stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import points, published, vision
from benchmarks.points import Job, measure
from models import checkpoint, dataset, training_state
from models.errors import InputError
from models.evaluate import evaluate

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "resources" / "frames.npz"
POINTS = ("ours-16", "ours-24", "published-16")
IMAGES = 150  # three batches of ours, two published ones


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A file of 40 real frames."""
    path = tmp_path_factory.mktemp("frames") / "real.npz"
    frames = dataset.load(SAMPLES)
    np.savez(path, frames=frames.take(dataset.spread(np.arange(len(frames)), 40)))
    return path


@pytest.fixture
def job(pictures, tmp_path):
    return Job(pictures, pictures, IMAGES, tmp_path / "out", "cpu")


def arguments(job, *more):
    paths = ["--frames", job.frames, "--test", job.test, "--out", job.out]
    return [str(told) for told in (*paths, "--images", job.images, "--device", "cpu", *more)]


def call(job, *more):
    command = [sys.executable, "-m", "benchmarks", "vision", *arguments(job, *more)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_a_stopped_comparison_goes_on_and_writes_table_json_and_plot(job):
    first = measure("ours-16", job)
    assert measure("ours-24", job, lambda: True) is None
    assert measure("published-16", job, lambda: True) is None
    finished = job.out / "ours-16.safetensors"
    assert finished.exists() and not (job.out / "ours-24.safetensors").exists()
    written = finished.stat().st_mtime_ns

    model = ROOT / "resources" / "carracing.safetensors"
    done = call(job, "--points", *POINTS, "--workers", 2, "--model", model, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
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
def test_a_stopped_point_ends_as_one_that_was_not(job, tmp_path, name):
    whole = measure(name, job)
    job = job._replace(out=tmp_path / "again")
    assert measure(name, job, lambda: True) is None
    begun = job.out / f"{name}.resume{points.POINTS[name].suffix}"
    assert begun.exists()
    assert measure(name, job) == whole
    assert not begun.exists()


@pytest.mark.parametrize("name", ["ours-16", "published-16"])
def test_a_finished_point_is_not_trained_again(job, monkeypatch, name):
    first = measure(name, job)
    monkeypatch.setattr(points, "train", None)
    monkeypatch.setattr(published, "train", None)
    assert measure(name, job) == first


def test_our_points_share_their_first_part(job):
    alone = [measure(name, job) for name in ("ours-16", "ours-32")]
    job = job._replace(out=job.out.with_name("shared"))
    assert points.wants_trunk(["ours-16", "published-16"], job.out)
    assert not points.wants_trunk(["published-16"], job.out)
    assert measure(points.TRUNK, job) is None
    trunk = training_state.load(job.out / "ours-trunk.safetensors", points.OURS)
    assert trunk.step == 2  # of three: the first that is not before 0.6
    assert [measure(name, job) for name in ("ours-16", "ours-32")] == alone
    assert not points.wants_trunk(["ours-16", "ours-32"], job.out)


def test_our_points_are_models_that_the_program_opens(job):
    told = measure("ours-24", job)
    loaded = checkpoint.load(job.out / "ours-24.safetensors")
    assert (loaded.training["images"], loaded.training["kl_floor"]) == (192, 24)
    figures = evaluate(loaded.vae, dataset.load(job.test)).figures()
    assert (figures["psnr_mu"], figures["kl"]) == (told.psnr_mu, told.kl)


def test_the_published_model_is_rated_on_its_own_pixels(job):
    told = measure("published-16", job)
    vae = published.load(job.out / "published-16.pt", published.Config(steps=0, device="cpu")).vae
    frames = dataset.load(job.test)
    finest = frames.take(np.arange(len(frames))).repeat(16, axis=1).repeat(4, axis=2)
    covered = finest.reshape(-1, 64, 15, 64, 5, 3).mean((2, 4))  # 960x320: both sizes fit
    pixels = (covered + 0.5).astype(np.uint8)
    target = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        mu, _ = vae.encoder(target)
        error = (vae.decoder(mu) - target).double().square().mean((1, 2, 3))
    assert told.psnr_mu == pytest.approx((10 * torch.log10(1 / error)).mean().item(), abs=1e-3)


def test_a_folder_begun_with_other_images_is_refused(job):
    measure("published-16", job)
    with pytest.raises(InputError, match=r"published-16\.json: .*begun with steps 2, not 10"):
        measure("published-16", job._replace(images=1000))


def test_a_state_that_is_none_is_refused(job):
    assert measure("published-16", job, lambda: True) is None
    begun = job.out / "published-16.resume.pt"
    begun.write_bytes(b"nonsense")
    with pytest.raises(InputError, match=str(begun)):
        measure("published-16", job)


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
