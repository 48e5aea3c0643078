"""A spec's text is changed where it must be and nowhere else."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from clavilux.documents import parse_spec, read_spec, write_spec
from clavilux.documents.rewriting import rewritten
from clavilux.model.correction import Correction, TempoMark
from clavilux.model.spec import RenderSpec, SectionSpec
from support import make_analysis, make_spec

WORDS = some.text(
    some.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), max_size=40
)
NAMES = some.text(string.ascii_lowercase + "_", min_size=1, max_size=12)
COLORS = some.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06X}")
LIKENESSES = get_args(RenderSpec.model_fields["likeness"].annotation)


def floats(low: float, high: float) -> some.SearchStrategy[float]:
    """Without the smallest of all, which have several spellings: 4e-324 is 5e-324."""
    return some.floats(low, high, allow_subnormal=False)


SECONDS = floats(0, 500).map(lambda t: round(t, 3))


@some.composite
def corrections(draw: Any) -> Correction:
    fields: dict[str, Any] = {
        "tempo_scale": draw(some.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])),
        "beat_offset": draw(floats(-10_000, 10_000)),
        "meter": draw(some.none() | some.integers(1, 16)),
        "downbeat_shift": draw(some.integers(-16, 16)),
    }
    times = tuple(sorted(draw(some.sets(SECONDS, min_size=2, max_size=5))))
    if draw(some.booleans()):
        fields["taps"] = times
    elif draw(some.booleans()):
        fields["tempo_map"] = tuple(TempoMark(time=t, tempo=90) for t in times)
    return Correction(**fields)


@some.composite
def specs(draw: Any, count: int | None = None) -> RenderSpec:
    """Any spec: every field takes any value it may have."""
    count = count or draw(some.integers(1, 4))
    edges = sorted(draw(some.sets(SECONDS, min_size=count + 1, max_size=count + 1)))
    sections = [
        SectionSpec(
            label=f"{draw(NAMES)}_{i}",
            start=edges[i],
            end=edges[i + 1],
            theme=draw(WORDS),
            palette=tuple(draw(some.lists(COLORS, min_size=2, max_size=8))),
            mood=draw(WORDS),
            prompt=draw(WORDS | some.text("word, \n:#'\"-", max_size=300)),
            tier=draw(some.sampled_from([1, 2, 3])),
            scene=draw(NAMES),
            energy=draw(floats(0, 1)),
            stills=draw(some.integers(0, 8)),
            hero=draw(some.booleans()),
            effects=draw(some.dictionaries(NAMES, floats(0, 4), max_size=4)),
            transition=draw(NAMES),
        )
        for i in range(count)
    ]
    return RenderSpec(
        song=draw(WORDS),
        title=draw(WORDS),
        style=draw(NAMES),
        global_style=draw(WORDS),
        through_line=draw(WORDS),
        quality=draw(WORDS),
        grading=draw(floats(0, 1)),
        seed=draw(some.integers(0, 2**63 - 1)),
        tracker=draw(NAMES),
        correction=draw(corrections()),
        times_follow=draw(some.none() | corrections()),
        likeness=draw(some.sampled_from(LIKENESSES)),
        named_sections=draw(some.booleans()),
        sections=tuple(sections),
    )


@given(specs())
@settings(max_examples=10, deadline=None)
def test_every_field_goes_round(spec: RenderSpec) -> None:
    assert parse_spec(write_spec(spec, name="x.yaml"), name="x") == spec
    assert parse_spec(spec.model_dump_json(), name="x.json") == spec


@given(some.data())
@settings(max_examples=7, deadline=None)
def test_every_field_can_be_rewritten(data: some.DataObject) -> None:
    before, after = data.draw(specs()), data.draw(specs())
    text = write_spec(before, name="x.yaml").replace("\nsections:", "\n# mine\nsections:")
    made = rewritten(text, before, after, name="x.yaml")
    assert parse_spec(made, name="x") == after and "# mine\n" in made
    as_json = rewritten(before.model_dump_json(), before, after, name="x.json")
    assert parse_spec(as_json, name="x") == after


@given(some.data())
@settings(max_examples=8, deadline=None)
def test_sections_come_and_go_and_every_other_line_stays(data: some.DataObject) -> None:
    """Any are taken out and put in again, among comments: there and back is the same text, but for
    where long lines of a section that moved are broken."""
    count = data.draw(some.integers(2, 5))
    usual = {"correction": Correction(), "times_follow": None}
    whole = data.draw(specs(count)).model_copy(update=usual)
    out = data.draw(some.sets(some.integers(0, count - 1), min_size=1, max_size=count - 1))
    kept = tuple(s for i, s in enumerate(whole.sections) if i not in out)
    fewer = whole.model_copy(update={"sections": _tiled(kept)})
    whole = whole.model_copy(update={"sections": _tiled(whole.sections)})
    text = _commented(write_spec(fewer, name="x.yaml"), fewer)
    more = rewritten(text, fewer, whole, name="x.yaml")
    assert parse_spec(more, name="x") == whole
    assert rewritten(more, whole, fewer, name="x.yaml").split() == text.split()
    words = iter(more.splitlines())
    for line in text.splitlines():
        if line.lstrip().startswith(("#", "- label", "theme", "scene")):
            assert any(line == other for other in words), line


@given(some.data())
@settings(max_examples=8, deadline=None)
def test_the_lines_of_sections_that_are_not_touched_stay(data: some.DataObject) -> None:
    """Whatever the library would make of them: their long lines, quotes, comments, odd blanks."""
    spec = data.draw(specs(3))
    text = (
        write_spec(spec, name="x").replace("    hero: ", "    hero:   ").replace("mood:", "mood: ")
    )
    after = edited(spec, 1, energy=0.125 if spec.sections[1].energy != 0.125 else 0.25)
    made = rewritten(text, spec, after, name="x.yaml")
    assert parse_spec(made, name="x") == after
    for number in (0, 2):
        label = f"  - label: {write_spec(spec, name='x').split('  - label: ')[number + 1]}"
        first = label.splitlines()[0]
        assert _block(made, first) == _block(text, first)


def _block(text: str, first: str) -> list[str]:
    """The lines of a section, from its first to the next one's."""
    lines = text.splitlines()
    start = lines.index(first)
    rest = lines[start + 1 :]
    stop = next(
        (n for n, line in enumerate(rest) if line and not line.startswith("    ")), len(rest)
    )
    return [line for line in lines[start : start + 1 + stop] if line]


