"""Files as the world makes them: every one is heard as well as it can be, or refused in a line."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_audio import CLICK, click, found_click, write

from clavilux.analysis.spectrum import Measurer
from clavilux.media import audio
from clavilux.media.audio import ANALYSIS_RATE
from clavilux.model.errors import AudioError

RATE = 44100


class Blocks:
    """A listener that remembers each block."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []

    def feed(self, samples: np.ndarray) -> None:
        self.parts.append(samples.copy())

    @property
    def samples(self) -> np.ndarray:
        return np.concatenate(self.parts)


def noise(seconds: float, *, channels: int = 2, rate: int = RATE) -> np.ndarray:
    rng = np.random.default_rng(7)
    return (0.1 * rng.standard_normal((channels, round(seconds * rate)))).astype(np.float32)


def raw_wav(path: Path, samples: np.ndarray, *, rate: int = RATE, kind: int = 3) -> Path:
    """A wav file byte by byte, channels last, as encoders would refuse to write it."""
    data = samples.tobytes()
    channels, width = samples.shape[1], samples.dtype.itemsize
    body = b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, kind, channels, rate, rate * channels * width, channels * width, 8 * width
    )
    body += b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def test_a_long_song_comes_in_small_blocks_of_the_right_total(tmp_path: Path) -> None:
    path = write(tmp_path / "long.flac", noise(61.3), rate=RATE, codec="flac")
    song, blocks = audio.listen(path, Blocks)
    assert sum(map(len, blocks.parts)) == round(song.duration * ANALYSIS_RATE)
    assert max(map(len, blocks.parts)) < 7 * ANALYSIS_RATE
    assert len(blocks.parts) > 9
    np.testing.assert_array_equal(blocks.samples, audio.decode(path)[1])


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac", "libmp3lame"])
@pytest.mark.parametrize("samples", [1, 2, 700, 4410])
def test_a_scrap_of_sound_is_heard(tmp_path: Path, codec: str, samples: int) -> None:
    suffix = {"pcm_s16le": "wav", "flac": "flac", "libmp3lame": "mp3"}[codec]
    path = write(tmp_path / f"s.{suffix}", noise(1)[:, :samples], rate=RATE, codec=codec)
    song, measurer = audio.listen(path, Measurer)
    assert song.duration == pytest.approx(samples / RATE, abs=0.03)
    spectrum = measurer.finish()
    assert spectrum.frames >= 1 and np.isfinite(spectrum.rms).all()


