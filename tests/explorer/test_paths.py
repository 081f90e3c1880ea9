"""Keyframes, the way between them, its KL, playing it and taking it away."""

from __future__ import annotations

import shlex
import sys

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QSlider

from explorer import pathing
from explorer.paths.keyframes import Keyframes
from explorer.paths.player import Player
from models import checkpoint, render

STEPS = 6


@pytest.fixture
def model(model_path):
    return checkpoint.load(model_path)


@pytest.fixture
def dock(visit):
    """The visit with the dock on screen."""
    visit.click("pathsButton")
    visit.type_into("pathStepsField", str(STEPS))
    return visit


@pytest.fixture
def path(dock):
    """The visit with a path through three keyframes."""
    pin(dock, 3)
    return dock


def pin(visit, count):
    """Pin z, then samples of the prior."""
    for place in range(count):
        if place:
            visit.click("priorButton")
        visit.click("pinButton")
    visit.until(lambda: visit.find("pathKlPlot").kl() is not None)


def keyframes(visit):
    return visit.window.pathing.way.keyframes


def way(visit):
    return visit.window.pathing.way.z


def watched(visit):
    """A list that every z from now on is added to."""
    seen = []
    visit.window.latents.zChanged.connect(seen.append)
    return seen


def played(visit):
    """Play to the end."""
    visit.click("playButton")
    visit.until(lambda: not visit.window.pathing.player.is_playing())


def save(visit, monkeypatch, button, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    visit.click(button)
    visit.until(lambda: visit.window.statusBar().currentMessage() == f"Saved {path}")


def test_the_dock_is_hidden_until_its_button_is_pressed(visit):
    assert not visit.find("pathsDock").isVisible()
    visit.click("pathsButton")
    assert visit.find("pathsDock").isVisible()
    assert not visit.can_click("playButton")
    visit.click("pathsButton")
    assert not visit.find("pathsDock").isVisible()


def test_the_way_goes_straight_through_every_keyframe(path):
    pins = keyframes(path)
    assert len(pins) == 3 and len(way(path)) == 2 * STEPS + 1
    assert np.array_equal(pins[-1], path.z())
    for n, z in enumerate(way(path)):
        before, t = divmod(n, STEPS)
        after = min(before + 1, 2)
        expected = pins[before] + t / STEPS * (pins[after] - pins[before])
        assert z == pytest.approx(expected, abs=1e-6)
    assert "3 keyframes · 13 pictures" in path.find("pathCaption").fullText()


def test_on_the_sphere_lengths_change_evenly(path):
    path.find("pathHowBox").setCurrentIndex(1)
    moving = (keyframes(path) != keyframes(path)[0]).any(0)
    lengths = np.linalg.norm(way(path)[:, moving], axis=1)
    for leg in (lengths[: STEPS + 1], lengths[STEPS:]):
        assert leg == pytest.approx(np.linspace(leg[0], leg[-1], STEPS + 1), abs=1e-5)


def test_the_plot_shows_what_each_picture_costs(path, model):
    kl = path.find("pathKlPlot").kl()
    assert kl.shape == (len(way(path)),)
    prior = torch.distributions.Normal(0.0, 1.0)
    for n in (0, 5, len(kl) - 1):
        mu, sigma = model.vae.posterior(model.vae.image(way(path)[n]))
        q = torch.distributions.Normal(torch.tensor(mu), torch.tensor(sigma))
        expected = torch.distributions.kl_divergence(q, prior).sum().item()
        assert kl[n] == pytest.approx(expected, rel=0.02)  # a pixel may round another way


def test_thumbnails_are_the_decoded_keyframes(path, model):
    strip = path.find("keyframeStrip")
    assert strip.count() == 3
    for index, z in enumerate(keyframes(path)):
        shown = strip.item(index).icon().pixmap(strip.iconSize()).toImage()
        wanted = model.vae.image(z)
        centre = shown.pixelColor(shown.width() // 2, shown.height() // 2).getRgb()[:3]
        around = wanted[28:33, 37:44].reshape(-1, 3).astype(int)
        assert (around.min(0) - 3 <= centre).all() and (centre <= around.max(0) + 3).all()


def test_playing_goes_through_all_in_one_step_to_undo(path, model):
    before, seen = path.z(), watched(path)
    played(path)
    assert all(np.array_equal(a, b) for a, b in zip(seen, way(path), strict=True))
    assert path.find("playButton").text() == "Play"
    path.until(lambda: np.array_equal(path.picture(), model.vae.image(way(path)[-1])))
    assert path.find("pathScrubber").value() == len(way(path)) - 1
    path.click("zeroButton")
    path.click("undoButton")
    path.click("undoButton")
    assert np.array_equal(path.z(), before)


def test_two_playbacks_are_two_steps(path):
    path.type_into("latentValue03", "0.125")
    before = path.z()
    played(path)
    played(path)
    path.click("undoButton")
    assert np.array_equal(path.z(), way(path)[-1])
    path.click("undoButton")
    assert np.array_equal(path.z(), before)


def test_locked_latents_stay_while_it_plays(path):
    path.click("latentLock03")
    locked, seen = path.z()[3], watched(path)
    played(path)
    assert {float(z[3]) for z in seen} == {float(locked)}
    assert len({float(z[17]) for z in seen}) > STEPS


def test_a_loop_goes_on_until_it_is_stopped(path):
    path.click("pathLoopBox")
    assert len(way(path)) == 3 * STEPS
    seen = watched(path)
    path.click("playButton")
    path.until(lambda: len(seen) > 3 * STEPS + 2)
    path.click("playButton")
    assert not path.window.pathing.player.is_playing()
    assert np.array_equal(seen[3 * STEPS], seen[0])
    assert np.array_equal(path.z(), seen[-1])


def test_the_hand_on_a_slider_ends_the_playing(path):
    path.click("pathLoopBox")
    path.click("playButton")
    slider = path.find("latentSlider03")
    path.qtbot.mousePress(
        slider, Qt.MouseButton.LeftButton, pos=QPoint(round(slider.xOf(slider.z)), 6)
    )
    assert not path.window.pathing.player.is_playing()
    assert path.find("playButton").text() == "Play"
    path.qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)


def test_whatever_else_moves_z_ends_the_playing(path):
    path.click("pathLoopBox")
    for name in ("zeroButton", "undoButton", "priorButton"):
        path.click("playButton")
        assert path.window.pathing.player.is_playing()
        path.click(name)
        assert not path.window.pathing.player.is_playing(), name


def test_a_hidden_dock_plays_no_more(path):
    path.click("pathLoopBox")
    path.click("playButton")
    path.click("pathsButton")
    assert not path.window.pathing.player.is_playing()


def test_the_plot_and_the_scrubber_move_z_in_one_step(path):
    before, plot = path.z(), path.find("pathKlPlot")
    places = [QPoint(round(x * plot.width()), 20) for x in (0.3, 0.5, 0.7)]
    path.qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        path.qtbot.mouseMove(plot, place)
    path.qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=places[-1])
    scrubber = path.find("pathScrubber", QSlider)
    assert np.array_equal(path.z(), way(path)[scrubber.value()])
    assert not np.array_equal(path.z(), before)
    path.click("undoButton")
    assert np.array_equal(path.z(), before)
    QTest.keyClick(scrubber, Qt.Key.Key_Home)
    assert np.array_equal(path.z(), way(path)[0])
    path.click("undoButton")
    assert np.array_equal(path.z(), before)


