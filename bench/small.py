"""A render of any size and rate, in a process of its own; `scaling.py` starts it.

    python bench/small.py SONG VIDEO --store FOLDER [--size 192x108] [--rate 12] [--trace]

Prints JSON: wall seconds by verb, and frames. With --trace it is slow, and also tells what this
process's memory grew by while frames were drawn and which lines hold it, by tracemalloc.
"""

from __future__ import annotations

import argparse
import json
import tracemalloc
from pathlib import Path

from clavilux import pipeline
from clavilux.model.spec import PRESETS
from clavilux.model.time import FrameRate
from clavilux.planning.edit import Part
from clavilux.storage import Store

LINES = 12
"""Of those that hold the most memory."""


def main() -> None:
    chosen = _arguments()
    width, _, height = chosen.size.partition("x")
    preset = PRESETS["preview"].model_copy(
        update={
            "width": int(width),
            "height": int(height),
            "rate": FrameRate.parse(chosen.rate),
        }
    )
    options = pipeline.RenderOptions(
        style=chosen.style,
        tier=chosen.tier,
        preset=preset,
        part=Part(0.0, chosen.seconds),
        workers=chosen.workers,
    )
    tracer = Tracer() if chosen.trace else None
    report = pipeline.render(
        chosen.song,
        chosen.video,
        options,
        Store(chosen.store),
        on_progress=tracer or (lambda *_: None),
    )
    told = {"frames": report.sync.frames, "seconds": report.seconds}
    print(json.dumps(told | ({"traced": tracer.told()} if tracer else {})))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("song", type=Path)
    parser.add_argument("video", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--size", default="192x108")
    parser.add_argument("--rate", default="12")
    parser.add_argument("--style", default="silk_and_gold")
    parser.add_argument("--tier", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="all of the song by default")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--trace", action="store_true")
    return parser.parse_args()


class Tracer:
    """Listens to the progress of a render, and looks at the memory at the end of each verb."""

    def __init__(self) -> None:
        tracemalloc.start()
        self._verb, self._first = "", tracemalloc.take_snapshot()
        self._held: dict[str, int] = {}
        self._peaks: dict[str, int] = {}

    def __call__(self, verb: str, *_: object) -> None:
        if verb != self._verb:
            self._note()
            self._verb = verb

    def _note(self) -> None:
        self._held[self._verb], self._peaks[self._verb] = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()

    def told(self) -> dict[str, object]:
        """MB held after each verb, its peak, and the lines that hold the most at the end."""
        self._note()
        grown = tracemalloc.take_snapshot().compare_to(self._first, "lineno")
        return {
            "held, MB": {verb: round(n / 1e6, 2) for verb, n in self._held.items() if verb},
            "peak, MB": {verb: round(n / 1e6, 2) for verb, n in self._peaks.items() if verb},
            "lines": [str(line) for line in grown[:LINES]],
        }


if __name__ == "__main__":
    main()
