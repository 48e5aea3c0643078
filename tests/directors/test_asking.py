"""Questions cost what was said before, never more than the budget, and never twice."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from clavilux.directors.anthropic import Anthropic
from clavilux.directors.asking import KEPT, SECTION, order_for
from clavilux.directors.briefing import Wish, longest_repair, question_for, repair
from clavilux.directors.directing import direct_with_model
from clavilux.directors.lyrics import parse_lyrics
from clavilux.directors.openai import OpenAI
from clavilux.directors.servers import is_local
from clavilux.interfaces import Answer, LanguageModel
from clavilux.model.errors import BudgetError, InputError, ProviderError
from clavilux.model.question import Question
from clavilux.model.settings import ProviderSettings
from clavilux.providers import prices
from directors.directing import KEY, MODEL, asker_at, direct, model_at, pop_song
from directors.fakes.chat import FakeChat
from directors.fakes.messages import FakeMessages
from providers.fakes.faults import Fault
from support import make_analysis

QUESTION = question_for(Wish(analysis=pop_song()))


def model_at_nowhere() -> OpenAI:
    return OpenAI(said(key=KEY))


def said(**fields: Any) -> ProviderSettings:
    return ProviderSettings.model_validate(fields)


@pytest.mark.parametrize("sections", [1, 6, 60])
@pytest.mark.parametrize("kind", [OpenAI, Anthropic])
def test_the_price_bounds_the_bill(tmp_path: Path, kind: Any, sections: int) -> None:
    wish = Wish(analysis=make_analysis([("verse", 6.0, 0.5)] * sections), brief="ein Käfer " * 50)
    question = question_for(wish)
    with (FakeChat if kind is OpenAI else FakeMessages)(key=KEY) as fake:
        model = kind(said(key=KEY, base_url=fake.url, model=MODEL if kind is OpenAI else ""))
        price = model.price(question, model=model.models[0])
        answer = model.complete(question, model=model.models[0])
    assert 0 < price.low < price.likely < price.high
    assert fake.bill == answer.cost <= price.high
    assert f"{question.max_tokens}" and "tokens: " in answer.usage


def test_the_answer_cannot_be_longer_than_its_bound() -> None:
    with FakeChat(key=KEY) as fake:
        fake.spoils.append(lambda _: "ä" * 300_000)
        model = model_at(fake)
        price = model.price(QUESTION, model=MODEL)
        answer = model.complete(QUESTION, model=MODEL)
    assert answer.cost is not None and answer.cost <= price.high
    assert answer.cost >= QUESTION.max_tokens * 5.0, "the fake bills all that was allowed"


def test_openai_itself_is_told_the_bound_in_its_own_words() -> None:
    own, server = OpenAI(said(key=KEY)), OpenAI(said(base_url="http://localhost:1/v1"), name="box")
    assert own._body(QUESTION, "m")["max_completion_tokens"] == QUESTION.max_tokens
    assert server._body(QUESTION, "m")["max_tokens"] == QUESTION.max_tokens
    assert "max_tokens" not in own._body(QUESTION, "m")


def test_a_second_run_asks_nothing(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        first = direct(fake, tmp_path, brief="a kite")
        again = direct(fake, tmp_path, brief="a kite")
        assert again == first and len(fake.calls) == 1
        direct(fake, tmp_path, brief="a whale")
        direct(fake, tmp_path, brief="a kite", seed=2)
        assert len(fake.calls) == 3, "another brief or seed is another question"
    ledger = asker_at(tmp_path, model_at(fake)).ledger
    rows = ledger.rows("song")
    assert [row.state for row in rows] == ["settled"] * 3
    assert sum(row.cost or 0 for row in rows) == fake.bill
    assert {(row.section, row.provider, row.model) for row in rows} == {(SECTION, "openai", MODEL)}
    assert rows[0].usage.startswith("tokens: ")


def test_nothing_is_asked_over_budget(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        model = model_at(fake)
        high = model.price(QUESTION, model=MODEL).high
        with pytest.raises(BudgetError):
            asker_at(tmp_path, model, cap=high - 1).ask(QUESTION)
        with pytest.raises(BudgetError):
            asker_at(tmp_path, model, month_cap=high - 1).ask(QUESTION)
        wish = Wish(analysis=pop_song())
        poor = asker_at(tmp_path, model, cap=high - 1)
        notice = direct_with_model(wish, poor.ask, name="openai").notice
        assert "budget" in notice and not fake.calls
        asker_at(tmp_path, model, cap=high).ask(QUESTION)
        assert len(fake.calls) == 1


def test_a_repair_is_not_asked_where_it_does_not_fit(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.spoils.extend(["{}".format] * 2)
        model = model_at(fake)
        high = model.price(question_for(Wish(analysis=pop_song())), model=MODEL).high
        asker = asker_at(tmp_path, model, cap=high)
        notice = direct_with_model(Wish(analysis=pop_song()), asker.ask, name="openai").notice
        assert "budget" in notice and len(fake.calls) == 1
        assert asker.ledger.totals().counted <= high


def test_the_budget_holds_whatever_goes_wrong(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        names = ["server_error", "drop_after", "garbage", "half", "rate_limited", "html"]
        fake.chaos(0.6, *names, seed=3)
        model = model_at(fake)
        cap = 4 * model.price(QUESTION, model=MODEL).high
        asker = asker_at(tmp_path, model, cap=cap, again=True)
        for seed in range(25):
            direct_with_model(Wish(analysis=pop_song(), seed=seed), asker.ask, name="openai")
            assert fake.bill <= asker.ledger.totals().counted <= cap
    assert fake.bill > 0


def test_what_may_have_been_paid_by_a_dead_process_is_asked_for_on_request_alone(
    tmp_path: Path,
) -> None:
    with FakeChat(key=KEY) as fake:
        model = model_at(fake)
        asker = asker_at(tmp_path, model)
        asker.ask(QUESTION)
        key = order_for(QUESTION, model, MODEL).key
        kept = next((tmp_path / "pictures").rglob(f"{key}{KEPT}"))
        answer = kept.read_bytes()
        kept.unlink()
        with pytest.raises(ProviderError, match="was paid before, and is not here; --again"):
            asker.ask(QUESTION)
        with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
            died = "in flight when its process died"
            db.execute("UPDATE purchases SET state = 'doubt', why = ?, cost = NULL", (died,))
        with pytest.raises(ProviderError, match="may have been paid"):
            asker_at(tmp_path, model).ask(QUESTION)
        assert len(fake.calls) == 1
        kept.write_bytes(answer)
        asker_at(tmp_path, model).ask(QUESTION)  # it is here after all: what it cost is known
        assert len(fake.calls) == 1 and asker.ledger.totals().in_doubt == 0
        kept.unlink()
        asker_at(tmp_path, model, again=True).ask(QUESTION)
        assert len(fake.calls) == 2


def test_two_who_ask_the_same_at_once_pay_once(tmp_path: Path) -> None:
    with FakeChat(key=KEY, seconds=0.3) as fake:
        askers = [asker_at(tmp_path, model_at(fake), rest=time.sleep) for _ in range(4)]
        answers: list[Answer] = []
        threads = [
            threading.Thread(target=lambda a=a: answers.append(a.ask(QUESTION))) for a in askers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len(answers) == 4 and len(fake.calls) == 1 and len(set(answers)) == 1


def test_a_count_of_tokens_that_is_none_is_not_believed(tmp_path: Path) -> None:
    with FakeChat(key=KEY) as fake:
        fake.usage = False
        model = model_at(fake)
        asker = asker_at(tmp_path, model)
        asker.ask(QUESTION)
    assert asker.ledger.totals().spent == model.price(QUESTION, model=MODEL).likely


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost:11434/v1", True), ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:1234/v1", True), ("http://127.1.2.3", True),
        ("https://api.openai.com/v1", False), ("http://127.0.0.1.example.com/v1", False),
        ("http://localhost.example.com", False), ("http://192.168.0.7:8000/v1", False),
        ("https://example.com/localhost", False),
    ],
)  # fmt: skip
def test_only_this_machine_is_free(address: str, local: bool) -> None:
    assert is_local(address) is local
    model = OpenAI(said(base_url=address, model="llama"), name="box")
    assert model.paid is not local
    if local:
        assert model.price(QUESTION, model="llama").high == 0
    else:
        with pytest.raises(ProviderError, match=r'\[prices.box."llama"\] tokens'):
            model.price(QUESTION, model="llama")


def test_a_user_says_what_a_server_costs() -> None:
    before = prices.used()
    try:
        tables = {"box": {"llama": {"tokens": {"text_in": 0.0, "text_out": 0.0}}}}
        prices.use(prices.Prices.read(tables))
        model = OpenAI(said(base_url="http://gpu.example:8000/v1", model="llama"), name="box")
        assert not model.paid and model.price(QUESTION, model="llama").high == 0
        tables["box"]["llama"]["tokens"] = {"text_in": 1.0, "text_out": 3.0}
        prices.use(prices.Prices.read(tables))
        assert model.paid and model.price(QUESTION, model="llama").high > QUESTION.max_tokens * 3
    finally:
        prices.use(before)


def test_a_free_answer_needs_no_budget_and_is_kept_too(tmp_path: Path) -> None:
    with FakeChat(key="") as fake:
        model = OpenAI(said(base_url=fake.url, model="llama"), name="box")
        assert not model.ready() and not model.paid
        asker = asker_at(tmp_path, model, cap=0)
        assert asker.ask(QUESTION) == asker.ask(QUESTION)
    assert len(fake.calls) == 1 and asker.ledger.totals().counted == 0


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_model_that_writes_paints_no_pictures(name: str) -> None:
    usual = (OpenAI(said(key=KEY)) if name == "openai" else Anthropic(said(key=KEY))).models[0]
    with pytest.raises(ProviderError, match="no price"):
        prices.of(name, usual).price(width=64, height=64)


def test_what_must_be_set_is_said() -> None:
    assert "OPENAI_API_KEY" in OpenAI().ready() and "ANTHROPIC_API_KEY" in Anthropic().ready()
    assert "[directors.box] base_url" in OpenAI(name="box").ready()
    at = "http://localhost:11434"
    assert "[directors.box] model" in OpenAI(said(base_url=at), name="box").ready()
    with pytest.raises(InputError, match=r"\[directors.box\] base_url"):
        OpenAI(said(base_url="http://me:secret@host/v1"), name="box")


def test_both_keep_the_interface() -> None:
    for model in (OpenAI(), Anthropic()):
        assert isinstance(model, LanguageModel)


def test_the_key_is_nowhere(tmp_path: Path) -> None:
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    with FakeChat(key=KEY) as fake:
        model = model_at(fake)
        asker = asker_at(tmp_path, model)
        asker.ask(QUESTION)
        fake.script(Fault(401, echo), Fault(500, echo), Fault(500, echo))
        heard = []
        for seed in (5, 6):
            with pytest.raises(ProviderError) as caught:
                asker.ask(question_for(Wish(analysis=pop_song(), seed=seed)))
            heard.append(
                f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
            )
        heard += [repr(model), repr(model._account), repr(asker)]
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path
    assert KEY not in " ".join(heard)


def test_the_ledger_holds_no_lyrics(tmp_path: Path) -> None:
    words = "a line that nobody else shall read"
    with FakeChat(key=KEY) as fake:
        direct(fake, tmp_path, lyrics=parse_lyrics(words))
        assert words in json.dumps(fake.questions[0])
    for name in ("ledger.sqlite", "ledger.sqlite-wal"):
        path = tmp_path / name
        assert not path.exists() or words.encode() not in path.read_bytes()


def test_a_repair_shows_the_answer_and_its_faults() -> None:
    again = repair(QUESTION, said="x" * 100_000 + "\ud800", problems="sections.0: no")
    assert len(again.messages) == 4 and len(again.messages[2].text) <= 24_000
    most = model_at_nowhere().price(longest_repair(QUESTION), model=MODEL).high
    for letters in ("ä", "\\", "\x01", "\u2028", "\n", "\t", "x"):
        worst = repair(QUESTION, said=letters * 30_000, problems=letters * 9000)
        assert model_at_nowhere().price(worst, model=MODEL).high <= most
    assert repair(QUESTION, said="", problems="empty").messages[2].text
    assert Question.model_validate_json(again.model_dump_json()) == again
