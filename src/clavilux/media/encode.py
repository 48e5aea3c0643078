"""Frames -> H.264. Each segment is a closed piece with its own encoder, so pieces can be joined."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clavilux.model.base import Value
from clavilux.model.time import FrameRate

BT709 = 1
"""The code point of BT.709 for primaries, transfer and matrix (ITU-T H.273)."""

LIMITED = 1
"""FFmpeg's number for limited ("MPEG") range."""


X264 = "open-gop=0:stitchable=1:threads=1:lookahead-threads=1:cpu-independent=1"
"""One thread, and the same bytes on every machine: without `cpu-independent` x264 chooses its
macroblock-tree code by processor, and the AVX-512 one lets uninitialised memory into the result."""


class EncoderSettings(Value):
    """Everything that decides the bytes besides the frames."""

    codec: str = "libx264"
    preset: str = "veryfast"
    crf: float = 19.0
    keyframe_seconds: float = 4.0

    def options(self, rate: FrameRate) -> dict[str, str]:
        keyint = max(1, round(self.keyframe_seconds * float(rate)))
        return {
            "preset": self.preset,
            "crf": str(self.crf),
            "profile": "high",
            "g": str(keyint),
            "x264-params": X264,
        }


def encode_segment(
    frames: Iterable[NDArray[np.uint8]],
    *,
    width: int,
    height: int,
    rate: FrameRate,
    settings: EncoderSettings,
) -> bytes:
    """Encode yuv420p frames, each (height * 3 / 2, width) uint8, to an mp4 of video alone."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream(settings.codec, rate=rate.fraction)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = settings.options(rate)
        context = stream.codec_context
        context.time_base = 1 / rate.fraction
        context.color_primaries = BT709
        context.color_trc = BT709
        context.colorspace = BT709
        context.color_range = LIMITED
        for number, planes in enumerate(frames):
            frame = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
            frame.pts = number
            frame.time_base = 1 / rate.fraction
            frame.colorspace = BT709
            frame.color_range = LIMITED
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()
