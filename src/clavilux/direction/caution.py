"""Leaves out of a prompt what a content filter might stumble over.

A heuristic for the second try, no more: short lists of words, whole phrases such as "in the style
of somebody", and no understanding. It knows English only.
"""

from __future__ import annotations

import re

VIOLENCE = (
    "blood", "bloody", "gore", "gory", "kill", "kills", "killing", "killer", "murder",
    "murdered", "dead", "death", "dying", "corpse", "corpses", "wound", "wounded", "gun", "guns",
    "rifle", "pistol", "weapon", "weapons", "sword", "swords", "dagger", "stab", "stabbing", "bomb",
    "bombs", "war", "battle", "battlefield", "soldier", "soldiers", "fight", "fighting", "violent",
    "violence", "torture", "terror", "terrorist", "massacre", "execution", "suicide", "self-harm",
    "hanged", "strangled", "slaughter", "assassin", "riot", "nazi", "swastika", "hate",
)  # fmt: skip
BODIES = (
    "nude", "nudes", "nudity", "naked", "topless", "undressed", "lingerie", "underwear", "bikini",
    "sex", "sexy", "sexual", "sensual", "erotic", "seductive", "body", "bodies", "flesh", "skin",
    "breast", "breasts", "thigh", "thighs", "lips", "kiss", "kissing", "man", "men", "woman",
    "women", "girl", "girls", "boy", "boys", "child", "children", "kid", "kids", "baby", "teen",
    "teenager", "face", "faces", "person", "people", "crowd", "lover", "lovers",
    "drug", "drugs", "cocaine", "heroin",
)  # fmt: skip
NAMES = (
    "disney", "pixar", "marvel", "ghibli", "nintendo", "pokemon", "pikachu", "star wars", "lego",
    "barbie", "batman", "superman", "spider-man", "mickey mouse", "harry potter", "coca-cola",
    "pepsi", "nike", "adidas", "ferrari", "lamborghini", "tesla", "playstation", "minecraft",
    "banksy", "beeple", "rutkowski", "basquiat", "warhol", "picasso", "dali", "hockney", "kusama",
    "koons", "hirst", "miyazaki", "kubrick", "tarantino", "tim burton", "taylor swift", "beyonce",
    "president", "celebrity",
)  # fmt: skip
"""Living or well-guarded artists, brands and figures: models refuse them, or their owners sue."""

_RISKY = re.compile(
    r"(?<![\w-])(?:(?:an?|the)\s+)?(?:"
    + "|".join(map(re.escape, (*VIOLENCE, *BODIES, *NAMES)))
    + r")(?:'s)?(?![\w-])",
    re.IGNORECASE,
)
_HOMAGE = re.compile(
    r"\b(?:(?:in|with) the (?:style|manner) of|in homage to|inspired by|à la|(?-i:by|after)"
    r"(?= (?-i:[A-Z])))[^,;.]*",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"^(?:(?:and|or|with|of|in|on|at|by|from|to|over|under)\b\s*)+"
    r"|(?:\s*\b(?:and|or|with|of|in|on|at|by|from|to|over|under|a|an|the))+$",
    re.IGNORECASE,
)


def is_risky(text: str) -> bool:
    """Whether a filter might take offence at any of it."""
    return bool(_RISKY.search(text) or _HOMAGE.search(text))


def without_risks(text: str) -> str:
    """The phrases of a prompt that nothing is wrong with; where there is none, the words.

    Returns "" where nothing is left.
    """
    phrases = [p.strip() for p in text.split(",")]
    harmless = [p for p in phrases if p and not is_risky(p)]
    if not harmless:
        harmless = [p for p in map(_cleaned, phrases) if p]
    return ", ".join(harmless)


def _cleaned(phrase: str) -> str:
    words = " ".join(_RISKY.sub(" ", _HOMAGE.sub(" ", phrase)).split())
    return _DANGLING.sub("", words).strip(" ,;.-")
