"""A drummer: chooses grooves, plays bars, fills, crashes, rolls and breaks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from songs.genre import Drums, Genre
from songs.rhythms import draw_pattern
from songs.score import Bar, Chord, Hit, SectionPlan

STROKES = {
    "X": (1.0, 1.0),
    "x": (0.78, 1.0),
    "o": (0.5, 0.97),
    "g": (0.22, 0.65),
    "?": (0.55, 0.35),
}
"""Velocity and chance of each step of a pattern."""
LAYERS = {
    "kick": "kick",
    "snare": "snare",
    "clap": "snare",
    "hat": "hat",
    "open": "hat",
    "ride": "hat",
}
"""The layer a drum belongs to; others are "extra"."""
INVENTED_KICKS = 0.1
"""Chance that a kick line is drawn by rule."""
FLAM = 0.02
"""Chance that a hard snare stroke has a grace note."""
FILL_DRUMS = ("snare", "tom_hi", "tom_mid", "tom_lo")


@dataclass(frozen=True)
class Groove:
    """Lines of one beat: drum and pattern, `steps` to a beat."""

    lines: tuple[tuple[str, str], ...]
    steps: int

    def stretched(self, meter: int) -> Groove:
        """The same in half time: one backbeat a bar, few kicks; the time keeps going."""
        bar = meter * self.steps
        snare = "." * (bar // 2) + "X" + "." * (bar - bar // 2 - 1)
        kick = "X" + "." * (bar - 1)
        swap = {"kick": kick, "snare": snare, "clap": snare}
        return replace(self, lines=tuple((d, swap.get(d, p)) for d, p in self.lines))


def choose_groove(drums: Drums, feel: str, meter: int, rng: np.random.Generator) -> Groove:
    """A mix of the genre's lines, with a few changes of the song's own."""
    steps = 3 if feel == "triplet" else 4
    kick = _mutate(_pick(drums.kicks, rng), steps, drums.mutation, rng)
    clapped = rng.random() < 0.15
    lines = [
        ("kick", kick),
        ("clap" if clapped else "snare", _pick(drums.snares, rng)),
        ("hat", _pick(drums.hats, rng)),
    ]
    lines.append(("open", _pick(drums.open_hats, rng)))
    for drum, pattern in drums.extras:
        if rng.random() < 0.35:
            lines.append((drum, pattern))
    if not drums.rides and drums.extras and drums.extras[0][0] == "ride":
        lines.append(drums.extras[int(rng.integers(len(drums.extras)))])
    if feel == "straight" and rng.random() < INVENTED_KICKS:
        lines[0] = ("kick", "X" + draw_pattern(meter, steps, rng)[1:])
    if rng.random() < 0.05:
        lines.append(("clap", ("X" + "." * (steps - 1)) * meter))
    return Groove(tuple((d, p) for d, p in lines if p), steps)


def vary_groove(groove: Groove, drums: Drums, rng: np.random.Generator) -> Groove:
    """The same beat for a louder section: other time-keeping, sometimes other kicks."""
    lines = dict(groove.lines)
    if rng.random() < 0.5:
        lines["kick"] = _mutate(_pick(drums.kicks, rng), groove.steps, drums.mutation, rng)
    hat = _pick(drums.hats, rng) if rng.random() < 0.6 else lines.pop("hat", "")
    lines.pop("hat", None)
    name = "ride" if rng.random() < drums.rides else "hat"
    if rng.random() < 0.08 * drums.rides:
        name = "crash"
    if hat:
        lines[name] = hat
    return Groove(tuple(lines.items()), groove.steps)


def _pick(patterns: tuple[str, ...], rng: np.random.Generator) -> str:
    return patterns[int(rng.integers(len(patterns)))]


def _mutate(pattern: str, steps: int, chance: float, rng: np.random.Generator) -> str:
    """Weak steps gain or lose strokes; beats are left alone."""
    cells = list(pattern)
    for k, cell in enumerate(cells):
        weak = k % steps != 0
        if weak and rng.random() < chance:
            cells[k] = (
                "x" if cell == "." and (steps == 3 or k % 2 == 0 or rng.random() < 0.4) else "."
            )
    return "".join(cells)


def play_section(
    groove: Groove,
    plan: SectionPlan,
    bars: list[Bar],
    genre: Genre,
    rng: np.random.Generator,
    *,
    opens: bool,
) -> list[Hit]:
    """All strokes of a section. `opens`: a crash may mark its first downbeat."""
    hits: list[Hit] = []
    for bar in bars:
        strokes = _play_bar(groove, bar, rng)
        strokes = [h for h in strokes if LAYERS.get(h.drum, "extra") in plan.layers]
        last = bar.number == len(bars) - 1
        if strokes and last:
            strokes = _end_bar(strokes, bar, plan, groove, rng)
        elif strokes and (bar.number + 1) % genre.hypermeasure == 0 and rng.random() < 0.3:
            strokes = _fill(
                strokes, bar, groove, rng, beats=float(rng.choice((0.5, 1.0, 1.0, 2.0)))
            )
        hits += strokes
    loud = {"kick", "snare"} <= plan.layers
    if opens and bars and loud and rng.random() < 0.75:
        hits.append(Hit(bars[0].start, "crash", 0.9))
        if rng.random() < 0.6:
            hits += [Hit(b.start, "crash", 0.7) for b in bars[8::8]]
    if "riser" in plan.layers and plan.ends_with == "roll":
        hits = [h for h in hits if LAYERS.get(h.drum) != "snare"] + _roll(bars, rng)
    return hits


def _play_bar(groove: Groove, bar: Bar, rng: np.random.Generator) -> list[Hit]:
    hits = []
    for drum, pattern in groove.lines:
        first = bar.number * bar.beats * groove.steps
        for k in range(bar.beats * groove.steps):
            stroke = STROKES.get(pattern[(first + k) % len(pattern)])
            if stroke and rng.random() < stroke[1]:
                velocity = float(np.clip(stroke[0] * (1 + rng.normal(0, 0.07)), 0.05, 1))
                hits.append(Hit(bar.start + k / groove.steps, drum, velocity))
                if drum == "snare" and stroke[0] == 1.0 and rng.random() < FLAM:
                    hits.append(Hit(bar.start + k / groove.steps, drum, 0.4 * velocity, -0.025))
    return hits


def _end_bar(
    strokes: list[Hit], bar: Bar, plan: SectionPlan, groove: Groove, rng: np.random.Generator
) -> list[Hit]:
    end = bar.start + bar.beats
    if plan.ends_with == "stop":
        return [h for h in strokes if h.beat < end - float(rng.choice((1, 1, 2, bar.beats - 1)))]
    if plan.ends_with == "drop-out":
        return [h for h in strokes if h.drum != "kick"]
    if plan.ends_with == "fill" and {"snare"} & plan.layers:
        return _fill(strokes, bar, groove, rng, beats=float(rng.choice((1, 1, 2, 2, bar.beats))))
    return strokes


def _fill(
    strokes: list[Hit], bar: Bar, groove: Groove, rng: np.random.Generator, *, beats: float
) -> list[Hit]:
    """The bar's last `beats` beats become a run over snare and toms."""
    start = bar.start + bar.beats - beats
    keep = [
        h for h in strokes if h.beat < start - 1e-6 or (h.drum == "kick" and rng.random() < 0.5)
    ]
    density = float(rng.uniform(0.45, 1.0))
    steps = round(beats * groove.steps)
    for k in range(steps):
        strong = k % groove.steps == 0
        if rng.random() < (
            0.9 if strong else density if k % 2 == 0 or groove.steps == 3 else density * 0.8
        ):
            drum = FILL_DRUMS[min(3, int(k / steps * 4 * rng.uniform(0.6, 1.2)))]
            keep.append(Hit(start + k / groove.steps, drum, float(rng.uniform(0.6, 1.0))))
    return keep


