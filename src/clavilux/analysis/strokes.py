"""What tells a drum from a note: how each band rises and rings, in one byte each per frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.attacks import Codes, Floats

STROKE_EDGES = (20.0, 100.0, 150.0, 250.0, 500.0, 1500.0, 3000.0, 6000.0)
"""Lower edges in Hz: thump, kick, two of skins and body, two of crack, two of sizzle."""
BANDS = len(STROKE_EDGES)
RISE_STEP = 0.01
"""Of one code of a rise, in log10 units per mel band."""
QUIETEST_DB, LEVEL_STEP_DB = -105.0, 0.5
"""Code c of a level stands for QUIETEST_DB + c * LEVEL_STEP_DB decibels of full scale."""


def encode(rise: Floats, mel: Floats, centres: NDArray[np.float64]) -> Codes:
    """(b, 2 * BANDS) of rises and powers per mel band (b, m) with `centres` in Hz: rises first."""
    edges = np.searchsorted(centres, STROKE_EDGES)
    widths = np.diff(np.append(edges, len(centres)))
    rises = np.add.reduceat(rise, edges, axis=1) / (widths * RISE_STEP)
    power = np.maximum(np.add.reduceat(mel, edges, axis=1), np.float32(1e-12))
    levels = (10 * np.log10(power) - QUIETEST_DB) / LEVEL_STEP_DB
    codes = np.rint(np.concatenate([rises, levels], axis=1))
    return np.asarray(np.clip(codes, 0, 255), dtype=np.uint8)


def rises(codes: NDArray[Any]) -> Floats:
    """(..., 2 * BANDS) -> (..., BANDS) in log10 units; they peak a frame after the attacks."""
    return np.asarray(codes[..., :BANDS] * np.float32(RISE_STEP), dtype=np.float32)


def levels_db(codes: NDArray[Any]) -> Floats:
    """(..., 2 * BANDS) -> (..., BANDS) decibels of full scale."""
    levels = codes[..., BANDS:] * np.float32(LEVEL_STEP_DB) + np.float32(QUIETEST_DB)
    return np.asarray(levels, dtype=np.float32)


def loudest_db(codes: Codes) -> Floats:
    """(T, 2 * BANDS) -> (T,) decibels of full scale of the loudest band."""
    loudest = codes[:, BANDS:].max(axis=1)
    return np.asarray(loudest * np.float32(LEVEL_STEP_DB) + np.float32(QUIETEST_DB))


def percentile(codes: Codes, percent: float) -> NDArray[np.float64]:
    """(T, 2 * BANDS) -> (2 * BANDS,) as np.percentile has them, by counting: no floats of all."""
    rank = percent / 100 * (len(codes) - 1)
    both = np.array([np.floor(rank), np.ceil(rank)])
    found = [
        np.searchsorted(np.cumsum(np.bincount(column)), both, side="right") for column in codes.T
    ]
    low, high = np.array(found).T
    return np.asarray(low + (rank % 1) * (high - low), dtype=np.float64)
