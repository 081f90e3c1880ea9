"""The frame recipe: which part of the surface is seen, and that its pixels are averages of areas.

Averages are checked against an integral image, read between its points at the pixels' edges.
"""

from __future__ import annotations

import numpy as np
import pygame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import frame

SURFACE = (1000, 800)
GREEN, RED = (0, 255, 0), (255, 0, 0)


def area_mean(image):
    """(H, W, 3) to the exact mean of what each of 60x80 pixels covers, float64."""
    for axis, count in ((0, 60), (1, 80)):
        sums = np.moveaxis(image, axis, 0).cumsum(0, dtype=float)
        integral = np.concatenate([np.zeros_like(sums[:1]), sums])
        edges = np.linspace(0, len(sums), count + 1)
        below = np.minimum(edges.astype(int), len(sums) - 1)
        inside = (edges - below)[:, None, None] * (integral[below + 1] - integral[below])
        mass = np.diff(integral[below] + inside, axis=0)
        image = np.moveaxis(mass * count / len(sums), 0, axis)
    return image


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def surface_of(pixels):
    """A surface showing (800, 1000, 3) pixels."""
    return pygame.surfarray.make_surface(pixels.swapaxes(0, 1))


@pytest.fixture
def blocks():
    """A surface of random blocks of 20x25 pixels, and its pixels."""
    pixels = np.kron(picture(40, 40), np.ones((20, 25, 1), np.uint8))
    return surface_of(pixels), pixels


def test_the_crop_is_centred_undistorted_and_without_the_indicator_bar():
    left, top, width, height = frame.CROP
    assert width / height == pytest.approx(80 / 60, rel=1e-3)
    assert left + width / 2 == pytest.approx(SURFACE[0] / 2, abs=1)
    assert top == 0 and height == SURFACE[1] - 5 * SURFACE[1] // 40  # the bar: 5 of 40 rows


def test_nothing_outside_the_crop_is_seen():
    surface = pygame.Surface(SURFACE)
    surface.fill(RED)
    surface.fill(GREEN, frame.CROP)
    red, green, blue = np.moveaxis(frame.from_surface(surface), 2, 0)
    assert not red.any() and not blue.any()
    assert (green > 250).all()


def test_all_of_the_crop_is_seen():
    edge = pygame.Surface(SURFACE)
    left, top, width, height = frame.CROP
    for spot in ((left, top), (left + width - 1, top), (left, top + height - 1)):
        edge.fill((0, 0, 0))
        edge.fill((255, 255, 255), (*spot, 1, 1))
        assert frame.view(edge, (width, height)).any()


