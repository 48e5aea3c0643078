"""What the tests of revisions share: a spec of a whole song, and how it changes."""

from __future__ import annotations

from clavilux.model.spec import RenderSpec
from clavilux.revision.difference import differences_in_words
from clavilux.revision.patch import patch_between
from clavilux.revision.requests import by_rules
from support import make_analysis, make_spec

PARTS = (
    ("intro", 4.0, 0.2), ("verse", 8.0, 0.4), ("chorus", 8.0, 0.9), ("verse", 8.0, 0.4),
    ("chorus", 8.0, 0.9), ("bridge", 6.0, 0.25), ("outro", 6.0, 0.5),
)  # fmt: skip


def song_spec() -> RenderSpec:
    return make_spec(make_analysis(PARTS), scene="ocean")


def changes(request: str, spec: RenderSpec | None = None) -> dict[str, set[str]]:
    """Section -> the fields that a request changes, by way of its patch."""
    spec = spec or song_spec()
    after = by_rules(request, spec).spec
    assert patch_between(spec, after).applied_to(spec) == after
    found: dict[str, set[str]] = {}
    for one in differences_in_words(spec, after):
        found.setdefault(one.section, set()).add(one.field)
    return found


def wished(request: str, spec: RenderSpec | None = None) -> RenderSpec:
    return by_rules(request, spec or song_spec()).spec
