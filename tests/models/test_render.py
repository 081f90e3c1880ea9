"""The command that needs no window: its pictures against decodes made here, its refusals."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import basis, checkpoint, moving, render, traversal
from models.dataset import Frames
from models.evaluate import evaluate
from models.path import interpolate
from models.sampling import sample_prior
from models.vector import save

ROOT = Path(__file__).parents[2]
DIM = 4
Z = np.array([-0.3, 1.2345678, 0.8, 1e-7], np.float32)
KEYFRAMES = np.random.default_rng(0).normal(size=(3, DIM)).astype(np.float32)


@pytest.fixture(autouse=True)
def threads():
    yield
    torch.set_num_threads(1)  # as the other tests have it


@pytest.fixture
def model(vae, pictures, tmp_path):
    """A measured model on disk."""
    path = tmp_path / "a model.safetensors"
    described = checkpoint.describe(vae, evaluate(vae, Frames([pictures[::4]])), {}, "tiny")
    checkpoint.save(path, described)
    return path


@pytest.fixture
def loaded(model):
    return checkpoint.load(model)


@pytest.fixture
def rendered(monkeypatch, capsys):
    """Runs a line that `render` has made, or words; gives exit code, stdout and stderr."""

    def run(*words):
        if len(words) == 1:
            python, dash_m, module, *words = shlex.split(words[0])
            assert (python, dash_m, module) == ("python", "-m", "models.render")
        monkeypatch.setattr(sys, "argv", ["models.render", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            render.command.run(render.main)
        return ended.value.code, *capsys.readouterr()

    return run


def read(path):
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def test_a_picture_in_its_own_process_is_the_window_s_byte_for_byte(model, loaded, tmp_path):
    line = render.command_for_picture(model, Z, tmp_path / "it.png")
    words = [sys.executable, *shlex.split(line)[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_array_equal(read(tmp_path / "it.png"), loaded.vae.image(Z))


@pytest.mark.parametrize("name", ["z.txt", "z.npy"])
def test_z_from_a_file(model, loaded, rendered, tmp_path, name):
    save(tmp_path / name, Z) if name == "z.txt" else np.save(tmp_path / name, Z)
    words = ["--checkpoint", model, "--out", tmp_path / "it.png", "--z-file", tmp_path / name]
    assert rendered(*words, "--scale", 2)[0] == 0
    np.testing.assert_array_equal(read(tmp_path / "it.png")[::2, ::2], loaded.vae.image(Z))


def test_z_from_the_prior(model, loaded, rendered, tmp_path):
    words = ["--checkpoint", model, "--out", tmp_path / "it.png", "--prior", 5]
    assert rendered(*words, "--temperature", 0.5)[0] == 0
    z = sample_prior(np.random.default_rng(5), DIM, 0.5)
    np.testing.assert_array_equal(read(tmp_path / "it.png"), loaded.vae.image(z))


@pytest.mark.parametrize("pca", [False, True])
@pytest.mark.parametrize("latents", [None, [2, 0]])
def test_the_command_of_a_sheet_reproduces_it(model, loaded, rendered, tmp_path, pca, latents):
    given = {"latents": latents, "pca": pca, "steps": 5, "reach": 2.0}
    out = tmp_path / "sheet.png"
    line = render.command_for_traversals(model, Z, **given, out=out)
    assert rendered(line) == (0, f"{out}: written.\n", "")
    torch.set_num_threads(1)
    shown = render.sheet(loaded, Z, **given)
    assert np.abs(read(out).astype(int) - shown).max() <= 1  # other threads may round otherwise


def test_the_sheet_is_of_the_active_latents_by_falling_kl(loaded):
    kl = np.array([0.05, 1.0, 0.2, 3.0])
    rows = traversal.latent_rows(kl, loaded.aggregate)
    assert [label.split("\n")[0] for label in rows.labels] == ["z03", "z01", "z02"]
    std = loaded.aggregate.std
    np.testing.assert_allclose(rows.moves, np.diag(std)[[3, 1, 2]], rtol=1e-6)


def test_principal_rows_are_as_many_as_latents_are_active(loaded):
    rows = traversal.principal_rows(np.array([0.05, 1.0, 0.2, 0.0]), loaded.aggregate)
    axes = basis.principal(loaded.aggregate)
    assert [label.split("\n")[0] for label in rows.labels] == ["p00", "p01"]
    assert rows.labels[0].endswith(f"{axes.explained[0]:.1%}")
    np.testing.assert_allclose(rows.moves, (axes.directions * axes.scales[:, None])[:2], rtol=1e-6)


@pytest.mark.parametrize("how", ["linear", "spherical"])
@pytest.mark.parametrize("loop", [False, True])
def test_the_command_of_a_path_reproduces_it(model, loaded, rendered, tmp_path, how, loop):
    out = tmp_path / "path.png"
    line = render.command_for_path(model, KEYFRAMES, 3, how, loop, out=out)
    assert rendered(line) == (0, f"{out}: {9 if loop else 7} pictures.\n", "")
    pictures = traversal.decode(loaded.vae, interpolate(KEYFRAMES, 3, how, loop))
    moving.write_strip(tmp_path / "shown.png", pictures)
    assert np.abs(read(out).astype(int) - read(tmp_path / "shown.png")).max() <= 1


def test_a_path_as_gif(model, rendered, tmp_path):
    line = render.command_for_path(model, KEYFRAMES, 2, fps=10, out=tmp_path / "path.gif")
    assert rendered(line)[0] == 0
    with Image.open(tmp_path / "path.gif") as gif:
        assert (gif.n_frames, gif.size) == (5, (80 * moving.SCALE, 60 * moving.SCALE))


def test_a_path_of_text_and_files_goes_in_the_order_given(model, loaded, rendered, tmp_path):
    save(tmp_path / "b.txt", KEYFRAMES[1])
    texts = [f"--z={render.vector.to_text(KEYFRAMES[k])}" for k in (0, 2)]
    words = [texts[0], "--z-file", tmp_path / "b.txt", texts[1], "--path", "--steps", 1]
    assert rendered("--checkpoint", model, "--out", tmp_path / "it.png", *words)[0] == 0
    strip = read(tmp_path / "it.png")
    for k, z in enumerate(KEYFRAMES):
        shown = strip[:, 82 * k : 82 * k + 80].astype(int)
        assert np.abs(shown - loaded.vae.image(z)).max() <= 1


def test_commands_name_only_what_is_not_the_default():
    assert render.command_for_picture("m.safetensors", Z[:2]) == (
        "python -m models.render --checkpoint m.safetensors --out picture.png --z=-0.3,1.2345678"
    )
    words = shlex.split(render.command_for_path("a b", Z[None, :1], loop=True, device="cpu"))
    assert words[3:] == [
        *["--checkpoint", "a b", "--out", "path.gif"],
        *["--path", "--loop", "--device", "cpu", "--z=-0.3"],
    ]
    words = shlex.split(render.command_for_traversals("m", Z[:1]))
    assert words[3:] == ["--checkpoint", "m", "--out", "traversals.png", "--traversals", "--z=-0.3"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "One z is needed, not 0"),
        (["--z=1,2,3"], "--z: 3 numbers are here, but z has 4"),
        (["--z=1,2,3,four"], "--z: 'four'"),
        (["--z=1,2,3,nan"], "--z: Number 3"),
        (["--z=0,0,0,0", "--z=1,1,1,1"], "--path"),
        (["--z=0,0,0,0", "--path"], "two keyframes"),
        (["--z=0,0,0,0", "--loop"], "--loop goes with --path"),
        (["--z=0,0,0,0", "--steps", "3"], "--steps goes with --traversals or --path"),
        (["--z=0,0,0,0", "--latents", "1"], "--latents goes with --traversals"),
        (["--z=0,0,0,0", "--temperature", "2"], "--temperature goes with --prior"),
        (["--z=0,0,0,0", "--traversals", "--path"], "not allowed"),
        (["--z=0,0,0,0", "--traversals", "--latents", "4"], "no latent 4"),
        (["--z=0,0,0,0", "--traversals", "--pca", "--latents", "-1"], "no principal direction -1"),
        (["--z-file", "nowhere.txt"], "nowhere.txt: no such file"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(model, rendered, tmp_path, words, named):
    out = tmp_path / "new.png"
    code, stdout, stderr = rendered("--checkpoint", model, "--out", out, *words)
    assert (code, stdout) == (2, "")
    assert named in stderr and stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("it.gif", []), ("it.jpg", ["--path"]), ("it", []), ("it.gif", ["--traversals"])],
)
def test_an_ending_that_is_not_written_is_refused(model, rendered, tmp_path, name, words):
    out = tmp_path / name
    code, _, stderr = rendered("--checkpoint", model, "--out", out, "--z=0,0,0,0", *words)
    assert code == 2 and f"{out}: must end in .png" in stderr


def test_a_model_that_nobody_measured_has_no_traversals(model, loaded, rendered, tmp_path):
    unmeasured = checkpoint.Checkpoint(loaded.vae, {}, {}, None)
    checkpoint.save(model, unmeasured)
    words = ["--checkpoint", model, "--out", tmp_path / "it.png", "--z=0,0,0,0"]
    code, _, stderr = rendered(*words, "--traversals")
    assert code == 2 and str(model) in stderr and "measured" in stderr
    assert rendered(*words)[0] == 0  # its pictures are to be had
