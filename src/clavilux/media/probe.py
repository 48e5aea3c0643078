"""Whether an encoder works here: it is opened and given a few frames, which is the only proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.logging
import numpy as np

from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.encoders import ENCODERS, Encoder, check_fit, either
from clavilux.model.errors import InputError
from clavilux.model.spec import Preset
from clavilux.model.time import FrameRate

SMALL = (320, 192)
"""No chip refuses a picture of this size for being too small."""

FRAMES = 4


def check_encoding(
    settings: EncoderSettings, output: Path, *, shape: Preset, limit: int | None
) -> None:
    """Raise InputError, with what to choose instead, where a file cannot be made as asked: it
    cannot hold this encoder's video, the encoder does not work here, or cannot aim at a size."""
    encoder = settings.of
    check_fit(encoder, output)
    if limit is not None and not encoder.halving:
        able = [e.name for e in ENCODERS.values() if e.halving]
        raise InputError(
            f"--max-size: {encoder.name} cannot aim at a size; choose --encoder {either(*able)}"
        )
    size = (shape.width, shape.height) if encoder.needs else SMALL
    reason = why_not(settings, width=size[0], height=size[1], rate=shape.rate)
    if reason:
        raise InputError(
            f"--encoder {encoder.name} does not work here: {reason}; {_instead(encoder)}"
        )


def _instead(encoder: Encoder) -> str:
    if encoder.instead == encoder.name:
        return "install PyAV from PyPI: its wheel has it"
    return f"choose --encoder {encoder.instead}"


def why_not(
    settings: EncoderSettings,
    *,
    width: int = SMALL[0],
    height: int = SMALL[1],
    rate: FrameRate = FrameRate(numerator=30),  # noqa: B008
) -> str:
    """Why an encoder does not work here, or "" where it does. Prints nothing."""
    encoder = settings.of
    try:
        av.Codec(encoder.codec, "w")
    except av.codec.codec.UnknownCodecError:
        return f"PyAV's FFmpeg was built without {encoder.codec}{_needs(encoder)}"
    grey = np.full((height * 3 // 2, width), 128, np.uint8)
    with _listening() as said:
        try:
            made = encode_segment(
                [grey] * FRAMES, width=width, height=height, rate=rate, settings=settings
            )
        except (av.error.FFmpegError, OSError, ValueError, TypeError, RuntimeError) as error:
            words = said[0][2] if said else getattr(error, "strerror", None) or str(error)
            return f"{words.strip().rstrip('.')}{_needs(encoder)}"
    return "" if made else f"it wrote nothing{_needs(encoder)}"


def _needs(encoder: Encoder) -> str:
    return f" (it needs {encoder.needs})" if encoder.needs else ""


@contextmanager
def _listening() -> Iterator[list[tuple[int, str, str]]]:
    """What FFmpeg has to say of errors (level, who, what) instead of on standard error."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as said:
            yield said
    finally:
        av.logging.set_level(before)
