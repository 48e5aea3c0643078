"""Grading moves a picture's colours to the palette's and leaves the picture what it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clavilux.direction.style import load_style, style_names
from clavilux.model.color import oklab_to_srgb, oklch_to_oklab, srgb_to_oklab
from clavilux.providers.consistency import colors_of, palette_distance, picture_distance
from clavilux.providers.grade import grade
from clavilux.providers.lut import apply_lut, lut_nodes

Rgb = NDArray[np.uint8]

PALETTES = {
    "neon": ("#0C012A", "#AA008D", "#FFE4B0", "#FF7F67"),
    "sea": ("#000D18", "#004459", "#94DAD5", "#46B68C"),
    "sand": ("#1A0803", "#7F3812", "#F3D392", "#F14E7B"),
    "two": ("#101820", "#F2AA4C"),
    "grey": ("#101010", "#555555", "#DDDDDD", "#999999"),
    "eight": tuple(f"#{r}{g}{b}" for r, g, b in zip(
        ("10", "30", "50", "70", "90", "B0", "D0", "F0"),
        ("20", "10", "60", "30", "80", "50", "A0", "E0"),
        ("40", "60", "80", "A0", "60", "90", "70", "C0"), strict=True)),
    "unsorted": ("#FFFFFF", "#000000", "#FF0000"),
    "one colour twice": ("#336699", "#336699"),
}  # fmt: skip
PALETTE = pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES.keys())


def hues(width: int = 240, height: int = 160) -> Rgb:
    """Every hue from left to right, every lightness from top to bottom, inside the gamut."""
    light, hue = np.meshgrid(
        np.linspace(0.97, 0.03, height), np.linspace(0, 2 * np.pi, width), indexing="ij"
    )
    chroma = 0.4 * light * (1 - light) * 0.8
    rgb = oklab_to_srgb(oklch_to_oklab(np.stack([light, chroma, hue], axis=-1)))
    return np.round(rgb * 255).astype(np.uint8)


def scene(seed: int = 1, width: int = 240, height: int = 160) -> Rgb:
    """Like a photograph: masses of colour, gradients in them, texture on top, sun and shadow."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / height
    hue = 2 * np.pi * rng.random()
    lab = np.stack([0.3 + 0.4 * y, 0.08 * np.cos(hue + y), 0.08 * np.sin(hue + y)], axis=-1)
    for _ in range(6):
        at, size = rng.random(2) * (1, width / height), 0.1 + 0.3 * rng.random()
        weight = 1 / (1 + np.exp((np.hypot(y - at[0], x - at[1]) - size) * 30))
        hue, chroma, light = 2 * np.pi * rng.random(), 0.12 * rng.random(), 0.2 + 0.6 * rng.random()
        color = np.array([light, chroma * np.cos(hue), chroma * np.sin(hue)])
        lab += weight[..., None] * (color - lab)
    lab[..., 0] += 0.03 * rng.standard_normal(x.shape)
    lab[10:20, 10:20] = (1.0, 0, 0)
    lab[30:40, 10:20] = (0.0, 0, 0)
    return np.round(oklab_to_srgb(lab) * 255).astype(np.uint8)


def lab(rgb: Rgb) -> NDArray[np.float64]:
    return srgb_to_oklab(rgb / 255.0)


# --- How far it goes -------------------------------------------------------------------------


@PALETTE
def test_no_strength_changes_no_byte(palette: tuple[str, ...]) -> None:
    assert (grade(scene(), palette, strength=0) == scene()).all()


@PALETTE
@pytest.mark.parametrize("make", [scene, hues])
def test_more_strength_brings_it_closer(palette: tuple[str, ...], make: type) -> None:
    colors = [colors_of(grade(make(), palette, strength=s)) for s in (0, 0.25, 0.5, 0.75, 1)]
    distances = [palette_distance(c, palette) for c in colors]
    if "#FF0000" not in palette:
        assert distances[:3] == sorted(distances[:3], reverse=True)
        assert max(distances[3:]) < distances[2] + 0.005
        assert distances[2] < 0.75 * distances[0] and distances[4] < 0.6 * distances[0]
    moved = [picture_distance(c, colors[0]) for c in colors]
    assert moved == sorted(moved)


