"""Contact sheets: labelled pictures side by side, as one PNG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clavilux.storage import write_atomically

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

BACKGROUND, TITLE_COLOR, LABEL_COLOR, EDGE = "#0D0F14", "#F2F0EA", "#B4B8C2", "#262A33"
SMALLEST_TEXT = 9
"""Pixels; labels of tiny tiles do not shrink below this."""


def contact_sheet(
    tiles: Sequence[tuple[str, NDArray[np.uint8]]],
    path: Path,
    *,
    columns: int,
    title: str = "",
) -> None:
    """Write (label, picture) tiles to a picture, row by row; tiles are (h, w, 3) uint8 sRGB.

    The file is a JPEG where its name ends in .jpg, else a PNG.

    Tiles may differ in size: each sits in the middle of a cell as large as the largest.
    Raises OutputError if the file cannot be written.
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    columns = max(1, min(columns, len(tiles)))
    height = max((p.shape[0] for _, p in tiles), default=90)
    width = max((p.shape[1] for _, p in tiles), default=160)
    buffer = io.BytesIO()
    kind = "JPEG" if path.suffix.lower() in (".jpg", ".jpeg") else "PNG"
    sheet = _draw(tiles, columns=columns, width=width, height=height, title=title)
    sheet.save(buffer, kind, quality=88)
    write_atomically(path, buffer.getvalue())


def _draw(
    tiles: Sequence[tuple[str, NDArray[np.uint8]]],
    *,
    columns: int,
    width: int,
    height: int,
    title: str,
) -> Image.Image:
    """The sheet; `width` and `height` are those of a cell's picture, in pixels."""
    from PIL import Image, ImageDraw, ImageFont

    text = max(SMALLEST_TEXT, round(width / 26))
    gap, caption = max(8, round(width / 20)), round(2.1 * text)
    label_font, title_font = ImageFont.load_default(text), ImageFont.load_default(round(2.1 * text))
    top = gap + (round(3.4 * text) if title else 0)
    rows = math.ceil(len(tiles) / columns)
    size = gap + columns * (width + gap), top + rows * (height + caption + gap // 2) + gap // 2
    sheet = Image.new("RGB", size, BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    if title:
        heading = shorten(pen, title, title_font, room=size[0] - 2 * gap)
        pen.text((gap, gap), heading, TITLE_COLOR, title_font, anchor="lt")
    for index, (label, pixels) in enumerate(tiles):
        left = gap + index % columns * (width + gap)
        upper = top + index // columns * (height + caption + gap // 2)
        x, y = left + (width - pixels.shape[1]) // 2, upper + (height - pixels.shape[0]) // 2
        sheet.paste(Image.fromarray(np.ascontiguousarray(pixels)), (x, y))
        frame = (x - 1, y - 1, x + pixels.shape[1], y + pixels.shape[0])
        pen.rectangle(frame, outline=EDGE, width=1)
        words = shorten(pen, label, label_font, room=width)
        pen.text((left, upper + height + 0.55 * text), words, LABEL_COLOR, label_font, anchor="lt")
    return sheet


def shorten(pen: ImageDraw.ImageDraw, text: str, font: Font, *, room: float) -> str:
    """One line of text, cut with an ellipsis where it is wider than `room` pixels."""
    text = " ".join(text.split())
    if pen.textlength(text, font) <= room:
        return text
    while text and pen.textlength(text + "…", font) > room:
        text = text[:-1].rstrip()
    return text + "…"
