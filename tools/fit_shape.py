"""Learn analysis/shape.npz from generated songs: drums, voice and key.

    PYTHONPATH=tools python tools/fit_shape.py --songs 300 [--soundfont FluidR3_GM.sf2]

Every fifth song is kept aside and scored; then the tables are fitted anew to all of them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from songs.make import make_song

from clavilux.analysis import drums, harmony, learned, voice
from clavilux.analysis.spectrum import FPS, LONG_FPS, measure
from clavilux.model.song import DRUMS

Array = NDArray[np.float64]

NEAR_SECONDS = 0.035
"""A moment is a stroke if one truly falls this near."""
VOICE_STEP = 8
"""Frames between the examples for the voice: their features overlap anyway."""
HIDDEN, STEPS, BATCH, RATE = 24, 4000, 512, 0.01
LOST_BEATS, SHIFTED_BEATS = 0.1, 0.1
"""Shares of songs whose beats are hidden, or counted from the wrong one: trackers err too."""
THRESHOLDS = np.arange(0.3, 0.55, 0.05)
PROFILES = (
    (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
)
"""Major and minor. Albrecht and Shanahan, "The use of large corpora to train a new type of
key-finding algorithm", Music Perception 2013."""
PRIOR_WEIGHT, PRIOR_SCALE = 3.0, 0.6
"""How firmly key weights hold to what textbooks say, and how sure those are."""


@dataclass(frozen=True)
class Example:
    """What is measured of one song, and its truth."""

    strokes: Array
    """(n, features) of moments."""
    struck: NDArray[np.bool_]
    """(n, 3) which drums."""
    voice: Array
    sung: NDArray[np.bool_]
    key_rows: Array | None
    key: tuple[int, int]
    """Mode (0 is major) and tonic."""


def observe(seed: int, *, seconds: float, soundfont: Path | None) -> Example:
    """Make a song, measure it, and put the truth beside what was measured."""
    rng = np.random.default_rng(seed)
    song = make_song(seed, seconds=seconds, soundfont=soundfont if seed % 2 else None)
    spectrum = measure(song.samples)
    frames = drums.candidates(spectrum.strokes)
    beats, positions, luck = song.beats, song.positions, rng.random()
    if luck < LOST_BEATS:
        beats, positions = beats[:0], positions[:0]
    elif luck < LOST_BEATS + SHIFTED_BEATS:
        positions = (positions + rng.integers(1, song.meter)) % song.meter
    places = drums.places_in_bar(frames / FPS, beats, positions, meter=song.meter)
    heard = voice.describe(spectrum)[::VOICE_STEP]
    times = np.arange(len(heard)) * VOICE_STEP / LONG_FPS
    starts = tuple(start for start, _, _ in song.sections)
    return Example(
        strokes=np.concatenate([drums.describe(spectrum.strokes, frames), places], axis=1),
        struck=np.stack([_near(frames / FPS, song.hits[name]) for name in DRUMS], axis=1),
        voice=heard.astype(np.float64),
        sung=np.any([(times >= a) & (times < b) for a, b in song.vocals] or [times < 0], axis=0),
        key_rows=harmony.describe(spectrum.pitches, spectrum.bass_pitches, starts=starts),
        key=(harmony.MODES.index(song.key[1]), harmony.TONICS.index(song.key[0])),  # type: ignore[arg-type]
    )


def _near(times: Array, truth: Array) -> NDArray[np.bool_]:
    if len(truth) == 0 or len(times) == 0:
        return np.zeros(len(times), dtype=np.bool_)
    return np.asarray(np.abs(times[:, None] - truth[None, :]).min(axis=1) < NEAR_SECONDS)


