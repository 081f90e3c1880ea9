"""The card of a small model: everything the commands measure stands in it."""

from __future__ import annotations

import json
import re
import runpy
import sys

import pytest
from PIL import Image

from models import checkpoint
from models.evaluate import evaluate
from models.frame import WORLD_MODELS_RECIPE
from models.history import Point
from models.vae import VAE, VAEConfig

COMMAND = "python -m models.train --frames drives --out small.safetensors --steps 3"
NOTES = "## What it cannot do\n\n- Anything: it is *tiny*, and | stays |.\n"


@pytest.fixture
def model(tmp_path, vae, frames):
    """A checkpoint with a curve, and notes beside it; gives its path."""
    points = [Point(s, 4 * s, 300.0 / s, 2.0 + s, 320.0 / s, 1.0 + s) for s in range(1, 9)]
    curve = dict(zip(Point._fields, map(list, zip(*points, strict=True)), strict=True))
    training = {"steps": 8, "images": 32, "beta": 0.25, "data": "drives", "seed": 3}
    training |= {"commands": [COMMAND], "curve": curve}
    path = tmp_path / "small.safetensors"
    checkpoint.save(path, checkpoint.describe(vae, evaluate(vae, frames), training, "small"))
    (tmp_path / "small.notes.md").write_text(NOTES)
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command in this process; gives its exit code and what it printed."""

    def call(name, *arguments):
        monkeypatch.setattr("sys.argv", [f"models.{name}", *map(str, arguments)])
        monkeypatch.delitem(sys.modules, f"models.{name}", raising=False)
        with pytest.raises(SystemExit) as caught:
            runpy.run_module(f"models.{name}", run_name="__main__")
        return caught.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def card(run, model, folder):
    """The text of the card of `model`."""
    code, _, errors = run("card", "--checkpoint", model, "--frames", folder)
    assert (code, errors) == (0, "")
    return model.with_suffix(".md").read_text()


def table(card):
    """The numbers of the table's last column, which is of the frames that were given."""
    rows = re.findall(r"^\| (.+?) \| (\S+) \| (\S+) \|$", card, re.MULTILINE)
    return [float(test) for label, _, test in rows if not label.startswith("-")]


def test_every_figure_of_the_evaluation_stands_in_the_card(run, model, card, folder):
    code, told, _ = run("evaluate", "--checkpoint", model, "--frames", folder, "--json")
    assert code == 0
    figures = json.loads(told)
    per_latent, config = figures.pop("kl_per_latent"), figures.pop("config")
    assert figures.pop("kl_range") is figures.pop("recon_sse_range") is None  # of six frames
    assert f"images a second on {figures.pop('device').upper()}" in card
    figures.pop("images_per_second")
    assert table(card) == pytest.approx(list(figures.values()), abs=0.006)
    words = " ".join(card.split())
    for index, kl in enumerate(per_latent):
        assert f"z{index:02d} {kl:.2f}" in words
    for name, value in config.items():
        said = tuple(value) if isinstance(value, list) else value
        assert f"{name} {said}" in words


def test_the_rest_of_the_card(model, card):
    # The held-out column is what the checkpoint says.
    figures = checkpoint.load(model).figures
    for name in ("psnr_mu", "recon_sse_sample", "kl_aggregate_upper"):
        assert f" {figures[name]:.2f} |" in card
    words, (low, high) = " ".join(card.split()), figures["kl_range"]
    assert f"99.5 % of the held-out frames the KL is {low:.2f} to {high:.2f} nats" in words
    assert f"at most {figures['recon_sse_range'][1]:.2f}." in words
    # How the model came about.
    assert COMMAND in card.splitlines()
    for part in ("beta 0.25", "seed 3", "images 32", "data drives"):
        assert part in card
    # The notes, unchanged, and every picture.
    assert NOTES in card
    names = re.findall(r"!\[.+?\]\((.+?)\)", card)
    assert len(names) == 5
    for name in names:
        with Image.open(model.with_name(name)) as image:
            assert image.format == "PNG"


def test_a_comparison_beside_the_model_is_taken_over_and_a_name_with_dots_whole(run, model, folder):
    model = model.rename(model.with_name("v1.2.safetensors"))
    table = "| model | rate |\n|---|---:|\n| ours | 16 |"
    model.with_name("v1.2.vision.md").write_text(table + "\n")
    assert run("card", "--checkpoint", model, "--frames", folder)[0] == 0
    card = model.with_name("v1.2.md").read_text()
    assert table in card
    assert "(v1.2-vision.png)" in card and "(v1.2-prior.png)" in card


def test_a_model_without_notes_or_curve_has_a_card_too(run, vae, frames, tmp_path, folder):
    path = tmp_path / "bare.safetensors"
    checkpoint.save(path, checkpoint.describe(vae, evaluate(vae, frames), {}, "bare"))
    code, _, errors = run("card", "--checkpoint", path, "--frames", folder)
    assert (code, errors) == (0, "")
    assert "recorded no command" in path.with_suffix(".md").read_text()
    assert not (tmp_path / "bare-training.png").exists()


def test_a_model_of_other_pixels_has_a_card_too(run, frames, tmp_path, folder):
    config = VAEConfig(4, 64, 64, channels=(4, 8), recipe=WORLD_MODELS_RECIPE)
    vae, path = VAE(config).frozen(), tmp_path / "wide.safetensors"
    checkpoint.save(path, checkpoint.describe(vae, evaluate(vae, frames), {}, "wide"))
    assert run("card", "--checkpoint", path, "--frames", folder)[0] == 0
    assert "64x64x3" in path.with_suffix(".md").read_text()


def test_a_model_that_nobody_measured(run, vae, tmp_path, folder):
    path = tmp_path / "bare.safetensors"
    checkpoint.save(path, checkpoint.Checkpoint(vae, {}, {}, None))
    code, _, sentence = run("card", "--checkpoint", path, "--frames", folder)
    assert code == 2 and sentence == f"{path}: its figures lack 'frames'.\n"


def test_notes_that_are_no_text(run, model, folder):
    notes = model.with_name("small.notes.md")
    notes.write_bytes(b"\xff\xfe\x00")
    code, _, sentence = run("card", "--checkpoint", model, "--frames", folder)
    assert code == 2 and sentence == f"{notes}: cannot be read as text.\n"
