"""Pictures from sellers, through all that buying is made of, without a video."""

from __future__ import annotations

from pathlib import Path

import pytest

from clavilux.providers.ledger import Ledger
from providers.fakes.faults import Fault
from providers.market import (
    NAMES,
    books,
    check_books,
    faults_of,
    fulfilled,
    hurried,
    posts,
    request,
    selling,
    settings_in,
    wait_until,
)

pytestmark = pytest.mark.usefixtures("plain_scene")

WANTED = [request("verse_1"), request("chorus_1", energy=0.9, hero=True), request("verse_2")]


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)


@pytest.mark.parametrize("some", range(5))
@pytest.mark.parametrize("chance", [0.3, 1.0])
@pytest.mark.parametrize("seller", NAMES)
def test_no_fault_of_a_seller_breaks_the_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seller: str, chance: float, some: int
) -> None:
    with selling(monkeypatch, seller) as fake:
        for seed, fault in enumerate(faults_of(seller)[some::5]):
            bill, sales = fake.bill, len(fake.sales)
            fake.chaos(chance, fault, seed=seed)
            done = fulfilled(tmp_path / fault, seller, wanted=WANTED)
            totals = books(settings_in(tmp_path / fault))
            billed = fake.bill - bill
            assert totals.reserved == 0
            assert totals.spent <= billed <= totals.counted <= 5_000_000, (fault, totals, billed)
            assert sum(one.cost for one in done) == totals.spent, fault
            assert len(fake.sales) - sales <= 3 * 4, fault
            lost = [one for one in done if one.source is None]
            assert all(one.reason for one in lost)
            assert bool(lost) == any("AI image generation failed" in one.notice for one in done)


# --- Other words, other models, other sellers ------------------------------------------------


def test_a_refused_prompt_is_simplified_once_then_the_next_seller_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with selling(monkeypatch, "stability") as first, selling(monkeypatch, "fal") as second:
        first.script("moderated", None)
        (done,) = fulfilled(tmp_path / "a", "stability", "fal", wanted=WANTED[:1])
        assert [sale.prompt for sale in first.sales] == ["simply verse_1 0"] and not second.calls
        assert done.notice.startswith("The picture for verse_1 was made with a simpler prompt (")

        first.script("moderated", "filtered")
        (done,) = fulfilled(
            tmp_path / "b", "stability", "fal", wanted=WANTED[:1], on_notice=said.append
        )
        assert posts(first) == 4 and len(second.sales) == 1 and done.provider == "fal"
        assert said == [done.notice]
        assert said[0].startswith("The picture for verse_1 is by fal instead (stability: ")
        assert "moderation" in said[0] and "blurred" in said[0]

        first.chaos(1.0, "moderated")
        second.chaos(1.0, "quota")
        (done,) = fulfilled(tmp_path / "c", "stability", "fal", "painter", wanted=WANTED[:1])
        assert done.provider == "painter" and done.cost == 0
        assert "stability: " in done.notice and "; fal: " in done.notice


def test_a_paid_refusal_is_simplified_once_and_never_bought_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch, "stability") as fake:
        for fault in ("filtered", "picture_garbage", "picture_tiny", "picture_huge"):
            fake.script(fault, None)
            folder, sold = tmp_path / fault, len(fake.sales)
            (first,) = fulfilled(folder, "stability", wanted=WANTED[:1])
            assert len(fake.sales) == sold + 2 and first.source is not None
            assert first.cost == 160_000, "both were paid"
            (second,) = fulfilled(folder, "stability", wanted=WANTED[:1], store="others")
            assert len(fake.sales) == sold + 2 and second.source == first.source
            assert second.cost == 0 and second.reused
            assert "simpler prompt" in second.notice

        fake.chaos(1.0, "picture_garbage")
        sold = len(fake.sales)
        for _ in range(2):
            (lost,) = fulfilled(tmp_path / "lost", "stability", wanted=WANTED[:1])
            assert lost.source is None and "no PNG, JPEG or WebP" in lost.notice
            assert len(fake.sales) == sold + 2
        totals = books(settings_in(tmp_path / "lost"))
        assert (totals.spent, totals.in_doubt) == (160_000, 0)


