"""Counting flashes: videos with a known number of flashes, and a second opinion from IRIS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.flashes import count_flashes
from clavilux.media.receipt import measure
from clavilux.model.time import FrameRate
from clavilux.rendering.compose import to_yuv420
from workshop import iris_failures

RATE = FrameRate(numerator=30)
HEIGHT, WIDTH, SECONDS = 144, 256, 3.5

Color = tuple[float, float, float]
BLACK, WHITE, DIM, GREY = (0.0, 0.0, 0.0), (0.9, 0.9, 0.9), (0.3, 0.3, 0.3), (0.55, 0.55, 0.55)
RED, BLUE, PALE, PALER = (0.9, 0.0, 0.0), (0.0, 0.0, 1.0), (0.93, 0.93, 0.93), (1.0, 1.0, 1.0)
MAROON = (0.45, 0.0, 0.0)


def square(per_second: float) -> Callable[[float], float]:
    """0 and 1 in turn, from dark to bright `per_second` times a second."""
    return lambda t: float((t * per_second) % 1 >= 0.5)


def fade(per_second: float) -> Callable[[float], float]:
    """The same, as a slow swell."""
    return lambda t: 0.5 - 0.5 * np.cos(2 * np.pi * t * per_second)


def video(
    folder: Path, wave: Callable[[float], float], low: Color, high: Color, *, share: float
) -> Path:
    """A video in which the lower `share` of the picture goes between two colours."""

    def frames() -> Iterator[np.ndarray]:
        for number in range(round(SECONDS * 30)):
            rgb = np.full((HEIGHT, WIDTH, 3), 0.2, np.float32)
            level = wave(number / 30)
            part = np.array(low) * (1 - level) + np.array(high) * level
            rgb[round(HEIGHT * (1 - share)) :] = part
            yield to_yuv420(rgb)

    path = folder / "flashing.mp4"
    settings = EncoderSettings(crf=12)
    data = encode_segment(frames(), width=WIDTH, height=HEIGHT, rate=RATE, settings=settings)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("wave", "low", "high", "share", "general", "red"),
    [
        (square(2), BLACK, WHITE, 1.0, 2, 0),
        (square(3), BLACK, WHITE, 1.0, 3, 0),
        (square(4), BLACK, WHITE, 1.0, 4, 0),
        (square(10), BLACK, WHITE, 1.0, 10, 0),
        (square(4), DIM, GREY, 1.0, 4, 0),
        (square(10), BLACK, DIM, 1.0, 0, 0),  # less than a tenth of white's luminance
        (square(10), PALE, PALER, 1.0, 0, 0),  # both bright
        (square(10), BLACK, WHITE, 0.15, 0, 0),  # too small an area
        (square(10), BLACK, WHITE, 0.4, 10, 0),
        (fade(0.5), BLACK, WHITE, 1.0, 0.5, 0),
        (fade(5), BLACK, WHITE, 1.0, 5, 0),
        (square(5), BLACK, RED, 1.0, 5, 5),
        (square(5), BLACK, MAROON, 1.0, 0, 5),  # too dark for a general flash
        (square(2), BLACK, MAROON, 1.0, 0, 2),
        (square(10), BLACK, BLUE, 1.0, 0, 0),
    ],
)
def test_flashes_are_counted_and_iris_agrees(
    tmp_path: Path,
    wave: Callable[[float], float],
    low: Color,
    high: Color,
    share: float,
    general: float,
    red: float,
) -> None:
    path = video(tmp_path, wave, low, high, share=share)
    found = count_flashes(measure(path).reel, rate=RATE, limited=True)
    assert found.general_flashes == pytest.approx(general, abs=0.5)
    assert found.red_flashes == pytest.approx(red, abs=0.5)
    assert found.passed == (max(general, red) <= 3)
    failures = iris_failures(path, tmp_path / "iris")
    assert ("luminance" in failures) == (general > 3)
    assert ("red" in failures) == (red > 3)


def test_the_worst_second_is_named(tmp_path: Path) -> None:
    late = square(10)
    path = video(tmp_path, lambda t: late(t) if 2 <= t < 3 else 0.0, BLACK, WHITE, share=1.0)
    found = count_flashes(measure(path).reel, rate=RATE, limited=False)
    assert found.worst_second == pytest.approx(2, abs=0.2)
    assert not found.passed and not found.limited


def test_a_still_video_has_no_flashes(tmp_path: Path) -> None:
    path = video(tmp_path, lambda t: 0.5, BLACK, WHITE, share=1.0)
    found = count_flashes(measure(path).reel, rate=RATE, limited=True)
    assert (found.general_flashes, found.red_flashes, found.worst_second) == (0, 0, None)
