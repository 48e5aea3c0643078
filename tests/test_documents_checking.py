"""`clavilux check`: every problem, where it is, and what was meant. Hostile texts are refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clavilux.documents import parse_spec, read_spec, write_spec
from clavilux.documents.checking import problems_of
from clavilux.documents.schema import EDITOR_LINE, FILE_NAME, schema_text, spec_schema
from clavilux.model.errors import SpecError
from clavilux.model.spec import RenderSpec
from support import make_analysis, make_spec
from workshop import Answer

Cli = Callable[..., Answer]
ROOT = Path(__file__).parent.parent

WRONG = """\
clavilux: 1
song: nowhere.mp3
style: neon_city
global_stile: x
tracker: pointr
seed: -1
sections:
  - label: verse_1
    start: 0
    end: 10
    theme: 1984
    palette: [red, "#FFF", '#12345G']
    mood: calm
    prompt: x
    scene: ocaen
    energy: 1.5
    effects: {blom: 1, grain: 7}
    transition: morf
  - label: verse_1
    start: 11
    end: 9
    theme: x
    palette:
      - #112233
      - "#112233"
    mood: "a"
    prompt: x
    scene: ocean
    energy: .nan
    tier: 4
correction: {tempo_scale: 3, beatoffset: 2}
"""


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    found = {
        f"{p.place.line}:{p.place.column} {p.field}": p.message
        for p in problems_of(WRONG, folder=tmp_path)
    }
    for place, words in (
        ("1:1 global_style", "missing"),
        ("2:7 song", "no song 'nowhere.mp3'"),
        ("4:1 global_stile", "did you mean global_style?"),
        ("5:10 tracker", "did you mean pointer?"),
        ("6:7 seed", "greater than or equal to 0"),
        ("11:12 section 'verse_1' theme", "put 1984 in quotes"),
        ("12:15 section 'verse_1' palette 1", "red is '#E62A1C'"),
        ("12:20 section 'verse_1' palette 2", "did you mean '#FFFFFF'?"),
        ("12:28 section 'verse_1' palette 3", "write it as #RRGGBB"),
        ("15:12 section 'verse_1' scene", "did you mean ocean?"),
        ("16:13 section 'verse_1' energy", "less than or equal to 1"),
        ("17:15 section 'verse_1' effects blom", "did you mean bloom?"),
        ("17:31 section 'verse_1' effects grain", "not 0..4"),
        ("18:17 section 'verse_1' transition", "did you mean morph?"),
        ("19:12 section 'verse_1' label", "section 1 has this label too"),
        ("20:12 section 'verse_1' start", "'verse_1' ends at 10"),
        ("21:10 section 'verse_1' end", "before it starts"),
        ("24:8 section 'verse_1' palette 1", "put it in quotes"),
        ("29:13 section 'verse_1' energy", "less than or equal to 1"),
        ("30:11 section 'verse_1' tier", "1, 2 or 3"),
        ("31:27 correction tempo_scale", "not one of"),
        ("31:30 correction beatoffset", "did you mean beat_offset?"),
    ):
        near = {k: v for k, v in found.items() if k.split(" ", 1)[1] == place.split(" ", 1)[1]}
        assert words in (found.get(place) or ""), (place, near)
    assert len(found) == 22, sorted(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1,\n", "x:2:1: expected"),
        ("a: 1\nb: [#112233, '#1']\nc: 2", "colours need quotes"),
        ("- 1", "not a render spec"),
        ("", "not a render spec"),
        ("a: 1\na: 2", "2:1: found duplicate key"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: \x00", "special characters are not allowed"),
        ("a: &a [*a]", "names a value that it is part of"),
        ("a: &a {b: *a}", "names a value that it is part of"),
        ("a: " + "9" * 6000, "cannot be read"),
        ("<<: *nobody", "undefined alias"),
        ("[" * 600, "nested too deeply"),
    ],
)
def test_what_is_no_spec_is_said(text: str, words: str) -> None:
    (problem,) = problems_of(text)
    assert words in problem.told("x")
    with pytest.raises(SpecError):
        parse_spec(text, name="x")


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    began = time.perf_counter()
    (problem,) = problems_of("\n".join(lines))
    assert "too many" in problem.message and time.perf_counter() - began < 3


def test_text_that_steers_a_terminal_is_not_shown() -> None:
    text = WRONG.replace("verse_1", '"v\\e[31m_1"', 1).replace("blom", '"bl\\e]0;x\\aom"')
    told = [p.told("x") for p in problems_of(text)]
    assert told and all(line.isprintable() for line in told)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    text = write_spec(make_spec(make_analysis()), name="x")
    for wrong in (".nan", ".inf"):
        path = tmp_path / "x.yaml"
        path.write_text(text.replace("end: 28.0", f"end: {wrong}"))
        with pytest.raises(SpecError, match="finite"):
            read_spec(path)


# --- The command -----------------------------------------------------------------------------


def test_check_tells_and_exits_with_two(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "song.spec.yaml"
    path.write_text(WRONG)
    answer = cli("check", path)
    assert answer.code == 2 and answer.out == ""
    assert f"{path}:4:1: global_stile: unknown field" in answer.err
    assert len(answer.err.splitlines()) == 22
    listed = cli("check", path, "--json")
    assert listed.code == 2 and len(listed.json) == 22
    assert {"line", "column", "field", "message"} == set(listed.json[0])


def test_a_good_spec_is_fine(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "song.spec.yaml"
    path.write_text(write_spec(make_spec(make_analysis(), scene="plain"), name=path.name))
    (tmp_path / "song.wav").touch()
    answer = cli("check", path)
    assert (answer.code, answer.err) == (0, "") and "is fine" in answer.out
    assert cli("check").code == 2 and cli("check", tmp_path / "absent.yaml").code == 2


def test_an_editor_finds_the_schema_beside_the_spec(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "song.spec.yaml"
    text = write_spec(make_spec(make_analysis(), scene="plain"), name=path.name)
    path.write_text(text)
    (tmp_path / "song.wav").touch()
    assert cli("check", path, "--editor").code == 0
    assert path.read_text() == f"{EDITOR_LINE}{FILE_NAME}\n{text}"
    assert json.loads((tmp_path / FILE_NAME).read_text()) == spec_schema()
    assert cli("check", path, "--editor").code == 0
    assert path.read_text().count(EDITOR_LINE) == 1


def test_the_schema_in_the_docs_is_fresh(cli: Cli) -> None:
    """`clavilux check --schema > docs/render-spec.schema.json` makes it anew."""
    assert (ROOT / "docs" / FILE_NAME).read_text(encoding="utf-8") == schema_text()
    assert cli("check", "--schema").out == schema_text()


def test_the_schema_knows_every_field_and_what_it_means() -> None:
    schema = spec_schema()
    assert set(schema["properties"]) == set(RenderSpec.model_fields)
    section = schema["$defs"]["SectionSpec"]["properties"]
    assert "grain" in section["effects"]["properties"]
    assert "ocean" in section["scene"]["anyOf"][0]["enum"]
    assert "how strongly the picture moves" in section["energy"]["description"].lower()
    assert section["palette"]["minItems"] == 2 and schema["additionalProperties"] is False


def test_the_schema_accepts_what_a_plan_writes_and_refuses_what_is_wrong() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(spec_schema())
    plain = json.loads(make_spec(make_analysis()).model_dump_json())
    assert list(judge.iter_errors(plain)) == []
    for wrong in (
        {**plain, "colour": 1},
        {**plain, "seed": -1},
        {**plain, "sections": [{**plain["sections"][0], "palette": ["red", "blue"]}]},
        {**plain, "sections": [{**plain["sections"][0], "effects": {"bloom": 9}}]},
    ):
        assert list(judge.iter_errors(wrong))


def test_a_huge_file_is_refused_before_it_is_read(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "song.spec.yaml"
    path.write_bytes(b"a: 1\n" * 400_000)
    began = time.perf_counter()
    for command in (("check", path), ("revise", path, "darker"), ("undo", path)):
        answer = cli(*command)
        assert answer.code == 2 and answer.err.count("\n") == 1
    assert "too large" in cli("check", path).err and time.perf_counter() - began < 3
