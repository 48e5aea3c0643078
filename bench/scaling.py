"""How a render grows: with workers, with the song's length, with the size of the frame.

    python bench/scaling.py [--minutes 60] [--seconds 20] [--workers 2] [--json]

Workers: the same render by 1, 2, ... of them, each from an empty store; stills are painted before.
Length: tier 1 at 192x108, 12 frames a second, of the demo song looped to --minutes, a
15th and a 60th of that.
Size: six seconds of tier 2 at 1080p30, 4k30 and 4k60. Memory is the peak of the largest process,
and the most that all held at one moment (shared pages counted once).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from demosong import demo_song, looped_song
from measuring import CORES, Used, run
from tables import table

Figures = dict[str, float]
PARTS = ("workers", "length", "size")

SHORTEST = 0.1
"""Minutes of a song."""


def main() -> None:
    chosen = _arguments()
    found: dict[str, dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as name:
        for part in chosen.part or PARTS:
            folder = Path(name) / part
            folder.mkdir()
            found[part] = MEASURES[part](chosen, folder)
            if not chosen.json:
                print(f"{show(part, found[part])}\n", flush=True)
            shutil.rmtree(folder)
    if chosen.json:
        print(json.dumps(found, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", action="append", choices=PARTS, help="may be repeated")
    parser.add_argument("--minutes", type=float, default=60.0, help="the longest song")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the render by workers")
    parser.add_argument("--workers", type=int, default=CORES, help="the most")
    parser.add_argument("--preset", default="youtube", help="of the render by workers")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def by_workers(chosen: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """Wall and core seconds of drawing and encoding, by workers."""
    song = demo_song(folder)
    length = ("--preset", chosen.preset, "--duration", str(chosen.seconds))
    _render(song, folder, *length, "--workers", str(chosen.workers))  # stills, analysis, kernels
    found: dict[str, Figures] = {}
    for workers in range(1, chosen.workers + 1):
        _forget_segments(folder / "store")
        used = _render(song, folder, *length, "--workers", str(workers))
        report = json.loads(used.printed)
        drawing = report["seconds"]["draw and encode"]
        one = found.get("1", {"drawing, s": drawing, "core-s": used.cores})
        found[str(workers)] = {
            **_memory(used),
            "frames": report["sync"]["frames"],
            "drawing, s": drawing,
            "efficiency": one["drawing, s"] / (workers * drawing),
            "in core time": one["core-s"] / used.cores,
            "elsewhere": used.elsewhere,
        }
    return found


def _render(song: Path, folder: Path, *choices: str) -> Used:
    command = [sys.executable, "-m", "clavilux.cli", "render", str(song), "-o"]
    environment = {**os.environ, "CLAVILUX_CACHE": str(folder / "store")}
    return run(
        [*command, str(folder / "video.mp4"), "--style", "oil_painting", *choices, "--json"],
        environment,
    )


def _forget_segments(store: Path) -> None:
    for segment in store.rglob("*.mp4"):
        segment.unlink()


def _memory(used: Used) -> Figures:
    return {
        "wall, s": used.wall,
        "core-s": used.cores,
        "largest, MB": used.largest,
        "together, MB": used.together,
    }


def by_length(chosen: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """Memory of a small render, by minutes."""
    found = {}
    for minutes in sorted({max(SHORTEST, chosen.minutes / part) for part in (60, 15, 1)}):
        song = looped_song(folder / f"{minutes:g}.mp3", minutes)
        store = folder / f"store-{minutes:g}"
        command = [
            sys.executable, str(Path(__file__).parent / "small.py"), str(song),
            str(folder / "video.mp4"), "--store", str(store), "--workers", str(chosen.workers),
        ]  # fmt: skip
        used = run(command)
        told = json.loads(used.printed)
        found[f"{minutes:g}"] = {**_memory(used), "frames": told["frames"]}
        shutil.rmtree(store)
    return found


def by_size(chosen: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """Memory of six seconds (two segments), by size and rate."""
    song = demo_song(folder)
    found = {}
    for name, preset, rate in (
        ("1080p30", "youtube", "30"),
        ("4k30", "4k", "30"),
        ("4k60", "4k", "60"),
    ):
        choices = ("--preset", preset, "--fps", rate, "--duration", "6", "--tier", "2")
        used = _render(song, folder, *choices, "--workers", str(chosen.workers))
        found[name] = {**_memory(used), "frames": json.loads(used.printed)["sync"]["frames"]}
    return found


MEASURES = {"workers": by_workers, "length": by_length, "size": by_size}


def show(part: str, found: dict[str, Figures]) -> str:
    """The table of one part."""
    columns = list(dict.fromkeys(name for figures in found.values() for name in figures))
    names = {"workers": "workers", "length": "minutes of song", "size": "size and rate"}
    rows = [(label, *(_rounded(n, f[n]) for n in columns)) for label, f in found.items()]
    return table([names[part], *columns], rows)


def _rounded(name: str, figure: float) -> float | str:
    if name.endswith("MB") or name == "frames":
        return f"{figure:.0f}" if figure == figure else "-"
    return f"{figure:.2f}" if name in ("efficiency", "in core time", "elsewhere") else figure


if __name__ == "__main__":
    main()
