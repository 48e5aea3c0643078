"""In time: every planned accent is a flash on its click's frame in the finished, decoded file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clavilux import pipeline
from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.receipt import measure, sync
from clavilux.model.spec import RenderSpec
from clavilux.model.time import FrameRate
from clavilux.model.timeline import Timeline
from clavilux.storage import Store
from workshop import (
    beat_times,
    cache,
    clicks,
    decoded,
    frame_times,
    mean_luma,
    render,
    spec_of,
    tiny,
    write_song,
)

pytestmark = pytest.mark.usefixtures("plain_scene")

SECONDS = 10.0
HEARING = 0.004
"""Seconds by which the analysis may misplace a click."""


def click_video(
    folder: Path, *, bpm: float, meter: int, rate: str
) -> tuple[Path, RenderSpec, list[float]]:
    times = beat_times(bpm, SECONDS, first=0.32)
    song = write_song(folder / "clicks.wav", clicks(times, SECONDS, meter=meter))
    spec = spec_of(song, [0, 5, SECONDS], effects={"pulse": 2.0}, transition="cut")
    return song, spec, times


def timeline_of(spec: RenderSpec, song: Path, rate: str) -> Timeline:
    options = pipeline.RenderOptions(preset=tiny(rate=rate))
    return pipeline.plan(spec, pipeline.analyze(song, Store(cache())), options, stills={})


def rises(path: Path) -> np.ndarray:
    """How much brighter each frame is than the one before."""
    return np.diff(mean_luma(decoded(path)), prepend=np.nan)


@pytest.mark.parametrize(
    ("bpm", "meter", "rate"),
    [(90, 4, "24"), (120, 4, "30"), (174, 4, "60"), (120, 3, "30000/1001")],
)
def test_every_accent_flashes_on_its_clicks_frame(
    tmp_path: Path, bpm: float, meter: int, rate: str
) -> None:
    song, spec, times = click_video(tmp_path, bpm=bpm, meter=meter, rate=rate)
    report = render(spec, tmp_path / "out.mp4", preset=tiny(rate=rate))
    timeline = timeline_of(spec, song, rate)
    rise, shown_at = rises(tmp_path / "out.mp4"), np.array(frame_times(tmp_path / "out.mp4"))
    half = 0.5 / float(FrameRate.parse(rate))
    found, errors = [], []
    for accent in timeline.accents:
        low, high = max(accent - 4, 1), accent + 5
        flash = low + int(np.argmax(rise[low:high]))
        click = min(times, key=lambda t: abs(t - shown_at[flash]))
        found.append(flash)
        errors.append(abs(shown_at[flash] - click))
    assert found == list(timeline.accents)
    assert max(errors) <= half + HEARING
    gap = np.diff([0, *shown_at[found], SECONDS])
    assert gap.max() < 2.1 * meter * 60 / bpm, "accents from the first bar to the last"
    assert report.sync.accents_found >= 0.9 * report.sync.accents_planned > 0
    assert report.sync.accents_planned == len(timeline.accents)
    assert report.sync.accent_median_ms == 0
    assert report.sync.accent_p95_ms is not None and report.sync.accent_p95_ms <= 2000 * half
    assert (report.sync.video_start_ms, report.sync.audio_start_ms) == (0, 0)


def test_the_receipt_notices_a_shift_of_three_frames(tmp_path: Path) -> None:
    song, spec, _ = click_video(tmp_path, bpm=120, meter=4, rate="30")
    render(spec, tmp_path / "out.mp4")
    frames = decoded(tmp_path / "out.mp4")
    late = np.concatenate([np.repeat(frames[:1], 3, axis=0), frames[:-3]])
    rate = FrameRate(numerator=30)
    data = encode_segment(late, width=192, height=108, rate=rate, settings=EncoderSettings())
    (tmp_path / "late.mp4").write_bytes(data)
    measured = measure(tmp_path / "late.mp4")
    found = sync(
        tmp_path / "late.mp4",
        measured,
        rate=rate,
        expected_frames=len(frames),
        accents=timeline_of(spec, song, "30").accents,
        song_seconds=None,
    )
    assert found.accent_median_ms == pytest.approx(100, abs=0.5)
