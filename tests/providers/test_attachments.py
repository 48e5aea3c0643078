"""Pictures that are sent along are small, and are what they say they are."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from clavilux.providers.attachments import MOST_PIXELS, data_uri, mime_type, shrunk
from providers.fakes.pictures import make_picture
from providers.shopping import trouble_of


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_small_picture_is_sent_as_it_is(format: str) -> None:
    data = make_picture("sea", 320, 180, format)
    assert shrunk(data) == data and mime_type(data) == f"image/{format}"
    head, _, encoded = data_uri(data).partition(",")
    assert head == f"data:image/{format};base64" and base64.b64decode(encoded) == data


def test_a_large_one_is_shrunk_and_keeps_its_shape() -> None:
    with Image.open(io.BytesIO(shrunk(make_picture("sea", 2048, 1152)))) as image:
        assert image.format == "JPEG" and image.width * image.height <= MOST_PIXELS
        assert abs(image.width / image.height - 16 / 9) < 0.01 and image.width > 1300
    assert shrunk(make_picture("sea", 2048, 1152)) == shrunk(make_picture("sea", 2048, 1152))


def test_what_is_no_picture_is_not_sent() -> None:
    trouble_of(lambda: shrunk(b"not a picture"))
