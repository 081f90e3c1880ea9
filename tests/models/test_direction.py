"""Directions: their arithmetic, what of them a file may hold, and finding them by the weights."""

from __future__ import annotations

import errno
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from models import checkpoint, direction, direction_file
from models.checkpoint import Checkpoint
from models.direction import MOST, NAME_LENGTH, between, read
from models.errors import InputError
from models.vae import VAE

DIM = 4


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def one(rng):
    return between("left to right", rng.normal(size=(9, DIM)), rng.normal(size=(5, DIM)))


@pytest.fixture
def other(rng):
    return between("slow to fast", rng.normal(size=(3, DIM)) + 1, rng.normal(size=(3, DIM)) - 1)


def equal(found, wanted):
    assert [made.name for made in found] == [made.name for made in wanted]
    for made, kept in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(made.start, kept.start)
        np.testing.assert_array_equal(made.vector, kept.vector)


# Arithmetic


def test_it_leads_from_one_mean_to_the_other(rng):
    first, second = rng.normal(size=(7, DIM)), rng.normal(size=(4, DIM))
    made = between("x", first.astype(np.float32), second.astype(np.float32))
    np.testing.assert_allclose(made.start, first.mean(0), atol=1e-6)
    np.testing.assert_allclose(made.start + made.vector, second.mean(0), atol=1e-6)
    np.testing.assert_allclose(made.ends(), [first.mean(0), second.mean(0)], atol=1e-6)
    assert made.coordinate(first.mean(0)) == pytest.approx(0, abs=1e-6)
    assert made.coordinate(second.mean(0)) == pytest.approx(1, abs=1e-6)


def test_a_coordinate_is_what_least_squares_find(one, rng):
    z = rng.normal(size=DIM)
    [wanted], *_ = np.linalg.lstsq(one.vector[:, None], z - one.start, rcond=None)
    assert one.coordinate(z) == pytest.approx(wanted)


def test_moving_changes_nothing_across_it(one, rng):
    z = rng.normal(size=DIM).astype(np.float32)
    moved = one.moved(z, 1.7)
    assert moved.dtype == np.float32
    assert one.coordinate(moved) == pytest.approx(1.7, abs=1e-6)
    np.testing.assert_allclose(moved - z, (1.7 - one.coordinate(z)) * one.vector, atol=1e-6)


def test_groups_that_no_direction_leads_between(rng):
    points = rng.normal(size=(5, DIM))
    for first, second in ((points, points), (points, points[:0]), (points[:0], points)):
        with pytest.raises(InputError, match="group"):
            between("x", first, second)


def test_a_name_is_one_line_of_what_can_be_printed(one):
    assert one.renamed(" a\n\tb\0  c ").name == "a b c"
    assert len(one.renamed("longer " * 99).name) == NAME_LENGTH
    for length in range(NAME_LENGTH - 2, NAME_LENGTH + 2):  # wherever it is cut, a file may hold it
        told = one.renamed("x" * length + " y").told()
        assert read([told], DIM)[0].name == told["name"]


# In a checkpoint


def test_directions_travel_in_the_checkpoint(tmp_path, vae, one, other):
    path = tmp_path / "x.safetensors"
    checkpoint.save(path, Checkpoint(vae, {}, {}, None, "x", (one, other)))
    equal(checkpoint.load(path).directions, (one, other))


