"""Who plays when: the drums' hits and the voice, nowhere in silence or applause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clavilux.analysis.drums import Drum, find_drums, hit_curve
from clavilux.analysis.envelopes import NamedCurves
from clavilux.analysis.rhythm import Rhythm
from clavilux.analysis.spectrum import LONG_FPS, Floats, Spectrum, to_short_frames
from clavilux.analysis.voice import SUNG, find_voice
from clavilux.model.song import Passage, Section

BLUR_SECONDS = 0.8
"""The edges of applause are known no better than this."""


@dataclass(frozen=True)
class Players:
    """Drums by name, and the voice."""

    drums: dict[str, Drum]
    voice: Floats
    """(L,) at LONG_FPS, 0..1: how likely somebody sings."""

    @property
    def hits(self) -> dict[str, tuple[float, ...]]:
        return {name: drum.times for name, drum in self.drums.items()}

    def curves(self, frames: int) -> NamedCurves:
        """(frames,) each at FPS, 0..1: kick, snare, hat and vocals, one after the other."""
        for name, drum in self.drums.items():
            yield name, hit_curve(drum, name=name, frames=frames)
        yield "vocals", to_short_frames(self.voice, frames)

    def sung_share(self, section: Section) -> float:
        """Share of a section in which somebody seems to sing."""
        first, last = round(section.start * LONG_FPS), round(section.end * LONG_FPS)
        part = self.voice[first : max(last, first + 1)]
        return round(float((part > SUNG).mean()), 3) if len(part) else 0.0


def find_players(
    spectrum: Spectrum, rhythm: Rhythm, still: tuple[Passage, ...], *, duration: float
) -> Players:
    """`still`: the silences and the applause of the song."""
    drums = find_drums(spectrum, rhythm.beats, meter=rhythm.meter, duration=duration)
    voice = find_voice(spectrum)
    times = np.arange(len(voice)) / LONG_FPS
    return Players(
        drums={name: _outside(drum, still) for name, drum in drums.items()},
        voice=np.where(_within(times, still), np.float32(0), voice),
    )


def _outside(drum: Drum, still: tuple[Passage, ...]) -> Drum:
    kept = np.flatnonzero(~_within(np.array(drum.times), still))
    return Drum(tuple(drum.times[i] for i in kept), tuple(drum.strengths[i] for i in kept))


def _within(times: NDArray[np.float64], spans: tuple[Passage, ...]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), dtype=np.bool_)
    for span in spans:
        margin = BLUR_SECONDS if span.kind == "applause" else 0.0
        inside |= (times >= span.start - margin) & (times < span.end + margin)
    return inside
