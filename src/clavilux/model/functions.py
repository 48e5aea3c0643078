"""The many words people write for a part of a song -> its function."""

from __future__ import annotations

import re

from clavilux.model.song import Function

_WORDS: dict[Function, tuple[str, ...]] = {
    "pre-chorus": ("prechorus", "prerefrain", "buildup", "build", "riser", "lift", "climb"),
    "chorus": ("postchorus", "chorus", "refrain", "hook", "coro", "refrein"),
    "intro": ("introduction", "intro", "opening", "start", "begin", "leadin"),
    "outro": ("outro", "ending", "end", "coda", "fadeout", "closing", "postlude"),
    "verse": ("verse", "vers", "strophe", "stanza", "rap"),
    "bridge": ("bridge", "middle", "breakdown"),
    "solo": ("solo", "guitarsolo", "sologuitar", "drumsolo", "pianosolo"),
    "drop": ("drop", "beatdrop", "maindrop"),
    "instrumental": (
        "instrumental", "inst", "instrument", "instruments", "interlude", "break", "riff", "theme",
        "transition", "vamp", "postverse", "music",
    ),
}  # fmt: skip
_FUNCTIONS = {word: function for function, words in _WORDS.items() for word in words}


def function_named(name: str) -> Function | None:
    """The function of a part called so, or None for a word that names none.

    "Chorus 2", "chorus_2", "CHORUS (quiet)" and "Refrain" are all choruses; "pre chorus",
    "pre-chorus" and "prechorus" one thing. The words are those of the SALAMI and Harmonix
    annotations and of lyric sheets.
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"\(.*?\)", " ", name.lower()))
    for length in (2, 1):
        for at in range(len(words) - length + 1):
            if found := _FUNCTIONS.get("".join(words[at : at + length])):
                return found
    return None
