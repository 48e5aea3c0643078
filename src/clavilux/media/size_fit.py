"""The coarsest a video has to be for its file to be small enough: two passes, and a correction.

The first pass encodes everything at the quality that was asked for. If the file is too large, a
sample of the segments is encoded more coarsely, to learn how this film's size depends on the
encoder's constant-quality value; the second pass encodes everything at the value found. The
logarithm of the size is close to a straight line in the value (docs/encoders.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from clavilux.media.encode import EncoderSettings
from clavilux.media.encoders import Encoder
from clavilux.media.mux import SizeError
from clavilux.model.errors import InputError

PROBES = 3
"""How often the sample is encoded, at most."""

PASSES = 3
"""How often everything is encoded anew, at most."""

MARGIN = 0.02
"""Share of the room for the picture that is aimed to be left free: a sample is not the whole."""

CLOSE = 0.04
"""A sample this near to what is aimed at needs no closer look."""

HOPELESS = 1.1
"""Where the sample at its coarsest is this much too large, the whole is not tried."""

LARGEST_SAMPLE = 12
"""Segments."""


def sample_of(count: int) -> tuple[int, ...]:
    """Numbers of segments that are spread over `count` of them: a tenth, four at least."""
    size = min(count, max(4, min(-(-count // 10), LARGEST_SAMPLE)))
    return tuple((2 * i + 1) * count // (2 * size) for i in range(size))


@dataclass(frozen=True)
class Fitted:
    """How a file was made to fit."""

    settings: EncoderSettings
    passes: int
    """How often everything was encoded, the first pass included."""


def fit_size(
    asked: EncoderSettings,
    limit: int,
    *,
    size: int,
    video: int,
    share: Callable[[EncoderSettings], float],
    finish: Callable[[EncoderSettings], None],
) -> Fitted:
    """Make a file of at most `limit` bytes, where one at the settings `asked` is too large.

    `size`: bytes of that file, `video` of them the picture's. `share`: how large a sample of the
    picture is at other settings, as a share of what it is at those asked. `finish`: encodes
    everything and writes the file, or raises SizeError. Raises InputError, with the size that is
    possible, where none fits; nothing is written then.
    """
    rest = size - video
    curve = _Curve(asked.of, [(asked.crf, float(video))])
    aim = (limit - rest) * (1 - MARGIN)

    def at(crf: float) -> EncoderSettings:
        return asked.model_copy(update={"crf": crf})

    crf = _probe(curve, aim, lambda value: video * share(at(value)))
    if curve.size_at(crf) > HOPELESS * (limit - rest):
        raise _too_small(limit, rest + curve.size_at(crf))
    for attempt in range(PASSES):
        try:
            finish(at(crf))
        except SizeError as error:
            if crf >= asked.of.coarsest:
                raise _too_small(limit, error.size) from None
            curve.correct(crf, error.size - rest)
            finer = min(crf + asked.of.step, asked.of.coarsest)
            crf = max(finer, curve.value_for(aim * (1 - MARGIN * 2**attempt)))
            smallest = error.size
        else:
            return Fitted(at(crf), passes=2 + attempt)
    raise _too_small(limit, smallest)


def _probe(curve: _Curve, aim: float, size_of: Callable[[float], float]) -> float:
    """Look at a sample until the curve is known near the size that is aimed at; the value there."""
    for _ in range(PROBES):
        crf = curve.value_for(aim)
        if curve.knows(crf):
            break
        curve.points.append((crf, size_of(crf)))
        if abs(curve.size_at(crf) / max(aim, 1.0) - 1) < CLOSE:
            break
    crf = curve.value_for(aim)
    if crf >= curve.encoder.coarsest and not curve.knows(crf):
        curve.points.append((crf, size_of(crf)))
        crf = curve.value_for(aim)
    return crf


def _too_small(limit: int, possible: float) -> InputError:
    return InputError(
        f"--max-size: {_size(limit)} is too small for this video, which needs about "
        f"{_size(1.03 * possible)} at its coarsest; allow that, choose a smaller --preset, "
        "a lower --fps or a shorter --duration"
    )


def _size(size: float) -> str:
    """Three figures, rounded up, in decimal units, as --max-size takes it."""
    for unit, name in ((1e9, "G"), (1e6, "M")):
        if size >= unit:
            return f"{math.ceil(100 * size / unit) / 100:g}{name}"
    return f"{math.ceil(size / 1000)}K"


@dataclass
class _Curve:
    """Bytes of the picture by the encoder's value: straight lines between points, in the
    logarithm of the bytes."""

    encoder: Encoder
    points: list[tuple[float, float]] = field(default_factory=list)

    def knows(self, crf: float) -> bool:
        return any(value == crf for value, _ in self.points)

    def correct(self, crf: float, size: float) -> None:
        """The whole turned out otherwise than the sample: so would the other values."""
        factor = size / self.size_at(crf)
        first, *others = self.points
        self.points = [first, *((value, factor * guess) for value, guess in others)]
        if not self.knows(crf):
            self.points.append((crf, size))

    def size_at(self, crf: float) -> float:
        (near, size), slope = self._line(crf)
        return float(size * 2.0 ** (slope * (crf - near)))

    def value_for(self, size: float) -> float:
        """The finest value for a size, in the encoder's steps, not finer than the first point's
        and not coarser than is useful."""
        lowest, step = self.points[0][0], self.encoder.step
        if size <= 1:
            return self.encoder.coarsest
        low, high = lowest, self.encoder.coarsest
        while high - low > step / 4:
            middle = (low + high) / 2
            low, high = (middle, high) if self.size_at(middle) > size else (low, middle)
        steps = math.ceil((high - lowest) / step - 0.1)
        return min(round(lowest + steps * step, 4), self.encoder.coarsest)

    def _line(self, crf: float) -> tuple[tuple[float, float], float]:
        """A known point, and the doublings of size per value around a value."""
        points = sorted(self.points)
        if len(points) == 1:
            return points[0], -1 / self.encoder.halving
        left, right = next(
            (pair for pair in pairwise(points) if crf <= pair[1][0]), tuple(points[-2:])
        )
        slope = math.log2(right[1] / left[1]) / (right[0] - left[0])
        nearer = min(left, right, key=lambda point: abs(point[0] - crf))
        return nearer, min(slope, -0.25 / self.encoder.halving)  # never level, never rising
