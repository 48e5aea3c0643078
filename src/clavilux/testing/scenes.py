"""Does a scene keep its interface?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.interfaces import Scene, SceneView
from clavilux.model.color import hex_to_srgb, ramp
from clavilux.rendering.picture import develop
from clavilux.rendering.resolve import SCENE_SIGNALS
from clavilux.testing.rules import PALETTE, SIZES, Say, about, check_name

Floats = NDArray[np.float32]

LEAST_LIGHT = 0.02
"""Mean luma of a picture that is not black."""
LEAST_CONTRAST = 0.01
"""Standard deviation of luma in a picture that is not flat."""
LEAST_DIFFERENCE = 0.02
"""Mean difference of two seeds' pictures."""
LEAST_MOTION = 0.0005
"""Mean difference after a second of silence."""
MOST_MOTION = 0.04
"""Mean difference after a sixtieth of a second."""
MOST_PULSE = 0.10
"""How much a beat may change the mean brightness."""


def check_scene(scene: Scene) -> None:
    """Raise AssertionError where a scene breaks a rule of interfaces.Scene."""
    say = about("scene", scene)
    _check_scene_metadata(scene, say)
    for width, height in SIZES:
        at = f"at {width}x{height}"
        picture = _scene(scene, _view(), width, height)
        _check_picture(picture, lambda rule, at=at: say(f"{at}, {rule}"))  # type: ignore[misc]
        _check_scene_purity(scene, picture, width, height, say)
    _check_scene_extremes(scene, say)
    _check_scene_motion(scene, say)
    _check_scene_seeds(scene, say)
    _check_scene_beat(scene, say)
    _check_scene_depth(scene, say)


def _check_scene_metadata(scene: Any, say: Say) -> None:
    check_name(scene, say)
    words = getattr(scene, "words", None)
    fine = isinstance(words, tuple) and words and all(isinstance(w, str) and w for w in words)
    assert fine, say("`words` must be a tuple of the theme words that ask for it")
    assert all(w == w.lower() and w.isalpha() for w in words or ()), say(
        "`words` must be single lower-case words, as they are compared with those of a prompt"
    )
    scale = getattr(scene, "scale", None)
    assert isinstance(scale, int | float) and 0 < scale <= 1, say("`scale` must be within 0..1")


def _view(**changes: Any) -> SceneView:
    view = SceneView(
        time=6.0, travel=6.0, energy=0.6, loudness=0.6, bass=0.5, mid=0.5, high=0.5, beat=0.3,
        bar=0.3, flux=0.3, progress=0.4, brightness=0.5, palette=_srgb(PALETTE), ramp=ramp(PALETTE),
        seed=11,
    )  # fmt: skip
    return replace(view, **changes)


def _srgb(palette: tuple[str, ...]) -> Floats:
    return np.array([hex_to_srgb(c) for c in palette], np.float32)


def _silence(**changes: Any) -> SceneView:
    nothing = dict.fromkeys((n for n in SCENE_SIGNALS if n != "travel"), 0.0)
    return _view(**{**nothing, **changes})


def _scene(
    scene: Scene, view: SceneView, width: int = 96, height: int = 54, *, depth: Floats | None = None
) -> Floats:
    rgb = np.zeros((3, height, width), np.float32)
    scene.draw(rgb, view, depth=depth)
    return rgb


def _luma(rgb: Floats) -> Floats:
    """Of planes (3, h, w), as shown: 0..1."""
    red, green, blue = develop(rgb)
    return np.asarray(0.2126 * red + 0.7152 * green + 0.0722 * blue, np.float32)


def _check_picture(picture: Floats, say: Say) -> None:
    assert np.isfinite(picture).all(), say("a pixel is not a finite number")
    luma = _luma(picture)
    assert luma.mean() > LEAST_LIGHT, say(f"the picture is black (mean {luma.mean():.3f})")
    assert luma.std() > LEAST_CONTRAST, say(f"the picture is flat (deviation {luma.std():.4f})")


