"""Songs on MMA's grooves: what is said of them is what was played. Skipped without MMA.

CLAVILUX_MMA names MMA's program file, CLAVILUX_SOUNDFONT a General MIDI soundfont.
"""

from __future__ import annotations

import os
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

mido = pytest.importorskip("mido")
pytest.importorskip("tinysoundfont")

from arranged import playing  # noqa: E402
from arranged.accompaniment import (  # noqa: E402
    Track,
    accompany,
    chord_name,
    read_tracks,
    write_arrangement,
)
from arranged.feel import feel_of  # noqa: E402
from arranged.grooves import Groove, GrooveFile, scan_library  # noqa: E402
from arranged.make import make_arranged  # noqa: E402
from arranged.plan import Section, plan_sections  # noqa: E402
from arranged.sampler import Sound, Voice, load_sampler  # noqa: E402
from arranged.styles import STYLES, style_of  # noqa: E402
from songs.score import RATE, Bar, Chord, Note, TrainingSong  # noqa: E402

MMA = Path(os.environ.get("CLAVILUX_MMA") or shutil.which("mma") or "/usr/bin/mma")
SOUNDFONT = Path(os.environ.get("CLAVILUX_SOUNDFONT") or "/usr/share/sounds/sf2/FluidR3_GM.sf2")
with_mma = pytest.mark.skipif(not MMA.is_file(), reason="MMA is not installed")
with_font = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="there is no soundfont")
LIBRARY = MMA.parent.parent / "share" / "mma" / "lib"
C, F = (Chord(b, 4.0, root, (0, 4, 7), b - early) for b, root, early in ((0, 0, 0), (4, 5, 0.5)))


def _file(text: str, folder: Path, name: str = "stdlib/made.mma") -> tuple[GrooveFile, ...]:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return scan_library(folder)


def _section(file: GrooveFile, chords: tuple[Chord, ...], **more: object) -> Section:
    bars = tuple(Bar(float(n * file.meter), file.meter, 0, n) for n in range(2))
    grooves = (file.grooves[0],) * (4 if file.pairs else 2)
    return Section("verse", bars, grooves, grooves, chords=chords, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("head", "meter", "beats", "quarters_per_beat"),
    [
        ("Time 4", 4, 4, 1.0),
        ("Time 3\nTimeSig 3 4", 3, 3, 1.0),
        ("Time 5\nTimesig 5 4", 5, 5, 1.0),
        ("Time 6\nTimesig 6/8", 4, 2, 3.0),
        ("Time 6/8", 4, 2, 3.0),
        ("Time 3\nTimesig 6 8", 4, 2, 1.5),
        ("Time 2\nTimesig 6 8", 4, 2, 1.0),
    ],
)
def test_meter_of_a_groove(
    head: str, meter: int, beats: int, quarters_per_beat: float, tmp_path: Path
) -> None:
    (file,) = _file(f"{head}\nSeqSize 4\nDefGroove Made  text\n", tmp_path)
    assert (file.meter, file.beats, file.quarters_per_beat) == (meter, beats, quarters_per_beat)
    assert file.grooves == (Groove("stdlib/made:Made", file.grooves[0].quarters, beats == 2, 4),)


def test_roles_and_lengths_follow_the_statements(tmp_path: Path) -> None:
    text = "Time 4\nSeqSize 4\nDefGroove A\nSeqSize 1\nDefGroove AFill\nGroove A\nDefGroove AEnd\n"
    (file,) = _file(text, tmp_path)
    assert [(g.role, g.bars) for g in file.grooves] == [("main", 4), ("fill", 1), ("end", 4)]


def test_drum_patterns_in_thirds_are_a_file_of_their_own(tmp_path: Path) -> None:
    text = "Time 4/4\n {1.5 0 9; 2.8 0 9}\nDefGroove P1\n {1.3 0 9; 2.7 0 9}\nDefGroove P2\n"
    straight, thirds = _file(text, tmp_path, "zoom/made.mma")
    assert [f.grooves[0].name for f in (straight, thirds)] == ["zoom/made:P1", "zoom/made:P2"]


def test_styles_are_playable_and_reached() -> None:
    assert all(40 <= s.slowest < s.fastest <= 210 for _, s in STYLES)
    reached = {word: next(w for w, _ in STYLES if w in word) for word, _ in STYLES}
    assert {w for w, first in reached.items() if w != first} == set()
    assert style_of("FastWaltz").slowest > style_of("waltz").slowest


def test_arrangement_text(tmp_path: Path) -> None:
    (file,) = _file("Time 4\nDefGroove Made\n", tmp_path)
    text = write_arrangement([_section(file, (C, F))], file, drums=False, seed=7)
    assert text.splitlines() == [
        "RndSeed 7",
        "Tempo 120",
        "Groove stdlib/made:Made",
        "C F@4.5",
        "F",
    ]
    assert chord_name(Chord(0, 4, 6, (0, 4, 7, 11), 0)) == "F#M7"


def test_midi_positions_are_beats(tmp_path: Path) -> None:
    midi = mido.MidiFile(ticks_per_beat=192)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    track.append(mido.MetaMessage("track_name", name="Bass"))
    track.append(mido.Message("program_change", program=33, channel=2))
    track.append(mido.Message("note_on", channel=2, note=40, velocity=127, time=288))
    track.append(mido.Message("note_on", channel=2, note=40, velocity=0, time=96))
    midi.save(tmp_path / "x.mid")
    (read,) = read_tracks(tmp_path / "x.mid", ticks_per_beat=192)
    assert read == Track("Bass", 33, False, (Note(1.5, 0.5, 40, 1.0),))


