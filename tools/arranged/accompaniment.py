"""Runs MMA on a plan and reads what it played."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import mido
from songs.harmony import QUALITIES, TONICS
from songs.score import Chord, Note

from arranged.grooves import Groove, GrooveFile
from arranged.plan import Section

TICKS = 192
"""MMA's ticks per quarter note."""
DRUM_CHANNEL = 9
SUFFIXES = {"": "", "sus": "sus4", "maj7": "M7"}
"""Where MMA's chord names differ from ours."""


class AccompanimentError(Exception):
    """MMA did not make a MIDI file of what it was given."""


@dataclass(frozen=True)
class Track:
    """What one of MMA's tracks plays on one General MIDI program (or drum kit)."""

    name: str
    program: int
    drums: bool
    notes: tuple[Note, ...]

    def with_notes(self, notes: list[Note] | tuple[Note, ...]) -> Track:
        return replace(self, notes=tuple(notes))


def accompany(
    sections: list[Section], file: GrooveFile, *, drums: bool, seed: int, mma: Path
) -> list[Track]:
    """The tracks MMA plays for a plan; `drums` takes the sections' drum grooves instead.

    `mma` is the program's file, beside its `../share/mma`. Raises AccompanimentError with MMA's
    own words.
    """
    text = write_arrangement(sections, file, drums=drums, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "song.mma", Path(folder) / "song.mid"
        source.write_text(text, encoding="utf-8")
        home = mma.resolve().parent.parent / "share" / "mma"
        run = subprocess.run(
            [sys.executable, str(mma), "-w", "-f", str(target), str(source)],
            capture_output=True,
            text=True,
            env={**os.environ, "MMA_HOME": str(home)},
            check=False,
            timeout=60,
        )
        if run.returncode or not target.exists():
            raise AccompanimentError(f"{file.path}: {run.stdout[-400:]}{run.stderr[-400:]}")
        return read_tracks(target, ticks_per_beat=TICKS * file.quarters_per_beat)


def write_arrangement(sections: list[Section], file: GrooveFile, *, drums: bool, seed: int) -> str:
    """The text of an .mma file: grooves where they change, a line of chords for every bar."""
    lines = [f"RndSeed {seed}", "Tempo 120"]
    chords = [c for s in sections for c in s.chords]
    last: Groove | None = None
    for section in sections:
        for n, groove in enumerate(section.drum_grooves if drums else section.grooves):
            if groove != last or n == 0:
                lines.append(f"Groove {groove.name}")
                last = groove
            start = section.start + n * file.beats
            lines.append(_bar(chords, start, file))
    return "\n".join(lines) + "\n"


def _bar(chords: list[Chord], start: float, file: GrooveFile) -> str:
    """A bar's chords: the one that sounds as it begins, then changes by their place in quarters."""
    before = [c for c in chords if c.sounds_at <= start + 1e-6]
    inside = [c for c in chords if start + 1e-6 < c.sounds_at < start + file.beats - 1e-6]
    words = [chord_name(before[-1] if before else chords[0])]
    for chord in inside:
        place = 1 + (chord.sounds_at - start) * file.quarters_per_beat
        words.append(f"{chord_name(chord)}@{place:g}")
    return " ".join(words)


def chord_name(chord: Chord) -> str:
    """A chord as MMA writes it: "F#m7"."""
    quality = next(name for name, i in QUALITIES.items() if i == chord.intervals)
    return TONICS[chord.root] + SUFFIXES.get(quality, quality)


def read_tracks(path: Path, *, ticks_per_beat: float) -> list[Track]:
    """Tracks of a MIDI file, apart by program; positions in beats, velocities 0..1."""
    notes: dict[tuple[str, int, bool], list[Note]] = {}
    for k, track in enumerate(mido.MidiFile(path).tracks):
        name, tick, programs = f"track {k}", 0, dict[int, int]()
        open_notes: dict[tuple[int, int], tuple[int, int]] = {}
        for message in track:
            tick += message.time
            if message.type == "track_name":
                name = message.name
            elif message.type == "program_change":
                programs[message.channel] = message.program
            elif message.type in ("note_on", "note_off"):
                place = (message.channel, message.note)
                if place in open_notes:
                    began, velocity = open_notes.pop(place)
                    key = (name, programs.get(place[0], 0), place[0] == DRUM_CHANNEL)
                    length = max(tick - began, 1) / ticks_per_beat
                    note = Note(began / ticks_per_beat, length, place[1], velocity / 127)
                    notes.setdefault(key, []).append(note)
                if message.type == "note_on" and message.velocity:
                    open_notes[place] = (tick, message.velocity)
    return [Track(*key, tuple(sorted(n, key=lambda n: n.beat))) for key, n in notes.items()]
