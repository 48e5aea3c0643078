"""Sound and picture start together: a click of the finished file is where the analysis heard it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clavilux.media import audio
from workshop import clicks, heard, onset, render, spec_of, write_song

TIMES = (0.4, 1.3, 2.6)
SECONDS = 3.0
MILLISECOND = 1e-3


@pytest.mark.usefixtures("plain_scene")
@pytest.mark.parametrize(
    ("name", "codec", "rate", "late"),
    [
        ("a.wav", "", 44100, None),
        ("a.wav", "", 96000, None),
        ("a.flac", "", 48000, None),
        ("a.mp3", "", 44100, None),
        ("a.mp3", "", 48000, None),
        ("a.mp3", "", 22050, None),
        ("a.m4a", "", 44100, None),
        ("a.m4a", "alac", 44100, None),
        ("a.aac", "", 44100, None),
        ("a.ogg", "", 48000, None),
        ("a.opus", "", 48000, None),
        ("a.mp4", "aac", 44100, 0.5),
        ("a.mkv", "flac", 48000, 0.25),
        ("a.mkv", "libmp3lame", 44100, 1.0),
    ],
)
def test_a_click_is_heard_where_the_analysis_heard_it(
    tmp_path: Path, name: str, codec: str, rate: int, late: float | None
) -> None:
    song = write_song(
        tmp_path / name, clicks(TIMES, SECONDS, rate=rate), rate=rate, codec=codec, late=late
    )
    facts, samples = audio.decode(song)
    report = render(spec_of(song, [0, facts.duration]), tmp_path / "out.mp4")
    sound, played_at = heard(tmp_path / "out.mp4")
    for time in TIMES:
        near = {"after": time + (late or 0) - 0.2, "before": time + (late or 0) + 0.2}
        analysed = onset(samples, audio.ANALYSIS_RATE, **near)
        played = onset(sound, played_at, **near)
        assert played == pytest.approx(analysed, abs=MILLISECOND), f"click at {time} s"
        # raw ADTS has no place to say how long its encoder's delay is
        slack = 0.06 if name.endswith(".aac") else 2 * MILLISECOND
        assert analysed == pytest.approx(time + (late or 0), abs=slack)
    assert abs(report.sync.duration_difference_ms) <= 1000 / 30 + 0.1
