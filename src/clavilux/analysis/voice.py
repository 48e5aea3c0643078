"""Spectrum -> how likely somebody sings.

Voices glide from note to note and tremble on them, several overtones at once, and their syllables
come three to eight times a second; most instruments hold their pitch. A logistic model weighs how
much of each is heard. It is no more than a hint: strings, slides and leads that bend sound alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.envelopes import QUIET
from clavilux.analysis.filters import box_mean
from clavilux.analysis.glides import Glides
from clavilux.analysis.learned import sigmoid, table
from clavilux.analysis.spectrum import FPS, LONG_FPS, Floats, Spectrum

FEATURES = (
    "together", "far together", "steady together", "small", "low", "high", "reach", "net",
    "syllables", "noise", "body",
)  # fmt: skip
LISTEN_SECONDS = 1.5
"""Features are means over this long."""
SMALL = 4
"""Glides of fewer steps of 20 cents are a voice's; larger ones are mostly chance."""
SUNG = 0.5
"""What `find_voice` gives from which somebody is said to sing."""
DOUBT = (0.4, 1.0)
"""Between these (log odds) the bar lies half-way from the song's least sung parts to its most."""
FEW = 0.01
"""Added before the logarithm of a share of frames and bands."""
MIDDLE = slice(5, 14)
"""Timbre bands of vowels, about 400 Hz to 2.4 kHz."""


def find_voice(spectrum: Spectrum) -> Floats:
    """(L,) at LONG_FPS, 0..1; 0 in silence."""
    features = describe(spectrum)
    if len(features) == 0:
        return np.zeros(0, dtype=np.float32)
    score = features @ table("voice_weights")[:-1] + table("voice_weights")[-1]
    low, high = np.percentile(score, (15, 85))
    score = score - np.clip((low + high) / 2, *DOUBT)
    loud = spectrum.rms[:: round(FPS / LONG_FPS)][: len(score)] > QUIET
    return np.where(box_mean(loud.astype(np.float32), 9) > 0.5, sigmoid(score), 0).astype(
        np.float32
    )


def describe(spectrum: Spectrum) -> Floats:
    """(L, 11) in the order of FEATURES, each averaged over LISTEN_SECONDS."""
    size = round(LISTEN_SECONDS * LONG_FPS)
    moves = np.log(box_mean(_moves(spectrum.glides), size) + FEW)
    return np.concatenate([moves, _sounds(spectrum, size)], axis=1)


def _moves(glides: Glides) -> Floats:
    """(L, 8): how many of the bands glide, how far, and how many of them together."""
    up, down = glides > 0, glides < 0
    steady_up, steady_down = _kept(up), _kept(down)
    return np.stack(
        [
            _both(up, down, apart=1),
            _both(up, down, apart=2),
            _both(steady_up, steady_down, apart=1),
            _mean((glides != 0) & (np.abs(glides) < SMALL)),
            _mean(glides[:, :4] != 0),
            _mean(glides[:, 5:] != 0),
            _mean(np.abs(glides)),
            np.abs(_mean(glides)),
        ],
        axis=1,
    )


def _mean(rows: NDArray[Any]) -> Floats:
    return np.asarray(rows.mean(axis=1, dtype=np.float32))


def _both(up: NDArray[np.bool_], down: NDArray[np.bool_], *, apart: int) -> Floats:
    """(L,) share of pairs of bands, so many apart, that move the same way."""
    pairs = [part[:, apart:] & part[:, :-apart] for part in (up, down)]
    return _mean(pairs[0] | pairs[1])


def _kept(moves: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Moves that last two frames at least."""
    kept = np.zeros_like(moves)
    kept[1:] = moves[1:] & moves[:-1]
    kept[:-1] |= kept[1:]
    return kept


def _sounds(spectrum: Spectrum, size: int) -> Floats:
    """(L, 3): depth of syllables in the middle bands, onsets all over, the middle's prominence."""
    timbre = spectrum.timbre
    middle = timbre[:, MIDDLE].mean(axis=1)
    syllables = box_mean(middle, 3) - box_mean(middle, 9)
    depth = np.sqrt(np.maximum(box_mean(syllables**2, size), 0))
    onsets = spectrum.flux.mean(axis=1)
    ratio = round(FPS / LONG_FPS)
    noise = box_mean(box_mean(onsets, ratio)[::ratio][: len(timbre)], size)
    body = box_mean(
        middle - 0.5 * timbre[:, :3].mean(axis=1) - 0.5 * timbre[:, 16:].mean(axis=1), size
    )
    return np.stack([depth, np.log(noise + FEW), body], axis=1)
