"""The figure of an evaluation, looked at pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models import plot
from models.dataset import Frames
from models.evaluate import evaluate
from models.history import History, Point
from models.sheet import HEADING, MARGIN, WIDTH, Section, Sheet


@pytest.fixture
def drawn(tmp_path):
    """Draws sections; gives the picture, (H, W, 3) uint8."""

    def draw(*sections):
        path = tmp_path / "drawn.png"
        Sheet(list(sections)).save(path)
        with Image.open(path) as image:
            assert image.format == "PNG"
            return np.asarray(image.convert("RGB"))

    return draw


@pytest.fixture
def found(vae, pictures):
    return evaluate(vae, Frames([pictures[::10]]))


def holds(picture, part):
    """Whether `part` stands somewhere in `picture`, value for value."""
    height, width, _ = part.shape
    corners = np.argwhere((picture == part[0, 0]).all(2))
    return any(
        np.array_equal(picture[top, left : left + width], part[0])
        and np.array_equal(picture[top : top + height, left : left + width], part)
        for top, left in corners
    )


def enlarged(picture):
    return picture.repeat(2, 0).repeat(2, 1)  # 80 pixels to about PICTURE_WIDTH


def test_sections_stand_under_one_another(drawn):
    heights = []
    sections = [Section(f"s{k}", "", 30 + k, lambda _, top: heights.append(top)) for k in range(3)]
    picture = drawn(*sections)
    assert picture.shape == (3 * HEADING + 30 + 31 + 32 + MARGIN, WIDTH, 3)
    assert heights == [HEADING, 2 * HEADING + 30, 3 * HEADING + 61]
    assert (picture[0] == 255).all() and (picture[:HEADING] < 128).any()  # a heading on white


def test_a_picture_is_drawn_value_for_value(drawn, some):
    def draw(sheet, top):
        sheet.picture(100, top, some[0], 3)

    picture = drawn(Section("", "", 180, draw))
    expected = some[0].repeat(3, 0).repeat(3, 1)
    np.testing.assert_array_equal(picture[HEADING : HEADING + 180, 100:340], expected)


def test_frames_stand_above_their_reconstructions(drawn, vae, pictures):
    shown = pictures[::20]
    picture = drawn(plot.reconstructions(vae, shown))
    for frame, recon in zip(shown, vae.image(vae.posterior(shown).mu), strict=True):
        pair = [enlarged(frame), np.full((plot.GAP, 160, 3), 255, np.uint8), enlarged(recon)]
        assert holds(picture, np.concatenate(pair))


def test_prior_samples_are_those_of_the_prior(drawn, vae):
    picture = drawn(plot.prior_samples(vae, seed=3))
    z = np.random.default_rng(3).standard_normal((2 * plot.COLUMNS, 4))
    for sample in vae.image(z):
        assert holds(picture, enlarged(sample))


def test_a_traversal_runs_through_the_range_of_its_latent(drawn, vae, pictures, found):
    shown = pictures[::40]
    picture = drawn(plot.traversals(vae, shown, found.kl_per_latent, found.aggregate))
    posterior = vae.posterior(shown)
    z = posterior.mu[np.argsort(posterior.kl.sum(1))[2]].copy()
    top = found.kl_per_latent.argmax()
    levels = list(found.aggregate.levels)
    for level in (0.005, 0.995):
        z[top] = found.aggregate.quantiles[top, levels.index(level)]
        assert holds(picture, enlarged(vae.image(z)))


def test_bars_are_as_high_as_the_rates(drawn):
    kl = np.array([0.5, 2.0, 0.05, 1.0])
    picture = drawn(plot.rate(kl)).astype(int)
    blue = picture[..., 2] - picture[..., 0] > 100
    columns = np.flatnonzero(blue.sum(0) > 10)
    bars = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    heights = [blue[:, bar[len(bar) // 2]].sum() for bar in bars]
    assert len(bars) == 3  # the fourth latent is not active, and grey
    np.testing.assert_allclose(np.array(heights) / heights[0], [1, 0.5, 0.25], atol=0.03)


def test_the_density_between_quantiles_is_that_of_the_samples():
    grid = np.linspace(-1.8, 1.8, 37)
    levels = np.linspace(0.001, 0.999, 999)
    quantiles = np.quantile(np.random.default_rng(0).standard_normal(10**6), levels)
    expected = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)
    found = plot._density(grid, levels[::20], quantiles[::20])
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_the_overview_shows_everything(drawn, vae, pictures, found):
    frames = Frames([pictures[::10]])
    sections = plot.overview(vae, frames, found)
    titles = [section.title for section in sections]
    assert titles == [
        "Reconstructions",
        "Prior samples",
        "Traversals",
        "Aggregate posterior",
        "Rate per latent",
    ]
    picture = drawn(*sections)
    height = sum(HEADING + section.height for section in sections) + MARGIN
    assert picture.shape == (height, WIDTH, 3)
    top = 0
    for section in sections:
        below = picture[top + HEADING : top + HEADING + section.height]
        assert below.std() > 5, section.title
        top += HEADING + section.height


def test_curves_reach_from_the_first_image_to_the_last(drawn):
    points = [Point(s, 4 * s, 300 / s, 2.0 + s, 320 / s, 1.0 + s) for s in range(1, 200, 5)]
    picture = drawn(plot.curves(History(points=points))).astype(int)
    blue = picture[..., 2] - picture[..., 0] > 100
    assert (np.flatnonzero(blue.any(0))[[0, -1]] // 100).tolist() == [1, 14]


@pytest.mark.parametrize("count", [1, 3])
def test_few_frames_are_enough(drawn, vae, pictures, count):
    frames = Frames([pictures[:count]])
    drawn(*plot.overview(vae, frames, evaluate(vae, frames)))
