"""A timeline cut into segments: spans that are drawn and encoded on their own, and their digests.

A segment's digest covers everything its pixels depend on and nothing else, so a change to one
section gives new digests to that section and its two transitions only.
"""

from __future__ import annotations

import hashlib
import inspect
from itertools import pairwise
from pathlib import Path

from clavilux import registry
from clavilux.fingerprint import of_sources
from clavilux.model.codec import digest
from clavilux.model.time import FrameSpan
from clavilux.model.timeline import Clip, Timeline, Transition

LONGEST_SECONDS = 5.0


def segments(timeline: Timeline) -> tuple[FrameSpan, ...]:
    """Spans that tile the timeline: cut where a section or its transition begins or ends, then
    into equal parts of at most LONGEST_SECONDS."""
    seams = {0, timeline.frames}
    pairs = zip(timeline.clips, timeline.clips[1:], timeline.transitions, strict=False)
    for before, after, transition in pairs:
        if before.section != after.section:
            seams |= {max(0, transition.span.start), transition.span.end}
    edges = sorted(seam for seam in seams if 0 <= seam <= timeline.frames)
    return tuple(
        part
        for start, end in pairwise(edges)
        for part in _parts(start, end, max(1, round(LONGEST_SECONDS * float(timeline.rate))))
    )


def _parts(start: int, end: int, longest: int) -> list[FrameSpan]:
    count = -(-(end - start) // longest)
    cuts = [start + (end - start) * i // count for i in range(count + 1)]
    return [FrameSpan(start=a, end=b) for a, b in pairwise(cuts)]


def segment_key(timeline: Timeline, span: FrameSpan, *encoding: object) -> str:
    """The address of an encoded segment: digest of all that decides its bytes."""
    clips = [clip for clip in timeline.clips if clip.span.overlaps(span)]
    mixes = [t for t in timeline.transitions if t.span.overlaps(span)]
    return digest(
        engine_digest(),
        _plugin_digest(clips, mixes),
        [timeline.width, timeline.height, str(timeline.rate), timeline.offset],
        span,
        clips,
        mixes,
        [_heard(timeline, clip, span) for clip in clips],
        encoding,
    )


def _heard(timeline: Timeline, clip: Clip, span: FrameSpan) -> str:
    """The part of every signal that a clip can see in a span."""
    state = hashlib.sha256()
    first = max(0, span.start + clip.shift + timeline.offset)
    for name, signal in sorted(timeline.signals.items()):
        state.update(name.encode())
        state.update(signal.values[first : first + len(span)].tobytes())
        start = max(0, clip.section_span.start + timeline.offset)
        state.update(signal.values[start : start + 1].tobytes())
    return state.hexdigest()


def engine_digest() -> str:
    """Of every source file that can change a pixel."""
    return of_sources(
        "compiled.py", "rendering", "scenes", "effects",
        "media/encode.py", "media/encoders.py", "media/image.py", "model/color.py",
    )  # fmt: skip


def _plugin_digest(clips: list[Clip], mixes: list[Transition]) -> str:
    """Of the files of plugins that are not ours; ours are in the engine's digest."""
    uses = [use for clip in clips for use in clip.effects] + [mix.use for mix in mixes]
    plugins = [registry.get("effects", use.effect) for use in uses]
    plugins += [
        registry.get("scenes", clip.source.scene) for clip in clips if clip.source.kind == "scene"
    ]
    foreign = {type(p) for p in plugins if not type(p).__module__.startswith("clavilux.")}
    return digest(*[_source_of(kind) for kind in sorted(foreign, key=lambda k: k.__qualname__)])


def _source_of(kind: type) -> bytes:
    try:
        return Path(inspect.getfile(kind)).read_bytes()
    except (OSError, TypeError):
        return kind.__qualname__.encode()
