"""Clicks on the beats: on the sample, at the song's rate, never clipped, with the song below."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from clavilux.media.clicks import BEAT_HZ, CLICK_SECONDS, DOWNBEAT_HZ, SONG_SHARE, write_clicks
from clavilux.model.errors import AudioError, InputError, OutputError
from clavilux.model.song import Beat

BEATS = tuple(Beat(time=0.1003 + 0.5 * i, bar=i // 4, position=i % 4) for i in range(24))


def write_sound(path: Path, sound: np.ndarray, rate: int) -> Path:
    """Samples of shape (channels, n), -1..1, as a 16-bit wav."""
    layout = {1: "mono", 2: "stereo", 4: "quad"}[len(sound)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        whole = np.round(32767 * sound).astype(np.int16).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole), format="s16", layout=layout)
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path


def read_sound(path: Path) -> tuple[np.ndarray, int]:
    parts = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        count = stream.channels
        for frame in container.decode(stream):
            raw = frame.to_ndarray()
            parts.append(raw if frame.format.is_planar else raw.reshape(-1, count).T)
        return np.concatenate(parts, axis=1).astype(np.float64) / 32767, stream.rate


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (48000, 1), (8000, 2)])
@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_click_begins_on_the_sample_of_its_beat(
    rate: int, channels: int, ending: str, tmp_path: Path
) -> None:
    song = write_sound(tmp_path / "song.wav", np.zeros((channels, 13 * rate + 7)), rate)
    target = tmp_path / f"clicks.{ending}"
    write_clicks(song, target, BEATS)
    sound, heard_rate = read_sound(target)
    assert heard_rate == rate and sound.shape == (channels, 13 * rate + 7)
    assert all((channel == sound[0]).all() for channel in sound)
    loud = np.abs(sound[0]) > 0.3
    for beat in BEATS:
        at = round(beat.time * rate)
        assert loud[at] and not np.any(sound[0][at - 50 : at])
    silent = np.ones(sound.shape[1], bool)
    for beat in BEATS:
        at = round(beat.time * rate)
        silent[at : at + round(CLICK_SECONDS * rate)] = False
    assert not np.any(sound[0][silent])


def test_downbeats_click_higher(tmp_path: Path) -> None:
    rate = 44100
    song = write_sound(tmp_path / "song.wav", np.zeros((1, 4 * rate)), rate)
    write_clicks(song, tmp_path / "clicks.wav", BEATS[:5])
    sound, _ = read_sound(tmp_path / "clicks.wav")
    for beat in BEATS[:5]:
        at = round(beat.time * rate)
        spectrum = np.abs(np.fft.rfft(sound[0][at : at + 1323]))
        strongest = np.argmax(spectrum) * rate / 1323
        wanted = DOWNBEAT_HZ if beat.is_downbeat else BEAT_HZ
        assert strongest == pytest.approx(wanted, abs=120)


def test_the_song_is_below_untouched_and_nothing_clips(tmp_path: Path) -> None:
    rate = 44100
    rng = np.random.default_rng(1)
    full = np.sign(rng.standard_normal((2, 12 * rate)))
    song = write_sound(tmp_path / "song.wav", full, rate)
    write_clicks(song, tmp_path / "clicks.wav", BEATS)
    sound, _ = read_sound(tmp_path / "clicks.wav")
    assert np.abs(sound).max() < 0.9999 + 1e-3
    before = round(BEATS[0].time * rate)
    assert np.allclose(sound[:, :before], SONG_SHARE * full[:, :before], atol=1e-3)
    clicks = sound - SONG_SHARE * full  # had anything clipped, this would not be the click alone
    at = round(BEATS[3].time * rate)
    assert np.allclose(clicks[0, at : at + 1000], clicks[1, at : at + 1000], atol=1e-3)
    assert clicks[0, at] == pytest.approx(0.4, abs=2e-3)


def test_more_channels_are_mixed_to_one(tmp_path: Path) -> None:
    song = write_sound(tmp_path / "song.wav", np.full((4, 8000), 0.5), 8000)
    write_clicks(song, tmp_path / "clicks.wav", ())
    sound, _ = read_sound(tmp_path / "clicks.wav")
    assert sound.shape == (1, 8000) and np.allclose(sound, 0.3, atol=1e-3)


def test_beats_beyond_the_song_and_close_together_are_no_trouble(tmp_path: Path) -> None:
    song = write_sound(tmp_path / "song.wav", np.zeros((1, 8000)), 8000)
    times = (0.0, 0.001, 0.5, 0.999, 5.0)
    beats = [Beat(time=t, bar=0, position=i) for i, t in enumerate(times)]
    write_clicks(song, tmp_path / "clicks.wav", beats)
    sound, _ = read_sound(tmp_path / "clicks.wav")
    assert sound.shape == (1, 8000) and np.abs(sound).max() < 0.41


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    song = write_sound(tmp_path / "song.wav", np.zeros((1, 800)), 8000)
    with pytest.raises(InputError, match="wav or flac"):
        write_clicks(song, tmp_path / "clicks.mp3", ())
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(AudioError, match="cannot decode"):
        write_clicks(tmp_path / "text.wav", tmp_path / "clicks.wav", ())
    with pytest.raises(OutputError, match="cannot write"):
        write_clicks(song, song / "clicks.wav", ())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["song.wav", "text.wav"]
