"""Drum kits: every drum of a style, synthesised a few times over so that no two strokes match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from songs.score import RATE, Floats
from songs.tables import read_table

TAKES = 3
"""How many versions of each drum a kit has."""


@dataclass(frozen=True)
class Kit:
    """Ranges a style's drums are drawn from: seconds, Hz and shares."""

    kick_pitch: tuple[float, float]
    kick_sweep: tuple[float, float]
    kick_decay: tuple[float, float]
    kick_click: tuple[float, float]
    kick_drive: tuple[float, float]
    snare_pitch: tuple[float, float]
    snare_decay: tuple[float, float]
    snare_noise: tuple[float, float]
    hat_decay: tuple[float, float]
    metal: float
    """0: cymbals are noise, 1: they are a machine's square waves."""
    top: float = 11000.0


KITS = {name: Kit(**ranges) for name, ranges in read_table("kits.toml").items()}
"""Every style of kit by name."""


def make_kit(style: str, rng: np.random.Generator) -> dict[str, list[Floats]]:
    """Every drum's takes, each with a peak near 1."""
    kit = KITS[style]
    draw = {k: float(rng.uniform(*v)) for k, v in vars(kit).items() if isinstance(v, tuple)}
    return {
        name: [_finish(_drum(name, kit, draw, rng), kit.top) for _ in range(TAKES)]
        for name in LEVELS
    }


def blend(
    one: dict[str, list[Floats]], other: dict[str, list[Floats]], rng: np.random.Generator
) -> dict[str, list[Floats]]:
    """A kit of two: some drums from either, kicks and snares of both in layers."""
    mixed = {name: (one if rng.random() < 0.5 else other)[name] for name in one}
    for name in ("kick", "snare"):
        share = np.float32(rng.uniform(0.2, 0.8))
        mixed[name] = [_layer(a, b, share) for a, b in zip(one[name], other[name], strict=True)]
    return mixed


def _layer(a: Floats, b: Floats, share: np.float32) -> Floats:
    long, short = (a * share, b * (1 - share)) if len(a) >= len(b) else (b * (1 - share), a * share)
    long[: len(short)] += short
    return np.asarray(long / (np.max(np.abs(long)) + 1e-9), dtype=np.float32)


LEVELS = {
    "kick": 1.0,
    "snare": 0.85,
    "clap": 0.6,
    "rim": 0.4,
    "hat": 0.38,
    "open": 0.4,
    "ride": 0.36,
    "crash": 0.5,
    "tom_hi": 0.7,
    "tom_mid": 0.7,
    "tom_lo": 0.75,
    "shaker": 0.2,
    "tamb": 0.25,
    "conga_hi": 0.4,
    "conga_lo": 0.45,
    "cowbell": 0.3,
    "clave": 0.3,
}
"""Peak of each drum in the mix."""


def _drum(name: str, kit: Kit, draw: dict[str, float], rng: np.random.Generator) -> Floats:
    jitter = float(rng.uniform(0.97, 1.03))
    if name == "kick":
        return _kick(draw, jitter, rng)
    if name == "snare":
        return _snare(draw, jitter, rng)
    if name == "clap":
        return _clap(rng)
    if name in ("hat", "open", "ride", "crash", "shaker", "tamb"):
        return _cymbal(name, kit, draw, rng)
    pitch, decay, tone = {
        "tom_hi": (190, 0.18, 0.9),
        "tom_mid": (140, 0.22, 0.9),
        "tom_lo": (92, 0.28, 0.9),
        "conga_hi": (300, 0.1, 0.95),
        "conga_lo": (210, 0.14, 0.95),
        "rim": (1650, 0.02, 0.7),
        "cowbell": (560, 0.09, 1.0),
        "clave": (2450, 0.03, 1.0),
    }[name]
    return _struck(pitch * jitter, decay, tone, rng, second=1.48 if name == "cowbell" else 1.59)


def _time(seconds: float) -> Floats:
    return np.arange(round(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def _noise(n: int, low: float, high: float, rng: np.random.Generator) -> Floats:
    """White noise between two frequencies, shaped in one transform."""
    f = np.fft.rfftfreq(n, 1 / RATE)
    gain = 1 / np.sqrt(1 + (low / np.maximum(f, 1)) ** 6) / np.sqrt(1 + (f / high) ** 6)
    shaped = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * gain, n)
    return np.asarray(shaped / (np.std(shaped) + 1e-9), dtype=np.float32)


def _kick(draw: dict[str, float], jitter: float, rng: np.random.Generator) -> Floats:
    decay = draw["kick_decay"]
    t = _time(min(5 * decay, 1.2) + 0.05)
    pitch = (
        draw["kick_pitch"]
        * jitter
        * (1 + (draw["kick_sweep"] - 1) * np.exp(-t / 0.025) + 2 * np.exp(-t / 0.004))
    )
    body = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / decay)
    if draw["kick_drive"] > 0.5:
        body = np.tanh((1 + draw["kick_drive"]) * body) / np.tanh(1 + draw["kick_drive"])
        body *= np.exp(-t / (2 * decay))
    click = 0.35 * draw["kick_click"] * _noise(len(t), 1500, 7000, rng) * np.exp(-t / 0.004)
    return np.asarray(body + click, dtype=np.float32)


