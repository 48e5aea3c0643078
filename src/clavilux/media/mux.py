"""Segments + song -> the finished mp4: joined without re-encoding, written beside, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer

from clavilux.model.errors import OutputError
from clavilux.model.time import FrameRate

COPIED = ("aac", "mp3")
"""Codecs that every mp4 player knows; anything else becomes AAC."""

AAC_BITRATE = 256_000


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A temporary path beside the target, renamed to it at the end, removed if anything fails.

    Raises OutputError where the place cannot be written or the disk is full.
    """
    temporary = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write {target}: {reason}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def join(
    segments: Sequence[tuple[int, Path]],
    target: Path,
    *,
    rate: FrameRate,
    song: Path | None,
    start: float = 0.0,
    duration: float | None = None,
    title: str = "",
) -> str:
    """Write the finished file; each segment comes with its first frame's number.

    `song` None makes a silent video. `start` and `duration` (seconds) choose a part of the song.
    Returns how the audio was taken: "copied", "encoded" or "none".
    """
    with written_whole(target) as path, av.open(
        str(path), "w", format="mp4", options={"movflags": "+faststart"}
    ) as out:
        out.metadata["title"] = title
        with av.open(str(segments[0][1])) as first:
            video = out.add_stream_from_template(first.streams.video[0])
        if song is None:
            _copy_video(segments, out, video, rate)
            return "none"
        with av.open(str(song), metadata_errors="ignore") as source:
            whole = start == 0 and duration is None
            copied = whole and source.streams.audio[0].codec_context.name in COPIED
            if copied:
                audio = _copied_audio(source, out)
            else:
                audio = _encoded_audio(source, out, start=start, duration=duration)
            _interleave(_video_packets(segments, video, rate), audio, out)
        return "copied" if copied else "encoded"


def _copy_video(
    segments: Sequence[tuple[int, Path]], out: OutputContainer, video: Any, rate: FrameRate
) -> None:
    for packet in _video_packets(segments, video, rate):
        out.mux(packet)


def _video_packets(
    segments: Sequence[tuple[int, Path]], video: Any, rate: FrameRate
) -> Iterator[av.Packet]:
    """Packets of all segments in order, moved to their place, in a time base of one frame."""
    one_frame = 1 / rate.fraction
    for first, path in segments:
        with av.open(str(path)) as piece:
            for packet in piece.demux(video=0):
                if packet.dts is None:
                    continue
                base = packet.time_base or one_frame
                packet.pts = first + round(packet.pts * base / one_frame)  # type: ignore[operator]
                packet.dts = first + round(packet.dts * base / one_frame)
                packet.duration = 1
                packet.time_base = one_frame
                packet.stream = video
                yield packet


def _copied_audio(source: InputContainer, out: OutputContainer) -> Iterator[av.Packet]:
    """The song's own packets, shifted so that its first audible sample is at time 0.

    A codec's priming samples (which decoders drop, and the analysis never saw) get negative times;
    the muxer turns those into an edit list.
    """
    stream = source.streams.audio[0]
    audio = out.add_stream_from_template(stream)

    def packets() -> Iterator[av.Packet]:
        shift = None
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            if shift is None:
                shift = _priming(source, stream, packet)
            packet.pts = (packet.pts or packet.dts) - shift
            packet.dts = packet.dts - shift
            packet.stream = audio
            yield packet

    return packets()


def _priming(source: InputContainer, stream: Any, first: av.Packet) -> int:
    """In the stream's time base: where on its own clock the first audible sample lies."""
    return int(stream.start_time or 0)


def _encoded_audio(
    source: InputContainer, out: OutputContainer, *, start: float, duration: float | None
) -> Iterator[av.Packet]:
    """The song, or a part of it, as stereo AAC."""
    stream = source.streams.audio[0]
    rate = 48_000 if (stream.rate or 44_100) % 48_000 == 0 else 44_100
    audio = out.add_stream("aac", rate=rate)
    audio.bit_rate = AAC_BITRATE
    mono = stream.channels == 1
    audio.layout = "mono" if mono else "stereo"  # type: ignore[assignment]
    resampler = av.AudioResampler(format="fltp", layout=audio.layout, rate=rate)
    first = round(start * rate)
    last = None if duration is None else first + round(duration * rate)

    def packets() -> Iterator[av.Packet]:
        position = sent = 0
        for frame in _sound(source, stream, resampler):
            begin, end = max(first - position, 0), frame.samples
            if last is not None:
                end = min(end, last - position)
            position += frame.samples
            if end <= begin:
                continue
            part = av.AudioFrame.from_ndarray(
                frame.to_ndarray()[:, begin:end].copy(), format="fltp", layout=audio.layout.name
            )
            part.sample_rate, part.pts = rate, sent
            part.time_base = Fraction(1, rate)
            sent += end - begin
            yield from audio.encode(part)
        yield from audio.encode(None)

    return packets()


def _sound(source: InputContainer, stream: Any, resampler: av.AudioResampler) -> Iterator[Any]:
    for packet in source.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _interleave(
    video: Iterator[av.Packet], audio: Iterator[av.Packet], out: OutputContainer
) -> None:
    """Mux both in order of time, so that a player can start before it has everything."""

    def seconds(packet: av.Packet | None) -> float:
        return float("inf") if packet is None else float(packet.dts * packet.time_base)  # type: ignore[operator]

    picture, sound = next(video, None), next(audio, None)
    while picture is not None or sound is not None:
        if seconds(picture) <= seconds(sound):
            out.mux(picture)  # type: ignore[arg-type]
            picture = next(video, None)
        else:
            out.mux(sound)  # type: ignore[arg-type]
            sound = next(audio, None)
