"""Decoding: the time line stays true whatever the file, and every refusal says what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from clavilux.media import audio
from clavilux.model.errors import AudioError

CLICK = 1.0
"""Seconds from the start of every file written here to its click."""


def click(rate: int, *, channels: int = 2, seconds: float = 2.0) -> np.ndarray:
    """(channels, n) silence with 5 ms of a 2 kHz tone at CLICK in every channel."""
    sound = np.zeros((channels, round(rate * seconds)), dtype=np.float32)
    length = rate // 200
    start = round(CLICK * rate)
    sound[:, start : start + length] = 0.8 * np.sin(np.arange(length) * 2 * np.pi * 2000 / rate)
    return sound


def write(
    path: Path, sound: np.ndarray, *, rate: int, codec: str, layout: str = "stereo", title: str = ""
) -> Path:
    with av.open(str(path), "w") as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=rate, layout=layout)
        mux_sound(container, stream, sound, rate=rate, layout=layout)
    return path


def mux_sound(container, stream, sound, *, rate, layout, start=0) -> None:  # type: ignore[no-untyped-def]
    packed = np.ascontiguousarray(sound.T.reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    frame.sample_rate, frame.pts = rate, start
    for packet in [*stream.encode(frame), *stream.encode(None)]:
        container.mux(packet)


def found_click(samples: np.ndarray) -> float:
    """Seconds of the first loud sample."""
    return int(np.argmax(np.abs(samples) > 0.25 * np.abs(samples).max())) / audio.ANALYSIS_RATE


@pytest.mark.parametrize(
    ("name", "codec", "rates", "layouts"),
    [
        ("a.wav", "pcm_s16le", (8000, 44100, 96000), ("mono", "stereo", "5.1", "7.1")),
        ("b.wav", "pcm_f32le", (48000,), ("mono", "quad")),
        ("c.wav", "pcm_u8", (22050,), ("mono",)),
        ("d.wav", "pcm_s24le", (44100,), ("stereo",)),
        ("a.flac", "flac", (22050, 44100, 48000), ("mono", "stereo", "5.1")),
        ("a.mp3", "libmp3lame", (22050, 44100, 48000), ("mono", "stereo")),
        ("a.m4a", "aac", (44100, 48000), ("mono", "stereo", "5.1")),
        ("a.m4a", "alac", (44100,), ("stereo",)),
        ("a.ogg", "libopus", (48000,), ("mono", "stereo")),
        ("a.opus", "libopus", (48000,), ("stereo", "5.1")),
        ("a.ogg", "flac", (44100,), ("stereo",)),
    ],
)
def test_every_format_keeps_its_length_and_its_click(tmp_path, name, codec, rates, layouts):  # type: ignore[no-untyped-def]
    for rate in rates:
        for layout in layouts:
            channels = av.AudioLayout(layout).nb_channels
            path = write(
                tmp_path / name,
                click(rate, channels=channels),
                rate=rate,
                codec=codec,
                layout=layout,
            )
            song, samples = audio.decode(path)
            what = f"{codec} {rate} {layout}"
            assert song.duration == pytest.approx(2.0, abs=1e-3), what
            assert len(samples) == round(song.duration * audio.ANALYSIS_RATE), what
            assert found_click(samples) == pytest.approx(CLICK, abs=1.2e-3), what
            assert (song.sample_rate, song.channels) == (rate, channels), what
            assert samples.dtype == np.float32 and samples.ndim == 1


def test_the_song_tells_title_codec_and_digest(tmp_path: Path) -> None:
    tagged = write(tmp_path / "x.flac", click(44100), rate=44100, codec="flac", title="Lumia")
    untagged = write(tmp_path / "my song.flac", click(44100), rate=44100, codec="flac")
    song, _ = audio.decode(tagged)
    assert (song.title, song.codec) == ("Lumia", "flac")
    assert song.digest == hashlib.sha256(tagged.read_bytes()).hexdigest()
    assert audio.decode(untagged)[0].title == "my song"


def test_a_tiny_sound_is_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "t.wav", click(44100)[:, 44000:57230], rate=44100, codec="pcm_s16le")
    song, samples = audio.decode(path)
    assert song.duration == pytest.approx(0.3, abs=1e-4)
    assert len(samples) == 6615


def test_the_lfe_channel_is_dropped(tmp_path: Path) -> None:
    sound = click(48000, channels=6)
    sound[[0, 1, 2, 4, 5]] = 0
    path = write(tmp_path / "lfe.wav", sound, rate=48000, codec="pcm_f32le", layout="5.1")
    assert np.abs(audio.decode(path)[1]).max() == 0


def test_antiphase_stereo_does_not_vanish(tmp_path: Path) -> None:
    sound = click(44100)
    sound[1] *= -0.98
    path = write(tmp_path / "anti.flac", sound, rate=44100, codec="flac")
    assert np.abs(audio.decode(path)[1]).max() > 0.5


def test_nan_and_infinity_are_silence(tmp_path: Path) -> None:
    sound = click(44100)
    sound[:, 2000:2100] = np.nan
    sound[0, 3000], sound[1, 3001] = np.inf, -np.inf
    _, samples = audio.decode(write(tmp_path / "n.wav", sound, rate=44100, codec="pcm_f32le"))
    assert np.isfinite(samples).all()
    assert np.abs(samples[:20000]).max() < 1e-3
    assert found_click(samples) == pytest.approx(CLICK, abs=1e-3)


def write_video(path: Path, *, audio_start: float, sound: bool = True) -> Path:
    """A one-second black video whose audio starts late."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width = video.height = 32
        stream = container.add_stream("pcm_s16le", rate=44100, layout="stereo") if sound else None
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if stream is not None:
            start = round(audio_start * 44100)
            mux_sound(container, stream, click(44100), rate=44100, layout="stereo", start=start)
    return path


