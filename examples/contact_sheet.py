"""Frames of a video on one sheet, to see at a glance how it goes.

python examples/contact_sheet.py song.mp4 sheet.jpg [--frames 24] [--columns 4]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from clavilux.media.sheet import contact_sheet
from clavilux.terminal import clock

TILE_PIXELS = 480 * 270
"""Every tile has about this many pixels, whatever its shape."""


def frames_of(path: Path, count: int) -> list[tuple[str, NDArray[np.uint8]]]:
    """`count` evenly spaced frames, each with its time."""
    tiles: list[tuple[str, NDArray[np.uint8]]] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        step = max(1, stream.frames // count)
        scale = (TILE_PIXELS / (stream.width * stream.height)) ** 0.5
        width, height = round(stream.width * scale), round(stream.height * scale)
        for number, frame in enumerate(container.decode(stream)):
            if number % step == step // 2 and len(tiles) < count:
                picture = frame.to_ndarray(format="rgb24", width=width, height=height)
                tiles.append((clock(frame.time or 0.0), picture))
    return tiles


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--columns", type=int, default=4)
    given = parser.parse_args()
    tiles = frames_of(given.video, given.frames)
    contact_sheet(tiles, given.sheet, columns=given.columns, title=given.video.stem)


if __name__ == "__main__":
    main()
