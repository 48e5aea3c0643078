"""An opened audio stream -> blocks of samples on a true time line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

Samples = NDArray[np.float32]

BLOCK_SECONDS = 2.0
"""Sound is resampled in blocks of this length: memory does not grow beside the answer."""
GAP_SECONDS = 0.03
"""Timestamps may wander this much before a hole in the time line is believed."""
PRIMING_SECONDS = 0.1
"""A smaller hole before an audio-only file's first sample is encoder delay, not silence."""


def blocks(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[tuple[int, Samples]]:
    """(rate, samples of shape (channels, n)) in order and on time, about BLOCK_SECONDS each.

    Frames of equal kind are joined; missing packets have become silence.
    """
    waiting = _Waiting()
    for lost, frame in _on_time(container, stream):
        rate = frame.sample_rate
        if lost or not waiting.takes(frame):
            yield from waiting.flush()
        if lost:
            yield from _silence(lost, rate=rate, channels=len(_kept_channels(frame)))
        waiting.add(frame)
        if waiting.length >= BLOCK_SECONDS * rate:
            yield from waiting.flush()
    yield from waiting.flush()


class _Waiting:
    """Decoded frames of one kind, joined by FFmpeg: NumPy is slow on a thousand samples."""

    def __init__(self) -> None:
        self._fifo: av.AudioFifo | None = None
        self._kind: object = None
        self.length = 0

    def takes(self, frame: av.AudioFrame) -> bool:
        return self._fifo is None or self._kind == _kind(frame)

    def add(self, frame: av.AudioFrame) -> None:
        import av

        if self._fifo is None:
            self._fifo, self._kind = av.AudioFifo(), _kind(frame)
        frame.pts = None  # the time line is kept here, not by the fifo
        self._fifo.write(frame)
        self.length += frame.samples

    def flush(self) -> Iterator[tuple[int, Samples]]:
        if self._fifo is not None and (frame := self._fifo.read()) is not None:
            yield frame.sample_rate, _to_float(frame)
        self._fifo, self.length = None, 0


def _kind(frame: av.AudioFrame) -> object:
    return frame.sample_rate, frame.layout.name, frame.format.name


def _on_time(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[tuple[int, av.AudioFrame]]:
    """Every frame in order, with the number of samples that are missing before it."""
    origin: float | None = None
    written = 0.0
    end = (container.duration or 0) / 1e6
    base = float(stream.time_base or 1)
    for frame in _frames(container, stream):
        if isinstance(frame, float):
            origin = None if origin is None else origin - frame
            continue
        rate, lost = frame.sample_rate, 0
        if frame.pts is not None:
            time = frame.pts * base
            if origin is None:
                origin = _origin(container, stream, first=time)
            gap = time - origin - written
            if gap < -1 or written + gap > max(end, written) + 1:
                origin = time - written  # a chained file restarts its clock
            elif gap > GAP_SECONDS or (written == 0 and gap > 0):
                lost = round(gap * rate)
        written += (lost + frame.samples) / rate
        yield lost, frame


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
        samples = raw.astype(np.float32, copy=False)
    keep = _kept_channels(frame)
    return samples if len(keep) == count else samples[keep]


def _kept_channels(frame: av.AudioFrame) -> list[int]:
    """All channels but the LFE, unless there is no other."""
    names = [channel.name for channel in frame.layout.channels]
    keep = [i for i, name in enumerate(names) if not name.startswith("LFE")]
    return keep or list(range(len(names)))


def clock_origin(path: Path) -> float:
    """The timestamp on a file's own clock, in seconds, that is time 0 of the song."""
    import av

    with av.open(str(path), metadata_errors="replace") as container:
        stream = container.streams.audio[0]
        for frame in _frames(container, stream):
            if not isinstance(frame, float) and frame.pts is not None:
                first = frame.pts * float(frame.time_base or 1)
                return _origin(container, stream, first=first)
    return 0.0