def test_pictures_of_one_palette_become_neighbours() -> None:
    pictures = [scene(seed) for seed in range(5)]
    before = [colors_of(p) for p in pictures]
    after = [colors_of(grade(p, PALETTES["sea"], strength=0.6)) for p in pictures]
    pairs = list(zip(range(4), range(1, 5), strict=True))
    was = sum(picture_distance(before[i], before[j]) for i, j in pairs)
    assert sum(picture_distance(after[i], after[j]) for i, j in pairs) < 0.75 * was


@PALETTE
def test_grading_twice_adds_little(palette: tuple[str, ...]) -> None:
    once = grade(scene(), palette, strength=0.6)
    twice = grade(once, palette, strength=0.6)
    first = np.linalg.norm(lab(once) - lab(scene()), axis=-1).mean()
    assert np.linalg.norm(lab(twice) - lab(once), axis=-1).mean() < 0.5 * first + 0.002


def test_a_picture_that_is_right_already_stays() -> None:
    palette = PALETTES["sea"]
    right = grade(hues(), palette, strength=1)
    for _ in range(3):
        right = grade(right, palette, strength=1)
    assert (
        np.linalg.norm(lab(grade(right, palette, strength=0.6)) - lab(right), axis=-1).mean() < 0.01
    )


@pytest.mark.parametrize("name", style_names())
def test_every_style_pulls_as_it_should(name: str) -> None:
    style = load_style(name)
    assert 0.3 <= style.grading <= 0.8
    before = after = 0.0
    for palette in style.palettes.values():
        graded = grade(scene(3), palette, strength=style.grading)
        before += palette_distance(colors_of(scene(3)), palette)
        after += palette_distance(colors_of(graded), palette)
    assert after < 0.7 * before


# --- What survives ---------------------------------------------------------------------------


@PALETTE
@pytest.mark.parametrize("make", [scene, hues])
def test_lightness_survives(palette: tuple[str, ...], make: type) -> None:
    light, was = lab(grade(make(), palette, strength=1))[..., 0], lab(make())[..., 0]
    assert np.abs(light - was).mean() < 0.003
    assert np.quantile(np.abs(light - was), 0.999) < 0.05
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert abs(np.quantile(light, share) - np.quantile(was, share)) < 0.005


@PALETTE
def test_black_stays_black_and_white_white(palette: tuple[str, ...]) -> None:
    graded = grade(scene(), palette, strength=1)
    assert (graded[12:18, 12:18] == 255).all() and (graded[32:38, 12:18] == 0).all()
    bright = np.where(np.mgrid[:160, :240][0][..., None] < 40, np.uint8(250), scene())
    highlights = lab(grade(bright, palette, strength=1))[:40]
    assert np.hypot(highlights[..., 1], highlights[..., 2]).max() < 0.025
    assert highlights[..., 0].min() > 0.97


@PALETTE
def test_texture_survives(palette: tuple[str, ...]) -> None:
    """Differences between neighbouring pixels are those of before, in lightness to the letter."""
    before, after = lab(scene()), lab(grade(scene(), palette, strength=0.8))
    was, now = (np.diff(v, axis=1)[..., 0] for v in (before, after))
    assert np.corrcoef(was.ravel(), now.ravel())[0, 1] > 0.98
    assert abs(now.std() / was.std() - 1) < 0.03


@PALETTE
def test_colours_that_differ_go_on_differing(palette: tuple[str, ...]) -> None:
    """At one lightness no two colours change places: the map has a positive derivative."""
    size = 64
    a, b = np.meshgrid(np.linspace(-0.07, 0.07, size), np.linspace(-0.07, 0.07, size))
    plane = oklab_to_srgb(np.stack([np.full_like(a, 0.62), a, b], axis=-1))
    picture = np.round(plane * 255).astype(np.uint8)
    out = lab(grade(picture, palette, strength=0.7))[..., 1:]
    step = 8
    along_a = (out[:, step:] - out[:, :-step]) @ (1.0, 0.0)
    along_b = (out[step:] - out[:-step]) @ (0.0, 1.0)
    one = 0.14 * step / (size - 1)
    assert along_a.min() > 0.05 * one and along_b.min() > 0.05 * one
    assert max(along_a.max(), along_b.max()) < 1.6 * one


