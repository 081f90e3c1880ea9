"""Files that are no frames, or no longer: each fault is one sentence that names the file.

Nothing is unpickled, whoever asks for it.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models import dataset, picture_files
from models.dataset import load
from models.errors import InputError
from models.frame import RECIPE
from models.shards import Writer


def edit_index(folder, **changes):
    index = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(index | changes))


class Tripwire:
    """Leaves a file behind when somebody unpickles it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_what_is_not_there(tmp_path, refused):
    refused(lambda: load(tmp_path / "nothing.npz"), tmp_path / "nothing.npz")


def test_an_empty_folder(tmp_path, refused):
    refused(lambda: load(tmp_path), tmp_path)


def test_a_folder_of_broken_images_only(tmp_path, refused):
    (tmp_path / "x.png").write_bytes(b"not a picture")
    refused(lambda: load(tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["x.txt", "x.pt", "x", "x.safetensors"])
def test_a_kind_of_file_that_holds_no_frames(tmp_path, refused, name):
    (tmp_path / name).write_bytes(b"hello")
    refused(lambda: load(tmp_path / name), tmp_path / name)


@pytest.mark.parametrize("suffix", ["npy", "npz", "png", "gif", "jpg", "mp4"])
@pytest.mark.parametrize("content", [b"", b"nonsense" * 20, bytes(100)])
def test_nonsense_under_a_known_name(tmp_path, refused, suffix, content):
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(content)
    refused(lambda: load(path), path)


def test_a_video_that_no_reader_is_installed_for(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(picture_files, "find_spec", lambda name: None)
    (tmp_path / "x.mp4").write_bytes(b"")
    assert "imageio-ffmpeg" in refused(lambda: load(tmp_path / "x.mp4"), tmp_path / "x.mp4")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 60, 80, 3), np.float32),
        np.zeros((2, 60, 80, 3), np.int64),
        np.zeros((2, 60, 80), np.uint8),
        np.zeros((2, 60, 80, 1), np.uint8),
        np.zeros((2, 60, 80, 4), np.uint8),
        np.zeros((2, 3, 60, 80), np.uint8),
        np.zeros((60, 80, 3), np.uint8),
        np.zeros((0, 60, 80, 3), np.uint8),
        np.zeros((2, 0, 80, 3), np.uint8),
        np.array(3, np.uint8),
        np.array([{"a": 1}], object),
        np.array(["a"]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_an_array_that_is_not_frames(tmp_path, refused, array, suffix):
    path = tmp_path / f"x.{suffix}"
    np.save(path, array) if suffix == "npy" else np.savez(path, array)
    refused(lambda: load(path), path)


def test_a_npz_of_two_arrays_of_frames(tmp_path, refused, some):
    np.savez(tmp_path / "x.npz", some, some)
    refused(lambda: load(tmp_path / "x.npz"), tmp_path / "x.npz")


@pytest.mark.parametrize("episode", [np.zeros(5, int), np.array(list("aabbcc"))])
def test_a_npz_whose_episodes_are_of_other_frames_or_no_numbers(tmp_path, refused, some, episode):
    np.savez(tmp_path / "x.npz", frames=some, episode=episode)
    refused(lambda: load(tmp_path / "x.npz"), tmp_path / "x.npz")


def test_a_zip_of_something_else(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    refused(lambda: load(tmp_path / "x.npz"), tmp_path / "x.npz")


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_a_truncated_file(tmp_path, refused, some, suffix, kept):
    path = tmp_path / f"x.{suffix}"
    np.save(path, some) if suffix == "npy" else np.savez(path, some)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    refused(lambda: load(path), path)


def header(shape):
    """The start of a .npy that claims to be of that shape."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize("count", [10**6, 2**62, 10**30, -1])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_a_header_that_promises_more_than_there_is(tmp_path, refused, suffix, count):
    path, content = tmp_path / f"x.{suffix}", header((count, 60, 80, 3)) + bytes(100)
    if suffix == "npy":
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("frames.npy", content)
    refused(lambda: load(path), path)


def test_an_archive_that_would_unpack_to_all_memory(tmp_path, refused, monkeypatch, some):
    np.savez_compressed(tmp_path / "x.npz", some)
    monkeypatch.setattr(dataset, "LARGEST_ARRAY", some.nbytes)
    refused(lambda: load(tmp_path / "x.npz"), tmp_path / "x.npz")


@pytest.mark.parametrize("kind", ["pickle", "npy", "npz", "npz beside frames", "shard", "episodes"])
def test_nothing_is_ever_unpickled(tmp_path, refused, some, columns, kind):
    marker, path = tmp_path / "marker", tmp_path / "x.npz"
    trap = np.array([Tripwire(marker)] * len(some), object)
    if kind == "pickle":
        path = tmp_path / "x.npy"
        path.write_bytes(pickle.dumps(Tripwire(marker)))
    elif kind == "npy":
        path = tmp_path / "x.npy"
        np.save(path, trap, allow_pickle=True)
    elif kind == "npz":
        np.savez(path, trap)
    elif kind == "npz beside frames":
        np.savez(path, frames=some, episode=trap)
    else:
        path = tmp_path / "drives"
        Writer(path).add("a", some, columns)
        if kind == "shard":
            np.save(path / "a.npy", trap, allow_pickle=True)
        else:
            np.savez(path / "a.npz", episode=trap)
    refused(lambda: load(path), path)
    assert not marker.exists()


def test_the_trap_of_the_test_above_would_spring(tmp_path):
    pickle.loads(pickle.dumps(Tripwire(tmp_path / "marker"))).close()
    assert (tmp_path / "marker").exists()


def test_an_index_of_another_recipe(folder, refused):
    edit_index(folder, recipe="cartpole/whole")
    sentence = refused(lambda: load(folder), folder / "index.json")
    assert "cartpole/whole" in sentence and RECIPE in sentence


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/a"])
def test_an_index_that_points_outside_its_folder(folder, refused, name, some):
    np.save(folder.parent / "secret.npy", some)
    edit_index(folder, shards=[{"name": name, "frames": 6}])
    refused(lambda: load(folder), folder / "index.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"recipe": "x"}',
        '{"recipe": "x", "shards": 3}',
        '{"recipe": "x", "shards": [{"name": "a"}]}',
        '{"recipe": "x", "shards": [{"name": "a", "frames": "many"}]}',
        '{"recipe": "x", "shards": [{"name": "a", "frames": Infinity}]}',
        "[" * 100_000,
        b"\xff\xfe\x00",
    ],
    ids=lambda text: str(text[:30]),
)
def test_an_index_that_is_none(folder, refused, text):
    (folder / "index.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(lambda: load(folder), folder / "index.json")
    refused(lambda: Writer(folder), folder / "index.json")


@pytest.mark.parametrize("gone", ["b.npy", "b.npz"])
def test_a_shard_that_is_missing(folder, refused, gone):
    (folder / gone).unlink()
    refused(lambda: load(folder), gone)


def test_a_shard_without_its_episodes(folder, refused):
    np.savez(folder / "b.npz", step=np.arange(2))
    refused(lambda: load(folder), folder)


def test_a_shard_of_another_length_than_its_index_says(folder, refused, some):
    np.save(folder / "b.npy", some)
    refused(lambda: load(folder), folder / "b.npy")


def test_a_folder_whose_index_lists_nothing(folder, refused):
    edit_index(folder, shards=[])
    refused(lambda: load(folder), folder)


@pytest.mark.parametrize("kind", ["npy", "npz", "png", "gif"])
def test_a_damaged_file_is_read_or_refused_but_never_breaks_us(tmp_path, some, kind):
    path, whole = tmp_path / f"x.{kind}", io.BytesIO()
    if kind == "npy":
        np.save(whole, some[:1])
    elif kind == "npz":
        np.savez_compressed(whole, frames=some[:1], episode=np.zeros(1, int))
    else:
        images = [Image.fromarray(image) for image in some[:2]]
        images[0].save(
            whole,
            kind,
            **({"save_all": True, "append_images": images[1:]} if kind == "gif" else {}),
        )
    content = whole.getvalue()
    # Headers are where damage hurts; those of a zip stand at its end.
    places = st.integers(0, min(300, len(content) - 1)).map(
        lambda k: -k - 1 if kind == "npz" else k
    )

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=3))
    def damage(changes):
        damaged = bytearray(content)
        for place, value in changes.items():
            damaged[place] = value
        path.write_bytes(damaged)
        try:
            found = load(path)
            frames = found.take(np.arange(len(found)))
        except InputError as error:
            assert str(path) in str(error)
        else:
            assert frames.dtype == np.uint8 and frames.shape[1:] == (60, 80, 3)

    damage()
