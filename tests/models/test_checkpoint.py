"""Checkpoints and training states on disk: whole round trips, every fault told in a sentence."""

from __future__ import annotations

import errno
import json
import os
import pickle
import struct
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from models.aggregate import Aggregate, principal_axes
from models.checkpoint import describe, load, save
from models.divergence import Bounds
from models.errors import InputError
from models.evaluate import Evaluation
from models.frame import RECIPE
from models.train import TrainConfig, TrainState, train
from models.training_state import beside
from models.training_state import load as load_state
from models.training_state import load_config as load_state_config
from models.training_state import save as save_state
from models.vae import VAE

DIM = 4
CONFIG = TrainConfig(latent_dim=DIM, batch_size=4, steps=2, device="cpu")


@pytest.fixture
def evaluation():
    rng = np.random.default_rng(0)
    levels = np.array([0.1, 0.5, 0.9])
    quantiles = np.sort(rng.normal(size=(DIM, 3)), axis=1)
    covariance = np.cov(rng.normal(size=(DIM, 50)))
    axes, variances = principal_axes(covariance)
    aggregate = Aggregate(rng.normal(size=DIM), covariance, axes, variances, levels, quantiles)
    kl, bounds = rng.uniform(0, 2, DIM), Bounds(1.5, 4.25)
    ranges = (9.5, 31.0), (0.0, 44.0)
    return Evaluation(250, 31.25, 30.5, 11.0, 12.5, kl, aggregate, bounds, *ranges, 900.0)


@pytest.fixture
def made(vae, evaluation):
    return describe(vae, evaluation, {"steps": 7, "images": 28, "data": "drives"}, "made")


@pytest.fixture
def path(tmp_path, made):
    """A whole checkpoint on disk."""
    save(tmp_path / "model.safetensors", made)
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def trained(tiny, pictures, tmp_path_factory):
    """The content of a whole training state."""
    path = tmp_path_factory.mktemp("trained") / "state.safetensors"
    started = TrainState.start(CONFIG, VAE(tiny))
    list(train(CONFIG, pictures, started))
    save_state(path, started, CONFIG)
    return path.read_bytes()


@pytest.fixture
def state(tmp_path, trained):
    """A whole training state on disk."""
    path = tmp_path / "state.safetensors"
    path.write_bytes(trained)
    return path


