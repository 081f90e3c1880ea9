"""The names that scripts and accessibility tools rely on, and what every control owes a person."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QProgressBar,
    QPushButton,
    QScrollBar,
    QSlider,
    QWidget,
)

from explorer.drive.view import DriveView
from explorer.training.knobs import DEFAULTS
from explorer.widgets import activity
from models import observation
from models.train import TrainConfig

BUTTONS = ("train", "pause", "stop", "drive", "autopilot", "restart")
FIELDS = ("beta", "freeBits", "learningRate", "batchSize", "seed")
PICTURES = ("decodedImage", "driveView", "encoderInput", "reconstruction", "errorMap")


def test_every_fixed_name_is_there_once_and_is_what_it_says(visit):
    for index in range(32):
        visit.find(f"latentSlider{index:02d}", QSlider)
        assert visit.find(f"latentValue{index:02d}").isEnabled()
    for name in BUTTONS:
        visit.find(f"{name}Button", QPushButton)
    for name in FIELDS:
        visit.find(f"{name}Field", QAbstractSpinBox)
    for name in ("reconPlot", "klPlot"):
        visit.find(name)
    assert isinstance(visit.find("trainingProgress"), QProgressBar)


def test_pictures_give_the_array_on_show(visit):
    for name in PICTURES:
        array = visit.picture(name)
        if name == "driveView":
            assert array is None  # nobody drives yet
        else:
            assert array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3, name


def test_a_slider_tells_and_takes_z_and_tells_mean_and_sigma(visit):
    slider = visit.find("latentSlider09", QSlider)
    assert slider.setProperty("z", 0.625)
    assert slider.property("z") == visit.z()[9] == 0.625
    assert visit.find("latentValue09").value() == 0.625
    assert slider.value() == 62 or slider.value() == 63  # z in hundredths
    visit.until(visit.shows)
    for name in ("mu", "sigma"):
        assert isinstance(slider.property(name), float)
        assert np.isfinite(slider.property(name))


def test_the_number_of_a_slider_is_its_place_in_z_wherever_it_is_shown(visit):
    kl = np.array(visit.session.model.figures["kl_per_latent"])
    order = np.argsort(-kl, kind="stable")
    assert not np.array_equal(order, np.arange(32))
    sliders = [visit.find(f"latentSlider{index:02d}") for index in order if kl[index] > 0.1]
    places = [slider.mapTo(visit.window, slider.rect().topLeft()).toTuple() for slider in sliders]
    assert places == sorted(places)  # down the left column, then down the right one
    for index in (0, 31):
        before = visit.z()
        visit.type_into(f"latentValue{index:02d}", "2")
        assert np.flatnonzero(visit.z() != before).tolist() == [index]


def test_every_control_has_a_name_an_accessible_name_and_a_tooltip(visit):
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QProgressBar, DriveView)
    # Not scroll bars, nor the parts that Qt puts into menus, docks and fields by itself.
    controls = [
        widget
        for kind in kinds
        for widget in visit.window.findChildren(kind)
        if not isinstance(widget, QScrollBar)
        and not widget.objectName().startswith(("qt_", "Scroll"))  # the toolkit's own
    ]
    assert len(controls) > 80
    for widget in controls:
        told = f"{type(widget).__name__} {widget.objectName()!r}"
        assert widget.objectName(), told
        assert widget.accessibleName(), told
        assert widget.toolTip(), told


def test_no_two_widgets_share_a_name(visit):
    names = [widget.objectName() for widget in visit.window.findChildren(QWidget)]
    names = [name for name in names if name and not name.startswith("qt_")]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice


def test_what_can_be_tabbed_to_can_be_told_by_a_screen_reader(visit):
    widget, seen = visit.find("latentSlider00"), set()
    while widget not in seen:
        seen.add(widget)
        widget = widget.nextInFocusChain()
        focusable = widget.focusPolicy().value & 1  # by the Tab key
        if focusable and widget.isVisible() and not widget.objectName().startswith("qt_"):
            proxied = widget.focusProxy() or widget
            assert proxied.accessibleName(), f"{type(widget).__name__} {widget.objectName()!r}"
    assert len(seen) > 70


def test_the_form_starts_with_the_trainers_own_defaults(visit):
    config = TrainConfig()
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS
    values = visit.window.training.form.values()
    assert values == DEFAULTS | {"seed": 0}


def test_the_seed_of_the_command_line_is_that_of_the_form(open_window, model_path, frames_path):
    visit = open_window(model_path, "--frames", frames_path, "--seed", "41")
    assert visit.window.training.form.values()["seed"] == 41
    assert visit.session.seed == 41


def test_a_latent_is_active_for_panels_when_it_is_for_models():
    assert activity.ACTIVE_NATS == observation.ACTIVE_NATS
