"""Colour distances mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from clavilux.model.color import hex_to_srgb, oklab_to_srgb, srgb_to_oklab
from clavilux.model.consistency import ConsistencyReport
from clavilux.providers.consistency import (
    Graded,
    colors_of,
    consistency,
    palette_distance,
    picture_distance,
)

PALETTE = ("#0B0B1A", "#4A1E8A", "#FFE9C7", "#FF7A59")


def cloud(
    center: tuple[float, float, float], spread: float = 0.03, seed: int = 1
) -> NDArray[np.uint8]:
    lab = center + spread * np.random.default_rng(seed).standard_normal((90, 120, 3))
    return np.round(oklab_to_srgb(lab) * 255).astype(np.uint8)


def test_the_same_colours_elsewhere_are_no_distance() -> None:
    picture = cloud((0.5, 0.05, 0.0))
    mixed = np.random.default_rng(3).permutation(picture.reshape(-1, 3)).reshape(picture.shape)
    larger = mixed.repeat(2, axis=0).repeat(3, axis=1)
    colors = colors_of(picture)
    assert picture_distance(colors, colors) == 0
    assert picture_distance(colors, colors_of(mixed)) < 0.003
    assert picture_distance(colors, colors_of(larger)) < 0.003


@pytest.mark.parametrize("shift", [(0.0, 0.08, 0.0), (0.0, 0.0, -0.08), (0.0, 0.05, 0.06)])
def test_a_shift_of_all_colours_counts_as_it_is(shift: tuple[float, float, float]) -> None:
    one, other = cloud((0.6, 0.0, 0.0)), cloud((0.6 + shift[0], shift[1], shift[2]), seed=2)
    length = float(np.linalg.norm(shift))
    assert picture_distance(colors_of(one), colors_of(other)) == pytest.approx(length, rel=0.12)


def test_lightness_counts_half() -> None:
    one, other = cloud((0.5, 0.0, 0.0)), cloud((0.6, 0.0, 0.0))
    assert picture_distance(colors_of(one), colors_of(other)) == pytest.approx(0.05, rel=0.15)


def test_distance_is_the_same_both_ways_and_grows() -> None:
    pictures = [colors_of(cloud((0.5, 0.04 * k, 0.0), seed=k)) for k in range(4)]
    near, far = picture_distance(*pictures[:2]), picture_distance(pictures[0], pictures[3])
    assert near < far
    assert picture_distance(pictures[3], pictures[0]) == pytest.approx(far)


def test_a_picture_of_the_palette_is_near_it_and_one_of_other_colours_far() -> None:
    labs = np.array([srgb_to_oklab(hex_to_srgb(c)) for c in PALETTE])
    rng = np.random.default_rng(5)
    drawn = rng.choice(4, size=(90, 120, 2), p=[0.25, 0.4, 0.2, 0.15])
    own = np.round(oklab_to_srgb(labs[drawn].mean(axis=2)) * 255).astype(np.uint8)
    near = palette_distance(colors_of(own), PALETTE)
    assert near < 0.02
    assert palette_distance(colors_of(own[..., ::-1].copy()), PALETTE) > 3 * near
    assert palette_distance(colors_of(own[..., [1, 0, 2]]), PALETTE) > 3 * near


def test_lightness_does_not_count_against_a_palette() -> None:
    dark, light = (colors_of(cloud((k, 0.05, 0.02))) for k in (0.4, 0.7))
    assert palette_distance(dark, PALETTE) == pytest.approx(
        palette_distance(light, PALETTE), abs=0.005
    )


def test_from_greys_a_colour_is_as_far_as_it_is_full() -> None:
    green = np.full((40, 40, 3), (0, 160, 60), np.uint8)
    chroma = float(np.hypot(*srgb_to_oklab(green[0, 0] / 255.0)[1:]))
    greys = ("#000000", "#FFFFFF")
    assert palette_distance(colors_of(green), greys) == pytest.approx(chroma, rel=0.01)


def test_the_figure_of_a_video() -> None:
    raw = [colors_of(cloud((0.5, 0.1 * (-1) ** k, 0.05), seed=k)) for k in range(3)]
    graded = [colors_of(cloud((0.5, 0.02 * (-1) ** k, 0.0), seed=k)) for k in range(3)]
    greys = ("#000000", "#FFFFFF")
    report = consistency([Graded(b, a, greys) for b, a in zip(raw, graded, strict=True)])
    assert report is not None and report.pictures == 3
    assert report.neighbours_before == pytest.approx(0.2, rel=0.1)
    assert report.neighbours_after == pytest.approx(0.04, rel=0.2)
    assert report.palette_before > 2 * report.palette_after
    assert ConsistencyReport.model_validate_json(report.model_dump_json()) == report


def test_one_picture_has_no_neighbours_and_none_no_figure() -> None:
    colors = colors_of(cloud((0.5, 0.0, 0.0)))
    report = consistency([Graded(colors, colors, PALETTE)])
    assert report is not None and report.neighbours_before is report.neighbours_after is None
    assert consistency([]) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (7, 3)])
def test_any_size(shape: tuple[int, int]) -> None:
    colors = colors_of(np.full((*shape, 3), 77, np.uint8))
    assert len(colors) and picture_distance(colors, colors) == 0
