"""Segments + song -> the finished mp4: joined without re-encoding, written beside, then renamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from clavilux.media.audio_frames import blocks, clock_origin
from clavilux.model.time import FrameRate
from clavilux.storage import written_whole

COPIED = ("aac", "mp3")
"""Codecs that every mp4 player knows; anything else becomes AAC."""

AAC_BITRATE = 256_000

REORDERED = 2
"""Frames by which decoding runs ahead of showing, with the B-frames our encoder makes."""

Floats = NDArray[np.float32]
Packet = Any
"""av.Packet, whose type parameters differ between versions of PyAV."""


def join(
    segments: Sequence[tuple[int, Path]],
    target: Path,
    *,
    rate: FrameRate,
    song: Path | None,
    start: float = 0.0,
    duration: float | None = None,
    whole: bool = True,
    title: str = "",
) -> str:
    """Write the finished file; each segment comes with its first frame's number.

    `song` None makes a silent video. `start` and `duration` (seconds) choose a part of the song;
    only the `whole` song can be copied. Returns how the audio was taken: "copied", "encoded" or
    "none".
    """
    with (
        written_whole(target) as path,
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out,
    ):
        out.metadata["title"] = title
        with av.open(str(segments[0][1])) as first:
            video = out.add_stream_from_template(first.streams.video[0])
        if song is None:
            _copy_video(segments, out, video, rate)
            return "none"
        with av.open(str(song), metadata_errors="ignore") as source:
            copied = whole and source.streams.audio[0].codec_context.codec.canonical_name in COPIED
            if copied:
                sound = _copied_audio(source, out, origin=clock_origin(song))
            else:
                sound = _encoded_audio(source, out, start=start, duration=duration)
            _interleave(_video_packets(segments, video, rate), sound, out)
        return "copied" if copied else "encoded"


def _copy_video(
    segments: Sequence[tuple[int, Path]], out: OutputContainer, video: Any, rate: FrameRate
) -> None:
    for packet in _video_packets(segments, video, rate):
        out.mux(packet)


def _video_packets(
    segments: Sequence[tuple[int, Path]], video: Any, rate: FrameRate
) -> Iterator[Packet]:
    """Packets of all segments in order, moved to their place, in a time base of one frame.

    Decoding times are counted anew: an encoder that is given a single frame delays it less than
    others, and the times of neighbouring pieces would cross.
    """
    one_frame = 1 / rate.fraction
    for first, path in segments:
        with av.open(str(path)) as piece:
            packets = (packet for packet in piece.demux(video=0) if packet.dts is not None)
            for number, packet in enumerate(packets):
                base = packet.time_base or one_frame
                packet.pts = first + round((packet.pts or 0) * base / one_frame)
                packet.dts = first + number - REORDERED
                packet.duration = 1
                packet.time_base = one_frame
                packet.stream = video
                yield packet


def _copied_audio(
    source: InputContainer, out: OutputContainer, *, origin: float
) -> Iterator[Packet]:
    """The song's own packets, shifted so that its first audible sample is at time 0.

    A codec's priming samples (which decoders drop, and the analysis never saw) get negative times;
    the muxer turns those into an edit list.
    """
    stream = source.streams.audio[0]
    audio = out.add_stream_from_template(stream)

    shift = round(origin / (stream.time_base or Fraction(1)))

    def packets() -> Iterator[Packet]:
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            packet.pts = (packet.dts if packet.pts is None else packet.pts) - shift
            packet.dts = packet.dts - shift
            packet.stream = audio
            yield packet

    return packets()


def _encoded_audio(
    source: InputContainer, out: OutputContainer, *, start: float, duration: float | None
) -> Iterator[Packet]:
    """The song, or a part of it, as AAC, mono or stereo, on the time line of the analysis."""
    stream = source.streams.audio[0]
    rate = 48_000 if (stream.rate or 44_100) % 48_000 == 0 else 44_100
    layout = "mono" if stream.channels == 1 else "stereo"
    audio = out.add_stream("aac", rate=rate, layout=layout)
    audio.bit_rate = AAC_BITRATE

    def packets() -> Iterator[Packet]:
        sent = 0
        for block in _part(_at_rate(source, stream, rate), rate, start, duration):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(block), format="fltp", layout=layout
            )
            frame.sample_rate, frame.pts, frame.time_base = rate, sent, Fraction(1, rate)
            sent += frame.samples
            yield from audio.encode(frame)
        yield from audio.encode(None)

    return packets()


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


def _interleave(video: Iterator[Packet], audio: Iterator[Packet], out: Any) -> None:
    """Mux both in order of time, so that a player can start before it has everything."""

    def seconds(packet: Packet) -> float:
        return float("inf") if packet is None else float(packet.dts * packet.time_base)

    picture, sound = next(video, None), next(audio, None)
    while picture is not None or sound is not None:
        if seconds(picture) <= seconds(sound):
            out.mux(picture)
            picture = next(video, None)
        else:
            out.mux(sound)
            sound = next(audio, None)
