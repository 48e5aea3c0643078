"""What is said of the rhythm, over what was said of it before."""

from __future__ import annotations

from clavilux.model.correction import Correction
from clavilux.revision.words.wishes import Ask, NotUnderstoodError


def corrected(ask: Ask, own: Correction, said: dict[str, object]) -> str:
    """Add to what is said of the rhythm; returns it in words."""
    if ask.kind == "tempo":
        scale = own.tempo_scale * float(str(ask.value))
        if scale not in (0.25, 0.5, 1.0, 2.0, 4.0):
            raise NotUnderstoodError(f"the tempo is scaled by {own.tempo_scale:g} already")
        said["tempo_scale"] = scale
        return f"tempo x {scale:g}"
    if ask.number is None or (ask.kind != "beats" and ask.number % 1):
        raise NotUnderstoodError("say how many beats, as a whole number")
    if ask.kind == "beats":
        said["beat_offset"] = own.beat_offset + ask.number
        return f"beats {ask.number:+g} ms"
    if ask.kind == "meter":
        said["meter"] = int(ask.number)
        return f"{ask.number:g} beats per bar"
    said["downbeat_shift"] = own.downbeat_shift + int(ask.number)
    return f"bar lines {ask.number:+g} beats"
