"""A request -> a proposal that can be shown and accepted. READ FIRST in this folder.

requests.py reads it by rules (words/) and does what it says (acts/); by_model.py asks a language
model. patch.py, difference.py and consequences.py say what that comes to; history.py takes it
back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clavilux.direction.retime import correct_spec
from clavilux.documents import parse_spec, text_of
from clavilux.documents.checking import shown
from clavilux.documents.rewriting import rewritten
from clavilux.model.correction import Correction
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.revision.acts.changing import Changed
from clavilux.revision.difference import Difference, differences_in_words
from clavilux.revision.history import write_step
from clavilux.revision.patch import EDITS, LOOKS, Patch, patch_between
from clavilux.revision.requests import OutOfReachError, RequestError, by_rules

if TYPE_CHECKING:
    from clavilux.revision.by_model import Complete


@dataclass(frozen=True)
class Proposal:
    """A revision that has not happened yet."""

    path: Path
    said: str
    before: RenderSpec
    after: RenderSpec
    patch: Patch
    readings: tuple[str, ...]
    """How the request was understood; empty where a model understood it."""
    text: str
    """Of the spec file as it is."""
    new_text: str

    @property
    def differences(self) -> tuple[Difference, ...]:
        return differences_in_words(self.before, self.after)

    def accept(self) -> None:
        """Write the spec and its history. Raises InputError where it changed meanwhile."""
        write_step(
            self.path, kind="revise", said=self.said, before=self.text, after=self.new_text,
            patch=self.patch,
        )  # fmt: skip


def propose(
    path: Path,
    request: str,
    *,
    listen: Callable[[RenderSpec], Analysis],
    complete: Complete | None = None,
) -> Proposal:
    """What a request would change in a spec file; nothing is written.

    By rules; what they do not understand goes to a language model, if there is one. `listen` gives
    the song as it was heard, for requests about its rhythm. Raises InputError: RequestError where
    the request is not understood, which says too why a model did not help; another where it changes
    nothing.
    """
    text = text_of(path)
    spec = parse_spec(text, name=str(path))
    readings: tuple[str, ...] = ()
    try:
        changed = by_rules(request, spec, listen=listen)
        after, readings = _corrected(spec, changed, listen), changed.readings
        patch, fence = patch_between(spec, after), EDITS
    except RequestError as hint:
        if complete is None or isinstance(hint, OutOfReachError):
            raise
        patch, fence = _asked(request, spec, complete, hint), LOOKS
    return _proposal(path, text, spec, patch, fence, said=request, readings=readings)


def _asked(request: str, spec: RenderSpec, complete: Complete, hint: RequestError) -> Patch:
    """What a model makes of a request that the rules do not understand."""
    from clavilux.revision.by_model import by_model, is_sendable

    if not is_sendable(request):
        raise hint
    try:
        return by_model(request, spec, complete)
    except ClaviluxError as error:
        raise RequestError(f"{shown(str(error)).rstrip('.')}. By rules, {hint}") from error


def propose_patch(path: Path, patch: Patch, *, said: str, fence: str = LOOKS) -> Proposal:
    """The same of a patch that is at hand."""
    text = text_of(path)
    return _proposal(path, text, parse_spec(text, name=str(path)), patch, fence, said=said)


def _proposal(
    path: Path,
    text: str,
    spec: RenderSpec,
    patch: Patch,
    fence: str,
    *,
    said: str,
    readings: tuple[str, ...] = (),
) -> Proposal:
    after = patch.applied_to(spec, fence=fence)
    if after == spec:
        raise InputError("that is how it is already; nothing is changed")
    made = rewritten(text, spec, after, name=str(path))
    return Proposal(path, said, spec, after, patch, readings, text, made)


def _corrected(
    spec: RenderSpec, changed: Changed, listen: Callable[[RenderSpec], Analysis]
) -> RenderSpec:
    """The changed spec with its sections on the bar lines of a new correction.

    Both the old and the new bar lines are known here, so a correction that is there already may be
    changed too.
    """
    if changed.correction == Correction() and not changed.correction.model_fields_set:
        return changed.spec
    return correct_spec(changed.spec, listen(spec), changed.correction)[0]
