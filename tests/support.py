"""What tests of different folders share: synthetic songs, specs, timelines, pictures, plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from clavilux import registry
from clavilux.interfaces import SceneView
from clavilux.media.image import encode_still
from clavilux.model.codec import digest
from clavilux.model.song import ENVELOPES, Analysis, Beat, Envelope, Key, Mood, Section, Song
from clavilux.model.spec import Preset, RenderSpec, SectionSpec
from clavilux.model.time import FrameRate
from clavilux.model.timeline import SceneSource, StillSource, Timeline
from clavilux.planning.edit import Stills, plan_timeline
from clavilux.rendering.picture import Planes, from_rgb
from clavilux.rendering.resolve import SCENE_SIGNALS, FrameState, LayerState
from clavilux.storage import Store

Floats = NDArray[np.float32]

PALETTES = (
    ("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7"),
    ("#06141B", "#0E4D5C", "#49C6A8", "#EAF7E6"),
    ("#1A0505", "#7A1E1E", "#E8A13A", "#FFF3D6"),
)

PARTS: tuple[tuple[str, float, float], ...] = (
    ("verse", 8.0, 0.4),
    ("chorus", 8.0, 0.9),
    ("bridge", 6.0, 0.2),
    ("outro", 6.0, 0.55),
)
"""A short song: function, seconds, energy."""


def make_analysis(
    parts: Sequence[tuple[str, float, float]] = PARTS,
    *,
    tempo: float = 120.0,
    meter: int = 4,
    first_beat: float = 0.0,
    seed: int = 0,
    beat_times: Sequence[float] | None = None,
    onsets: Sequence[float] = (),
) -> Analysis:
    """A song of the given parts with lively envelopes; a tempo of 0 has no beats."""
    edges = np.concatenate([[0.0], np.cumsum([seconds for _, seconds, _ in parts])])
    duration = float(edges[-1])
    seen: dict[str, int] = {}
    sections = []
    for i, (function, _, energy) in enumerate(parts):
        seen[function] = seen.get(function, 0) + 1
        sections.append(
            Section.model_validate(
                {
                    "label": f"{function}_{seen[function]}",
                    "function": function,
                    "group": "ABCDEFGH"[i % 8],
                    "start": edges[i],
                    "end": edges[i + 1],
                    "energy": energy,
                }
            )
        )
    if beat_times is None:
        period = 60 / tempo if tempo > 0 else 0.5
        beat_times = np.arange(first_beat, duration, period).tolist() if tempo > 0 else []
    strongest = max(sections, key=lambda s: s.energy)
    return Analysis(
        song=Song(
            title="Test song",
            duration=duration,
            sample_rate=44100,
            channels=2,
            codec="wav",
            digest="1",
        ),
        tempo=tempo,
        tempo_confidence=0.9,
        meter=meter,
        beats=tuple(
            Beat(time=t, bar=k // meter, position=k % meter) for k, t in enumerate(beat_times)
        ),
        onsets=tuple(onsets),
        envelopes={
            name: Envelope(rate=20.0, values=lively(duration, seed=seed * 97 + k))
            for k, name in enumerate(ENVELOPES)
        },
        sections=tuple(sections),
        climax=(strongest.start + strongest.end) / 2,
        key=Key(tonic="A", mode="minor", confidence=0.8),
        mood=Mood(valence=0.2, arousal=0.2, confidence=0.7),
    )


def lively(seconds: float, *, seed: int, rate: float = 20.0) -> NDArray[np.float64]:
    """Something that goes up and down between 0 and 1, `rate` values per second."""
    rng = np.random.default_rng(seed)
    points = rng.random(max(2, int(seconds * 2) + 2))
    at = np.arange(max(1, int(seconds * rate))) / rate * 2
    return np.interp(at, np.arange(len(points)), points)


def make_spec(
    analysis: Analysis,
    *,
    tier: int = 2,
    scene: str = "plain",
    seed: int = 1,
    **section_fields: dict[str, Any],
) -> RenderSpec:
    """A spec section by section after an analysis; `chorus_1={"tier": 1}` changes one section."""
    sections = []
    for i, section in enumerate(analysis.sections):
        fields: dict[str, Any] = {
            "label": section.label,
            "start": section.start,
            "end": section.end,
            "theme": "hills at dusk",
            "palette": PALETTES[i % len(PALETTES)],
            "mood": "calm",
            "prompt": "hills at dusk",
            "tier": tier,
            "scene": scene,
            "energy": section.energy,
        }
        sections.append(
            SectionSpec.model_validate({**fields, **section_fields.pop(section.label, {})})
        )
    assert not section_fields, f"no such section: {list(section_fields)}"
    return RenderSpec(
        song="song.wav", style="test", global_style="", seed=seed, sections=tuple(sections)
    )


def make_preset(
    width: int = 96, height: int = 54, rate: str | int = 12, *, loop: float | None = None
) -> Preset:
    return Preset(
        name="test", width=width, height=height, rate=FrameRate.parse(rate), loop_seconds=loop
    )


def make_timeline(
    analysis: Analysis | None = None,
    spec: RenderSpec | None = None,
    *,
    preset: Preset | None = None,
    stills: Stills | None = None,
    **options: Any,
) -> Timeline:
    """A planned timeline; without `stills` every tier-2 section has three that need not exist."""
    analysis = analysis or make_analysis()
    spec = spec or make_spec(analysis)
    return plan_timeline(
        spec,
        analysis,
        preset or make_preset(),
        stills=named_stills(spec) if stills is None else stills,
        **options,
    )


def named_stills(spec: RenderSpec, *, each: int = 3) -> Stills:
    """Sources whose pictures exist in no store: enough for planning."""
    return {
        (section.label, k): StillSource(picture=digest(section.label, k))
        for section in spec.sections
        if section.tier != 1
        for k in range(each)
    }


def stored_stills(spec: RenderSpec, folder: Path, preset: Preset) -> tuple[Store, Stills]:
    """A store with one artificial picture for each of the stills of `named_stills`."""
    store = Store(folder)
    stills = named_stills(spec)
    for number, still in enumerate(stills.values()):
        rgb = make_picture(preset.width, preset.height, seed=number)
        pixels = np.round(np.clip(rgb.transpose(1, 2, 0), 0, 1) * 255).astype(np.uint8)
        store.put(still.picture, ".qoi", encode_still(pixels))
    return store, stills


def make_picture(width: int, height: int, *, seed: int = 0) -> Floats:
    """(3, height, width) sRGB 0..1: a sky, hills with sharp edges, a disc, small lights.

    Drawn at three times the size and averaged, so that edges are as sharp as a camera's.
    """
    over = 3
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : height * over, 0 : width * over]
    y, x = (y + 0.5) / (height * over), (x + 0.5) / (height * over)
    aspect = width / height
    low, high = rng.random((2, 3)) * 0.35 + 0.05, rng.random((2, 3)) * 0.4 + 0.4
    rgb = low[0][:, None, None] * (1 - y) + high[0][:, None, None] * y
    rgb = rgb + 0.1 * np.sin(2 * np.pi * (x / aspect + rng.random()))
    sun = np.hypot(x - aspect * rng.uniform(0.2, 0.8), y - rng.uniform(0.2, 0.45))
    rgb = np.where(sun < 0.11, high[1][:, None, None] + 0.15, rgb)
    for k in range(3):
        line = 0.5 + 0.14 * k + 0.07 * np.sin(2 * np.pi * ((1.3 + k) * x + rng.random()))
        rgb = np.where(y > line, (low[1] * (1 - 0.25 * k))[:, None, None] + 0.1 * (y - line), rgb)
    for _ in range(14):
        cx, cy = rng.uniform(0.05, 0.95) * aspect, rng.uniform(0.55, 0.95)
        lamp = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * 0.009**2))
        rgb = rgb + lamp * rng.uniform(0.5, 1.0, 3)[:, None, None]
    small = rgb.reshape(3, height, over, width, over).mean(axis=(2, 4))
    return np.ascontiguousarray(np.clip(small, 0, 1), dtype=np.float32)


def make_planes(width: int, height: int, *, seed: int = 0, scene: bool = False) -> Planes:
    """The planes of such a picture: as a still, a little larger than the frame, or as a scene is
    drawn, at half the size with colour at that size."""
    if scene:
        small = make_picture(width // 2, height // 2, seed=seed)
        return from_rgb(small, full_chroma=True, finished=True)
    size = (round(width * 1.15 / 2) * 2, round(height * 1.15 / 2) * 2)
    return from_rgb(make_picture(*size, seed=seed), finished=True)


MUSIC = dict.fromkeys(SCENE_SIGNALS, 0.5)


def make_layer(
    effects: dict[str, dict[str, float]] | None = None,
    *,
    still: str = "0",
    seconds: float = 2.5,
    duration: float = 6.0,
    scene: str = "",
) -> LayerState:
    """One layer of a frame; `still` is whatever the renderer's loader understands."""
    return LayerState(
        clip=0,
        source=SceneSource(scene=scene, seed=3) if scene else StillSource(picture=still),
        palette=PALETTES[0],
        seconds=seconds,
        duration=duration,
        section_seconds=seconds,
        progress=0.4,
        music=MUSIC,
        effects=effects or {},
    )


