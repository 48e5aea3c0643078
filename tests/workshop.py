"""What end-to-end tests share: songs with known clicks, specs of plain scenes, finished files."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clavilux import pipeline
from clavilux.documents import write_spec
from clavilux.model.report import RenderReport
from clavilux.model.spec import PRESETS, Preset, RenderSpec
from clavilux.model.time import FrameRate
from clavilux.storage import Store

HERE = Path(__file__).parent
RATE = 44100
PALETTES = (
    ("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7"),
    ("#06141B", "#0E4D5C", "#49C6A8", "#EAF7E6"),
    ("#1A0505", "#7A1E1E", "#E8A13A", "#FFF3D6"),
)
CODECS = {
    ".wav": "pcm_s16le",
    ".mp3": "libmp3lame",
    ".m4a": "aac",
    ".aac": "aac",
    ".flac": "flac",
    ".ogg": "libopus",
    ".opus": "libopus",
}
Samples = NDArray[np.float32]
Frames = NDArray[np.uint8]


# --- Songs -----------------------------------------------------------------------------------


def beat_times(bpm: float, seconds: float, *, first: float = 0.1) -> list[float]:
    return [float(t) for t in np.arange(first, seconds - 0.2, 60 / bpm)]


def clicks(times: Sequence[float], seconds: float, *, meter: int = 4, rate: int = RATE) -> Samples:
    """A thump on each bar's first beat, a tick on the others; each begins on its exact sample."""
    sound = np.zeros(round(seconds * rate) + rate, np.float32)
    t = np.arange(round(0.05 * rate)) / rate
    thump = 0.8 * np.cos(2 * np.pi * 80 * t) * np.exp(-t / 0.02)
    tick = 0.5 * np.cos(2 * np.pi * 1500 * t) * np.exp(-t / 0.01)
    for number, time in enumerate(times):
        start = round(time * rate)
        sound[start : start + len(t)] += thump + 0.3 * tick if number % meter == 0 else tick
    return sound[: round(seconds * rate)]


def hard_song(seconds: float, *, bpm: float = 200.0) -> Samples:
    """Kicks on every beat, snares on two and four, sixteenth hats, a bass: as hard as it gets."""
    rng = np.random.default_rng(5)
    beat = 60 / bpm
    t = np.arange(round(0.12 * RATE)) / RATE
    kick = 0.9 * np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.05)
    noise = rng.standard_normal(len(t))
    snare, hat = 0.5 * noise * np.exp(-t / 0.04), 0.2 * noise * np.exp(-t / 0.01)
    at = np.arange(round(seconds * RATE)) / RATE
    sound = 0.15 * np.sign(np.sin(2 * np.pi * 55 * at)) * (0.5 + 0.5 * np.sin(np.pi * at / 4) ** 2)
    sound = np.concatenate([sound, np.zeros(len(t))])
    for step in range(int(seconds / (beat / 4))):
        start = round(step * beat / 4 * RATE)
        for played, every, offset in ((hat, 1, 0), (kick, 4, 0), (snare, 8, 4)):
            if step % every == offset:
                sound[start : start + len(t)] += played
    return (0.6 * sound[: round(seconds * RATE)]).astype(np.float32)