def test_a_checkpoint_without_them_is_as_it_was_before_there_were_any(tmp_path, vae, one):
    path = tmp_path / "x.safetensors"
    checkpoint.save(path, Checkpoint(vae, {}, {}, None, "x"))
    assert b"directions" not in path.read_bytes()
    assert checkpoint.load(path).directions == ()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: "none",
        lambda told: [3],
        lambda told: [told] * (MOST + 1),
        lambda told: [told | {"name": 3}],
        lambda told: [told | {"name": ""}],
        lambda told: [told | {"name": "x" * (NAME_LENGTH + 1)}],
        lambda told: [told | {"name": "two\nlines"}],
        lambda told: [{"name": "x", "start": told["start"]}],
        lambda told: [told | {"vector": told["vector"][1:]}],
        lambda told: [told | {"vector": [0.0] * DIM}],
        lambda told: [told | {"vector": [float("nan")] * DIM}],
        lambda told: [told | {"start": [1e300] * DIM}],
        lambda told: [told | {"start": [10**400] * DIM}],
        lambda told: [told | {"start": ["far"] * DIM}],
        lambda told: [told | {"start": {"a": 1}}],
    ],
)
def test_a_checkpoint_with_what_are_no_directions(tmp_path, vae, one, refused, monkeypatch, spoil):
    path = tmp_path / "x.safetensors"
    spoilt = json.loads(json.dumps(spoil(one.told())))
    made = Checkpoint(vae, {}, {}, None, "x", (one,))
    original = checkpoint.tensor_file.write
    monkeypatch.setattr(
        checkpoint.tensor_file,
        "write",
        lambda path, tensors, config: original(path, tensors, config | {"directions": spoilt}),
    )
    checkpoint.save(path, made)
    assert "directions" in refused(lambda: checkpoint.load(path), path)


# On a person's disk


def test_they_are_found_again_by_the_weights(tmp_path, vae, one, other):
    folder = tmp_path / "there" / "is none yet"
    assert direction_file.change(folder, vae) == direction_file.Kept()
    assert not folder.exists()
    direction_file.change(folder, vae, put=(one,))
    direction_file.change(folder, vae.frozen(), put=(other,))
    equal(direction_file.change(folder, vae).directions, (one, other))
    with torch.no_grad():
        vae.decoder.layers[-2].bias.add_(1e-3)
    assert direction_file.change(folder, vae) == direction_file.Kept()


def test_renaming_keeps_the_place_and_dropping_is_remembered(tmp_path, vae, one, other):
    direction_file.change(tmp_path, vae, put=(one, other))
    kept = direction_file.change(tmp_path, vae, put=(one.renamed("bend"),))
    equal(kept.directions, (one.renamed("bend"), other))
    direction_file.change(tmp_path, vae, drop=(one,))
    kept = direction_file.change(tmp_path, vae)
    equal(kept.directions, (other,))
    equal(kept.removed, (one,))
    kept = direction_file.change(tmp_path, vae, put=(one,))
    equal(kept.directions, (other, one))
    assert kept.removed == ()


@pytest.mark.parametrize(
    "content", ["", "null", "{}", '{"format": 1}', "[" * 9999, '{"directions": "x"}', "\0" * 99]
)
def test_a_damaged_file_counts_as_none(tmp_path, vae, one, content):
    direction_file.change(tmp_path, vae, put=(one,))
    [path] = tmp_path.glob("*.json")
    path.write_text(content)
    assert direction_file.change(tmp_path, vae) == direction_file.Kept()
    assert path.read_text() == content
    equal(direction_file.change(tmp_path, vae, put=(one,)).directions, (one,))
    assert path.with_suffix(".damaged").read_text() == content  # it may be a later program's


def test_the_file_of_a_model_with_other_latents_is_never_taken(tmp_path, vae, tiny, one):
    direction_file.change(tmp_path, vae, put=(one,))
    wide = VAE(replace(tiny, latent_dim=DIM + 1))
    [path] = tmp_path.glob("*.json")
    path.rename(tmp_path / f"{direction_file.fingerprint(wide)}.json")
    assert direction_file.change(tmp_path, wide) == direction_file.Kept()


def test_a_full_disk_is_one_sentence_and_the_old_file_stays(tmp_path, vae, one, other, monkeypatch):
    direction_file.change(tmp_path, vae, put=(one,))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(direction_file, "write_atomically", full)
    with pytest.raises(InputError, match=r"No space left on device.*\.$") as caught:
        direction_file.change(tmp_path, vae, put=(other,))
    assert "\n" not in str(caught.value)
    equal(direction_file.change(tmp_path, vae).directions, (one,))


def test_what_is_told_can_be_read(one, other):
    told = json.loads(json.dumps([one.told(), other.told()]))
    equal(read(told, DIM), (one, other))
    assert direction.united((one,), (other, one.renamed("x"))) == (one, other)
