"""The sync receipt: the finished file, read back and measured against the plan and the song.

The time of every frame is read from the file. What the frames show was measured as they were drawn;
the file is decoded at its I-frames, one in each segment at least, to see that it shows the same
at the same time. If it does not, all of it is decoded, and what it really shows is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clavilux.model.errors import OutputError
from clavilux.model.report import SyncReport
from clavilux.model.time import FrameRate
from clavilux.rendering.blocks import Blocks, Reel, as_signal, plane_means

SEARCH_SECONDS = 0.15
"""How far from its planned time an accent is looked for."""

SAME = 0.02
"""Signal by which a block may differ, on average, in a decoded frame from the one that was drawn: a
coarse encoder makes 0.005, the frame next to a cut or a beat 0.05 and more."""


PIECE = 300
"""Frames of a decoded video that are kept in one array."""


@dataclass(frozen=True)
class Measured:
    """A video as block means."""

    times: NDArray[np.float64]
    """Presentation time of each frame, seconds, ascending."""
    reel: Reel
    """What the frames show."""
    decoded: int
    """How many frames were decoded."""

    def light(self) -> NDArray[np.float64]:
        """(frames,) mean luma, 0..1."""
        means = [as_signal(piece)[:, 0].mean(axis=(1, 2), dtype=np.float64) for piece in self.reel]
        return np.concatenate(means)


def measure(path: Path, *, on_frame: Callable[[], None] = lambda: None) -> Measured:
    """Decode a video and keep the block means of every frame. Raises OutputError."""
    times: list[float] = []
    pieces: list[list[Blocks]] = []
    for time, means in _decode(path):
        if len(times) % PIECE == 0:
            pieces.append([])
        times.append(time)
        pieces[-1].append(means)
        on_frame()
    if not times:
        raise OutputError(f"the finished file {path} holds no picture; render again")
    return Measured(np.array(times), [np.array(piece) for piece in pieces], len(times))


def measure_drawn(path: Path, drawn: Reel, *, on_frame: Callable[[], None]) -> Measured:
    """The same of a file whose segments were measured as they were drawn, one piece each.

    Raises OutputError where it cannot be read.
    """
    times = frame_times(path)
    ends = np.cumsum([len(piece) for piece in drawn])
    if len(times) != ends[-1]:
        return measure(path, on_frame=on_frame)
    decoded, missing = 0, {0, *ends[:-1].tolist()}
    piece, of = 0, drawn[0]
    for time, means in _decode(path, only_key=True):
        number = int(np.argmin(np.abs(times - time)))
        if piece != (here := int(np.searchsorted(ends, number, side="right"))):
            piece, of = here, drawn[here]
        expected = as_signal(of[number - int(ends[piece]) + len(of)])
        if float(np.abs(as_signal(means) - expected).mean()) > SAME:
            return measure(path, on_frame=on_frame)
        missing.discard(number)
        decoded += 1
        on_frame()
    if missing:
        return measure(path, on_frame=on_frame)
    return Measured(times, drawn, decoded)


def frame_times(path: Path) -> NDArray[np.float64]:
    """(frames,) when the file shows each frame, seconds, ascending. Raises OutputError."""
    try:
        with av.open(str(path)) as container:
            packets = container.demux(video=0)
            times = [float(p.pts * p.time_base) for p in packets if p.pts is not None]
    except (av.error.FFmpegError, IndexError) as error:
        raise _unreadable(path, error) from error
    return np.sort(np.array(times))


def _decode(path: Path, *, only_key: bool = False) -> Iterator[tuple[float, Blocks]]:
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"skip_loop_filter": "all"}  # means need no deblocking
            if only_key:
                stream.codec_context.skip_frame = "NONKEY"
            for frame in container.decode(stream):
                yield float(frame.pts * stream.time_base), _means(frame)  # type: ignore[operator]
    except (av.error.FFmpegError, IndexError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> OutputError:
    return OutputError(f"the finished file {path} cannot be read back: {error}")


def _means(frame: av.VideoFrame) -> Blocks:
    if frame.format.name != "yuv420p":
        frame = frame.reformat(format="yuv420p")
    return plane_means(*(_copy(plane) for plane in frame.planes))


def _copy(plane: Any) -> NDArray[np.uint8]:
    """A plane's pixels, (height, width), contiguous."""
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return np.array(lines[: plane.height, : plane.width], order="C")


def sync(
    path: Path,
    measured: Measured,
    *,
    rate: FrameRate,
    expected_frames: int,
    accents: tuple[int, ...],
    song_seconds: float | None,
) -> SyncReport:
    """Compare the finished file with what was planned. `song_seconds` None: a silent video."""
    distances = accent_distances(measured, rate=rate, accents=accents)
    frames = len(measured.times)
    video_start = float(measured.times[0]) if frames else 0.0
    length = frames / float(rate)
    sound = 0.0 if song_seconds is None else audio_end(path) - song_seconds
    return SyncReport(
        frames=frames,
        expected_frames=expected_frames,
        decoded=measured.decoded,
        video_start_ms=round(video_start * 1000, 3),
        audio_start_ms=0.0 if song_seconds is None else round(audio_start(path) * 1000, 3),
        duration_difference_ms=round(1000 * (length - (song_seconds or length)), 3),
        audio_difference_ms=round(1000 * sound, 3),
        accents_planned=len(accents),
        accents_found=len(distances),
        accent_median_ms=_rounded(np.median(np.abs(distances))) if len(distances) else None,
        accent_p95_ms=_rounded(np.percentile(np.abs(distances), 95)) if len(distances) else None,
    )


def _rounded(value: float) -> float:
    return round(float(value), 3)


def accent_distances(
    measured: Measured, *, rate: FrameRate, accents: tuple[int, ...]
) -> NDArray[np.float64]:
    """Milliseconds from each planned accent to the rise of light found near it.

    A rise is a frame whose light grew more than that of the frames around it. Accents without any
    clear rise near them (too soft, or hidden by a cut) are left out.
    """
    if len(measured.times) < 5:
        return np.zeros(0)
    light = measured.light()
    rise = np.diff(light, prepend=light[0])
    rise = rise - np.median(np.stack([np.roll(rise, k) for k in range(-3, 4)]), axis=0)
    reach = max(1, round(SEARCH_SECONDS * float(rate)))
    clear = 3 * 1.4826 * float(np.median(np.abs(rise))) + 5e-4
    found = []
    for frame in accents:
        low, high = max(frame - reach, 1), min(frame + reach + 1, len(rise))
        if low >= high:
            continue
        best = low + int(np.argmax(rise[low:high]))
        if rise[best] > clear:
            found.append((measured.times[best] - frame / float(rate)) * 1000)
    return np.array(found)


def audio_end(path: Path) -> float:
    """When the last sample of the file ends, in seconds, by its packets."""
    end = 0.0
    with av.open(str(path)) as container:
        for packet in container.demux(audio=0):
            if packet.pts is not None and packet.time_base:
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return end


def audio_start(path: Path) -> float:
    """When the first decoded sample of the file is heard, in seconds."""
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            return float((frame.pts or 0) * (frame.time_base or 0))
    return 0.0
