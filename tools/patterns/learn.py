"""Learn src/clavilux/analysis/patterns.npz.

    PYTHONPATH=tools python -m patterns.learn --output src/clavilux/analysis/patterns.npz

Songs are made by tools/songs; with --soundfont FILE three of five sound like it, and with --mma
COMMAND as well, others are arranged by MMA's grooves (tools/arranged). No recording is used.
Several fits, each on some of the songs, are averaged (bagging: Breiman, Machine Learning 1996):
what one set of songs taught by chance is lost that way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.patterns import LEVELS, PHASES
from patterns.examples import CURVES, FIRST_CELL, KINDS, Example, Floats, example
from patterns.fitting import fit
from patterns.metronome import make_click_track
from patterns.weighing import song_weights

PROCESSES = 2
SECONDS = 60.0
FIRST_SEED = 20_000
ARRANGED_WEIGHT, CLICK_WEIGHT = 1.5, 1.2
SHARE = 0.6
"""Of the songs in each fit."""
COOL = 0.5
"""Weights fitted on stretches of 16 beats are too sure of whole songs."""

Source = tuple[Callable[[int], Example | None], int, float | None]
"""Maker, count, and weight of each song; None to weigh them by weighing.song_weights."""


def from_songs(seed: int, *, soundfont: Path | None) -> Example | None:
    from songs.make import make_song

    font = soundfont if seed % 5 < 3 else None
    song = make_song(FIRST_SEED + seed, seconds=SECONDS, soundfont=font)
    return example(song.samples, song.beats, song.positions, meter=song.meter, feel=song.feel)


def from_grooves(seed: int, *, mma: Path, soundfont: Path) -> Example | None:
    from arranged.make import make_arranged

    song = make_arranged(seed, mma=mma, soundfont=soundfont, seconds=SECONDS)
    return example(song.samples, song.beats, song.positions, meter=song.meter, feel=song.feel)


def from_clicks(seed: int) -> Example | None:
    track = make_click_track(seed)
    return example(track.samples, track.beats, track.positions, meter=track.meter, feel="straight")


def gather(sources: list[Source]) -> tuple[list[list[Example]], list[float | None]]:
    """The songs of each source that came out."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        made = [list(_heard(pool.map(maker, range(n), chunksize=4))) for maker, n, _ in sources]
    return made, [weight for *_, weight in sources]


def _heard(examples: Iterator[Example | None]) -> Iterator[Example]:
    return (one for one in examples if one is not None)


def bag(songs: list[list[Example]], weights: list[float | None], seed: int) -> NDArray[np.float32]:
    """One fit on a random share of every source."""
    rng = np.random.default_rng(seed)
    chosen: list[Example] = []
    counts: list[Floats] = []
    for source, weight in zip(songs, weights, strict=True):
        some = [source[i] for i in rng.permutation(len(source))[: int(SHARE * len(source))]]
        chosen += some
        if some:
            counts.append(song_weights(some) if weight is None else np.full(len(some), weight))
    return fit(chosen, np.concatenate(counts), seed=seed)


def save(path: Path, weights: NDArray[np.float32]) -> None:
    """Weights (CELLS, CURVES, LEVELS) as bytes, with the scale of each pattern."""
    data: dict[str, Any] = {
        "names": np.array([name for name, _ in KINDS]),
        "meters": np.array([meter for _, meter in KINDS]),
    }
    scales = []
    for index, (_, meter) in enumerate(KINDS):
        part = COOL * weights[FIRST_CELL[index] : FIRST_CELL[index + 1]]
        table = part.reshape(meter, PHASES, CURVES, LEVELS).transpose(2, 3, 0, 1)
        scales.append(np.abs(table).max() / 127)
        data[f"weights_{index}"] = np.round(table / scales[-1]).astype(np.int8)
    data["scales"] = np.array(scales)
    np.savez_compressed(path, **data)
    print(f"{path}: {path.stat().st_size} bytes")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--songs", type=int, default=1200)
    parser.add_argument("--arranged", type=int, default=300)
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--fits", type=int, default=6)
    parser.add_argument("--soundfont", type=Path, default=None)
    parser.add_argument("--mma", type=Path, default=None)
    wanted = parser.parse_args()
    sources: list[Source] = [(partial(from_songs, soundfont=wanted.soundfont), wanted.songs, None)]
    if wanted.mma is not None and wanted.soundfont is not None:
        maker = partial(from_grooves, mma=wanted.mma, soundfont=wanted.soundfont)
        sources.append((maker, wanted.arranged, ARRANGED_WEIGHT))
    sources.append((from_clicks, wanted.clicks, CLICK_WEIGHT))
    songs, weights = gather(sources)
    with ProcessPoolExecutor(PROCESSES) as pool:
        fits = list(pool.map(partial(bag, songs, weights), range(wanted.fits)))
    save(wanted.output, np.mean(fits, axis=0))


if __name__ == "__main__":
    main()
