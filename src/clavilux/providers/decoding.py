"""Bytes from outside -> RGB pixels in sRGB, whatever they claim to be.

What a file is, its first bytes say: no name, no content type. How large it is, its header says, and
what is too large is refused before anything is unpacked.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from clavilux.model.errors import ProviderError

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageCms import ImageCmsProfile

MOST_BYTES = 96 * 2**20
MOST_PIXELS = 34_000_000
LONGEST_SIDE = 16_384
"""8K fits; image models make 4K at most."""
MOST_SCANS = 200
"""A progressive JPEG has about ten; thousands of empty ones keep a decoder busy for hours."""


def unusable(message: str) -> ProviderError:
    """The error for bytes that are no picture one can use; paid for they are all the same."""
    return ProviderError(message, trouble="unusable", billed="yes")


def kind_of(data: bytes) -> str:
    """PNG, JPEG or WebP by content, or "" for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    return "WebP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def decoded(data: bytes, *, ground: str) -> tuple[Image.Image, tuple[str, ...]]:
    """An RGB image in sRGB and notes for the user; transparent parts show `ground` (#RRGGBB).

    Of an animated file, the first frame. Raises ProviderError (unusable) for anything else than a
    whole PNG, JPEG or WebP of reasonable size.
    """
    if len(data) > MOST_BYTES:
        raise unusable(f"the picture has {len(data) >> 20} MiB, over {MOST_BYTES >> 20}")
    kind = kind_of(data)
    if not kind:
        raise unusable(f"what came is {_described(data)}, no PNG, JPEG or WebP")
    try:
        with _opened(data, kind) as image:
            _check_size(*image.size)
            image.load()
            animated = getattr(image, "n_frames", 1) > 1
            pixels, notes = _in_srgb(_upright(image))
            flat = _over_ground(pixels, ground)
    except ProviderError:
        raise
    except Exception:  # decoders raise whatever they like on damaged files
        raise unusable(f"the {kind} picture is damaged or cut off") from None
    return flat, (*notes, *(["is animated: its first frame is shown"] if animated else []))


def _described(data: bytes) -> str:
    if not data:
        return "empty"
    start = data[:64].lstrip()
    return "text" if start[:1] in (b"{", b"[", b"<") or start.isascii() else "something else"


def _opened(data: bytes, kind: str) -> Image.Image:
    """The image, its header read and no pixel unpacked."""
    from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    stream = io.BytesIO(data)
    if kind == "PNG":
        return PngImagePlugin.PngImageFile(stream)
    if kind == "WebP":
        # Its decoder takes memory for the whole canvas when it opens a file.
        _check_size(*_webp_size(data))
        return WebPImagePlugin.WebPImageFile(stream)
    if data.count(b"\xff\xda") > MOST_SCANS:
        raise unusable("the JPEG picture has too many scans")
    return JpegImagePlugin.JpegImageFile(stream)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height by the header (RFC 9649)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return 1 + _little(data, 24, 3), 1 + _little(data, 27, 3)
    if chunk == b"VP8L":
        bits = _little(data, 21, 4)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF


def _little(data: bytes, start: int, count: int) -> int:
    return int.from_bytes(data[start : start + count], "little")


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise unusable(f"the picture has {width}x{height} pixels, too many")


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF data says; as it is where those cannot be read."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _in_srgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """8-bit RGB or RGBA in sRGB."""
    import numpy as np
    from PIL import Image

    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(
            (np.asarray(image).astype(np.int64).clip(0, 65535) >> 8).astype("u1")
        )
    transparent = image.has_transparency_data
    alpha = image.convert("RGBA").getchannel("A") if transparent else None
    plain = {"1": "L", "LA": "L", "La": "L", "L": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")
    converted, notes = _profiled(image.convert(plain), profile)
    rgb = converted.convert("RGB")
    if alpha is not None:
        rgb.putalpha(alpha)
    return rgb, notes


def _profiled(image: Image.Image, profile: object) -> tuple[Image.Image, tuple[str, ...]]:
    """Through its colour profile, if it has one that says anything else than sRGB."""
    if not isinstance(profile, bytes) or not profile:
        return image, ()
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _is_srgb(source):
            return image, ()
        target = ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except Exception:
        return image, ("has a colour profile that cannot be read: taken as sRGB",)
    return (image if shown is None else shown), ()


def _is_srgb(profile: ImageCmsProfile) -> bool:
    name = profile.profile.profile_description or ""
    return name.startswith("sRGB") and profile.profile.xcolor_space.strip() == "RGB"


def _over_ground(image: Image.Image, ground: str) -> Image.Image:
    if image.mode != "RGBA":
        return image
    from PIL import Image

    behind = Image.new("RGBA", image.size, ground)
    return Image.alpha_composite(behind, image).convert("RGB")
