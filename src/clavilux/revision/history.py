"""What was revised, kept beside the spec: undo brings back every byte, redo takes it away again.

Where the spec was edited by hand in between, undo takes back the fields of the revision alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from clavilux.documents import journal, parse_spec, text_of
from clavilux.documents.rewriting import rewritten
from clavilux.model.errors import InputError, SpecError
from clavilux.revision.patch import Patch, patch_between
from clavilux.storage import write_atomically

Kind = Literal["revise", "undo", "redo"]


@dataclass(frozen=True)
class Step:
    """One line of a history."""

    kind: Kind
    said: str
    """The request, or that of what is undone."""
    before: str
    """The whole text before."""
    after: str
    """Digest of the text after."""
    patch: Patch
    """Empty for an undo or a redo."""


def history_path(spec: Path) -> Path:
    """song.spec.yaml -> song.spec.history.jsonl."""
    return spec.with_suffix(".history.jsonl")


def write_step(spec: Path, *, kind: Kind, said: str, before: str, after: str, patch: Patch) -> None:
    """Write a spec anew and remember what it was. Raises InputError where it changed meanwhile.

    The history is written first: after a crash it may tell of a step that did not happen, which
    the digests show, but never miss one that did.
    """
    if text_of(spec) != before:
        raise InputError(f"{spec} was changed meanwhile; say it again")
    journal.append(
        history_path(spec),
        {
            "kind": kind,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "said": said,
            "patch": patch.model_dump(mode="json")["operations"],
            "before": before,
            "after": _digest(after),
        },
    )
    write_atomically(spec, after.encode())


def undo(spec: Path) -> str:
    """Bring back the spec as it was before the last revision; returns what that was.

    Raises InputError where there is none, or where the same fields were edited by hand since.
    """
    done, _ = _stacks(spec)
    return _go_back(spec, done, kind="undo", nothing="there is nothing to undo")


def redo(spec: Path) -> str:
    """Take back the last undo. Raises InputError."""
    _, undone = _stacks(spec)
    return _go_back(spec, undone, kind="redo", nothing="there is nothing to redo")


def _go_back(spec: Path, steps: list[Step], *, kind: Kind, nothing: str) -> str:
    text = text_of(spec)
    if not steps:
        raise InputError(f"{spec}: {nothing}")
    last = steps[-1]
    after = last.before if _digest(text) == last.after else _without(last, text, spec, kind)
    write_step(
        spec, kind=kind, said=last.said, before=text, after=after, patch=Patch(operations=())
    )
    return last.said


def _without(step: Step, text: str, spec: Path, kind: Kind) -> str:
    """A text that was edited after a step, with the fields of that step as they were before it.

    Raises InputError where one of them is not what the step made it.
    """
    lost = InputError(
        f"{spec} was edited since; {kind} would lose that. Its text as it was is in "
        f"{history_path(spec)}"
    )
    if not step.patch.operations:
        raise lost
    now, before = parse_spec(text, name=str(spec)), parse_spec(step.before, name=str(spec))
    back = patch_between(step.patch.applied_to(before), before)
    try:
        reverted = back.applied_to(now)
        if step.patch.applied_to(reverted) != now:
            raise lost
    except SpecError:
        raise lost from None
    return rewritten(text, now, reverted, name=str(spec))


def _stacks(spec: Path) -> tuple[list[Step], list[Step]]:
    """The steps that can be undone and those that can be redone, the latest last."""
    path = history_path(spec)
    steps = [_step(entry, path) for _, entry in journal.entries(path)]
    now = _digest(text_of(spec)) if steps else ""
    done: list[Step] = []
    undone: list[Step] = []
    for i, step in enumerate(steps):
        later = _digest(steps[i + 1].before) if i + 1 < len(steps) else now
        if later == _digest(step.before) and later != step.after:
            continue  # it was written down, but never happened
        if step.kind == "revise":
            done.append(step)
            undone.clear()
        elif step.kind == "undo" and done:
            done.pop()
            undone.append(step)
        elif step.kind == "redo" and undone:
            undone.pop()
            done.append(step)
    return done, undone


def _step(entry: dict[str, Any], path: Path) -> Step:
    try:
        patch = Patch.model_validate({"operations": entry["patch"]})
        return Step(entry["kind"], entry["said"], entry["before"], entry["after"], patch)
    except (KeyError, ValidationError):
        raise InputError(f"{path} is not the history of a spec; move it away") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
