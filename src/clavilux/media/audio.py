"""A song file -> its facts and its mono samples, on a true time line.

Time 0 is the file's start. Damaged or missing packets become silence of the same length, so that
what sounds at second t of the file is at second t of the samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clavilux.model.errors import AudioError
from clavilux.model.song import Song

if TYPE_CHECKING:
    import av

ANALYSIS_RATE = 22050
"""Samples per second of what `decode` returns."""
MAX_SECONDS = 6 * 3600.0
"""A longer file is taken for a mistake."""
BLOCK_SECONDS = 5.0
"""Sound is resampled in blocks of this length: memory does not grow beside the answer."""
GAP_SECONDS = 0.03
"""Timestamps may wander this much before a hole in the time line is believed."""
PRIMING_SECONDS = 0.1
"""A smaller hole before an audio-only file's first sample is encoder delay, not silence."""
LOUDEST = 16.0
"""Floating-point samples beyond this (24 dB over full scale) are damage."""
LAST_PACKET = 2048
"""Samples in the longest packet of an MP4's codecs."""
CANCELLED = 0.03
"""The mono mix has lost the song if it keeps less than this share of the channels' power."""

Samples = NDArray[np.float32]
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
    """SHA-256 of a file's bytes, in hex."""
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
            self._array.resize(needed + needed // 4, refcheck=False)
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
    for rate, block in _blocks(_on_time(container, stream)):
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


def _blocks(frames: Iterator[tuple[int, Samples]]) -> Iterator[tuple[int, Samples]]:
    """Join decoded frames of equal rate and channels to blocks of BLOCK_SECONDS."""
    parts: list[Samples] = []
    kind: tuple[int, int] = (0, 0)
    length = 0
    for rate, samples in frames:
        if parts and (kind != (rate, len(samples)) or length >= BLOCK_SECONDS * rate):
            yield kind[0], np.concatenate(parts, axis=1)
            parts, length = [], 0
        kind = (rate, len(samples))
        parts.append(samples)
        length += samples.shape[1]
    if parts:
        yield kind[0], np.concatenate(parts, axis=1)


def _on_time(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[tuple[int, Samples]]:
    """(rate, samples of shape (channels, n)) in order, with silence where packets are missing."""
    origin: float | None = None
    written = 0.0
    end = (container.duration or 0) / 1e6
    for frame in _frames(container, stream):
        if isinstance(frame, float):
            origin = None if origin is None else origin - frame
            continue
        rate, samples = frame.sample_rate, _to_float(frame)
        if frame.pts is not None:
            time = frame.pts * float(frame.time_base or 1)
            if origin is None:
                origin = _origin(container, stream, first=time)
            gap = time - origin - written
            if gap < -1 or written + gap > max(end, written) + 1:
                origin = time - written  # a chained file restarts its clock
            elif gap > GAP_SECONDS or (written == 0 and gap > 0):
                yield from _silence(round(gap * rate), rate=rate, channels=len(samples))
                written += round(gap * rate) / rate
        yield rate, samples
        written += samples.shape[1] / rate


def _origin(
    container: av.container.InputContainer, stream: av.AudioStream, *, first: float
) -> float:
    """The timestamp, in seconds, that is time 0 of the song: the file's start."""
    starts = [first]
    if stream.start_time is not None:
        starts.append(stream.start_time * float(stream.time_base or 1))
    if container.streams.video:
        starts.append((container.start_time or 0) / 1e6)
        return min(starts)
    return first if first - min(starts) < PRIMING_SECONDS else min(starts)


def _silence(length: int, *, rate: int, channels: int) -> Iterator[tuple[int, Samples]]:
    step = int(BLOCK_SECONDS * rate)
    for start in range(0, length, step):
        yield rate, np.zeros((channels, min(step, length - start)), dtype=np.float32)


def _frames(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[av.AudioFrame | float]:
    """Every frame that can be decoded; a number is seconds lost that no timestamp tells of."""
    import av

    packets = container.demux(stream)
    usual = 0.0
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            if usual > 0:
                yield _unseen_loss(stream, size=packet.size, usual=usual)
            continue
        if packet.size:
            usual = packet.size if usual == 0 else 0.9 * usual + 0.1 * packet.size
        yield from (f for f in frames if isinstance(f, av.AudioFrame) and f.samples > 0)


def _unseen_loss(stream: av.AudioStream, *, size: int, usual: float) -> float:
    """Damaged MP3 frames come as one packet, stamped as one frame: seconds of the others."""
    codec = stream.codec_context
    if not codec.name.startswith("mp3") or not codec.sample_rate:
        return 0.0
    length = 1152 if codec.sample_rate >= 32000 else 576
    return max(round(size / usual) - 1, 0) * length / codec.sample_rate


def _to_float(frame: av.AudioFrame) -> Samples:
    """Shape (channels, n), float32, full scale 1; the LFE channel is dropped."""
    raw = frame.to_ndarray()
    count = len(frame.layout.channels)
    if not frame.format.is_planar:
        raw = raw.reshape(-1, count).T
    if raw.dtype == np.uint8:
        samples = (raw.astype(np.float32) - 128.0) / 128.0
    elif raw.dtype.kind == "i":
        samples = raw.astype(np.float32) * np.float32(2.0 ** (1 - 8 * raw.dtype.itemsize))
    else:
        samples = raw.astype(np.float32)
    keep = [i for i, c in enumerate(frame.layout.channels) if not c.name.startswith("LFE")]
    return samples[keep] if 0 < len(keep) < count else samples
