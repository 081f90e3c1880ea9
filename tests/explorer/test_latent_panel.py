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
    return rng.normal(0, 1, 32).astype(np.float32), np.full(32, 0.3, np.float32)


def places(panel):
    """The indices of the latents as they stand, down the left column, then the right."""
    sliders = panel.findChildren(LatentSlider)
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


def test_a_sample_of_the_prior_is_standard_normal_and_one_change(panel, heard, qtbot):
    panel.seed(1)
    for _ in range(60):
        click(panel, "priorButton", qtbot)
    assert len(heard) == 60
    drawn = np.stack(heard)
    assert drawn.shape == (60, 32)
    assert abs(drawn.mean()) < 0.1
    assert abs(drawn.std() - 1.0) < 0.1
    assert len(np.unique(drawn)) == drawn.size


def test_the_seed_makes_a_sample_repeatable(panel, heard, qtbot):
    for _ in range(2):
        panel.seed(7)
        click(panel, "priorButton", qtbot)
        click(panel, "zeroButton", qtbot)
    assert np.array_equal(heard[0], heard[2])


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
    mu, sigma = posterior()
    panel.setPosterior(mu, sigma)
    click(panel, "meanButton", qtbot)
    assert len(heard) == 1
    assert np.array_equal(heard[0], mu)


def test_the_mean_can_be_taken_without_the_button_and_before_any_frame(panel, heard):
    panel.takeMean()
    assert heard == []
    mu, sigma = posterior()
    panel.setPosterior(mu, sigma)
    panel.takeMean()
    assert np.array_equal(panel.z(), mu)


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


# Posterior and following


def test_a_posterior_shows_on_the_sliders_and_leaves_z(panel, heard):
    mu, sigma = posterior()
    panel.setPosterior(mu, sigma)
    assert slider_of(panel, 11).property("mu") == pytest.approx(float(mu[11]))
    assert slider_of(panel, 11).property("sigma") == pytest.approx(0.3)
    assert heard == []


def test_while_following_each_posterior_is_one_change_of_z(panel, heard, qtbot):
    with qtbot.waitSignal(panel.followChanged) as caught:
        click(panel, "followButton", qtbot)
    assert caught.args == [True]
    for seed in (1, 2):
        panel.setPosterior(*posterior(seed))
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
    panel.setPosterior(*posterior(1))
    assert panel.isFollowing()
    with qtbot.waitSignal(panel.followChanged) as caught:
        hand(panel, qtbot)
    assert caught.args == [False]
    z = panel.z()
    panel.setPosterior(*posterior(2))
    assert np.array_equal(panel.z(), z)


# Models


def test_rows_stand_in_the_order_of_their_kl(panel, qtbot):
    order = np.argsort(-statistics(32)[0])
    qtbot.waitUntil(lambda: places(panel) == order.tolist())


def test_tab_goes_through_the_rows_as_they_stand(panel, qtbot):
    order = np.argsort(-statistics(32)[0])
    panel.findChild(QPushButton, "followButton").setFocus()
    seen = []
    for _ in range(64):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget().objectName())
    expected = [name for i in order for name in (f"latentSlider{i:02d}", f"latentValue{i:02d}")]
    assert seen == expected


def test_the_caption_counts_active_and_collapsed(panel):
    kl = np.array([0.1] * 6 + [0.5] * 26)
    panel.setLatents(*statistics(32, kl))
    assert "sorted by KL · 26 active, 6 collapsed" in [
        label.text() for label in panel.findChildren(QLabel)
    ]


def test_kl_bars_move_while_training_and_the_order_stays(panel, qtbot):
    order = np.argsort(-statistics(32)[0])
    qtbot.waitUntil(lambda: places(panel) == order.tolist())
    kl = np.full(32, 1.0, np.float32)
    kl[order[-1]] = 4.0
    panel.setKl(kl)
    cells = {cell.text(): cell.barWidth() for cell in panel.findChildren(KlCell)}
    assert cells == {"4.00": BAR_WIDTH, "1.00": round(BAR_WIDTH / 4)}
    assert places(panel) == order.tolist()


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
    panel.setPosterior(*posterior())
    kl = statistics(latent_dim)[0]
    panel.setLatents(*statistics(latent_dim))
    assert panel.z().shape == (latent_dim,)
    assert len(panel.findChildren(LatentSlider)) == latent_dim
    assert not panel.findChild(QPushButton, "meanButton").isEnabled()
    assert heard == []
    qtbot.keyClick(slider_of(panel, 4), Qt.Key.Key_Right)
    assert heard[0].shape == (latent_dim,)
    qtbot.waitUntil(lambda: places(panel) == np.argsort(-kl).tolist())
    panel.findChild(QPushButton, "followButton").setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is slider_of(panel, int(np.argmax(kl)))


# The picture and the room


def test_the_picture_is_handed_on(panel):
    picture = np.zeros((60, 80, 3), np.uint8)
    panel.setImage(picture)
    assert panel.findChild(QWidget, "decodedImage").image() is picture


@pytest.mark.parametrize(("width", "height"), [(520, 600), (700, 800), (1000, 640)])
def test_nothing_is_cut_and_tracks_take_the_room(panel, qtbot, width, height):
    panel.resize(width, height)
    last = slider_of(panel, int(np.argmin(statistics(32)[0])))
    picture = panel.findChild(QWidget, "decodedImage")

    def fits():
        bottom = last.mapTo(panel, last.rect().bottomRight()).y()
        return panel.width() == width and height - 20 < bottom < height

    qtbot.waitUntil(fits)
    assert last.height() >= 20
    assert last.visibleRegion().boundingRect() == last.rect()
    assert picture.width() / picture.height() == pytest.approx(4 / 3, abs=0.02)
    assert last.width() >= 0.2 * width


def test_everything_to_use_has_a_name_and_a_tooltip(panel):
    for kind in (QPushButton, LatentSlider, ValueField):
        for widget in panel.findChildren(kind):
            assert widget.objectName() and widget.accessibleName() and widget.toolTip()
