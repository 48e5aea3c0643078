"""The song's sound, encoded for a video: the whole of it or a part, mono or stereo."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from clavilux.media.audio_frames import blocks
from clavilux.media.containers import Container, Sound

LONGEST_PACKET = 4096
"""Samples in a packet of sound that no codec cuts into packets of its own."""

Floats = NDArray[np.float32]
Packet = Any
"""av.Packet, whose type parameters differ between versions of PyAV."""


def is_copied(song: Path, sound: Sound) -> bool:
    """Whether a whole song goes into the file as it is."""
    with av.open(str(song), metadata_errors="ignore") as source:
        return source.streams.audio[0].codec_context.codec.canonical_name in sound.copied


def encode_sound(
    song: Path,
    target: Path,
    *,
    container: Container,
    sound: Sound,
    start: float = 0.0,
    duration: float | None = None,
) -> None:
    """Encode ahead of `mux.join`, beside the drawing: a file of the same kind with sound alone."""
    with (
        av.open(str(song), metadata_errors="ignore") as source,
        av.open(str(target), "w", format=container.format) as out,
    ):
        for packet in encoded(source, out, sound, start=start, duration=duration):
            out.mux(packet)


def encoded(
    source: InputContainer,
    out: OutputContainer,
    sound: Sound,
    *,
    start: float,
    duration: float | None,
) -> Iterator[Packet]:
    """The song, or a part of it, mono or stereo, on the time line of the analysis."""
    stream = source.streams.audio[0]
    given = stream.rate or sound.rates[-1]
    rate = next((rate for rate in sound.rates if given % rate == 0), sound.rates[-1])
    layout = "mono" if stream.channels == 1 else "stereo"
    audio: Any = out.add_stream(sound.codec, rate=rate, layout=layout)
    audio.codec_context.format = sound.sample
    if sound.bitrate:
        audio.bit_rate = sound.bitrate

    def packets() -> Iterator[Packet]:
        sent = 0
        for block in _part(_at_rate(source, stream, rate), rate, start, duration):
            for frame in _audio_frames(block, sound.sample, layout):
                frame.sample_rate, frame.pts, frame.time_base = rate, sent, Fraction(1, rate)
                sent += frame.samples
                yield from audio.encode(frame)
        yield from audio.encode(None)

    return packets()


def _audio_frames(block: Floats, sample: str, layout: str) -> Iterator[av.AudioFrame]:
    """A block (channels, n) as FFmpeg's frames; whole numbers are rounded and never wrap."""
    if sample == "fltp":
        yield av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format=sample, layout=layout)
        return
    for start in range(0, block.shape[1], LONGEST_PACKET):
        packed = block[:, start : start + LONGEST_PACKET].T.reshape(1, -1)
        if sample == "s32":
            packed = np.clip(np.rint(packed.astype(np.float64) * 2**23), -(2**23), 2**23 - 1) * 2**8
        samples: Any = packed.astype(np.int32 if sample == "s32" else np.float32)
        yield av.AudioFrame.from_ndarray(samples, format=sample, layout=layout)


def _at_rate(source: InputContainer, stream: Any, rate: int) -> Iterator[Floats]:
    """Blocks (1 or 2, n) of the song at a rate."""
    import soxr

    resampler, resampled_from, channels = None, 0, min(stream.channels, 2)
    for given, block in blocks(source, stream):
        stereo = _to_stereo(np.nan_to_num(block, posinf=0.0, neginf=0.0))[:channels]
        if given == rate:
            yield stereo
            continue
        if resampler is None or resampled_from != given:
            resampler = soxr.ResampleStream(given, rate, channels, dtype="float32")
            resampled_from = given
        yield resampler.resample_chunk(np.ascontiguousarray(stereo.T)).T
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True).T


def _to_stereo(block: Floats) -> Floats:
    """Front pair plus centre and surrounds at -3 dB (ITU-R BS.775), scaled not to clip."""
    count = len(block)
    if count <= 2:
        return block if count == 2 else np.repeat(block, 2, axis=0)
    half = np.float32(0.7071)
    left, right = block[0].copy(), block[1].copy()
    weight = 1.0
    rest = block[2:]
    if count % 2:  # an odd one out is the centre
        left += half * rest[0]
        right += half * rest[0]
        rest, weight = rest[1:], weight + 0.7071
    for k in range(0, len(rest) - 1, 2):
        left += half * rest[k]
        right += half * rest[k + 1]
        weight += 0.7071
    return (np.stack([left, right]) / np.float32(weight)).astype(np.float32)


def _part(
    sound: Iterator[Floats], rate: int, start: float, duration: float | None
) -> Iterator[Floats]:
    """The samples from `start` for `duration` seconds."""
    first = round(start * rate)
    last = None if duration is None else first + round(duration * rate)
    position = 0
    for block in sound:
        begin = max(first - position, 0)
        end = block.shape[1] if last is None else min(block.shape[1], last - position)
        position += block.shape[1]
        if end > begin:
            yield block[:, begin:end]
