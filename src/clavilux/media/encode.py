"""Frames -> video. Each segment is a closed piece with its own encoder, so pieces can be joined."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clavilux.media.encoders import Encoder, Quality, encoder_named
from clavilux.media.scheduling import ordinary_threads
from clavilux.model.base import Value
from clavilux.model.errors import InputError
from clavilux.model.time import FrameRate

BT709 = 1
"""The code point of BT.709 for primaries, transfer and matrix (ITU-T H.273)."""

LIMITED = 1
"""FFmpeg's number for limited ("MPEG") range."""

SVT_ERRORS = "1"
"""SVT-AV1 prints its settings to standard error unless told to name errors only."""


class EncoderSettings(Value):
    """Everything that decides the bytes besides the frames."""

    encoder: str = "h264"
    """A name of media/encoders.py."""
    preset: str = "veryfast"
    """How hard it tries, in the encoder's own words."""
    crf: float = 19.0
    """Constant-quality value on the encoder's own scale, whatever FFmpeg calls it there."""
    keyframe_seconds: float = 4.0

    @classmethod
    def at(cls, name: str, quality: Quality | None = None) -> EncoderSettings:
        """An encoder at a quality, or at its usual one. Raises InputError."""
        encoder = encoder_named(name)
        level = encoder.levels.get(quality or encoder.quality)
        if level is None:
            raise InputError(
                f"--quality {quality}: {name} has one quality; leave --quality out, "
                f"or choose another --encoder"
            )
        return cls(encoder=name, preset=level.preset, crf=level.crf)

    @property
    def quality(self) -> str:
        """The quality these settings are, or "" if they are none of the encoder's."""
        for quality, level in self.of.levels.items():
            if (level.preset, level.crf) == (self.preset, self.crf):
                return quality
        return ""

    @property
    def of(self) -> Encoder:
        """The encoder that is meant."""
        return encoder_named(self.encoder)

    def options(self, rate: FrameRate) -> dict[str, str]:
        """FFmpeg's options, by name."""
        encoder = self.of
        keyint = max(1, round(self.keyframe_seconds * float(rate)))
        return {
            encoder.preset_option: self.preset,
            **{
                name: f"{round(scale * self.crf, 1):g}"
                for name, scale in encoder.crf_options.items()
            },
            "g": str(keyint),
            **encoder.options,
        }


def encode_segment(
    frames: Iterable[NDArray[np.uint8]],
    *,
    width: int,
    height: int,
    rate: FrameRate,
    settings: EncoderSettings,
) -> bytes:
    """Encode yuv420p frames, each (height * 3 / 2, width) uint8, to an mp4 of video alone.

    ProRes, which mp4 cannot hold, becomes the same kind of file under its older name, a mov.
    """
    encoder = settings.of
    if encoder.codec == "libsvtav1":
        os.environ.setdefault("SVT_LOG", SVT_ERRORS)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mov" if encoder.codec == "prores_ks" else "mp4") as container:
        stream = _stream(container, encoder, rate)
        stream.width, stream.height, stream.pix_fmt = width, height, encoder.pixels
        stream.options = settings.options(rate)
        with ordinary_threads():
            stream.codec_context.open()
        for number, packet in enumerate(_packets(frames, stream, encoder, rate)):
            if encoder.counted is not None:
                packet.dts = number - encoder.counted
            container.mux(packet)
    return buffer.getvalue()


def _packets(
    frames: Iterable[NDArray[np.uint8]], stream: Any, encoder: Encoder, rate: FrameRate
) -> Iterator[Any]:
    for number, planes in enumerate(frames):
        frame = frame_of(planes, pixels=encoder.pixels)
        frame.pts = number
        frame.time_base = 1 / rate.fraction
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _stream(container: Any, encoder: Encoder, rate: FrameRate) -> Any:
    """A stream of an encoder with one thread, tagged BT.709 in limited range."""
    where: dict[str, Any] = {}
    if encoder.device:
        from av.codec.hwaccel import HWAccel

        where["hwaccel"] = HWAccel(encoder.device)
    stream: Any = container.add_stream(encoder.codec, rate=rate.fraction, **where)
    context = stream.codec_context
    context.time_base = 1 / rate.fraction
    context.thread_count = 1
    if encoder.tag:
        context.codec_tag = encoder.tag
    context.color_primaries = BT709
    context.color_trc = BT709
    context.colorspace = BT709
    context.color_range = LIMITED
    return stream


def _framed(planes: NDArray[np.uint8]) -> av.VideoFrame:
    """Without a copy where PyAV can: it takes the height for a multiple of four."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    if height % 4 == 0:
        return av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
    frame = av.VideoFrame(width, height, "yuv420p")
    colours = planes[height:].reshape(2, height // 2, width // 2)
    for plane, pixels in zip(frame.planes, (planes[:height], *colours), strict=True):
        buffer: Any = plane
        lines = np.frombuffer(buffer, np.uint8).reshape(-1, plane.line_size)
        lines[: plane.height, : plane.width] = pixels
    return frame


def frame_of(planes: NDArray[np.uint8], *, pixels: str) -> av.VideoFrame:
    """yuv420p planes, (height * 3 / 2, width), as FFmpeg's frame of a pixel format, same colours.

    Planes that are in that format already are not copied.
    """
    frame = _framed(planes)
    frame.colorspace = BT709
    frame.color_range = LIMITED
    if pixels == "yuv420p":
        return frame
    other: av.VideoFrame = frame.reformat(
        format=pixels,
        src_colorspace=BT709,
        dst_colorspace=BT709,
        src_color_range=LIMITED,
        dst_color_range=LIMITED,
    )
    with suppress(AttributeError):  # a PyAV that cannot: the file as a whole has them anyway
        other.color_primaries = other.color_trc = BT709  # ProRes has them in every frame
    return other
