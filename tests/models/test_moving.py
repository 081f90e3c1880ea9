"""Files of pictures, read back by other means."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageSequence

from models import animation
from models.moving import GAP, write_gif, write_mp4, write_png, write_strip


@pytest.fixture
def drive(pictures):
    """Twelve real frames, one after the other."""
    return pictures[:12]


def read(path):
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def test_a_png_is_the_picture_byte_for_byte(drive, tmp_path):
    write_png(tmp_path / "one.png", drive[0])
    np.testing.assert_array_equal(read(tmp_path / "one.png"), drive[0])


def test_enlarging_repeats_each_pixel(drive, tmp_path):
    write_png(tmp_path / "one.png", drive[0], scale=3)
    np.testing.assert_array_equal(
        read(tmp_path / "one.png"), np.kron(drive[0], np.ones((3, 3, 1), np.uint8))
    )


def test_a_strip_shows_every_picture_in_order(drive, tmp_path):
    write_strip(tmp_path / "strip.png", drive, columns=5)
    strip = read(tmp_path / "strip.png")
    assert strip.shape == (3 * 60 + 2 * GAP, 5 * 80 + 4 * GAP, 3)
    for index, picture in enumerate(drive):
        top, left = index // 5 * (60 + GAP), index % 5 * (80 + GAP)
        np.testing.assert_array_equal(strip[top : top + 60, left : left + 80], picture)


def test_a_short_strip_is_no_wider_than_its_pictures(drive, tmp_path):
    write_strip(tmp_path / "strip.png", drive[:2], scale=2)
    assert read(tmp_path / "strip.png").shape == (120, 2 * 160 + GAP, 3)


def test_a_gif_plays_every_picture_in_its_colours(drive, tmp_path):
    write_gif(tmp_path / "drive.gif", drive, fps=10, scale=2)
    with Image.open(tmp_path / "drive.gif") as gif:
        assert gif.info["loop"] == 0
        shown = [np.array(image.convert("RGB"), int) for image in ImageSequence.Iterator(gif)]
    assert len(shown) == len(drive)
    for found, picture in zip(shown, drive, strict=True):
        assert found.shape == (120, 160, 3)
        np.testing.assert_array_equal(found[::2, ::2], found[1::2, 1::2])
        assert np.abs(found[::2, ::2] - picture).mean() < 2


def test_what_stands_still_in_a_gif_does_not_flicker(drive, tmp_path):
    moved = drive[[0, 0, 0]].copy()
    moved[1, :10] = drive[5, :10]
    write_gif(tmp_path / "still.gif", moved, scale=1)
    with Image.open(tmp_path / "still.gif") as gif:
        shown = [np.array(image.convert("RGB")) for image in ImageSequence.Iterator(gif)]
    np.testing.assert_array_equal(shown[0], shown[2])
    np.testing.assert_array_equal(shown[0][10:], shown[1][10:])


@pytest.mark.parametrize(("fps", "seconds"), [(10, 1.2), (30, 0.4), (7, 12 / 7), (1000, 0.24)])
def test_a_gif_lasts_as_long_as_asked_for(drive, tmp_path, fps, seconds):
    write_gif(tmp_path / "drive.gif", drive, fps, scale=1)
    with Image.open(tmp_path / "drive.gif") as gif:
        times = [image.info["duration"] for image in ImageSequence.Iterator(gif)]
    assert sum(times) / 1000 == pytest.approx(seconds, abs=0.005)
    assert min(times) >= 20


def test_without_the_library_there_is_no_video(drive, tmp_path, monkeypatch, refused):
    monkeypatch.setattr(animation, "find_spec", lambda name: None)
    sentence = refused(lambda: write_mp4(tmp_path / "a.mp4", drive), "pip install imageio-ffmpeg")
    assert str(tmp_path / "a.mp4") in sentence
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is not installed")
def test_a_video_plays_every_picture(drive, tmp_path):
    import imageio.v3 as iio

    write_mp4(tmp_path / "drive.mp4", drive[:, :59, :79], fps=10, scale=3)
    shown = iio.imread(tmp_path / "drive.mp4", plugin="FFMPEG")
    assert shown.shape == (12, 178, 238, 3)
    error = shown[:, 1:177:3, 1:237:3].astype(int) - drive[:, :59, :79]
    assert np.abs(error).mean() < 8
    assert [path.name for path in tmp_path.iterdir()] == ["drive.mp4"]


@pytest.mark.parametrize("write", [write_strip, write_gif])
def test_no_pictures_are_refused(write, drive, tmp_path, refused):
    refused(lambda: write(tmp_path / "none.gif", drive[:0]), "no pictures")


@pytest.mark.parametrize("write", [write_strip, write_gif])
def test_what_cannot_be_written_is_named(write, drive, tmp_path, refused):
    path = tmp_path / "nowhere" / "out.gif"
    refused(lambda: write(path, drive), path)


def test_an_older_file_survives_a_failure(drive, tmp_path, refused):
    path = tmp_path / "out.png"
    path.mkdir()
    (path / "older").touch()
    refused(lambda: write_png(path, drive[0]), path)
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]