def test_a_seller_that_blurs_or_breaks_everything_is_not_paid_for_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch, "stability") as fake:
        fake.chaos(1.0, "picture_garbage")
        fulfilled(tmp_path, "stability", wanted=[request(f"part_{n}") for n in range(12)])
        assert len(fake.sales) <= 6 + 4  # and those that were in flight when it was known


@pytest.mark.parametrize("fault", ["bad_key", "hard_limit", "unverified", "quota"])
def test_a_dead_key_ends_all_calls_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with selling(monkeypatch, seconds=0.02) as fake:
        fake.script(None, None, None)  # the anchor and two more
        fake.script(*[fault] * 100)
        done = fulfilled(tmp_path, "openai", wanted=[request(f"part_{n}") for n in range(30)])
        assert len(fake.sales) == 3 and posts(fake) <= 3 + 4
        assert sum(one.source is not None for one in done) == 3
        reasons = {one.reason for one in done if one.source is None}
        assert len(reasons) == 1


def test_a_model_that_is_gone_is_followed_by_its_successor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch) as fake:
        fake.gone = frozenset({"gpt-image-2"})
        old = {"openai": {"model": "gpt-image-2", "timeout": 5}}
        done = fulfilled(tmp_path, "openai", wanted=WANTED, **old)
        assert len(fake.sales) == 3 and {sale.model for sale in fake.sales} != {"gpt-image-2"}
        assert all("gpt-image-2 is gone" in one.notice for one in done if one.notice)
        assert any(one.notice for one in done)
        fulfilled(tmp_path, "openai", wanted=WANTED, **old)
        assert len(fake.sales) == 3


# --- Alike -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["moderated", "picture_garbage", "picture_tiny", "server_error", "drop_after"]
)
def test_an_anchor_that_fails_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with selling(monkeypatch) as fake:
        fake.script(fault)
        done = fulfilled(tmp_path, "openai", wanted=WANTED)
        assert all(one.source is not None for one in done), [one.reason for one in done]
        sold = len(fake.sales)
        again = fulfilled(tmp_path, "openai", wanted=WANTED, store="others")
        assert len(fake.sales) == sold and [o.source for o in again] == [o.source for o in done]
        check_books(settings_in(tmp_path), fake)


def test_an_anchor_that_cannot_be_had_at_all_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch) as fake:
        fake.script(*["moderated"] * 4)
        done = fulfilled(tmp_path, "openai", wanted=WANTED)
        assert any(one.source is not None for one in done)
        assert all(
            call.path.endswith("generations") for call in fake.calls if call.method == "POST"
        )


# --- Money -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seller", ["openai", "stability", "bfl"])
def test_a_small_budget_buys_what_fits_and_says_why_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seller: str
) -> None:
    wanted = [request(f"part_{n}") for n in range(12)]
    with selling(monkeypatch, seller) as fake:
        fulfilled(tmp_path / "one", seller, wanted=wanted[:2])
        cap = round(fake.bill / 2 * 5.5)
        sold = len(fake.sales)
        bill = fake.bill
        done = fulfilled(tmp_path / "many", seller, wanted=wanted, budget=cap)
        assert 2 <= len(fake.sales) - sold <= 6 and fake.bill - bill <= cap
        assert books(settings_in(tmp_path / "many")).spent == fake.bill - bill
        lost = [one for one in done if one.source is None]
        assert len(lost) == 12 - (len(fake.sales) - sold)
        assert all("raise --budget" in one.notice for one in lost)


