"""A song file -> its facts and its mono samples, block by block, on a true time line.

Time 0 is the file's start. Damaged or missing packets become silence of the same length, so that
what sounds at second t of the file is at second t of the samples. Nothing holds the whole sound
but who asks for it.

An encoder's delay is taken off where the file tells it (the LAME tag of an MP3, Ogg, MP4). An MP3
without that tag (25 ms as a rule), raw AAC (23 ms) and MP2 (11 ms) do not tell. There it stays,
here and in the video's sound alike, which the same decoder reads: both agree.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from clavilux.media import audio_frames
from clavilux.media.audio_frames import Samples
from clavilux.model.errors import AudioError
from clavilux.model.song import Song

if TYPE_CHECKING:
    import av

ANALYSIS_RATE = 22050
"""Samples per second of what is handed on."""
MAX_SECONDS = 6 * 3600.0
"""A longer file is taken for a mistake."""
LOUDEST = 16.0
"""Floating-point samples beyond this (24 dB over full scale) are damage."""
LAST_PACKET = 2048
"""Samples in the longest packet of an MP4's codecs."""
READ_AHEAD = 8
"""Blocks decoded before they are needed: a quarter of a minute of sound."""
CANCELLED = 0.03
"""The mono mix has lost the song if it keeps less than this share of the channels' power."""

Progress = Callable[[float], None]


class Listener(Protocol):
    """Whoever wants the samples."""

    def feed(self, samples: Samples) -> None:
        """Take the next samples: mono float32, shape (n,), about -1..1, at ANALYSIS_RATE."""


L = TypeVar("L", bound=Listener)


def listen(
    path: str | Path,
    begin: Callable[[], L],
    *,
    digest: str | None = None,
    progress: Progress | None = None,
    at_most: float = MAX_SECONDS,
) -> tuple[Song, L]:
    """Play a song to a listener: the song's facts, and the listener when it has heard all.

    The file is decoded in a thread of its own, some blocks ahead. A song whose channels cancel each
    other is played again to a new listener: its loudest channel alone. `digest` is the file's, if
    known; `progress` is called with the share done, 0..1. `at_most`: seconds to listen to, from the
    beginning; the song is then as long as what was heard. Raises AudioError with one line of
    advice.
    """
    path = Path(path)
    _refuse_unreadable(path)
    sound, listener = _play(path, begin(), channel=None, progress=progress, at_most=at_most)
    if sound.cancels():
        loudest = int(np.argmax(sound.channel_power))
        sound, listener = _play(path, begin(), channel=loudest, progress=progress, at_most=at_most)
    if progress is not None:
        progress(1.0)
    song = Song(
        title=sound.title or path.stem,
        duration=min(float(sound.seconds), at_most),
        sample_rate=sound.rate,
        channels=sound.channels,
        codec=sound.codec,
        digest=digest or file_digest(path),
        tagged=bool(sound.title),
    )
    return song, listener


def decode(path: str | Path, *, progress: Progress | None = None) -> tuple[Song, Samples]:
    """The song and all its samples: mono float32, shape (n,), about -1..1, at ANALYSIS_RATE.

    Raises AudioError with one line of advice.
    """
    song, memory = listen(path, _Memory, progress=progress)
    return song, memory.samples()


def told_seconds(path: Path) -> float:
    """How long a file says it is, which may be wrong; 0 where it does not say.

    Raises AudioError where there is nothing to read.
    """
    import av

    _refuse_unreadable(path)
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return (container.duration or 0) / 1e6
    except av.error.FFmpegError:
        return 0.0


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


class _Memory:
    """A listener that keeps all it hears."""

    def __init__(self) -> None:
        self._parts: list[Samples] = [np.zeros(0, dtype=np.float32)]

    def feed(self, samples: Samples) -> None:
        self._parts.append(samples)

    def samples(self) -> Samples:
        return np.concatenate(self._parts)


@dataclass
class _Sound:
    """What is known of the sound while it is read."""

    title: str = ""
    codec: str = ""
    channels: int = 0
    rate: int = 0
    seconds: Fraction = Fraction(0)
    share: float = 0.0
    """How much of the file has been read, as far as its header tells."""
    mono_power: float = 0.0
    channel_power: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    def cancels(self) -> bool:
        """Whether the channels cancel each other in the mix, as anti-phase stereo does."""
        total = float(self.channel_power.mean())
        return len(self.channel_power) > 1 and self.mono_power < CANCELLED * total


