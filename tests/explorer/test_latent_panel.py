"""The latent panel: one z behind many sliders, fields and buttons."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from explorer.latents.kl_cell import BAR_WIDTH, KlCell
from explorer.latents.panel import LatentPanel
from explorer.latents.slider import LatentSlider
from explorer.latents.value_field import ValueField
from explorer.widgets.theme import apply_theme
from models.aggregate import Aggregate, principal_axes
from models.basis import principal
from models.observation import Posterior

LEFT = Qt.MouseButton.LeftButton
LEVELS = np.linspace(0.0, 1.0, 41)


def statistics(latent_dim, kl=None):
    rng = np.random.default_rng(latent_dim)
    samples = rng.normal(rng.normal(0, 0.3, latent_dim), 1.0, (4000, latent_dim))
    if kl is None:
        kl = rng.permutation(np.linspace(0.02, 3.0, latent_dim))
    quantiles = np.quantile(samples, LEVELS, axis=0).T
    return np.asarray(kl, np.float32), samples.mean(0), samples.std(0), quantiles, LEVELS


@pytest.fixture
def panel(qapp, qtbot):
    apply_theme(qapp, "dark")  # its style sheet decides how much room things need
    made = LatentPanel()
    qtbot.addWidget(made)
    made.resize(700, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.setLatents(*statistics(32))
    made.setReady(True)
    return made


@pytest.fixture
def heard(panel):
    arrays = []
    panel.zChanged.connect(arrays.append)
    return arrays


def slider_of(panel, index):
    return panel.findChild(LatentSlider, f"latentSlider{index:02d}")


def field_of(panel, index):
    return panel.findChild(ValueField, f"latentValue{index:02d}")


def click(panel, name, qtbot):
    qtbot.mouseClick(panel.findChild(QPushButton, name), LEFT)


def drag(slider, qtbot, start, end):
    def point(z):
        return QPoint(round(slider.xOf(z)), slider.height() // 2)

    qtbot.mousePress(slider, LEFT, pos=point(start))
    qtbot.mouseMove(slider, point(end))
    qtbot.mouseRelease(slider, LEFT, pos=point(end))


def type_into(field, text, qtbot, enter=True):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    if enter:
        qtbot.keyClick(field, Qt.Key.Key_Return)


def posterior(seed=0):
    rng = np.random.default_rng(seed)
    return Posterior(rng.normal(0, 1, 32).astype(np.float32), np.full(32, 0.3, np.float32))


def places(panel):
    """The indices of the latents on show, down the left column, then the right."""
    sliders = [slider for slider in panel.findChildren(LatentSlider) if slider.isVisible()]
    sliders.sort(key=lambda s: (s.mapTo(panel, QPoint()).x(), s.mapTo(panel, QPoint()).y()))
    return [int(s.objectName()[-2:]) for s in sliders]


# One z


def test_every_latent_has_a_slider_and_a_field_under_its_number(panel):
    for index in range(32):
        assert slider_of(panel, index).accessibleName() == f"z{index:02d}"
        assert field_of(panel, index).accessibleName()


def test_a_drag_moves_its_own_z_and_the_number_beside_it(panel, heard, qtbot):
    drag(slider_of(panel, 5), qtbot, 0.0, 1.2)
    assert panel.z()[5] == pytest.approx(1.2, abs=0.05)
    assert np.count_nonzero(panel.z()) == 1
    assert np.array_equal(heard[-1], panel.z())
    assert heard[-1].dtype == np.float32
    assert field_of(panel, 5).text() == f"{panel.z()[5]:+.2f}"


def test_the_array_is_a_fresh_one_each_time(panel, heard, qtbot):
    for _ in range(2):
        qtbot.keyClick(slider_of(panel, 3), Qt.Key.Key_Right)
    assert [round(float(z[3]), 4) for z in heard] == [0.05, 0.1]


def test_setting_all_values_is_one_change(panel, heard):
    z = np.linspace(-2, 2, 32).astype(np.float32)
    panel.setZ(z)
    assert len(heard) == 1
    assert np.array_equal(heard[0], z)
    assert np.array_equal(panel.z(), z)


def test_setting_the_same_values_is_no_change(panel, heard):
    z = np.linspace(-2, 2, 32).astype(np.float32)
    panel.setZ(z)
    panel.setZ(z.copy())
    assert len(heard) == 1


@pytest.mark.parametrize("z", [np.zeros(31), np.full(32, np.nan)])
def test_an_array_that_is_no_z_is_refused_whole(panel, heard, z):
    with pytest.raises(ValueError, match="32 finite numbers"):
        panel.setZ(z)
    assert heard == []


# Typing


def test_a_typed_number_counts_with_enter_and_keeps_four_decimals(panel, heard, qtbot):
    field = field_of(panel, 9)
    type_into(field, "0.1234", qtbot, enter=False)
    assert heard == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert slider_of(panel, 9).z == 0.1234
    assert field.text() == "+0.12"
    assert len(heard) == 1


def test_enter_again_does_not_round_the_value_to_what_is_shown(panel, heard, qtbot):
    field = field_of(panel, 9)
    type_into(field, "0.1234", qtbot)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    field.clearFocus()
    assert slider_of(panel, 9).z == 0.1234
    assert len(heard) == 1


def test_a_typed_number_counts_when_focus_leaves(panel, qtbot):
    type_into(field_of(panel, 9), "-1.5", qtbot, enter=False)
    field_of(panel, 4).setFocus()
    assert panel.z()[9] == -1.5


def test_a_typed_number_outside_the_range_is_not_cut(panel, qtbot):
    slider = slider_of(panel, 2)
    assert slider.maximum() < 1250
    type_into(field_of(panel, 2), "12.5", qtbot)
    assert panel.z()[2] == 12.5
    assert slider.value() == slider.maximum() == 1250


def test_the_text_of_a_number_is_whole_in_its_field(panel, qtbot):
    field = field_of(panel, 2)
    type_into(field, "-12.345", qtbot)
    edit = field.lineEdit()
    margins = edit.textMargins()
    room = edit.width() - margins.left() - margins.right()
    assert edit.fontMetrics().horizontalAdvance(field.text()) <= room


# Buttons


@pytest.mark.parametrize(
    ("button", "source"),
    [("priorButton", "prior"), ("aggregateButton", "aggregate"), ("posteriorButton", "posterior")],
)
def test_a_sample_is_asked_for_with_its_temperature(panel, heard, qtbot, button, source):
    panel.setPosterior(posterior())
    type_into(panel.findChild(QWidget, "temperatureField"), "0.7", qtbot)
    with qtbot.waitSignal(panel.sampleRequested) as asked:
        click(panel, button, qtbot)
    assert asked.args == [source, 0.7]
    assert heard == []


def test_all_to_zero_is_one_change_and_undoes_widened_ranges(panel, heard, qtbot):
    before = slider_of(panel, 2).maximum()
    panel.setZ(np.full(32, 20.0))
    click(panel, "zeroButton", qtbot)
    assert len(heard) == 2
    assert not panel.z().any()
    assert slider_of(panel, 2).maximum() == before


def test_mean_of_frame_waits_for_a_frame_and_takes_its_mu(panel, heard, qtbot):
    click(panel, "meanButton", qtbot)
    assert not panel.findChild(QPushButton, "meanButton").isEnabled()
    seen = posterior()
    panel.setPosterior(seen)
    click(panel, "meanButton", qtbot)
    assert len(heard) == 1
    assert np.array_equal(heard[0], seen.mu)


def test_the_mean_can_be_taken_without_the_button_and_before_any_frame(panel, heard):
    panel.takeMean()
    assert heard == []
    seen = posterior()
    panel.setPosterior(seen)
    panel.takeMean()
    assert np.array_equal(panel.z(), seen.mu)


def test_random_frame_is_asked_for_and_changes_nothing_itself(panel, heard, qtbot):
    with qtbot.waitSignal(panel.randomFrameRequested):
        click(panel, "randomFrameButton", qtbot)
    assert heard == []


def test_before_the_model_is_there_nothing_can_be_moved(panel, heard, qtbot):
    panel.setReady(False)
    for name in ("priorButton", "zeroButton", "randomFrameButton", "followButton"):
        assert not panel.findChild(QPushButton, name).isEnabled()
    drag(slider_of(panel, 5), qtbot, 0.0, 1.0)
    assert heard == []
    panel.setReady(True)
    drag(slider_of(panel, 5), qtbot, 0.0, 1.0)
    assert heard


# Undo, locks, slots


def test_one_drag_is_one_step_to_undo(panel, qtbot):
    drag(slider_of(panel, ACTIVE[0]), qtbot, 0.0, 1.2)
    between = panel.z()
    drag(slider_of(panel, ACTIVE[1]), qtbot, 0.0, -0.7)
    after = panel.z()
    undo = panel.findChild(QPushButton, "undoButton")
    assert undo.toolTip() == f"Undo: Move z{ACTIVE[1]:02d}"
    click(panel, "undoButton", qtbot)
    assert np.array_equal(panel.z(), between)
    assert slider_of(panel, ACTIVE[1]).z == 0
    click(panel, "undoButton", qtbot)
    assert not panel.z().any()
    assert not undo.isEnabled()
    click(panel, "redoButton", qtbot)
    click(panel, "redoButton", qtbot)
    assert np.array_equal(panel.z(), after)


def test_keys_on_one_latent_in_a_row_are_one_step(panel, qtbot):
    for index in (ACTIVE[0], ACTIVE[1]):
        for _ in range(3):
            qtbot.keyClick(slider_of(panel, index), Qt.Key.Key_Right)
    assert panel.point.stack.count() == 2


def test_following_is_one_step(panel, qtbot):
    panel.setZ(np.ones(32))
    for _ in range(2):
        click(panel, "followButton", qtbot)
        for seed in range(3):
            panel.setPosterior(posterior(seed))
        click(panel, "followButton", qtbot)
        panel.setZ(np.ones(32))
    click(panel, "undoButton", qtbot)
    click(panel, "undoButton", qtbot)
    assert np.array_equal(panel.z(), np.ones(32))


def lock(panel, qtbot, index):
    qtbot.mouseClick(panel.findChild(QWidget, f"latentLock{index:02d}"), LEFT)


def test_a_locked_latent_stays_when_others_are_set_or_follow(panel, qtbot):
    kept = ACTIVE[2]
    panel.setZ(np.full(32, 1.5))
    lock(panel, qtbot, kept)
    click(panel, "zeroButton", qtbot)
    assert np.flatnonzero(panel.z()).tolist() == [kept]
    panel.setFollowing(True)
    panel.setPosterior(posterior(1))
    assert panel.z()[kept] == 1.5
    assert np.count_nonzero(panel.z() == posterior(1).mu) == 31
    lock(panel, qtbot, kept)
    panel.setPosterior(posterior(2))
    assert np.array_equal(panel.z(), posterior(2).mu)


def test_undo_ends_to_follow(panel, qtbot):
    panel.setZ(np.ones(32))
    panel.setFollowing(True)
    panel.setPosterior(posterior(1))
    click(panel, "undoButton", qtbot)
    assert not panel.isFollowing()
    panel.setPosterior(posterior(2))
    assert np.array_equal(panel.z(), np.ones(32))
    click(panel, "redoButton", qtbot)
    assert np.array_equal(panel.z(), posterior(1).mu)


def test_what_is_said_stays_while_the_drive_goes_on_and_goes_with_the_hand(panel, qtbot):
    panel.setFollowing(True)
    panel.say("2 numbers are here, but z has 32.")
    panel.setPosterior(posterior(1))
    said = panel.findChild(QLabel, "latentMessage")
    assert said.isVisible() and said.text().startswith("2 numbers")
    drag(slider_of(panel, ACTIVE[0]), qtbot, 0.0, 1.0)
    assert not said.isVisible()


def test_undoing_a_swap_gives_each_slot_its_own_back(panel, qtbot):
    panel.setZ(np.ones(32))
    click(panel, "slotBButton", qtbot)
    panel.setZ(np.full(32, 2.0))
    click(panel, "swapButton", qtbot)
    click(panel, "undoButton", qtbot)
    assert np.array_equal(panel.z(), np.full(32, 2.0))
    assert np.array_equal(panel.slots.other(), np.ones(32))
    assert panel.slots.chosen() == "B"


def test_by_effect_it_is_sorted_when_the_effects_come(panel, qtbot):
    box = panel.findChild(QWidget, "sortingBox")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == "effect"
    panel.setLatents(*statistics(32))  # another model: its effects are not known yet
    effects = np.linspace(1, 2, 32)
    panel.setEffects(effects)
    wanted = [i for i in np.argsort(-effects).tolist() if i in ACTIVE]
    qtbot.waitUntil(lambda: places(panel) == wanted)


def test_a_far_value_widens_its_range_only_as_long_as_it_is_there(panel, qtbot):
    slider, field = slider_of(panel, ACTIVE[0]), field_of(panel, ACTIVE[0])
    before = slider.maximum()
    type_into(field, "99", qtbot)
    assert slider.maximum() == 9900
    type_into(field, "1.5", qtbot)
    assert slider.maximum() == before


def test_two_slots_keep_a_z_each(panel, qtbot):
    drag(slider_of(panel, ACTIVE[0]), qtbot, 0.0, 1.0)
    in_a = panel.z()
    click(panel, "slotBButton", qtbot)
    assert np.array_equal(panel.z(), in_a)
    drag(slider_of(panel, ACTIVE[1]), qtbot, 0.0, -1.0)
    in_b = panel.z()
    click(panel, "slotAButton", qtbot)
    assert np.array_equal(panel.z(), in_a)
    click(panel, "swapButton", qtbot)
    assert np.array_equal(panel.z(), in_b)
    assert panel.findChild(QPushButton, "slotAButton").isChecked()
    click(panel, "slotBButton", qtbot)
    assert np.array_equal(panel.z(), in_a)


# Principal axes


def axes():
    rng = np.random.default_rng(3)
    mu = rng.normal(size=(400, 32)) @ rng.normal(size=(32, 32)) / 6
    of_means = np.cov(mu.T)
    covariance = of_means + 0.1 * np.eye(32)
    return principal(Aggregate(mu.mean(0), covariance, *principal_axes(of_means), None, None))


@pytest.fixture
def turned(panel, qtbot):
    """The panel along made-up principal axes, from a z that is not zero."""
    panel.setLatents(*statistics(32), axes())
    panel.setZ(np.linspace(-1, 1, 32))
    click(panel, "axesButton", qtbot)
    return panel


def test_the_sliders_are_coordinates_along_the_axes_and_z_stays(turned, heard, qtbot):
    z = turned.z()
    assert heard[1:] == []
    shown = [slider_of(turned, i).z for i in range(32)]
    assert np.allclose(shown, axes().coordinates(z), atol=1e-6)
    assert slider_of(turned, 7).accessibleName() == "p07"
    assert not turned.findChild(QWidget, "latentLock07").isVisible()
    click(turned, "axesButton", qtbot)
    assert [np.float32(slider_of(turned, i).z) for i in range(32)] == z.tolist()
    assert np.array_equal(turned.z(), z)


def test_a_drag_along_an_axis_leaves_locked_latents(turned, qtbot):
    click(turned, "axesButton", qtbot)
    lock(turned, qtbot, ACTIVE[2])
    click(turned, "axesButton", qtbot)
    before = turned.z()
    drag(slider_of(turned, 3), qtbot, slider_of(turned, 3).z, slider_of(turned, 3).z + 1)
    assert turned.z()[ACTIVE[2]] == before[ACTIVE[2]]
    assert np.count_nonzero(turned.z() != before) > 20
    assert slider_of(turned, 3).z == pytest.approx(axes().coordinates(turned.z())[3], abs=1e-5)


def test_a_drag_along_an_axis_moves_z_in_its_direction_alone(turned, qtbot):
    before = turned.z()
    slider = slider_of(turned, 3)
    start = slider.z
    drag(slider, qtbot, start, start + 1)
    gone = turned.z() - before
    along = axes().directions[3] * axes().scales[3]
    assert np.allclose(gone, (slider.z - start) * along, atol=1e-4)
    assert slider.z - start == pytest.approx(1, abs=0.1)
    click(turned, "undoButton", qtbot)
    assert np.array_equal(turned.z(), before)


# Posterior and following


def test_a_posterior_shows_on_the_sliders_and_leaves_z(panel, heard):
    seen = posterior()
    panel.setPosterior(seen)
    assert slider_of(panel, 11).property("mu") == pytest.approx(float(seen.mu[11]))
    assert slider_of(panel, 11).property("sigma") == pytest.approx(0.3)
    assert heard == []


def test_while_following_each_posterior_is_one_change_of_z(panel, heard, qtbot):
    with qtbot.waitSignal(panel.followChanged) as caught:
        click(panel, "followButton", qtbot)
    assert caught.args == [True]
    for seed in (1, 2):
        panel.setPosterior(posterior(seed))
    assert len(heard) == 2
    assert np.array_equal(panel.z(), posterior(2)[0])


def by_drag(panel, qtbot):
    drag(slider_of(panel, 5), qtbot, 0.0, 1.0)


def by_key(panel, qtbot):
    qtbot.keyClick(slider_of(panel, 5), Qt.Key.Key_PageUp)


def by_typing(panel, qtbot):
    type_into(field_of(panel, 5), "0.5", qtbot, enter=False)


def by_button(panel, qtbot):
    click(panel, "priorButton", qtbot)


def by_holding(panel, qtbot):
    slider = slider_of(panel, 5)
    qtbot.mousePress(slider, LEFT, pos=QPoint(round(slider.xOf(slider.z)), slider.height() // 2))


@pytest.mark.parametrize("hand", [by_drag, by_key, by_typing, by_button, by_holding])
def test_a_hand_on_the_values_ends_following(panel, qtbot, hand):
    panel.setFollowing(True)
    panel.setPosterior(posterior(1))
    assert panel.isFollowing()
    with qtbot.waitSignal(panel.followChanged) as caught:
        hand(panel, qtbot)
    assert caught.args == [False]
    z = panel.z()
    panel.setPosterior(posterior(2))
    assert np.array_equal(panel.z(), z)


def caption(panel):
    return panel.findChild(QLabel, "overrideCaption").text()


@pytest.mark.parametrize("hand", [by_drag, by_key, by_typing, by_holding])
def test_a_hand_on_a_locked_value_overrides_it_and_following_goes_on(panel, qtbot, hand):
    panel.setZ(np.full(32, 0.25))
    assert caption(panel) == ""
    lock(panel, qtbot, 5)
    panel.setFollowing(True)
    assert caption(panel) == "following, 1 override (z05)"
    panel.setPosterior(posterior(1))
    hand(panel, qtbot)
    assert panel.isFollowing()
    panel.setPosterior(posterior(2))  # and does not take back what is typed, or dragged
    if hand is by_typing:
        assert field_of(panel, 5).lineEdit().text() == "0.5"
        qtbot.keyClick(field_of(panel, 5), Qt.Key.Key_Return)
    held = panel.z()[5]
    assert (held != 0.25) == (hand is not by_holding)
    panel.setPosterior(posterior(3))
    assert panel.z()[5] == held
    assert np.array_equal(np.delete(panel.z(), 5), np.delete(posterior(3).mu, 5))
    click(panel, "undoButton", qtbot)
    assert np.array_equal(panel.z(), np.full(32, 0.25))
    assert caption(panel) == ""


def test_an_unlocked_latent_follows_again(panel, qtbot):
    lock(panel, qtbot, 5)
    panel.setFollowing(True)
    panel.setPosterior(posterior(1))
    lock(panel, qtbot, 5)
    assert caption(panel) == ""
    panel.setPosterior(posterior(2))
    assert np.array_equal(panel.z(), posterior(2).mu)


def test_along_axes_locked_latents_stay_and_a_hand_ends_to_follow(turned, qtbot):
    click(turned, "axesButton", qtbot)
    lock(turned, qtbot, 3)
    click(turned, "axesButton", qtbot)
    held = turned.z()[3]
    turned.setFollowing(True)
    assert caption(turned) == "following, 1 override (z03)"
    turned.setPosterior(posterior(1))
    assert turned.z()[3] == held and turned.isFollowing()
    drag(slider_of(turned, 3), qtbot, slider_of(turned, 3).z, slider_of(turned, 3).z + 1)
    assert not turned.isFollowing()


def test_numbers_catch_up_with_the_values_that_pass(panel, qtbot):
    panel.setFollowing(True)
    for seed in range(4):
        panel.setPosterior(posterior(seed))
    wanted = [f"{value:+.2f}" for value in posterior(3).mu]
    qtbot.waitUntil(lambda: [field_of(panel, i).text() for i in range(32)] == wanted)


def test_the_order_told_is_that_of_the_latents_on_show_the_folded_ones_last(panel, qtbot):
    told = []
    panel.orderChanged.connect(lambda order: told.append(order.tolist()))
    panel.setLatents(*statistics(32), axes())
    folded = [i for i in range(32) if i not in ACTIVE]
    assert told[-1][: len(ACTIVE)] == ACTIVE and sorted(told[-1]) == list(range(32))
    box = panel.findChild(QWidget, "sortingBox")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_End)
    assert told[-1] == sorted(ACTIVE) + folded
    click(panel, "axesButton", qtbot)
    assert told[-1][: len(ACTIVE)] == ACTIVE  # axes are no latents: by their KL


# Models


ACTIVE = [i for i in np.argsort(-statistics(32)[0]).tolist() if statistics(32)[0][i] > 0.1]


def test_rows_stand_in_the_order_of_their_kl(panel, qtbot):
    qtbot.waitUntil(lambda: places(panel) == ACTIVE)


def test_tab_goes_through_the_rows_as_they_stand(panel, qtbot):
    panel.findChild(QWidget, "pathsButton").setFocus()
    seen = []
    for _ in range(2 * len(ACTIVE)):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget().objectName())
    expected = [name for i in ACTIVE for name in (f"latentSlider{i:02d}", f"latentValue{i:02d}")]
    assert seen == expected


def test_the_caption_counts_active_and_collapsed(panel):
    kl = np.array([0.1] * 6 + [0.5] * 26)
    panel.setLatents(*statistics(32, kl))
    caption = panel.findChild(QLabel, "latentCaption")
    assert caption.text() == "26 active, 6 collapsed · 13.6 nats"


def test_kl_bars_move_while_training_and_the_order_stays(panel, qtbot):
    qtbot.waitUntil(lambda: places(panel) == ACTIVE)
    kl = np.where(statistics(32)[0] > 0.1, np.float32(1.0), np.float32(0.0))
    kl[ACTIVE[-1]] = 4.0
    panel.setKl(kl)
    cells = {cell.text(): cell.barWidth() for cell in panel.findChildren(KlCell)}
    assert cells == {"4.00": BAR_WIDTH, "1.00": round(BAR_WIDTH / 4), "0.00": 0}
    assert places(panel) == ACTIVE


def test_ranges_cover_the_data_and_zero(panel):
    _, mean, std, quantiles, _ = statistics(32)
    for index in range(32):
        slider = slider_of(panel, index)
        low = min(quantiles[index, 0], mean[index] - 3 * std[index])
        high = max(quantiles[index, -1], mean[index] + 3 * std[index])
        assert slider.minimum() <= 100 * low <= slider.minimum() + 1
        assert slider.maximum() - 1 <= 100 * high <= slider.maximum()
        assert slider.minimum() <= 0 <= slider.maximum()


def test_another_model_of_the_same_length_keeps_z(panel, heard):
    z = np.linspace(-6, 6, 32).astype(np.float32)
    panel.setZ(z)
    panel.setLatents(*statistics(32, np.linspace(0, 1, 32)))
    assert np.array_equal(panel.z(), z)
    assert len(heard) == 1


@pytest.mark.parametrize("latent_dim", [5, 48])
def test_a_model_of_another_length_gets_its_own_rows(panel, heard, qtbot, latent_dim):
    panel.setPosterior(posterior())
    kl = statistics(latent_dim)[0]
    panel.setLatents(*statistics(latent_dim))
    assert panel.z().shape == (latent_dim,)
    assert len(panel.findChildren(LatentSlider)) == latent_dim
    assert not panel.findChild(QPushButton, "meanButton").isEnabled()
    assert heard == []
    qtbot.keyClick(slider_of(panel, 4), Qt.Key.Key_Right)
    assert heard[0].shape == (latent_dim,)
    active = [i for i in np.argsort(-kl).tolist() if kl[i] > 0.1]
    qtbot.waitUntil(lambda: places(panel) == active)
    panel.findChild(QWidget, "pathsButton").setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is slider_of(panel, int(np.argmax(kl)))


# The picture and the room


def test_the_picture_is_handed_on(panel):
    picture = np.zeros((60, 80, 3), np.uint8)
    panel.setImage(picture)
    assert panel.findChild(QWidget, "decodedImage").image() is picture


@pytest.mark.parametrize(("width", "height"), [(500, 680), (700, 800), (1000, 680)])
def test_nothing_is_cut_and_tracks_take_the_room(panel, qtbot, width, height):
    panel.resize(width, height)
    line = panel.findChild(QWidget, "collapsedLatents")  # the last one
    picture = panel.findChild(QWidget, "decodedImage")
    ends = (line, slider_of(panel, ACTIVE[15]), slider_of(panel, ACTIVE[-1]))

    def fits():
        bottom = line.mapTo(panel, line.rect().bottomRight()).y()
        whole = all(part.visibleRegion().boundingRect() == part.rect() for part in ends)
        return panel.width() == width and height - 30 < bottom < height and whole

    qtbot.waitUntil(fits)
    assert slider_of(panel, ACTIVE[0]).height() >= 20
    assert picture.width() / picture.height() == pytest.approx(4 / 3, abs=0.02)
    assert slider_of(panel, ACTIVE[0]).width() >= 0.14 * width


def test_everything_to_use_has_a_name_and_a_tooltip(panel):
    for kind in (QPushButton, LatentSlider, ValueField):
        for widget in panel.findChildren(kind):
            assert widget.objectName() and widget.accessibleName() and widget.toolTip()