def test_no_budget_no_key_or_no_place_stops_before_anything_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clavilux.model.errors import ClaviluxError

    with selling(monkeypatch, "stability") as fake:
        with pytest.raises(ClaviluxError, match="--budget"):
            fulfilled(tmp_path, "stability", wanted=WANTED, budget=None)
        (tmp_path / "pictures").write_text("")
        with pytest.raises(ClaviluxError, match="pictures"):
            fulfilled(tmp_path, "stability", wanted=WANTED)
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "ledger.sqlite").write_text("no database, but 100 % text" * 100)
        with pytest.raises(ClaviluxError, match="ledger"):
            fulfilled(tmp_path / "b", "stability", wanted=WANTED)
        monkeypatch.delenv("STABILITY_API_KEY")
        monkeypatch.delenv("CLAVILUX_STABILITY_BASE_URL")
        with pytest.raises(ClaviluxError, match="STABILITY_API_KEY"):
            fulfilled(tmp_path / "c", "stability", wanted=WANTED)
        assert not fake.calls


def test_a_seller_without_a_key_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch, "fal") as fake:
        monkeypatch.delenv("STABILITY_API_KEY", raising=False)
        done = fulfilled(tmp_path, "stability", "fal", wanted=WANTED)
        assert len(fake.sales) == 3 and {one.provider for one in done} == {"fal"}
        assert all("STABILITY_API_KEY" in one.notice for one in done)


def test_the_same_order_for_two_sections_is_bought_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [request(f"chorus_{n}", prompt="the same", simplified="same") for n in range(4)]
    with selling(monkeypatch, "stability", seconds=0.05) as fake:
        patient = {"timeout": 3000}  # the clock runs fast here
        done = fulfilled(tmp_path, "stability", wanted=wanted, stability=patient)
        assert len(fake.sales) == 1 and len({one.source for one in done}) == 1
        assert sorted(one.cost for one in done) == [0, 0, 0, fake.bill]


def test_again_buys_what_is_in_doubt_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch, "stability") as fake:
        fulfilled(tmp_path, "stability", wanted=WANTED[:2])
        keep, lose = Ledger(tmp_path / "ledger.sqlite").rows()
        for row in (keep, lose):
            picture = tmp_path / "pictures" / row.order_key[:2] / f"{row.order_key}.bin"
            if row is lose:
                picture.unlink()
        (one, two) = fulfilled(tmp_path, "stability", wanted=WANTED[:2])
        assert len(fake.sales) == 2 and "clavilux retry" in one.notice + two.notice
        other = frozenset({"another section"})
        fulfilled(tmp_path, "stability", wanted=WANTED[:2], again=other)
        assert len(fake.sales) == 2
        fulfilled(tmp_path, "stability", wanted=WANTED[:2], again=frozenset({lose.section}))
        assert [sale.prompt for sale in fake.sales].count(fake.sales[2].prompt) == 2
        assert len(fake.sales) == 3
        fulfilled(tmp_path, "stability", wanted=WANTED[:2], again=None)
        assert len(fake.sales) == 3


def test_what_openai_says_of_a_models_end_is_told_once_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with selling(monkeypatch) as fake:
        fake.shutdown_dates = {"gpt-image-2.5-flare": "2031-01-01"}
        fulfilled(tmp_path, "openai", wanted=WANTED, on_notice=said.append)
        wait_until(lambda: said)
        assert said[0].startswith("openai shuts gpt-image-2.5-flare down on 2031-01-01")
        assert sum(call.method == "GET" for call in fake.calls) == 1
        fulfilled(tmp_path, "openai", wanted=WANTED, on_notice=said.append)
        assert sum(call.method == "GET" for call in fake.calls) == 1, "nothing was to be bought"
        assert len(said) == 1


def test_a_seller_that_hangs_is_given_up_after_a_few_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch, "stability") as fake:
        fake.chaos(1.0, Fault(wait=0.6))
        wanted = [request(f"part_{n}") for n in range(20)]
        done = fulfilled(tmp_path, "stability", wanted=wanted, stability={"timeout": 0.15})
        assert posts(fake) <= 6 + 4 and all(one.source is None for one in done)
        wait_until(lambda: fake._at_once == 0)
        check_books(settings_in(tmp_path), fake)
