"""The generated songs keep their promises: same seed same song, and what is said is heard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import signal
from songs import harmony
from songs.catalogue import CLASSES, FASTEST, SLOWEST, choose_genre, choose_tempo, reshape
from songs.drumming import STROKES
from songs.genre import Genre, all_genres
from songs.make import TrainingSong, make_song
from songs.score import RATE, Clock, Doubles, Floats, Note
from songs.synth import render
from songs.timbres import TIMBRES

SECONDS = 30.0
FUNCTIONS = {
    "intro",
    "verse",
    "pre-chorus",
    "chorus",
    "bridge",
    "solo",
    "drop",
    "instrumental",
    "outro",
}


@pytest.fixture(scope="module")
def songs() -> list[TrainingSong]:
    return [make_song(seed, seconds=SECONDS) for seed in range(24)]


def test_same_seed_same_song(songs: list[TrainingSong]) -> None:
    again = make_song(3, seconds=SECONDS)
    assert np.array_equal(again.samples, songs[3].samples)
    assert np.array_equal(again.beats, songs[3].beats)
    assert not np.array_equal(songs[4].samples, songs[3].samples)


def test_samples_are_finite_audible_and_as_long_as_asked(songs: list[TrainingSong]) -> None:
    for song in songs:
        assert song.samples.dtype == np.float32
        assert song.samples.shape == (round(SECONDS * RATE),)
        assert np.all(np.isfinite(song.samples))
        assert 0.02 < np.max(np.abs(song.samples)) <= 1.0


def test_beats_go_on_to_the_end(songs: list[TrainingSong]) -> None:
    for song in songs:
        steps = np.diff(song.beats)
        assert song.beats[0] <= 2.0
        assert SECONDS - song.beats[-1] <= steps[-1] * 1.2
        assert np.all(steps > 60 / 215)
        assert np.all(steps < 60 / 36)  # a ritardando may pass the slowest tempo
        assert SLOWEST * 0.95 <= 60 / np.median(steps) <= FASTEST * 1.05


def test_positions_count_bars(songs: list[TrainingSong]) -> None:
    for song in songs:
        assert set(song.positions) <= set(range(song.meter))
        jumps = np.diff(song.positions)
        assert np.all((jumps == 1) | (song.positions[1:] == 0))


def test_sections_join_on_downbeats(songs: list[TrainingSong]) -> None:
    for song in songs:
        downbeats = song.beats[song.positions == 0]
        for start, end, function in song.sections:
            assert start < end
            assert function in FUNCTIONS
            assert start == 0 or np.min(np.abs(downbeats - start)) < 1e-9
        ends = [end for _, end, _ in song.sections]
        assert [start for start, _, _ in song.sections[1:]] == ends[:-1]
        assert song.climax in [start for start, _, _ in song.sections]


def test_spans_and_strokes_lie_inside(songs: list[TrainingSong]) -> None:
    for song in songs:
        assert all(0 <= start < end <= SECONDS for start, end in song.vocals)
        assert set(song.hits) == {"kick", "snare", "hat"}
        for times in song.hits.values():
            assert np.all((times >= 0) & (times < SECONDS))
            assert np.all(np.diff(times) >= 0)


def test_long_songs_have_one_whole_form() -> None:
    for seed in range(6):
        names = [name for _, _, name in make_song(seed, seconds=150.0).sections]
        assert len(names) >= 5
        assert names.count("outro") <= 1
        assert "outro" not in names[:-1]


def test_some_songs_begin_within_a_bar() -> None:
    firsts = [make_song(seed, seconds=8.0).positions[0] for seed in range(40)]
    assert 0 < np.count_nonzero(firsts) < 20


def test_there_are_songs_with_and_without_voice_and_drums(songs: list[TrainingSong]) -> None:
    assert {bool(s.vocals) for s in songs} == {True, False}
    assert {bool(len(s.hits["kick"])) for s in songs} == {True, False}
    assert len({s.genre for s in songs}) > 10


def test_strokes_are_heard_when_they_are_said_to_be(songs: list[TrainingSong]) -> None:
    """Spectra change more at kicks than 45 ms before or after, by half in the usual song."""
    contrasts = []
    for song in songs:
        kicks = song.hits["kick"][(song.hits["kick"] > 0.1) & (song.hits["kick"] < SECONDS - 0.1)]
        if len(kicks) > 15:
            times, flux = _flux(song.samples)
            at, early, late = (
                np.mean(np.interp(kicks + d, times, flux)) for d in (0, -0.045, 0.045)
            )
            contrasts.append(2 * at / (early + late))
    assert len(contrasts) > 5
    assert np.median(contrasts) > 1.5


def _flux(samples: Floats) -> tuple[Doubles, Doubles]:
    """When, in seconds, and by how much logarithmic spectra rise within 6 ms."""
    _, times, spectra = signal.stft(samples, RATE, nperseg=512, noverlap=512 - 64)
    level = np.log1p(1000 * np.abs(spectra))
    return times[1:-1], np.mean(np.maximum(level[:, 2:] - level[:, :-2], 0), axis=0)


def test_meters_come_as_often_as_planned() -> None:
    drawn = [choose_genre(np.random.default_rng(seed)) for seed in range(2000)]
    count = Counter(_class(g) for g in drawn)
    for name, share in CLASSES:
        assert count[name] / len(drawn) == pytest.approx(share, abs=0.03)


def _class(genre: Genre) -> str:
    if genre.meter in (5, 7):
        return "odd"
    if genre.meter == 3:
        return "three"
    return "straight" if genre.feel == "straight" else "triple-feel"


def test_tempi_stay_in_range_and_spread() -> None:
    rngs = [np.random.default_rng(seed) for seed in range(500)]
    tempi = np.array([choose_tempo(choose_genre(r), r) for r in rngs])
    assert SLOWEST <= tempi.min() < 80
    assert 180 < tempi.max() <= FASTEST


@pytest.mark.parametrize("genre", all_genres(), ids=lambda g: g.name)
def test_genres_are_well_formed(genre: Genre) -> None:
    steps = genre.meter * (3 if genre.feel == "triplet" else 4)
    drums = genre.drums
    lines = [p for c in genre.comps for p in c.patterns]
    if drums:
        lines += [*drums.kicks, *drums.snares, *drums.hats, *drums.open_hats]
        lines += [pattern for _, pattern in drums.extras]
    assert all(len(line) % steps == 0 for line in (*lines, *genre.bass))
    assert set("".join(lines)) <= set(STROKES) | {"."}
    assert set("".join(genre.bass)) <= set("Rr8537a-.")
    sounds = {*genre.bass_sounds, *genre.lead_sounds, *(s for c in genre.comps for s in c.sounds)}
    assert sounds <= set(TIMBRES)
    assert genre.harmony in harmony.FAMILIES


def test_every_progression_parses() -> None:
    for family in harmony.FAMILIES.values():
        for progression in (*family["major"], *family["minor"]):
            assert all(0 <= harmony.parse(symbol)[0] < 12 for symbol in progression.split())
    assert harmony.parse("bVIm7") == (8, (0, 3, 7, 10))
    with pytest.raises(ValueError, match="no chord symbol"):
        harmony.parse("H7")


def test_odd_bars_are_joined_from_bars_of_four() -> None:
    assert reshape("abcdefghijklmnop", 5) == "abcdefghijklijklmnop"
    assert reshape("abcdefghijklmnop", 7) == "abcdefghijklmnopabcdefghijkl"


def test_swing_moves_off_beats_only() -> None:
    clock = Clock(np.arange(10.0), swing=2 / 3)
    assert clock.seconds(3.0) == pytest.approx(3.0)
    assert clock.seconds(3.5) == pytest.approx(3 + 2 / 3)
    assert clock.seconds(3.25) == pytest.approx(3 + 1 / 3)
    assert clock.seconds(-0.5) == pytest.approx(-1 / 3)


@pytest.mark.parametrize("name", sorted(TIMBRES))
def test_instruments_are_in_tune(name: str) -> None:
    """The strongest partials of A3 are multiples of 220 Hz, within a quarter tone."""
    timbre = TIMBRES[name]
    sound = render(timbre, 220.0, 1.0, np.random.default_rng(0))
    assert np.all(np.isfinite(sound))
    if timbre.wave == "fm" and timbre.ratio % 1:
        return
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    peak = np.argmax(spectrum[100:]) + 100
    partial = max(1, round(peak / 220))
    assert abs(12 * np.log2(peak / (220 * partial))) < 0.5


class _Recorder:
    """Stands in for the soundfont's synthesiser: each note-on is a click."""

    def __init__(self) -> None:
        self.pending = 0.0

    def sounds_off(self) -> None:
        self.pending = 0.0

    def program_select(self, *_: object) -> None:
        pass

    def noteon(self, _channel: int, _key: int, velocity: int) -> None:
        self.pending = float(velocity)

    def noteoff(self, _channel: int, _key: int) -> None:
        pass

    def generate(self, samples: int) -> bytes:
        block = np.zeros((samples, 2), np.float32)
        if samples:
            block[0] = self.pending
            self.pending = 0.0
        return block.tobytes()


def test_soundfont_notes_begin_on_their_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    from songs import soundfont

    monkeypatch.setattr(soundfont, "_open", lambda path: (_Recorder(), 0))
    clock = Clock(np.arange(0, 10.0, 0.5))
    notes = [Note(beat, 0.5, 60, 1.0) for beat in (1.0, 2.5, 3.0)]
    sound = soundfont.play_notes(Path("any.sf2"), 0, notes, clock, 3 * RATE)
    assert list(np.flatnonzero(sound)) == [round(t * RATE) for t in (0.5, 1.25, 1.5)]
