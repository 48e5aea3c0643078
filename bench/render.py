"""How long a whole render takes against encoding the same finished frames alone.

    python bench/render.py [--seconds 60] [--tier 2] [--preset youtube] [--workers 2] [--json]

Both run on the same cores with the same encoder settings, one after the other, in one run, so the
ratio survives a noisy machine. Stages are timed in core-milliseconds (user + system time of all
processes) per frame. Kernels are compiled before the clock starts; compiling is reported apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clavilux import pipeline
from clavilux.executors.draw import SegmentDrawer
from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.image import StillLoader
from clavilux.model.spec import PRESETS
from clavilux.planning.edit import Part
from clavilux.rendering.compose import Renderer
from clavilux.rendering.resolve import resolve
from clavilux.rendering.segments import segments
from clavilux.storage import Store

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))


def core_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float, float, str]:
    """Run a command: wall seconds, core seconds and peak megabytes of the largest process in its
    tree, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cores, after.ru_maxrss / 1024, done.stdout


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as folder:
        result = bench(options, Path(folder))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _show(result)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tier", type=int, default=2)
    parser.add_argument("--style", default="oil_painting")
    parser.add_argument("--preset", default="youtube", choices=PRESETS)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--song", type=Path, help="a song file; the demo song by default")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def bench(options: argparse.Namespace, folder: Path) -> dict[str, float | str | dict[str, float]]:
    """Render once, take the render apart, then encode its decoded frames alone."""
    song = options.song or _demo_song(folder)
    render_options = pipeline.RenderOptions(
        style=options.style,
        tier=options.tier,
        preset=PRESETS[options.preset],
        part=Part(0.0, options.seconds),
        workers=options.workers,
    )
    compile_seconds = _compile(song, render_options, Store(folder / "warm"))
    store = Store(folder / "store")
    command = [
        sys.executable, "-m", "clavilux.cli", "render", str(song), "-o", str(folder / "video.mp4"),
        "--style", options.style, "--tier", str(options.tier), "--preset", options.preset,
        "--duration", str(options.seconds), "--workers", str(options.workers), "--json",
    ]  # fmt: skip
    environment = {**os.environ, "CLAVILUX_CACHE": str(store.folder)}
    whole, whole_cores, peak, printed = run(command, environment)
    report = json.loads(printed)
    frames = report["sync"]["frames"]
    encode, encode_cores = _encode_alone(song, render_options, store, options.workers)
    stages = _stages(song, render_options, store)
    return {
        "frames": frames,
        "workers": options.workers,
        "preset": options.preset,
        "whole render, s": round(whole, 1),
        "encoding alone, s": round(encode, 1),
        "ratio": round(whole / encode, 2),
        "ratio in core time": round(whole_cores / encode_cores, 2),
        "whole render, core-ms per frame": round(1000 * whole_cores / frames, 1),
        "encoding alone, core-ms per frame": round(1000 * encode_cores / frames, 1),
        "compiling, s": round(compile_seconds, 1),
        "peak memory of a process, MB": round(peak),
        "wall seconds by verb": report["seconds"],
        "core-ms per frame by stage": stages,
    }


def _demo_song(folder: Path) -> Path:
    import make_demo_song

    path = folder / "demo.flac"
    make_demo_song.write_song(path, make_demo_song.make_song()[0])
    return path


def _compile(song: Path, options: pipeline.RenderOptions, store: Store) -> float:
    """Draw a small video once, so that every kernel is compiled and cached."""
    begin = time.perf_counter()
    small = pipeline.RenderOptions(
        style=options.style,
        tier=options.tier,
        preset=PRESETS["preview"].model_copy(update={"width": 160, "height": 90}),
    )
    drawer, timeline, _ = _drawer(song, small, store)
    for number in range(0, timeline.frames, 15):
        drawer.frame(number)
    return time.perf_counter() - begin


def _drawer(song: Path, options: pipeline.RenderOptions, store: Store):  # type: ignore[no-untyped-def]
    spec, analysis = pipeline.direct(song, options, store)
    made = pipeline.paint(spec, options, store)
    timeline = pipeline.plan(spec, analysis, options, stills=pipeline.usable(made))
    return SegmentDrawer(timeline, store, options.encoder), timeline, made


def _encode_alone(
    song: Path, options: pipeline.RenderOptions, store: Store, workers: int
) -> tuple[float, float]:
    """Wall and core seconds of encoding the same frames, drawn before the clock runs.

    As many encoders run side by side as in the render, a batch of segments at a time, so that
    memory stays small. The wall time is taken as that of perfect parallelism, cores / workers:
    the batches end unevenly, which must not count against encoding.
    """
    drawer, timeline, _ = _drawer(song, options, store)
    cores = 0.0
    spans = segments(timeline)
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(spans), workers):
            batch = [
                [drawer.frame(n) for n in range(span.start, span.end)]
                for span in spans[first : first + workers]
            ]
            used = core_seconds()
            list(pool.map(lambda frames: _encode(frames, timeline, options.encoder), batch))
            cores += core_seconds() - used
    return cores / workers, cores


def _encode(frames: list[NDArray[np.uint8]], timeline, settings: EncoderSettings) -> bytes:  # type: ignore[no-untyped-def]
    return encode_segment(
        frames,
        width=timeline.width,
        height=timeline.height,
        rate=timeline.rate,
        settings=settings,
    )


def _stages(song: Path, options: pipeline.RenderOptions, store: Store) -> dict[str, float]:
    """Where drawing spends its time: a sample of frames taken through each stage by hand."""
    _, timeline, _ = _drawer(song, options, store)
    loader = StillLoader(store, timeline.width, timeline.height, keep=8)
    renderer = Renderer(timeline.width, timeline.height, loader)
    numbers = list(range(0, timeline.frames, max(1, timeline.frames // 120)))
    taken = {"resolve": 0.0, "sources": 0.0, "draw (all)": 0.0}
    for number in numbers:
        start = time.process_time()
        state = resolve(timeline, number)
        resolved = time.process_time()
        for layer in state.layers:
            renderer._source(layer)
        sourced = time.process_time()
        renderer.draw(state)
        taken["resolve"] += resolved - start
        taken["sources"] += sourced - resolved
        taken["draw (all)"] += time.process_time() - sourced
    per_frame = {k: round(1000 * v / len(numbers), 2) for k, v in taken.items()}
    per_frame["draw without sources"] = round(per_frame["draw (all)"] - per_frame["sources"], 2)
    return per_frame


def _show(result: dict[str, float | str | dict[str, float]]) -> None:
    for name, value in result.items():
        if isinstance(value, dict):
            print(name)
            for stage, figure in value.items():
                print(f"  {stage:<32}{figure:>10}")
        else:
            print(f"{name:<34}{value:>10}")


if __name__ == "__main__":
    main()