def _tiled(sections: tuple[SectionSpec, ...]) -> tuple[SectionSpec, ...]:
    """The same sections one behind the other, a second each."""
    return tuple(
        section.model_copy(update={"start": float(i), "end": float(i + 1)})
        for i, section in enumerate(sections)
    )


def _commented(text: str, spec: RenderSpec) -> str:
    """A comment above every section, and one at the end."""
    for section in spec.sections:
        dash = f"  - label: {section.label}\n"
        text = text.replace(dash, f"  # about {section.label}\n{dash}")
    return text + "# the end\n"


def test_a_section_that_goes_leaves_its_comments_where_they_stood() -> None:
    spec = parse_spec(COMMENTED, name="x")
    first, second, third = spec.sections
    merged = spec.model_copy(update={"sections": (first, third.model_copy(update={"start": 8.0}))})
    made = rewritten(COMMENTED, spec, merged, name="x.yaml")
    assert parse_spec(made, name="x") == merged and "*p" not in made
    for comment in ("# the first", "# wild", "# one", "# the second", "# the end"):
        assert made.count(comment) == 1, comment
    without = spec.model_copy(
        update={"sections": (second.model_copy(update={"start": 0.0}), third)}
    )
    made = rewritten(COMMENTED, spec, without, name="x.yaml")
    assert parse_spec(made, name="x") == without
    assert made.count("# the first") == made.count("# the second") == 1


def test_sections_come_and_go_in_json_and_where_they_stand_side_by_side(spec: RenderSpec) -> None:
    fewer = spec.model_copy(update={"sections": _tiled(spec.sections[1:])})
    more = fewer.model_copy(update={"sections": _tiled(spec.sections)})
    text = fewer.model_dump_json(indent=2)
    for name in ("x.json", "x.yaml"):
        made = rewritten(text, fewer, more, name=name)
        assert parse_spec(made, name="x") == more
        assert parse_spec(rewritten(made, more, fewer, name=name), name="x") == fewer
    loose = text.replace('"style"', '"title": "",\n"style"').replace("}\n  ]", "},\n  ]")
    made = rewritten(
        loose.replace('"title": "",\n  "title"', '"title"'), fewer, more, name="x.json"
    )
    assert parse_spec(made, name="x") == more


@pytest.fixture
def spec() -> RenderSpec:
    return make_spec(make_analysis())


