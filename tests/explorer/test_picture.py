"""Pictures that a person brings: dropped, opened, scrubbed through, and what cannot be read."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QStyle, QStyleOptionSlider

from explorer import files, jobs
from models import dataset, picture_files
from tests.explorer.conftest import ready
from tests.explorer.test_window_files import action, choose, press

ACTIONS, LEFT = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Drag:
    """Files dragged over the window as the screen's own system tells it."""

    def __init__(self, visit, *paths):
        self._visit = visit
        self._inside = False  # the window
        self._data = QMimeData()
        self._data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self._data.setText("\n".join(map(str, paths)))  # as file managers do

    def over(self, widget) -> str:
        """Come over a widget; gives the words that say what a drop would do."""
        self._place = widget.mapTo(self._visit.window, widget.rect().center())
        for kind in (QDragMoveEvent,) if self._inside else (QDragEnterEvent, QDragMoveEvent):
            self._send(kind(self._place, ACTIONS, self._data, LEFT, NONE))
        self._inside = True
        said = [zone.words() for zone in self._visit.window.dropping.zones if zone.words()]
        assert len(said) == 1
        return said[0]

    def drop(self) -> None:
        assert self._send(QDropEvent(QPointF(self._place), ACTIONS, self._data, LEFT, NONE))

    def leave(self) -> None:
        self._send(QDragLeaveEvent())
        assert not any(zone.words() for zone in self._visit.window.dropping.zones)

    def _send(self, event) -> bool:
        event.ignore()
        QApplication.sendEvent(self._visit.window.windowHandle(), event)
        return event.isAccepted()


def drop(visit, widget, *paths) -> str:
    drag = Drag(visit, *paths)
    said = drag.over(widget)
    drag.drop()
    return said


@pytest.fixture
def road(tmp_path, few_frames):
    """A picture of another size, and what the area averaging makes of it."""
    large = few_frames[100].repeat(4, 0).repeat(4, 1)
    Image.fromarray(large).save(tmp_path / "road.png")
    return tmp_path / "road.png", few_frames[100]


@pytest.fixture
def film(tmp_path, few_frames):
    """A lossless sequence of 12 frames."""
    np.save(tmp_path / "film.npy", few_frames[20:32])
    return tmp_path / "film.npy", few_frames[20:32]


def posterior(visit, frame):
    return visit.session.vae.posterior(frame)


def sees(visit, frame) -> bool:
    """Whether the dock shows that frame and what the present model makes of it."""
    brought, recon = visit.picture("pictureInput"), visit.picture("pictureReconstruction")
    wanted = visit.session.vae.image(posterior(visit, frame).mu)
    return brought is not None and np.array_equal(brought, frame) and np.array_equal(recon, wanted)


def shows(visit, frame) -> bool:
    """Whether it does, and z is the frame's mean."""
    return sees(visit, frame) and np.array_equal(visit.z(), posterior(visit, frame).mu)


def caption(visit) -> str:
    return visit.find("pictureCaption").text()


def said(visit) -> str:
    """The sentence in the latent panel; empty when none is shown."""
    label = visit.find("latentMessage")
    return label.text() if label.isVisible() else ""


def test_the_suffixes_are_those_of_the_reader():
    assert set(files.IMAGE_SUFFIXES) == dataset.IMAGE_SUFFIXES
    assert set(files.VIDEO_SUFFIXES) == dataset.VIDEO_SUFFIXES


