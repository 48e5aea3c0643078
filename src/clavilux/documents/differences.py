"""What differs between two specs, field by field, as steps from one to the other."""

from __future__ import annotations

import difflib
from typing import Any

from clavilux.documents.loading import Where
from clavilux.model.correction import Correction
from clavilux.model.spec import RenderSpec

Change = tuple[Where, Any]
"""A field and its new value; None where it goes back to the usual and is left out. Of a whole
section: its fields where it is new, None where it goes."""

Pairs = list[tuple[int | None, int | None]]
"""Numbers of the same section in two specs; None where one of them has it not."""


def pairs_of(before: RenderSpec, after: RenderSpec) -> Pairs:
    """Which section of one spec is which of another: by their places, or, where there are more or
    fewer, by their labels."""
    if len(before.sections) == len(after.sections):
        return [(i, i) for i in range(len(before.sections))]
    old, new = ([section.label for section in spec.sections] for spec in (before, after))
    found: Pairs = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, a, a_end, b, b_end in matcher.get_opcodes():
        both = min(a_end - a, b_end - b)
        found += [(a + i, b + i) for i in range(both)]
        found += [(i, None) for i in range(a + both, a_end)]
        found += [(None, j) for j in range(b + both, b_end)]
    return found


def is_section(where: Where) -> bool:
    """Whether a change is one of a whole section."""
    return len(where) == 2 and where[0] == "sections"


def place_before(where: Where, pairs: Pairs) -> Where | None:
    """Where a field of the new spec was in the old one; None where its section is new."""
    if where[0] != "sections":
        return where
    place = next((i for i, j in pairs if j == where[1]), None)
    return None if place is None else ("sections", place, *where[2:])


def differences(before: RenderSpec, after: RenderSpec) -> list[Change]:
    """Every field that differs: of the whole, of sections, of their effects.

    To be made in this order: sections go from the last to the first, new ones come from the first
    to the last, and then fields change, addressed as in the new spec.
    """
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    changes = _fields(old, new, (), leave_out=("sections", "correction", "times_follow"))
    if after.correction != before.correction:
        usual = after.correction.changes_nothing
        changes.append((("correction",), None if usual else _short(after.correction)))
    if after.times_follow != before.times_follow:
        follow = after.times_follow
        changes.append((("times_follow",), None if follow is None else _short(follow)))
    pairs = pairs_of(before, after)
    changes += [(("sections", i), None) for i, j in reversed(pairs) if i is not None and j is None]
    changes += [
        (("sections", j), new["sections"][j]) for i, j in pairs if i is None and j is not None
    ]
    for i, j in pairs:
        if i is not None and j is not None:
            changes += _of_section(old["sections"][i], new["sections"][j], ("sections", j))
    return changes


def _short(correction: Correction) -> dict[str, Any]:
    return correction.model_dump(mode="json", exclude_defaults=True)


def _of_section(old: dict[str, Any], new: dict[str, Any], at: Where) -> list[Change]:
    changes = _fields(old, new, at, leave_out=("effects",))
    for name in {**old["effects"], **new["effects"]}:
        if old["effects"].get(name) != new["effects"].get(name):
            changes.append(((*at, "effects", name), new["effects"].get(name)))
    return changes


def _fields(
    old: dict[str, Any], new: dict[str, Any], at: Where, *, leave_out: tuple[str, ...]
) -> list[Change]:
    return [
        ((*at, name), new[name]) for name in new if name not in leave_out and old[name] != new[name]
    ]
