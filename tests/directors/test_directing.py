"""A model directs: whatever it answers, the result is a valid spec, or the rules' with a notice."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clavilux import pipeline
from clavilux.directors.anthropic import Anthropic
from clavilux.directors.briefing import Wish, choices_for, question_for
from clavilux.directors.directing import by_rules, direct_with_model
from clavilux.directors.plan import PlanError, plan_schema, read_plan
from clavilux.documents import read_spec, write_spec
from clavilux.interfaces import Answer
from clavilux.model.errors import OutputError, ProviderError, SpecError
from clavilux.model.money import Price
from clavilux.model.settings import ProviderSettings
from clavilux.model.spec import PRESETS
from clavilux.planning.stills import image_requests
from directors.directing import KEY, asker_at, direct, model_at, pop_song
from directors.fakes.chat import FakeChat
from directors.fakes.messages import FakeMessages
from directors.fakes.writing import Plan, good_plan
from providers.fakes.faults import Fault
from support import make_analysis

RULES = by_rules(Wish(analysis=pop_song(), song_path="song.wav"))


def without(name: str) -> Any:
    return lambda plan: {k: v for k, v in plan.items() if k != name}


def in_section(number: int, **fields: Any) -> Any:
    def spoil(plan: Plan) -> Plan:
        plan["sections"][number] |= fields
        return plan

    return spoil


DIGITS = "9" * 5000

SPOILT: dict[str, Any] = {
    "no JSON": lambda _: "I would love to help! Here is my plan: first, a kite.",
    "half of it": lambda plan: json.dumps(plan)[: len(json.dumps(plan)) // 2],
    "empty": lambda _: "",
    "a list": lambda plan: [plan],
    "null": lambda _: "null",
    "deep": lambda _: "[" * 100_000,
    "a long number": lambda plan: json.dumps(plan).replace('"energy": 0.1', '"energy": ' + DIGITS),
    "NaN": lambda plan: json.dumps(plan).replace('"energy": 0.1', '"energy": NaN'),
    "an unknown key": lambda plan: {**plan, "command": "rm -rf /"},
    "an unknown key in a section": in_section(1, url="https://example.com/x"),
    "a missing key": without("global_style"),
    "a missing section": lambda plan: {**plan, "sections": plan["sections"][:-1]},
    "sections out of order": lambda plan: {**plan, "sections": plan["sections"][::-1]},
    "a section twice": lambda plan: {**plan, "sections": [plan["sections"][0], *plan["sections"]]},
    "a wrong label": in_section(0, label="overture"),
    "an unknown scene": in_section(2, scene="../../etc/passwd"),
    "an unknown effect": in_section(2, effects=[{"name": "strobe", "strength": 1.0}]),
    "a strong effect": in_section(2, effects=[{"name": "pulse", "strength": 99.0}]),
    "AI video": in_section(3, tier=3),
    "too much energy": in_section(3, energy=7),
    "no colour": in_section(4, palette=["red", "#00FF00"]),
    "one colour": in_section(4, palette=["#00FF00"]),
    "ten colours": in_section(4, palette=["#00FF00"] * 10),
    "a number for words": in_section(4, prompt=12),
    "an unknown transition": in_section(4, transition="aberration"),
    "an unknown style": lambda plan: {**plan, "style": "/home/me/mine.toml"},
}  # fmt: skip


def check(spec: Any) -> None:
    """Times, labels, seeds and the hero are the rules'; it can be written, read and drawn."""
    for section, ours in zip(spec.sections, RULES.sections, strict=True):
        assert (section.label, section.start, section.end) == (ours.label, ours.start, ours.end)
        assert section.hero == ours.hero and (section.energy == 1.0) == section.hero
    assert (spec.song, spec.title, spec.seed) == (RULES.song, RULES.title, RULES.seed)
    pipeline.check(spec, pop_song())
    requests = image_requests(spec, PRESETS["youtube"])
    assert sum(request.hero for request in requests) == 1


