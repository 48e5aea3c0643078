"""Sections, names, key and climax of made songs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clavilux.analysis.bars import Bars, describe
from clavilux.analysis.grouping import group, join
from clavilux.analysis.harmony import find_key
from clavilux.analysis.naming import Part, name_functions
from clavilux.analysis.novelty import _echoed, likeness, novelty
from clavilux.analysis.rhythm import no_pulse
from clavilux.analysis.segmentation import choose_cuts, usual_length
from clavilux.analysis.spectrum import measure
from clavilux.analysis.structure import find_sections

RATE = 22050
MINOR, MAJOR = (0, 3, 7), (0, 4, 7)


def chord(root: int, kind: tuple[int, ...], seconds: float, *, level: float) -> np.ndarray:
    """A triad over its bass; `root` in half-tones above middle C."""
    time = np.arange(round(seconds * RATE)) / RATE
    notes = [root - 24, *(root + step for step in kind)]
    tones = [
        np.sin(2 * np.pi * 261.63 * 2 ** (n / 12) * h * time) / h for n in notes for h in (1, 2, 3)
    ]
    return level * np.sum(tones, axis=0) * np.exp(-time / 2) / len(notes)


def part(
    chords: list[tuple[int, tuple[int, ...]]], *, bars: int, level: float, drums: float
) -> np.ndarray:
    """Bars of two seconds, a chord each, with kicks and snares."""
    rng = np.random.default_rng(1)
    fade = np.exp(-np.arange(3000) / 600)
    kick = np.sin(2 * np.pi * 60 * np.arange(3000) / RATE) * fade
    snare = rng.standard_normal(3000) * fade * 0.5
    sound = [chord(*chords[i % len(chords)], 2.0, level=level) for i in range(bars)]
    for bar in sound:
        for beat in range(4):
            at = round(beat * 0.5 * RATE)
            bar[at : at + 3000] += drums * (kick if beat % 2 == 0 else snare)
    return np.concatenate(sound)


def song() -> tuple[np.ndarray, list[float]]:
    """Intro 4 bars, verse 8, chorus 8, verse 8, chorus 8, outro 4: C major; starts in seconds."""
    calm = [(0, MAJOR), (9 - 12, MINOR)]
    verse = [(0, MAJOR), (9 - 12, MINOR), (5, MAJOR), (7, MAJOR)]
    chorus = [(5, MAJOR), (7, MAJOR), (0, MAJOR), (0, MAJOR)]
    parts = [
        part(calm, bars=4, level=0.1, drums=0.03),
        part(verse, bars=8, level=0.15, drums=0.2),
        part(chorus, bars=8, level=0.4, drums=0.5),
        part(verse, bars=8, level=0.15, drums=0.2),
        part(chorus, bars=8, level=0.4, drums=0.5),
        part(calm, bars=4, level=0.1, drums=0.03),
    ]
    starts = np.cumsum([0, *(len(p) / RATE for p in parts[:-1])])
    return np.concatenate(parts), [float(s) for s in starts]


@pytest.fixture(scope="module")
def made(analyse):  # type: ignore[no-untyped-def]
    samples, starts = song()
    return analyse(samples), starts


def test_boundaries_are_found_on_downbeats(made) -> None:  # type: ignore[no-untyped-def]
    analysis, starts = made
    found = np.array([s.start for s in analysis.sections])
    for start in starts:
        assert np.abs(found - start).min() < 0.1
    assert len(found) <= len(starts) + 2
    downs = np.array(analysis.downbeats)
    assert all(np.abs(downs - start).min() < 1e-6 for start in found[1:])


def test_parts_that_sound_alike_share_a_letter_and_a_name(made) -> None:  # type: ignore[no-untyped-def]
    analysis, starts = made
    verse, chorus, again, final = (analysis.section_at(t + 8) for t in starts[1:5])
    assert verse.group == again.group != chorus.group == final.group
    assert {verse.function, again.function} == {"verse"}
    assert {chorus.function, final.function} <= {"chorus", "drop"}
    assert analysis.sections[0].function == "intro"
    assert analysis.sections[-1].function == "outro"


def test_energy_and_climax_are_in_the_chorus(made) -> None:  # type: ignore[no-untyped-def]
    analysis, starts = made
    assert analysis.section_at(starts[2] + 8).energy > analysis.section_at(starts[1] + 8).energy
    assert starts[4] - 0.1 <= analysis.climax < starts[5]
    energies = [s.energy for s in analysis.sections]
    assert min(energies) < 0.1 and max(energies) > 0.9


@pytest.mark.parametrize(
    ("tonic", "mode", "shift"),
    [
        ("C", "major", 0),
        ("D", "major", 2),
        ("G#", "major", -4),
        ("A", "minor", 0),
        ("E", "minor", -5),
    ],
)
def test_the_key_of_a_cadence_is_found(tonic: str, mode: str, shift: int) -> None:
    major = [(0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR)]
    minor = [(-3, MINOR), (2, MINOR), (4, MAJOR), (-3, MINOR)]
    chords = major if mode == "major" else minor
    sound = [chord(root + shift, kind, 1.0, level=0.3) for root, kind in chords * 3]
    key = find_key(measure(np.concatenate(sound).astype(np.float32)))
    assert (key.tonic, key.mode) == (tonic, mode)


def parts_of(plan: list[tuple[int, float, float]], *, seconds: float = 16.0) -> list[Part]:
    """Group, energy and singing of each part."""
    return [
        Part(start=seconds * i, end=seconds * (i + 1), group=g, energy=e, low_db=-20.0, vocals=v)
        for i, (g, e, v) in enumerate(plan)
    ]


FORM = [
    (0, 0.2, 0.1), (1, 0.5, 0.7), (2, 0.9, 0.8), (1, 0.5, 0.7),
    (2, 0.9, 0.8), (3, 0.4, 0.6), (2, 1.0, 0.8), (4, 0.1, 0.1),
]  # fmt: skip


def test_functions_follow_repetition_energy_and_singing() -> None:
    names, margins = name_functions(parts_of(FORM))
    assert names == ["intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"]
    assert all(0 < margin <= 1 for margin in margins)


def test_nothing_known_of_singing_is_no_obstacle() -> None:
    names, _ = name_functions(parts_of([(g, e, 0.5) for g, e, _ in FORM]))
    assert names[:5] == ["intro", "verse", "chorus", "verse", "chorus"]


def test_what_leads_into_each_chorus_is_a_pre_chorus() -> None:
    plan = [(0, 0.2, 0.1)] + [(1, 0.4, 0.7), (2, 0.6, 0.7), (3, 0.9, 0.8)] * 3 + [(4, 0.1, 0.1)]
    names, _ = name_functions(parts_of(plan, seconds=10.0))
    assert names == ["intro", *["verse", "pre-chorus", "chorus"] * 3, "outro"]


def test_a_strong_part_without_singing_after_a_chorus_is_a_solo() -> None:
    plan = [*FORM[:5], (5, 0.95, 0.0), *FORM[6:]]
    names, _ = name_functions(parts_of(plan))
    assert names[5] == "solo"


def test_choruses_that_enter_with_a_leap_of_the_bass_are_drops() -> None:
    parts = [replace(p, low_db=-10.0 if p.group == 2 else -20.0) for p in parts_of(FORM)]
    names, _ = name_functions(parts)
    assert [name for name, p in zip(names, parts, strict=True) if p.group == 2] == ["drop"] * 3


def test_one_part_is_instrumental() -> None:
    names, _ = name_functions(parts_of([(0, 0.5, 0.5)]))
    assert names == ["instrumental"]


def bars_of(
    kinds: str, *, seconds: float = 2.0, wobble: float = 0.25, vocals: str = "", seed: int = 0
) -> Bars:
    """A letter per bar: bars of one letter sound alike. `vocals`: a digit per bar, tenths."""
    rng = np.random.default_rng(seed)
    letters = sorted(set(kinds))
    index = np.array([letters.index(kind) for kind in kinds])

    def rows(columns: int) -> np.ndarray:
        own = rng.standard_normal((len(letters), columns))[index]
        rows = own + wobble * rng.standard_normal((len(kinds), columns))
        rows = rows - rows.mean(axis=0)
        return rows / max(np.sqrt((rows**2).sum(axis=1).mean()), 1e-9)

    flat = np.zeros(len(kinds))
    return Bars(
        edges=seconds * np.arange(len(kinds) + 1.0),
        timbre=rows(24),
        rhythm=rows(32),
        chords=rows(48),
        loudness=flat - 20 + index,
        density=flat + 1,
        low=flat - 20,
        high=flat - 30,
        vocals=np.array([int(v) / 10 for v in vocals]) if vocals else flat,
        metric=True,
    )


VERSE, CHORUS = "A" * 8, "B" * 8


def cuts_of(bars: Bars) -> list[int]:
    return choose_cuts(bars, novelty(bars, likeness(bars))).tolist()


def test_cuts_are_where_the_sound_changes() -> None:
    bars = bars_of("I" * 4 + VERSE + CHORUS + VERSE + CHORUS + "C" * 8 + CHORUS + "O" * 4)
    assert cuts_of(bars) == [0, 4, 12, 20, 28, 36, 44, 52, 56]


def test_letters_follow_likeness_not_place() -> None:
    bars = bars_of("I" * 4 + VERSE + CHORUS + VERSE + CHORUS + "C" * 8 + CHORUS)
    letters = [s.group for s in find_sections(bars)]
    assert letters == ["A", "B", "C", "B", "C", "D", "C"]


def test_singing_that_begins_makes_a_boundary() -> None:
    kinds = "I" * 4 + "A" * 30 + "B" * 8
    assert not {14, 24} & set(cuts_of(bars_of(kinds)))
    assert {14, 24} <= set(cuts_of(bars_of(kinds, vocals="1" * 14 + "8" * 10 + "1" * 18)))


def test_a_hint_of_singing_makes_none() -> None:
    kinds = "I" * 4 + VERSE + CHORUS + VERSE + CHORUS
    noise = "".join(str(d) for d in np.random.default_rng(3).integers(1, 3, len(kinds)))
    assert cuts_of(bars_of(kinds, vocals=noise)) == cuts_of(bars_of(kinds))


def test_repeats_share_what_is_new_in_them() -> None:
    """The second time the change is faint; it counts more beside a clear one like it."""
    bars = bars_of((VERSE + CHORUS) * 3)
    alike = likeness(bars)
    change = np.zeros(len(bars) + 1)
    change[8] = 1.0
    shared = _echoed(change, alike)
    assert shared[24] > 0.2 and shared[40] > 0.2
    assert shared[8] < 1.0
    assert shared[[4, 12, 20, 28, 36]].max() < 0.1


def test_no_section_is_shorter_than_four_seconds() -> None:
    rng = np.random.default_rng(5)
    kinds = "".join(rng.choice(list("ABCDEF"), 80))
    for seconds in (0.9, 1.3, 2.0):
        sections = find_sections(bars_of(kinds, seconds=seconds))
        assert min(s.duration for s in sections) >= 4.0


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_few_bars_are_sections_too(count: int) -> None:
    sections = find_sections(bars_of("ABABA"[:count]))
    assert sections[0].start == 0 and sections[-1].end == 2.0 * count


def test_a_song_that_never_changes_has_some_sections_of_one_letter() -> None:
    sections = find_sections(bars_of("A" * 96, wobble=0.0))
    assert {s.group for s in sections} == {"A"}
    assert 4 <= len(sections) <= 14


def test_a_mix_of_three_hours_has_longer_sections() -> None:
    tracks = "".join("ABCDEFGHIJ"[7 * i % 10] * 24 for i in range(50))
    sections = find_sections(bars_of(tracks, seconds=9.0))
    assert 40 <= len(sections) <= 150
    starts, changes = np.array([s.start for s in sections]), 9.0 * 24 * np.arange(50)
    found = [np.abs(starts - change).min() < 0.1 for change in changes]
    assert np.mean(found) > 0.9


def test_labels_count_occurrences_and_confidences_are_probabilities() -> None:
    sections = find_sections(bars_of("I" * 4 + (VERSE + CHORUS) * 3))
    for section in sections:
        before = [s for s in sections if s.function == section.function and s.start < section.start]
        assert section.label == f"{section.function}_{len(before) + 1}"
        assert 0 < section.confidence < 1


def test_complete_linkage_does_not_chain() -> None:
    """B is like A and like C, but A and C are not alike: all three are not one group."""
    near = np.array([[1.0, 0.7, 0.1], [0.7, 1.0, 0.6], [0.1, 0.6, 1.0]])
    alike = np.kron(near, np.ones((4, 4)))
    groups, likeness_ = group(np.array([0, 4, 8, 12]), alike)
    assert groups == [0, 0, 1]
    np.testing.assert_allclose(likeness_, near)


def test_short_neighbours_that_go_on_as_before_are_one_section() -> None:
    cuts, groups, edges = np.array([0, 4, 8, 12, 20]), [0, 0, 0, 1], 2.0 * np.arange(21)
    change = np.zeros(21)
    assert join(cuts, groups, edges=edges, change=change)[0].tolist() == [0, 12, 20]
    change[8] = 0.5
    joined, kept = join(cuts, groups, edges=edges, change=change)
    assert joined.tolist() == [0, 8, 12, 20] and kept == [0, 0, 1]
    slow, _ = join(cuts, groups, edges=2 * edges, change=np.zeros(21))
    assert slow.tolist() == cuts.tolist()


def test_a_short_section_is_alike_to_the_part_of_a_long_one_it_repeats() -> None:
    alike = np.zeros((12, 12))
    for i in range(4):
        alike[i + 3, i + 8] = alike[i + 8, i + 3] = 1.0
    _, near = group(np.array([0, 8, 12]), alike)
    assert near[0, 1] == pytest.approx(0.5 * 1 + 0.25 * (4 / 8 + 1))


def test_bars_hold_the_mean_of_the_voice(spectrum_of_noise) -> None:  # type: ignore[no-untyped-def]
    voice = np.zeros(len(spectrum_of_noise.timbre), dtype=np.float32)
    voice[len(voice) // 2 :] = 1.0
    bars = describe(spectrum_of_noise, no_pulse(60.0), duration=8.0, voice=voice)
    np.testing.assert_allclose(bars.vocals, [0, 0, 1, 1], atol=0.05)
    assert not describe(spectrum_of_noise, no_pulse(60.0), duration=8.0).vocals.any()


@pytest.fixture
def spectrum_of_noise():  # type: ignore[no-untyped-def]
    samples = np.random.default_rng(0).standard_normal(8 * RATE) * 0.1
    return measure(samples.astype(np.float32))


def test_a_short_song_has_short_sections() -> None:
    """Eight bars of two seconds are usual, but not where the whole song lasts a minute."""
    long, short, mix = (usual_length(bars_of("A" * count)) for count in (120, 30, 1200))
    assert long == pytest.approx(16.0)
    assert short < 12 and mix > 20
