"""Stills on disk: pictures as QOI, depth maps as PNG; and their planes for the renderer."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from clavilux.model.errors import ProviderError
from clavilux.model.timeline import StillSource
from clavilux.rendering.picture import Planes, from_rgb
from clavilux.storage import Store

LARGEST_PIXELS = 120_000_000
"""More than any image model makes; protects against decompression bombs."""


STILL_SUFFIX = ".qoi"
"""Of a still in the store. As small as lightly packed PNG, and four times as fast to write."""

_QOI_END = bytes(7) + b"\1"


def encode_still(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) uint8 as QOI (qoiformat.org), without loss."""
    import av

    context = av.CodecContext.create("qoi", "w")
    context.height, context.width = pixels.shape[:2]
    context.pix_fmt = "rgb24"
    context.time_base = Fraction(1)
    context.thread_count = 1
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    packets = (*context.encode(frame), *context.encode(None))
    return b"".join(bytes(packet) for packet in packets)


def decode_still(data: bytes) -> NDArray[np.uint8]:
    """What encode_still made, (h, w, 3) uint8. Raises ProviderError."""
    import av

    if not data.endswith(_QOI_END):
        raise ProviderError("the still cannot be decoded: it is cut off")
    context = av.CodecContext.create("qoi", "r")
    context.thread_count = 1
    try:
        frames = (*context.decode(av.Packet(data)), *context.decode(None))
        return np.asarray(frames[0].to_ndarray(format="rgb24"), np.uint8)
    except (av.FFmpegError, IndexError) as error:
        raise ProviderError(f"the still cannot be decoded: {error}") from None


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w) or (h, w, 3) uint8 as PNG, packed lightly: speed matters more here than size."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def decode_image(data: bytes, *, mode: str = "RGB") -> NDArray[np.uint8]:
    """Bytes from anywhere to (h, w, 3) or, with mode "L", (h, w) uint8. Raises ProviderError."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise ProviderError(f"the picture is {image.width}x{image.height}: too large")
            return np.asarray(image.convert(mode))
    except ProviderError:
        raise
    except Exception as error:
        raise ProviderError(f"the picture cannot be decoded: {error}") from None


def fit(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Crop around the centre to the shape of width x height, and shrink if it is much larger."""
    rows, columns = pixels.shape[:2]
    wanted = min(columns, round(rows * width / height)), min(rows, round(columns * height / width))
    left, top = (columns - wanted[0]) // 2, (rows - wanted[1]) // 2
    cropped = pixels[top : top + wanted[1], left : left + wanted[0]]
    if wanted[1] <= 1.4 * height:
        return cropped
    from PIL import Image

    size = (round(1.2 * width), round(1.2 * height))
    return np.asarray(Image.fromarray(cropped).resize(size, Image.Resampling.LANCZOS))


class StillLoader:
    """Planes of stored stills for a frame size; the last few are kept."""

    def __init__(self, store: Store, width: int, height: int, *, keep: int = 4) -> None:
        self._store, self._size = store, (width, height)
        self._cached = lru_cache(maxsize=keep)(self._load)

    def __call__(self, source: StillSource) -> Planes:
        return self._cached(source.picture, source.depth)

    def _load(self, picture: str, depth: str) -> Planes:
        data = self._store.get(picture, STILL_SUFFIX)
        if data is None:
            raise ProviderError(f"the still {picture[:12]} is missing from the store; render again")
        pixels = fit(decode_still(data), *self._size)
        rows, columns = (n - n % 2 for n in pixels.shape[:2])
        rgb = np.ascontiguousarray(
            pixels[:rows, :columns].transpose(2, 0, 1), dtype=np.float32
        ) / np.float32(255)
        near = self._store.get(depth, ".depth.png") if depth else None
        depth_map = None
        if near is not None:
            depth_map = (decode_image(near, mode="L") / np.float32(255)).astype(np.float32)
        return from_rgb(rgb, depth=depth_map, finished=True)
