"""A song file -> its facts and its mono samples, on a true time line.

Time 0 is the file's start. Damaged or missing packets become silence of the same length, so that
what sounds at second t of the file is at second t of the samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clavilux.media import audio_frames
from clavilux.media.audio_frames import Samples
from clavilux.model.errors import AudioError
from clavilux.model.song import Song

if TYPE_CHECKING:
    import av

ANALYSIS_RATE = 22050
"""Samples per second of what `decode` returns."""
MAX_SECONDS = 6 * 3600.0
"""A longer file is taken for a mistake."""
LOUDEST = 16.0
"""Floating-point samples beyond this (24 dB over full scale) are damage."""
LAST_PACKET = 2048
"""Samples in the longest packet of an MP4's codecs."""
CANCELLED = 0.03
"""The mono mix has lost the song if it keeps less than this share of the channels' power."""

Progress = Callable[[float], None]


def decode(path: str | Path, *, progress: Progress | None = None) -> tuple[Song, Samples]:
    """The song and its samples: mono float32, shape (n,), about -1..1, at ANALYSIS_RATE.

    `progress` is called with the share done, 0..1. Raises AudioError with one line of advice.
    """
    path = Path(path)
    _refuse_unreadable(path)
    sound = _read(path, channel=None, progress=progress)
    if sound.cancels():
        loudest = int(np.argmax(sound.channel_power))
        sound = _read(path, channel=loudest, progress=progress)
    song = Song(
        title=sound.title or path.stem,
        duration=float(sound.seconds),
        sample_rate=sound.rate,
        channels=sound.channels,
        codec=sound.codec,
        digest=file_digest(path),
    )
    if progress is not None:
        progress(1.0)
    return song, sound.samples.finish(round(sound.seconds * ANALYSIS_RATE))


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises AudioError where there is nothing to read."""
    _refuse_unreadable(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_unreadable(path: Path) -> None:
    if path.is_dir():
        raise AudioError(f"'{path}' is a folder; name one song file inside it")
    if not path.exists():
        raise AudioError(f"there is no file '{path}'; check the name and the folder")
    try:
        empty = path.stat().st_size == 0
        path.open("rb").close()
    except OSError as error:
        raise AudioError(f"cannot read '{path}': {error.strerror}") from None
    if empty:
        raise AudioError(f"'{path}' is an empty file; export the song again")


class _Growing:
    """A float32 array that grows in place, so that the answer is never held twice."""

    def __init__(self) -> None:
        self._array = np.empty(1 << 20, dtype=np.float32)
        self._length = 0

    def append(self, values: Samples) -> None:
        needed = self._length + len(values)
        if needed > len(self._array):
            self._array.resize(needed + (1 << 24), refcheck=False)
        self._array[self._length : needed] = values
        self._length = needed

    def finish(self, length: int) -> Samples:
        """The array, cut or padded with zeros to a length."""
        self._array[self._length :] = 0.0
        self._array.resize(length, refcheck=False)
        return self._array


@dataclass
class _Sound:
    """What is known of the sound while it is read."""

    title: str
    codec: str
    channels: int = 0
    rate: int = 0
    seconds: Fraction = Fraction(0)
    samples: _Growing = field(default_factory=_Growing)
    mono_power: float = 0.0
    channel_power: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    def cancels(self) -> bool:
        """Whether the channels cancel each other in the mix, as anti-phase stereo does."""
        total = float(self.channel_power.mean())
        return len(self.channel_power) > 1 and self.mono_power < CANCELLED * total


def _read(path: Path, *, channel: int | None, progress: Progress | None) -> _Sound:
    """Decode the whole file, mixing all channels or taking a single one."""
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise AudioError(f"'{path}' has no audio track; give a file that has one")
            sound = _read_stream(container, channel=channel, progress=progress)
    except av.error.FFmpegError as error:
        raise AudioError(
            f"cannot decode '{path}' ({error.strerror}): it is damaged, cut short or not audio; "
            "export it again as wav, flac, mp3, ogg or m4a"
        ) from None
    if sound.seconds == 0:
        raise AudioError(f"'{path}' holds no sound that can be decoded; export the song again")
    return sound


def _read_stream(
    container: av.container.InputContainer, *, channel: int | None, progress: Progress | None
) -> _Sound:
    stream = container.streams.audio[0]
    tags = {k.lower(): v for k, v in {**container.metadata, **stream.metadata}.items()}
    sound = _Sound(title=tags.get("title", "").strip(), codec=stream.codec_context.name)
    sound.channels = max(1, stream.codec_context.layout.nb_channels)
    resampler: Any = None
    for rate, block in audio_frames.blocks(container, stream):
        if rate != sound.rate:
            if resampler is not None:
                sound.samples.append(_resample(resampler, np.zeros(0, np.float32), last=True))
            sound.rate, resampler = rate, _resampler(rate)
        mono = _mix(_clean(block), channel=channel, sound=sound)
        sound.seconds += Fraction(len(mono), rate)
        if sound.seconds > MAX_SECONDS:
            raise AudioError(
                f"'{container.name}' is longer than {MAX_SECONDS / 3600:.0f} hours; cut it first"
            )
        sound.samples.append(_resample(resampler, mono))
        if progress is not None and container.duration:
            progress(min(0.99, float(sound.seconds) * 1e6 / container.duration))
    if resampler is not None:
        sound.samples.append(_resample(resampler, np.zeros(0, np.float32), last=True))
    sound.seconds -= _padding(container, stream, sound=sound)
    return sound


def _padding(
    container: av.container.InputContainer, stream: av.AudioStream, *, sound: _Sound
) -> Fraction:
    """Seconds that an MP4's encoder added to fill its last packet; its edit list is exact."""
    if "mp4" not in container.format.name or stream.duration is None or sound.rate == 0:
        return Fraction(0)
    excess = sound.seconds - stream.duration * Fraction(stream.time_base or 1)
    return excess if 0 < excess <= Fraction(LAST_PACKET, sound.rate) else Fraction(0)


def _resampler(rate: int) -> Any:
    import soxr

    return soxr.ResampleStream(rate, ANALYSIS_RATE, 1, dtype="float32", quality="HQ")


def _resample(resampler: Any, mono: Samples, *, last: bool = False) -> Samples:
    return np.asarray(resampler.resample_chunk(mono, last=last), dtype=np.float32)


def _clean(block: Samples) -> Samples:
    """NaN and infinity to 0 before they reach the resampler's filter, and damage clipped."""
    block = np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(block, -LOUDEST, LOUDEST)


def _mix(block: Samples, *, channel: int | None, sound: _Sound) -> Samples:
    """Shape (channels, n) -> (n,): the mean, or one channel; keeps count of the powers."""
    mono = block.mean(axis=0) if channel is None else block[min(channel, len(block) - 1)]
    sound.mono_power += float(np.dot(mono, mono))
    powers = np.einsum("ij,ij->i", block, block).astype(np.float64)
    size = max(len(powers), len(sound.channel_power))
    sound.channel_power = np.pad(sound.channel_power, (0, size - len(sound.channel_power)))
    sound.channel_power[: len(powers)] += powers
    return np.ascontiguousarray(mono, dtype=np.float32)
