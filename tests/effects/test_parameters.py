"""Whatever a legal parameter says, a frame stays a picture; and each effect does what it claims."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux import registry
from clavilux.interfaces import Shot
from clavilux.rendering.compose import Renderer
from clavilux.rendering.fields import Grid, Layer
from clavilux.rendering.picture import Planes
from clavilux.rendering.resolve import FrameState
from support import add_plugins, make_planes, make_state

WIDTH, HEIGHT = 106, 58
"""No multiple of a cell."""
NAMES = registry.names("effects")
MIXES = tuple(n for n in NAMES if registry.get("effects", n).stage == "mix")
OTHERS = tuple(n for n in NAMES if n not in MIXES)


@cache
def planes(seed: int) -> Planes:
    return make_planes(WIDTH, HEIGHT, seed=seed)


@cache
def renderer() -> Renderer:
    return Renderer(WIDTH, HEIGHT, lambda source: planes(int(source.picture)))


def draw(state: FrameState) -> tuple[np.ndarray, np.ndarray]:
    """Luma (h, w) and chroma (2, h/2, w/2), as signed numbers."""
    frame = renderer().draw(state).astype(np.int16)
    return frame[:HEIGHT], frame[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)


def values_of(name: str) -> st.SearchStrategy[dict[str, float]]:
    return st.fixed_dictionaries(
        {p.name: st.floats(p.low, p.high) for p in registry.get("effects", name).parameters}
    )


def usual(name: str) -> dict[str, float]:
    return {p.name: p.default for p in registry.get("effects", name).parameters}


@st.composite
def states(draw_one: Any) -> FrameState:
    """Any set of effects with any legal values, alone or in a mix."""
    chosen = draw_one(st.lists(st.sampled_from(OTHERS), unique=True))
    effects = {name: draw_one(values_of(name)) for name in chosen}
    mix = draw_one(st.sampled_from(("", *MIXES)))
    return make_state(
        effects,
        mix=mix,
        mix_values=draw_one(values_of(mix)) if mix else {},
        progress=draw_one(st.floats(0.01, 0.99)),
        seconds=draw_one(st.floats(0, 6)),
        frame=draw_one(st.integers(0, 100_000)),
    )


@given(states())
@settings(max_examples=150, deadline=None)
def test_every_legal_value_keeps_the_picture_a_picture(state: FrameState) -> None:
    luma, chroma = draw(state)
    assert luma.min() >= 16 and luma.max() <= 235
    assert chroma.min() >= 16 and chroma.max() <= 240
    assert luma.std() > 0.5


@pytest.mark.parametrize("name", OTHERS)
def test_each_effect_changes_the_picture(name: str) -> None:
    first = registry.get("effects", name).parameters[0]
    strong = {**usual(name), first.name: first.high}
    plain, changed = draw(make_state()), draw(make_state({name: strong}))
    assert np.abs(plain[0] - changed[0]).mean() > 0.3


@pytest.mark.parametrize("name", ["bloom", "pulse", "vignette", "grain", "aberration", "punch"])
def test_at_nothing_an_effect_does_nothing(name: str) -> None:
    """To the last bit, so that a beat that is over leaves no trace."""
    first = registry.get("effects", name).parameters[0].name
    nothing = draw(make_state({name: {**usual(name), first: 0.0}}))
    for plain, same in zip(draw(make_state()), nothing, strict=True):
        assert np.array_equal(plain, same)


def test_grain_is_in_luma_only_and_new_on_every_frame() -> None:
    grain = {"grain": {"intensity": 5.0}}
    plain, one, other = (draw(make_state(e, frame=f)) for e, f in (({}, 7), (grain, 7), (grain, 8)))
    assert np.array_equal(plain[1], one[1])
    first, second = ((g[0] - plain[0]).ravel().astype(float) for g in (one, other))
    assert 3 < first.std() < 12
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
    assert np.array_equal(one[0], draw(make_state(grain, frame=7))[0])


def test_grain_is_strongest_in_the_middle_tones() -> None:
    plain, grained = draw(make_state()), draw(make_state({"grain": {"intensity": 6.0}}))
    noise, level = (grained[0] - plain[0]).astype(float), (plain[0] - 16) / 219
    middle = noise[(level > 0.35) & (level < 0.65)].std()
    assert middle > 1.4 * noise[level < 0.12].std()


def test_a_vignette_darkens_corners_and_leaves_the_middle() -> None:
    plain, dark = draw(make_state()), draw(make_state({"vignette": {"depth": 0.6}}))
    drop = plain[0] - dark[0]
    assert abs(drop[HEIGHT // 2, WIDTH // 2]) <= 1
    corners = plain[0][[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (drop[[0, 0, -1, -1], [0, -1, 0, -1]] > 0.45 * (corners - 16)).all()
    assert drop.min() >= -1


def test_a_pulse_brings_its_colour() -> None:
    red = {"pulse": {"intensity": 0.4, "red": 1.0, "green": 0.1, "blue": 0.1}}
    plain, pulsed = draw(make_state()), draw(make_state(red))
    assert pulsed[1][1].mean() > plain[1][1].mean() + 2
    assert pulsed[0].mean() > plain[0].mean() + 2


def test_bloom_only_adds_light() -> None:
    plain, glowing = draw(make_state()), draw(make_state({"bloom": usual("bloom")}))
    gain = glowing[0] - plain[0]
    assert gain.min() >= -1 and gain.max() > 5


def test_aberration_enlarges_red_and_shrinks_blue() -> None:
    """A white disc: outside its rim red shows, for red is larger; inside it, red is missing."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    disc = np.hypot(x - WIDTH / 2, y - HEIGHT / 2) < 20
    from clavilux.rendering.picture import from_rgb

    white = from_rgb(np.repeat(disc[None].astype(np.float32), 3, axis=0) * 0.8 + 0.1)
    lens = Renderer(WIDTH, HEIGHT, lambda source: white)
    state = make_state({"aberration": {"offset": 2.0}})
    chroma = lens.draw(state).astype(int)[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    rim = chroma[:, HEIGHT // 4, WIDTH // 4 + 9 : WIDTH // 4 + 12]
    assert rim[1].max() > 130 and rim[0].min() < 126


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (100, 100)], ids=str)
def test_the_camera_stays_on_the_picture(size: tuple[int, int]) -> None:
    """However a shot is framed and driven, what the frame shows is the picture, not its edge."""
    width, height = size
    picture, grid = make_planes(width, height), Grid(width, height)
    x, y = (np.clip(n, -s / 2, s / 2) for n, s in zip(grid.nodes(), (grid.aspect, 1), strict=True))
    chance = np.random.default_rng(1)
    for strength, energy, framing, seconds in product((1, 4), (0, 1), range(4), (2.0, 12.0)):
        shot = Shot(
            strength=strength,
            energy=energy,
            palette=("#000000", "#FFFFFF"),
            seconds=seconds,
            beat_seconds=0.5,
            framing=framing,
            variation=tuple(chance.random(4)),
        )
        effects = [registry.get("effects", name) for name in ("ken_burns", "parallax", "punch")]
        for now in np.linspace(0, seconds, 7):
            layer = Layer(picture, x, y, seconds=now, duration=seconds)
            for effect in effects:
                curves = effect.drive(shot)
                effect.move(layer, {name: c.base + c.gain * energy for name, c in curves.items()})
            assert np.abs(layer.x).max() <= grid.aspect / 2 * 1.015, shot
            assert np.abs(layer.y).max() <= 0.5 * 1.015, shot


