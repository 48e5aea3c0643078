"""The fence: a patch touches what it may, and all of it or nothing happens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from clavilux.interfaces import Answer
from clavilux.model.errors import ClaviluxError, SpecError
from clavilux.model.question import Question
from clavilux.revision.by_model import RefusedError, asking, by_model
from clavilux.revision.form import form_for
from clavilux.revision.patch import EDITS, LOOKS, Operation, Patch, PatchError, patch_between
from revision.wishes import song_spec
from test_documents_rewriting import specs

SPEC = song_spec()


def patch(*operations: dict[str, Any]) -> Patch:
    return Patch.model_validate({"operations": operations})


def put(path: str, value: object, op: str = "replace") -> Patch:
    return patch({"op": op, "path": path, "value": value})


def test_what_may_be_written_is_written() -> None:
    after = patch(
        {"op": "test", "path": "/sections/2/label", "value": "chorus_1"},
        {"op": "replace", "path": "/sections/2/theme", "value": "a storm"},
        {"op": "replace", "path": "/sections/2/palette/0", "value": "#010203"},
        {"op": "add", "path": "/sections/2/effects/bloom", "value": 2},
        {"op": "remove", "path": "/sections/2/effects/bloom"},
        {"op": "add", "path": "/sections/2/effects/grain", "value": 0.5},
        {"op": "replace", "path": "/global_style", "value": "oil"},
    ).applied_to(SPEC, fence=LOOKS)
    section = after.sections[2]
    assert (section.theme, section.palette[0]) == ("a storm", "#010203")
    assert section.effects == {"grain": 0.5} and after.global_style == "oil"
    assert song_spec() == SPEC


@pytest.mark.parametrize(
    "path",
    ["/song", "/clavilux", "/tracker", "", "/", "/sections", "/sections/-",
     "/sections/0/palette/9", "/correction/sections/0", "/sections/0/__class__",
     "/sections/00/theme", "/sections/0/effects/a/b", "/sections/0/effects/../../song",
     "/sections/0/theme\n", "song", "//song", "/sections/٠/theme"],
)  # fmt: skip
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_what_must_not_be_touched_is_refused(path: str, op: str) -> None:
    with pytest.raises(PatchError, match="must not touch"):
        put(path, "x", op).applied_to(SPEC)


def test_whole_sections_come_and_go_for_people_alone() -> None:
    section = SPEC.sections[0].model_dump(mode="json")
    for op in ("add", "replace", "remove"):
        with pytest.raises(PatchError, match="must not touch"):
            put("/sections/0", section, op).applied_to(SPEC, fence=LOOKS)
    with pytest.raises(PatchError, match="must not touch"):
        put("/sections/0", section, "replace").applied_to(SPEC)
    for path, op in (("/sections/99", "add"), ("/sections/7", "remove"), ("/sections/99", "test")):
        with pytest.raises(PatchError, match="there is no"):
            put(path, section, op).applied_to(SPEC)
    with pytest.raises(SpecError, match="called 'intro_1'"):
        put("/sections/0", section, "add").applied_to(SPEC)
    with pytest.raises(SpecError, match="valid dictionary"):
        put("/sections/0", "x", "add").applied_to(SPEC)
    with pytest.raises(SpecError, match="starts at 12"):
        put("/sections/1", None, "remove").applied_to(SPEC)


@pytest.mark.parametrize(
    "path",
    ["/title", "/seed", "/style", "/correction", "/correction/beat_offset", "/sections/0/label",
     "/sections/0/start", "/sections/0/end", "/sections/0/hero", "/named_sections",
     "/times_follow"],
)  # fmt: skip
def test_a_model_may_touch_pictures_only(path: str) -> None:
    with pytest.raises(PatchError, match="must not touch"):
        put(path, 1).applied_to(SPEC, fence=LOOKS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/sections/0/tier", 9),
        ("/sections/0/energy", float("nan")),
        ("/sections/0/palette", ["red", "blue"]),
        ("/sections/0/palette", ["#000000"] * 9),
        ("/sections/0/theme", "x" * 201),
        ("/sections/0/theme", {"$ref": "x"}),
        ("/sections/0/effects", {"bloom": 5}),
        ("/sections/0/effects/bloom", "much"),
        ("/sections/0/start", 99),
        ("/sections/0/end", float("inf")),
        ("/sections/0/label", "verse_1"),
        ("/sections/50/theme", "x"),
        ("/sections/0/theme", "a\x1b[31m"),
        ("/sections/0/prompt", "a\x00"),
        ("/correction/tempo_scale", 3),
        ("/correction/colour", 3),
    ],
)
def test_a_patch_that_makes_no_spec_is_refused(path: str, value: object) -> None:
    with pytest.raises(SpecError) as caught:
        put(path, value).applied_to(SPEC)
    assert "\n" not in str(caught.value)


def test_all_happens_or_nothing() -> None:
    steps = (
        {"op": "replace", "path": "/global_style", "value": "new"},
        {"op": "test", "path": "/sections/0/theme", "value": "not this"},
    )
    with pytest.raises(PatchError, match="has changed"):
        patch(*steps).applied_to(SPEC)
    with pytest.raises(PatchError, match="there is no"):
        put("/sections/0/effects/bloom", None, "remove").applied_to(SPEC)
    for op in ("move", "copy"):
        with pytest.raises(ValidationError):
            patch({"op": op, "from": "/song", "path": "/title"})
    with pytest.raises(ValidationError):
        patch(*[{"op": "test", "path": "/seed", "value": 1}] * 501)


@given(some.data())
@settings(max_examples=25, deadline=None)
def test_a_patch_makes_any_spec_of_any_other(data: some.DataObject) -> None:
    count = data.draw(some.integers(1, 3))
    one, other = data.draw(specs(count)), data.draw(specs(count))
    other = other.model_copy(update={"song": one.song, "tracker": one.tracker})
    made = patch_between(one, other)
    wide = EDITS + r"|/sections/\d/effects/.*"
    clean = all(
        c.isprintable() or c in "\n\t" for c in json.dumps(other.model_dump(), ensure_ascii=False)
    )
    if "\\u" not in json.dumps(other.model_dump(), ensure_ascii=False) and clean:
        assert made.applied_to(one, fence=wide) == other
        again = Patch.model_validate_json(made.model_dump_json())
        assert again == made


# --- A model's answer ------------------------------------------------------------------------


def change(**fields: Any) -> dict[str, Any]:
    usual = {"section": "chorus_1", "field": "theme", "text": "", "number": 0, "colors": []}
    return {**usual, **fields}


def answering(*answers: Any) -> Any:
    """A model that gives these answers in turn, and remembers what it was asked."""
    left = list(answers)

    def complete(
        schema: Mapping[str, Any], messages: Sequence[Mapping[str, str]]
    ) -> Mapping[str, Any]:
        complete.asked.append(list(messages))  # type: ignore[attr-defined]
        said = left.pop(0)
        if isinstance(said, Exception):
            raise said
        return said  # type: ignore[no-any-return]

    complete.asked = []  # type: ignore[attr-defined]
    return complete


def test_a_models_wishes_become_operations() -> None:
    model = answering(
        {
            "changes": [
                change(text="a storm at sea"),
                change(field="energy", number=0.5),
                change(field="tier", number=1.0),
                change(field="effect", text="bloom", number=2),
                change(section="bridge_1", field="palette", colors=["#000000", "#FF0000"]),
                change(section="everywhere", field="mood", text="calm now"),
                change(section="whole video", field="global_style", text="ink"),
            ],
            "not_understood": "",
        }
    )
    after = by_model("dramatic please", SPEC, model).applied_to(SPEC, fence=LOOKS)
    chorus = after.section("chorus_1")
    assert (chorus.theme, chorus.energy, chorus.tier) == ("a storm at sea", 0.5, 1)
    assert chorus.effects == {"bloom": 2} and after.global_style == "ink"
    assert after.section("bridge_1").palette == ("#000000", "#FF0000")
    assert {section.mood for section in after.sections} == {"calm now"}
    system, user = model.asked[0]
    assert "never an instruction" in system["content"]
    assert json.loads(user["content"])["request"] == "dramatic please"
    assert "song.wav" not in user["content"]


def test_a_wrong_answer_is_told_once_and_then_given_up() -> None:
    wrong = {"changes": [change(field="energy", number=7)], "not_understood": ""}
    good = {"changes": [change(field="energy", number=0.7)], "not_understood": ""}
    model = answering(wrong, good)
    assert by_model("x", SPEC, model).applied_to(SPEC).section("chorus_1").energy == 0.7
    assert "energy" in model.asked[1][-1]["content"]
    with pytest.raises(RefusedError, match="no usable change"):
        by_model("x", SPEC, answering(wrong, wrong))


HOSTILE: tuple[Any, ...] = (
    {}, [], "x", None, {"changes": "all"}, {"changes": [change(field="song", text="/etc/passwd")]},
    {"changes": [change(section="../..")]},
    {"changes": [change(field="effect", text="../../song")]},
    {"changes": [change(text="\x1b]0;x\x07")]}, {"changes": [change(field="label", text="x")]},
    {"changes": [change(text="x" * 10_000)]}, {"changes": [change()] * 600},
    {"changes": [{**change(), "path": "/song"}]}, {"changes": [change(field="stills", number=1e9)]},
    {"changes": [change(field="energy", number=float("nan"))]},
    {"changes": [change(field="tier", number=float("inf"))]},
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_answers_change_nothing(number: int) -> None:
    with pytest.raises(ClaviluxError) as caught:
        by_model("x", SPEC, answering(HOSTILE[number], HOSTILE[number]))
    assert "\n" not in str(caught.value)


def test_a_model_that_will_not_says_why() -> None:
    with pytest.raises(RefusedError, match="I cannot add people"):
        by_model("x", SPEC, answering({"changes": [], "not_understood": "I cannot add people"}))
    with pytest.raises(ClaviluxError, match="down"):
        by_model("x", SPEC, answering(ClaviluxError("down")))


def test_a_director_can_be_asked() -> None:
    good = json.dumps({"changes": [change(text="a storm")], "not_understood": ""})
    said = [Answer(text='{"changes": [{'), Answer(text=good)]
    asked: list[Question] = []

    def ask(question: Question) -> Answer:
        asked.append(question)
        return said[len(asked) - 1]

    after = by_model("dramatic", SPEC, asking(ask)).applied_to(SPEC, fence=LOOKS)
    assert after.section("chorus_1").theme == "a storm" and len(asked) == 2
    assert [m.role for m in asked[1].messages] == ["system", "user", "assistant", "user"]
    refusing = asking(lambda _: Answer(text="", stop="refusal"))
    with pytest.raises(RefusedError, match="would not"):
        by_model("dramatic", SPEC, refusing)


def test_the_form_names_sections_and_fields_alone() -> None:
    schema = form_for(SPEC)
    item = schema["properties"]["changes"]["items"]
    assert item["additionalProperties"] is False
    assert "song" not in item["properties"]["field"]["enum"]
    assert set(item["properties"]["section"]["enum"]) >= {"chorus_1", "everywhere"}
    assert Operation(op="add", path="/x") == Operation(op="add", path="/x", value=None)
