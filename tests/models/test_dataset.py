"""Frames as a sequence, and on disk in all the kinds a person may bring."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.dataset import Frames, load, load_shards, load_together, spread
from models.errors import InputError
from models.frame import RECIPE, from_image
from models.shards import Writer, write_atomically


def everything(frames):
    return frames.take(np.arange(len(frames)))


# The sequence


def test_frames_of_many_arrays_are_one_sequence(some):
    frames = Frames([some[:1], some[1:1], some[1:4], some[4:]])
    assert len(frames) == 6
    np.testing.assert_array_equal(everything(frames), some)
    np.testing.assert_array_equal(frames.take([5, 0, 3, 0]), some[[5, 0, 3, 0]])
    assert frames.take([]).shape == (0, 60, 80, 3)


def test_what_is_taken_is_the_takers_own(some):
    source = some.copy()
    taken = Frames([source]).take([0, 1])
    taken[:] = 0
    np.testing.assert_array_equal(source, some)


def test_batches_are_all_frames_in_order(some):
    batches = list(Frames([some[:3], some[3:]]).batches(4))
    assert [len(batch) for batch in batches] == [4, 2]
    np.testing.assert_array_equal(np.concatenate(batches), some)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(any),
    data=st.data(),
)
def test_taking_is_indexing_of_all_arrays_together(lengths, data):
    total = sum(lengths)
    every = (
        np.zeros((total, 60, 80, 3), np.uint8) + np.arange(total, dtype=np.uint8)[:, *[None] * 3]
    )
    frames = Frames(np.split(every, np.cumsum(lengths)[:-1]))
    indices = data.draw(st.lists(st.integers(0, total - 1), max_size=8))
    assert frames.take(np.array(indices, int))[:, 0, 0, 0].tolist() == indices
    size = data.draw(st.integers(1, total + 1))
    assert np.concatenate(list(frames.batches(size)))[:, 0, 0, 0].tolist() == list(range(total))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=2, max_size=40),
    share=st.floats(0.01, 0.5),
    seed=st.integers(0, 9),
)
def test_a_split_never_cuts_an_episode(lengths, share, seed):
    names = np.random.default_rng(seed).permutation(len(lengths)) * 13
    episode = np.repeat(names, lengths)
    array = np.broadcast_to(np.zeros((), np.uint8), (len(episode), 60, 80, 3))
    frames = Frames([array], episode)
    training, held_out = frames.split(share)
    assert sorted([*training, *held_out]) == list(range(len(episode)))
    assert not set(episode[training]) & set(episode[held_out])
    assert 0 < len(held_out) <= len(episode) / 2
    if len(held_out) < share * len(episode):  # then none of the others would have fitted
        rest = np.unique(episode[training], return_counts=True)[1]
        assert len(held_out) + rest.min() > len(episode) / 2
    again = Frames([array], episode).split(share)
    np.testing.assert_array_equal(again[1], held_out)


def test_a_single_episode_is_cut_in_two(some):
    training, held_out = Frames([some], np.zeros(6, int)).split(0.34)
    assert training.tolist() == [0, 1, 2] and held_out.tolist() == [3, 4, 5]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_frames_still_leave_some_on_both_sides(some, count):
    training, held_out = Frames([some[:count]]).split()
    assert len(training) and len(held_out)
    assert set(training) | set(held_out) == set(range(count))


def test_a_source_without_episodes_is_held_out_in_runs():
    frames = Frames([np.broadcast_to(np.zeros((), np.uint8), (1000, 60, 80, 3))])
    _, held_out = frames.split(0.2)
    runs = np.split(held_out, np.flatnonzero(np.diff(held_out) > 1) + 1)
    assert [len(run) for run in runs] == [100, 100]


def test_spread_takes_evenly_from_first_to_last():
    assert spread(np.arange(10, 20), 4).tolist() == [10, 13, 16, 19]
    assert spread(np.arange(3), 10).tolist() == [0, 1, 2]


# Growing


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    parts=st.lists(st.lists(st.integers(1, 20), min_size=1, max_size=8), min_size=2, max_size=4),
    share=st.floats(0.01, 0.5),
)
def test_growing_leaves_every_side_of_the_split_as_it_was(parts, share):
    lone = [
        Frames(
            [np.broadcast_to(np.zeros((), np.uint8), (sum(lengths), 60, 80, 3))],
            np.repeat(np.arange(len(lengths)), lengths),
        )
        for lengths in parts
    ]
    grown = lone[0]
    for more in lone[1:]:
        before, grown = grown, grown.grown(more)
        for old, new in zip(before.split(share), grown.split(share), strict=True):
            np.testing.assert_array_equal(new[new < len(before)], old)
        np.testing.assert_array_equal(grown.episode[: len(before)], before.episode)
    assert len(np.unique(grown.episode)) == sum(map(len, parts))  # of one number: told apart
    for ours, sized in zip(grown.split(share), grown.sized((64, 64, 3)).split(share), strict=True):
        np.testing.assert_array_equal(ours, sized)


def test_parts_of_long_episodes_hold_out_the_share_together():
    """As collected: five drives of 390 frames in each shard."""
    shard = np.broadcast_to(np.zeros((), np.uint8), (1950, 60, 80, 3))
    grown = Frames([])
    for k in range(10):
        grown = grown.grown(Frames([shard], 5 * k + np.arange(1950) // 390))
        training, held_out = grown.split(0.1)
        assert sorted([*training, *held_out]) == list(range(len(grown)))
        assert not set(grown.episode[training]) & set(grown.episode[held_out])
        assert 0.1 * len(grown) <= len(held_out) < 0.1 * len(grown) + 390


def test_what_has_grown_is_one_sequence_at_the_first_ones_size(some, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    Image.fromarray(some[5]).save(tmp_path / "a.png")
    old, more = Frames([some[:3]], np.array([4, 4, 9]), "old"), load(tmp_path)
    grown = old.grown(more)
    np.testing.assert_array_equal(everything(grown), some[[0, 1, 2, 5]])
    assert grown.episode.tolist() == [4, 4, 9, 0]
    assert (grown.name, grown.skipped) == (f"old + {tmp_path.name}", ("broken.png",))
    assert grown.grown(more).name == grown.name  # of one source still
    small = old.sized((64, 64, 3)).grown(more)
    assert everything(small).shape == (4, 64, 64, 3)
    assert len(old) == 3  # it is another's still
    assert old.grown(Frames([])) is old
    np.testing.assert_array_equal(everything(Frames([]).grown(old)), some[:3])


def test_shards_are_opened_by_name_and_split_each_by_itself(folder, some, refused):
    both, first, second = (load_shards(folder, names) for names in ("ab", "a", "b"))
    np.testing.assert_array_equal(everything(both), some)
    np.testing.assert_array_equal(everything(second), some[4:])
    np.testing.assert_array_equal(both.episode, load(folder).episode)
    for ours, grown in zip(both.split(), first.grown(second).split(), strict=True):
        np.testing.assert_array_equal(ours, grown)
    refused(lambda: load_shards(folder, ["gone"]), "gone")
    refused(lambda: load_shards(folder / "nowhere", ["a"]), folder / "nowhere")


# Kinds of sources


def test_a_dataset_folder_comes_back_as_it_was_written(folder, some, columns):
    frames = load(folder)
    np.testing.assert_array_equal(everything(frames), some)
    np.testing.assert_array_equal(frames.episode, columns.episode)
    assert frames.name == "drives"
    with np.load(folder / "a.npz") as kept:
        for name, column in columns._asdict().items():
            np.testing.assert_array_equal(kept[name], column[:4])
    assert json.loads((folder / "index.json").read_text())["recipe"] == RECIPE


def test_a_writer_goes_on_where_another_one_stopped(folder, some, columns):
    writer = Writer(folder)
    assert writer.shards == {"a": 4, "b": 2}
    writer.add("c", some, columns)
    np.testing.assert_array_equal(everything(load(folder)), np.concatenate([some, some]))


def test_one_array_in_a_npy(tmp_path, some):
    np.save(tmp_path / "x.npy", some)
    frames = load(tmp_path / "x.npy")
    np.testing.assert_array_equal(everything(frames), some)
    assert frames.name == "x.npy"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("name", ["arr_0", "frames", "observations"])
def test_one_array_in_a_npz_whatever_its_name(tmp_path, some, save, name):
    save(tmp_path / "x.npz", **{name: some}, reward=np.zeros(6))
    frames = load(str(tmp_path / "x.npz"))
    np.testing.assert_array_equal(everything(frames), some)
    assert len(np.unique(frames.episode)) == 1


def test_the_episodes_in_a_npz(tmp_path, some, columns):
    np.savez(tmp_path / "x.npz", frames=some, episode=columns.episode)
    np.testing.assert_array_equal(load(tmp_path / "x.npz").episode, columns.episode)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".tiff", ".webp"])
def test_a_folder_of_images_in_the_order_of_their_names(tmp_path, some, suffix):
    for name, image in zip("fbdaec", some, strict=True):
        Image.fromarray(image).save(tmp_path / f"{name}{suffix}", **WHOLE.get(suffix, {}))
    (tmp_path / "notes.txt").write_text("not an image")
    np.testing.assert_array_equal(everything(load(tmp_path)), some[[3, 1, 5, 2, 4, 0]])


WHOLE = {".webp": {"lossless": True, "exact": True}}


def test_a_jpeg_is_about_the_image(tmp_path, some):
    Image.fromarray(some[0]).save(tmp_path / "x.jpg", quality=95)
    assert np.abs(everything(load(tmp_path))[0] - some[0].astype(float)).mean() < 5


def test_a_broken_image_is_left_out_and_named(tmp_path, some):
    for k in range(3):
        Image.fromarray(some[k]).save(tmp_path / f"{k}.png")
    whole = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(whole[:-200])
    (tmp_path / "3.jpg").write_bytes(b"")
    # The length of the second chunk: Pillow calls what follows a SyntaxError.
    (tmp_path / "4.png").write_bytes(whole[:33] + b"\0\0\0\1" + whole[37:])
    frames = load(tmp_path)
    np.testing.assert_array_equal(everything(frames), some[[0, 2]])
    assert frames.skipped == ("1.png", "3.jpg", "4.png")


def test_a_single_image(tmp_path, some):
    Image.fromarray(some[0]).save(tmp_path / "x.png")
    np.testing.assert_array_equal(everything(load(tmp_path / "x.png")), some[:1])


def test_grey_and_transparent_images_are_frames_too(tmp_path):
    Image.new("L", (80, 60), 77).save(tmp_path / "1.png")
    Image.new("RGBA", (80, 60), (1, 2, 3, 255)).save(tmp_path / "2.png")
    Image.new("1", (80, 60), 1).save(tmp_path / "3.png")
    grey, clear, white = everything(load(tmp_path))
    assert (grey == 77).all() and (clear == (1, 2, 3)).all() and (white == 255).all()


@pytest.mark.parametrize("kind", ["npy", "npz", "png", "gif"])
def test_frames_of_another_size_are_resized_by_area(tmp_path, kind):
    rng = np.random.default_rng(0)
    images = np.kron(rng.integers(0, 2, (3, 9, 13, 3)), np.ones((1, 10, 10, 1)))
    images = (255 * images).astype(np.uint8)
    path = tmp_path / f"x.{kind}"
    if kind == "npy":
        np.save(path, images)
    elif kind == "npz":
        np.savez(path, images)
    elif kind == "gif":
        first, *rest = map(Image.fromarray, images)
        first.save(path, save_all=True, append_images=rest)
    else:
        path = tmp_path
        for k, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / f"{k}.png")
    np.testing.assert_array_equal(everything(load(path)), [from_image(image) for image in images])


def test_a_video(tmp_path):
    shades = [Image.new("RGB", (80, 60), (40 * k, 0, 200)) for k in range(5)]
    shades[0].save(tmp_path / "x.gif", save_all=True, append_images=shades[1:])
    frames = everything(load(tmp_path / "x.gif"))
    assert frames[:, 30, 40].tolist() == [[40 * k, 0, 200] for k in range(5)]


def test_a_grey_video(tmp_path):
    shades = [Image.new("L", (80, 60), 40 * k) for k in range(5)]
    shades[0].save(tmp_path / "x.gif", save_all=True, append_images=shades[1:])
    frames = everything(load(tmp_path / "x.gif"))
    assert frames[:, 30, 40].tolist() == [[40 * k] * 3 for k in range(5)]


# Writing


def test_writing_leaves_the_old_file_whole_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("old")

    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write_atomically(path, lambda file: file.write(b"new and longer"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "old"


def test_a_shard_is_listed_only_once_it_is_whole(folder, some, columns, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(np, "savez", full)
        Writer(folder).add("c", some, columns)
    assert Writer(folder).shards == {"a": 4, "b": 2}
    np.testing.assert_array_equal(everything(load(folder)), some)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        Writer(tmp_path / "file" / "drives")


def test_frames_of_another_recipe_come_at_either_size_from_what_is_stored(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images)
    frames = load(tmp_path / "x.npy")
    np.testing.assert_array_equal(everything(frames), [from_image(image) for image in images])
    sized = frames.sized((64, 64, 3))
    np.testing.assert_array_equal(everything(sized), images)  # not by way of 60x80
    np.testing.assert_array_equal(sized.episode, frames.episode)
    assert sized.name == frames.name


def test_several_files_are_one_sequence_without_those_that_cannot_be_read(some, tmp_path):
    np.save(tmp_path / "b.npy", some[:4])
    Image.fromarray(some[5]).save(tmp_path / "a.png")
    (tmp_path / "c.png").write_bytes(b"no picture")
    paths = [tmp_path / name for name in ("b.npy", "c.png", "a.png")]
    frames = load_together(paths)
    np.testing.assert_array_equal(everything(frames), some[[0, 1, 2, 3, 5]])
    assert frames.skipped == ("c.png",)
    assert frames.name == "2 files"
    assert load_together(paths[:1]).name == "b.npy"  # one is what it would be alone
    with pytest.raises(InputError, match=r"c\.png"):
        load_together([paths[1], tmp_path / "gone.npy"])