def edited(spec: RenderSpec, number: int, **fields: Any) -> RenderSpec:
    sections = list(spec.sections)
    sections[number] = sections[number].model_copy(update=fields)
    return spec.model_copy(update={"sections": tuple(sections)})


COMMENTED = """\
# of mine
song: song.wav   # relative
style: test

global_style: ''
gold: &gold ["#000000", "#D4A94B"]
sections:
# the first
- label: "verse_1"    # quoted
  theme: 'hills'
  start: 0
  end: 8.0
  palette: ['#0B0B1A', "#4A1E8A"]   # both kinds
  mood: calm
  prompt: >-
    a long one
    on two lines
  scene: plain
  energy: 0.9  # wild
  effects:
    bloom: 1   # one
    grain: 0.5 # two

# the second
- {label: chorus_1, start: 8, end: 16, theme: x, palette: &p ['#000000', '#FFFFFF'], mood: m,
   prompt: p, scene: plain, energy: 1, effects: &e {bloom: 2}}
- {label: chorus_2, start: 16, end: 20, theme: x, palette: *p, mood: m,
   prompt: p, scene: plain, energy: 1, effects: *e}
# the end
""".replace('gold: &gold ["#000000", "#D4A94B"]\n', "")


def changed_lines(a: str, b: str) -> list[str]:
    before = a.splitlines()
    return [line.strip() for line in b.splitlines() if line not in before]


def test_comments_order_and_quotes_stay() -> None:
    spec = parse_spec(COMMENTED, name="x")
    after = edited(
        spec, 0, energy=0.25, palette=("#111111", "#222222"), effects={"bloom": 1.5, "grain": 0.5}
    )
    made = rewritten(COMMENTED, spec, after, name="x.yaml")
    for comment in ("# of mine", "# relative", "# the first", "# quoted", "# both kinds", "# wild",
                    "# one", "# two", "# the second", "# the end"):  # fmt: skip
        assert made.count(comment) == 1, comment
    assert parse_spec(made, name="x") == after
    assert made.index("verse_1") < made.index("theme: 'hills'") < made.index("start: 0")


def test_what_an_alias_shares_is_changed_in_one_place() -> None:
    spec = parse_spec(COMMENTED, name="x")
    after = edited(spec, 2, palette=("#111111", "#222222"), effects={"bloom": 3.0})
    made = parse_spec(rewritten(COMMENTED, spec, after, name="x.yaml"), name="x")
    assert made == after and made.sections[1].effects == {"bloom": 2.0}
    first = edited(spec, 1, palette=("#111111", "#222222"), effects={"bloom": 3.0})
    assert parse_spec(rewritten(COMMENTED, spec, first, name="x.yaml"), name="x") == first


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: "# yaml-language-server: $schema=render-spec.schema.json\n" + text,
    ],
)
def test_the_form_of_the_text_stays(dress: Callable[[str], str], spec: RenderSpec) -> None:
    text = dress(write_spec(spec, name="x.yaml"))
    after = edited(spec, 1, energy=0.125)
    made = rewritten(text, spec, after, name="x.yaml")
    assert parse_spec(made, name="x") == after
    assert made.startswith("\ufeff") == text.startswith("\ufeff")
    assert made.count("\r\n") in (0, made.count("\n")) and ("\r" in made) == ("\r" in text)
    assert made.splitlines()[0] == text.splitlines()[0]
    assert changed_lines(text, made) == ["energy: 0.125"]


@pytest.mark.parametrize("tiny", [4.925638899772813e-14, 1e-05, 2.2250738585072014e-308])
def test_a_number_with_an_exponent_keeps_every_digit(spec: RenderSpec, tiny: float) -> None:
    spec = spec.model_copy(update={"grading": tiny})
    after = edited(spec, 0, energy=tiny / 2)
    made = rewritten(write_spec(spec, name="x"), spec, after, name="x.yaml")
    assert parse_spec(made, name="x") == after


def test_nothing_changed_is_the_same_text(spec: RenderSpec) -> None:
    text = "# odd   \n" + write_spec(spec, name="x").replace("seed: 1", "seed:   1")
    assert rewritten(text, spec, spec, name="x") is text


def test_a_spec_that_is_read_is_what_was_written(tmp_path: Path, spec: RenderSpec) -> None:
    path = tmp_path / "song.spec.yaml"
    path.write_text(write_spec(spec, name=path.name))
    assert read_spec(path) == spec