@pytest.mark.parametrize("target", ["decodedImage", "latentSlider05", "latentValue05"])
def test_a_picture_dropped_on_the_latents_is_looked_at(visit, road, target):
    path, frame = road
    assert not visit.find("pictureDock").isVisible()
    trained_on = visit.session.frames
    assert drop(visit, visit.find(target), path) == "Look at road.png"
    visit.until(lambda: shows(visit, frame))
    visit.until(visit.shows)
    assert visit.find("pictureDock").isVisible()
    assert not visit.find("frameSlider").isVisible()  # there is but one frame
    assert visit.session.frames is trained_on

    seen = posterior(visit, frame)
    kl = 0.5 * (seen.mu**2 + seen.sigma**2 - 1 - 2 * np.log(seen.sigma)).sum()
    assert caption(visit) == f"road.png · KL {kl:.1f} nats"
    mse = np.mean((frame / 255.0 - visit.picture("pictureReconstruction") / 255.0) ** 2)
    told = [label.text() for label in visit.window.picture.findChildren(QLabel)]
    assert f"{10 * math.log10(1 / mse):.1f} dB · SSE {mse * frame.size:.0f}" in told
    # And it is the newest encoded frame of the whole window.
    assert np.array_equal(visit.picture("encoderInput"), frame)
    assert visit.find("latentSlider05").property("mu") == seen.mu[5]


def test_undo_takes_back_a_picture_and_following_ends(visit, road):
    visit.drag("latentSlider03", 1.0)
    z = visit.z()
    visit.click("followButton")
    drop(visit, visit.window.latents, road[0])
    visit.until(lambda: shows(visit, road[1]))
    assert not visit.window.latents.isFollowing()
    assert "Picture road.png" in visit.find("undoButton").toolTip()
    visit.click("undoButton")
    assert np.array_equal(visit.z(), z)


def test_the_menu_opens_a_picture_or_a_folder(visit, road, tmp_path, few_frames, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(road[0])], ""))
    press(visit, Qt.Key.Key_I)
    visit.until(lambda: shows(visit, road[1]))
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(few_frames[number]).save(folder / f"{number}.png")
    choose(monkeypatch, folder)
    press(visit, Qt.Key.Key_I, Qt.KeyboardModifier.ShiftModifier)
    visit.until(lambda: shows(visit, few_frames[0]))
    assert caption(visit).startswith("folder · 3 frames · KL ")


def test_a_scrubber_goes_through_the_frames_by_mouse_keys_and_typing(visit, film):
    path, frames = film
    drop(visit, visit.window.latents, path)
    visit.until(lambda: shows(visit, frames[0]))
    slider = visit.find("frameSlider")
    assert slider.isVisible()
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    part = QStyle.ComplexControl.CC_Slider
    handle = (
        slider.style()
        .subControlRect(part, option, QStyle.SubControl.SC_SliderHandle, slider)
        .center()
    )
    z = visit.z()
    visit.qtbot.mousePress(slider, LEFT, pos=handle)
    for share in (0.3, 0.6, 1.0):
        visit.qtbot.mouseMove(slider, QPoint(round(share * slider.width()), handle.y()))
        visit.until(lambda: shows(visit, frames[slider.value() - 1]))
    visit.qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width(), handle.y()))
    visit.until(lambda: shows(visit, frames[11]))
    assert "Picture film.npy" in visit.find("undoButton").toolTip()

    QTest.keyClick(slider, Qt.Key.Key_Left)
    visit.until(lambda: shows(visit, frames[10]))
    visit.type_into("frameField", "5")
    visit.until(lambda: shows(visit, frames[4]))
    assert slider.value() == 5

    # The drag is one step, and each key one.
    for expected in (frames[10], frames[11]):
        visit.click("undoButton")
        assert np.array_equal(visit.z(), posterior(visit, expected).mu)
    visit.click("undoButton")
    assert np.array_equal(visit.z(), z)


def test_only_the_newest_frame_is_encoded(visit, film, monkeypatch):
    path, frames = film
    drop(visit, visit.window.latents, path)
    visit.until(lambda: shows(visit, frames[0]))
    encoded, go_on, examine = [], threading.Event(), jobs.examine

    def held(request):
        encoded.append(request[1])
        assert go_on.wait(20)
        return examine(request)

    monkeypatch.setattr(jobs, "examine", held)
    slider = visit.find("frameSlider")
    slider.setValue(2)
    visit.until(lambda: encoded)
    for value in range(3, 13):
        slider.setValue(value)
    go_on.set()
    visit.until(lambda: shows(visit, frames[11]))
    assert encoded == [1, 11]


