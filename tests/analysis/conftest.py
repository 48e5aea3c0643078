"""Sounds with a known truth, and the real songs where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clavilux.analysis.analyze import analyze
from clavilux.media.audio import decode
from clavilux.model.song import Analysis, Song

RATE = 22050
SONGS = Path(__file__).resolve().parents[3] / "shared" / "songs"


def song_of(samples: np.ndarray) -> Song:
    return Song(
        title="test",
        duration=len(samples) / RATE,
        sample_rate=RATE,
        channels=1,
        codec="none",
        digest="0",
    )


@pytest.fixture(scope="session")
def analyse() -> Callable[[np.ndarray], Analysis]:
    """Samples at 22050 Hz -> Analysis."""
    return lambda samples: analyze(song_of(samples), np.asarray(samples, dtype=np.float32))


@pytest.fixture(scope="session")
def click_track() -> Callable[..., np.ndarray]:
    """Beat times -> samples: a low thump on each bar's first beat, a tick on the others."""

    def make(times: np.ndarray, *, meter: int = 4, seconds: float, first: int = 0) -> np.ndarray:
        samples = np.zeros(round(seconds * RATE) + RATE, dtype=np.float32)
        ramp = np.arange(int(0.05 * RATE)) / RATE
        thump = 0.9 * np.sin(2 * np.pi * 80 * ramp + 0.5) * np.exp(-ramp / 0.02)
        tick = 0.5 * np.sin(2 * np.pi * 1500 * ramp + 0.5) * np.exp(-ramp / 0.01)
        for number, time in enumerate(times):
            start = round(time * RATE)
            sound = thump + 0.3 * tick if (number + first) % meter == 0 else tick
            samples[start : start + len(ramp)] += sound.astype(np.float32)
        return samples[: round(seconds * RATE)]

    return make


@pytest.fixture(scope="session")
def real_songs() -> dict[str, tuple[dict[str, Any], Analysis]]:
    """Truth and analysis of every song in the shared folder, by file name."""
    if not (SONGS / "songs.json").exists():
        pytest.skip(f"the real songs are not at {SONGS}")
    truths = json.loads((SONGS / "songs.json").read_text())
    return {t["file"]: (t, analyze(*decode(SONGS / t["file"]))) for t in truths}