def test_a_click_on_a_keyframe_goes_there(path):
    strip = path.find("keyframeStrip")
    first = strip.visualItemRect(strip.item(0)).center()
    path.qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert np.array_equal(path.z(), keyframes(path)[0])
    assert path.find("pathScrubber").value() == 0
    assert path.window.latents.point.stack.undoText() == "Keyframe 1"
    path.click("undoButton")
    assert np.array_equal(path.z(), keyframes(path)[2])


def test_keyframes_are_reordered_and_removed(path):
    a, b, c = keyframes(path)
    strip = path.find("keyframeStrip")

    def order():
        names = {z.tobytes(): name for z, name in ((a, "a"), (b, "b"), (c, "c"))}
        return "".join(names[z.tobytes()] for z in keyframes(path))

    assert strip.currentRow() == 2
    path.click("keyframeLeftButton")
    assert order() == "acb" and strip.currentRow() == 1
    QTest.keyClick(strip, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert order() == "cab" and strip.currentRow() == 0
    assert not path.can_click("keyframeLeftButton")
    strip.model().moveRow(strip.rootIndex(), 0, strip.rootIndex(), 3)  # what a drop does
    assert order() == "abc"
    strip.model().moveRow(strip.rootIndex(), 2, strip.rootIndex(), 0)
    assert order() == "cab"
    assert [strip.item(index).text() for index in range(3)] == ["1", "2", "3"]
    strip.setCurrentRow(1)
    path.click("keyframeRemoveButton")
    assert order() == "cb" and strip.currentRow() == 1
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    assert path.window.pathing.way is None and strip.count() == 0
    assert not path.can_click("playButton") and not path.can_click("keyframeRemoveButton")


def test_a_gif_and_a_strip_hold_every_picture(path, monkeypatch, tmp_path):
    save(path, monkeypatch, "pathGifButton", tmp_path / "path.gif")
    with Image.open(tmp_path / "path.gif") as gif:
        assert gif.n_frames == len(way(path))
        sizes = {frame.size for frame in ImageSequence.Iterator(gif)}
    assert sizes == {(320, 240)}
    save(path, monkeypatch, "pathStripButton", tmp_path / "path.png")
    with Image.open(tmp_path / "path.png") as strip:
        pixels = np.array(strip)
    first = path.session.vae.image(way(path)[0]).astype(int)
    assert np.abs(pixels[:60, :80] - first).max() <= 1


def test_the_copied_command_writes_the_very_path(path, monkeypatch, tmp_path):
    path.click("pathLoopBox")
    path.find("pathHowBox").setCurrentIndex(1)
    save(path, monkeypatch, "pathGifButton", tmp_path / "window.gif")
    path.click("pathCopyButton")
    python, dash_m, module, *words = shlex.split(QGuiApplication.clipboard().text())
    assert (python, dash_m, module) == ("python", "-m", "models.render")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [module, *words])
    monkeypatch.setattr(render, "cores", lambda: 1)
    render.main()
    assert (tmp_path / "path.gif").read_bytes() == (tmp_path / "window.gif").read_bytes()


