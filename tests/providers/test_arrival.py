"""Whatever a provider sends becomes a picture of the wanted size, or one clear refusal."""

from __future__ import annotations

import io
import struct
import time
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from clavilux.model.errors import ProviderError
from clavilux.providers.arrival import Arrived, arrived

GROUND = "#204060"


def picture(width: int = 400, height: int = 300) -> Image.Image:
    """Left to right more red, top to bottom more green, and a fine pattern of blue."""
    y, x = np.mgrid[:height, :width]
    planes = [255 * x / width, 255 * y / height, 40 + 20 * ((x // 7 + y // 5) % 3)]
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


def packed(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def take(data: bytes, width: int = 400, height: int = 300, ground: str = GROUND) -> Arrived:
    return arrived(data, width=width, height=height, ground=ground)


def refused(data: bytes, **size: int) -> str:
    with pytest.raises(ProviderError) as caught:
        take(data, **size)
    message = str(caught.value)
    assert caught.value.trouble == "unusable"
    assert "\n" not in message and 0 < len(message) < 100
    return message


# --- What is taken ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "off"),
    [
        ("PNG", {}, 0), ("WEBP", {"lossless": True}, 0), ("JPEG", {"quality": 95}, 4),
        ("WEBP", {"quality": 90}, 5), ("JPEG", {"quality": 95, "progressive": True}, 4),
    ],
)  # fmt: skip
def test_the_three_formats_arrive(kind: str, options: dict[str, Any], off: float) -> None:
    came = take(packed(picture(), kind, **options))
    assert came.rgb.shape == (300, 400, 3) and came.rgb.dtype == np.uint8
    assert came.rgb.flags.writeable and not came.notes
    assert np.abs(came.rgb.astype(int) - np.asarray(picture())).mean() <= off


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "I;16"])
def test_every_kind_of_png_pixel_arrives(mode: str) -> None:
    if mode == "I;16":
        made = Image.fromarray(np.asarray(picture().convert("L")).astype(np.uint16) * 257)
    elif mode == "P":
        made = picture().quantize(256)
    else:
        made = picture().convert(mode)
    rgb = take(packed(made)).rgb
    wanted = np.asarray(picture() if mode in ("P", "RGBA") else picture().convert("L"))
    brightness = rgb if wanted.ndim == 3 else rgb[..., 0]
    assert np.abs(brightness.astype(int) - wanted).mean() < 12


def test_black_and_white_arrives() -> None:
    rgb = take(packed(picture().convert("1"))).rgb
    assert set(np.unique(rgb)) == {0, 255}
    assert abs(rgb.mean() - np.asarray(picture().convert("L")).mean()) < 4


def test_sixteen_bits_per_channel_arrive() -> None:
    deep = np.asarray(picture()).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    head = struct.pack(">IIBBBBB", 400, 300, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
    assert (take(data).rgb == np.asarray(picture())).all()


def test_cmyk_arrives_as_what_it_looks_like() -> None:
    rgb = take(packed(picture().convert("CMYK"), "JPEG", quality=95)).rgb
    assert np.abs(rgb.astype(int) - np.asarray(picture())).mean() < 8


def test_what_is_transparent_shows_the_ground() -> None:
    clear = picture().convert("RGBA")
    clear.paste((255, 255, 255, 0), (0, 0, 200, 300))
    clear.paste((255, 255, 255, 128), (200, 0, 300, 300))
    rgb = take(packed(clear)).rgb
    assert rgb[150, 100].tolist() == [0x20, 0x40, 0x60]
    assert np.abs(rgb[150, 250] - np.array([0x90, 0xA0, 0xB0])).max() <= 1
    assert (rgb[:, 300:] == np.asarray(picture())[:, 300:]).all()


def test_one_colour_can_stand_for_transparent() -> None:
    marked = picture()
    marked.paste((1, 2, 3), (0, 0, 100, 300))
    rgb = take(packed(marked, transparency=(1, 2, 3))).rgb
    assert rgb[10, 10].tolist() == [0x20, 0x40, 0x60]
    palette = picture().quantize(16)
    corner = int(np.asarray(palette)[0, 0])
    assert take(packed(palette, transparency=corner)).rgb[0, 0].tolist() == [0x20, 0x40, 0x60]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_its_camera_was(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture().rotate(90, expand=True)
    rgb = take(packed(turned, kind, exif=exif.tobytes())).rgb
    assert np.abs(rgb.astype(int) - np.asarray(picture())).mean() < 6


def test_damaged_exif_data_do_not_matter() -> None:
    assert take(packed(picture(), exif=b"Exif\0\0MM\0*\0\0\xff\xff garbage")).rgb.any()


def test_a_colour_profile_is_obeyed() -> None:
    swapped = profile_with_red_and_green_swapped()
    rgb = take(packed(picture(), icc_profile=swapped)).rgb.astype(int)
    wanted = np.asarray(picture()).astype(int)[..., [1, 0, 2]]
    assert np.abs(rgb - wanted).mean() < 4


def profile_with_red_and_green_swapped() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ"), profile.find(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be")))


def test_srgb_profiles_change_nothing_and_bad_ones_are_told() -> None:
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (take(packed(picture(), icc_profile=usual)).rgb == np.asarray(picture())).all()
    came = take(packed(picture(), icc_profile=b"nonsense" * 40))
    assert (came.rgb == np.asarray(picture())).all()
    assert "colour profile" in came.notes[0]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_shown(kind: str) -> None:
    other = picture().transpose(Image.Transpose.ROTATE_180)
    data = packed(picture(), kind, save_all=True, append_images=[other] * 3, lossless=True)
    came = take(data)
    assert (came.rgb == np.asarray(picture())).all()
    assert "animated" in came.notes[0]


