"""EDGE: files that say what a song is -> Truth. Our JSON, JAMS, beat lists and section labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError, model_validator

from clavilux import labels
from clavilux.model.base import Value
from clavilux.model.errors import InputError

WHAT = "a truth file: JSON (beats, downbeats, sections...), JAMS, or a text file of beat times"


class Truth(Value):
    """What is known of a song. Fields that are not known stay empty and are not judged."""

    model_config = ConfigDict(extra="ignore")

    file: str = ""
    """Name of the song's file."""
    kind: str = ""
    """What kind of music it is, for tables."""
    beats: tuple[float, ...] = ()
    """Seconds, ascending."""
    downbeats: tuple[float, ...] = ()
    sections: tuple[tuple[float, float, str], ...] = ()
    """Start and end in seconds, name."""
    meter: int | None = Field(default=None, ge=1)
    climax: tuple[float, float] | None = None
    """From when to when the song is at its peak, in seconds; a single time is both."""
    key: str | None = None
    """ "F# minor"."""

    @model_validator(mode="before")
    @classmethod
    def _lenient(cls, plain: Any) -> Any:
        """None and a single climax time, as annotators write them."""
        if not isinstance(plain, dict):
            return plain
        known = {name: value for name, value in plain.items() if value is not None}
        if isinstance(known.get("climax"), int | float):
            known["climax"] = (known["climax"], known["climax"])
        return known

    @model_validator(mode="after")
    def _ascending(self) -> Truth:
        for name in ("beats", "downbeats"):
            times = getattr(self, name)
            if any(b <= a for a, b in pairwise(times)):
                raise ValueError(f"{name} are not in ascending order")
        return self


def read_truths(path: Path) -> tuple[Truth, ...]:
    """Every song a file tells of. Raises InputError with the line or field that is wrong."""
    if path.suffix.lower() in (".json", ".jams"):
        return _from_json(path)
    return (_from_text(path),)


def truth_for(path: Path, song: Path) -> Truth:
    """What a file says of one song: the entry of that file name, or the only one there is."""
    truths = read_truths(path)
    if len(truths) == 1:
        return truths[0]
    named = [t for t in truths if Path(t.file).name == song.name]
    named = named or [t for t in truths if Path(t.file).stem == song.stem]
    if not named:
        raise InputError(f"{path} has no entry whose file is '{song.name}'; add one")
    return named[0]


def _from_json(path: Path) -> tuple[Truth, ...]:
    try:
        plain = json.loads(labels.read_text(path, what=WHAT))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}); give {WHAT}") from None
    if isinstance(plain, dict) and "annotations" in plain:
        plain = _from_jams(plain)
    entries = plain if isinstance(plain, list) else [plain]
    return tuple(_truth(entry, path) for entry in entries)


def _truth(plain: Any, path: Path) -> Truth:
    name = f"{path}, '{plain['file']}'" if isinstance(plain, dict) and "file" in plain else path
    try:
        truth = Truth.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = " ".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ").replace("valid tuple", "list")
        raise InputError(f"{name}: {field} {message}".replace("  ", " ")) from None
    if not (truth.beats or truth.sections or truth.key or truth.climax):
        raise InputError(f"{name} has neither beats nor sections; give {WHAT}")
    return truth


def _from_text(path: Path) -> Truth:
    """Beat times with or without positions; or labelled spans, whose last column is a word."""
    text = labels.read_text(path, what=WHAT)
    first = next((r for r in text.splitlines() if r.partition("#")[0].strip()), "")
    last = first.partition("#")[0].replace(",", " ").split()[-1:] or ["0"]
    if labels.clock_seconds(last[0]) is None:
        spans = labels.read_spans(path)
        ends = [s.start for s in spans[1:]]
        return Truth(
            sections=tuple(
                (span.start, _end(span, following), span.name)
                for span, following in zip(spans, [*ends, None], strict=True)
            )
        )
    marks = labels.read_beats(path)
    return Truth(
        beats=tuple(m.time for m in marks),
        downbeats=tuple(m.time for m in marks if m.position == 1),
        meter=_usual_meter([m.position for m in marks]),
    )


def _end(span: labels.SpanMark, following: float | None) -> float:
    if span.end is not None:
        return span.end
    return following if following is not None else span.start + 1e-3


def _usual_meter(positions: Sequence[int | None]) -> int | None:
    """The commonest last position before a downbeat."""
    ends = [a for a, b in pairwise(positions) if a and b == 1]
    return Counter(ends).most_common(1)[0][0] if ends else None


# --- JAMS (Humphrey et al., "JAMS: a JSON annotated music specification", ISMIR 2014) ---------


def _from_jams(plain: dict[str, Any]) -> dict[str, Any]:
    """The first annotation of each family of name spaces."""
    found: dict[str, Any] = {}
    meta = plain.get("file_metadata") or {}
    try:
        for annotation in plain["annotations"]:
            space = str(annotation.get("namespace", ""))
            rows = _rows(annotation.get("data") or [])
            for name, value in _jams_fields(space, rows).items():
                found.setdefault(name, value)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError("this JAMS file has an annotation without times or values") from None
    return {"file": str((meta.get("identifiers") or {}).get("file", "")), **found}


def _rows(data: Any) -> list[dict[str, Any]]:
    """A list of observations, also where they are stored as columns."""
    if isinstance(data, dict):
        return [dict(zip(data, values, strict=True)) for values in zip(*data.values(), strict=True)]
    return list(data)


def _jams_fields(space: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    if space in ("beat", "beat_position"):
        rows = sorted(rows, key=lambda row: float(row["time"]))
        positions = [_jams_position(row.get("value")) for row in rows]
        times = [float(row["time"]) for row in rows]
        return {
            "beats": times,
            "downbeats": [t for t, p in zip(times, positions, strict=True) if p == 1],
            "meter": _usual_meter(positions),
        }
    if space.startswith("segment") or space == "multi_segment":
        rows = [r for r in rows if not isinstance(r["value"], dict) or r["value"]["level"] == 0]
        return {"sections": [_jams_section(row) for row in rows]}
    if space == "key_mode" and rows:
        return {"key": str(rows[0]["value"]).replace(":", " ")}
    return {}


def _jams_position(value: Any) -> int | None:
    if isinstance(value, dict):
        value = value.get("position")
    return None if value is None else int(float(value))


def _jams_section(row: dict[str, Any]) -> tuple[float, float, str]:
    value = row["value"]
    name = value["label"] if isinstance(value, dict) else value
    return float(row["time"]), float(row["time"]) + float(row["duration"]), str(name)
