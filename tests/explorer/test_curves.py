"""The curves hold the history they were given, draw all of it, and stay where they are put."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from explorer.training.curves import LossCurves
from explorer.training.history import LossSeries
from explorer.widgets.theme import DARK, LIGHT

LATENTS = 32


@pytest.fixture
def curves(qtbot):
    curves = LossCurves(LATENTS)
    qtbot.addWidget(curves)
    curves.resize(340, 400)
    with qtbot.waitExposed(curves):
        curves.show()
    return curves


def records(first: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps, reconstruction losses and KLs in which every number tells its step and latent."""
    steps = np.arange(first, first + count)
    latents = np.arange(LATENTS, dtype=np.float32)
    return steps, 10.0 + steps / 7, (steps[:, None] % 50 / 100 + latents / 1000).astype(np.float32)


def held(plot, which):
    x, y = getattr(plot, which).getOriginalDataset()
    return np.array([]) if x is None else x, np.array([]) if y is None else y


def test_the_curves_hold_what_was_appended(curves):
    first, second = records(1, 30), records(31, 12)
    curves.append(*first)
    curves.append(*second)
    curves.redraw()
    steps, recon_loss = held(curves.reconPlot, "training")
    assert np.array_equal(steps, np.arange(1, 43))
    assert np.allclose(recon_loss, np.concatenate([first[1], second[1]]))
    steps, kl = held(curves.klPlot, "training")
    assert np.array_equal(steps, np.arange(1, 43))
    assert np.allclose(kl, np.concatenate([first[2], second[2]]).sum(axis=1), rtol=1e-6)


def test_appending_draws_nothing_before_redraw(curves):
    curves.append(*records(1, 5))
    curves.appendHeldOut(5, 12.0, np.full(LATENTS, 0.5))
    for plot in (curves.reconPlot, curves.klPlot):
        for drawn in (plot.training, plot.heldOut):
            assert drawn.getData()[0] is None or len(drawn.getData()[0]) == 0


def test_redraw_sets_each_curve_once_and_nothing_new_sets_none(curves):
    drawn = []
    for plot in (curves.reconPlot, curves.klPlot):
        plot.training.sigPlotChanged.connect(drawn.append)
        plot.heldOut.sigPlotChanged.connect(drawn.append)
    for step in range(1, 100, 3):
        curves.append(*records(step, 3))
    curves.redraw()
    assert len(drawn) == 4
    curves.redraw()
    assert len(drawn) == 4


def test_held_out_frames_are_a_curve_of_their_own(curves):
    curves.append(*records(1, 100))
    curves.appendHeldOut(50, 40.0, np.full(LATENTS, 0.5))
    curves.appendHeldOut(100, 30.0, np.full(LATENTS, 0.25))
    curves.redraw()
    assert len(held(curves.reconPlot, "training")[0]) == 100
    steps, recon_loss = held(curves.reconPlot, "heldOut")
    assert steps.tolist() == [50, 100]
    assert recon_loss.tolist() == [40.0, 30.0]
    assert held(curves.klPlot, "heldOut")[1].tolist() == [16.0, 8.0]
    assert "30.0" in curves.reconLabel.fullText(), "the label names the bold line's value"


def test_a_hundred_thousand_steps_survive_the_doubling(curves):
    steps, recon_loss, kl = records(1, 100_000)
    sizes = [1, 1022, 1, 1, 3000, 95_000, 975]
    start = 0
    for size in sizes:
        part = slice(start, start + size)
        curves.append(steps[part], recon_loss[part], kl[part])
        curves.redraw()
        assert np.array_equal(held(curves.reconPlot, "training")[0], steps[: start + size])
        start += size
    assert start == 100_000
    assert np.array_equal(held(curves.reconPlot, "training")[1], recon_loss)
    assert np.allclose(held(curves.klPlot, "training")[1], kl.sum(axis=1), rtol=1e-6)


def test_what_is_painted_of_a_long_run_is_few_points_with_its_peaks(curves):
    steps, recon_loss, kl = records(1, 100_000)
    recon_loss = np.full(100_000, 20.0)
    recon_loss[77_777] = 900.0
    curves.append(steps, recon_loss, kl)
    curves.redraw()
    x, y = curves.reconPlot.training.getData()
    assert len(x) < 4 * curves.width()
    assert y.max() == pytest.approx(np.log10(900.0))


