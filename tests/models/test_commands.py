"""The command lines as a person calls them, each in a process of its own where that matters."""

from __future__ import annotations

import json
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models import checkpoint, dataset, training_state
from models.evaluate import evaluate
from models.frame import WORLD_MODELS_RECIPE
from models.sheet import WIDTH
from models.vae import VAE, VAEConfig

ROOT = Path(__file__).parents[2]
COLLECTED = 60
SMALL = ["--batch-size", "4", "--latent-dim", "3", "--device", "cpu"]


def command(name, *arguments):
    return [sys.executable, "-m", f"models.{name}", *map(str, arguments)]


def call(name, *arguments):
    """Runs a command to its end."""
    return subprocess.run(
        command(name, *arguments), cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """The folder of what collect and train wrote, and their outputs by name."""
    folder = tmp_path_factory.mktemp("journey")
    drives, model = folder / "drives", folder / "new" / "model.safetensors"
    training = ["--frames", drives, "--out", model, *SMALL, "--json"]
    runs = {"collect": call("collect", "--frames", COLLECTED, "--out", drives, "--workers", 1)}
    runs["train"] = call("train", *training, "--steps", 6, "--beta", 0.25)
    return folder, runs


def test_the_whole_journey_ends_well_and_without_a_word_on_stderr(journey):
    _, runs = journey
    for name, run in runs.items():
        assert run.returncode == 0, (name, run.stderr)
        assert run.stderr == "", name


def test_collect_writes_a_dataset_and_says_so(journey):
    folder, runs = journey
    assert len(dataset.load(folder / "drives")) == COLLECTED
    assert f"{COLLECTED} frames" in runs["collect"].stdout


def test_train_prints_one_object_a_step(journey):
    _, runs = journey
    lines = json_lines(runs["train"].stdout)
    assert [line["step"] for line in lines] == list(range(1, 7))
    for line in lines:
        assert line["recon_loss"] > 0 and line["kl"] >= 0 and line["images_per_second"] > 0
    assert lines[-1]["held_out_recon_loss"] > 0 and lines[-1]["held_out_kl"] >= 0


def test_the_checkpoint_tells_how_it_came_about(journey):
    folder, _ = journey
    loaded = checkpoint.load(folder / "new" / "model.safetensors")
    told = {"steps": 6, "images": 24, "beta": 0.25, "frames": COLLECTED, "data": "drives"}
    assert told.items() <= loaded.training.items()


def test_the_figures_in_the_checkpoint_are_those_of_the_held_out_frames(journey):
    folder, _ = journey
    loaded = checkpoint.load(folder / "new" / "model.safetensors")
    frames = dataset.load(folder / "drives")
    _, held_out = frames.split()
    expected = evaluate(loaded.vae, dataset.Frames([frames.take(held_out)])).figures()
    for name, value in loaded.figures.items():
        if value is None:  # too few frames for it
            assert expected[name] is None
            continue
        np.testing.assert_allclose(value, expected[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_the_checkpoint_keeps_the_command_and_the_curve(journey):
    folder, runs = journey
    told = checkpoint.load(folder / "new" / "model.safetensors").training
    (line,) = told["commands"]
    assert shlex.split(line)[1:3] == ["-m", "models.train"]
    arguments = shlex.split(line)[3:]
    assert arguments[arguments.index("--frames") + 1] == str(folder / "drives")
    assert arguments[-4:] == ["--steps", "6", "--beta", "0.25"]
    tested = [line for line in json_lines(runs["train"].stdout) if "held_out_kl" in line]
    assert told["curve"]["step"] == [line["step"] for line in tested] == [1, 6]
    assert told["curve"]["images"] == [4, 24]
    expected = [line["held_out_recon_loss"] for line in tested]
    np.testing.assert_allclose(told["curve"]["held_out_recon_loss"], expected, atol=1e-3)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_a_resumed_training_goes_on_counting_and_survives_an_interrupt(journey, tmp_path):
    written, model = journey[0] / "new", tmp_path / "model.safetensors"
    shutil.copy(training_state.beside(written / model.name), training_state.beside(model))
    drives = journey[0] / "drives"
    arguments = ["--frames", drives, "--out", model, "--json", "--steps", 10**6]
    # Ctrl-C reaches a process only if its parent has not switched it off.
    run = subprocess.Popen(
        command("train", *arguments, "--resume"),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    first = run.stdout.readline()
    run.send_signal(signal.SIGINT)
    rest, error = run.communicate(timeout=300)
    assert (run.returncode, error) == (0, "")
    steps = [line["step"] for line in json_lines(first + rest)]
    assert steps == list(range(7, 7 + len(steps)))
    told = checkpoint.load(model).training
    assert told["steps"] >= steps[-1]
    assert told["images"] == 4 * told["steps"]
    assert (told["beta"], told["batch_size"]) == (0.25, 4)  # as it was started
    assert told["curve"]["step"][:2] == [1, 6]
    assert [("--resume" in line) for line in told["commands"]] == [False, True]


# The same entries in this process, where torch is loaded already.


@pytest.fixture
def here(monkeypatch, capsys):
    """Runs a command in this process; gives its exit code and what it printed."""

    def run(name, *arguments):
        monkeypatch.setattr("sys.argv", [f"models.{name}", *map(str, arguments)])
        monkeypatch.delitem(sys.modules, f"models.{name}", raising=False)  # as in a new process
        with pytest.raises(SystemExit) as caught:
            runpy.run_module(f"models.{name}", run_name="__main__")
        return caught.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def fails(here):
    """Runs a command that must exit 2; gives its one sentence."""

    def run(name, *arguments):
        code, _, sentence = here(name, *arguments)
        assert code == 2
        assert sentence.count("\n") == 1 and "Traceback" not in sentence
        return sentence

    return run


def test_evaluate_prints_the_figures_it_promises(here, journey):
    folder, _ = journey
    model = folder / "new" / "model.safetensors"
    arguments = ["--checkpoint", model, "--frames", folder / "drives", "--json"]
    code, told, errors = here("evaluate", *arguments)
    assert (code, errors) == (0, "")
    (figures,) = json_lines(told)
    names = "frames psnr_mu psnr_sample recon_sse_mu recon_sse_sample kl kl_per_latent"
    assert {*names.split(), "active_units", "images_per_second", "device", "config"} <= set(figures)
    assert figures["frames"] == COLLECTED
    assert len(figures["kl_per_latent"]) == 3
    assert figures["kl"] == pytest.approx(sum(figures["kl_per_latent"]))
    assert figures["device"] in ("cpu", "cuda", "mps")
    assert figures["config"]["latent_dim"] == 3
    assert figures["config"]["height"] == 60 and figures["config"]["width"] == 80


def test_evaluate_draws_what_it_found(here, journey, tmp_path):
    arguments = ["--checkpoint", journey[0] / "new" / "model.safetensors"]
    arguments += ["--frames", journey[0] / "drives", "--plot", tmp_path / "seen.png", "--json"]
    code, told, errors = here("evaluate", *arguments)
    assert (code, errors) == (0, "")
    assert len(json_lines(told)) == 1
    with Image.open(tmp_path / "seen.png") as image:
        assert image.format == "PNG"
        assert image.width == WIDTH and image.height > 1000


def test_a_plot_that_cannot_be_written(fails, journey, tmp_path):
    (tmp_path / "file").write_text("")
    under = tmp_path / "file" / "seen.png"
    # Told before the frames are looked for.
    arguments = ["--checkpoint", journey[0] / "new" / "model.safetensors", "--frames", "nowhere"]
    assert str(under) in fails("evaluate", *arguments, "--plot", under)


def test_without_json_training_tells_a_person_in_lines(here, journey, tmp_path):
    out = tmp_path / "x.safetensors"
    arguments = ["--frames", journey[0] / "drives", "--out", out, *SMALL, "--steps", 2]
    code, told, errors = here("train", *arguments)
    assert (code, errors) == (0, "")
    assert "step 2  held out:" in told and "SSE" in told and "nats" in told
    assert f"{out}: saved at step 2." in told
    assert "\r" not in told  # it is no terminal


def test_without_json_the_figures_are_told_with_their_units(here, journey):
    model = journey[0] / "new" / "model.safetensors"
    code, told, errors = here("evaluate", "--checkpoint", model, "--frames", journey[0] / "drives")
    assert (code, errors) == (0, "")
    assert all(unit in told for unit in ("dB", "SSE", "nats", "active units", "images a second"))


def test_a_fault_is_one_sentence_on_stderr_and_exit_code_2(tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "drives"
    run = call("collect", "--frames", 1, "--out", out)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr == f"{out}: frames cannot be written there (Not a directory).\n"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("collect", []),
        ("collect", ["--frames", 0, "--out", "x"]),
        ("collect", ["--frames", "many", "--out", "x"]),
        ("collect", ["--frames", 1, "--out", "x", "--seed", -1]),
        ("collect", ["--frames", 1, "--out", "x", "--workers", 0]),
        ("collect", ["--frames", 1, "--out", "x", "--policy", "asleep"]),
        ("train", ["--frames", "x"]),
        ("train", ["--frames", "x", "--out", "y", "--steps", 0]),
        ("train", ["--frames", "x", "--out", "y", "--minutes", 0]),
        ("train", ["--frames", "x", "--out", "y", "--beta", -1]),
        ("train", ["--frames", "x", "--out", "y", "--beta", "nan"]),
        ("train", ["--frames", "x", "--out", "y", "--learning-rate", "inf"]),
        ("train", ["--frames", "x", "--out", "y", "--device", "abacus"]),
        ("train", ["--frames", "x", "--out", "y", "--seed", 10**30]),
        ("train", ["--frames", "x", "--out", "y", "--latent-dim", 10**9]),
        ("evaluate", ["--frames", "x"]),
        ("evaluate", ["--frames", "x", "--checkpoint", "y", "--device", "abacus"]),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else value,
)
def test_arguments_that_cannot_be(fails, monkeypatch, tmp_path, name, arguments):
    monkeypatch.chdir(tmp_path)
    fails(name, *arguments)
    assert not list(tmp_path.iterdir())


def test_frames_that_are_not_there(fails, tmp_path):
    gone = tmp_path / "gone"
    assert str(gone) in fails("train", "--frames", gone, "--out", tmp_path / "x.safetensors")


def test_places_that_cannot_be_written_are_told_before_the_work(fails, tmp_path, journey):
    (tmp_path / "file").write_text("")
    under = tmp_path / "file" / "x.safetensors"
    drives = journey[0] / "drives"
    assert str(under) in fails("train", "--frames", drives, "--out", under)
    assert str(tmp_path) in fails("train", "--frames", drives, "--out", tmp_path)


def test_nothing_to_resume_from(fails, tmp_path, journey):
    out = tmp_path / "x.safetensors"
    sentence = fails("train", "--frames", journey[0] / "drives", "--out", out, "--resume")
    assert "x.resume.safetensors" in sentence


def test_a_training_that_diverges(fails, tmp_path, journey):
    out = tmp_path / "x.safetensors"
    rate = ["--learning-rate", 1e38, "--steps", 1000, "--json"]
    sentence = fails("train", "--frames", journey[0] / "drives", "--out", out, *SMALL, *rate)
    assert "diverged at step" in sentence
    assert not out.exists()


def test_a_checkpoint_that_is_none(fails, tmp_path, journey):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"nonsense")
    arguments = ["--checkpoint", path, "--frames", journey[0] / "drives"]
    assert str(path) in fails("evaluate", *arguments)


def test_what_has_no_encoder_is_not_evaluated(fails, journey, tmp_path):
    config = VAEConfig(3, 64, 64, recipe=WORLD_MODELS_RECIPE, network="world-models-decoder")
    path = tmp_path / "decoder.safetensors"
    checkpoint.save(path, checkpoint.Checkpoint(VAE(config), {}, {}, None))
    sentence = fails("evaluate", "--checkpoint", path, "--frames", journey[0] / "drives")
    assert sentence == f"{path}: a model without an encoder cannot be evaluated.\n"