def test_dissolve_goes_from_one_picture_to_the_other() -> None:
    first, second = draw(make_state())[0], None
    steps = [
        draw(make_state(mix="dissolve", mix_values=usual("dissolve"), progress=p))[0]
        for p in (0.01, 0.5, 0.99)
    ]
    second = steps[2]
    assert np.abs(steps[0] - first).mean() < 2
    assert np.abs(steps[1] - first).mean() > 5 and np.abs(steps[1] - second).mean() > 5


class Halving:
    """Somebody's own effect."""

    name, stage, about, driven_by = "halving", "picture", "Half the light.", "nothing"
    parameters = ()

    def drive(self, shot: Any) -> dict[str, Any]:
        return {}

    def paint(self, rgb: np.ndarray, values: dict[str, float], *, frame: int) -> np.ndarray:
        assert rgb.dtype == np.float32 and rgb.shape == (HEIGHT, WIDTH, 3)
        return rgb / 2


def test_a_picture_effect_gets_and_gives_rgb(monkeypatch: pytest.MonkeyPatch) -> None:
    add_plugins(monkeypatch, "effects", halving=Halving())
    plain, half = draw(make_state()), draw(make_state({"halving": {}}))
    expected = 16 + (plain[0] - 16) / 2
    assert np.abs(half[0] - expected).mean() < 1.5