def test_a_video_without_the_library_is_a_sentence(path, monkeypatch):
    monkeypatch.setattr(pathing, "find_spec", lambda _: None)
    path.click("pathMp4Button")
    assert "imageio-ffmpeg" in path.find("pathCaption").fullText()


def test_another_length_of_z_forgets_the_keyframes(path, small_model_path):
    path.session.open_model(small_model_path)
    path.until(lambda: path.z().size == 8)
    assert path.find("keyframeStrip").count() == 0
    pin(path, 2)
    assert way(path).shape == (STEPS + 1, 8)


def test_another_model_of_this_length_keeps_them(path, other_model_path):
    before, kl = keyframes(path), path.find("pathKlPlot").kl()
    path.session.open_model(other_model_path)
    path.until(lambda: path.session.model.name == "other")
    path.until(lambda: path.find("pathKlPlot").kl() is not None)
    assert np.array_equal(keyframes(path), before)
    assert not np.allclose(path.find("pathKlPlot").kl(), kl)


def test_a_model_without_an_encoder_has_no_kl(open_window, foreign_paths, frames_path):
    _, without_encoder = foreign_paths
    visit = open_window(without_encoder, "--frames", frames_path, "--device", "cpu")
    visit.until(lambda: visit.session.vae is not None and visit.shows())
    visit.click("pathsButton")
    visit.type_into("pathStepsField", "3")
    visit.click("pinButton")
    visit.click("priorButton")
    visit.click("pinButton")
    played(visit)
    assert np.array_equal(visit.z(), keyframes(visit)[1])
    assert visit.find("pathKlPlot").kl() is None


def test_keyframes_are_never_written_into():
    a, b, c = (np.full(2, value, np.float32) for value in (1, 2, 3))
    empty = Keyframes()
    three = empty.pinned(a, -1).pinned(c, 0).pinned(b, 0)
    assert three.stack()[:, 0].tolist() == [1, 2, 3]
    assert three.moved(0, 2).stack()[:, 0].tolist() == [2, 3, 1]
    assert three.moved(2, 0).stack()[:, 0].tolist() == [3, 1, 2]
    assert three.without(1).stack()[:, 0].tolist() == [1, 3]
    assert empty.points == () and len(three.points) == 3


def test_a_player_counts_to_the_end_or_in_a_circle(qtbot):
    player, seen = Player(), []
    player.moved.connect(seen.append)
    player.play()
    assert not player.is_playing()  # nothing to play
    player.set_length(3, loop=False)
    player.set_position(1)
    player.play()
    player.advance()
    assert seen == [2] and not player.is_playing()
    player.play()
    player.advance()
    assert seen == [2, 0, 1]
    player.set_length(3, loop=True)
    player.advance()
    player.advance()
    assert seen == [2, 0, 1, 2, 0] and player.is_playing()
    player.set_length(1, loop=True)
    assert not player.is_playing()