@pytest.mark.parametrize("rate", [8000, 11025, 96000, 192000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_keeps_the_time(tmp_path: Path, rate: int, channels: int) -> None:
    sound = (click(rate, channels=channels).T * 32767).astype(np.int16)
    song, samples = audio.decode(raw_wav(tmp_path / "r.wav", sound, rate=rate, kind=1))
    assert (song.sample_rate, song.duration) == (rate, pytest.approx(2.0, abs=1e-6))
    assert found_click(samples) == pytest.approx(CLICK, abs=1e-3)


def test_a_constant_offset_changes_nothing_that_is_heard(tmp_path: Path) -> None:
    sound = noise(5) + 0.01
    shifted = sound + np.float32(0.4)
    one, other = (
        audio.listen(write(tmp_path / name, s, rate=RATE, codec="pcm_f32le"), Measurer)[1].finish()
        for name, s in (("a.wav", sound), ("b.wav", shifted))
    )
    inner = slice(10, -10)
    assert other.rms[inner] == pytest.approx(one.rms[inner], rel=0.02)
    assert np.abs(other.flux[inner] - one.flux[inner]).max() < 0.01
    assert np.abs(np.log10(other.bands[inner] / one.bands[inner])).max() < 0.1
    assert other.centroid[inner] == pytest.approx(one.centroid[inner], rel=0.02)


def test_a_second_of_silence_before_an_mp3_stays_a_second(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros((2, RATE), np.float32), click(RATE)], axis=1)
    path = write(tmp_path / "late.mp3", sound, rate=RATE, codec="libmp3lame")
    song, samples = audio.decode(path)
    assert song.duration == pytest.approx(3.0, abs=1e-3)
    assert np.abs(samples[: int(0.95 * ANALYSIS_RATE)]).max() < 1e-3
    assert found_click(samples) == pytest.approx(CLICK + 1.0, abs=1e-3)


@pytest.mark.parametrize("seconds", [3.0, 25.0])
def test_channels_that_cancel_are_heard_one_alone_in_blocks_too(
    tmp_path: Path, seconds: float
) -> None:
    sound = noise(seconds, channels=1).repeat(2, axis=0)
    sound[1] *= -0.9
    path = write(tmp_path / "anti.wav", sound, rate=RATE, codec="pcm_f32le")
    song, blocks = audio.listen(path, Blocks)
    assert len(blocks.samples) == round(song.duration * ANALYSIS_RATE)
    left = np.sqrt(np.mean(sound[0] ** 2))
    assert np.sqrt(np.mean(blocks.samples**2)) > 0.5 * left


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_that_are_no_numbers_or_far_too_large_are_tamed(
    tmp_path: Path, dtype: type
) -> None:
    sound = noise(4).T.astype(dtype)
    sound[1000:2000, 0], sound[3000, 1], sound[4000, 0] = np.nan, np.inf, -np.inf
    sound[90000:90010] = 1e30
    _, samples = audio.decode(raw_wav(tmp_path / "bad.wav", sound))
    assert np.isfinite(samples).all() and np.abs(samples).max() < 40
    assert np.sqrt(np.mean(samples[60000:] ** 2)) == pytest.approx(0.05, rel=0.1)


def test_a_master_beyond_full_scale_is_heard_as_it_is(tmp_path: Path) -> None:
    sound = np.clip(noise(4) * 60, -1, 1)
    path = write(tmp_path / "loud.wav", sound, rate=RATE, codec="pcm_s16le")
    spectrum = audio.listen(path, Measurer)[1].finish()
    assert 0.3 < spectrum.rms[50] < 1.5 and np.isfinite(spectrum.flux).all()


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("d.mp3", "libmp3lame"),
        ("d.flac", "flac"),
        ("d.ogg", "libopus"),
        ("d.m4a", "aac"),
        ("d.aac", "aac"),
        ("d.wav", "pcm_s16le"),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_damage_of_any_kind_is_heard_or_refused(
    tmp_path: Path, name: str, codec: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    path = write(tmp_path / name, noise(6, rate=48000), rate=48000, codec=codec)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    if seed % 2:
        data = data[: int(len(data) * rng.uniform(0.05, 0.95))]
    hit = rng.integers(100, len(data), size=len(data) // 400)
    data[hit] = rng.integers(0, 256, len(hit))
    path.write_bytes(data.tobytes())
    try:
        song, blocks = audio.listen(path, Blocks)
    except AudioError as refusal:
        assert "\n" not in str(refusal)
        return
    assert 0 < song.duration < 8
    assert len(blocks.samples) == round(song.duration * ANALYSIS_RATE)
    assert np.isfinite(blocks.samples).all()


def test_a_wav_that_claims_more_than_it_holds(tmp_path: Path) -> None:
    path = raw_wav(tmp_path / "w.wav", (click(RATE).T * 32767).astype(np.int16), kind=1)
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(data)
    song, samples = audio.decode(path)
    assert song.duration == pytest.approx(2.0, abs=1e-3)
    assert found_click(samples) == pytest.approx(CLICK, abs=1e-3)


def test_a_listener_that_gives_up_stops_the_decoder(tmp_path: Path) -> None:
    path = write(tmp_path / "x.flac", noise(90), rate=RATE, codec="flac")
    heard: list[int] = []

    class Picky:
        def feed(self, samples: np.ndarray) -> None:
            heard.append(len(samples))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audio.listen(path, Picky)
    assert len(heard) == 1


@pytest.mark.parametrize("wrong", ["mid-file", "start"])
def test_errors_of_the_decoder_thread_reach_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    path = write(tmp_path / "x.flac", noise(30), rate=RATE, codec="flac")
    mix: Callable[..., np.ndarray] = audio._mix
    calls: list[int] = []

    def failing(*arguments, **names):  # type: ignore[no-untyped-def]
        calls.append(1)
        if wrong == "start" or len(calls) > 3:
            raise AudioError("the disk is gone; put it back")
        return mix(*arguments, **names)

    monkeypatch.setattr(audio, "_mix", failing)
    with pytest.raises(AudioError, match="put it back"):
        audio.listen(path, Blocks)


def test_listening_keeps_features_not_samples(tmp_path: Path) -> None:
    """Ten minutes are 53 MB of samples and 8 MB of features."""
    path = raw_wav(tmp_path / "ten.wav", np.zeros((600 * 8000, 1), np.int16), rate=8000, kind=1)
    audio.listen(path, Measurer)[1].finish()  # what is loaded once is not counted
    tracemalloc.start()
    try:
        song, measurer = audio.listen(path, Measurer)
        spectrum = measurer.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert song.duration == 600 and spectrum.frames == 600 * ANALYSIS_RATE // 256 + 1
    assert peak < 25e6
