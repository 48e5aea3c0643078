"""Conformance checks for plugin authors: does a scene or an effect keep its interface?

In a test of your own plugin:

    from clavilux.testing import check_effect, check_scene

    def test_my_scene() -> None:
        check_scene(MyScene())

Each check draws small pictures and raises AssertionError saying which rule is broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from clavilux.interfaces import Parameter, Scene, SceneView, Shot, Stage
from clavilux.model.color import hex_to_srgb, ramp
from clavilux.model.timeline import Curve
from clavilux.rendering.compose import Renderer, to_rgb
from clavilux.rendering.fields import FrameFields, Layer
from clavilux.rendering.picture import Planes, develop, from_rgb
from clavilux.rendering.resolve import SCENE_SIGNALS

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

SIZES = ((96, 54), (54, 96), (72, 72))
"""Width and height: 16:9, 9:16, 1:1."""

PALETTE = ("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7")
SIGNALS = (*SCENE_SIGNALS, "surge")
"""What a curve may follow."""

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
CAMERA_STEP = 0.03
"""Heights by which a camera may move in a sixtieth of a second."""


def check_scene(scene: Scene) -> None:
    """Raise AssertionError where a scene breaks a rule of interfaces.Scene."""
    say = _about("scene", scene)
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


def check_effect(effect: Any) -> None:
    """Raise AssertionError where an effect breaks a rule of interfaces.Effect or of its stage."""
    say = _about("effect", effect)
    _check_effect_metadata(effect, say)
    _check_drive(effect, say)
    for width, height in SIZES:
        at = f"at {width}x{height}"
        for values in _settings(effect.parameters):
            _check_drawn(
                effect, values, width, height, lambda rule, at=at: say(f"{at}, {rule}")  # type: ignore[misc]
            )  # fmt: skip
    if effect.stage == "mix":
        _check_mix(effect, say)
    if effect.stage == "camera":
        _check_camera(effect, say)


Say = Callable[[str], str]


def _about(kind: str, plugin: object) -> Say:
    name = getattr(plugin, "name", type(plugin).__name__)
    return lambda rule: f"{kind} '{name}': {rule}"


def _check_name(plugin: Any, say: Say) -> None:
    name = getattr(plugin, "name", None)
    fine = isinstance(name, str) and name.isidentifier() and name == name.lower()
    assert fine, say("`name` must be a lower-case word such as 'ken_burns'")


# Scenes


def _check_scene_metadata(scene: Any, say: Say) -> None:
    _check_name(scene, say)
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


# Effects


def _check_effect_metadata(effect: Any, say: Say) -> None:
    _check_name(effect, say)
    stages = get_args(Stage)
    assert getattr(effect, "stage", None) in stages, say(f"`stage` must be one of {stages}")
    for text in ("about", "driven_by"):
        value = getattr(effect, text, None)
        assert isinstance(value, str) and value.strip(), say(f"`{text}` must say something")
    method = {"camera": "move", "picture": "paint"}.get(effect.stage, "apply")
    assert callable(getattr(effect, method, None)), say(
        f"stage '{effect.stage}' needs a method `{method}`"
    )
    parameters = getattr(effect, "parameters", None)
    assert isinstance(parameters, tuple), say("`parameters` must be a tuple")
    assert all(isinstance(p, Parameter) for p in parameters), say("`parameters` holds another type")
    names = [p.name for p in parameters]
    assert len(set(names)) == len(names), say("two parameters have the same name")
    for p in parameters:
        fine = math.isfinite(p.low) and math.isfinite(p.high) and p.low <= p.default <= p.high
        assert fine, say(f"parameter '{p.name}' needs low <= default <= high")
        assert p.about, say(f"parameter '{p.name}' must say what it is about")


def _shots() -> list[Shot]:
    return [
        Shot(
            strength=strength, energy=energy, palette=palette, seconds=seconds, beat_seconds=0.5,
            framing=framing, variation=variation,
        )
        for strength, energy, (palette, seconds, framing, variation) in product(
            (0.1, 1.0, 4.0),
            (0.0, 0.5, 1.0),
            (
                (PALETTE, 6.0, 0, (0.1, 0.2, 0.3, 0.4)),
                (PALETTE[:2], 0.4, 1, (0.99, 0.99, 0.99, 0.99)),
                (PALETTE * 2, 60.0, 5, (0.0, 0.0, 0.0, 0.0)),
            ),
        )
    ]  # fmt: skip


def _check_drive(effect: Any, say: Say) -> None:
    """What the music does to the parameters stays within what they allow, however strong."""
    known = {p.name: p for p in effect.parameters}
    for shot in _shots():
        curves = effect.drive(shot)
        assert effect.drive(shot) == curves, say("`drive` gave another answer for the same shot")
        assert set(curves) == set(known), say(
            f"`drive` must give a curve for each of {sorted(known)}, not for {sorted(curves)}"
        )
        for name, curve in curves.items():
            assert isinstance(curve, Curve), say(f"`drive` must give a Curve for '{name}'")
            _check_curve(curve, known[name], shot, say)


def _check_curve(curve: Curve, parameter: Parameter, shot: Shot, say: Say) -> None:
    assert curve.signal in ("", *SIGNALS), say(
        f"parameter '{parameter.name}' follows '{curve.signal}', which is not one of {SIGNALS}"
    )
    if curve.signal == "travel":
        return
    way = curve.slope * shot.seconds * 60
    for value in (curve.base, curve.base + curve.gain, curve.base + curve.gain + way):
        fits = parameter.low - 1e-9 <= value <= parameter.high + 1e-9
        assert fits, say(
            f"at strength {shot.strength} and energy {shot.energy}, parameter '{parameter.name}' "
            f"reaches {value:g}, outside {parameter.low:g}..{parameter.high:g}"
        )


def _settings(parameters: tuple[Parameter, ...]) -> list[dict[str, float]]:
    """The usual values, each extreme alone, and all extremes together."""
    usual = {p.name: p.default for p in parameters}
    alone = [{**usual, p.name: edge} for p in parameters for edge in (p.low, p.high)]
    together = [{p.name: p.low for p in parameters}, {p.name: p.high for p in parameters}]
    return [usual, *together, *alone]


def _planes(width: int, height: int, *, seed: int) -> Planes:
    """Hills under a sky with a few lights."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(height)
    rgb = rng.uniform(0.1, 0.4, 3)[:, None, None] + 0.4 * y * rng.uniform(0, 1, 3)[:, None, None]
    hills = y > 0.6 + 0.1 * np.sin(9 * x + seed)
    rgb = np.where(hills, rng.uniform(0, 0.2, 3)[:, None, None], rgb)
    for _ in range(5):
        cx, cy = rng.uniform(0, width / height), rng.uniform(0, 1)
        rgb = rgb + np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.002)
    return from_rgb(np.clip(rgb, 0, 1).astype(np.float32), finished=True)