def test_a_plan_becomes_a_spec(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        done = direct(fake, tmp_path, brief="lonely astronaut, hopeful ending, no people")
    assert (done.director, done.notice, len(fake.sales)) == ("openai", "", 1)
    check(done.spec)
    assert done.spec.global_style == "35 mm film, cold light"
    assert done.spec.through_line.endswith("lonely astronaut, hopeful ending, no people")
    verse, chorus = done.spec.section("verse_1"), done.spec.section("chorus_2")
    assert verse.theme == "an astronaut on step 2" and verse.tier == 2 and verse.stills >= 1
    assert verse.effects["pulse"] == 1.5 and verse.effects["grain"] == 0.4  # the style's
    assert "red kite B" in verse.prompt, "a section that returns has its motif"
    assert "red kite B" in done.spec.section("verse_2").prompt
    assert "kite" not in done.spec.section("outro_1").prompt, "what does not return has none"
    assert chorus.hero and "opens the visor" in chorus.prompt
    assert done.spec.sections[0].transition == "dissolve"


def test_a_plan_survives_the_file_that_people_edit(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        spec = direct(fake, tmp_path).spec
    path = tmp_path / "song.spec.yaml"
    path.write_text(write_spec(spec, name=path.name))
    assert read_spec(path) == spec and "through_line: alone at first" in path.read_text()


def test_the_user_goes_before_the_model(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        done = direct(fake, tmp_path, style="neon_city", tier=1, seed=9)
    assert done.spec.style == "neon_city" and done.spec.global_style != "35 mm film, cold light"
    assert {s.tier for s in done.spec.sections} == {1} and not any(
        s.stills for s in done.spec.sections
    )
    assert done.spec.seed == 9 and done.spec.sections[1].theme == "an astronaut on step 2"


def test_what_is_left_empty_is_left_to_the_style(tmp_path: Path) -> None:
    nothing = {"theme": "", "prompt": "", "mood": "", "palette": [], "scene": "", "effects": []}

    def spoil(plan: Plan) -> Plan:
        for section in plan["sections"]:
            section |= nothing
        return {**plan, "style": "deep_space", "global_style": "", "motifs": [], "hero": ""}

    with FakeChat(key=KEY) as fake:
        fake.spoils.append(spoil)
        spec = direct(fake, tmp_path).spec
    ours = by_rules(Wish(analysis=pop_song(), song_path="song.wav", style="deep_space"))
    assert spec.global_style == ours.global_style
    for got, base in zip(spec.sections, ours.sections, strict=True):
        for name in ("theme", "prompt", "mood", "palette", "scene", "effects"):
            assert getattr(got, name) == getattr(base, name)


@pytest.mark.parametrize("name", SPOILT)
def test_a_wrong_answer_is_corrected_once(tmp_path: Path, name: str) -> None:
    with FakeChat(key=KEY) as fake:
        fake.spoils.append(SPOILT[name])
        done = direct(fake, tmp_path)
    assert (done.notice, len(fake.sales)) == ("", 2)
    check(done.spec)
    repair = fake.questions[1]["messages"]
    assert [m["role"] for m in repair] == ["system", "user", "assistant", "user"]
    assert "What is wrong" in repair[3]["content"] and len(repair[3]["content"]) < 4000


@pytest.mark.parametrize("name", SPOILT)
def test_two_wrong_answers_leave_it_to_the_rules(tmp_path: Path, name: str) -> None:
    with FakeChat(key=KEY) as fake:
        fake.spoils.extend([SPOILT[name], SPOILT[name]])
        done = direct(fake, tmp_path)
        assert done.spec == RULES and done.director == "rules" and len(fake.sales) == 2
        assert "directed by rules" in done.notice and len(done.notice) < 400
        again = direct(fake, tmp_path)
    assert again == done and len(fake.sales) == 2, "wrong answers are not paid twice either"


def test_prose_and_fences_around_a_plan_are_no_trouble(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.spoils.append(
            lambda plan: f"<think>a kite?</think>\n```json\n{json.dumps(plan)}\n```\n"
        )
        assert direct(fake, tmp_path).notice == "" and len(fake.sales) == 1


def test_a_refusal_is_not_argued_with(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.refusal = "I cannot help with that."
        done = direct(fake, tmp_path)
    assert done.spec == RULES and "refused" in done.notice and len(fake.sales) == 1


def test_an_answer_that_was_cut_off_is_asked_for_again(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.finish = "length"
        done = direct(fake, tmp_path)
    assert done.spec == RULES and "cut off" in done.notice and len(fake.sales) == 2


TROUBLES = {
    "bad_key": ("OPENAI_API_KEY", 1), "quota": ("no credit is left", 1),
    "too_long": ("maximum context length", 1), "model_gone": ("does not exist", 1),
    "rate_limited": ("answered 429", 2), "server_error": ("answered 500", 2),
    "overloaded": ("answered 503", 2), "bad_gateway": ("answered 502", 2),
    "drop_before": ("no answer from 127.0.0.1", 2), "drop_after": ("no answer from", 2),
    "half": ("no answer from", 2), "garbage": ("not JSON", 2), "html": ("not JSON", 2),
}  # fmt: skip


@pytest.mark.parametrize("fault", TROUBLES)
def test_troubles_leave_it_to_the_rules(tmp_path: Path, fault: str) -> None:
    said, calls = TROUBLES[fault]
    with FakeChat(key=KEY) as fake:
        fake.script(*[fault] * 5)
        done = direct(fake, tmp_path)
        assert done.spec == RULES and said in done.notice and KEY not in done.notice
        assert len(fake.calls) == calls
    ledger = asker_at(tmp_path, model_at(fake)).ledger
    assert fake.bill <= ledger.totals().counted and ledger.totals().reserved == 0


@pytest.mark.parametrize("fault", ["rate_limited", "overloaded", "server_error", "garbage", "half"])
def test_a_trouble_that_passes_is_no_trouble(tmp_path: Path, fault: str) -> None:
    waits: list[float] = []
    with FakeChat(key=KEY) as fake:
        fake.script(Fault(429, {}, {"retry-after": "7"}) if fault == "rate_limited" else fault)
        wish = Wish(analysis=pop_song())
        ask = asker_at(tmp_path, model_at(fake), rest=waits.append).ask
        assert direct_with_model(wish, ask, name="openai").notice == ""
    assert waits == [{"rate_limited": 7.0, "overloaded": 1.0}.get(fault, 1.0)]


def test_a_server_that_asks_for_much_patience_is_given_up(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.script(Fault(429, {}, {"retry-after": "3600"}))
        assert "directed by rules" in direct(fake, tmp_path).notice and len(fake.calls) == 1


@pytest.mark.parametrize("fault", [Fault(trickle=0.05), Fault(wait=3.0)])
def test_an_answer_that_never_ends_is_not_waited_for(tmp_path: Path, fault: Fault) -> None:
    with FakeChat(key=KEY) as fake:
        fake.script(*[fault] * 4)
        model = model_at(fake, timeout=0.4)
        began = time.monotonic()
        wish = Wish(analysis=pop_song(), song_path="song.wav")
        done = direct_with_model(wish, asker_at(tmp_path, model).ask, name="openai")
    assert done.spec == RULES and time.monotonic() - began < 3.0
    assert "no answer" in done.notice


def test_a_wrong_content_type_is_forgiven(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.script(Fault(wire="wrong_type"))
        assert direct(fake, tmp_path).notice == ""


def test_a_huge_answer_is_not_read(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.spoils.extend([lambda _: "x" * 5_000_000] * 2)
        done = direct(fake, tmp_path)
    assert done.spec == RULES and "over 4 MB" in done.notice


def test_what_is_wrong_with_the_song_costs_nothing() -> None:
    def ask(_: object) -> Answer:
        raise AssertionError("asked")

    bare = make_analysis().model_copy(update={"sections": ()})
    with pytest.raises(SpecError):
        direct_with_model(Wish(analysis=bare), ask, name="openai")
    with pytest.raises(SpecError, match="no style"):
        direct_with_model(Wish(analysis=pop_song(), style="rococo"), ask, name="openai")


def nested() -> Any:
    words = st.sampled_from(["label", "verse_1", "sections", "theme", "#FF0000", "prompt", "pulse"])
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | words
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5),
        max_leaves=20,
    )


@given(patch=st.dictionaries(st.sampled_from([
    "through_line", "style", "global_style", "motifs", "hero", "sections", "theme", "prompt",
    "palette", "tier", "scene", "energy", "effects", "transition", "mood", "label",
]), nested(), max_size=4), number=st.integers(0, 5))  # fmt: skip
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_answer_at_all_gives_a_valid_spec(patch: dict[str, Any], number: int) -> None:
    wish = Wish(analysis=pop_song(), song_path="song.wav")
    plan = good_plan(_facts(wish), plan_schema(choices_for(wish)))
    plan["sections"][number] |= {k: v for k, v in patch.items() if k not in plan}
    plan |= {k: v for k, v in patch.items() if k in plan}
    text = json.dumps(plan)
    done = direct_with_model(wish, lambda _: Answer(text=text), name="openai")
    check(done.spec)
    try:
        read_plan(text, choices_for(wish))
    except PlanError as error:
        assert done.spec == RULES and len(str(error)) < 4000
    else:
        assert done.notice == ""


def _facts(wish: Wish) -> dict[str, Any]:
    return {"sections": [
        {"label": s.label, "group": s.group, "energy": s.energy} for s in wish.analysis.sections
    ]}  # fmt: skip


def test_anthropic_directs_too(tmp_path: Path) -> None:
    said = {"key": KEY, "timeout": 20}
    wish = Wish(analysis=pop_song(), song_path="song.wav", brief="a kite")
    with FakeMessages(key=KEY) as fake:
        model = Anthropic(ProviderSettings.model_validate({**said, "base_url": fake.url}))
        asker = asker_at(tmp_path, model)
        fake.spoils.append(SPOILT["an unknown scene"])
        done = direct_with_model(wish, asker.ask, name="anthropic")
        assert (done.director, done.notice, len(fake.sales)) == ("anthropic", "", 2)
        check(done.spec)
        assert asker.ledger.totals().spent == fake.bill
        fake.stop = "refusal"
        refused = direct_with_model(
            Wish(analysis=pop_song(), song_path="song.wav"), asker.ask, name="anthropic"
        )
        assert refused.spec == RULES and "refused" in refused.notice


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("bad_key", "ANTHROPIC_API_KEY"), ("quota", "no credit"), ("rate_limited", "answered 429"),
        ("model_gone", "claude-1"), ("overloaded", "answered 529"), ("html", "not JSON"),
    ],
)  # fmt: skip
def test_anthropics_troubles(tmp_path: Path, fault: str, said: str) -> None:
    with FakeMessages(key=KEY) as fake:
        fake.script(*[fault] * 4)
        model = Anthropic(ProviderSettings.model_validate({"key": KEY, "base_url": fake.url}))
        wish = Wish(analysis=pop_song(), song_path="song.wav")
        done = direct_with_model(wish, asker_at(tmp_path, model).ask, name="anthropic")
    assert done.spec == RULES and said in done.notice and KEY not in done.notice


def test_a_defect_of_a_plugin_is_no_crash(tmp_path: Path) -> None:
    class Broken:
        name, models, paid, endpoint = "broken", ("m",), False, ""

        def ready(self) -> str:
            return ""

        def price(self, question: Any, *, model: str) -> Any:
            return Price(low=0, likely=0, high=0, seconds=1.0)

        def complete(self, question: Any, *, model: str) -> Answer:
            raise ZeroDivisionError("oops")

    asker = asker_at(tmp_path, Broken())  # type: ignore[arg-type]
    done = direct_with_model(
        Wish(analysis=pop_song(), song_path="song.wav"), asker.ask, name="broken"
    )
    assert done.spec == RULES and "ZeroDivisionError" in done.notice


def test_stopping_stops(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        model = model_at(fake)
        asker = asker_at(tmp_path, model, on_ask=_stop)
        with pytest.raises(KeyboardInterrupt):
            direct_with_model(Wish(analysis=pop_song()), asker.ask, name="openai")
        assert not fake.calls


def _stop(_: str) -> None:
    raise KeyboardInterrupt


def test_errors_of_the_ledger_ask_nobody(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        asker = asker_at(tmp_path, model_at(fake))

        def broken(*_: object, **__: object) -> None:
            raise OutputError("the disk is full")

        object.__setattr__(asker.ledger, "reserve", broken)
        done = direct_with_model(Wish(analysis=pop_song()), asker.ask, name="openai")
        assert "the disk is full" in done.notice and not fake.calls
        with pytest.raises(ProviderError, match="the disk is full"):
            asker.ask(question_for(Wish(analysis=pop_song())))