def test_steps_that_come_again_replace_what_was_there(curves):
    curves.append(*records(1, 100))
    curves.appendHeldOut(40, 9.0, np.full(LATENTS, 0.5))
    curves.appendHeldOut(90, 8.0, np.full(LATENTS, 0.5))
    curves.mark("beta 1 → 2")
    curves.redraw()
    before = held(curves.reconPlot, "training")[1]
    copy = before.copy()
    steps, recon_loss, kl = records(61, 10)
    curves.append(steps, recon_loss + 500, kl)
    assert np.array_equal(before, copy), "what is on show must not change under the plot"
    curves.redraw()
    steps, recon_loss = held(curves.reconPlot, "training")
    assert np.array_equal(steps, np.arange(1, 71))
    assert recon_loss[59] < 500 < recon_loss[60]
    assert held(curves.reconPlot, "heldOut")[0].tolist() == [40]
    assert curves.klPlot.marks() == []


def test_the_csv_gives_back_every_number(curves):
    curves.append(*records(1, 50))
    curves.appendHeldOut(25, 33.25, np.full(LATENTS, 0.5))
    curves.appendHeldOut(60, 31.5, np.full(LATENTS, 0.25))
    rows = list(csv.DictReader(io.StringIO(curves.csv())))
    names = ["step", "recon_loss", "kl", "held_out_recon_loss", "held_out_kl"]
    assert list(rows[0]) == names + [f"kl_{index:02d}" for index in range(LATENTS)]
    assert [int(row["step"]) for row in rows] == [*range(1, 51), 60]
    _, recon_loss, kl = records(1, 50)
    assert np.allclose([float(row["recon_loss"]) for row in rows[:50]], recon_loss, rtol=1e-8)
    per_latent = [[row[f"kl_{i:02d}"] for i in range(LATENTS)] for row in rows[:50]]
    assert np.array_equal(np.array(per_latent, dtype=np.float32), kl)
    assert np.allclose([float(row["kl"]) for row in rows[:50]], kl.sum(axis=1), rtol=1e-6)
    assert (rows[24]["held_out_recon_loss"], rows[24]["held_out_kl"]) == ("33.25", "16")
    assert rows[23]["held_out_recon_loss"] == ""
    assert rows[50]["recon_loss"] == "" and rows[50]["kl_31"] == ""
    assert rows[50]["held_out_recon_loss"] == "31.5"


def test_the_export_menu_asks_once_there_is_something_to_save(curves, qtbot):
    assert not curves.exportButton.isEnabled()
    curves.append(*records(1, 3))
    curves.redraw()
    assert curves.exportButton.isEnabled()
    asked = []
    wishes = (curves.csvRequested, curves.pngRequested, curves.tensorboardRequested)
    for wish, action in zip(wishes, curves.exportButton.menu().actions(), strict=True):
        wish.connect(lambda action=action: asked.append(action.text()))
        action.trigger()
    assert asked == ["CSV…", "PNG…", "TensorBoard…"]


def test_a_unit_is_active_above_a_tenth_of_a_nat_on_average(curves):
    kl = np.zeros((400, LATENTS), np.float32)
    kl[:, :5] = 0.11
    kl[:, 5:9] = 0.09
    kl[-1, 9] = 3.0  # one wild batch makes no unit active
    curves.append(np.arange(1, 401), np.full(400, 20.0), kl)
    curves.redraw()
    assert "active 5 / 32" in curves.klLabel.fullText()


def test_labels_say_name_and_value_and_the_unit_stands_beside_them(curves):
    curves.append(np.arange(1, 11), np.full(10, 14.6), np.full((10, LATENTS), 0.5))
    curves.redraw()
    assert curves.reconLabel.fullText() == "— reconstruction  14.6"
    assert curves.unitCombo.currentText() == "SSE / image"
    assert curves.klLabel.fullText() == "- - KL, nats / image  16.0   active 32 / 32"


def test_a_mark_stands_at_the_step_in_both_plots(curves):
    curves.append(*records(1, 120))
    curves.mark("beta 0.5 → 2")
    curves.append(*records(121, 30))
    curves.redraw()
    assert curves.klPlot.marks() == [(121, "beta 0.5 → 2")]
    assert [step for step, _ in curves.reconPlot.marks()] == [121]


def test_clear_forgets_the_run(curves):
    curves.append(*records(1, 120))
    curves.appendHeldOut(100, 9.0, np.full(LATENTS, 0.5))
    curves.mark("beta 0.5 → 2")
    curves.redraw()
    curves.clear()
    for plot in (curves.reconPlot, curves.klPlot):
        assert len(held(plot, "training")[0]) == len(held(plot, "heldOut")[0]) == 0
        assert plot.marks() == []
    assert curves.step() == 0
    assert curves.csv().count("\n") == 1
    assert not curves.exportButton.isEnabled()