def fit_drums(examples: list[Example]) -> dict[str, Array]:
    """A perceptron by Adam (Kingma and Ba, ICLR 2015) on the cross-entropy of each class."""
    rng = np.random.default_rng(0)
    x = np.concatenate([e.strokes for e in examples])
    y = np.concatenate([e.struck for e in examples]).astype(np.float64)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    x = (x - mean) / spread
    shapes = [(x.shape[1], HIDDEN), (HIDDEN,), (HIDDEN, y.shape[1]), (y.shape[1],)]
    scales = [0.6 / np.sqrt(x.shape[1]), 0.0, 0.3, 0.0]
    weights = [s * rng.standard_normal(shape) for s, shape in zip(scales, shapes, strict=True)]
    first, second = ([np.zeros_like(w) for w in weights] for _ in range(2))
    for step in range(1, STEPS + 1):
        chosen = rng.integers(0, len(x), BATCH)
        slopes = _slopes(x[chosen], y[chosen], weights)
        rate = RATE if step < 0.7 * STEPS else 0.2 * RATE
        for w, g, m, v in zip(weights, slopes, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    names = ("hidden", "hidden_bias", "out", "out_bias")
    tables = {f"drums_{name}": w for name, w in zip(names, weights, strict=True)}
    return {"drums_mean": mean, "drums_spread": spread, **tables}


def _slopes(x: Array, y: Array, weights: list[Array]) -> list[Array]:
    """Of the loss, by each weight."""
    hidden = np.tanh(x @ weights[0] + weights[1])
    miss = (learned.sigmoid(hidden @ weights[2] + weights[3]) - y) / len(x)
    back = (miss @ weights[2].T) * (1 - hidden**2)
    decay = 2e-4
    return [
        x.T @ back + decay * weights[0],
        back.sum(axis=0),
        hidden.T @ miss + decay * weights[2],
        miss.sum(axis=0),
    ]


def best_thresholds(examples: list[Example], tables: dict[str, Array]) -> Array:
    """The threshold of each class with the best F-measure; printed with it."""
    sure = np.concatenate([_drum_chances(e.strokes, tables) for e in examples])
    truth = np.concatenate([e.struck for e in examples])
    best = []
    for k, name in enumerate(DRUMS):
        scores = [_f_measure(sure[:, k] > t, truth[:, k]) for t in THRESHOLDS]
        best.append(float(THRESHOLDS[int(np.argmax(scores))]))
        found = sure[:, k] > best[-1]
        hit = found & truth[:, k]
        print(f"{name}: precision {hit.sum() / max(found.sum(), 1):.2f}, "
              f"recall {hit.sum() / max(truth[:, k].sum(), 1):.2f}")  # fmt: skip
    return np.array(best)


def _f_measure(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(2 * (found & truth).sum() / max(found.sum() + truth.sum(), 1))


def _drum_chances(strokes: Array, tables: dict[str, Array]) -> Array:
    scaled = (strokes - tables["drums_mean"]) / tables["drums_spread"]
    hidden = np.tanh(scaled @ tables["drums_hidden"] + tables["drums_hidden_bias"])
    return learned.sigmoid(hidden @ tables["drums_out"] + tables["drums_out_bias"])


def fit_voice(examples: list[Example]) -> Array:
    """Logistic regression, both classes of the same weight: (features + 1,), the last the bias."""
    x = np.concatenate([e.voice for e in examples])
    y = np.concatenate([e.sung for e in examples]).astype(np.float64)
    weight = np.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean())) / VOICE_STEP
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = np.concatenate([(x - mean) / spread, np.ones((len(x), 1))], axis=1)

    def loss(w: Array) -> tuple[float, Array]:
        score = z @ w
        ridge = np.append(w[:-1], 0)
        value = (weight * (np.logaddexp(0, score) - y * score)).sum() + 2.5 * (ridge**2).sum()
        return float(value), z.T @ (weight * (learned.sigmoid(score) - y)) + 5 * ridge

    w = optimize.minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    return np.append(w[:-1] / spread, w[-1] - (w[:-1] * mean / spread).sum())