def parts(path):
    """The tensors and the config of a file, by the format's own library."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, json.loads(file.metadata()["config"])


def write(path, tensors, config):
    text = config if isinstance(config, str) else json.dumps(config)
    safetensors.torch.save_file(tensors, path, metadata={"config": text})


@pytest.fixture
def edit(path):
    """Writes the checkpoint anew with its config changed: edit(*keys, value)."""

    def change(*keys_and_value):
        *keys, last, value = keys_and_value
        tensors, config = parts(path)
        inner = config
        for key in keys:
            inner = inner[key]
        inner[last] = value
        write(path, tensors, config)

    return change


def no_space(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


# Round trips


def test_a_model_comes_back_with_the_same_pictures(path, made, frames):
    loaded = load(path)
    z = np.random.default_rng(0).normal(0, 2, (5, DIM))
    np.testing.assert_array_equal(loaded.vae.image(z), made.vae.image(z))
    batch = frames.take(np.arange(5))
    for found, kept in zip(loaded.vae.posterior(batch), made.vae.posterior(batch), strict=True):
        np.testing.assert_array_equal(found, kept)


def test_what_is_known_about_a_model_comes_back_too(path, made, evaluation, vae):
    loaded = load(str(path))
    assert loaded.training == made.training == {"steps": 7, "images": 28, "data": "drives"}
    assert loaded.figures == evaluation.figures()
    for found, kept in zip(loaded.aggregate, evaluation.aggregate, strict=True):
        np.testing.assert_array_equal(found, kept)
    assert loaded.vae.config == vae.config
    assert loaded.name == "model"


def test_a_loaded_model_is_frozen(path):
    vae = load(path).vae
    assert not any(parameter.requires_grad for parameter in vae.parameters())
    assert not vae.training


def test_saving_what_was_loaded_gives_the_same_file(path, tmp_path):
    save(tmp_path / "again.safetensors", load(path))
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_loading_and_describing_leave_random_numbers_and_the_model_alone(path, vae, evaluation):
    random = torch.random.get_rng_state()
    load(path)
    described = describe(vae, evaluation, {}, "x")
    assert torch.equal(torch.random.get_rng_state(), random)
    before = described.vae.image(np.ones(DIM))
    with torch.no_grad():
        vae.decoder.layers[-2].bias.add_(1)
    np.testing.assert_array_equal(described.vae.image(np.ones(DIM)), before)


@pytest.mark.parametrize("channels", [(4,), (2, 3), (3, 4, 5, 6, 7)])
def test_the_networks_shape_travels_in_the_config(tmp_path, tiny, evaluation, channels):
    vae = VAE(replace(tiny, channels=channels))
    save(tmp_path / "x.safetensors", describe(vae, evaluation, {}, "x"))
    loaded = load(tmp_path / "x.safetensors").vae
    assert loaded.config == vae.config
    np.testing.assert_array_equal(loaded.image(np.ones(DIM)), vae.image(np.ones(DIM)))


def test_a_frames_size_that_the_recipe_does_not_make(tmp_path, tiny, evaluation, refused):
    path = tmp_path / "x.safetensors"
    save(path, describe(VAE(replace(tiny, height=61, width=83)), evaluation, {}, "x"))
    assert "61x83" in refused(lambda: load(path), path)


def test_the_weights_are_readable_without_us(path, vae):
    tensors, config = parts(path)
    assert tensors.keys() == vae.state_dict().keys()
    assert config["vae"]["recipe"] == RECIPE and config["vae"]["latent_dim"] == DIM


def test_a_state_comes_back_whole(state):
    _, record = parts(state)
    loaded = load_state(state, CONFIG)
    assert loaded.step == record["step"] == 2
    assert loaded.seconds == record["seconds"] > 0
    assert all(parameter.requires_grad for parameter in loaded.vae.parameters())
    assert not any(parameter.requires_grad for parameter in loaded.average.parameters())


def test_a_state_comes_back_with_the_config_it_was_trained_by(state, path, refused):
    assert load_state_config(state) == CONFIG
    refused(lambda: load_state_config(path), path)
    tensors, record = parts(state)
    for nonsense in (None, [1], {"flavour": "sour"}):
        write(state, tensors, record | {"train": nonsense})
        refused(lambda: load_state_config(state), state)


def test_a_state_lies_beside_its_checkpoint(tmp_path):
    assert beside(tmp_path / "a.safetensors") == tmp_path / "a.resume.safetensors"
    names = ["a", "a.b", "a.c", "a.safetensors", "b.safetensors", "a.b.safetensors"]
    states = {beside(tmp_path / name) for name in names}
    assert not states & {tmp_path / name for name in names}
    assert len(states) == 4  # with or without its suffix, the name is the same


# Wrong input


def test_what_is_not_there(tmp_path, refused):
    gone = tmp_path / "gone.safetensors"
    refused(lambda: load(gone), gone)
    refused(lambda: load_state(gone, CONFIG), gone)


def test_a_folder(tmp_path, refused):
    refused(lambda: load(tmp_path), tmp_path)


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"\xff" * 100, b"hello" * 100])
def test_what_is_no_safetensors_file(path, refused, content):
    path.write_bytes(content)
    refused(lambda: load(path), path)


def test_a_pickle_is_not_opened(path, tmp_path, refused):
    class Tripwire:
        def __reduce__(self):
            return (open, (str(tmp_path / "marker"), "w"))

    path.write_bytes(pickle.dumps(Tripwire()))
    refused(lambda: load(path), path)
    torch.save({"weights": Tripwire()}, path)
    refused(lambda: load(path), path)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("kept", [4, 8, 100, 0.2, 0.5, 0.99, -1])
def test_a_truncated_file(path, state, refused, kept):
    for file, opened in ((path, load), (state, lambda file: load_state(file, CONFIG))):
        whole = file.read_bytes()
        file.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
        refused(lambda opened=opened, file=file: opened(file), file)


def test_a_model_from_before_ranges_were_measured_and_one_of_few_frames(path, edit):
    edit("figures", "kl_range", None)
    assert load(path).figures["kl_range"] is None
    tensors, config = parts(path)
    del config["figures"]["kl_range"], config["figures"]["recon_sse_range"]
    write(path, tensors, config)
    assert "kl_range" not in load(path).figures


def test_the_file_of_another_program(path, refused):
    safetensors.torch.save_file({"weight": torch.zeros(3)}, path)
    assert "another program" in refused(lambda: load(path), path)
    safetensors.torch.save_file({"weight": torch.zeros(3)}, path, metadata={"config": "{}"})
    refused(lambda: load(path), path)


def test_a_state_is_no_checkpoint_and_a_checkpoint_no_state(path, state, refused):
    refused(lambda: load(state), state)
    refused(lambda: load_state(path, CONFIG), path)


@pytest.mark.parametrize("text", ["", "{", "null", "3", "[]", "NaN", '"x"', "[" * 100_000])
def test_a_config_that_is_none(path, refused, text):
    tensors, _ = parts(path)
    write(path, tensors, text)
    refused(lambda: load(path), path)


@pytest.mark.parametrize("missing", ["format", "vae", "training", "figures", "aggregate"])
def test_a_config_that_lacks_a_part(path, refused, missing):
    tensors, config = parts(path)
    del config[missing]
    write(path, tensors, config)
    refused(lambda: load(path), path)


def test_a_model_of_another_recipe(path, refused, edit):
    edit("vae", "recipe", "doom/whole-screen")
    sentence = refused(lambda: load(path), path)
    assert "doom/whole-screen" in sentence and RECIPE in sentence


@pytest.mark.parametrize(
    "change",
    [
        ("vae", None),
        ("vae", [1, 2]),
        ("vae", "flavour", "sour"),
        ("vae", "latent_dim", 5),
        ("vae", "latent_dim", 0),
        ("vae", "latent_dim", -4),
        ("vae", "latent_dim", 2.5),
        ("vae", "latent_dim", "4"),
        ("vae", "latent_dim", 10**12),
        ("vae", "height", 0),
        ("vae", "height", 61),
        ("vae", "width", 10**9),
        ("vae", "width", None),
        ("vae", "network", "perceptron"),
        ("vae", "network", None),
        ("vae", "network", []),
        ("vae", "network", "world-models"),
        ("vae", "recipe", []),
        ("vae", "channels", []),
        ("vae", "channels", [1]),
        ("vae", "channels", [8, 8, 8, 1]),
        ("figures", "psnr_mu", "30"),
        ("figures", "frames", "many"),
        ("vae", "channels", 3),
        ("vae", "channels", "abcd"),
        ("vae", "channels", [8, 8, 8, 8]),
        ("vae", "channels", [-4, 8, 8, 8]),
        ("vae", "channels", [0, 8, 8, 8]),
        ("vae", "channels", [10**9]),
        ("vae", "channels", [float("inf")]),
        ("vae", "channels", [1] * 100),
        ("aggregate", None),
        ("aggregate", "mean", 3.0),
        ("aggregate", "mean", [1, 2, 3]),
        ("aggregate", "mean", ["a", "b", "c", "d"]),
        ("aggregate", "mean", [0, 0, 0, float("nan")]),
        ("aggregate", "covariance", [1, 2, 3, 4]),
        ("aggregate", "covariance", (-np.eye(4)).tolist()),
        ("aggregate", "axes", np.ones((4, 4)).tolist()),
        ("aggregate", "variances", [1]),
        ("aggregate", "levels", []),
        ("aggregate", "levels", [0.5]),
        ("aggregate", "quantiles", [1, 2, 3, 4]),
        ("aggregate", "quantiles", [[1], [1, 2], [3], [4]]),
        ("figures", None),
        ("figures", {}),
        ("figures", "kl", None),
        ("figures", "psnr_mu", "much"),
        ("figures", "psnr_mu", float("inf")),
        ("figures", "kl", float("nan")),
        ("figures", "kl", 10**400),
        ("figures", "kl_range", [0.0, 10**400]),
        ("figures", "kl_range", 3.0),
        ("figures", "kl_range", [1.0]),
        ("figures", "kl_range", [1.0, "2"]),
        ("figures", "recon_sse_range", [0.0, float("nan")]),
        ("figures", "kl_per_latent", 3),
        ("figures", "kl_per_latent", [1.0]),
        ("figures", "kl_per_latent", [1.0, 2.0, 3.0, float("inf")]),
        ("training", None),
        ("training", "long ago"),
        ("training", "steps", "many"),
        ("training", "images", None),
    ],
    ids=str,
)
def test_a_config_that_cannot_be(path, refused, edit, change):
    edit(*change)
    refused(lambda: load(path), path)


def test_a_config_that_asks_for_all_memory_gets_none(path, refused):
    tensors, config = parts(path)
    config["vae"] |= {"latent_dim": 1024, "height": 1024, "width": 1024, "channels": [1024]}
    write(path, tensors, config)
    refused(lambda: load(path), path)  # its first layer alone would take 2 TB


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers(path, state, refused, value):
    for file, name in ((path, "encoder.head.bias"), (state, "average.encoder.head.bias")):
        tensors, config = parts(file)
        tensors[name][1] = value
        write(file, tensors, config)
    assert "encoder.head.bias" in refused(lambda: load(path), path)
    refused(lambda: load_state(state, CONFIG), state)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop("encoder.head.bias"),
        lambda tensors: tensors.update(stranger=torch.zeros(3)),
        lambda tensors: tensors.update({"encoder.head.bias": torch.zeros(3)}),
        lambda tensors: tensors.update({"encoder.head.bias": torch.zeros(2 * DIM, dtype=int)}),
        lambda tensors: tensors.update(
            {"encoder.head.bias": torch.zeros(2 * DIM).to(torch.float8_e4m3fn)}
        ),
    ],
    ids=["missing", "extra", "of another shape", "of whole numbers", "of eight bits"],
)
def test_tensors_that_are_not_the_models(path, refused, change):
    tensors, config = parts(path)
    change(tensors)
    write(path, tensors, config)
    refused(lambda: load(path), path)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop("rng"),
        lambda tensors: tensors.update(rng=torch.zeros(3)),
        lambda tensors: tensors.pop("vae.encoder.head.bias"),
        lambda tensors: tensors.pop("average.encoder.head.bias"),
        lambda tensors: tensors.pop("optimizer.3.exp_avg"),
        lambda tensors: tensors.pop("optimizer.3.step"),
        lambda tensors: tensors.update({"optimizer.3.exp_avg_sq": torch.zeros(1)}),
    ],
    ids=["no rng", "no rng either", "no weight", "no average", "no mean", "no step", "of one"],
)
def test_a_state_that_is_not_whole(state, refused, change):
    tensors, record = parts(state)
    change(tensors)
    write(state, tensors, record)
    refused(lambda: load_state(state, CONFIG), state)


@pytest.mark.parametrize("kind", ["checkpoint", "state"])
def test_a_damaged_file_is_read_or_refused_but_never_breaks_us(path, state, kind):
    file = path if kind == "checkpoint" else state
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    places = st.one_of(st.integers(0, 8 + length), st.integers(0, len(content) - 1))

    @settings(max_examples=80, deadline=None, derandomize=True, database=None)
    @given(st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=3))
    def damage(changes):
        damaged = bytearray(content)
        for place, value in changes.items():
            damaged[place] = value
        file.write_bytes(damaged)
        try:
            if kind == "checkpoint":
                load(file).vae.image(np.zeros(DIM))
            else:
                load_state(file, CONFIG)
        except InputError as error:
            assert str(file) in str(error)

    damage()


# Writing


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_leaves_the_older_file_whole(path, made, refused, monkeypatch, step):
    before = path.read_bytes()
    monkeypatch.setattr(os, step, no_space)
    sentence = refused(lambda: save(path, replace(made, training={"steps": 8})), path)
    assert "No space left" in sentence
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_save_replaces_the_older_file(path, made):
    save(path, replace(made, training={"steps": 8}))
    assert load(path).training == {"steps": 8}
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written(tmp_path, made, refused):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "x.safetensors", tmp_path / "gone" / "x", tmp_path):
        refused(lambda place=place: save(place, made), place)
        started = TrainState.start(CONFIG, made.vae)
        refused(lambda place=place, started=started: save_state(place, started, CONFIG), place)