@pytest.mark.parametrize(
    ("places", "feel"),
    [
        ((0, 0.5, 0.25, 0.75), "straight"),
        ((0, 0.66), "swing"),
        ((0, 0.76), "swing"),
        ((0, 0.333, 0.667), "triplet"),
        ((0,), None),
    ],
)
def test_feel(places: tuple[float, ...], feel: str | None) -> None:
    notes = tuple(Note(b + p, 0.1, 42, 0.8) for b in range(20) for p in places)
    assert feel_of([Track("Drum", 0, True, notes)]) == feel


def test_untangled_strokes_lie_on_one_grid(tmp_path: Path) -> None:
    (file,) = _file("Time 4\nDefGroove Made\n", tmp_path)
    section = _section(file, (C,))

    def untangled(*beats: float) -> list[float]:
        track = Track("Drum", 0, True, tuple(Note(b, 0.1, 42, 0.8) for b in beats))
        return [n.beat for n in playing.untangle(track, [section]).notes]

    assert untangled(0, 1.2, 2.8, 3.5) == [0, 1.25, 2.75, 3.5]
    assert untangled(0, 1.3, 2.7) == pytest.approx([0, 4 / 3, 8 / 3])


def test_who_rests_is_silent_and_pushed_notes_come_early(tmp_path: Path) -> None:
    (file,) = _file("Time 4\nDefGroove Made\n", tmp_path)
    section = _section(file, (C, F), rests=frozenset({"kick"}), ending="drop-out")
    drums = Track(
        "Drum", 0, True, tuple(Note(float(b), 0.1, p, 0.8) for b in range(8) for p in (36, 42))
    )
    heard = playing.rest(drums, [section]).notes
    assert {(n.beat, n.pitch) for n in heard} == {(float(b), 42) for b in range(6)}
    bass = Track("Bass", 33, False, (Note(0, 1, 40, 0.8), Note(4, 1, 45, 0.8), Note(5, 1, 45, 0.8)))
    assert [n.beat for n in playing.push(bass, [section], True).notes] == [0, 3.5, 5]


@with_mma
def test_every_kind_of_meter_plays_as_long_as_planned() -> None:
    files = {(f.meter, f.quarters_per_beat): f for f in scan_library(LIBRARY) if not f.drums_only}
    assert {m for m, _ in files} == {3, 4, 5}
    for file in files.values():
        sections = plan_sections(file, None, 6, np.random.default_rng(1))
        chord = Chord(0.0, 99.0, 0, (0, 4, 7), 0.0)
        sections[0] = Section(
            "verse", sections[0].bars, sections[0].grooves, sections[0].grooves, chords=(chord,)
        )
        tracks = accompany(sections, file, drums=False, seed=1, mma=MMA)
        last = max(n.beat for t in tracks for n in t.notes)
        assert sections[-1].end == 6 * file.meter
        assert 0.6 * sections[-1].end < last < sections[-1].end


@with_font
def test_drums_sound_when_they_should() -> None:
    sampler = load_sampler(SOUNDFONT)
    at = np.arange(0.5, 4, 0.5) + 0.0123
    for pitch in (36, 38, 42):
        sounds = tuple(Sound(t, t + 0.3, pitch, 110) for t in at)
        level = np.abs(sampler.play([Voice(0, True, sounds)], 5 * RATE))
        for t in at:
            window = level[round((t - 0.1) * RATE) : round((t + 0.025) * RATE)]
            first = np.argmax(window > 0.25 * window.max()) / RATE - 0.1
            assert abs(first) < 0.002


@pytest.fixture(scope="module")
def songs() -> list[TrainingSong]:
    return [make_arranged(s, mma=MMA, soundfont=SOUNDFONT, seconds=25.0) for s in range(6)]


@with_mma
@with_font
def test_songs_hold_what_they_say(songs: list[TrainingSong]) -> None:
    for song in songs:
        assert song.samples.shape == (25 * RATE,) and song.samples.dtype == np.float32
        assert 0.01 < np.abs(song.samples).max() <= 1.0
        assert np.all(np.diff(song.beats) > 0.25) and len(song.beats) == len(song.positions)
        assert song.beats[-1] > 22 and np.all(np.diff(song.positions) % song.meter == 1)
        assert song.sections[0][0] == pytest.approx(song.beats[0])
        assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(song.sections))
    again = make_arranged(2, mma=MMA, soundfont=SOUNDFONT, seconds=25.0)
    assert np.array_equal(again.samples, songs[2].samples)
    assert np.array_equal(again.beats, songs[2].beats)


@with_mma
@with_font
def test_strokes_fall_on_beats(songs: list[TrainingSong]) -> None:
    """Of the kicks and snares near a beat, the middle one is within 4 ms of it."""
    offsets = []
    for song in songs:
        strokes = np.concatenate([song.hits["kick"], song.hits["snare"]])
        if len(strokes):
            nearest = song.beats[np.abs(strokes[:, None] - song.beats).argmin(axis=1)]
            offsets += [d for d in strokes - nearest if abs(d) < 0.05]
    assert len(offsets) > 50
    assert abs(np.median(offsets)) < 0.004
