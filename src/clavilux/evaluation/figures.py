"""Analysis + Truth -> the figures of the field, as mir_eval computes them.

Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR 2014.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.evaluation.truth import Truth
from clavilux.model.base import Value
from clavilux.model.functions import function_named
from clavilux.model.song import Analysis

Array = NDArray[np.float64]

SKIPPED_SECONDS = 5.0
"""Beats before this are not judged, as is usual since MIREX 2006."""
NEAR_SECONDS = 0.07
"""A beat this close to a true one is right."""
TEMPO_TOLERANCE = 0.04
ALIKE = {"drop": "chorus", "solo": "instrumental"}
"""Functions that annotators write for the same thing: a drop is the chorus of dance music."""


class Figures(Value):
    """How one song was heard; None where its truth does not say."""

    file: str = ""
    kind: str = ""
    f_measure: float | None = None
    """Of beats, 0..1: hits within 70 ms, balanced between missed and invented ones."""
    cmlt: float | None = None
    """Share of beats right in sequence, at the true tempo and phase."""
    amlt: float | None = None
    """The same, where half, double and off-beat count as right."""
    downbeat_f: float | None = None
    bias_ms: float | None = None
    """Median of (heard - true) over the beats that match, in milliseconds."""
    jitter_ms: float | None = None
    """Median absolute deviation of the same."""
    tempo: float | None = None
    """Heard beats per minute."""
    true_tempo: float | None = None
    """Median of the truth's."""
    tempo_right: bool | None = None
    """Within 4 %."""
    meter: int | None = None
    meter_right: bool | None = None
    hr_half: float | None = None
    """F-measure of section boundaries within half a second, the song's ends left out."""
    hr_three: float | None = None
    """Within three seconds."""
    pairwise: float | None = None
    """F-measure of which moments share a kind of section (Levy and Sandler 2008)."""
    names: float | None = None
    """Share of the time with a named true section in which the function's name is right."""
    climax_error: float | None = None
    """Seconds from the true climax, 0 inside it."""
    key: float | None = None
    """MIREX score: 1 right, 0.5 a fifth off, 0.3 relative, 0.2 parallel."""


def evaluate(analysis: Analysis, truth: Truth) -> Figures:
    """Every figure the truth allows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mir_eval warns of empty lists, which score 0
        figures = {
            **_rhythm(analysis, truth),
            **_structure(analysis, truth),
            **_climax(analysis, truth),
            **_key(analysis, truth),
        }
    figures = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    return Figures(file=truth.file, kind=truth.kind, **figures)


def _rhythm(analysis: Analysis, truth: Truth) -> dict[str, Any]:
    import mir_eval

    figures: dict[str, Any] = {}
    if len(truth.beats) > 1:
        true, heard = _judged(truth.beats), _judged([b.time for b in analysis.beats])
        _, cmlt, _, amlt = mir_eval.beat.continuity(true, heard)
        tempo = 60 / float(np.median(np.diff(truth.beats)))
        figures |= {
            "f_measure": float(mir_eval.beat.f_measure(true, heard, NEAR_SECONDS)),
            "cmlt": float(cmlt),
            "amlt": float(amlt),
            "tempo": analysis.tempo,
            "true_tempo": tempo,
            "tempo_right": abs(analysis.tempo / tempo - 1) <= TEMPO_TOLERANCE,
            **_precision(true, heard),
        }
    if truth.downbeats:
        true, heard = _judged(truth.downbeats), _judged(analysis.downbeats)
        figures["downbeat_f"] = float(mir_eval.beat.f_measure(true, heard, NEAR_SECONDS))
    if truth.meter is not None:
        figures |= {"meter": analysis.meter, "meter_right": analysis.meter == truth.meter}
    return figures


def _judged(times: Sequence[float]) -> Array:
    beats = np.asarray(times, dtype=np.float64)
    return np.asarray(beats[beats >= SKIPPED_SECONDS])


def _precision(true: Array, heard: Array) -> dict[str, float]:
    """Constant and random error of the beats that match."""
    import mir_eval

    pairs = np.array(mir_eval.util.match_events(true, heard, NEAR_SECONDS), dtype=np.int64)
    if len(pairs) == 0:
        return {}
    error = 1000 * (heard[pairs[:, 1]] - true[pairs[:, 0]])
    bias = float(np.median(error))
    return {"bias_ms": bias, "jitter_ms": float(np.median(np.abs(error - bias)))}


def _structure(analysis: Analysis, truth: Truth) -> dict[str, Any]:
    import mir_eval

    if not truth.sections or not analysis.sections:
        return {}
    spans = _tiled(truth)
    true = np.array([(start, end) for start, end, _ in spans])
    heard = np.array([(s.start, s.end) for s in analysis.sections])
    true_names = [name for _, _, name in spans]
    groups = [s.group for s in analysis.sections]
    end = float(min(true[-1, 1], heard[-1, 1]))
    true, true_names = mir_eval.util.adjust_intervals(true, true_names, t_min=0.0, t_max=end)
    heard, groups = mir_eval.util.adjust_intervals(heard, groups, t_min=0.0, t_max=end)
    detect = mir_eval.segment.detection
    return {
        "hr_half": float(detect(true, heard, window=0.5, trim=True)[2]),
        "hr_three": float(detect(true, heard, window=3.0, trim=True)[2]),
        "pairwise": float(mir_eval.segment.pairwise(true, true_names, heard, groups)[2]),
        "names": _names(analysis, spans),
    }


def _tiled(truth: Truth) -> list[tuple[float, float, str]]:
    """Sections one after the other, each with one word for its kind; a gap is one of its own."""
    spans: list[tuple[float, float, str]] = []
    at = 0.0
    for start, end, name in sorted(truth.sections):
        if start - at > 1e-3:
            spans.append((at, start, "silence"))
        if end - max(start, at) > 1e-3:
            spans.append((max(start, at), end, function_named(name) or _word(name)))
            at = end
    return spans


def _word(name: str) -> str:
    """A name without its number: parts "A 1" and "A 2" are of one kind."""
    return name.lower().rstrip(" _0123456789'") or name


def _names(analysis: Analysis, spans: Sequence[tuple[float, float, str]]) -> float | None:
    named = shared = 0.0
    for start, end, word in spans:
        if function_named(word) is None:
            continue
        named += end - start
        for section in analysis.sections:
            overlap = min(end, section.end) - max(start, section.start)
            same = ALIKE.get(word, word) == ALIKE.get(section.function, section.function)
            shared += max(0.0, overlap) if same else 0.0
    return shared / named if named > 0 else None


def _climax(analysis: Analysis, truth: Truth) -> dict[str, Any]:
    if truth.climax is None:
        return {}
    start, end = truth.climax
    return {"climax_error": max(0.0, start - analysis.climax, analysis.climax - end)}


def _key(analysis: Analysis, truth: Truth) -> dict[str, Any]:
    import mir_eval

    if not truth.key:
        return {}
    try:
        return {"key": float(mir_eval.key.weighted_score(truth.key, str(analysis.key)))}
    except ValueError:  # "modal", "no key": nothing to judge
        return {}
