"""The rows of the latents: locks, measures, order, folding, and what the hand and eye are on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

from explorer.latents.kl_cell import BAR_WIDTH
from explorer.latents.order import order_by
from explorer.latents.row import WIDE
from explorer.latents.rows import LatentRows
from explorer.latents.slider import LatentSlider
from explorer.widgets.theme import apply_theme

from .conftest import tiny_vae

LEFT = Qt.MouseButton.LeftButton
DIM = 8
KL = np.array([0.5, 0.02, 2.0, 0.1, 1.0, 0.0, 0.3, 1.0])
EFFECTS = np.array([4.0, 0.0, 1.0, 0.1, 9.0, 0.0, 2.0, 3.0])
BY_KL = [2, 4, 7, 0, 6]  # and collapsed: 3, 1, 5


@pytest.fixture
def rows(qapp, qtbot):
    apply_theme(qapp, "dark")
    made = LatentRows(DIM)
    qtbot.addWidget(made)
    made.resize(680, 200)
    with qtbot.waitActive(made):
        made.show()
    made.setKl(KL)
    made.resort()
    return made


def heard(signal):
    said = []
    signal.connect(lambda *words: said.append(words[0] if words else None))
    return said


def slider_of(rows, index):
    return rows.findChild(LatentSlider, f"latentSlider{index:02d}")


def lock_of(rows, index):
    return rows.findChild(QAbstractButton, f"latentLock{index:02d}")


def line_of(rows):
    return rows.findChild(QPushButton, "collapsedLatents")


def places(rows):
    """The indices of the rows to be seen, down the left column, then down the right."""
    rows.layout().activate()
    seen = [row for row in rows.rows if row.isVisible()]
    return [row.index for row in sorted(seen, key=lambda row: (row.x(), row.y()))]


def at(slider, z):
    return QPoint(round(slider.xOf(z)), slider.height() // 2)


# Locks


def test_a_click_on_the_padlock_locks_and_another_opens(rows, qtbot):
    said = heard(rows.lockChanged)
    for locked in (True, False):
        qtbot.mouseClick(lock_of(rows, 4), LEFT)
        assert rows.locked().tolist() == [locked and i == 4 for i in range(DIM)]
    assert len(said) == 2


def test_l_on_a_slider_locks_its_latent(rows, qtbot):
    slider_of(rows, 7).setFocus()
    qtbot.keyClick(slider_of(rows, 7), Qt.Key.Key_L)
    assert np.flatnonzero(rows.locked()).tolist() == [7]
    qtbot.keyClick(slider_of(rows, 7), Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert np.flatnonzero(rows.locked()).tolist() == [7]


def test_space_on_a_padlock_toggles_it(rows, qtbot):
    lock_of(rows, 2).setFocus()
    qtbot.keyClick(lock_of(rows, 2), Qt.Key.Key_Space)
    assert rows.locked()[2]


def test_a_lock_does_not_hold_the_hand(rows, qtbot):
    qtbot.mouseClick(lock_of(rows, 4), LEFT)
    qtbot.mouseClick(slider_of(rows, 4), LEFT, pos=at(slider_of(rows, 4), -1.0))
    assert rows.z()[4] == pytest.approx(-1.0, abs=0.05)


def test_a_closed_padlock_looks_different(rows):
    lock = lock_of(rows, 2)
    opened = lock.grab().toImage()
    lock.setChecked(True)
    assert lock.grab().toImage() != opened


def test_locks_can_be_hidden_and_then_no_key_locks(rows, qtbot):
    qtbot.mouseClick(lock_of(rows, 2), LEFT)
    width = slider_of(rows, 2).width()
    rows.setLockable(False)
    assert not lock_of(rows, 2).isVisible()
    qtbot.keyClick(slider_of(rows, 4), Qt.Key.Key_L)
    assert np.flatnonzero(rows.locked()).tolist() == [2]
    rows.layout().activate()
    assert slider_of(rows, 2).width() == width


# Measures


def test_effects_are_bars_beside_kl_and_words(rows):
    rows.setEffects(EFFECTS)
    cells = [row.cell for row in rows.rows]
    assert [cell.effectWidth() for cell in cells] == [round(BAR_WIDTH * e / 9.0) for e in EFFECTS]
    assert "4.00 of 255" in cells[0].toolTip() and "z00" in cells[0].toolTip()
    rows.setEffects(None)
    assert cells[4].effectWidth() == 0
    assert "255" not in cells[0].toolTip() and "KL of z00" in cells[0].toolTip()


def test_an_effect_of_a_real_decoder_is_told_as_measured(rows):
    vae = tiny_vae(DIM)
    still = vae.image(np.zeros(DIM, np.float32)).astype(float)
    moved = [vae.image(step).astype(float) for step in np.eye(DIM, dtype=np.float32)]
    effects = np.array([np.abs(image - still).mean() for image in moved])
    rows.setEffects(effects)
    rows.setSorting("effect")
    largest = int(np.argmax(effects))
    assert rows.rows[largest].cell.effectWidth() == BAR_WIDTH
    assert f"{effects[largest]:.2f}" in rows.rows[largest].cell.toolTip()
    active = np.flatnonzero(KL > 0.1)
    assert places(rows)[0] == active[np.argmax(effects[active])]


@pytest.mark.parametrize("width", [470, 680, 820])
def test_pictures_and_numbers_show_where_there_is_room_and_tracks_stay_long(rows, qtbot, width):
    rows.resize(width, 200)
    qtbot.waitUntil(lambda: rows.width() == width)
    row = rows.rows[2]
    qtbot.waitUntil(lambda: (row.cell.width() >= 100) == (width == 820))
    qtbot.waitUntil(lambda: row.slider.width() >= 75)
    assert row.ends[0].isVisible() == row.ends[1].isVisible() == (row.width() >= WIDE)
    before = row.cell.grab().toImage()
    rows.setEffects(np.full(DIM, 1.0))
    column = QRect(75, 0, 30, row.cell.height())  # where the number would be
    same = row.cell.grab().toImage().copy(column) == before.copy(column)
    assert same == (width < 820)


def test_the_round_trip_is_a_ring_on_every_track(rows):
    vae = tiny_vae(DIM)
    z = np.linspace(-1, 1, DIM).astype(np.float32)
    echo = vae.posterior(vae.image(z)[None]).mu[0]
    rows.setZ(z)
    rows.setRoundTrip(echo)
    told = [slider_of(rows, index).property("echo") for index in range(DIM)]
    assert np.allclose(told, echo)
    assert np.array_equal(rows.z(), z)
    rows.setRoundTrip(None)
    assert all(math.isnan(slider_of(rows, index).property("echo")) for index in range(DIM))


def test_components_have_their_own_names_and_measure_and_nothing_folds(rows):
    names = [f"p{index:02d}" for index in range(DIM)]
    shares = np.arange(DIM, 0, -1) / 36
    rows.setNames(names)
    rows.setMeasure(shares, [f"{100 * s:.0f} %" for s in shares], "Variance along {name}.")
    rows.resort()
    assert places(rows) == list(range(DIM))
    assert not line_of(rows).isVisible()
    assert rows.rows[0].cell.text() == "22 %"
    assert rows.rows[0].cell.barWidth() == BAR_WIDTH
    assert rows.rows[3].cell.toolTip() == "Variance along p03."
    assert slider_of(rows, 3).accessibleName() == "p03"
    assert "p03" in lock_of(rows, 3).accessibleName()
    assert "p03" in rows.findChild(QWidget, "latentValue03").accessibleName()


# Order


@pytest.mark.parametrize(
    ("sorting", "order"),
    [("kl", BY_KL), ("effect", [4, 0, 7, 6, 2]), ("index", [0, 2, 4, 6, 7])],
)
def test_rows_are_sorted_by_what_was_asked(rows, sorting, order):
    rows.setEffects(EFFECTS)
    rows.setSorting(sorting)
    assert rows.sorting() == sorting
    assert places(rows) == order


def test_new_measures_move_no_row_until_it_is_asked_for(rows):
    rows.setEffects(EFFECTS)
    rows.setSorting("effect")
    before = places(rows)
    rows.setEffects(EFFECTS[::-1].copy())
    assert places(rows) == before
    rows.resort()
    assert places(rows) == [7, 0, 4, 2, 6]


def test_equal_measures_keep_the_order_of_indices():
    assert order_by("kl", 4, np.array([1.0, 2.0, 1.0, 2.0]), None).tolist() == [1, 3, 0, 2]


def test_without_measures_the_order_falls_back():
    kl = np.array([0.5, 2.0, 1.0])
    assert order_by("effect", 3, kl, None).tolist() == [1, 2, 0]
    assert order_by("kl", 3, None, None).tolist() == [0, 1, 2]


def test_an_unknown_order_is_refused_and_the_old_one_stays(rows):
    with pytest.raises(ValueError, match="kl, effect, index"):
        rows.setSorting("size")
    assert rows.sorting() == "kl"


def test_no_row_moves_under_a_hand_that_drags(rows, qtbot):
    slider = slider_of(rows, 6)
    qtbot.mousePress(slider, LEFT, pos=at(slider, 0.0))
    qtbot.mouseMove(slider, at(slider, 1.0))
    rows.setKl(KL[::-1].copy())
    rows.resort()
    assert places(rows) == BY_KL
    qtbot.mouseMove(slider, at(slider, 2.0))
    assert rows.z()[6] == pytest.approx(2.0, abs=0.05)
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 2.0))
    assert places(rows) == [5, 0, 3, 7, 1]
    assert rows.z()[6] == pytest.approx(2.0, abs=0.05)  # though folded now


def test_no_row_moves_while_a_padlock_is_pressed(rows, qtbot):
    lock = lock_of(rows, 6)
    qtbot.mousePress(lock, LEFT)
    rows.setSorting("index")
    assert places(rows) == BY_KL
    qtbot.mouseRelease(lock, LEFT)
    assert places(rows) == [0, 2, 4, 6, 7]
    assert rows.locked()[6]


# Folding


def test_collapsed_latents_are_one_line_that_a_click_opens_and_closes(rows, qtbot):
    line, said = line_of(rows), heard(rows.foldChanged)
    assert line.text() == "▸ 3 collapsed latents (below 0.1 nats): z01 z03 z05"
    assert (places(rows), rows.lines(), rows.isFolded()) == (BY_KL, 4, True)
    assert line.width() == rows.width()
    qtbot.mouseClick(line, LEFT)
    assert line.text().startswith("▾ 3 collapsed")
    assert sorted(places(rows)) == list(range(DIM))
    assert rows.lines() == 6
    bottom = max(row.geometry().bottom() for row in rows.rows if KL[row.index] > 0.1)
    assert bottom < line.y() < min(rows.rows[index].y() for index in (1, 3, 5))
    qtbot.mouseClick(line, LEFT)
    assert places(rows) == BY_KL
    assert said == [False, True]


def test_where_nothing_is_collapsed_there_is_no_line(rows):
    rows.setKl(np.full(DIM, 1.0))
    rows.resort()
    assert not line_of(rows).isVisible()
    assert len(places(rows)) == DIM
    assert rows.lines() == 4


def test_one_collapsed_latent_is_told_as_one(rows):
    rows.setKl(np.where(np.arange(DIM) == 5, 0.0, 1.0))
    rows.resort()
    assert line_of(rows).text() == "▸ 1 collapsed latent (below 0.1 nats): z05"


def test_folding_keeps_values_locks_and_names_to_find_them_by(rows, qtbot):
    z = np.linspace(-2, 2, DIM).astype(np.float32)
    rows.setZ(z)
    qtbot.mouseClick(lock_of(rows, 2), LEFT)
    slider_of(rows, 2).setFocus()
    said = heard(rows.zChanged)
    rows.setKl(np.where(np.arange(DIM) < 4, 0.0, 1.0))
    rows.resort()
    assert not slider_of(rows, 2).isVisible()
    assert np.array_equal(rows.z(), z)
    assert slider_of(rows, 2).property("z") == z[2]
    assert rows.locked()[2]
    rows.setZ(-z)
    assert slider_of(rows, 2).property("z") == -z[2]
    assert len(said) == 1


def test_kl_around_the_threshold_folds_nothing_while_training(rows):
    before = places(rows)
    for step in range(20):
        rows.setKl(KL + (0.05 if step % 2 else -0.05))
        assert places(rows) == before
    rows.setKl(np.zeros(DIM))
    assert places(rows) == before


def test_a_folded_latent_that_comes_to_life_comes_out_and_stays(rows):
    awake = np.where(np.arange(DIM) == 1, 0.25, KL)
    rows.setKl(awake)
    assert places(rows) == [*BY_KL, 1]
    rows.setKl(KL)
    assert places(rows) == [*BY_KL, 1]
    rows.resort()
    assert places(rows) == BY_KL


def test_tab_goes_as_rows_stand_and_past_those_folded(rows, qtbot):
    def stops(count):
        slider_of(rows, 2).setFocus()
        seen = [QApplication.focusWidget().objectName()]
        for _ in range(count):
            qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            seen.append(QApplication.focusWidget().objectName())
        return seen

    def both(indices):
        return [f"latent{kind}{i:02d}" for i in indices for kind in ("Slider", "Value")]

    assert stops(11) == [*both(BY_KL), "collapsedLatents", "latentSlider02"]
    rows.setFolded(False)
    assert stops(16) == [*both(BY_KL), "collapsedLatents", *both([3, 1, 5])]


# The hand and the eye


def test_a_drag_is_pressed_then_moved_then_released(rows, qtbot):
    said = []
    rows.pressed.connect(lambda: said.append("pressed"))
    rows.moved.connect(lambda index: said.append(index))
    rows.zChanged.connect(lambda: said.append("z"))
    rows.released.connect(lambda: said.append("released"))
    slider = slider_of(rows, 4)
    qtbot.mousePress(slider, LEFT, pos=at(slider, 0.0))
    for z in (0.5, 1.0):
        qtbot.mouseMove(slider, at(slider, z))
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 1.0))
    assert said == ["pressed", 4, "z", 4, "z", "released"]


def test_only_a_hand_moves_keys_and_typing_among_it(rows, qtbot):
    said = heard(rows.moved)
    rows.setZ(np.ones(DIM))
    assert said == []
    qtbot.keyClick(slider_of(rows, 4), Qt.Key.Key_Right)
    field = rows.rows[6].field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert said == [4, 6]


def enter(row):
    where = QPointF(5, 5)
    QApplication.sendEvent(row, QEnterEvent(where, where, QPointF(row.mapToGlobal(where))))


def leave(row):
    QApplication.sendEvent(row, QEvent(QEvent.Type.Leave))


def test_pointed_is_the_row_under_the_pointer_else_the_one_in_focus(rows):
    for row in rows.rows:
        leave(row)  # wherever the pointer of this machine happens to be
    said = heard(rows.pointed)
    slider_of(rows, 4).setFocus()
    rows.rows[4].field.setFocus()
    enter(rows.rows[2])
    enter(rows.rows[7])
    leave(rows.rows[2])  # late, as events may come
    leave(rows.rows[7])
    line_of(rows).setFocus()
    assert said == [4, 2, 7, 4, -1]
    enter(rows.rows[2])
    slider_of(rows, 6).setFocus()  # the pointer was left behind
    assert said[5:] == [2, 6]


def test_everything_to_use_has_a_name_and_a_tooltip(rows):
    for button in rows.findChildren(QAbstractButton):
        assert button.objectName() and button.accessibleName() and button.toolTip()
    for row in rows.rows:
        assert row.cell.toolTip()


def test_where_all_latents_are_silent_no_bar_is_long(rows):
    rows.setKl(np.full(DIM, 0.01))
    rows.setEffects(np.full(DIM, 0.01))
    for row in rows.rows:
        assert row.cell.barWidth() <= 1
        assert row.cell.effectWidth() <= 1
