"""Pictures that are sent along as references: small, and with their kind."""

from __future__ import annotations

import base64
import io
import math

MOST_PIXELS = 1_000_000
"""Enough to show a style, and one megapixel for those who bill by it."""


def mime_type(data: bytes) -> str:
    """image/png, image/jpeg or image/webp, from the first bytes."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else "image/png"


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def data_uri(data: bytes) -> str:
    """ "data:image/jpeg;base64,..."."""
    return f"data:{mime_type(data)};base64,{base64_of(data)}"


def shrunk(data: bytes, *, pixels: int = MOST_PIXELS) -> bytes:
    """A picture with at most so many pixels: itself, or smaller as JPEG.

    Raises ProviderError where it cannot be decoded.
    """
    from PIL import Image

    from clavilux.media.image import decode_image

    rgb = decode_image(data)
    rows, columns = rgb.shape[:2]
    if rows * columns <= pixels:
        return data
    scale = math.sqrt(pixels / (rows * columns))
    size = (max(1, math.floor(columns * scale)), max(1, math.floor(rows * scale)))
    small = Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=95)
    return file.getvalue()
