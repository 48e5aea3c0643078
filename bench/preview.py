"""How soon a preview is seen, and how fast it is made: `clavilux preview` from the outside.

The song is looped from the demo song. Each case runs in a cache of its own, several times; medians
are told, and how busy the rest of the machine was. The seconds to the first frame are those from
the start of the command to the first fragment of its output, which holds moving frames.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from demosong import looped_song
from measuring import CORES, machine_seconds, run

DRAWN = ("*.mp4", "*.blocks.npy", "*.preview.json")
"""What a preview leaves in the store besides the analysis and the stills."""


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as folder:
        result = bench(options, Path(folder))
    print(json.dumps(result, indent=2) if options.json else _table(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--song", type=Path, help="a song file; the demo song, looped, by default")
    parser.add_argument("--minutes", type=float, default=4.0, help="of the looped demo song")
    parser.add_argument("--long", type=float, default=60.0, help="minutes of a mix; 0: none")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cold", action="store_true", help="also with no compiled kernels: slow")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def bench(options: argparse.Namespace, folder: Path) -> dict[str, float | str]:
    song = options.song or looped_song(folder / "song.mp3", options.minutes)
    ask = ["preview", str(song), "--workers", str(options.workers)]
    result: dict[str, float | str] = {"cores": CORES, "workers": options.workers}
    if options.cold:
        result["first frame, nothing compiled, s"] = _cold(ask, folder)
    _first_frame(ask, folder / "warm", to_end=True)  # compiles what is not compiled yet
    busy, begin = machine_seconds(), time.perf_counter()
    result |= _file(ask, folder, options.runs)
    result |= _stream(ask, folder, options.runs)
    if options.long:
        mix = looped_song(folder / "mix.mp3", options.long)
        seen = [
            _first_frame(["preview", str(mix)], folder / f"mix{k}") for k in range(options.runs)
        ]
        result[f"first frame, {options.long:g} minutes never seen, s"] = round(median(seen), 2)
    used = machine_seconds() - busy
    result["cores busy, with others' work"] = round(used / (time.perf_counter() - begin), 2)
    return result


def _file(ask: list[str], folder: Path, runs: int) -> dict[str, float | str]:
    """The whole file: times real time, of a song never seen."""
    speeds, cores, verbs = [], [], {}
    for number in range(runs):
        target = folder / "preview.mp4"
        environment = _environment(folder / f"file{number}")
        used = run([*_command(ask), "-o", str(target), "--json"], environment)
        report = json.loads(used.printed)
        seconds = report["sync"]["frames"] / 30
        speeds.append(seconds / used.wall)
        cores.append(seconds / (used.cores / CORES))
        verbs = report["seconds"]
    told = {f"  {verb}, s (last run)": spent for verb, spent in verbs.items()}
    return {
        "file, times real time": round(median(speeds), 1),
        "file, times real time, were all cores ours": round(median(cores), 1),
        **told,
    }


def _stream(ask: list[str], folder: Path, runs: int) -> dict[str, float | str]:
    never, analysed, seen = [], [], []
    for number in range(runs):
        cache = folder / f"stream{number}"
        never.append(_first_frame(ask, cache))
        _first_frame(ask, cache, to_end=True)
        seen.append(_first_frame(ask, cache))
        for path in [path for name in DRAWN for path in cache.rglob(name)]:
            path.unlink()
        analysed.append(_first_frame(ask, cache))
        shutil.rmtree(cache)
    return {
        "first frame, never seen, s": round(median(never), 2),
        "first frame, analysed and painted, s": round(median(analysed), 2),
        "first frame, seen before, s": round(median(seen), 2),
    }


def _cold(ask: list[str], folder: Path) -> float:
    environment = {"XDG_CACHE_HOME": str(folder / "kernels")}
    return round(_first_frame(ask, folder / "cold", **environment), 1)


def _first_frame(ask: list[str], cache: Path, *, to_end: bool = False, **more: str) -> float:
    """Seconds from the start of the command to its first fragment; then it is stopped, or not."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [*_command(ask), "-o", "-"], stdout=subprocess.PIPE, env=_environment(cache, **more)
    ) as process:
        assert process.stdout is not None
        _read_fragment(process.stdout)
        seconds = time.perf_counter() - begin
        while to_end and process.stdout.read(1 << 20):
            pass
        process.stdout.close()
    if process.returncode:
        sys.exit(f"error: the preview ended with {process.returncode}")
    return seconds


def _read_fragment(stream) -> None:  # type: ignore[no-untyped-def]
    """Up to the end of the first box with frames in it (ISO/IEC 14496-12)."""
    kind = b""
    while kind != b"mdat":
        head = stream.read(8)
        if len(head) < 8:
            sys.exit("error: the preview ended before its first frame")
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        stream.read(size - 8)


def _command(ask: list[str]) -> list[str]:
    return [sys.executable, "-m", "clavilux.cli", *ask]


def _environment(cache: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "CLAVILUX_CACHE": str(cache), **more}


def _table(result: dict[str, float | str]) -> str:
    return "\n".join(f"{name:<44}{value:>8}" for name, value in result.items())


if __name__ == "__main__":
    main()
