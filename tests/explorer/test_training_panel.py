"""The training panel asks for what a person clicked and typed, and for nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from explorer.training import knobs
from explorer.training.panel import TrainingPanel
from explorer.widgets.choice_field import ChoiceField
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.image_view import ImageView
from explorer.widgets.number_field import NumberField
from explorer.widgets.numerals import duration, grouped, three_figures
from explorer.widgets.theme import apply_theme

DEFAULTS = knobs.DEFAULTS | {
    "beta": 0.5,
    "free_bits": 0.0,
    "learning_rate": 0.0003,
    "batch_size": 64,
    "seed": 7,
    "steps": 48_000,
}
THIN = "\u2009"
CONTROLS = (QPushButton, NumberField, ChoiceField, QCheckBox)
PAGES = ("basicsKnobs", "objectiveKnobs", "scheduleKnobs")


@pytest.fixture
def panel(qtbot):
    panel = TrainingPanel(DEFAULTS)
    qtbot.addWidget(panel)
    panel.resize(340, 800)
    with qtbot.waitActive(panel):
        panel.show()
    return panel


@pytest.fixture
def asked(panel):
    """What the panel has asked for, in order: (signal, argument)."""
    asked = []
    panel.trainRequested.connect(lambda values: asked.append(("train", values)))
    panel.pauseChanged.connect(lambda paused: asked.append(("pause", paused)))
    panel.stopRequested.connect(lambda: asked.append(("stop", None)))
    panel.configChanged.connect(lambda values: asked.append(("config", values)))
    return asked


def button(panel: QWidget, name: str) -> QPushButton:
    return panel.findChild(QPushButton, name)


def field(panel: QWidget, name: str) -> NumberField:
    return panel.findChild(NumberField, name)


def click(qtbot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def type_into(qtbot, spin_box: NumberField, text: str) -> None:
    """Click into the field, replace all of it, press no Enter."""
    click(qtbot, spin_box.lineEdit())
    qtbot.keyClick(spin_box, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(spin_box, text)


def enabled(panel: QWidget) -> set[str]:
    names = ("trainButton", "pauseButton", "stopButton")
    return {name for name in names if button(panel, name).isEnabled()}


def wheel(widget: QWidget) -> None:
    centre = QPointF(widget.rect().center())
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            centre,
            QPointF(widget.mapToGlobal(centre.toPoint())),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


# --- the run's buttons -------------------------------------------------------------------------


def test_train_asks_with_the_numbers_on_show(panel, asked, qtbot):
    click(qtbot, button(panel, "trainButton"))
    assert asked == [("train", {**DEFAULTS, "fresh": False})]
    assert all(isinstance(asked[0][1][key], int) for key in ("batch_size", "seed", "steps"))


def test_train_from_scratch_asks_for_it(panel, asked, qtbot):
    check = panel.findChild(QCheckBox, "freshCheck")
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton, pos=QPoint(8, check.height() // 2))
    click(qtbot, button(panel, "trainButton"))
    assert asked[0][1]["fresh"] is True


def test_train_takes_what_is_typed_but_not_entered(panel, asked, qtbot):
    type_into(qtbot, field(panel, "betaField"), "2.5")
    button(panel, "trainButton").click()  # moves no focus, as a click on macOS does not
    assert asked == [("train", {**DEFAULTS, "beta": 2.5, "fresh": False})]


def test_only_the_buttons_that_make_sense_can_be_pressed(panel, asked, qtbot):
    assert enabled(panel) == {"trainButton"}
    click(qtbot, button(panel, "pauseButton"))
    click(qtbot, button(panel, "stopButton"))
    assert asked == []
    panel.setState("running")
    assert enabled(panel) == {"pauseButton", "stopButton"}
    click(qtbot, button(panel, "trainButton"))
    assert asked == []
    panel.setState("paused")
    assert enabled(panel) == {"pauseButton", "stopButton"}
    click(qtbot, button(panel, "stopButton"))
    assert asked == [("stop", None)]
    panel.setState("idle")
    assert enabled(panel) == {"trainButton"}


def test_pause_becomes_resume_and_back(panel, asked, qtbot):
    pause = button(panel, "pauseButton")
    panel.setState("running")
    assert pause.text() == "Pause"
    click(qtbot, pause)
    assert asked == [("pause", True)] and pause.text() == "Resume"
    click(qtbot, pause)
    assert asked == [("pause", True), ("pause", False)] and pause.text() == "Pause"


def test_being_told_of_a_pause_asks_for_none(panel, asked):
    panel.setState("running")
    panel.setState("paused")
    assert button(panel, "pauseButton").text() == "Resume"
    panel.setState("idle")
    assert button(panel, "pauseButton").text() == "Pause"
    assert not button(panel, "pauseButton").isChecked()
    assert asked == []


def test_an_unknown_state_is_refused(panel):
    with pytest.raises(ValueError, match="asleep"):
        panel.setState("asleep")
    assert panel.state() == "idle"


def test_what_counts_at_the_next_start_is_locked_while_training_runs(panel):
    locked = ("batchSizeField", "seedField")
    live = ("betaField", "freeBitsField", "learningRateField", "stepsField")
    for state in ("running", "paused"):
        panel.setState(state)
        assert not any(field(panel, name).isEnabled() for name in locked)
        assert not panel.findChild(QCheckBox, "freshCheck").isEnabled()
        assert all(field(panel, name).isEnabled() for name in live)
    panel.setState("idle")
    assert all(field(panel, name).isEnabled() for name in (*locked, *live))


# --- knobs while it runs -----------------------------------------------------------------------


def test_a_beta_typed_while_training_is_sent_once_and_marked(panel, asked, qtbot):
    panel.setState("running")
    kl = np.full((30, 32), 0.5)
    panel.curves.append(np.arange(1, 31), np.full(30, 20.0), kl)
    type_into(qtbot, field(panel, "betaField"), "2")
    assert asked == []
    qtbot.keyClick(field(panel, "betaField"), Qt.Key.Key_Return)
    click(qtbot, field(panel, "freeBitsField").lineEdit())  # leaving the field says nothing new
    assert asked == [("config", {**DEFAULTS, "beta": 2.0})]
    assert panel.curves.klPlot.marks() == [(30, "beta 0.5 → 2")]


def test_knobs_turned_before_the_start_are_neither_sent_nor_marked(panel, asked, qtbot):
    type_into(qtbot, field(panel, "betaField"), "2\r")
    assert field(panel, "betaField").value() == 2.0
    assert asked == []
    assert panel.curves.klPlot.marks() == []


def test_more_steps_can_be_asked_for_without_a_mark(panel, asked, qtbot):
    panel.setState("running")
    type_into(qtbot, field(panel, "stepsField"), "60000\r")
    assert asked == [("config", {**DEFAULTS, "steps": 60_000})]
    assert panel.curves.klPlot.marks() == []


@pytest.mark.parametrize(
    ("name", "page", "choice"),
    [
        ("calibrated", 1, "calibrated"),
        ("kl_warm_up", 1, "cyclical"),
        ("mirror", 2, "never"),
    ],
)
def test_a_choice_made_by_keys_while_training_is_sent_and_marked(
    panel, asked, qtbot, name, page, choice
):
    panel.setState("running")
    click(qtbot, panel.findChild(QToolButton, PAGES[page]))
    combo = panel.findChild(ChoiceField, knobs.KNOBS[name].object_name)
    combo.setFocus()
    while combo.currentText() != choice:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert asked[-1][1][name] == combo.value() != knobs.DEFAULTS[name]
    mark = panel.curves.klPlot.marks()[-1][1]
    assert mark.startswith(f"{knobs.KNOBS[name].label} ") and mark.endswith(f" → {choice}")


def test_what_has_no_effect_now_cannot_be_turned(panel):
    def can(name):
        return panel.findChild(QWidget, knobs.KNOBS[name].object_name).isEnabled()

    assert can("beta") and not can("kl_warm_up_steps") and not can("capacity_steps")
    panel.form.setValues({"calibrated": True, "kl_warm_up": "linear", "capacity": 20.0})
    assert not can("beta") and can("kl_warm_up_steps") and can("capacity_steps")


def test_free_bits_move_the_floor(panel, qtbot):
    assert panel.curves.klPlot.floor() is None
    type_into(qtbot, field(panel, "freeBitsField"), "0.5\r")
    assert panel.curves.klPlot.floor() == 16.0


# --- progress ----------------------------------------------------------------------------------


def test_progress_is_told_in_words_and_in_the_bar(panel):
    panel.setState("running")
    panel.setProgress(29_760, 48_000, 431.2, 200.0)
    bar = panel.findChild(QProgressBar, "trainingProgress")
    assert (bar.value(), bar.maximum()) == (29_760, 48_000)
    full = f"step 29{THIN}760 / 48{THIN}000 · 431 images/s · 3 min 20 s left"
    assert panel.caption() == full
    panel.setState("paused")
    assert panel.caption() == f"step 29{THIN}760 / 48{THIN}000 · paused"
    panel.setState("idle")
    assert panel.caption() == f"step 29{THIN}760 / 48{THIN}000"


def test_what_is_not_known_yet_is_left_out(panel):
    panel.setState("running")
    panel.setProgress(0, 100, float("nan"), float("inf"))
    assert panel.caption() == "step 0 / 100"


def test_in_a_narrow_dock_the_time_left_stays(panel, qtbot):
    panel.setState("running")
    panel.setProgress(29_760, 48_000, 431.2, 42.0)
    label = panel.findChild(QLabel, "trainingCaption")
    panel.resize(700, 800)
    qtbot.waitUntil(lambda: label.text() == panel.caption())
    panel.resize(290, 800)
    qtbot.waitUntil(lambda: label.text() != panel.caption())
    assert label.text().endswith("42 s left")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (42, "42 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7510, "2 h 5 min")],
)
def test_durations_are_human(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(14.62, "14.6"), (14, "14.0"), (431.2, "431"), (1480.4, f"1{THIN}480"), (0.0521, "0.0521")],
)
def test_measured_numbers_have_three_figures(number, text):
    assert three_figures(number) == text


def test_thousands_stand_apart():
    assert grouped(1_234_567) == f"1{THIN}234{THIN}567"


# --- frames and gallery ------------------------------------------------------------------------


def test_frames_are_named_and_can_be_changed(panel, qtbot):
    panel.form.setFrames("2 000 sample frames")
    assert panel.findChild(FittingLabel, "framesLabel").fullText() == "2 000 sample frames"
    with qtbot.waitSignal(panel.form.openFramesRequested):
        click(qtbot, button(panel, "openFramesButton"))
    assert not button(panel, "useRecordingButton").isEnabled()
    panel.form.setRecordingAvailable(True)
    with qtbot.waitSignal(panel.form.useRecordingRequested):
        click(qtbot, button(panel, "useRecordingButton"))


def frames(count: int, shade: int) -> list[np.ndarray]:
    return [np.full((60, 80, 3), shade + index, np.uint8) for index in range(count)]


def test_the_gallery_shows_frames_above_their_reconstructions(panel, qtbot):
    originals, reconstructions = frames(5, 10), frames(5, 100)
    panel.gallery.setFrames(originals)
    panel.gallery.setReconstructions(reconstructions, 12_345)
    assert f"12{THIN}345" in panel.gallery.caption()
    top = [panel.findChild(ImageView, f"galleryFrame{index}") for index in range(5)]
    bottom = [panel.findChild(ImageView, f"galleryReconstruction{index}") for index in range(5)]
    qtbot.waitUntil(lambda: all(view.isVisible() for view in (*top, *bottom)))
    assert [view.image()[0, 0, 0] for view in top] == [10, 11, 12, 13, 14]
    assert [view.image()[0, 0, 0] for view in bottom] == [100, 101, 102, 103, 104]
    assert len({view.width() for view in (*top, *bottom)}) == 1
    for above, below in zip(top, bottom, strict=True):
        assert above.x() == below.x() and above.geometry().bottom() < below.y()


def test_new_frames_do_not_keep_old_reconstructions(panel, qtbot):
    panel.gallery.setFrames(frames(5, 10))
    panel.gallery.setReconstructions(frames(5, 100), 5)
    panel.gallery.setFrames(frames(3, 50))
    first = panel.findChild(ImageView, "galleryFrame0")
    qtbot.waitUntil(first.isVisible)
    assert not panel.findChild(ImageView, "galleryReconstruction0").isVisible()
    assert not panel.findChild(ImageView, "galleryFrame3").isVisible()
    assert "step" not in panel.gallery.caption()


def test_in_a_short_dock_the_gallery_gives_way_first(panel, qtbot):
    panel.gallery.setFrames(frames(5, 10))
    first = panel.findChild(ImageView, "galleryFrame0")
    qtbot.waitUntil(first.isVisible)
    panel.resize(340, panel.minimumSizeHint().height())
    qtbot.waitUntil(lambda: not first.isVisible())
    for plot in (panel.curves.reconPlot, panel.curves.klPlot):
        assert plot.height() >= plot.minimumHeight()
    assert button(panel, "openFramesButton").visibleRegion().boundingRect().height() > 20


# --- every control -----------------------------------------------------------------------------


def test_every_control_has_a_name_a_description_and_a_tooltip(panel):
    names = {"betaField", "freeBitsField", "learningRateField", "batchSizeField", "seedField"}
    names |= {"trainButton", "pauseButton", "stopButton", "reconPlot", "klPlot"}
    names |= {"trainingProgress", "stepsField", "logButton", "csvButton", "freshCheck"}
    for name in names:
        widget = panel.findChild(QWidget, name)
        assert widget is not None, name
        assert widget.accessibleName(), name
        assert widget.toolTip(), name


def test_every_field_has_a_label_that_is_its_buddy(panel):
    buddies = {label.buddy() for label in panel.findChildren(QLabel) if label.buddy()}
    fields = [field for kind in (NumberField, ChoiceField) for field in panel.findChildren(kind)]
    assert buddies == set(fields) and len(fields) == len(knobs.KNOBS)


@pytest.fixture
def themed(qapp):
    """The application as it is dressed for a person; undone for the tests that follow."""
    palette, sheet = qapp.palette(), qapp.styleSheet()
    apply_theme(qapp, "dark")
    yield
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [(340, 800), (290, 600)])
def test_nothing_is_cut_at_the_sizes_a_dock_has(themed, panel, qtbot, size, page):
    click(qtbot, panel.findChild(QToolButton, page))
    panel.resize(*size)
    qtbot.waitUntil(lambda: (panel.width(), panel.height()) == size)
    controls = [w for w in panel.findChildren(QWidget) if isinstance(w, CONTROLS)]
    controls = [w for w in controls if w.isVisible()]
    assert len(controls) == 13
    for widget in controls:
        assert widget.width() >= widget.minimumSizeHint().width(), widget.objectName()
        assert widget.visibleRegion().boundingRect() == widget.rect(), widget.objectName()


# --- the number field --------------------------------------------------------------------------


@pytest.fixture
def number(qtbot):
    number = NumberField("number", "a number", 0.0, 100.0, 0.0003, smallest_step=1e-5)
    qtbot.addWidget(number)
    with qtbot.waitActive(number):
        number.show()
    return number


@pytest.fixture
def changes(number):
    changes = []
    number.valueChanged.connect(changes.append)
    return changes


@pytest.mark.parametrize(
    ("value", "text"), [(0.0003, "0.0003"), (0.5, "0.5"), (64.0, "64"), (0.0, "0"), (3e-5, "3e-05")]
)
def test_numbers_are_shown_as_short_as_they_can_be(number, value, text):
    number.setValue(value)
    assert number.text() == text


@pytest.mark.parametrize(
    ("typed", "value"), [("0.25", 0.25), ("2e-4", 0.0002), ("0,5", 0.5), ("100", 100.0)]
)
def test_enter_takes_the_number_once(number, changes, qtbot, typed, value):
    type_into(qtbot, number, typed)
    assert changes == [], "half a number is no number"
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert changes == [value]
    assert number.value() == value


def test_leaving_the_field_takes_the_number(panel, qtbot):
    changes = []
    beta = field(panel, "betaField")
    beta.valueChanged.connect(changes.append)
    type_into(qtbot, beta, "0.75")
    qtbot.keyClick(beta, Qt.Key.Key_Tab)
    assert not beta.hasFocus()
    assert changes == [0.75]


@pytest.mark.parametrize("typed", ["", "abc", "1e", "-5", "101", "1.2.3", "--", "nan", "inf"])
def test_nonsense_keeps_the_old_number(number, changes, qtbot, typed):
    type_into(qtbot, number, typed)
    if not typed:
        qtbot.keyClick(number, Qt.Key.Key_Backspace)
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert changes == []
    assert number.value() == 0.0003
    assert number.text() == "0.0003"


def test_escape_puts_the_number_back(number, changes, qtbot):
    type_into(qtbot, number, "55")
    qtbot.keyClick(number, Qt.Key.Key_Escape)
    assert number.text() == "0.0003"
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert changes == []


def test_enter_on_an_untouched_number_changes_nothing(number, changes, qtbot):
    number.setValue(1 / 3)
    shown = number.value()
    changes.clear()
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert changes == [] and number.value() == shown


@pytest.mark.parametrize(
    ("start", "key", "value"),
    [
        (0.5, Qt.Key.Key_Up, 0.51),
        (64.0, Qt.Key.Key_Up, 65.0),
        (1.0, Qt.Key.Key_Up, 1.1),
        (1.0, Qt.Key.Key_Down, 0.99),
        (0.0, Qt.Key.Key_Up, 1e-5),
        (0.0003, Qt.Key.Key_Down, 0.00029),
        (0.00001, Qt.Key.Key_Down, 0.0),
        (0.0, Qt.Key.Key_Down, 0.0),
    ],
)
def test_arrow_keys_step_by_a_tenth_of_the_magnitude(number, qtbot, start, key, value):
    number.setValue(start)
    qtbot.keyClick(number, key)
    assert number.value() == pytest.approx(value, abs=1e-9)


def test_an_arrow_key_starts_from_what_was_typed(number, qtbot):
    type_into(qtbot, number, "50")
    qtbot.keyClick(number, Qt.Key.Key_Up)
    assert number.value() == 51.0


def test_a_whole_number_field_takes_whole_numbers_only(panel, qtbot):
    batch = field(panel, "batchSizeField")
    type_into(qtbot, batch, "12.8\r")
    assert batch.value() == 128, "the point is a key that does nothing"
    type_into(qtbot, batch, "0\r")
    assert batch.value() == 128
    assert batch.text() == "128"


def test_the_seed_goes_up_by_one(panel, qtbot):
    seed = field(panel, "seedField")
    type_into(qtbot, seed, "1234\r")
    qtbot.keyClick(seed, Qt.Key.Key_Up)
    assert seed.value() == 1235


def test_the_unit_may_be_typed_or_left_out(panel, qtbot):
    free_bits = field(panel, "freeBitsField")
    type_into(qtbot, free_bits, "0.25\r")
    assert free_bits.value() == 0.25
    assert free_bits.text() == "0.25 nats"


def test_the_wheel_changes_a_number_only_in_the_field_that_has_the_focus(panel, qtbot):
    beta = field(panel, "betaField")
    click(qtbot, field(panel, "stepsField").lineEdit())
    wheel(beta)
    assert beta.value() == 0.5 and not beta.hasFocus()
    click(qtbot, beta.lineEdit())
    wheel(beta)
    assert beta.value() == 0.51
