"""`clavilux check`: every problem, where it is, and what was meant. Hostile texts are refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from clavilux.direction.retime import direct_corrected
from clavilux.direction.rules import RulesDirector
from clavilux.documents import parse_spec, read_spec, write_spec
from clavilux.documents.checking import problems_of
from clavilux.documents.schema import EDITOR_LINE, FILE_NAME, schema_text, spec_schema
from clavilux.model.correction import Correction, SectionMark, TempoMark
from clavilux.model.errors import SpecError
from clavilux.model.song import Analysis
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
        ("a: 1\na: 2", "2:1: 'a' is here a second time"),
        ("a: !!python/object/apply:os.system [ls]", "tags mean nothing"),
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


FINE = write_spec(make_spec(make_analysis(), scene="ocean"), name="x")
PALETTE = next(line for line in FINE.splitlines() if "palette" in line and "[" in line)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    scene: ocean", "\tscene: ocean", "a tab; YAML is indented with blanks"),
        ("seed: 1\n", "seed: 1\nseed: 2\n", "'seed' is here a second time"),
        ("title: ''", 'title: "Monkey', ":8: this quote is never closed"),
        ("song: song.wav", "song: 'dog's.wav'", "write '' for an apostrophe"),
        ("song: song.wav", 'song: "my "best" song"', "for a quote inside"),
        ("song: song.wav", "song: one: two", 'needs quotes: song: "..."'),
        ("song: song.wav", "song: @home", "cannot begin with @"),
        ("song: song.wav", "song: %home", "cannot begin with %"),
        ("song: song.wav", "song: *home", "nothing is called &home"),
        ("song: song.wav", "song: [live] song", "begins with [ needs quotes"),
        ("song: song.wav", "song: - song", "begins with - needs quotes"),
        ("song: song.wav", "song: !song x", "begins with ! needs quotes"),
        ("song: song.wav", "song song.wav", "a colon is missing"),
        ("song: song.wav", "song:song.wav", "blank is missing after the colon: song: song.wav"),
        ("song: song.wav", "song = song.wav", "write song: song.wav, with a colon"),
        ("song: song.wav", "song:\u00a0song.wav", "a blank that is none"),
        ("    scene: ocean", "   scene: ocean", "indented unlike its neighbours"),
        ("    scene: ocean", "     scene: ocean", "indented unlike the one before it"),
        (PALETTE, "    palette: [#FF0000, #00FF00]", "colours need quotes"),
        (PALETTE, "    palette: #FF0000", "put it in quotes, as # begins a comment"),
        (PALETTE, "    palette:\n      - #FF0000\n      - #00FF00", "as # begins a comment"),
        (PALETTE, "    palette: [112233, '#445566']", "write it as '#112233'"),
        (PALETTE, "    palette: '#112233'", "write the colours as a list"),
        (PALETTE, "    palette: ['\u2018#112233\u2019', '#112233']", "did you mean '#112233'?"),
        ("end: 8.0", "end: 0:08", "write 8 for 0:08"),
        ("end: 8.0", "end: 1:24.307", "write 84.307 for 1:24.307"),
        ("end: 8.0", "end: 8 s", "write the number alone: 8"),
        ("end: 8.0", "end: soon", "'soon' is no number"),
        ("end: 8.0", "end:", "a number is missing"),
        ("end: 8.0", "end: 7.0", "make both the same"),
        ("energy: 0.4", "energy: 0,4", "write 0.4, with a point"),
        ("energy: 0.4", "energy: 40%", "write 0.4 for 40%"),
        ("title: ''", "title: true", "put true in quotes"),
        ("title: ''", "title: 2024-01-01", "put 2024-01-01 in quotes"),
        ("title: ''", "title:", "nothing stands here"),
        ("hero: false", "hero: perhaps", "write true or false"),
        ("clavilux: 1", "clavilux: 2", "the format of this file is 1"),
        ("effects: {}", "effects: [bloom]", "write it as {bloom: 1"),
        ("clavilux: 1", "<<<<<<< HEAD\nclavilux: 1", "a merge conflict"),
        ("clavilux: 1", "---\nclavilux: 1\n---", "begins another document"),
        ("\nsections:\n", "\nsections: {a: 1}\nmore:\n", "each with a dash"),
    ],
)
def test_a_slip_of_the_pen_is_explained_in_a_sentence(old: str, new: str, words: str) -> None:
    assert old in FINE, old
    told = [problem.told("x") for problem in problems_of(FINE.replace(old, new, 1))]
    assert any(words in line for line in told), told
    assert all(line.isprintable() and line.startswith("x:") for line in told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hero: false", "hero: no"),  # YAML 1.1 said so
        ("hero: false", "hero: off"),
        ("title: ''", "title: on"),
        ("  - label: chorus_1\n", "  - <<: {mood: glad}\n    label: chorus_1\n"),
        ("sections:", "<<: {tracker: pointer}\nsections:"),
    ],
)
def test_what_yaml_allows_is_read(old: str, new: str) -> None:
    assert old in FINE
    assert problems_of(FINE.replace(old, new, 1)) == ()


def test_a_quote_that_swallows_a_field_is_found() -> None:
    text = FINE.replace("    theme: ", "    theme: 'x ", 1)
    told = [problem.told("x") for problem in problems_of(text)]
    assert any("'palette' is missing; it is inside 'theme'" in line for line in told), told


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "this is empty"),
        (b"  \n# nothing\n", "this is empty"),
        (bytes(range(256)) * 10, "is not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not a text file"),
        (FINE.encode("utf-16"), "but in UTF-16; save it as UTF-8"),
        (
            FINE.replace("''", "'Caf\u00e9'", 1).encode("latin-1"),
            "line 8: it is not a text file in",
        ),
        (b'{"clavilux": 1 "song": "x"}', "expected a comma before this"),
        (b'{"clavilux": 1, "song": "x",}', "'sections' is missing"),
        (b"{a: [1, 2", "is never closed"),
        (b"<html><body>hi</body></html>", "not a render spec"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_line(
    cli: Cli, tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "song.spec.yaml"
    path.write_bytes(data)
    answer = cli("check", path)
    assert answer.code == 2 and words in answer.err, answer.err
    assert "Traceback" not in answer.err and answer.out == ""


def test_a_folder_is_no_spec(cli: Cli, tmp_path: Path) -> None:
    answer = cli("check", tmp_path)
    assert answer.code == 2 and "is a folder; name the spec in it" in answer.err


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


def test_every_field_is_explained_to_editors() -> None:
    schema = spec_schema()
    for name, table in {"RenderSpec": schema, **schema["$defs"]}.items():
        for field, said in table["properties"].items():
            assert said.get("description", "").endswith("."), (name, field)
    section = schema["$defs"]["SectionSpec"]["properties"]
    assert "neon_city" in schema["properties"]["style"]["anyOf"][0]["enum"]
    assert "pointer" in schema["properties"]["tracker"]["anyOf"][0]["enum"]
    assert section["transition"]["anyOf"][0]["enum"] == ["cut", "dissolve", "morph"]
    for effect, said in section["effects"]["properties"].items():
        assert said["maximum"] == 4 and said["description"].endswith("."), effect


@pytest.mark.parametrize("style", ["auto", "oil_painting"])
def test_the_schema_accepts_what_a_plan_writes(style: str) -> None:
    """As YAML, with corrections and named sections."""
    judge = Draft202012Validator(spec_schema())
    Draft202012Validator.check_schema(spec_schema())

    def direct(analysis: Analysis, style: str) -> RenderSpec:
        return RulesDirector().direct(analysis, style=style, seed=3)

    for correction in (
        Correction(),
        Correction(tempo_scale=0.5, beat_offset=-12.5, meter=3, downbeat_shift=-1),
        Correction(taps=(0.5, 1.0, 1.5), sections=(SectionMark(start=0, name="intro"),)),
        Correction(tempo_map=(TempoMark(time=0.0, tempo=96.0),)),
    ):
        spec, _ = direct_corrected(direct, make_analysis(), correction, style=style)
        plain = YAML(typ="safe").load(write_spec(spec, name="x"))
        assert list(judge.iter_errors(plain)) == []


def test_the_schema_refuses_what_is_wrong() -> None:
    judge = Draft202012Validator(spec_schema())
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