@PALETTE
def test_smooth_gradients_stay_smooth(palette: tuple[str, ...]) -> None:
    """No bands: averaged over the dither, each step to the next column is a small one."""
    ramp = np.linspace(20, 235, 1024)[None, :, None] * np.array([1.0, 0.8, 0.6])
    fine = np.broadcast_to(ramp, (64, 1024, 3))
    noise = np.random.default_rng(1).random(fine.shape)
    graded = grade((fine + noise).astype(np.uint8), palette, strength=0.8).astype(float)
    columns = graded.mean(axis=0)
    smooth = np.stack([np.convolve(columns[:, c], np.ones(33) / 33, "valid") for c in range(3)], 1)
    assert np.abs(columns[16:-16] - smooth).max() < 1.0
    assert np.abs(np.diff(smooth, axis=0)).max() < 1.2


@PALETTE
def test_nothing_is_flattened_at_the_edge_of_the_gamut(palette: tuple[str, ...]) -> None:
    full = np.stack(np.meshgrid(*[np.arange(0, 256, 5)] * 3, indexing="ij"), axis=-1)
    graded = grade(full.reshape(52, -1, 3).astype(np.uint8), palette, strength=0.7)
    distinct = len(np.unique(graded.reshape(-1, 3), axis=0))
    assert distinct > 0.7 * 52**3


def test_a_grey_palette_takes_colour_away_and_only_colour() -> None:
    before, after = lab(hues()), lab(grade(hues(), PALETTES["grey"], strength=0.8))
    was, now = (np.hypot(v[..., 1], v[..., 2]).mean() for v in (before, after))
    assert 0.2 * was < now < 0.6 * was


# --- Odd ones --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (3, 2), (500, 1)])
def test_any_size(shape: tuple[int, int]) -> None:
    made = np.full((*shape, 3), (200, 60, 20), np.uint8)
    graded = grade(made, PALETTES["sea"], strength=0.5)
    assert graded.shape == made.shape and graded.dtype == np.uint8


def test_the_picture_itself_is_not_touched() -> None:
    made = scene()
    made.setflags(write=False)
    grade(made, PALETTES["sea"], strength=0.5)
    grade(made[:, ::-1], PALETTES["sea"], strength=0.5)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 0xFFFFFF), min_size=2, max_size=8),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_any_palette(colors: list[int], strength: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    palette = tuple(f"#{c:06X}" for c in colors)
    graded = grade(made, palette, strength=strength)
    assert np.abs(lab(graded)[..., 0] - lab(made)[..., 0]).mean() < 0.01
    assert (graded == grade(made, palette, strength=strength)).all()


# --- The table -------------------------------------------------------------------------------


def test_a_table_of_its_own_nodes_changes_no_byte() -> None:
    every = np.random.default_rng(2).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert (apply_lut(every, lut_nodes()) == every).all()


def test_a_table_is_interpolated_between_its_nodes() -> None:
    turned = lut_nodes() @ np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]]).T
    every = np.random.default_rng(3).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    wanted = every @ np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]]).T
    off = apply_lut(every, turned) - wanted
    assert np.abs(off).max() < 1.01
    assert np.abs(off.mean(axis=(0, 1)) + 0.0).max() < 0.02


def test_dither_carries_less_than_a_step() -> None:
    dim = np.full((256, 256, 3), 100, np.uint8)
    out = apply_lut(dim, lut_nodes() * 0.987)
    assert set(np.unique(out)) == {98, 99}
    assert np.abs(out.mean(axis=(0, 1)) - 98.7).max() < 0.01
    assert np.abs(out.reshape(16, 16, 16, 16, 3).mean(axis=(1, 3)) - 98.7).max() < 0.06