def test_a_frame_stands_upright_in_rgb():
    surface = pygame.Surface(SURFACE)
    left, top, width, height = frame.CROP
    surface.fill((200, 0, 0), (left, top, width // 2, height // 2))
    surface.fill((0, 100, 0), (left + width // 2, top, width, height // 2))
    surface.fill((0, 0, 50), (left, top + height // 2, width // 2, height))
    seen = frame.from_surface(surface)
    assert seen[0, 0] == pytest.approx([200, 0, 0], abs=3)
    assert seen[0, -1] == pytest.approx([0, 100, 0], abs=3)
    assert seen[-1, 0] == pytest.approx([0, 0, 50], abs=3)
    assert not seen[-1, -1].any()


def test_a_frame_of_the_surface_is_the_mean_over_areas(blocks):
    surface, pixels = blocks
    left, top, width, height = frame.CROP
    exact = area_mean(pixels[top : top + height, left : left + width])
    seen = frame.from_surface(surface)
    assert seen.shape == frame.FRAME_SHAPE == (60, 80, 3)
    assert seen.dtype == np.uint8 and seen.flags.c_contiguous
    # pygame rounds down twice, so that all is up to three levels of 255 darker.
    assert (exact - seen).min() > -0.5 and (exact - seen).max() < 4
    assert np.std(exact - seen) < 1


def test_a_frame_does_not_follow_the_surface(blocks):
    surface, _ = blocks
    seen = frame.from_surface(surface)
    before = seen.copy()
    surface.fill(RED)
    np.testing.assert_array_equal(seen, before)


def test_the_view_at_the_crops_own_size_is_the_crop(blocks):
    surface, pixels = blocks
    left, top, width, height = frame.CROP
    view = frame.view(surface, (width, height))
    np.testing.assert_array_equal(view, pixels[top : top + height, left : left + width])


@pytest.mark.parametrize("size", [(640, 480), (1, 1), (1400, 1050), (333, 77)])
def test_the_view_has_the_size_that_is_asked_for(blocks, size):
    view = frame.view(blocks[0], size)
    assert view.shape == (size[1], size[0], 3)
    assert view.dtype == np.uint8 and view.flags.c_contiguous


def test_an_image_of_the_frames_size_stays_as_it_is():
    image = picture(60, 80)
    np.testing.assert_array_equal(frame.from_image(image), image)


def test_an_image_of_whole_multiples_becomes_the_means_of_its_blocks():
    image = picture(180, 320)
    means = image.reshape(60, 3, 80, 4, 3).mean((1, 3))
    np.testing.assert_array_equal(frame.from_image(image), np.floor(means + 0.5))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(height=st.integers(1, 200), width=st.integers(1, 200), seed=st.integers(0, 99))
def test_an_image_of_any_size_becomes_the_means_of_areas(height, width, seed):
    image = picture(height, width, seed)
    small = frame.from_image(image)
    assert small.shape == (60, 80, 3) and small.dtype == np.uint8
    assert np.abs(small - area_mean(image)).max() < 0.501


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    color=st.tuples(*[st.integers(0, 255)] * 3),
)
def test_an_image_of_one_colour_keeps_it(height, width, color):
    image = np.full((height, width, 3), color, np.uint8)
    assert (frame.from_image(image) == color).all()


# The recipe of World Models


def test_a_world_models_frame_leaves_the_indicator_bar_out_and_nothing_else():
    surface = pygame.Surface(SURFACE)
    surface.fill(GREEN)
    surface.fill(RED, (0, 700, 1000, 100))
    red, green, blue = np.moveaxis(frame.world_models_from_surface(surface), 2, 0)
    assert not red.any() and not blue.any() and (green > 250).all()
    for spot in ((0, 0), (980, 0), (0, 680), (980, 680)):
        surface.fill((0, 0, 0))
        surface.fill((255, 255, 255), (*spot, 20, 20))
        assert frame.world_models_from_surface(surface).any()


def test_a_world_models_frame_is_84_rows_of_96_by_a_triangle_filter(blocks):
    surface, pixels = blocks
    tall, wide = area_weights(800, 96)[:84], area_weights(1000, 96)
    image = np.einsum("rh,hwc,kw->rkc", tall, pixels.astype(float), wide, optimize=True)
    rows, columns = triangle_weights(84, 64), triangle_weights(96, 64)
    expected = np.einsum("rh,hwc,kw->rkc", rows, image, columns)
    seen = frame.world_models_from_surface(surface)
    assert seen.shape == (64, 64, 3) and seen.dtype == np.uint8 and seen.flags.c_contiguous
    # pygame rounds down twice, so that all is up to three levels of 255 darker.
    assert (expected - seen).min() > -1.1 and (expected - seen).max() < 4.5


def area_weights(source, target):
    """(target, source): the share of each target cell that each source cell covers."""
    fine = np.arange(source * target)
    weights = np.zeros((target, source))
    np.add.at(weights, (fine // source, fine // target), 1 / source)
    return weights


def triangle_weights(source, target):
    """(target, source): bilinear, its triangle as wide as two target cells."""
    scale = source / target
    centres = (np.arange(target)[:, None] + 0.5) * scale
    weights = np.clip(1 - np.abs(np.arange(source) + 0.5 - centres) / scale, 0, None)
    return weights / weights.sum(1, keepdims=True)


def test_many_images_become_what_each_becomes():
    images = np.stack([picture(90, 70, seed) for seed in range(3)])
    for shape in ((60, 80, 3), (64, 64, 3)):
        together = frame.from_image(images, shape)
        apart = [frame.from_image(image, shape) for image in images]
        np.testing.assert_array_equal(together, apart)


def test_each_recipe_makes_frames_of_its_shape(blocks):
    assert set(frame.RECIPES) == {frame.RECIPE, frame.WORLD_MODELS_RECIPE}
    for name, recipe in frame.RECIPES.items():
        assert recipe.name == name
        assert recipe.from_surface(blocks[0]).shape == recipe.shape


def test_a_frame_for_a_person_is_the_frame_smoothly_and_as_large_as_fits():
    rows, columns = np.mgrid[0:60, 0:80]
    image = np.stack([3 * columns, 4 * rows, 255 - 3 * columns], axis=2).astype(np.uint8)
    large = frame.enlarged(image, (400, 300), 4 / 3)
    assert large.dtype == np.uint8 and large.flags["C_CONTIGUOUS"]
    # Ramps stay ramps, each colour its own.
    y, x = np.mgrid[0:300, 0:400] / 5
    np.testing.assert_allclose(large[..., 0], np.clip(3 * x, 0, 237), atol=4)
    np.testing.assert_allclose(large[..., 1], np.clip(4 * y, 0, 236), atol=5)
    np.testing.assert_allclose(large[..., 2], 255 - np.clip(3 * x, 0, 237), atol=4)


@pytest.mark.parametrize(
    ("size", "aspect", "shape"),
    [
        ((400, 300), 10 / 7, (280, 400, 3)),
        ((400, 200), 4 / 3, (200, 267, 3)),
        ((647, 485), 4 / 3, (485, 647, 3)),
        ((1, 1), 10 / 7, (1, 1, 3)),
    ],
)
def test_a_frame_for_a_person_keeps_its_proportions(size, aspect, shape):
    assert frame.enlarged(np.zeros((64, 64, 3), np.uint8), size, aspect).shape == shape
