"""The sync receipt: the finished file, decoded and measured against the plan and the song."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clavilux.model.errors import OutputError
from clavilux.model.report import SyncReport
from clavilux.model.time import FrameRate

ROWS, COLUMNS = 9, 16
"""The picture is measured as means over this many blocks."""

SEARCH_SECONDS = 0.15
"""How far from its planned time an accent is looked for."""


@dataclass(frozen=True)
class Measured:
    """A decoded video as block means."""

    times: NDArray[np.float64]
    """Presentation time of each frame, seconds."""
    yuv: NDArray[np.float32]
    """(frames, 3, ROWS, COLUMNS): luma 0..1, colour differences -0.5..0.5."""


def measure(path: Path, *, on_frame: Callable[[], None] = lambda: None) -> Measured:
    """Decode a video and keep the block means of every frame. Raises OutputError."""
    times, blocks = [], []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"skip_loop_filter": "all"}  # means need no deblocking
            for frame in container.decode(stream):
                times.append(float(frame.pts * stream.time_base))  # type: ignore[operator]
                blocks.append(_means(frame))
                on_frame()
    except (av.error.FFmpegError, IndexError) as error:
        raise OutputError(f"the finished file {path} cannot be read back: {error}") from error
    return Measured(np.array(times), np.array(blocks, np.float32).reshape(-1, 3, ROWS, COLUMNS))


def _means(frame: av.VideoFrame) -> NDArray[np.float32]:
    if frame.format.name != "yuv420p":
        frame = frame.reformat(format="yuv420p")
    means = np.stack([_blocks(_view(plane)) for plane in frame.planes])
    means[0] = (means[0] - 16) / 219
    means[1:] = (means[1:] - 128) / 224
    return means.astype(np.float32)


def _view(plane: Any) -> NDArray[np.uint8]:
    """A plane's pixels where they lie, (height, width)."""
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]


def _blocks(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Block means from every fourth line and column: enough for an average."""
    step = 4 if plane.shape[0] >= 64 * 4 else 1
    thin = plane[::step, ::step]
    rows, columns = thin.shape[0] // ROWS, thin.shape[1] // COLUMNS
    cut = thin[: rows * ROWS, : columns * COLUMNS].reshape(ROWS, rows, COLUMNS, columns)
    return np.asarray(cut.mean(axis=(1, 3), dtype=np.float64))


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
    rise = np.diff(measured.yuv[:, 0].mean(axis=(1, 2)), prepend=measured.yuv[0, 0].mean())
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
