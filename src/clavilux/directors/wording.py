"""Words from outside made harmless: one line, no control characters, no addresses, no markup.

Prompts go on to image models, of which some read commands inside them: <lora:...>, {a|b}, --flags.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_READ = 20_000
"""Characters of one text that are looked at at all."""

_ADDRESS = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)\S*")
_MARKUP = re.compile(r"[<>{}\[\]|\\`$]|-{2,}|(?<!\S)-(?=[A-Za-z])|&[#\w]{1,10};")


def plain(text: str) -> str:
    """Text without control, formatting and private characters, its blanks run together."""
    shown = unicodedata.normalize("NFC", text[:LONGEST_READ].encode("utf-8", "ignore").decode())
    return " ".join("".join(c if _is_shown(c) else " " for c in shown).split())


def _is_shown(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")


def cleaned(text: str, *, limit: int) -> str:
    """Words for a prompt: plain, without addresses and markup, at most `limit` characters."""
    words = _MARKUP.sub(" ", _ADDRESS.sub(" ", plain(text)))
    return shortened(" ".join(words.split()), limit=limit).strip(" ,;")


def shortened(text: str, *, limit: int) -> str:
    """At most `limit` characters; whole words, but for one that is longer by itself."""
    if len(text) <= limit:
        return text
    whole = text[: limit + 1].rpartition(" ")[0]
    return whole or text[:limit]
