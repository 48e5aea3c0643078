"""Theme words -> scene: what a person writes decides what is seen."""

from __future__ import annotations

import re

from clavilux import registry


def scene_for(theme: str, *, usual: str) -> str:
    """The scene whose words a theme holds most of.

    The usual scene stays where the theme names it too, or names none.
    """
    words = set(re.findall(r"[a-z]+", theme.lower()))
    scores = {
        name: len(words & {*registry.get("scenes", name).words, name})
        for name in registry.names("scenes")
    }
    if scores.get(usual, 0) > 0 or not any(scores.values()):
        return usual
    return max(scores, key=lambda name: (scores[name], name))