def _play(
    path: Path, listener: L, *, channel: int | None, progress: Progress | None, at_most: float
) -> tuple[_Sound, L]:
    """Decode the file up to a time, mixing all channels or taking a single one."""
    sound, left = _Sound(), round(at_most * ANALYSIS_RATE)
    for block in _ahead(_exact(path, sound, channel=channel)):
        listener.feed(block[:left])
        left -= len(block)
        if progress is not None:
            progress(min(0.99, sound.share))
        if left <= 0:
            break
    return sound, listener


def _ahead(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The same blocks; the next READ_AHEAD are made in another thread while this one is used."""
    with ThreadPoolExecutor(1, thread_name_prefix="decode") as pool:
        coming = deque(pool.submit(next, blocks, None) for _ in range(READ_AHEAD))
        try:
            while (block := coming.popleft().result()) is not None:
                coming.append(pool.submit(next, blocks, None))
                yield block
        finally:
            pool.shutdown(cancel_futures=True)


def _exact(path: Path, sound: _Sound, *, channel: int | None) -> Iterator[Samples]:
    """The mono samples, cut or filled with silence at the end to the sound's exact length.

    Only the end of the file tells that length, so the last samples are held back until then.
    """
    held = np.zeros(0, dtype=np.float32)
    given = 0
    for block in _decoded(path, sound, channel=channel):
        held = np.concatenate([held, block])
        ready = len(held) - (LAST_PACKET * ANALYSIS_RATE // sound.rate + ANALYSIS_RATE // 10)
        if ready > 0:
            yield held[:ready]
            held, given = held[ready:], given + ready
    rest = max(round(sound.seconds * ANALYSIS_RATE) - given, 0)
    held = held[:rest]
    yield np.concatenate([held, np.zeros(rest - len(held), dtype=np.float32)])


def _decoded(path: Path, sound: _Sound, *, channel: int | None) -> Iterator[Samples]:
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise AudioError(f"'{path}' has no audio track; give a file that has one")
            yield from _decoded_stream(container, sound, channel=channel)
    except av.error.FFmpegError as error:
        raise AudioError(
            f"cannot decode '{path}' ({error.strerror}): it is damaged, cut short or not audio; "
            "export it again as wav, flac, mp3, ogg or m4a"
        ) from None
    if sound.seconds == 0:
        raise AudioError(f"'{path}' holds no sound that can be decoded; export the song again")


def _decoded_stream(
    container: av.container.InputContainer, sound: _Sound, *, channel: int | None
) -> Iterator[Samples]:
    stream = container.streams.audio[0]
    tags = {k.lower(): v for k, v in {**container.metadata, **stream.metadata}.items()}
    sound.title, sound.codec = tags.get("title", "").strip(), stream.codec_context.name
    sound.channels = max(1, stream.codec_context.layout.nb_channels)
    resampler: Any = None
    for rate, block in audio_frames.blocks(container, stream):
        if rate != sound.rate:
            if resampler is not None:
                yield _resample(resampler, np.zeros(0, np.float32), last=True)
            sound.rate, resampler = rate, _resampler(rate)
        mono = _mix(_clean(block), channel=channel, sound=sound)
        sound.seconds += Fraction(len(mono), rate)
        if sound.seconds > MAX_SECONDS:
            raise AudioError(
                f"'{container.name}' is longer than {MAX_SECONDS / 3600:.0f} hours; cut it first"
            )
        if container.duration:
            sound.share = float(sound.seconds) * 1e6 / container.duration
        yield _resample(resampler, mono)
    if resampler is not None:
        yield _resample(resampler, np.zeros(0, np.float32), last=True)
    sound.seconds -= _padding(container, stream, sound=sound)


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
    if block.size and block.min() >= -LOUDEST and block.max() <= LOUDEST:  # NaN fails this too
        return block
    block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(block, -LOUDEST, LOUDEST)


def _mix(block: Samples, *, channel: int | None, sound: _Sound) -> Samples:
    """Shape (channels, n) -> (n,): the mean, or one channel; keeps count of the powers."""
    mono = block.mean(axis=0) if channel is None else block[min(channel, len(block) - 1)]
    sound.mono_power += float(np.einsum("i,i->", mono, mono))
    powers = np.einsum("ij,ij->i", block, block).astype(np.float64)
    size = max(len(powers), len(sound.channel_power))
    sound.channel_power = np.pad(sound.channel_power, (0, size - len(sound.channel_power)))
    sound.channel_power[: len(powers)] += powers
    return np.ascontiguousarray(mono, dtype=np.float32)
