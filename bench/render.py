"""Where the time of a render goes, and how long it takes against encoding its frames alone.

    python bench/render.py [--preset youtube --preset 4k] [--seconds 60] [--tier 2] [--json]

The whole render and encoding alone run on the same cores with the same encoder settings, one after
the other, in one run, so the ratio survives a noisy machine. The time of encoding alone is that of
perfect parallelism, core seconds / workers: batches end unevenly, which must not count against it.
Stages are then taken one by one in this process, in core-milliseconds (user + system time) per
frame; kernels are compiled before any clock but those of compiling starts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import drawing
import verbs
from clavilux.model.spec import PRESETS
from clavilux.storage import Store
from demosong import demo_song
from measuring import Used, run
from tables import table

SECONDS = {"youtube": 60.0, "4k": 8.0, "vertical": 12.0}
"""How much of the song is rendered: all of `make bench` is to take about ten minutes."""

SAMPLED_PIXELS = 130_000_000
"""Of the frames that are drawn to measure drawing: 60 at 1080p."""

Figures = dict[str, float | int | None]


def main() -> None:
    chosen = _arguments()
    results = {}
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as name:
        folder = Path(name)
        song = chosen.song or demo_song(folder)
        starts = first_frames(chosen, song, folder) if chosen.starts else {}
        if starts and not chosen.json:
            show_starts(starts)
        for preset in chosen.preset or SECONDS:
            seconds = chosen.seconds or SECONDS.get(preset, 12.0)
            results[preset] = bench(chosen, preset, seconds, song, folder / preset)
            if not chosen.json:
                show(results[preset], preset, seconds)
    if chosen.json:
        print(json.dumps({"starts": starts, **results}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", action="append", choices=PRESETS, help="may be repeated")
    parser.add_argument("--seconds", type=float, help="60 at 1080p, less at the other presets")
    parser.add_argument("--song", type=Path, help="a song file; the demo song by default")
    parser.add_argument("--frames", type=int, help="drawn to measure drawing; 60 at 1080p")
    parser.add_argument(
        "--no-starts", dest="starts", action="store_false", help="without compiling everything anew"
    )
    parser.add_argument("--json", action="store_true")
    verbs.add_choices(parser)
    return parser.parse_args()


def own_kernels(folder: Path) -> dict[str, str]:
    """An environment with a kernel cache of its own, empty at first."""
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "kernels")}


# --- Before the first frame ------------------------------------------------------------------


def first_frames(chosen: argparse.Namespace, song: Path, folder: Path) -> dict[str, Figures]:
    """A small video begun three times: with no compiled kernels, with them, and known.

    The first draws frames all over the song, and so compiles whatever the renders to come need.
    """
    script, environment = str(Path(__file__).parent / "start.py"), own_kernels(folder)
    found = {}
    for name, store, every in (
        ("no compiled kernels, new song", "cold", verbs.EVERY),
        ("compiled kernels, new song", "warm", verbs.EVERY),
        ("compiled kernels, analysed, stills painted", "warm", 0),
    ):
        command = [
            sys.executable, script, str(song), "--store", str(folder / store), "--preset",
            "preview", "--style", chosen.style, "--tier", str(chosen.tier), "--every", str(every),
            "--began", str(time.time()),
        ]  # fmt: skip
        used = run(command, environment)
        found[name] = {**json.loads(used.printed), "elsewhere": used.elsewhere}
    return found


def show_starts(starts: dict[str, Figures]) -> None:
    header = [
        "start of a process, 640x360",
        "first frame, s",
        "compiling, core-s",
        "loading, core-s",
    ]
    rows = [
        (name, f["first frame, s"], f["compiling, core-s"], f["loading compiled kernels, core-s"])
        for name, f in starts.items()
    ]
    print(f"{table(header, rows, digits=2)}\n", flush=True)


# --- A preset --------------------------------------------------------------------------------


def bench(
    chosen: argparse.Namespace, preset: str, seconds: float, song: Path, folder: Path
) -> dict[str, Figures]:
    """Render once, encode the same frames alone, take the stages one by one."""
    options = verbs.render_options(chosen, preset, seconds)
    store, video = Store(folder / "store"), folder / "video.mp4"
    folder.mkdir()
    command = verbs.command_line(chosen, preset, seconds, song, video)
    kernels = own_kernels(folder.parent) if chosen.starts else dict(os.environ)
    environment = {**kernels, "CLAVILUX_CACHE": str(store.folder)}
    whole = run([sys.executable, "-m", "clavilux.cli", *command], environment)
    verbs.warm_up(song, options, folder / "warm")
    timeline = verbs.plan(song, options, store).timeline
    encode = verbs.encode_alone(timeline, options, store, workers=chosen.workers)
    stages = verbs.plan(song, options, Store(folder / "again")).taken
    verbs.still_loading(timeline, store, workers=chosen.workers, stages=stages)
    stages["resolve"] = verbs.resolving(timeline)
    renderer = drawing.renderer_of(timeline, store)
    count = chosen.frames or max(12, SAMPLED_PIXELS // (timeline.width * timeline.height))
    drawn, scenes = drawing.draw_all(renderer, drawing.sample(timeline, count))
    stages["draw (all)"] = drawn * timeline.frames / 1000
    if scenes:
        stages["of it scenes"] = scenes * timeline.frames / 1000
    stages["encode"] = encode
    stages |= verbs.finishing(song, options, store, folder / "again.mp4")
    marginal = drawing.effects(renderer, timeline, count)
    return {
        "whole": _whole(whole, encode, timeline.frames, chosen.workers),
        "wall seconds by verb": json.loads(whole.printed)["seconds"],
        "core seconds by stage": stages,
        "effects, core-ms": {m.name: m.median for m in marginal},
        "effects, mean": {m.name: m.mean for m in marginal},
        "effects, lower quarter": {m.name: m.low for m in marginal},
        "effects, upper quarter": {m.name: m.high for m in marginal},
        "effects, frames": {m.name: m.frames for m in marginal},
    }


def _whole(whole: Used, encode: float, frames: int, workers: int) -> Figures:
    return {
        "frames": frames,
        "workers": workers,
        "whole render, s": whole.wall,
        "encoding alone, s": encode / workers,
        "ratio": whole.wall * workers / encode,
        "ratio in core time": whole.cores / encode,
        "whole render, core-ms per frame": 1000 * whole.cores / frames,
        "encoding alone, core-ms per frame": 1000 * encode / frames,
        "peak of the largest process, MB": round(whole.largest),
        "peak of all processes together, MB": None
        if whole.together != whole.together
        else round(whole.together),
        "busy with something else, cores": whole.elsewhere,
    }


def show(result: dict[str, Figures], preset: str, seconds: float) -> None:
    size = PRESETS[preset]
    frames = result["whole"]["frames"] or 1
    title = f"{preset}, {size.width}x{size.height}, {seconds:g} s"
    print(table([title, ""], list(result["whole"].items()), digits=2), end="\n\n")
    stages = result["core seconds by stage"]
    rows = [(name, s, 1000 * (s or 0) / frames) for name, s in stages.items()]
    total = sum(s or 0 for name, s in stages.items() if name != "of it scenes")
    rows.append(("sum", total, 1000 * total / frames))
    print(table(["stage", "core-s", "core-ms per frame"], rows, digits=2), end="\n\n")
    rows = [
        (
            name,
            figure,
            result["effects, mean"][name],
            f"{result['effects, lower quarter'][name]:.2f} to"
            f" {result['effects, upper quarter'][name]:.2f}",
            result["effects, frames"][name],
        )
        for name, figure in result["effects, core-ms"].items()
    ]
    header = ["effect, marginal", "core-ms, median", "mean", "half of the frames", "frames"]
    print(f"{table(header, rows, digits=2)}\n", flush=True)


if __name__ == "__main__":
    main()
