"""Requests about the sections themselves: "split the chorus at 1:05", "rename part_3 to bridge".

Each is a sentence of a fixed form, in which sections, times and names stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from clavilux.model.spec import RenderSpec
from clavilux.revision.acts import section_acts as act
from clavilux.revision.acts.copying import COPYING_FORMS
from clavilux.revision.acts.fixed_forms import Asked, SectionChange
from clavilux.revision.acts.showing import SHOWING_FORMS
from clavilux.revision.words.moments import WHEN, Hearing, without_exactly
from clavilux.revision.words.vocabulary import NUMBERS

MOST_LETTERS = 300
"""Of such a request."""


def section_change(text: str, spec: RenderSpec, hearing: Hearing) -> SectionChange | None:
    """The change that a text asks for, if it has one of the forms; None if it has none.

    Raises CannotBeDoneError where it has, but cannot be done.
    """
    if len(text) > MOST_LETTERS:
        return None
    bare, exactly = without_exactly(_POLITE.sub("", text.strip()).rstrip("?!. "))
    for form, does in _FORMS:
        found = form.fullmatch(bare)
        if found is not None:
            said = {name: value for name, value in found.groupdict().items() if value is not None}
            made = does(Asked(said, exactly, spec, hearing))
            if made is not None:
                return made
    return None


_POLITE = re.compile(
    r"^(?:(?:please|now|and|then|also|ok|okay|let's|let us|can you|could you|would you|will you|"
    r"i want to|i'd like to|i would like to|we should|you should|kindly)\b[, ]*)+",
    re.IGNORECASE,
)


# --- The forms -------------------------------------------------------------------------------

_N = rf"(?P<n>an?|half an?|{'|'.join(NUMBERS)}|\d+(?:\.\d+)?)"
_UNIT = r"(?P<unit>bars?|beats?|seconds?)"
_AT = rf"(?P<at>{WHEN})"
_BORDER = r"(?:boundary|border|section (?:break|boundary|border|change))"
_DELETE = r"(?:remove|delete|erase|take away|take out|get rid of)"
_EDGE = r"(?P<edge>start|beginning|begin|end|ending)"

Act = Callable[[Asked], SectionChange | None]


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FORMS: tuple[tuple[re.Pattern[str], Act], ...] = (
    (_form(r"(?:split|divide|cut|break) (?:up )?(?P<what>.+?) (?:in(?:to)? (?:half|two|2|halves)"
           r"(?: (?:parts|halves|sections))?|in the middle|down the middle)"), act.split_in_half),
    (_form(r"(?:split|divide|cut) (?:up )?(?P<what>.+?) in(?:to)? (?:three|four|\d+)"
           r"(?: equal)?(?: (?:parts|pieces|sections))?"), act.split_in_many),
    (_form(rf"(?:split|divide) (?:up )?(?P<what>.+?) after {_N} {_UNIT}"), act.split_after),
    (_form(rf"(?:split|divide)(?: up)?(?: (?P<what>.+?))? at {_AT}"), act.split_at),
    (_form(rf"(?:add|put|insert|make|set|place) (?:an? |another )?(?:new )?{_BORDER} at {_AT}"),
     act.split_at),
    (_form(rf"(?:start|begin|add|insert) a new (?:section|part) at {_AT}"), act.split_at),
    (_form(rf"a new (?:section|part) (?:starts|begins) at {_AT}"), act.split_at),
    (_form(r"(?:merge|join|combine|unite) (?P<what>.+?) into (?!one)(?P<into>.+)"), act.merge),
    (_form(r"(?:merge|join|combine|unite) (?P<what>.+?)(?: into one| together)?"), act.merge),
    (_form(rf"{_DELETE} (?:the )?{_BORDER} (?:at|near|around) {_AT}"), act.unbound_at),
    (_form(rf"{_DELETE} (?:the )?{_BORDER} between (?P<what>.+)"), act.unbound_between),
    (_form(rf"{_DELETE} (?:the )?{_BORDER} (?:before|at the start of) (?P<what>.+)"),
     partial(act.unbound_beside, -1)),
    (_form(rf"{_DELETE} (?:the )?{_BORDER} (?:after|at the end of) (?P<what>.+)"),
     partial(act.unbound_beside, 1)),
    (_form(rf"{_DELETE} (?P<what>.+)"), act.remove),
    (_form(rf"(?:move|shift|put|set) (?:the )?{_BORDER} (?:at|from) (?P<old>{WHEN}) to {_AT}"),
     act.move_boundary),
    (_form(rf"(?:move|shift|put|set) (?:the )?{_EDGE} of (?P<what>.+?) (?:to|at) {_AT}"), act.move),
    (_form(rf"(?:move|shift) (?P<what>.+?) to {_AT}"), act.move),
    (_form(rf"(?:move|shift) (?:the )?{_EDGE} of (?P<what>.+?) (?:by )?{_N} {_UNIT} "
           r"(?P<way>earlier|later|sooner)"), act.move_by),
    (_form(rf"(?:(?:move|shift|start|begin|let|have) )?(?P<what>.+?) (?:(?:should |must )?"
           rf"(?:starts?|begins?|come in|comes in) )?(?:by )?{_N} {_UNIT} "
           r"(?P<way>earlier|later|sooner)"), act.move_by),
    (_form(rf"make (?P<what>.+?) (?:by )?{_N} {_UNIT} (?P<way>longer|shorter)"), act.move_by),
    (_form(rf"(?P<what>.+?) (?:is|are) {_N} {_UNIT} too (?P<way>long|short)"), act.move_by),
    (_form(rf"(?P<what>.+?) (?:starts?|begins?|comes in) {_N} {_UNIT} too (?P<way>late|early)"),
     act.move_by),
    (_form(rf"(?P<edge>start|begin|end) (?P<what>.+?) (?:at|on) {_AT}"), act.move),
    (_form(r"(?P<what>.+?) (?:(?:should|must|has to|needs to|really|actually) )*"
           rf"(?P<edge>starts?|begins?|ends?|stops?) (?:at|on|from) {_AT}"), act.starts),
    (_form(r"(?:rename|relabel) (?P<what>.+?) (?:to|as|into) (?:(?:a|an|the) )?(?P<name>.+)"),
     act.rename),
    (_form(r"(?:rename|relabel) (?P<what>.+?) (?P<name>[\"\u201c].+)"), act.rename),
    (_form(r"(?:call|label|name) (?P<both>.+)"), act.call),
    (_form(r"(?P<what>.+?) (?:is|should be) (?:(?:really|actually|in fact) )?"
           r"(?:an?|the) (?P<name>.+)"), act.is_a),
    (_form(rf"(?P<what>.+?) (?:is|are|should be|comes) at {_AT}"), act.place),
    (_form(r"(?:add|insert|start) a (?:new )?(?:section|part) (?:called|named) "
           rf"(?:(?:an?|the) )?(?P<own>.+?) at {_AT}"), act.insert),
    (_form(r"(?:(?:add|insert|mark|put in) |(?:(?:there is|there's|there should be|add|insert|"
           r"put in|put|mark|make|i hear|you missed|it has|we have|start|begin) )?"
           r"(?:an?|another) )(?:new )?"
           r"(?P<name>\"[^\"]+\"|\u201c[^\u201d]+\u201d|[\w -]+?)(?: section| part)? "
           rf"(?:(?:starts|begins|starting|beginning|comes in|kicks in|hits) )?(?:at|from) {_AT}"
           rf"(?: (?:to|until|till) (?P<end>{WHEN}))?"), act.insert),
    *((_form(pattern), does) for pattern, does in (*COPYING_FORMS, *SHOWING_FORMS)),
)  # fmt: skip