def write_song(
    path: Path, samples: Samples, *, rate: int = RATE, codec: str = "", late: float | None = None
) -> Path:
    """Mono samples as a file of the suffix's kind; `late` adds a picture and that much delay."""
    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else None) as container:
        video: Any = None
        if late is not None:
            video = container.add_stream("libx264", rate=25)
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        name = codec or CODECS.get(path.suffix, "aac")
        stream: Any = container.add_stream(name, rate=rate, layout="mono")
        if video is not None:
            black = av.VideoFrame.from_ndarray(np.full((96, 64), 16, np.uint8), format="yuv420p")
            for number in range(round(25 * (len(samples) / rate + (late or 0)))):
                black.pts = number
                container.mux(video.encode(black))
            container.mux(video.encode(None))
        for start in range(0, len(samples), rate):
            frame = av.AudioFrame.from_ndarray(
                samples[None, start : start + rate], format="flt", layout="mono"
            )
            frame.sample_rate, frame.pts = rate, start + round((late or 0) * rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


# --- Specs and renders -----------------------------------------------------------------------


def tiny(
    preset: str = "youtube", rate: str | int = 30, *, width: int = 192, height: int = 108
) -> Preset:
    """A preset at a fraction of its size."""
    return PRESETS[preset].model_copy(
        update={"width": width, "height": height, "rate": FrameRate.parse(rate)}
    )


def spec_of(
    song: Path, edges: Sequence[float], *, scene: str = "plain", seed: int = 1, **every: Any
) -> RenderSpec:
    """A spec with a section between each two edges; `every` goes into all of them."""
    sections = [
        {
            "label": f"part_{i + 1}",
            "start": start,
            "end": end,
            "theme": "plain bands",
            "palette": PALETTES[i % 3],
            "mood": "calm",
            "prompt": "plain bands",
            "tier": 1,
            "scene": scene,
            "energy": 0.5,
            **every,
        }
        for i, (start, end) in enumerate(pairwise(edges))
    ]
    return RenderSpec.model_validate(
        {"song": str(song), "style": "test", "global_style": "", "seed": seed, "sections": sections}
    )


def changed(spec: RenderSpec, label: str, **fields: Any) -> RenderSpec:
    """The spec with other fields in one section."""
    sections = tuple(s.model_copy(update=fields) if s.label == label else s for s in spec.sections)
    return spec.model_copy(update={"sections": sections})


def render(
    source: RenderSpec | Path,
    output: Path,
    *,
    preset: Preset | None = None,
    store: Store | None = None,
    part: tuple[float, float | None] = (0.0, None),
    **options: Any,
) -> RenderReport:
    """Render a spec or a song; the spec is written beside the video first."""
    if isinstance(source, RenderSpec):
        path = output.with_suffix(".yaml")
        path.write_text(write_spec(source, name=path.name))
        source = path
    chosen = pipeline.with_part(
        pipeline.RenderOptions(preset=preset or tiny(), **options), part[0], part[1]
    )
    return pipeline.render(source, output, chosen, store or Store(cache()))


def cache() -> Path:
    return Path(os.environ["CLAVILUX_CACHE"])


# --- Finished files --------------------------------------------------------------------------


def decoded(path: Path) -> Frames:
    """Every frame as yuv420p planes, (n, height * 3 / 2, width)."""
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="yuv420p") for f in container.decode(video=0)])


def frame_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(f.pts * f.time_base) for f in container.decode(video=0)]


def heard(path: Path) -> tuple[Samples, int]:
    """The sound as a player plays it: sample 0 is at time 0 of the file's clock."""
    parts, first = [], None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            first = float(frame.pts * frame.time_base) if first is None else first
            parts.append(np.atleast_2d(frame.to_ndarray()).astype(np.float32))
            rate = frame.sample_rate
    sound = np.concatenate(parts, axis=1).mean(axis=0)
    lead = round((first or 0) * rate)
    return np.concatenate([np.zeros(max(lead, 0), np.float32), sound[max(-lead, 0) :]]), rate


def onset(samples: Samples, rate: int, *, after: float, before: float) -> float:
    """Seconds of the first loud sample between two times."""
    low, high = round(after * rate), round(before * rate)
    level = np.abs(samples[low:high])
    return (low + int(np.argmax(level > 0.3 * level.max()))) / rate


def mean_luma(frames: Frames) -> NDArray[np.float64]:
    height = frames.shape[1] * 2 // 3
    return frames[:, :height].mean(axis=(1, 2))


def boxes(path: Path) -> list[str]:
    """The names of an mp4's top-level boxes, in order."""
    data, at, found = path.read_bytes(), 0, []
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 8].decode("latin1"))
        size = int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size
        at += size or len(data)
    return found


# --- A second opinion on flashes -------------------------------------------------------------


def iris_failures(video: Path, folder: Path) -> set[str]:
    """What the independent checker IRIS finds wrong: "luminance", "red", "extended".

    "luminance" and "red" are more than three flashes in a second, the limit of WCAG 2.x.
    "extended" is its additional rule, two to three flashes a second for over four seconds.
    """
    from iris_pse_detection import AnalysisResult, Configuration, VideoAnalyser

    kinds = {
        AnalysisResult.LuminanceFlashFailure: "luminance",
        AnalysisResult.RedFlashFailure: "red",
        AnalysisResult.LuminanceExtendedFlashFailure: "extended",
        AnalysisResult.RedExtendedFlashFailure: "extended",
    }
    with contextlib.redirect_stdout(io.StringIO()):
        settings = Configuration(results_path=str(folder))
        result = VideoAnalyser(settings).analyse_video(str(video))
    return {kinds[kind] for kind in result.results if kind in kinds}


# --- The command line ------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "clavilux.cli", *map(str, arguments)]


def run(*arguments: object, timeout: float = 120, **environment: str) -> Answer:
    """A command in a process of its own, its output in pipes."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
    )
    return Answer(done.returncode, done.stdout, done.stderr)