def _check_scene_purity(scene: Scene, picture: Floats, width: int, height: int, say: Say) -> None:
    """The same view gives the same pixels, whatever was drawn before or lay in the array."""
    _scene(scene, _view(seed=12, time=40.0, travel=60.0, beat=1.0), width, height)
    again = _scene(scene, _view(), width, height)
    assert np.array_equal(again, picture), say("the same view gave other pixels the second time")
    used = np.full_like(picture, 0.5)
    scene.draw(used, _view())
    assert np.array_equal(used, picture), say("`draw` must fill the array, not add to what it held")


def _check_scene_extremes(scene: Scene, say: Say) -> None:
    loud = dict.fromkeys((n for n in SCENE_SIGNALS if n != "travel"), 1.0)
    moments = {
        "in silence": _silence(time=0.0, travel=0.0, progress=0.0),
        "with everything at 1": _view(**loud, progress=1.0),
        "after an hour": _view(time=3600.0, travel=5000.0),
        "as a still": _view(detail=1),
        "of the largest seed": _view(seed=2**31 - 1),
        "of seed 0": _view(seed=0),
    }
    for count in (2, 8):
        colors = tuple((PALETTE * 2)[:count])
        moments[f"in {count} colours"] = _view(palette=_srgb(colors), ramp=ramp(colors))
    for when, view in moments.items():
        picture = _scene(scene, view)
        _check_picture(picture, lambda rule, when=when: say(f"{when}, {rule}"))  # type: ignore[misc]
        assert picture.min() > -0.5, say(f"{when}, colours are far below 0 ({picture.min():.2f})")


def _difference(a: Floats, b: Floats) -> float:
    return float(np.abs(develop(a) - develop(b)).mean())


def _check_scene_motion(scene: Scene, say: Say) -> None:
    for time in (0.0, 7.3, 61.0):
        lively = _view(time=time, travel=1.2 * time)
        soon = replace(lively, time=time + 1 / 60, travel=lively.travel + 2.5 / 60)
        step = _difference(_scene(scene, lively), _scene(scene, soon))
        assert step < MOST_MOTION, say(f"it jumps: {step:.3f} of white in 1/60 s at {time} s")
        calm = _silence(time=time, travel=0.3 * time)
        later = replace(calm, time=time + 1, travel=calm.travel + 0.3)
        moved = _difference(_scene(scene, calm), _scene(scene, later))
        assert moved > LEAST_MOTION, say(f"it stands still in silence at {time} s ({moved:.5f})")


def _check_scene_seeds(scene: Scene, say: Say) -> None:
    pictures = [_scene(scene, _view(seed=seed)) for seed in (1, 2, 3)]
    for a, b in ((0, 1), (1, 2), (0, 2)):
        differ = _difference(pictures[a], pictures[b])
        assert differ > LEAST_DIFFERENCE, say(
            f"seeds {a + 1} and {b + 1} give nearly the same picture ({differ:.4f})"
        )


def _check_scene_beat(scene: Scene, say: Say) -> None:
    """A beat moves light about; brightness is the pulse effect's, which knows the flash budget."""
    for seed, energy in product((1, 2), (0.2, 1.0)):
        levels = [
            float(_luma(_scene(scene, _view(seed=seed, energy=energy, beat=b))).mean())
            for b in (0.0, 1.0)
        ]
        change = abs(levels[1] - levels[0]) / max(levels)
        assert change <= MOST_PULSE, say(
            f"a beat changes the mean brightness by {change:.0%}, at most {MOST_PULSE:.0%}"
        )


def _check_scene_depth(scene: Scene, say: Say) -> None:
    for width, height in SIZES:
        depth = np.full((height, width), np.nan, np.float32)
        with_depth = _scene(scene, _view(), width, height, depth=depth)
        assert np.isfinite(depth).all(), say("`depth` is not filled everywhere")
        inside = depth.min() >= 0 and depth.max() <= 1
        assert inside, say(f"depth lies within {depth.min():.2f}..{depth.max():.2f}, not 0..1")
        assert np.ptp(depth) > 0.1, say("depth is flat: what is near should be nearer")
        plain = _scene(scene, _view(), width, height)
        assert np.array_equal(plain, with_depth), say("asking for depth changes the picture")