# --- Its size --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(640, 360), (340, 360), (300, 300), (512, 384)])
def test_it_is_cropped_around_the_centre_and_not_distorted(size: tuple[int, int]) -> None:
    drawn = picture(900, 600)
    middle = (450, 300)
    drawn.paste((255, 255, 255), (middle[0] - 60, middle[1] - 60, middle[0] + 60, middle[1] + 60))
    rgb = take(packed(drawn), width=size[0], height=size[1]).rgb
    assert rgb.shape == (size[1], size[0], 3)
    across, down = (np.flatnonzero((rgb.min(axis=2) > 180).any(axis=k)) for k in (0, 1))
    assert abs(len(across) - len(down)) <= 2
    assert abs(across.mean() - (size[0] - 1) / 2) <= 1 and abs(down.mean() - (size[1] - 1) / 2) <= 1


def test_much_cropping_is_told() -> None:
    (note,) = take(packed(picture(900, 600)), width=360, height=640).notes
    assert "900x600" in note and "38 %" in note


def test_much_enlarging_is_told() -> None:
    assert not take(packed(picture()), width=780, height=585).notes
    (note,) = take(packed(picture()), width=1000, height=750).notes
    assert "400x300" in note and "2.5 times" in note


# --- What is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b'{"error": "no"}', b"<html>", b"\x00" * 500, b"GIF89a" + b"\0" * 99,
        b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff" * 999,
        b"RIFF\x24\0\0\0WEBPVP8X", b"%PDF-1.7", b"II*\0" + b"\0" * 99, b"BM" + b"\0" * 200,
    ],
)  # fmt: skip
def test_what_is_no_picture(data: bytes) -> None:
    refused(data)


def test_other_formats_are_refused_even_if_they_could_be_read() -> None:
    for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM", "EPS"):
        assert "no PNG, JPEG or WebP" in refused(packed(picture(), kind))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.98])
def test_truncated_data(kind: str, share: float) -> None:
    data = packed(picture(), kind)
    assert "cut off" in refused(data[: int(len(data) * share)])


@pytest.mark.parametrize("color", ["#000000", "#FFFFFF", "#808182"])
def test_blank_pictures(color: str) -> None:
    blank = Image.new("RGB", (400, 300), color)
    assert "blank" in refused(packed(blank))
    blank.putpixel((7, 7), (200, 100, 0))
    assert "blank" in refused(packed(blank))
    assert "blank" in refused(packed(blank, "JPEG"))
    assert "blank" in refused(packed(Image.new("RGBA", (400, 300), (9, 200, 9, 0))))


def test_a_dark_sky_with_stars_is_no_blank() -> None:
    sky = np.full((600, 800, 3), 4, np.uint8)
    places = np.random.default_rng(1).integers(0, 600, (400, 2))
    sky[places[:, 0], places[:, 1]] = 220
    assert take(packed(Image.fromarray(sky))).rgb.max() > 50


def test_pictures_too_small_or_of_another_shape() -> None:
    assert "64x64" in refused(packed(picture(64, 64)))
    assert "too small" in refused(packed(picture(1024, 255)))
    assert "shape" in refused(packed(picture(300, 540)), width=640, height=360)
    assert take(packed(picture(400, 400)), width=360, height=640).rgb.shape == (640, 360, 3)


def bomb_png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part))
        for name, part in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    )


BOMBS = {
    "png": bomb_png(60_000, 60_000),
    "long png": bomb_png(2_000_000, 16),
    "webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xfe\x3f\0" * 2,
    "huge webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6,
    "lossless webp": b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + b"\xff" * 40,
    "jpeg": packed(picture(300, 300), "JPEG").replace(b"\x01\x2c\x01\x2c", b"\xff\xf0\xff\xf0", 1),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_go_off(name: str) -> None:
    start = time.process_time()
    assert "too many" in refused(BOMBS[name])
    assert time.process_time() - start < 0.5


def test_a_jpeg_of_thousands_of_scans_is_refused() -> None:
    data = packed(picture(), "JPEG", progressive=True)
    scan = data[data.find(b"\xff\xda") : -2]
    assert "scans" in refused(data[:-2] + scan[:40] * 500 + b"\xff\xd9")


def test_text_chunks_that_swell_are_no_way_in() -> None:
    data = packed(picture())
    swollen = b"zTXt", b"key\0\0" + zlib.compress(b"a" * 80_000_000)
    name, body = swollen
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    refused(data[:33] + chunk + data[33:])


# --- Anything --------------------------------------------------------------------------------

WHOLE = {kind: packed(picture(320, 280), kind) for kind in ("PNG", "JPEG", "WEBP")}
PATIENT = settings(
    max_examples=120, deadline=2000, suppress_health_check=[HealthCheck.too_slow], database=None
)


def come_what_may(data: bytes) -> None:
    try:
        came = take(data, width=256, height=256)
    except ProviderError as error:
        assert error.trouble == "unusable" and "\n" not in str(error)
    else:
        assert came.rgb.shape == (256, 256, 3)


@PATIENT
@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF1234WEBP"]), st.binary())
def test_random_bytes(start: bytes, rest: bytes) -> None:
    come_what_may(start + rest)


@PATIENT
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
)
def test_mutated_pictures(kind: str, changes: list[tuple[float, bytes]], cut: float) -> None:
    data = bytearray(WHOLE[kind])
    for where, what in changes:
        at = int(where * len(data) * where)  # more often in the header
        data[at : at + len(what)] = what
    come_what_may(bytes(data))
    come_what_may(bytes(data[: int(cut * len(data))]))