def test_audio_that_starts_late_in_a_video_stays_late(tmp_path: Path) -> None:
    song, samples = audio.decode(write_video(tmp_path / "late.mkv", audio_start=0.5))
    assert song.duration == pytest.approx(2.5, abs=2e-3)
    assert found_click(samples) == pytest.approx(CLICK + 0.5, abs=2e-3)


def test_missing_packets_become_silence(tmp_path: Path) -> None:
    path = tmp_path / "gap.mkv"
    sound = click(44100, seconds=4.0)
    sound[:, : 44100 // 2] = 0.3
    sound[:, 3 * 44100 :] = 0.3
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=44100, layout="stereo")
        for start in range(0, sound.shape[1], 4410):
            if 1.45 <= start / 44100 < 2.45:
                continue
            part = np.ascontiguousarray(sound[:, start : start + 4410])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    song, samples = audio.decode(path)
    assert song.duration == pytest.approx(4.0, abs=2e-3)
    step = np.flatnonzero(np.abs(samples) > 0.15)
    assert step[step > 2 * audio.ANALYSIS_RATE][0] / audio.ANALYSIS_RATE == pytest.approx(
        3.0, abs=2e-3
    )


def test_damage_inside_an_mp3_does_not_move_what_follows(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).standard_normal((2, 8 * 44100)).astype(np.float32) * 0.01
    at = 6 * 44100
    sound[:, at : at + 300] = 0.8 * np.sin(np.arange(300) * 0.3)
    path = write(tmp_path / "d.mp3", sound, rate=44100, codec="libmp3lame")
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 1500] = bytes(1500)
    path.write_bytes(data)
    song, samples = audio.decode(path)
    assert song.duration == pytest.approx(8.0, abs=0.03)
    assert 4 + found_click(samples[4 * audio.ANALYSIS_RATE :]) == pytest.approx(6.0, abs=0.03)


def test_a_truncated_mp3_gives_what_is_there(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).standard_normal((2, 4 * 44100)).astype(np.float32) * 0.1
    path = write(tmp_path / "cut.mp3", sound, rate=44100, codec="libmp3lame")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert audio.decode(path)[0].duration == pytest.approx(2.0, abs=0.1)


def test_progress_rises_to_one(tmp_path: Path) -> None:
    path = write(tmp_path / "p.flac", click(44100, seconds=12), rate=44100, codec="flac")
    seen: list[float] = []
    audio.decode(path, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 2


def _missing(folder: Path) -> Path:
    return folder / "nowhere.mp3"


def _folder(folder: Path) -> Path:
    return folder


def _empty(folder: Path) -> Path:
    (folder / "empty.mp3").touch()
    return folder / "empty.mp3"


def _text(folder: Path) -> Path:
    (folder / "text.mp3").write_text("These are words, not music.\n" * 50)
    return folder / "text.mp3"


def _noise(folder: Path) -> Path:
    (folder / "noise.ogg").write_bytes(np.random.default_rng(3).bytes(5000))
    return folder / "noise.ogg"


def _picture_only(folder: Path) -> Path:
    return write_video(folder / "mute.mkv", audio_start=0, sound=False)


def _cut_m4a(folder: Path) -> Path:
    noise = np.random.default_rng(2).standard_normal((2, 44100)).astype(np.float32) * 0.1
    path = write(folder / "cut.m4a", noise, rate=44100, codec="aac")
    path.write_bytes(path.read_bytes()[:9000])
    return path


def _no_samples(folder: Path) -> Path:
    path = folder / "header.wav"
    write(path, click(44100), rate=44100, codec="pcm_s16le")
    path.write_bytes(path.read_bytes()[:78])
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "there is no file"),
        (_folder, "is a folder"),
        (_empty, "empty file"),
        (_text, "export it again|cannot decode|no sound"),
        (_noise, "cannot decode|no sound"),
        (_picture_only, "no audio track"),
        (_cut_m4a, "cannot decode"),
        (_no_samples, "no sound|cannot decode"),
    ],
)
def test_what_cannot_be_decoded_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    with pytest.raises(AudioError, match=words) as refusal:
        audio.decode(make(tmp_path))
    assert "\n" not in str(refusal.value)


def test_a_file_of_many_hours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "MAX_SECONDS", 1.5)
    path = write(tmp_path / "long.wav", click(44100), rate=44100, codec="pcm_s16le")
    with pytest.raises(AudioError, match="cut it"):
        audio.decode(path)