def _drawn(
    effect: Any,
    values: dict[str, float],
    width: int,
    height: int,
    *,
    progress: float = 0.5,
    seconds: float = 1.7,
) -> tuple[FrameFields, Bytes]:
    """The fields after the effect alone, and the finished frame."""

    def no_still(source: object) -> Planes:
        raise AssertionError("nothing is loaded here")

    renderer = Renderer(width, height, no_still)
    pictures = 2 if effect.stage == "mix" else 1
    layers = []
    for seed in range(pictures):
        x, y = renderer.grid.nodes()
        planes = _planes(width, height, seed=seed)
        layer = Layer(planes, x, y, seconds=seconds, duration=4.0)
        if effect.stage == "camera":
            effect.move(layer, dict(values))
        layer.settle()
        layers.append(layer)
    fields = FrameFields.start(renderer.grid, layers)
    if effect.stage == "mix":
        effect.apply(fields, {**values, "progress": progress})
    elif effect.stage in ("light", "finish"):
        effect.apply(fields, dict(values))
    _check_fields(fields, _about("effect", effect))
    frame = renderer._compose(fields, frame=1)
    if effect.stage == "picture":
        frame = _painted(effect, values, frame)
    return fields, frame


def _check_fields(fields: FrameFields, say: Say) -> None:
    """Before the kernels run: they trust their numbers."""
    shape = fields.grid.shape
    arrays = {
        name: getattr(fields, name)
        for name in ("weight", "gain", "chroma_gain", "add_y", "add_u", "add_v")
    }
    for k, layer in enumerate(fields.layers):
        arrays |= {f"layers[{k}].x": layer.x, f"layers[{k}].y": layer.y}
    for name, array in arrays.items():
        assert array.shape == shape, say(f"`{name}` has the shape {array.shape}, not {shape}")
        assert np.isfinite(array).all(), say(f"`{name}` holds a number that is not finite")
    for name in ("aberration", "grain"):
        assert math.isfinite(getattr(fields, name)), say(f"`{name}` is not finite")
    inside = fields.weight.min() >= 0 and fields.weight.max() <= 1
    assert inside, say("`weight` must stay within 0..1")


