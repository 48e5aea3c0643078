"""Seed -> song: the list of steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from songs import harmony
from songs.harmony import TONICS
from songs.mastering import master
from songs.score import RATE, Clock, Feel, Floats, TrainingSong

from arranged import mix, playing
from arranged.accompaniment import AccompanimentError, Track, accompany
from arranged.feel import feel_of, swing_of
from arranged.grooves import GrooveFile, scan_library
from arranged.leads import Lead, write_leads
from arranged.plan import ENERGY, Section, plan_sections
from arranged.sampler import load_sampler
from arranged.styles import COMPOUND, Style, style_of
from arranged.timing import make_clock

RARE: dict[str | int, float] = {"pairs": 4.0, 3: 2.5, 4: 1.0, 5: 6.0}
"""How much more often than their number says grooves in 6/8, in three and in five are drawn."""
TRIES = 8
"""How many grooves to draw before giving up."""


@dataclass(frozen=True)
class Arrangement:
    """A song as it is written, before anyone's timing."""

    genre: str
    style: Style
    tempo: float
    meter: int
    feel: Feel
    key: tuple[int, str]
    sections: list[Section]
    tracks: list[Track]


def make_arranged(seed: int, *, mma: Path, soundfont: Path, seconds: float = 60.0) -> TrainingSong:
    """A song on the grooves of one file of MMA's library, the same for the same arguments.

    `mma`: MMA's program file, its library in `../share/mma` beside it. `soundfont`: a General MIDI
    .sf2 file. Raises AccompanimentError if MMA fails on every groove drawn.
    """
    rng = np.random.default_rng((seed, 3))
    start = float(rng.uniform(0, 2)) if rng.random() < 0.6 else 0.0
    song = _draw(seed, seconds - start, rng, mma=mma)
    clock = make_clock(round(song.sections[-1].end), song.tempo, start, rng)
    leads = write_leads(song.sections, song.key, song.feel, song.style.band, rng)
    tracks = _perform(song, rng)
    swing = swing_of(song.tracks) if song.feel == "swing" else 0.5
    clocks = (clock, replace(clock, swing=swing))
    sampler = load_sampler(soundfont)
    sound = mix.render(tracks, leads, clocks, round(seconds * RATE), song.style.band, sampler, rng)
    samples = master(sound, float(rng.random()), rng)
    return _truth(song, tracks, leads, clocks, samples, seconds)


def _draw(seed: int, seconds: float, rng: np.random.Generator, *, mma: Path) -> Arrangement:
    """Grooves are drawn until MMA takes them and drums and chords divide the beat alike."""
    files = scan_library(mma.resolve().parent.parent / "share" / "mma" / "lib")
    error = AccompanimentError("no groove was drawn")
    for attempt in range(TRIES):
        file, drums = choose_files(files, rng)
        try:
            song = _arrange(file, drums, seconds, rng, seed=seed * TRIES + attempt, mma=mma)
        except AccompanimentError as e:
            error = e
            continue
        if song is not None:
            return song
    raise error


def choose_files(
    files: tuple[GrooveFile, ...], rng: np.random.Generator
) -> tuple[GrooveFile, GrooveFile | None]:
    """A groove file, and if that has only drums, first another one for the rest."""
    weights = np.array([_style(f).weight * RARE["pairs" if f.pairs else f.meter] for f in files])
    first = files[int(rng.choice(len(files), p=weights / weights.sum()))]
    if not first.drums_only:
        return first, None
    others = [f for f in files if not f.drums_only and _fits(f, first)]
    return others[int(rng.integers(len(others)))], first


def _fits(a: GrooveFile, b: GrooveFile) -> bool:
    """Whether bars agree; where most do (four beats), the kind of band should too."""
    same = (a.meter, a.beats, a.quarters_per_beat) == (b.meter, b.beats, b.quarters_per_beat)
    return same and (a.beats != 4 or _style(a).band == _style(b).band)


def _style(file: GrooveFile) -> Style:
    return style_of(file.path.rsplit("/", 1)[1])


