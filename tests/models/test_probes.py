"""Which quantities are probed, on which frames, and what is told of them."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from models.dataset import Frames
from models.errors import InputError
from models.probes import CLEAR_R2, MOST_FRAMES, QUANTITIES, fit_all, sampled
from models.shards import Columns
from tests.telemetry import telemetry

NAMES = [quantity.name for quantity in QUANTITIES]


@pytest.fixture
def told():
    """What was known of 600 steps of 12 drives, at random; a third of it off the road."""
    rng = np.random.default_rng(1)
    return [
        telemetry(
            51 + k,
            speed=float(rng.uniform(0, 60)),
            yaw_rate=float(rng.normal()),
            steering=float(rng.normal()),
            offset=float(rng.normal()),
            heading_error=float(rng.uniform(-1.5, 1.5)),
            curvature=tuple(rng.normal(size=3).tolist()),
            wheels_on_grass=int(rng.choice(5)),
        )
        for k in range(600)
    ]


@pytest.fixture
def columns(told):
    return Columns.of([(k // 50, one, 7) for k, one in enumerate(told)])


@pytest.fixture
def on_road(columns):
    return (columns.wheels_on_grass < 4) & (abs(columns.heading_error) <= np.pi / 4)


def of(probes, name):
    return probes.fitted[NAMES.index(name)]


def test_a_step_tells_what_the_columns_tell_of_its_frame(told, columns, on_road):
    for quantity in QUANTITIES:
        each = [float(quantity.of(one)) for one in told]
        assert quantity.of(columns) == pytest.approx(each, rel=1e-6)
        seen = quantity.is_visible(columns)
        assert seen.tolist() == [bool(quantity.is_visible(one)) for one in told]
        assert seen.tolist() == (on_road | (quantity.kind != "road")).tolist()
    assert [float(QUANTITIES[k].of(told[0])) for k in (2, 3, 4)] == list(told[0].curvature)


def test_each_is_found_in_the_latent_that_holds_it(columns, on_road):
    rng = np.random.default_rng(2)
    mu = rng.normal(size=(600, len(QUANTITIES) + 2)).astype(np.float32)
    for k, quantity in enumerate(QUANTITIES[:-1]):  # the last is in none
        mu[:, k] = 0.5 * quantity.of(columns) + 3
    # Where the picture does not show the road, its latents say anything.
    mu[~on_road, :5] = rng.normal(size=(int((~on_road).sum()), 5))
    probes = fit_all(mu, columns, "drives")
    assert (probes.frames, probes.episodes, probes.name) == (600, 12, "drives")
    for k, (quantity, probe, frames, low, high, _) in enumerate(probes.fitted[:-1]):
        assert probe.name == quantity.name
        assert frames == (on_road.sum() if quantity.kind == "road" else 600)
        assert probe.r2 > 0.99
        assert probe.weights[k] == pytest.approx(2, abs=0.05)
        assert int(probe.r2_alone.argmax()) == k
        assert low < high and (low == -high or low >= 0)
        meaning = f"{quantity.name}, R² {probe.r2_alone[k]:.2f}"
        assert probes.meanings()[k] == meaning and probe.r2_alone[k] > 0.99
    assert of(probes, "yaw rate").probe.r2 < CLEAR_R2
    assert probes.meanings()[-2:] == ["", ""]  # noise means nothing


def test_what_less_than_two_drives_show_is_not_fitted(columns):
    away = columns._replace(wheels_on_grass=np.where(columns.episode == 3, 0, 4))
    probes = fit_all(np.random.default_rng(0).normal(size=(600, 4)), away, "grass")
    assert [one.probe is None for one in probes.fitted] == [True] * 5 + [False] * 4
    assert len(probes.meanings()) == 4
    assert len(probes.csv().splitlines()) == 1 + 4


def test_of_several_tracks_whole_ones_are_left_out_and_what_never_varies_has_no_probe(columns):
    seed = columns.episode // 4  # three tracks, driven four times each
    rng = np.random.default_rng(3)
    mu = rng.normal(size=(600, 6)).astype(np.float32)
    mu[np.arange(600), seed] += 100  # tells the track and nothing else
    known = columns._replace(
        seed=seed,
        yaw_rate=(seed + 0.01 * rng.normal(size=600)).astype(np.float32),
        wheels_on_grass=np.zeros(600, int),
    )
    probes = fit_all(mu, known, "drives")
    assert probes.tracks == 3 and of(probes, "yaw rate").probe.r2 < CLEAR_R2
    grass = of(probes, "wheels on grass")
    assert (grass.probe, grass.why, grass.low, grass.high) == (None, "never varies", 0, 0)
    one = fit_all(mu, known._replace(seed=np.full(600, 7)), "drives")
    assert one.tracks == 1 and of(one, "yaw rate").probe.r2 > 0.9


def test_the_copied_table_reads_as_the_probes_do(columns):
    mu = np.random.default_rng(0).normal(size=(600, 3))
    mu[:, 1] += columns.speed
    probes = fit_all(mu, columns, "drives")
    rows = list(csv.DictReader(probes.csv().splitlines()))
    assert [row["quantity"] for row in rows] == NAMES
    row, probe = rows[NAMES.index("speed")], of(probes, "speed").probe
    weights = [float(row[f"weight_{i:02d}"]) for i in range(3)]
    assert mu @ weights + float(row["bias"]) == pytest.approx(probe.read(mu), rel=1e-6)
    assert float(row["r2"]) == pytest.approx(probe.r2)
    assert float(row["r2_alone_01"]) == pytest.approx(probe.r2_alone[1])
    assert (row["unit"], row["frames"]) == ("m/s", "600")


def test_some_thousand_frames_are_enough():
    blank = np.zeros((1, 60, 80, 3), np.uint8)
    many = np.broadcast_to(blank, (5000, 60, 80, 3))
    told = telemetry(60)
    columns = Columns.of([(k // 100, told, 1) for k in range(5000)])
    chosen = sampled(Frames([many], columns.episode, columns=columns))
    assert len(chosen) == MOST_FRAMES
    assert len(np.unique(columns.episode[chosen])) == 50


def test_frames_that_can_teach_nothing_are_refused_with_a_sentence(some, columns):
    columns = columns.take(np.arange(6))
    with pytest.raises(InputError, match="bring no telemetry: record a drive or collect frames"):
        sampled(Frames([some], name="holiday"))
    with pytest.raises(InputError, match="holiday: is one single episode"):
        sampled(Frames([some], columns.episode, name="holiday", columns=columns))
