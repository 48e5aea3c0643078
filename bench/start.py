"""How long a new process takes to its first frame, and what compiling takes of it.

    python bench/start.py SONG --store FOLDER --began $(date +%s.%N) [--preset youtube] [--every 15]

Prints JSON. `render.py` starts it with an empty kernel cache, with a full one, and with a store
that knows the song. After its first frame it draws every so many others, for the kernels that only
they need. Compiling and loading are between events that Numba itself reports.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import ExitStack
from pathlib import Path

from numba.core import event


def main() -> None:
    chosen = _arguments()
    with ExitStack() as stack:
        compiling = stack.enter_context(event.install_listener("numba:compile", Timer()))
        both = stack.enter_context(event.install_listener("numba:compiler_lock", Timer()))
        first, frames = draw(chosen)
    print(
        json.dumps(
            {
                "first frame, s": first,
                "compiling, core-s": compiling.seconds,
                "loading compiled kernels, core-s": both.seconds - compiling.seconds,
                "frames": frames,
            }
        )
    )


class Timer(event.Listener):  # type: ignore[misc]
    """Core seconds of this process in which at least one event of a kind went on."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth, self._began = 0, 0.0

    def on_start(self, event: object) -> None:
        if self._depth == 0:
            self._began = time.process_time()
        self._depth += 1

    def on_end(self, event: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.seconds += time.process_time() - self._began


def draw(chosen: argparse.Namespace) -> tuple[float, int]:
    """Seconds from `began` to the first frame; and how many frames were drawn in all."""
    import verbs
    from clavilux.executors.draw import SegmentDrawer
    from clavilux.storage import Store

    options = verbs.render_options(chosen, chosen.preset, chosen.seconds)
    store = Store(chosen.store)
    timeline = verbs.plan(chosen.song, options, store).timeline
    drawer = SegmentDrawer(timeline, store, options.encoder)
    drawer.frame(0)
    first = time.time() - chosen.began
    others = range(chosen.every, timeline.frames, chosen.every) if chosen.every else ()
    for number in others:
        drawer.frame(number)
    return first, 1 + len(others)


def _arguments() -> argparse.Namespace:
    from verbs import add_choices

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("song", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--began", type=float, required=True, help="seconds since 1970")
    parser.add_argument("--preset", default="youtube")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=int, default=0, help="then draw every so many frames")
    add_choices(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
