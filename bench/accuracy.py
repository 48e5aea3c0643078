"""How well the analysis hears a folder of songs whose beats and sections are known.

    python bench/accuracy.py FOLDER [--only WORD] [--tracker NAME] [--workers 2] [--json]

The folder holds songs and their truth: a songs.json with an entry per song, or beside each song a
file of its name with the ending .json, .jams, .beats, .txt or .lab (README, "Measure it on your own
music"). Songs of kind "rubato" are judged in a row of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from clavilux import pipeline
from clavilux.evaluation.figures import Figures, evaluate
from clavilux.evaluation.table import align, summarise
from clavilux.evaluation.truth import Truth, read_truths, truth_for
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.storage import Store

SONGS = (".mp3", ".flac", ".ogg", ".opus", ".wav", ".m4a", ".aac", ".wma", ".aiff")
TRUTHS = (".json", ".jams", ".beats", ".txt", ".lab")


def main() -> None:
    options = _arguments()
    try:
        songs = [(s, t) for s, t in find_songs(options.folder) if options.only in s.name]
        figures = measure(songs, tracker=options.tracker, workers=options.workers)
    except ClaviluxError as error:
        sys.exit(f"error: {error}")
    if options.json:
        print(json.dumps([f.model_dump() for f in figures]))
    else:
        print(align(summarise(figures)))


def find_songs(folder: Path) -> list[tuple[Path, Truth]]:
    """Every song of a folder that has a truth. Raises InputError where there is none."""
    index = folder / "songs.json"
    if index.exists():
        named = [(folder / truth.file, truth) for truth in read_truths(index)]
        for song, _ in named:
            if not song.is_file():
                raise InputError(f"{index} names '{song.name}', which is not there")
        return named
    found = []
    for song in sorted(p for p in folder.glob("*") if p.suffix.lower() in SONGS):
        beside = [p for ending in TRUTHS if (p := song.with_suffix(ending)).exists()]
        if beside:
            found.append((song, truth_for(beside[0], song)))
    if not found:
        raise InputError(f"{folder} has no songs.json and no song with a truth beside it")
    return found


def measure(
    songs: list[tuple[Path, Truth]], *, tracker: str = "", workers: int = 2
) -> list[Figures]:
    """Figures of every song, a process for each worker; a line of progress where one looks."""
    with ProcessPoolExecutor(max_workers=workers) as pool:
        jobs = [pool.submit(measure_one, song, truth, tracker=tracker) for song, truth in songs]
        for done, _ in enumerate(as_completed(jobs), start=1):
            if sys.stderr.isatty():
                print(f"\r{done}/{len(jobs)}", end="", file=sys.stderr, flush=True)
        return [job.result() for job in jobs]


def measure_one(song: Path, truth: Truth, *, tracker: str = "") -> Figures:
    """Hear a song afresh and judge it. `tracker`: who hears the beats; "" is the built-in one."""
    with tempfile.TemporaryDirectory(prefix="clavilux-accuracy-") as folder:
        analysis = pipeline.analyze(song, Store(Path(folder)), tracker=tracker)
    return evaluate(analysis, truth).model_copy(update={"file": song.name})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="songs with this in their name")
    parser.add_argument("--tracker", default="", help="who hears the beats")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
