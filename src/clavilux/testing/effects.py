"""Does an effect keep its interface, and that of its stage?"""

from __future__ import annotations

import math
from itertools import product
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from clavilux.interfaces import Parameter, Shot, Stage
from clavilux.model.timeline import Curve
from clavilux.rendering.compose import Renderer, to_rgb
from clavilux.rendering.fields import FrameFields, Layer
from clavilux.rendering.picture import Planes, from_rgb
from clavilux.rendering.resolve import SCENE_SIGNALS
from clavilux.testing.rules import PALETTE, SIZES, Say, about, check_name

Bytes = NDArray[np.uint8]

SIGNALS = (*SCENE_SIGNALS, "surge")
"""What a curve may follow."""

CAMERA_STEP = 0.03
"""Heights by which a camera may move in a sixtieth of a second."""


def check_effect(effect: Any) -> None:
    """Raise AssertionError where an effect breaks a rule of interfaces.Effect or of its stage."""
    say = about("effect", effect)
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


def _check_effect_metadata(effect: Any, say: Say) -> None:
    check_name(effect, say)
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
    _check_fields(fields, about("effect", effect))
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
    say = about("effect", effect)
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
