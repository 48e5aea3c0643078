"""The finished file: as many frames as the song needs, in a container that every player knows."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from clavilux.model.time import FrameRate
from workshop import (
    beat_times,
    boxes,
    clicks,
    decoded,
    frame_times,
    heard,
    render,
    spec_of,
    tiny,
    write_song,
)

pytestmark = pytest.mark.usefixtures("plain_scene")

SECONDS = 2.37


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("song") / "song.flac"
    return write_song(path, clicks(beat_times(120, SECONDS), SECONDS))


@pytest.mark.parametrize("rate", ["24", "25", "30", "60", "30000/1001"])
def test_frames_are_the_songs_length_times_the_rate_rounded_up(
    song: Path, tmp_path: Path, rate: str
) -> None:
    exact = FrameRate.parse(rate).fraction
    report = render(spec_of(song, [0, SECONDS]), tmp_path / "a.mp4", preset=tiny(rate=rate))
    times = frame_times(tmp_path / "a.mp4")
    assert len(times) == math.ceil(Fraction("2.37") * exact) == report.sync.frames
    assert times == pytest.approx([float(n / exact) for n in range(len(times))], abs=1e-4)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].average_rate == exact
    assert 0 <= report.sync.duration_difference_ms <= 1000 / float(exact)


@pytest.mark.parametrize(
    ("preset", "width", "height"),
    [("youtube", 192, 108), ("vertical", 108, 192), ("square", 96, 96)],
)
def test_picture_and_tags(song: Path, tmp_path: Path, preset: str, width: int, height: int) -> None:
    path = tmp_path / "a.mp4"
    render(spec_of(song, [0, SECONDS]), path, preset=tiny(preset, width=width, height=height))
    with av.open(str(path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, video.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height) == (width, height)
        bt709, limited = 1, 1
        assert (context.color_primaries, context.color_trc, context.colorspace) == (bt709,) * 3
        assert context.color_range == limited
        assert sound.codec_context.name == "aac"
    assert boxes(path).index("moov") < boxes(path).index("mdat")
    frames = decoded(path)
    assert frames.shape[1:] == (height * 3 // 2, width)
    assert frames[:, :height].std() > 5, "the picture is flat"


@pytest.mark.parametrize(
    ("suffix", "codec", "taken"),
    [(".mp3", "mp3float", "copied"), (".m4a", "aac", "copied"), (".aac", "aac", "copied"),
     (".wav", "aac", "encoded"), (".ogg", "aac", "encoded")],
)  # fmt: skip
def test_the_song_is_copied_where_mp4_allows(
    tmp_path: Path, suffix: str, codec: str, taken: str
) -> None:
    rate = 48000 if suffix == ".ogg" else 44100
    samples = clicks(beat_times(120, SECONDS), SECONDS, rate=rate)
    song = write_song(tmp_path / f"song{suffix}", samples, rate=rate)
    report = render(spec_of(song, [0, SECONDS]), tmp_path / "a.mp4")
    assert report.audio == taken
    with av.open(str(song)) as before, av.open(str(tmp_path / "a.mp4")) as after:
        assert after.streams.audio[0].codec_context.name == codec
        if taken == "copied" and suffix != ".aac":
            packets = [
                [bytes(p) for p in container.demux(audio=0) if p.size]
                for container in (before, after)
            ]
            assert packets[0] == packets[1]
    length = len(heard(tmp_path / "a.mp4")[0]) / rate
    assert length == pytest.approx(SECONDS, abs=0.06)


@pytest.mark.parametrize(
    ("start", "duration", "first", "frames"),
    [(4.0, 2.5, 40, 25), (9.5, None, 95, 25), (0.0, 1.01, 0, 11)],
)
def test_a_part_is_the_same_frames_and_the_same_sound(
    clicks_wav: Path, tmp_path: Path, start: float, duration: float | None, first: int, frames: int
) -> None:
    spec = spec_of(clicks_wav, [0, 5, 12])
    preset = tiny(rate=10)
    render(spec, tmp_path / "whole.mp4", preset=preset)
    report = render(spec, tmp_path / "part.mp4", preset=preset, part=(start, duration))
    assert report.sync.frames == report.sync.expected_frames == frames
    whole, part = decoded(tmp_path / "whole.mp4"), decoded(tmp_path / "part.mp4")
    right, wrong = (
        np.abs(part[:, :108].astype(int) - whole[at : at + frames, :108]).mean()
        for at in (first, first + (10 if first == 0 else -10))
    )
    assert right < 0.5 * wrong, "the part shows other frames"
    sound, rate = heard(tmp_path / "part.mp4")
    click = min(t for t in beat_times(120, 12) if t > start) - start
    quiet, loud = np.abs(sound[: round((click - 0.02) * rate)]), sound[round(click * rate) :]
    assert np.abs(loud[: rate // 100]).max() > 0.2
    assert start == 0 or quiet.size == 0 or quiet.max() < 0.3
    assert len(sound) / rate == pytest.approx(frames / 10, abs=0.06)


def seam(frames: np.ndarray) -> tuple[float, float]:
    """Change from the last frame to the first, and the largest change between neighbours."""
    steps = [float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(frames)]
    return float(np.abs(frames[0].astype(int) - frames[-1]).mean()), max(steps)


@pytest.mark.parametrize("tier", [1, 2])
def test_canvas_is_a_silent_seamless_loop_of_whole_bars(
    clicks_wav: Path, tmp_path: Path, tier: int
) -> None:
    spec = spec_of(clicks_wav, [0, 12], tier=tier, stills=2)
    preset = tiny("canvas", 15, width=108, height=192)
    report = render(spec, tmp_path / "canvas.mp4", preset=preset)
    with av.open(str(tmp_path / "canvas.mp4")) as container:
        assert not container.streams.audio and report.audio == "none"
    frames = decoded(tmp_path / "canvas.mp4")
    assert len(frames) == 8 * 15, "four bars of two seconds"
    last_to_first, between = seam(frames)
    assert last_to_first <= 1.25 * between, "the strongest downbeat is on the first frame"
    if tier == 2:
        return  # cuts between stills hide what the seam of a plain video would be
    straight = preset.model_copy(update={"loop_seconds": None})
    render(spec, tmp_path / "straight.mp4", preset=straight, part=(0.0, 8.0))
    last_to_first, between = seam(decoded(tmp_path / "straight.mp4"))
    assert last_to_first > 1.5 * between, "this test could not have failed"
