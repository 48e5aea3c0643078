"""Segments + song -> the finished file: joined without re-encoding, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer

from clavilux.media.audio_frames import clock_origin
from clavilux.media.containers import AAC, Sound, container_of, sound_for
from clavilux.media.sound import encoded, is_copied
from clavilux.model.errors import ClaviluxError
from clavilux.model.time import FrameRate
from clavilux.storage import written_whole

REORDERED = {"h264": 2, "hevc": 2}
"""Frames by which decoding runs ahead of showing, with the B-frames our encoders make. AV1 and VP9
hide theirs, ProRes has none."""

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
    prepared: Path | None = None,
) -> str:
    """Write the finished file, of the kind that its suffix says; each segment comes with its first
    frame's number.

    `song` None makes a silent video. `start` and `duration` (seconds) choose a part of the song;
    only the `whole` song can be copied. `prepared`: the sound as `encode_sound` made it, if it had
    to be encoded. Returns how the audio was taken: "copied", "encoded" or "none". Raises SizeError,
    and leaves what was there, if the file has more bytes than `limit`.
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
                prepared=prepared,
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
    prepared: Path | None = None,
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
    copied = whole and is_copied(song, sound)
    ready = None if copied else prepared
    with av.open(str(ready or song), metadata_errors="ignore") as source:
        if copied or ready:
            heard = _copied_audio(source, out, origin=clock_origin(song) if copied else 0.0)
        else:
            heard = encoded(source, out, sound, start=start, duration=duration)
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
