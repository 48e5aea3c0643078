"""How long the analysis of a song takes against decoding alone and against librosa's usual path.

    python bench/analysis.py [--minutes 4] [--hours 3] [--runs 5] [--song song.mp3] [--json]

Every figure is the median of several runs, each in a fresh process, the kinds taking turns in one
run, so that ratios survive a noisy machine. Clocks start after the imports, which are timed apart,
and after kernels were compiled once. librosa (the extra `bench`) does tempo, beats, onsets and
MFCC; where it is not installed its line is left out. --hours adds one run over a mix that long.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from demosong import looped_song

BENCH = Path(__file__)
Figures = dict[str, float]


def main() -> None:
    options = _arguments()
    if options.part:
        print(json.dumps(measure(options.part, options.song)))
        return
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as folder:
        result = bench(options, Path(folder))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _show(result)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--hours", type=float, help="also take one run over a mix this long")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--song", type=Path, help="a song file; the looped demo song by default")
    parser.add_argument("--librosa-python", default=sys.executable, help="one that has librosa")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    return parser.parse_args()


# --- One figure, in a process of its own -----------------------------------------------------


def measure(part: str, song: Path) -> Figures:
    """Import what a part needs, then run it: wall and core seconds of both, and peak memory."""
    begin, cores = time.perf_counter(), time.process_time()
    run = PARTS[part]()
    imported, import_cores = time.perf_counter(), time.process_time()
    seconds = run(song)
    end, end_cores = time.perf_counter(), time.process_time()
    return {
        "import, s": imported - begin,
        "import, core-s": import_cores - cores,
        "wall, s": end - imported,
        "core-s": end_cores - import_cores,
        "peak, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "song, s": seconds,
    }


Run = Callable[[Path], float]
"""Song file -> its seconds."""


def _decoding_alone() -> Run:
    import av

    def run(song: Path) -> float:
        seconds = 0.0
        with av.open(str(song)) as container:
            for packet in container.demux(audio=0):
                # where files were joined, a packet may be damaged
                with contextlib.suppress(av.error.InvalidDataError):
                    seconds += sum(f.samples / f.sample_rate for f in packet.decode())
        return seconds

    return run


def _to_samples() -> Run:
    import av  # noqa: F401
    import soxr  # noqa: F401

    from clavilux.media import audio

    class Deaf:
        def feed(self, samples: object) -> None:
            pass

    return lambda song: audio.listen(song, Deaf)[0].duration


def _to_features() -> Run:
    import av  # noqa: F401
    import soxr  # noqa: F401

    from clavilux.analysis.spectrum import Measurer
    from clavilux.media import audio

    def run(song: Path) -> float:
        facts, measurer = audio.listen(song, Measurer)
        measurer.finish()
        return facts.duration

    return run


def _to_analysis() -> Run:
    import av  # noqa: F401
    import soxr  # noqa: F401

    from clavilux.analysis.analyze import interpret
    from clavilux.analysis.spectrum import Measurer
    from clavilux.media import audio

    def run(song: Path) -> float:
        facts, measurer = audio.listen(song, Measurer)
        return len(interpret(facts, measurer.finish()).model_dump_json()) and facts.duration

    return run


def _librosa() -> Run:
    import librosa

    # its parts are imported when they are first named
    _ = librosa.load, librosa.beat.beat_track, librosa.onset.onset_detect, librosa.feature.mfcc

    def run(song: Path) -> float:
        samples, rate = librosa.load(str(song), sr=22050)
        librosa.beat.beat_track(y=samples, sr=rate)
        librosa.onset.onset_detect(y=samples, sr=rate)
        librosa.feature.mfcc(y=samples, sr=rate)
        return len(samples) / rate

    return run


PARTS: dict[str, Callable[[], Run]] = {
    "decoding alone": _decoding_alone,
    "decoding to mono at 22 kHz": _to_samples,
    "... and all features": _to_features,
    "whole analysis": _to_analysis,
    "librosa's tempo, onsets, MFCC": _librosa,
}


# --- All of them -----------------------------------------------------------------------------


def bench(options: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """The figures of each part; those of the long mix have names of their own."""
    song = options.song or looped_song(folder / "song.mp3", options.minutes)
    parts = [part for part in PARTS if PARTS[part] is not _librosa or _has_librosa(options)]
    for part in parts:
        _fresh(part, song, options)  # compile, and fill the system's file cache
    taken: dict[str, list[Figures]] = {part: [] for part in parts}
    for _ in range(options.runs):
        for part in parts:
            taken[part].append(_fresh(part, song, options))
    result = {part: _medians(figures) for part, figures in taken.items()}
    if options.hours:
        mix = _long_mix(song, folder / "mix.mp3", hours=options.hours)
        for part in ("decoding alone", "whole analysis"):
            result[f"{part}, {options.hours:g} h"] = _fresh(part, mix, options)
    return result


def _has_librosa(options: argparse.Namespace) -> bool:
    if options.librosa_python == sys.executable:
        return importlib.util.find_spec("librosa") is not None
    return True


def _fresh(part: str, song: Path, options: argparse.Namespace) -> Figures:
    python = options.librosa_python if PARTS[part] is _librosa else sys.executable
    command = [python, str(BENCH), "--part", part, "--song", str(song)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def _medians(runs: list[Figures]) -> Figures:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _long_mix(song: Path, path: Path, *, hours: float) -> Path:
    """An MP3 is a chain of frames: a file written again and again plays again and again."""
    seconds = _decoding_alone()(song)
    data = song.read_bytes()
    with path.open("wb") as file:
        for _ in range(max(1, round(hours * 3600 / seconds))):
            file.write(data)
    return path


def _show(result: dict[str, Figures]) -> None:
    alone = result["decoding alone"]
    print(f"{'a song of ' + format(alone['song, s'], '.0f') + ' s':<34}", end="")
    print("  wall s  core s  x real time  x decoding  peak MB  import s")
    for part, figures in result.items():
        same = part.replace("whole analysis", "decoding alone")
        floor = result[same] if part.endswith(" h") else alone
        print(
            f"{part:<34}{figures['wall, s']:>8.2f}{figures['core-s']:>8.2f}"
            f"{figures['song, s'] / figures['wall, s']:>13.0f}"
            f"{figures['wall, s'] / floor['wall, s']:>12.1f}"
            f"{figures['peak, MB']:>9.0f}{figures['import, s']:>10.2f}"
        )
    if not any("librosa" in part for part in result):
        print("librosa is not installed: pip install 'clavilux[bench]' adds its line")


if __name__ == "__main__":
    main()
