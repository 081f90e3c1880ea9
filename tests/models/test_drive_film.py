"""The film of a recorded drive: each frame beside its reconstruction, at the pace of the drive."""

from __future__ import annotations

import errno
import os
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageSequence

from models import animation, drive_film
from models.dataset import Frames
from models.drive_film import film
from models.reel import MARGIN, SCALE
from models.shards import Columns
from tests.telemetry import telemetry

COUNT = 41
needs_ffmpeg = pytest.mark.skipif(
    find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is not installed"
)


@pytest.fixture
def drive(pictures):
    """Forty-one frames, one step from each to the next, on track 7."""
    rows = [(0, telemetry(51 + k), 7) for k in range(COUNT)]
    return Frames([pictures[:COUNT]], columns=Columns.of(rows))


def shown(path):
    """The pictures of a GIF (n, H, W, 3), and how long each is shown, milliseconds."""
    with Image.open(path) as gif:
        images = [
            (np.asarray(image.convert("RGB")), image.info) for image in ImageSequence.Iterator(gif)
        ]
    return np.array([image for image, _ in images]), [info["duration"] for _, info in images]


def parts(page):
    """The frame and the reconstruction on a page, as large as they were."""
    below = page[-MARGIN - SCALE * 60 : -MARGIN : SCALE]
    width = SCALE * 80
    right = page.shape[1] - MARGIN
    return below[:, MARGIN : MARGIN + width : SCALE], below[:, right - width : right : SCALE]


def test_each_frame_is_beside_what_the_model_makes_of_it(drive, vae, tmp_path):
    path = tmp_path / "drive.gif"
    told = list(film(path, drive, vae.frozen()))
    assert [one.pictures for one in told] == [11] and {one.wanted for one in told} == {11}
    pages, times = shown(path)
    assert len(pages) == 11  # every fourth
    assert sum(times) == 11 * 80  # as long as the drive
    frames = drive.take(np.arange(0, COUNT, 4))
    recons = vae.image(vae.posterior(frames).mu)
    for page, frame, recon in zip(pages, frames, recons, strict=True):
        left, right = parts(page)
        assert np.abs(left - frame.astype(int)).mean() < 3  # 256 colours serve all
        assert np.abs(right - recon.astype(int)).mean() < 3


def test_the_pictures_do_not_depend_on_the_batches(drive, vae, tmp_path, monkeypatch):
    list(film(tmp_path / "one.gif", drive, vae.frozen()))
    monkeypatch.setattr(drive_film, "BATCH", 3)
    told = list(film(tmp_path / "other.gif", drive, vae.frozen()))
    assert [one.pictures for one in told] == [3, 6, 9, 11]
    one, other = shown(tmp_path / "one.gif")[0], shown(tmp_path / "other.gif")[0]
    assert np.abs(one - other.astype(int)).mean() < 0.1  # another sum may round another way


def test_frames_that_were_kept_seldom_are_shown_as_long_as_they_lasted(pictures, tmp_path):
    rows = [(0, telemetry(51 + 5 * k), 7) for k in range(20)]
    drive = Frames([pictures[:20]], columns=Columns.of(rows))
    list(film(tmp_path / "drive.gif", drive))
    pages, times = shown(tmp_path / "drive.gif")
    assert len(pages) == 20 and sum(times) == 2000


def test_without_an_encoder_there_are_only_the_frames(drive, vae, tmp_path):
    list(film(tmp_path / "both.gif", drive, vae.frozen()))
    list(film(tmp_path / "frames.gif", drive, None))
    both, frames = (shown(tmp_path / name)[0] for name in ("both.gif", "frames.gif"))
    assert frames.shape[2] < both.shape[2] and len(frames) == len(both)
    assert np.abs(parts(frames[3])[0] - drive.take(np.array([12]))[0].astype(int)).mean() < 3


def test_a_film_that_is_given_up_leaves_nothing(drive, vae, tmp_path, monkeypatch):
    monkeypatch.setattr(drive_film, "BATCH", 2)
    telling = film(tmp_path / "drive.gif", drive, vae.frozen())
    assert [next(telling).pictures for _ in range(3)] == [2, 4, 6]
    telling.close()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_and_an_older_film_stays(drive, tmp_path, monkeypatch, refused):
    path = tmp_path / "drive.gif"
    path.write_bytes(b"older")

    def full(image, **params):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(animation, "getdata", full)
    assert "No space left" in refused(lambda: list(film(path, drive)), path)
    assert path.read_bytes() == b"older" and [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["drive.gif", pytest.param("drive.mp4", marks=needs_ffmpeg)])
def test_a_place_that_cannot_be_written_is_named(drive, tmp_path, refused, name):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / name
    refused(lambda: list(film(path, drive)), path)


@needs_ffmpeg
def test_a_video_of_a_drive(drive, vae, tmp_path):
    import imageio.v3 as iio

    path = tmp_path / "drive.mp4"
    assert list(film(path, drive, vae.frozen()))[-1].pictures == 21
    assert iio.immeta(path, plugin="FFMPEG")["fps"] == 25
    pages = iio.imread(path, plugin="FFMPEG")
    assert len(pages) == 21
    left, _ = parts(pages[5])
    assert np.abs(left - drive.take(np.array([10]))[0].astype(int)).mean() < 8


@needs_ffmpeg
def test_a_video_that_was_cut_short_is_no_film(drive, tmp_path, monkeypatch, refused):
    def cut(path):
        path.write_bytes(path.read_bytes()[:-100])
        return whole(path)

    whole = animation._is_whole
    monkeypatch.setattr(animation, "_is_whole", cut)
    refused(lambda: list(film(tmp_path / "drive.mp4", drive)), "ffmpeg failed")
    assert not list(tmp_path.iterdir())