def _painted(effect: Any, values: dict[str, float], frame: Bytes) -> Bytes:
    say = _about("effect", effect)
    rgb = to_rgb(frame).astype(np.float32) / 255
    before = rgb.copy()
    painted = effect.paint(rgb, dict(values), frame=1)
    assert painted.shape == rgb.shape, say(f"`paint` gave {painted.shape}, not {rgb.shape}")
    assert np.isfinite(painted).all(), say("`paint` gave a number that is not finite")
    assert np.array_equal(rgb, before) or painted is rgb, say("`paint` changed its input")
    return np.asarray(np.clip(painted, 0, 1) * 255, np.uint8)


def _check_drawn(effect: Any, values: dict[str, float], width: int, height: int, say: Say) -> None:
    with_values = f"with {values}"
    _, frame = _drawn(effect, values, width, height)
    _drawn(effect, {p.name: p.high for p in effect.parameters}, height, width)
    _, again = _drawn(effect, values, width, height)
    assert np.array_equal(frame, again), say(f"{with_values}, the second frame is another one")
    if effect.stage == "picture":
        return
    luma, chroma = frame[:height], frame[height:]
    legal = luma.min() >= 16 and luma.max() <= 235 and chroma.min() >= 16 and chroma.max() <= 240
    assert legal, say(f"{with_values}, codes leave 16..235 or 16..240")
    assert luma.std() > 1, say(f"{with_values}, nothing is left of the picture")


def _check_mix(effect: Any, say: Say) -> None:
    usual = {p.name: p.default for p in effect.parameters}
    steps = [0.02, 0.25, 0.5, 0.75, 0.98]
    weights = [
        float(_drawn(effect, usual, 96, 54, progress=step)[0].weight.mean()) for step in steps
    ]
    assert weights[0] < 0.1, say(f"it must begin with the first picture (weight {weights[0]:.2f})")
    assert weights[-1] > 0.9, say(f"it must end with the second picture (weight {weights[-1]:.2f})")
    assert weights == sorted(weights), say("it goes back on its way to the second picture")


def _check_camera(effect: Any, say: Say) -> None:
    for values in _settings(effect.parameters):
        for seconds in (0.0, 1.3, 3.9):
            now, _ = _drawn(effect, values, 96, 54, seconds=seconds)
            soon, _ = _drawn(effect, values, 96, 54, seconds=seconds + 1 / 60)
            a, b = now.layers[0], soon.layers[0]
            step = float(np.hypot(a.x - b.x, a.y - b.y).max())
            assert step < CAMERA_STEP, say(f"it jumps by {step:.3f} heights in 1/60 s")
