"""Stills on disk: whatever a provider sends becomes planes of the right shape, or an error."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clavilux.media import image
from clavilux.media.image import (
    StillLoader,
    decode_image,
    decode_still,
    encode_png,
    encode_still,
    fit,
)
from clavilux.model.errors import ProviderError
from clavilux.model.timeline import StillSource
from clavilux.storage import Store
from support import make_picture


def picture(width: int = 40, height: int = 30) -> np.ndarray:
    return np.round(make_picture(width, height).transpose(1, 2, 0) * 255).astype(np.uint8)


def packed(pixels: np.ndarray, kind: str, mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    made = Image.fromarray(pixels)
    (made.convert(mode) if mode else made).save(buffer, kind)
    return buffer.getvalue()


def test_png_goes_round() -> None:
    pixels = picture()
    assert (decode_image(encode_png(pixels)) == pixels).all()
    assert (decode_image(encode_png(pixels[..., 0]), mode="L") == pixels[..., 0]).all()


@pytest.mark.parametrize("size", [(40, 30), (17, 33), (1, 1)])
def test_stills_go_round(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    assert (decode_still(encode_still(pixels)) == pixels).all()


@pytest.mark.parametrize("data", [b"", b"damaged", encode_still(picture())[:600]])
def test_a_damaged_still_is_refused(data: bytes) -> None:
    with pytest.raises(ProviderError, match="cannot be decoded"):
        decode_still(data)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("JPEG", None), ("WEBP", None), ("JPEG", "CMYK")],
)
def test_what_image_models_send_is_read(kind: str, mode: str | None) -> None:
    found = decode_image(packed(picture(), kind, mode))
    assert found.shape == (30, 40, 3) and found.dtype == np.uint8
    assert np.abs(found.mean(axis=2) - picture().mean(axis=2)).mean() < 20


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>quota exceeded</html>", encode_png(picture())[:200], packed(picture(), "GIF")],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ProviderError, match="cannot be decoded"):
        decode_image(data)


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "LARGEST_PIXELS", 1000)
    with pytest.raises(ProviderError, match="40x30: too large"):
        decode_image(encode_png(picture()))


@pytest.mark.parametrize(
    ("given", "wanted", "result"),
    [
        ((160, 90), (160, 90), (160, 90)),
        ((184, 104), (160, 90), (184, 104)),  # room for the zoom stays
        ((100, 100), (160, 90), (100, 56)),
        ((160, 90), (90, 160), (51, 90)),
        ((1600, 900), (160, 90), (192, 108)),  # much too large: shrunk
        ((30, 20), (160, 90), (30, 17)),
    ],
)
def test_pictures_are_cropped_to_the_shape(
    given: tuple[int, int], wanted: tuple[int, int], result: tuple[int, int]
) -> None:
    pixels = np.zeros((given[1], given[0], 3), np.uint8)
    pixels[given[1] // 2, given[0] // 2] = 255
    found = fit(pixels, *wanted)
    assert (found.shape[1], found.shape[0]) == result
    if max(given) < 1000:
        row, column = np.unravel_index(found.sum(axis=2).argmax(), found.shape[:2])
        assert abs(row - result[1] / 2) <= 1 and abs(column - result[0] / 2) <= 1


@pytest.mark.parametrize("size", [(64, 36), (63, 37), (400, 300)])
def test_stored_stills_become_planes(tmp_path: Path, size: tuple[int, int]) -> None:
    store = Store(tmp_path)
    store.put("picture", ".qoi", encode_still(picture(*size)))
    depth = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (9, 1))
    store.put("picture", ".depth.png", encode_png(depth))
    load = StillLoader(store, 64, 36)
    planes = load(StillSource(picture="picture", depth="picture"))
    assert load(StillSource(picture="picture", depth="picture")) is planes, "kept, not read again"
    height, width = planes.y.shape
    assert height % 2 == width % 2 == 0
    assert width / height == pytest.approx(64 / 36, abs=0.1)
    assert planes.depth is not None


def test_a_still_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"still 0123456789ab is missing .* render again"):
        StillLoader(Store(tmp_path), 64, 36)(StillSource(picture="0123456789abcdef"))
