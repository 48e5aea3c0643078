"""A flame graph of a render with one worker, in one process: where its time goes, line by line.

    python bench/flames.py [--seconds 8] [--tier 2] [--preset youtube] [--output out/profile.svg]

py-spy (the extra `bench`) watches from outside; compiled code shows under the line that calls it,
and with --native as functions of its own where py-spy can read them. Where py-spy is missing or not
allowed to watch (it needs ptrace), cProfile makes a table instead. The render runs once before, so
that compiling, analysis and stills are not in the picture.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import os
import pstats
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import verbs
from clavilux import pipeline
from clavilux.model.spec import PRESETS
from clavilux.storage import Store
from demosong import demo_song

LINES = 40
"""Of the table."""


def main() -> None:
    chosen = _arguments()
    with tempfile.TemporaryDirectory(prefix="clavilux-profile-") as name:
        folder = Path(name)
        song = chosen.song or demo_song(folder)
        options = verbs.render_options(chosen, chosen.preset, chosen.seconds)
        store = Store(folder / "store")
        pipeline.render(song, folder / "video.mp4", options, store)
        forget_segments(store)
        refused = "as asked" if chosen.table else flame_graph(chosen, song, folder, store)
        if refused:
            print(f"no flame graph: {refused}; a table by cProfile instead")
            print(profile_table(song, folder / "video.mp4", options, store))
        else:
            print(f"flame graph: {chosen.output}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--preset", default="youtube", choices=PRESETS)
    parser.add_argument("--song", type=Path, help="a song file; the demo song by default")
    parser.add_argument("--output", type=Path, default=Path("out/profile.svg"))
    parser.add_argument("--rate", type=int, default=200, help="looks per second")
    parser.add_argument("--native", action="store_true", help="functions of compiled code too")
    parser.add_argument("--table", action="store_true", help="cProfile's table in any case")
    verbs.add_choices(parser)
    parser.set_defaults(workers=1)
    return parser.parse_args()


def forget_segments(store: Store) -> None:
    """So that they are drawn again; analysis and stills stay."""
    for segment in store.folder.rglob("*.mp4"):
        segment.unlink()


def flame_graph(chosen: argparse.Namespace, song: Path, folder: Path, store: Store) -> str:
    """Have py-spy watch the render; returns why it cannot, or "" where it could."""
    spy = shutil.which(
        "py-spy", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    )
    if spy is None:
        return "py-spy is not installed (pip install 'clavilux[bench]')"
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    render = verbs.command_line(chosen, chosen.preset, chosen.seconds, song, folder / "video.mp4")
    watch = [spy, "record", "--output", str(chosen.output), "--rate", str(chosen.rate)]
    how = ["--native"] if chosen.native else ["--nonblocking"]
    done = subprocess.run(
        [*watch, *how, "--", sys.executable, "-m", "clavilux.cli", *render],
        env={**os.environ, "CLAVILUX_CACHE": str(store.folder)},
        capture_output=True,
        text=True,
    )
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if done.returncode or not chosen.output.exists():
        return next((line for line in said if "rror" in line or "ermi" in line), "py-spy failed")
    return ""


def profile_table(song: Path, video: Path, options: pipeline.RenderOptions, store: Store) -> str:
    """The functions that take longest by themselves."""
    profiler = cProfile.Profile()
    profiler.runcall(pipeline.render, song, video, options, store)
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(LINES)
    return text.getvalue()


if __name__ == "__main__":
    main()