def make_state(
    effects: dict[str, dict[str, float]] | None = None,
    *,
    mix: str = "",
    mix_values: dict[str, float] | None = None,
    progress: float = 0.0,
    frame: int = 5,
    seconds: float = 2.5,
) -> FrameState:
    """A frame of one picture, or of two under a mix."""
    layers = [make_layer(effects, still="0", seconds=seconds)]
    if mix:
        layers.append(make_layer(effects, still="1", seconds=0.7))
    return FrameState(
        frame=frame,
        layers=tuple(layers),
        mix=mix,
        mix_values=mix_values or {},
        progress=progress,
        effects=effects or {},
    )


class PlainScene:
    """A scene without any compiled code: bands of palette colours that travel and breathe."""

    name: ClassVar[str] = "plain"
    words: ClassVar[tuple[str, ...]] = ("plain",)
    scale: ClassVar[float] = 0.5

    def draw(self, rgb: Floats, view: SceneView, *, depth: Floats | None = None) -> None:
        _, height, width = rgb.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(height)
        angle = 2.4 * view.seed
        phase = 0.3 * view.travel + 0.1 * view.time + 0.37 * view.seed
        wave = 0.5 + 0.5 * np.sin(7 * (x * np.cos(angle) + y * np.sin(angle)) + phase)
        light = wave * (0.75 + 0.03 * view.beat)
        for channel in range(3):
            rgb[channel] = view.ramp[channel][np.clip(light * 255, 0, 255).astype(int)]
        if depth is not None:
            depth[:] = y / y.max()


def add_plugins(monkeypatch: pytest.MonkeyPatch, kind: str, **plugins: object) -> None:
    """Let the registry know plugins for the length of a test."""
    usual: Callable[..., Any] = registry.get

    def get(asked_kind: str, name: str) -> Any:
        if asked_kind == kind and name in plugins:
            return plugins[name]
        return usual(asked_kind, name)

    monkeypatch.setattr(registry, "get", get)
