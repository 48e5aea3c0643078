"""The fast engine against the slow reference, effect by effect and all together."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import reference

from clavilux.rendering.compose import Renderer, noise_tile
from clavilux.rendering.picture import Planes
from clavilux.rendering.resolve import FrameState
from support import make_planes, make_state

Effects = dict[str, dict[str, float]]

ORDINARY: Effects = {
    "ken_burns": {
        "zoom_rate": 1.2, "pan_x": 0.03, "pan_y": -0.015,
        "framing_zoom": 1.0, "framing_x": 0.0, "framing_y": 0.0,
    },
    "parallax": {"separation": 0.04, "push": 3.0, "angle": 0.1},
    "punch": {"zoom": 1.2},
    "bloom": {"intensity": 0.5, "radius": 0.04, "threshold": 0.5},
    "pulse": {"intensity": 0.08, "red": 1.0, "green": 0.6, "blue": 0.3},
    "vignette": {"depth": 0.3},
    "aberration": {"offset": 0.5},
    "grain": {"intensity": 1.0},
}  # fmt: skip
STRONG: Effects = {
    "ken_burns": {
        "zoom_rate": -3.0, "pan_x": 0.1, "pan_y": 0.05,
        "framing_zoom": 1.34, "framing_x": 0.1, "framing_y": -0.05,
    },
    "parallax": {"separation": 0.12, "push": 12.0, "angle": 0.3},
    "punch": {"zoom": 8.0},
    "bloom": {"intensity": 1.5, "radius": 0.08, "threshold": 0.3},
    "pulse": {"intensity": 0.4, "red": 1.0, "green": 0.6, "blue": 0.3},
    "vignette": {"depth": 0.8},
    "aberration": {"offset": 1.6},
    "grain": {"intensity": 7.0},
}  # fmt: skip
MIXES: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "dissolve": ({"lights_first": 0.3}, {"lights_first": 1.0}),
    "morph": ({"flow": 0.12, "edge": 0.35}, {"flow": 0.3, "edge": 0.2}),
}
"""In ordinary and strong settings."""

SIZES = ((320, 180), (180, 320), (322, 182))
"""The last is no multiple of the engine's cells."""

# The least that passes, luma and chroma in dB: what is reached over all sizes, less 2 to 3 dB.
# Rounding to 8 bits alone costs down to 58.9 dB. What the coarse grid cannot follow (edges in the
# weight of a mix, small lights in a glow) makes the rest.
LEAST = {
    "none": (46, 55),
    "ken_burns": (46, 55),
    "parallax": (46, 55),
    "punch": (46, 55),
    "bloom": (45, 54),
    "pulse": (46, 54),
    "vignette": (46, 55),
    "aberration": (43.5, 50),
    "grain": (46, 55),
    "all": (46, 54),
    "dissolve": (41, 49.5),
    "dissolve and all": (43, 51),
    "morph": (38.5, 44),
    "morph and all": (39.5, 46),
}
LEAST_STRONG = {
    "ken_burns": (46, 55),
    "parallax": (46, 55),
    "punch": (46, 55),
    "bloom": (38.5, 49),
    "pulse": (46, 54),
    "vignette": (46, 54),
    "aberration": (46, 53),
    "grain": (46, 55),
    "all": (46, 54),
    "dissolve": (36, 43),
    "dissolve and all": (41, 49),
    "morph": (31.5, 39),
    "morph and all": (35, 42),
}


def state_of(case: str, *, strong: bool = False, frame: int = 5) -> FrameState:
    settings = STRONG if strong else ORDINARY
    first, _, rest = case.partition(" and ")
    effects = settings if "all" in (first, rest) else {}
    if first in MIXES:
        values = MIXES[first][strong]
        return make_state(effects, mix=first, mix_values=values, progress=0.45, frame=frame)
    if first in settings:
        effects = {first: settings[first]}
    return make_state(effects, frame=frame)


@cache
def planes_of(width: int, height: int, seed: int, scene: bool) -> Planes:
    return make_planes(width, height, seed=seed, scene=scene)


def compare(
    state: FrameState, width: int, height: int, *, scene: bool = False
) -> tuple[float, float]:
    """PSNR of luma and the worse of the two chroma planes."""
    planes = [planes_of(width, height, seed, scene) for seed in (0, 1)]
    drawn = Renderer(width, height, lambda source: planes[int(source.picture)]).draw(state)
    exact = reference.draw(
        state, planes[: len(state.layers)], width=width, height=height, tile=noise_tile(width)
    )
    luma = reference.psnr(drawn[:height], exact[0])
    chroma = drawn[height:].reshape(2, height // 2, width // 2)
    return luma, min(reference.psnr(chroma[k], exact[1 + k]) for k in (0, 1))


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("case", LEAST)
def test_a_still_in_ordinary_settings(case: str, size: tuple[int, int]) -> None:
    luma, chroma = compare(state_of(case), *size)
    assert luma >= LEAST[case][0] and chroma >= LEAST[case][1], (luma, chroma)


@pytest.mark.parametrize("case", LEAST)
def test_a_picture_drawn_at_half_size(case: str) -> None:
    luma, chroma = compare(state_of(case), 322, 182, scene=True)
    assert luma >= LEAST[case][0] and chroma >= LEAST[case][1], (luma, chroma)


@pytest.mark.parametrize("case", LEAST_STRONG)
def test_a_still_in_strong_settings(case: str) -> None:
    luma, chroma = compare(state_of(case, strong=True), 322, 182)
    assert luma >= LEAST_STRONG[case][0] and chroma >= LEAST_STRONG[case][1], (luma, chroma)


def test_the_reference_notices_every_effect() -> None:
    """Each effect changes the exact picture by more than the tolerance hides."""
    planes = [planes_of(180, 320, seed, False) for seed in (0, 1)]
    tile = noise_tile(180)

    def draw(state: FrameState) -> np.ndarray:
        shown = planes[: len(state.layers)]
        return reference.draw(state, shown, width=180, height=320, tile=tile)[0]

    plain = draw(state_of("none"))
    for case in (*ORDINARY, *MIXES):
        level = reference.psnr(draw(state_of(case)), plain)
        assert level < LEAST[case][0] - 4 or case in ("grain", "aberration"), (case, level)
