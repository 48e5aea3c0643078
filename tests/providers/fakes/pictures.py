"""Small work, real files: pictures made of a prompt's digest, and such as nobody wants."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageFilter


@lru_cache(maxsize=64)
def make_picture(
    prompt: str, width: int, height: int, format: str = "png", blurred: bool = False
) -> bytes:
    """A mosaic of 16 x 9 colours from the digest of the prompt, as png, jpeg or webp."""
    colors = hashlib.shake_256(prompt.encode()).digest(16 * 9 * 3)
    small = Image.frombytes("RGB", (16, 9), colors)
    if blurred:
        small = small.filter(ImageFilter.GaussianBlur(4))
    # Blocks rather than a smooth blend: a PNG of them is written at once.
    return _saved(small.resize((width, height), Image.Resampling.NEAREST), format)


def _saved(image: Image.Image, format: str) -> bytes:
    file = io.BytesIO()
    extra = {"compress_level": 1} if format == "png" else {"quality": 90}
    image.save(file, {"jpg": "jpeg"}.get(format, format), **extra)
    return file.getvalue()


def _bomb(prompt: str, width: int, height: int, format: str) -> bytes:
    """A PNG that says it is 60000 pixels wide and high."""
    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(60000 * 3))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _garbage(prompt: str, width: int, height: int, format: str) -> bytes:
    return hashlib.shake_256(b"garbage" + prompt.encode()).digest(4000)


def _truncated(prompt: str, width: int, height: int, format: str) -> bytes:
    whole = make_picture(prompt, width, height, format)
    return whole[: len(whole) // 2]


SPOILT: dict[str, Callable[[str, int, int, str], bytes]] = {
    "garbage": _garbage,
    "truncated": _truncated,
    "huge": _bomb,
    "text": lambda *_: b"This is no picture.",
    "empty": lambda *_: b"",
    "tiny": lambda prompt, width, height, format: make_picture(prompt, 1, 1, format),
}
"""Bytes instead of a picture of that prompt, width, height and format."""
