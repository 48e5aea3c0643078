"""Segments + song -> the finished file: joined without re-encoding, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from clavilux.media.audio_frames import blocks, clock_origin
from clavilux.media.containers import AAC, Sound, container_of, sound_for
from clavilux.model.errors import ClaviluxError
from clavilux.model.time import FrameRate
from clavilux.storage import written_whole

REORDERED = {"h264": 2, "hevc": 2}
"""Frames by which decoding runs ahead of showing, with the B-frames our encoders make. AV1 and VP9
hide theirs, ProRes has none."""

LONGEST_PACKET = 4096
"""Samples in a packet of sound that no codec cuts into packets of its own."""

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
    limit: int | None = None,
) -> str:
    """Write the finished file, of the kind that its suffix says; each segment comes with its first
    frame's number.

    `song` None makes a silent video. `start` and `duration` (seconds) choose a part of the song;
    only the `whole` song can be copied. Returns how the audio was taken: "copied", "encoded" or
    "none". Raises SizeError, and leaves what was there, if the file has more bytes than `limit`.
    """
    container = container_of(target)
    with written_whole(target) as path:
        with av.open(str(path), "w", format=container.format, options=container.options) as out:
            out.metadata["title"] = title
            with av.open(str(segments[0][1])) as piece:
                picture = piece.streams.video[0].codec_context.codec.canonical_name
            tracks = laid(
                segments,
                out,
                rate=rate,
                song=song,
                start=start,
                duration=duration,
                whole=whole,
                sound=sound_for(container, picture),
            )
            with tracks as (taken, packets):
                for packet in packets:
                    out.mux(packet)
        size = path.stat().st_size
        if limit is not None and size > limit:
            raise SizeError(size)
    return taken


class SizeError(ClaviluxError):
    """A file came out larger than it may be."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the video would have {size} bytes; raise --max-size")
        self.size = size


@contextmanager
def laid(
    segments: Iterable[tuple[int, Path]],
    out: OutputContainer,
    *,
    rate: FrameRate,
    song: Path | None,
    start: float = 0.0,
    duration: float | None = None,
    whole: bool = True,
    sound: Sound = AAC,
) -> Iterator[tuple[str, Iterator[Packet]]]:
    """Add the tracks to a file: how the audio is taken, and the packets of both in order of time.

    The segments are asked for one by one, when their time has come. See `join`.
    """
    coming = iter(segments)
    first, path = next(coming)
    with av.open(str(path)) as piece:
        video = _video_like(piece.streams.video[0], out)
    picture = _video_packets(chain([(first, path)], coming), video, rate)
    if song is None:
        yield "none", picture
        return
    with av.open(str(song), metadata_errors="ignore") as source:
        name = source.streams.audio[0].codec_context.codec.canonical_name
        if copied := whole and name in sound.copied:
            heard = _copied_audio(source, out, origin=clock_origin(song))
        else:
            heard = _encoded_audio(source, out, sound, start=start, duration=duration)
        yield "copied" if copied else "encoded", _interleaved(picture, heard)


def _video_like(stream: Any, out: OutputContainer) -> Any:
    """A track for the packets of another file's. A decoder of another name than its codec's, as
    AV1's is, has no encoder of that name, which PyAV would look for unless the track is opaque."""
    codec = stream.codec_context.codec
    video: Any = out.add_stream_from_template(stream, opaque=codec.name != codec.canonical_name)
    if out.format.name in ("mp4", "mov"):  # the segment's, which FFmpeg would choose anew
        video.codec_context.codec_tag = stream.codec_context.codec_tag
    return video


def _video_packets(
    segments: Iterable[tuple[int, Path]], video: Any, rate: FrameRate
) -> Iterator[Packet]:
    """Packets of all segments in order, moved to their place, in a time base of one frame.

    Decoding times are counted anew: an encoder that is given a single frame delays it less than
    others, and the times of neighbouring pieces would cross.
    """
    one_frame = 1 / rate.fraction
    ahead = REORDERED.get(video.codec_context.codec.canonical_name, 0)
    for first, path in segments:
        with av.open(str(path)) as piece:
            packets = (packet for packet in piece.demux(video=0) if packet.dts is not None)
            for number, packet in enumerate(packets):
                base = packet.time_base or one_frame
                packet.pts = first + round((packet.pts or 0) * base / one_frame)
                packet.dts = first + number - ahead
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


def _interleaved(video: Iterator[Packet], audio: Iterator[Packet]) -> Iterator[Packet]:
    """Both in order of time, so that a player can start before it has everything."""

    def seconds(packet: Packet) -> float:
        return float("inf") if packet is None else float(packet.dts * packet.time_base)

    picture, sound = next(video, None), next(audio, None)
    while picture is not None or sound is not None:
        if seconds(picture) <= seconds(sound):
            yield picture
            picture = next(video, None)
        else:
            yield sound
            sound = next(audio, None)