def test_several_files_are_one_sequence_and_the_bad_one_is_named(visit, road, film, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    paths = (road[0], tmp_path / "bad.png", film[0])
    assert drop(visit, visit.window.latents, *paths) == "Look at 3 files"
    visit.until(lambda: shows(visit, road[1]))
    assert caption(visit).startswith("2 files · 13 frames")
    assert visit.find("pictureMessage").text() == "bad.png could not be read."
    visit.find("frameSlider").setValue(13)
    visit.until(lambda: shows(visit, film[1][11]))


def test_a_folder_with_a_bad_file_among_many_is_looked_at_without_it(visit, tmp_path, few_frames):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(few_frames[number]).save(folder / f"{number}.png")
    (folder / "2.png").write_bytes(b"no picture")
    assert drop(visit, visit.window.latents, folder)
    visit.until(lambda: shows(visit, few_frames[0]))
    assert caption(visit).startswith("pictures · 3 frames")
    message = visit.find("pictureMessage")
    assert message.isVisible() and message.text() == "2.png could not be read."


def test_a_film_of_many_frames_is_looked_at(visit, tmp_path, few_frames):
    pictures = [Image.fromarray(frame) for frame in few_frames[:5]]
    pictures[0].save(tmp_path / "drive.gif", save_all=True, append_images=pictures[1:])
    drop(visit, visit.window.latents, tmp_path / "drive.gif")
    read = dataset.load(tmp_path / "drive.gif").take(np.arange(5))  # of 256 colours
    visit.until(lambda: shows(visit, read[0]))
    visit.find("frameSlider").setValue(5)
    visit.until(lambda: shows(visit, read[4]))


def spoil(kind, folder, monkeypatch):
    if kind == "a picture":
        path = folder / "half.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    elif kind == "a film without the library":
        path = folder / "road.mp4"
        path.write_bytes(bytes(500))
        monkeypatch.setattr(picture_files, "find_spec", lambda name: None)
    elif kind == "an array of floats":
        path = folder / "floats.npy"
        np.save(path, np.zeros((3, 60, 80, 3)))
    elif kind == "a letter":
        path = folder / "letter.docx"
        path.write_bytes(b"PK")
    else:
        path = folder / "nothing"
        path.mkdir()
    return path


UNREADABLE = (
    "a picture",
    "a film without the library",
    "an array of floats",
    "a letter",
    "an empty folder",
)


def test_what_cannot_be_read_is_told_in_the_panel_and_nothing_is_lost(
    visit, road, tmp_path, monkeypatch
):
    drop(visit, visit.window.latents, road[0])
    visit.until(lambda: shows(visit, road[1]))
    for number, kind in enumerate(UNREADABLE):
        visit.drag("latentSlider03", 1.0 + 0.1 * number)
        assert not said(visit), kind
        visit.until(visit.shows)
        z, before = visit.z(), visit.picture("pictureInput")
        path = spoil(kind, tmp_path, monkeypatch)
        drop(visit, visit.window.latents, path)
        visit.until(lambda: said(visit))
        assert str(path) in said(visit) and "\n" not in said(visit)
        if "library" in kind:
            assert "imageio-ffmpeg" in said(visit)
        assert visit.z() is z, kind
        assert visit.picture("pictureInput") is before, kind
        assert caption(visit).startswith("road.png"), kind
    visit.drag("latentSlider03", -1.0)
    assert not said(visit)


def test_files_that_all_cannot_be_read_are_refused(visit, tmp_path):
    paths = [tmp_path / f"{name}.png" for name in "ab"]
    for path in paths:
        path.write_bytes(b"no picture")
    z = visit.z()
    drop(visit, visit.window.latents, *paths)
    visit.until(lambda: str(paths[0]) in said(visit))
    assert visit.z() is z
    assert not visit.find("pictureDock").isVisible()


# Where it falls


def test_elsewhere_an_image_is_looked_at_and_other_frames_are_trained_on(visit, road, film):
    trained_on = visit.session.frames
    assert drop(visit, visit.find("driveView"), road[0]) == "Look at road.png"
    visit.until(lambda: shows(visit, road[1]))
    assert visit.session.frames is trained_on
    assert drop(visit, visit.find("driveView"), film[0]) == "Train on film.npy"
    visit.until(lambda: visit.session.frames is not trained_on)
    assert len(visit.session.frames) == 12


def test_on_the_training_even_one_image_is_trained_on(visit, road):
    trained_on = visit.session.frames
    assert drop(visit, visit.find("trainingProgress"), road[0]) == "Train on road.png"
    visit.until(lambda: visit.session.frames is not trained_on)
    assert len(visit.session.frames) == 1
    assert not visit.find("pictureDock").isVisible()


def test_on_the_latents_a_model_is_opened_too(visit, road, other_model_path):
    words = drop(visit, visit.window.latents, road[0], other_model_path)
    assert words == "Open other.safetensors · Look at road.png"
    visit.until(lambda: visit.session.model.name == "other")
    visit.until(lambda: sees(visit, road[1]))


def test_what_is_dragged_away_again_does_nothing(visit, road):
    z, drag = visit.z(), Drag(visit, road[0])
    assert drag.over(visit.window.latents) == "Look at road.png"
    assert drag.over(visit.find("driveView")) == "Look at road.png"
    drag.leave()
    assert visit.window.pictures.frames is None
    assert visit.z() is z


# Other models, and the dock


def test_another_model_looks_at_the_same_picture_and_the_sliders_stay(
    visit, road, other_model_path
):
    drop(visit, visit.window.latents, road[0])
    visit.until(lambda: shows(visit, road[1]))
    z = visit.z()
    visit.window.files.open(str(other_model_path))
    visit.until(lambda: visit.session.model.name == "other")
    visit.until(lambda: sees(visit, road[1]))
    assert np.array_equal(visit.z(), z)


def test_a_picture_follows_the_training(visit, road):
    drop(visit, visit.window.latents, road[0])
    visit.until(lambda: shows(visit, road[1]))
    first = visit.picture("pictureReconstruction")
    visit.click("trainButton")
    visit.until(lambda: not np.array_equal(visit.picture("pictureReconstruction"), first))
    visit.click("stopButton")
    visit.until(lambda: visit.can_click("trainButton"))


def test_a_model_of_another_recipe_gets_the_picture_in_its_size(visit, road, foreign_paths):
    visit.window.files.open(str(foreign_paths[0]))
    visit.until(lambda: visit.session.model.name == "best")
    drop(visit, visit.window.latents, road[0])
    frame = visit.session.vae.see(road[1])
    assert frame.shape == (64, 64, 3)
    visit.until(lambda: shows(visit, frame))


def test_a_model_without_an_encoder_says_that_it_cannot_look(visit, road, foreign_paths):
    visit.window.files.open(str(foreign_paths[1]))
    visit.until(lambda: visit.session.model.name == "vae")
    z = visit.z()
    drop(visit, visit.window.latents, road[0])
    assert "vae has no encoder" in said(visit)
    assert visit.z() is z


def test_a_picture_dropped_before_the_model_is_loaded_waits_for_it(
    open_window, model_path, frames_path, road
):
    visit = open_window(model_path, "--frames", frames_path, "--device", "cpu")
    drop(visit, visit.window.latents, road[0])
    ready(visit)
    visit.until(lambda: np.array_equal(visit.picture("pictureInput"), road[1]))
    visit.until(lambda: np.array_equal(visit.z(), posterior(visit, road[1]).mu))


def test_the_dock_is_put_away_and_brought_back_and_empty_at_the_next_start(
    open_window, model_path, frames_path, road
):
    words = (model_path, "--frames", frames_path)
    visit = ready(open_window(*words))
    drop(visit, visit.window.latents, road[0])
    visit.until(lambda: shows(visit, road[1]))
    visit.click("closePictureButton")
    assert not visit.find("pictureDock").isVisible()
    action(visit, "Picture").trigger()
    assert visit.find("pictureDock").isVisible()
    assert np.array_equal(visit.picture("pictureInput"), road[1])
    visit.window.close()
    assert visit.session.close()
    visit = ready(open_window(*words))
    assert not visit.find("pictureDock").isVisible()