def key_prior() -> Array:
    """(2, 8, 12) what the literature and harmony textbooks say of each row, before any song."""
    weights = np.zeros((2, len(harmony.ROWS), 12))
    tonic = _centred((5, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0))
    chords = (_centred((4, 0, 0, 0, 3, 0, 0, 3, 0, 0, 0, 0)),
              _centred((4, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0)))  # fmt: skip
    for mode, profile in enumerate(PROFILES):
        weights[mode, 0], weights[mode, 1] = 6 * _centred(profile), 3 * _centred(profile)
        weights[mode, 2], weights[mode, 3] = 3 * chords[mode], 4 * tonic
        weights[mode, 4], weights[mode, 5] = 1.5 * chords[mode], 1.5 * tonic
    weights[0, 6] = 2 * _centred((6, 0, 0, 0, 0, 4, 0, 4, 0, 0, 0, 0))  # I, IV, V
    weights[0, 7] = 2 * _centred((0, 0, 2, 0, 1, 0, 0, 0, 0, 3, 0, 0))  # ii, iii, vi
    weights[1, 6] = 2 * _centred((0, 0, 0, 2, 0, 0, 0, 2, 3, 0, 2, 0))  # III, V, VI, VII
    weights[1, 7] = 2 * _centred((6, 0, 0, 0, 0, 4, 0, 2, 0, 0, 0, 0))  # i, iv, v
    return PRIOR_SCALE * weights


def _centred(row: tuple[float, ...]) -> Array:
    values = np.array(row, dtype=np.float64)
    values -= values.mean()
    return values / np.linalg.norm(values)


def fit_key(examples: list[Example]) -> Array:
    """Softmax regression over the 24 keys with weights shared by all tonics, held to the prior."""
    rows = [(e.key_rows, e.key) for e in examples if e.key_rows is not None]
    heard = np.stack([[np.roll(r, -t, axis=1) for t in range(12)] for r, _ in rows])
    truth = np.array([mode * 12 + tonic for _, (mode, tonic) in rows])
    prior, each = key_prior(), np.arange(len(rows))

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(prior.shape)
        scores = np.einsum("mrd,ntrd->nmt", weights, heard, optimize=True).reshape(len(rows), 24)
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        sums = chances.sum(axis=1)
        value = (np.log(sums) - scores[each, truth]).sum()
        chances /= sums[:, None]
        chances[each, truth] -= 1
        slope = np.einsum("nmt,ntrd->mrd", chances.reshape(-1, 2, 12), heard, optimize=True)
        away = weights - prior
        return (
            float(value + 0.5 * PRIOR_WEIGHT * (away**2).sum()),
            (slope + PRIOR_WEIGHT * away).ravel(),
        )

    found = optimize.minimize(loss, prior.ravel(), jac=True, method="L-BFGS-B").x
    return np.asarray(found).reshape(prior.shape)


def score_key(examples: list[Example], weights: Array) -> None:
    """Print the share that is right, by the confidence that was given."""
    right, sure = [], []
    for example in (e for e in examples if e.key_rows is not None):
        assert example.key_rows is not None
        chances = harmony.key_chances(example.key_rows, weights)
        right.append(np.unravel_index(int(chances.argmax()), chances.shape) == example.key)
        sure.append(float(chances.max()))
    hits, given = np.array(right), np.array(sure)
    print(f"key: {hits.mean():.2f} right; said to be sure {given.mean():.2f}")
    for low, high in ((0.0, 0.6), (0.6, 0.85), (0.85, 1.01)):
        chosen = (given >= low) & (given < high)
        if chosen.any():
            share = f"{hits[chosen].mean():.2f} right of {chosen.sum()}"
            print(f"  sure {given[chosen].mean():.2f}: {share}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=300)
    parser.add_argument("--first-seed", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--soundfont", type=Path)
    parser.add_argument("--out", type=Path, default=Path(learned.__file__).with_name("shape.npz"))
    options = parser.parse_args()
    examples = []
    for seed in range(options.first_seed, options.first_seed + options.songs):
        examples.append(observe(seed, seconds=options.seconds, soundfont=options.soundfont))
        print(f"\r{len(examples)} of {options.songs} songs", end="", file=sys.stderr)
    kept = [e for i, e in enumerate(examples) if i % 5]
    aside = examples[::5]
    thresholds = best_thresholds(aside, fit_drums(kept))
    score_key(aside, fit_key(kept))
    tables = fit_drums(examples)
    tables["drums_out_bias"] = tables["drums_out_bias"] - np.log(thresholds / (1 - thresholds))
    tables |= {"voice_weights": fit_voice(examples), "key_weights": fit_key(examples)}
    np.savez(options.out, **{k: v.astype(np.float32) for k, v in tables.items()})  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