def _arrange(
    file: GrooveFile, drums: GrooveFile | None, seconds: float, rng: np.random.Generator, *,
    seed: int, mma: Path,
) -> Arrangement | None:  # fmt: skip
    """None if the drums' feel is not the chords'."""
    style = _style(drums or file)
    low, high = COMPOUND if file.pairs else (style.slowest, style.fastest)
    tempo = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    bars = max(4, int(np.ceil(seconds * tempo / 60 / file.meter)))
    key = harmony.choose_key(style.harmony, rng)
    sections = _with_chords(plan_sections(file, drums, bars, rng), style, key, rng)
    tracks = accompany(sections, file, drums=False, seed=seed, mma=mma)
    if drums is not None:
        rhythm = accompany(sections, file, drums=True, seed=seed, mma=mma)
        rhythm = [playing.untangle(t, sections) for t in rhythm if t.drums]
        others = [t for t in tracks if not t.drums]
        mine, theirs = feel_of(rhythm), feel_of(others)
        if (
            mine is not None
            and theirs is not None
            and (mine == "straight") != (theirs == "straight")
        ):
            return None
        tracks = [*others, *rhythm]
    if not tracks:
        return None
    feel = feel_of([t for t in tracks if t.drums]) or feel_of(tracks) or "straight"
    if file.grooves[0].compound:
        feel = "triplet"
    genre = (drums or file).path
    return Arrangement(genre, style, tempo, file.meter, feel, key, sections, tracks)


def _with_chords(
    sections: list[Section], style: Style, key: tuple[int, str], rng: np.random.Generator
) -> list[Section]:
    """Every function of section has its own progression, speed of change and pushes."""
    push = float(rng.choice((0.0, 0.0, 0.15, 0.4)))
    symbols: dict[str, list[str]] = {}
    rates: dict[str, float] = {}
    out = []
    for section in sections:
        name = section.function
        if name not in symbols:
            symbols[name] = harmony.choose_progression(style.harmony, key[1], rng)
            rates[name] = float(rng.choice((0.5, 1.0, 2.0), p=(0.12, 0.68, 0.2)))
        chords = harmony.lay_out(
            list(section.bars), symbols[name], key[0], rng, rate=rates[name], push=push
        )
        out.append(replace(section, chords=tuple(chords)))
    return out


def _perform(song: Arrangement, rng: np.random.Generator) -> list[Track]:
    """What is heard of MMA's tracks, with fills and everyone's own timing."""
    players = playing.choose_players(rng)
    steps = 4 if song.feel == "straight" else 3
    kick_too = rng.random() < 0.5
    tracks = [playing.push(t, song.sections, kick_too) for t in song.tracks]
    tracks = [playing.rest(t, song.sections) for t in tracks]
    if any(t.drums for t in tracks):
        tracks.append(playing.extra_drums(song.sections, steps, players, rng))
    absent = {t.name for t in tracks if not t.drums and rng.random() < 0.12}
    kept = [t for t in tracks if t.name not in absent] or tracks
    return [
        playing.humanise(t, players.drums_late if t.drums else players.others_late, rng)
        for t in kept
        if t.notes
    ]


def _truth(
    song: Arrangement, tracks: list[Track], leads: list[Lead], clocks: tuple[Clock, Clock],
    samples: Floats, seconds: float,
) -> TrainingSong:  # fmt: skip
    clock = clocks[0]
    places = [(b.start + k, k) for s in song.sections for b in s.bars for k in range(b.beats)]
    beats = np.array([clock.seconds(beat) for beat, _ in places], dtype=np.float64)
    inside = beats < seconds
    drums = {"kick": playing.KICKS, "snare": playing.SNARES, "hat": playing.HATS}
    hits = {name: mix.moments(tracks, pitches, clock) for name, pitches in drums.items()}
    sections = tuple(
        (clock.seconds(s.start), min(clock.seconds(s.end), seconds), s.function)
        for s in song.sections
        if clock.seconds(s.start) < seconds
    )
    loudest = max(ENERGY[name] for _, _, name in sections)
    return TrainingSong(
        samples=samples,
        beats=beats[inside],
        positions=np.array([k for _, k in places], dtype=np.int64)[inside],
        meter=song.meter,
        feel=song.feel,
        genre=song.genre,
        sections=sections,
        vocals=_vocals(leads, clocks[1], seconds),
        hits={k: v[(v >= 0) & (v < seconds)] for k, v in hits.items()},
        key=(TONICS[song.key[0]], song.key[1]),
        climax=next(a for a, _, name in reversed(sections) if ENERGY[name] == loudest),
    )


def _vocals(leads: list[Lead], clock: Clock, seconds: float) -> tuple[tuple[float, float], ...]:
    spans = [
        (max(clock.seconds(a), 0.0), min(clock.seconds(b), seconds))
        for lead in leads
        if lead.is_voice
        for a, b in lead.spans
    ]
    return tuple(sorted(s for s in spans if s[0] < s[1]))
