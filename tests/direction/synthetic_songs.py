"""Synthetic songs for the direction tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from clavilux.direction.style import FUNCTIONS
from clavilux.model.song import (
    ENVELOPES,
    Analysis,
    Beat,
    Envelope,
    Function,
    Key,
    Mood,
    Section,
    Song,
)

POP: tuple[tuple[Function, str, float, float], ...] = (
    ("intro", "A", 16, 0.1),
    ("verse", "B", 32, 0.4),
    ("chorus", "C", 28, 0.75),
    ("verse", "B", 32, 0.45),
    ("chorus", "C", 28, 0.8),
    ("bridge", "D", 24, 0.3),
    ("solo", "E", 20, 0.7),
    ("chorus", "C", 40, 1.0),
    ("outro", "A", 20, 0.0),
)
"""A four-minute song: function, group, seconds, energy."""


def make_analysis(
    parts: Sequence[tuple[Function, str, float, float]] = POP,
    *,
    climax: float | None = None,
    digest: str = "sha256:1",
    tempo: float = 110.0,
    valence: float = 0.2,
    arousal: float = 0.2,
    brightness: float = 0.5,
    key: tuple[str, str] = ("A", "minor"),
    shifts: Sequence[int] = (),
) -> Analysis:
    """A song of the given parts; `shifts` is a number of emotional shifts per part."""
    sections = []
    start, seen = 0.0, dict[str, int]()
    for i, (function, group, seconds, energy) in enumerate(parts):
        seen[function] = seen.get(function, 0) + 1
        count = shifts[i] if i < len(shifts) else 0
        step = seconds / (count + 1)
        sections.append(
            Section(
                label=f"{function}_{seen[function]}",
                function=function,
                group=group,
                start=start,
                end=start + seconds,
                energy=energy,
                shifts=tuple(start + step * (k + 1) for k in range(count)),
            )
        )
        start += seconds
    strongest = max(sections, key=lambda s: s.energy)
    envelope = Envelope(rate=1.0, values=np.full(max(1, int(start)), brightness))
    period = 60.0 / tempo if tempo > 0 else 0.5
    return Analysis(
        song=Song(
            title="Test song",
            duration=start,
            sample_rate=44100,
            channels=2,
            codec="wav",
            digest=digest,
        ),
        tempo=tempo,
        tempo_confidence=0.9,
        meter=4,
        beats=tuple(
            Beat(time=k * period, bar=k // 4, position=k % 4) for k in range(int(start / period))
        ),
        onsets=(),
        envelopes=dict.fromkeys(ENVELOPES, envelope),
        sections=tuple(sections),
        climax=(strongest.start + strongest.end) / 2 if climax is None else climax,
        key=Key.model_validate({"tonic": key[0], "mode": key[1], "confidence": 0.8}),
        mood=Mood(valence=valence, arousal=arousal, confidence=0.7),
    )


@st.composite
def analyses(draw: Any) -> Analysis:
    """Any plausible song: 1 to 14 sections of 1.5 to 70 seconds in up to 5 groups."""
    part = st.tuples(
        st.sampled_from(FUNCTIONS),
        st.sampled_from("ABCDE"),
        st.floats(1.5, 70),
        st.floats(0, 1),
    )
    parts = draw(st.lists(part, min_size=1, max_size=14))
    whole = sum(p[2] for p in parts)
    return make_analysis(
        parts,
        climax=draw(st.floats(0, 1)) * whole,
        digest=draw(st.sampled_from(["sha256:1", "sha256:2", "sha256:3"])),
        tempo=draw(st.sampled_from([0.0, 62.0, 97.5, 128.0, 174.0])),
        valence=draw(st.floats(-1, 1)),
        arousal=draw(st.floats(-1, 1)),
        brightness=draw(st.floats(0, 1)),
        key=(draw(st.sampled_from(["C", "F#", "A#"])), draw(st.sampled_from(["major", "minor"]))),
        shifts=draw(st.lists(st.integers(0, 3), max_size=14)),
    )