def _roll(bars: list[Bar], rng: np.random.Generator) -> list[Hit]:
    """A snare that doubles its speed towards the drop."""
    end = bars[-1].start + bars[-1].beats
    bar = bars[-1].beats
    total = min(len(bars), int(rng.choice((2, 4, 8)))) * bar
    beat = end - total
    hits = []
    while beat < end - 1e-6:
        left = (end - beat) / total
        hits.append(Hit(beat, "snare", 0.45 + 0.5 * (1 - left)))
        beat += (
            1.0
            if left > 0.5
            else 0.5
            if left > 0.25
            else 0.25
            if left > 0.125 or rng.random() < 0.5
            else 0.125
        )
    return hits


def follow_pushes(hits: list[Hit], chords: list[Chord], rng: np.random.Generator) -> list[Hit]:
    """The kick goes with chords that come early and often leaves their beat empty; some crash."""
    kicked = {round(h.beat, 3) for h in hits if h.drum == "kick"}
    early = {
        round(c.beat, 3): c.sounds_at
        for c in chords
        if c.sounds_at < c.beat and round(c.beat, 3) in kicked
    }
    leave = rng.random() < 0.5
    crash = rng.random() < 0.3
    kept = [h for h in hits if not (leave and h.drum == "kick" and round(h.beat, 3) in early)]
    kept += [Hit(at, "kick", 0.95) for at in early.values() if round(at, 3) not in kicked]
    return kept + [Hit(at, "crash", 0.7) for at in early.values() if crash and rng.random() < 0.5]


def humanize(hits: list[Hit], spread: float, rng: np.random.Generator) -> list[Hit]:
    """Strokes leave their exact moment: each drum by a lag of its own, each stroke by chance.

    `spread` is the standard deviation in seconds; kicks stay closest to the beat.
    """
    lags = {
        "kick": 0.0,
        "snare": float(rng.normal(0.2, 0.5)) * spread,
        "hat": float(rng.normal(0, 0.5)) * spread,
    }
    moved = []
    for h in hits:
        lag = lags.get(LAYERS.get(h.drum, "hat"), 0.0)
        moved.append(
            replace(
                h,
                late=h.late
                + float(
                    np.clip(
                        lag + rng.normal(0, spread * (0.7 if h.drum == "kick" else 1)), -0.03, 0.03
                    )
                ),
            )
        )
    return moved
