"""Three views of one history: what they show is what was measured, in the unit that is chosen."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.training.curves import LossCurves
from explorer.training.history import ComparedRun
from explorer.training.kl_scale import share
from explorer.training.units import FRAME_VALUES, UNITS
from models.objective import calibrated_nll
from tests.explorer.curve_runs import LATENTS, leave, point, whole_run


@pytest.fixture
def curves(qtbot):
    curves = LossCurves(LATENTS)
    qtbot.addWidget(curves)
    curves.resize(330, 420)
    with qtbot.waitActive(curves):
        curves.show()
    return curves


def compared(name: str, seed: int) -> ComparedRun:
    steps, recon_loss, kl, tests, held_out, held_out_kl = whole_run(1000, seed)
    kl, held_out_kl = kl.sum(axis=1), held_out_kl.sum(axis=1)
    return ComparedRun(name, steps, recon_loss, kl, tests, held_out, held_out_kl)


def choose_unit(curves, name: str) -> None:
    curves.unitCombo.setCurrentIndex([unit.name for unit in UNITS].index(name))


# --- units ---------------------------------------------------------------------------------------


def test_every_unit_against_an_independent_likelihood():
    error = torch.randn(3, 60, 80, generator=torch.Generator().manual_seed(0)).double() * 0.1
    sse, mse = float(error.square().sum()), float(error.square().mean())
    normal = torch.distributions.Normal(0.0, math.sqrt(mse))
    nats = -float(normal.log_prob(error).sum())
    of = {unit.name: float(unit.of(np.array(sse), FRAME_VALUES)) for unit in UNITS}
    assert of["SSE / image"] == sse
    assert of["MSE / value"] == pytest.approx(mse)
    assert of["PSNR, dB"] == pytest.approx(-20 * math.log10(math.sqrt(mse)))
    assert of["nats / image"] == pytest.approx(nats)
    # The density of 8-bit levels, 1/256 wide each.
    levels = -float((normal.log_prob(error) - math.log(256)).mean()) / math.log(2)
    assert of["bits / dim"] == pytest.approx(levels)


def test_the_nats_are_those_of_the_objective():
    sse = torch.tensor(17.0)
    unit = next(unit for unit in UNITS if unit.name == "nats / image")
    told = calibrated_nll(sse, FRAME_VALUES)
    assert float(unit.of(np.array(17.0), FRAME_VALUES)) == pytest.approx(float(told), rel=1e-5)


def test_a_unit_is_that_of_both_curves_the_label_and_the_axis(curves):
    curves.load(*whole_run())
    choose_unit(curves, "PSNR, dB")
    _, _, _, _, held_out, _ = whole_run()
    _, values = curves.reconPlot.heldOut.getOriginalDataset()
    assert values == pytest.approx(-10 * np.log10(held_out / FRAME_VALUES))
    assert f"{values[-1]:.1f}" in curves.reconLabel.fullText()
    low, high = curves.reconPlot.getPlotItem().viewRange()[1]
    assert low < values.min() and values.max() < high
    curves.setValues(64 * 64 * 3)
    _, values = curves.reconPlot.heldOut.getOriginalDataset()
    assert values == pytest.approx(-10 * np.log10(held_out / (64 * 64 * 3)))


def test_a_logarithmic_axis_is_offered_where_it_makes_sense_and_comes_back(curves):
    curves.load(*whole_run())
    assert curves.reconPlot.isLog()
    choose_unit(curves, "nats / image")
    assert not curves.logButton.isEnabled() and not curves.reconPlot.isLog()
    drawn = curves.reconPlot.training.getData()[1]
    assert drawn.max() < 0, "the density of a sharp Gaussian"
    choose_unit(curves, "MSE / value")
    assert curves.logButton.isEnabled() and curves.reconPlot.isLog()


# --- smoothing -----------------------------------------------------------------------------------


def test_smoothing_draws_means_and_leaves_the_batches_faintly_there(curves):
    taken, recon_loss, *rest = whole_run()
    curves.load(taken, recon_loss, *rest)
    curves.smoothingCombo.setCurrentText("~ 100")
    assert curves.reconPlot.smoothed.isVisible() and curves.reconPlot.training.isVisible()
    steps, drawn = curves.reconPlot.smoothed.getData()
    for step, value in list(zip(steps, drawn, strict=True))[50::40]:
        end = int(step)
        assert 10**value == pytest.approx(recon_loss[max(0, end - 100) : end].mean())
    more = np.arange(2001, 2011)
    curves.append(more, np.full(10, 500.0), np.full((10, LATENTS), 0.5))
    curves.redraw()
    newest = 10 ** curves.reconPlot.smoothed.getData()[1][-1]
    assert newest == pytest.approx(np.concatenate([recon_loss[-90:], np.full(10, 500.0)]).mean())
    curves.smoothingCombo.setCurrentText("~ off")
    assert not curves.reconPlot.smoothed.isVisible()


# --- the crosshair -------------------------------------------------------------------------------


def test_one_crosshair_reads_every_curve_at_a_step(curves):
    taken, recon_loss, kl, tests, held_out, held_out_kl = whole_run()
    marks = [(1200.0, "beta 1 → 2"), (1202.0, "free bits 0 → 0.1")]
    curves.load(taken, recon_loss, kl, tests, held_out, held_out_kl, marks)
    point(curves.klPlot, 1201.2, 10.0)
    assert curves.reconPlot.crosshair() == curves.klPlot.crosshair()
    step = int(curves.klPlot.crosshair())
    assert abs(step - 1201) <= 5  # a pixel is seven steps wide
    read = curves.reconLabel.fullText()
    assert f"batch {recon_loss[step - 1]:.1f}" in read
    assert f"held out {held_out[step // 100 - 1]:.1f}" in read
    read = curves.klLabel.fullText()
    assert f"batch {kl[step - 1].sum():.1f}" in read
    assert f"held out {held_out_kl[step // 100 - 1].sum():.2f}" in read
    assert "active 32" in read
    assert "beta 1 → 2 · free bits 0 → 0.1" in curves.legend.text()
    leave(curves.klPlot)
    assert curves.klPlot.crosshair() is None
    assert "batch" not in curves.reconLabel.fullText()


# --- marks and lines -----------------------------------------------------------------------------


def test_labels_of_many_marks_do_not_overlap_and_the_newest_are_written(curves):
    marks = [(float(10 * index), f"beta {index} → {index + 1}") for index in range(1, 150)]
    curves.load(*whole_run(), marks)
    written = curves.klPlot.writtenMarks()
    assert written[0] == "beta 149 → 150" and 3 <= len(written) < 20
    places = [place for place, _ in curves.klPlot._marks.labels()]
    for index, place in enumerate(places):
        assert not any(place.intersects(other) for other in places[:index])
    assert curves.klPlot.marks() == marks


def test_floors_and_capacity_are_lines_within_the_view(curves):
    curves.load(*whole_run())
    curves.setFloors(0.25, 30.0, 50.0)
    curves.redraw()
    lines = {name: curves.klPlot.floor(name) for name in ("free bits", "KL floor", "capacity")}
    assert lines == {"free bits": 8.0, "KL floor": 30.0, "capacity": 50.0}
    assert curves.klPlot.getPlotItem().viewRange()[1][1] > 50
    curves.setFreeBits(0.0)
    assert curves.klPlot.floor() is None and curves.klPlot.floor("capacity") == 50.0
    curves.setFloors(0.0)
    assert curves.klPlot.floors() == []


# --- the switch ----------------------------------------------------------------------------------


def test_the_switch_works_by_mouse_and_by_arrow_keys(curves, qtbot):
    curves.load(*whole_run())
    views = {name: curves.findChild(object, name) for name in ("lossView", "latentsView")}
    qtbot.mouseClick(views["latentsView"], Qt.MouseButton.LeftButton)
    assert curves.latents.isVisible() and not curves.reconPlot.isVisible()
    views["latentsView"].setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(views["latentsView"], Qt.Key.Key_Right)
    assert curves.rateDistortion.isVisible()
    assert curves.unitCombo.isVisible(), "the unit is also that of the distortion"
    qtbot.mouseClick(views["lossView"], Qt.MouseButton.LeftButton)
    assert curves.reconPlot.isVisible()


def test_a_view_catches_up_when_it_is_chosen(curves):
    curves.append(*whole_run()[:3])
    curves.redraw()
    assert len(curves.latents.columns()) == 0
    curves.showView("latentsView")
    assert len(curves.latents.columns()) > 100
    curves.append(np.arange(2001, 2101), np.ones(100), np.full((100, LATENTS), 3.0))
    curves.redraw()
    assert curves.latents.columns()[-1] == pytest.approx(np.full(LATENTS, 3.0))


# --- latents -------------------------------------------------------------------------------------


def test_the_map_holds_the_mean_of_each_latent_and_the_count_of_the_active(curves):
    kl = np.zeros((3000, LATENTS), np.float32)
    kl[1500:, 7] = 2.0  # comes alive half way
    kl[:750, 9] = 0.5  # dies after a quarter
    curves.append(np.arange(1, 3001), np.full(3000, 20.0), kl)
    curves.showView("latentsView")
    columns = curves.latents.columns()
    middle = len(columns) // 2
    assert columns[: middle - 4, 7].max() == 0 and columns[middle + 4 :, 7].min() == 2.0
    assert columns[: middle // 2 - 4, 9].min() == 0.5 and columns[middle // 2 + 4 :, 9].max() == 0
    assert columns.sum() / len(columns) == pytest.approx(kl.sum() / 3000, rel=0.02)
    _, active = curves.latents._active.getData()
    assert (active[0], active[middle - 8], active[-1]) == (1, 0, 1)


def test_pointing_at_the_map_tells_latent_step_and_nats(curves):
    taken, recon_loss, kl, *rest = whole_run()
    kl[:, 5] = 1.25
    curves.load(taken, recon_loss, kl, *rest)
    curves.showView("latentsView")
    point(curves.latents.map, 1000.0, 5.5)
    told = curves.latents.caption.fullText()
    assert told.startswith("z05 at step ") and told.endswith(": 1.25 nats")
    assert curves.latents.active.crosshair() == curves.latents.map.crosshair()
    leave(curves.latents.map)
    assert "z05" not in curves.latents.caption.fullText()


def test_the_colours_rise_and_an_active_latent_has_one():
    kl = np.array([0.0, 0.05, 0.1, 0.5, 1.0, 4.0, 9.0])
    shares = share(kl)
    assert shares[0] == 0 and shares[2] == pytest.approx(0.3) and shares[-1] == shares[-2] == 1
    assert (np.diff(shares[:-1]) > 0).all()


# --- rate against distortion ---------------------------------------------------------------------


def test_the_point_is_the_newest_test_and_the_trail_all_of_them(curves):
    *_, held_out, held_out_kl = whole_run()
    curves.load(*whole_run())
    curves.showView("rateDistortionView")
    rates = held_out_kl.sum(axis=1)
    [x], [y] = curves.rateDistortion.newest.getData()
    assert (10**x, 10**y) == pytest.approx((rates[-1], held_out[-1]), rel=1e-5)
    choose_unit(curves, "bits / dim")
    [x], [y] = curves.rateDistortion.newest.getData()
    assert x == pytest.approx(rates[-1], rel=1e-5), "no longer logarithmic"
    across, up = curves.rateDistortion.plot.getPlotItem().viewRange()
    assert across[0] < x < across[1] and up[0] < y < up[1]
    point(curves.rateDistortion.plot, x, y)
    assert "step 2" in curves.legend.text() and f"{y:.2f} bits / dim" in curves.legend.text()


# --- comparing -----------------------------------------------------------------------------------


def test_compared_runs_are_drawn_named_and_taken_away_again(curves):
    curves.load(*whole_run())
    drawn = len(curves.reconPlot.getPlotItem().items)
    curves.setCompared([compared("<b>muon</b>", 1), compared("adam", 2)])
    assert curves.legend.runs() == ("<b>muon</b>", "adam")
    assert "<b>" not in curves.legend.toolTip()
    assert len(curves.reconPlot.getPlotItem().items) == drawn + 2
    colors = {curve.opts["pen"].color().name() for curve, *_ in curves.klPlot._compared}
    assert len(colors) == 2
    curves.showView("rateDistortionView")
    curves.setCompared([])
    curves.showView("lossView")
    assert len(curves.reconPlot.getPlotItem().items) == drawn
    assert curves.legend.runs() == ()


# --- keeping -------------------------------------------------------------------------------------


def test_a_record_brings_the_whole_history_back(curves, qtbot):
    curves.load(*whole_run(), [(70.0, "beta 1 → 2")])
    record = curves.record()
    curves.append(np.arange(50, 60), np.zeros(10), np.zeros((10, LATENTS)))
    assert record.recon_loss[55] > 0, "later batches leave it as it is"
    other = LossCurves(8)
    qtbot.addWidget(other)
    other.load(*record)
    assert other.step() == 2000 and other.klPlot.marks() == [(70.0, "beta 1 → 2")]
    for old, new in zip(record, other.record(), strict=True):
        assert np.array_equal(old, new)


def test_the_picture_is_the_view_at_twice_its_size(curves):
    curves.load(*whole_run())
    curves.grab()  # all is laid out
    picture = curves.picture()
    assert picture.shape[1] == 2 * curves.width() and picture.dtype == np.uint8
    top = 2 * curves.reconPlot.mapTo(curves._drawn, QPoint(0, 0)).y()
    plot = picture[top : top + 2 * curves.reconPlot.height()]
    assert len(np.unique(plot.reshape(-1, 3), axis=0)) > 8, "there are curves in it"


@pytest.mark.parametrize("unit", [unit.name for unit in UNITS])
@pytest.mark.parametrize("view", ["lossView", "latentsView", "rateDistortionView"])
def test_nothing_measured_is_drawn_in_no_unit_at_all(curves, view, unit):
    curves.showView(view)
    choose_unit(curves, unit)
    curves.clear()
    curves.redraw()


def test_a_model_of_as_many_values_leaves_the_view_where_it_is(curves):
    curves.load(*whole_run())
    zoomed = curves.reconPlot.getPlotItem().getViewBox()
    zoomed.setXRange(100, 200, padding=0)
    zoomed.sigRangeChangedManually.emit([True, False])
    curves.setValues(FRAME_VALUES)
    curves.redraw()
    assert zoomed.viewRange()[0] == [100, 200]
    curves.setValues(64 * 64 * 3)
    assert curves.controls.look().values == 64 * 64 * 3
