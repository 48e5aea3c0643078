"""Joining: every frame once and in order, whatever the pieces; written whole or not at all."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from test_encode import encode, moving

from clavilux.media import mux
from clavilux.model.errors import OutputError
from clavilux.model.time import FrameRate
from clavilux.storage import written_whole
from workshop import beat_times, boxes, clicks, decoded, frame_times, heard, onset, write_song


def pieces_of(folder: Path, frames: list[np.ndarray], cuts: list[int], rate: str) -> list:  # type: ignore[type-arg]
    pieces = []
    for start, end in pairwise(cuts):
        path = folder / f"{start}.mp4"
        path.write_bytes(encode(frames[start:end], rate))
        pieces.append((start, path))
    return pieces


def expect_clicks(video: Path, times: list[float], *, within: float) -> None:
    """The clicks are heard at their times, in seconds."""
    sound, played_at = heard(video)
    for time in times:
        found = onset(sound, played_at, after=max(0, time - 0.1), before=time + 0.1)
        assert found == pytest.approx(time, abs=within)


@pytest.mark.parametrize("rate", ["24", "30", "60", "30000/1001"])
@pytest.mark.parametrize("cuts", [[0, 60], [0, 1, 2, 31, 60]])
def test_pieces_are_joined_without_changing_a_frame(
    tmp_path: Path, rate: str, cuts: list[int]
) -> None:
    pieces = pieces_of(tmp_path, moving(60), cuts, rate)
    out = tmp_path / "out.mp4"
    assert mux.join(pieces, out, rate=FrameRate.parse(rate), song=None, title="Näme") == "none"
    expected = np.concatenate([decoded(path) for _, path in pieces])
    assert (decoded(out) == expected).all()
    exact = FrameRate.parse(rate).fraction
    assert frame_times(out) == pytest.approx([float(n / exact) for n in range(60)], abs=1e-4)
    assert boxes(out).index("moov") < boxes(out).index("mdat")
    with av.open(str(out)) as container:
        assert container.metadata["title"] == "Näme"
        assert container.streams.video[0].frames == 60
        assert Fraction(container.duration, 10**6) == pytest.approx(60 / exact, abs=0.002)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".m4a"])
def test_picture_and_sound_are_interleaved(tmp_path: Path, suffix: str) -> None:
    song = write_song(tmp_path / f"song{suffix}", clicks(beat_times(120, 4), 4))
    pieces = pieces_of(tmp_path, moving(120), [0, 60, 120], "30")
    mux.join(pieces, tmp_path / "out.mp4", rate=FrameRate(numerator=30), song=song)
    with av.open(str(tmp_path / "out.mp4")) as container:
        packets = [
            (p.pos, p.stream.type, float(p.dts * p.time_base)) for p in container.demux() if p.size
        ]
    at = dict.fromkeys(("video", "audio"), 0.0)
    for _, kind, time in sorted(packets):
        at[kind] = time
        assert abs(at["video"] - at["audio"]) < 1.2


@pytest.mark.parametrize(("start", "duration"), [(0.0, 1.0), (1.25, 1.0), (3.0, None)])
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".opus"])
def test_a_part_of_the_song_begins_on_time(
    tmp_path: Path, suffix: str, start: float, duration: float | None
) -> None:
    rate = 48000 if suffix == ".opus" else 44100
    times = beat_times(120, 4)
    song = write_song(tmp_path / f"s{suffix}", clicks(times, 4, rate=rate), rate=rate)
    pieces = pieces_of(tmp_path, moving(30), [0, 30], "30")
    out = tmp_path / "out.mp4"
    how = mux.join(
        pieces,
        out,
        rate=FrameRate(numerator=30),
        song=song,
        start=start,
        duration=duration,
        whole=False,
    )
    assert how == "encoded"
    sound, played_at = heard(out)
    assert len(sound) / played_at == pytest.approx(1.0, abs=0.05)
    inside = [t - start for t in times if start + 0.05 < t < start + 0.95]
    expect_clicks(out, inside, within=2e-3)


def test_surround_sound_becomes_stereo_that_does_not_clip(tmp_path: Path) -> None:
    song = tmp_path / "surround.flac"
    with av.open(str(song), "w") as container:
        stream = container.add_stream("flac", rate=48000, layout="5.1")
        tone = 0.99 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
        packed = (np.repeat(tone[:, None], 6, axis=1).reshape(1, -1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="5.1")
        frame.sample_rate = 48000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    pieces = pieces_of(tmp_path, moving(30), [0, 30], "30")
    mux.join(pieces, tmp_path / "out.mp4", rate=FrameRate(numerator=30), song=song)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.audio[0].channels == 2
    sound, _ = heard(tmp_path / "out.mp4")
    assert 0.5 < np.abs(sound[4800:-4800]).max() < 1.02


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "film" / "out.mp4"
    out.parent.mkdir()
    out.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="half-way"), written_whole(out) as path:
        path.write_bytes(b"new, but")
        raise RuntimeError("half-way")
    full = pytest.raises(OutputError, match=r"cannot write .*out.mp4: No space left")
    with full, written_whole(out):
        raise OSError(28, "No space left on device")
    assert out.read_bytes() == b"old" and list(out.parent.iterdir()) == [out]
    with written_whole(out) as path:
        path.write_bytes(b"new")
    assert out.read_bytes() == b"new" and list(out.parent.iterdir()) == [out]
    assert out.stat().st_mode & 0o777 == 0o644
