"""The demo song is a song: in time, with an arc, whole, and the same for the same seed."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "make_demo_song.py"
sys.path.insert(0, str(SCRIPT.parent))

import make_demo_song as demo  # noqa: E402
from demo_song.harmony import lead_voices  # noqa: E402
from demo_song.score import CHORDS, TEMPO  # noqa: E402
from demo_song.synthesis import highpass  # noqa: E402


@pytest.fixture(scope="module")
def song() -> tuple[Any, Any]:
    return demo.make_song(seed=1)


def _loudness(sound: Any, start: float, end: float) -> float:
    """RMS in dB between two times in seconds."""
    span = sound[:, round(start * demo.RATE) : round(end * demo.RATE)]
    return float(20 * np.log10(np.sqrt(np.mean(span.astype(np.float64) ** 2))))


def test_it_is_a_minute_of_clean_stereo(song: tuple[Any, Any]) -> None:
    sound, _ = song
    assert sound.dtype == np.float32 and sound.shape[0] == 2
    assert 55 < sound.shape[1] / demo.RATE < 70
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() < 0.95
    assert np.abs(sound.mean(axis=1)).max() < 0.002
    assert np.abs(sound[0] - sound[1]).max() > 0.1


def test_it_has_an_arc(song: tuple[Any, Any]) -> None:
    sound, truth = song
    levels = [(name, _loudness(sound, start, end)) for name, start, end in truth.sections]
    choruses = [level for name, level in levels if name == "chorus"]
    verses = [level for name, level in levels if name == "verse"]
    quiet = [level for name, level in levels if name in ("intro", "bridge", "outro")]
    assert min(choruses) > max(verses) + 2
    assert min(choruses) > max(quiet) + 2
    assert choruses[-1] == max(level for _, level in levels)


def test_it_ends_in_silence_after_ringing_out(song: tuple[Any, Any]) -> None:
    sound, truth = song
    end = sound.shape[1] / demo.RATE
    assert _loudness(sound, truth.beats[-1] + 0.5, truth.beats[-1] + 1.0) > -30
    assert _loudness(sound, end - 0.05, end) < -45


def test_its_balance_is_that_of_a_record(song: tuple[Any, Any]) -> None:
    """Octaves from 63 Hz to 8 kHz fall gently: no hole, no mountain."""
    sound, _ = song
    power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
    frequency = np.fft.rfftfreq(sound.shape[1], 1 / demo.RATE)
    centres = 62.5 * 2.0 ** np.arange(8)
    octaves = [
        10 * np.log10(power[(frequency >= c / 1.414) & (frequency < c * 1.414)].sum())
        for c in centres
    ]
    assert max(octaves) - min(octaves) < 18
    assert np.abs(np.diff(octaves)).max() < 7


def test_the_truth_is_whole(song: tuple[Any, Any]) -> None:
    sound, truth = song
    assert np.allclose(np.diff(truth.beats), 60 / truth.tempo, atol=1e-5)
    assert set(truth.downbeats) <= set(truth.beats)
    starts = [start for _, start, _ in truth.sections]
    ends = [end for _, _, end in truth.sections]
    assert starts[0] == 0 and starts[1:] == ends[:-1]
    assert ends[-1] == pytest.approx(sound.shape[1] / demo.RATE)
    assert set(starts) <= set(truth.downbeats)


def test_kicks_are_on_the_true_beats(song: tuple[Any, Any]) -> None:
    """In the choruses the bass jumps within 10 ms of every beat."""
    sound, truth = song
    name, start, end = truth.sections[2]
    assert name == "chorus"
    click = highpass(sound.mean(axis=0), 60.0) - highpass(sound.mean(axis=0), 140.0)
    for beat in (b for b in truth.beats if start < b < end - 0.1):
        at = round(beat * demo.RATE)
        before = np.abs(click[at - 1764 : at - 220]).max()
        after = np.abs(click[at : at + 1764]).max()
        assert after > 1.2 * before


def test_the_seed_decides(song: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked on the first twelve seconds of score, which is enough and quick."""
    monkeypatch.setattr(demo, "SCORE", demo.SCORE[1:3])
    first, same, other = demo.make_song(5)[0], demo.make_song(5)[0], demo.make_song(6)[0]
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_voices_move_little() -> None:
    chords = [CHORDS[name] for part in demo.SCORE for name in part.chords]
    voicings = lead_voices(chords)
    steps = [abs(a - b) for u, v in pairwise(voicings) for a, b in zip(u, v, strict=True)]
    assert max(steps) <= 5 and np.mean(steps) < 2.5
    assert all(len(set(v)) == 4 for v in voicings)


@pytest.mark.parametrize("suffix", [".flac", ".wav", ".mp3", ".m4a"])
def test_every_extension_is_written(song: tuple[Any, Any], tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"song{suffix}"
    demo.write_song(target, song[0][:, : 3 * demo.RATE])
    with av.open(str(target)) as container:
        count = sum(frame.samples for frame in container.decode(audio=0))
        assert container.metadata["title"] == demo.TITLE
        assert container.streams.audio[0].channels == 2
    assert abs(count - 3 * demo.RATE) <= (0 if suffix in (".flac", ".wav") else 4096)


def test_an_unknown_extension_is_one_line_of_advice() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "song.xyz"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "must end in one of .flac" in done.stderr


def test_the_truth_is_json(song: tuple[Any, Any]) -> None:
    from dataclasses import asdict

    again = json.loads(json.dumps(asdict(song[1])))
    assert again["tempo"] == TEMPO
    assert again["sections"][0][0] == "intro"