def _snare(draw: dict[str, float], jitter: float, rng: np.random.Generator) -> Floats:
    decay = draw["snare_decay"]
    t = _time(6 * decay + 0.03)
    pitch = draw["snare_pitch"] * jitter
    bend = 1 + 0.4 * np.exp(-t / 0.01)
    tone = np.sin(2 * np.pi * pitch * np.cumsum(bend) / RATE) + 0.5 * np.sin(
        2 * np.pi * 1.72 * pitch * t
    )
    wires = (
        0.4
        * _noise(len(t), 900, 10000, rng)
        * (0.7 * np.exp(-t / decay) + 0.8 * np.exp(-t / 0.012))
    )
    share = draw["snare_noise"]
    return np.asarray(
        (1 - share) * tone * np.exp(-t / (0.6 * decay)) + share * wires, dtype=np.float32
    )


def _clap(rng: np.random.Generator) -> Floats:
    t = _time(0.4)
    envelope = 0.7 * np.exp(-np.maximum(t - 0.025, 0) / 0.06) * (t >= 0.025)
    for k in range(3):
        start = 0.0085 * k
        envelope = envelope + np.where(t >= start, np.exp(-(t - start) / 0.004), 0)
    return np.asarray(0.4 * _noise(len(t), 800, 5000, rng) * envelope, dtype=np.float32)


def _cymbal(name: str, kit: Kit, draw: dict[str, float], rng: np.random.Generator) -> Floats:
    decay, low, high = {
        "hat": (draw["hat_decay"], 4500, 10900),
        "open": (0.12 + 3 * draw["hat_decay"], 4000, 10900),
        "ride": (0.5, 3500, 10500),
        "crash": (0.9, 1800, 10800),
        "shaker": (0.03, 4500, 9500),
        "tamb": (0.06, 5500, 10500),
    }[name]
    t = _time(min(5 * decay, 2.2) + 0.02)
    sound = 0.3 * _noise(len(t), low, high, rng)
    if kit.metal > 0 and name != "shaker":
        tones = sum(
            np.sign(np.sin(2 * np.pi * f * t))
            for f in (2050.0, 3040.0, 3650.0, 5220.0, 5400.0, 8000.0)
        )
        ring = signal.lfilter([1, -0.95], [1], np.asarray(tones))
        sound = (1 - kit.metal) * sound + kit.metal * 0.15 * ring
    rise = 1 - np.exp(-t / (0.008 if name == "shaker" else 0.0007))
    fall = np.exp(-t / decay)
    if name == "ride":
        fall = 0.3 * fall + 0.7 * np.exp(-t / 0.03)
        sound = sound + 0.15 * np.sin(2 * np.pi * 3300 * t)
    return np.asarray(sound * rise * fall, dtype=np.float32)


def _struck(
    pitch: float, decay: float, tone: float, rng: np.random.Generator, *, second: float
) -> Floats:
    t = _time(6 * decay + 0.02)
    bend = 1 + 0.25 * np.exp(-t / 0.03)
    body = np.sin(2 * np.pi * pitch * np.cumsum(bend) / RATE) + 0.4 * np.sin(
        2 * np.pi * second * pitch * t
    )
    knock = 0.4 * _noise(len(t), 800, 6000, rng) * np.exp(-t / 0.008)
    return np.asarray(tone * body * np.exp(-t / decay) + (1.2 - tone) * knock, dtype=np.float32)


def _finish(sound: Floats, top: float) -> Floats:
    """Fade the end, take off what a lo-fi kit lacks, peak 1."""
    tail = min(len(sound), 256)
    sound[-tail:] *= np.linspace(1, 0, tail, dtype=np.float32)
    if top < 10000:
        sound = signal.sosfilt(signal.butter(2, top, fs=RATE, output="sos"), sound).astype(
            np.float32
        )
    return np.asarray(sound / (np.max(np.abs(sound)) + 1e-9), dtype=np.float32)