def test_the_free_bits_floor_is_that_of_an_image(curves):
    assert curves.klPlot.floor() is None
    curves.setFreeBits(0.25)
    assert curves.klPlot.floor() == 8.0
    curves.append(np.array([1, 2]), np.array([9.0, 8.0]), np.full((2, LATENTS), 0.01))
    curves.redraw()
    bottom, top = curves.klPlot.getPlotItem().viewRange()[1]
    assert bottom <= 0.32 and top >= 8.0
    curves.setFreeBits(0.0)
    assert curves.klPlot.floor() is None


def test_log_scale_is_a_switch_for_the_reconstruction_alone(curves, qtbot):
    curves.append(*records(1, 1000))
    curves.redraw()
    assert curves.reconPlot.isLog() and not curves.klPlot.isLog()
    assert curves.reconPlot.getPlotItem().viewRange()[1][1] < 4
    qtbot.mouseClick(curves.logButton, Qt.MouseButton.LeftButton)
    assert not curves.reconPlot.isLog()
    low, high = curves.reconPlot.getPlotItem().viewRange()[1]
    assert low < 18 and high > 150


def test_the_first_fall_does_not_flatten_the_rest(curves, qtbot):
    qtbot.mouseClick(curves.logButton, Qt.MouseButton.LeftButton)
    recon_loss = np.full(2000, 20.0) + np.linspace(2, 0, 2000)
    recon_loss[:50] = 1500.0
    curves.append(np.arange(1, 2001), recon_loss, np.full((2000, LATENTS), 0.5))
    curves.redraw()
    assert curves.reconPlot.getPlotItem().viewRange()[1][1] < 30


def test_the_scale_keeps_still_while_losses_tremble(curves):
    random = np.random.default_rng(0)
    ranges = set()
    for start in range(1, 4001, 100):
        steps = np.arange(start, start + 100)
        recon_loss = 20 + random.normal(0, 1, 100)
        curves.append(steps, recon_loss, np.full((100, LATENTS), 0.5))
        curves.redraw()
        if start > 1000:
            ranges.add(tuple(curves.reconPlot.getPlotItem().viewRange()[1]))
    assert len(ranges) <= 3


def wheel(plot) -> None:
    viewport = plot.viewport()
    position = QPointF(viewport.rect().center())
    QApplication.sendEvent(
        viewport,
        QWheelEvent(
            position,
            QPointF(viewport.mapToGlobal(position.toPoint())),
            QPoint(),
            QPoint(0, 480),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def test_a_zoom_stays_while_the_run_goes_on_and_a_double_click_ends_it(curves):
    curves.append(*records(1, 1000))
    curves.redraw()
    view = curves.klPlot.getPlotItem()
    assert view.viewRange()[0] == pytest.approx([1, 1000], abs=4)
    wheel(curves.klPlot)
    zoomed = view.viewRange()
    assert zoomed[0][1] - zoomed[0][0] < 900
    curves.append(*records(1001, 1000))
    curves.redraw()
    assert view.viewRange() == zoomed
    assert curves.reconPlot.getPlotItem().viewRange()[0] == pytest.approx(zoomed[0], abs=4)
    viewport = curves.klPlot.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=viewport.rect().center())
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=viewport.rect().center())
    # The link between the plots goes by pixels, of which one is seven steps here.
    assert view.viewRange()[0] == pytest.approx([1, 2000], abs=8)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_plots_follow_the_theme(curves, theme):
    palette = QPalette(curves.palette())
    palette.setColor(QPalette.ColorRole.Window, QColor(theme.window))
    curves.setPalette(palette)
    assert curves.reconPlot.backgroundBrush().color().name() == theme.well
    assert curves.reconPlot.heldOut.opts["pen"].color().name() == theme.recon
    assert curves.klPlot.heldOut.opts["pen"].color().name() == theme.kl
    assert curves.klPlot.heldOut.opts["pen"].style() == Qt.PenStyle.DashLine
    assert curves.klLabel.palette().windowText().color().name() == theme.kl


def test_nothing_appended_is_nothing_drawn(curves):
    curves.append(np.empty(0), np.empty(0), np.empty((0, LATENTS)))
    curves.redraw()
    assert curves.step() == 0
    assert len(held(curves.reconPlot, "training")[0]) == 0


def test_a_series_means_over_its_newest_records_only():
    series = LossSeries(2, smoothing=4)
    series.append(np.arange(1, 9), np.array([9.0] * 4 + [1, 2, 3, 4]), np.ones((8, 2)))
    assert series.recent_recon_loss() == 2.5
    assert series.recent_kl() == 2.0
