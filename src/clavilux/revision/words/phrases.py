"""Turns of phrase put in the words that the vocabulary knows; texts in quotes stay as they are."""

from __future__ import annotations

import re

from clavilux.revision.words.vocabulary import NUMBERS

QUOTED = re.compile(r"[\"\u201c][^\"\u201d]*[\"\u201d]")
_NOT = r"(?:do not|don'?t|don\u2019t)"
_FIELD = r"(?:prompt|theme|mood|title|global style|subject)"
_PLAIN = r"[^\"\u201c=:]"

_REALLY = r"(?:really |actually )?"
_OF_THAT = r"(?: of (?:that|it)| that| as fast)?(?=$|[,;.])"
_SEEN = r"(?:it|everything|(?:the )?(?:beats?|flashes|cuts|pulses|video|picture|whole thing))"
_COME = r"(?:are|is|come|comes)"
_MS = r"(?:about )?(\d+(?:\.\d+)?) ?(?:ms|milliseconds)"

_OWN_WORDS = re.compile(
    rf"""\b({_FIELD}\b{_PLAIN}{{0,60}})[=:]\s*(?![\"\u201c\s])([^\"\u201c]+)$""", re.IGNORECASE
)
"""A text without quotes goes on to the end of the request."""

_CHANGED_TO = re.compile(
    rf"""^((?:please )?(?:change|set|make) (?:the )?{_FIELD}\b(?:{_PLAIN}{{0,60}}?))\s+"""
    rf"""(?:to|into)\s+({_PLAIN}+)$""",
    re.IGNORECASE,
)
""" "change the title to Monkey Business"."""

_TITLED = re.compile(
    rf"""^(?:please )?(?:call|name|rename) (?:the |this )?(?:song|video)(?: to)?\s+({_PLAIN}+)$""",
    re.IGNORECASE,
)

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        # what is not wanted
        (rf"\b{_NOT} (?:use|show|have|want|need) (?:so|too|that|as) much\b", "less"),
        (r"\bnot (?:so|too|that|as) much\b", "less"),
        (rf"\b(?:i )?{_NOT} like (?:the |this |that )?(?:picture|image|still|look|photo)s?\b"
         r"(?= (?:in|of|for|at)\b)", "another picture"),
        (rf"\b(?:i )?{_NOT} (?:want|use|show|need|like) (?:any |the )?", "no "),
        (r"\bnever show (?:any )?", "no "),
        # the climax is where the hero is
        (r"\b(?:put|move|set|place) the climax (?:in|to|into|at|on)\b", "hero in"),
        (r"\bthe climax (?:is|should be|comes) (?:in|at|on)\b", "hero in"),
        # the rhythm
        (r"\b(?:it is|it's|this is|the song is|song is|the meter is|the time signature is)"
         r" (?:in )?(\d+)/4(?: time)?\b", r"\1 beats per bar"),
        (r"\bit(?: is|'s) a waltz\b", "3 beats per bar"),
        (rf"\b(?:the )?tempo is {_REALLY}half{_OF_THAT}", "half tempo"),
        (rf"\b(?:the )?tempo is {_REALLY}(?:twice|double){_OF_THAT}", "double tempo"),
        (r"\b(?:the )?tempo is twice too fast\b", "half tempo"),
        (rf"\b{_SEEN} {_COME} {_MS} (?:too )?late\b", r"beats \1 ms earlier"),
        (rf"\b{_SEEN} {_COME} {_MS} (?:too )?early\b", r"beats \1 ms later"),
        (rf"\b(?:the )?(downbeats?|bar lines) {_COME} (\w+) beats? (?:too )?late\b",
         r"\1 \2 beats earlier"),
        (rf"\b(?:the )?(downbeats?|bar lines) {_COME} (\w+) beats? (?:too )?early\b",
         r"\1 \2 beats later"),
        (r"\b(?:shift|move|push|nudge) (?=(?:the |all )?(?:beats?|downbeats?|bar lines)\b)", ""),
        (r"\b(?:the )?bars? (?:starts?|begins?) (\w+) beats? (later|earlier)\b",
         r"downbeat \1 beats \2"),
        (r"\bcount (?:it )?in (\d+|two|three|four|five|six|seven)\b", r"\1 beats per bar"),
        # how much
        (r"\bnot (\w+) enough\b", r"\1"),
        (r"\b(?:take|turn|dial) (the (?:\w+ )?\w+) (down|up)\b", r"\1 \2"),
        (r"\bgray\b", "grey"),
        # how many
        (r"\b(?:1|one|a single|a) (?:still|image|photo)\b(?! (?:image|picture))", "1 stills"),
        (rf"\b(\d|{'|'.join(NUMBERS)}|more|fewer|less) (?:pictures|images|photos)\b", r"\1 stills"),
        # stills instead of video
        (r"\b(stills|images|photos|pictures) only, no (?:ai )?videos?\b", r"\1"),
        (r"\b(only )?(stills|images|photos),? (?:and )?no (?:ai )?videos?\b", r"\2"),
        (r"\b(stills|images|photos) instead of (?:ai )?videos?\b", r"\1"),
    )
)  # fmt: skip


_NAMED = r"verse|chorus|refrain|pre-?chorus|bridge|solo|intro|outro"
_PLACE = re.compile(
    rf"\s(?:in|for|during) (?:the |all |every )?(?:\w{{4,7}} )?(?:{_NAMED})(?:e?s)?(?:[ _]\d)?$",
    re.IGNORECASE,
)
""" "prompt: neon rain in the chorus": where, behind somebody's own words."""


def _in_quotes(found: re.Match[str]) -> str:
    """A field and its text in quotes, without the place that may end it."""
    field, text = found[1], found[2].rstrip()
    of_all = re.search(rf"title|global|{_NAMED}", field, re.IGNORECASE)
    place = None if of_all else _PLACE.search(text)
    return f'{field} "{text}"' if place is None else f'{field} "{text[: place.start()]}"{place[0]}'


def in_known_words(request: str) -> str:
    """The request with its turns of phrase replaced, and its own words in quotes."""
    request = _OWN_WORDS.sub(_in_quotes, request.strip())
    request = _CHANGED_TO.sub(_in_quotes, request)
    request = _TITLED.sub(r'title "\1"', request)
    pieces, start = [], 0
    for quoted in QUOTED.finditer(request):
        pieces += [_replaced(request[start : quoted.start()]), quoted[0]]
        start = quoted.end()
    return "".join([*pieces, _replaced(request[start:])])


def without_quotes(request: str) -> str:
    """What of a request is not somebody's own words."""
    return QUOTED.sub(" ", request)


def _replaced(text: str) -> str:
    for pattern, said in _PHRASES:
        text = pattern.sub(said, text)
    return text
