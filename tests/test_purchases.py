"""The commands about money, against a server that sells as OpenAI does."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from clavilux.model.money import dollars
from clavilux.providers.shop import names_of_sellers, open_ledger
from clavilux.settings import Settings
from clavilux.terminal import console
from providers.fakes.openai import FakeOpenAI
from providers.fakes.stability import FakeStability
from workshop import Answer, beat_times, clicks, write_song

Cli = Callable[..., Answer]

USD = 1_000_000


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return write_song(folder / "song.flac", clicks(beat_times(120, 3), 3))


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger and pictures of this test alone; nobody is at the keyboard."""
    monkeypatch.setenv("CLAVILUX_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CLAVILUX_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path / "data"


@pytest.fixture
def seller(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        monkeypatch.setenv("OPENAI_API_KEY", fake.key)
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        yield fake


@pytest.fixture
def render(cli: Cli, song: Path, plain_style: Path) -> Cli:
    """`clavilux render` of a song of tier 2 with pictures by openai."""

    def call(*more: object, images: str = "openai") -> Answer:
        return cli(
            "render", song, "--preset", "preview", "--style", plain_style, "--tier", 2,
            "--images", images, *more,
        )  # fmt: skip

    return call


def spent() -> int:
    return open_ledger(Settings.read()).totals().counted


# --- cost ------------------------------------------------------------------------------------


def test_cost_needs_no_key_and_knows_everybody(cli: Cli, song: Path, plain_style: Path) -> None:
    answer = cli("cost", song, "--style", plain_style, "--tier", 2, "--json")
    assert answer.code == 0, answer.err
    offers = {offer["provider"]: offer for offer in answer.json}
    assert {*names_of_sellers(), "painter"} <= set(offers)
    images = {offer["images"] for offer in offers.values()}
    assert len(images) == 1 and images != {0}
    for name in ("openai", "bfl", "stability"):
        offer = offers[name]
        assert 0 < offer["low"] <= offer["likely"] <= offer["high"]
        assert offer["likely"] == pytest.approx(offer["each"] * offer["to_buy"], abs=1e-5)
        assert offer["minutes"] > 0 and "API_KEY" in offer["trouble"]
    assert (offers["painter"]["high"], offers["painter"]["trouble"]) == (0, "")
    assert not Settings.read().ledger.exists()


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_of_offers_is_readable(
    cli: Cli, song: Path, plain_style: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(console, "out", Console(highlight=False, width=width))
    lines = cli("cost", song, "--style", plain_style, "--tier", 2).out.splitlines()
    heads = ("provider", "per image", "images", "total", "low to high", "minutes")
    assert all(head in lines[0] for head in heads)
    assert all(len(line) <= width for line in lines if "$" in line)
    for name in ("bfl", "fal", "gemini", "openai", "stability", "painter"):
        (row,) = [line for line in lines if line.startswith(name) and "$" in line]
        assert row.count("$") >= 2 and row.split()[-1].replace(".", "").isdigit()


def test_cost_takes_what_render_takes(cli: Cli, song: Path, plain_style: Path) -> None:
    known = ("--style", plain_style, "--tier", 2, "--images", "openai", "--json")
    whole = cli("cost", song, *known).json[0]
    square = cli("cost", song, *known, "--preset", "square").json[0]
    assert whole["images"] == square["images"] and whole["each"] != square["each"]
    cut = cli("cost", song, *known, "--sections", _two_sections(song)).json[0]
    assert cut["images"] >= 2
    assert cli("cost", song, *known, "--start", 99).json[0]["images"] == 0


def _two_sections(song: Path) -> Path:
    path = song.with_name("parts.txt")
    path.write_text("0 verse\n1.5 chorus\n")
    return path


@pytest.mark.parametrize("command", ["cost", "render", "plan"])
def test_a_misspelt_provider_is_told_before_anything_is_heard(
    cli: Cli, song: Path, command: str
) -> None:
    more = ("--prompts",) if command == "plan" else ()
    answer = cli(command, song, "--images", "opnai", *more)
    assert answer.code == 2 and "did you mean openai?" in answer.err


# --- A yes -----------------------------------------------------------------------------------


def test_nothing_is_bought_without_a_budget(render: Cli, seller: FakeOpenAI) -> None:
    answer = render()
    assert answer.code == 2 and len(answer.err.splitlines()) == 1
    assert "say --budget " in answer.err
    assert seller.bill == 0 and not any(call.method == "POST" for call in seller.calls)
    need = answer.err.split("--budget ")[1].split(",")[0]
    bought = render("--budget", need, "--json")
    assert bought.code == 0, bought.err
    assert bought.json["money"]["budget"] == float(need)
    assert 0 < seller.bill == spent() <= float(need) * USD
    assert all(picture["provider"] == "openai" for picture in bought.json["pictures"])


def test_a_second_render_buys_nothing_and_asks_nobody(render: Cli, seller: FakeOpenAI) -> None:
    first = render("--budget", "$1.00", "--json")
    assert first.code == 0, first.err
    bill, calls = seller.bill, len(seller.calls)
    again = render("--json")
    assert again.code == 0, again.err
    assert (seller.bill, again.json["money"]["paid"]) == (bill, 0)
    assert not [call for call in seller.calls[calls:] if call.method == "POST"]
    assert [p["prompt"] for p in again.json["pictures"]] == [
        p["prompt"] for p in first.json["pictures"]
    ]


def test_cost_knows_what_is_here(
    cli: Cli, song: Path, plain_style: Path, render: Cli, seller: FakeOpenAI
) -> None:
    """Pictures with references have other addresses than those without."""
    parts = ("--sections", _two_sections(song))
    known = ("--style", plain_style, "--tier", 2, "--images", "openai", "--preset", "preview")
    before = cli("cost", song, *known, *parts, "--json").json[0]
    assert before["to_buy"] == before["images"] >= 2
    assert render("--budget", 1, *parts).code == 0
    after = cli("cost", song, *known, *parts, "--json").json[0]
    assert (after["to_buy"], after["high"], after["each"]) == (0, 0, before["each"])
    assert "the others are here" in cli("cost", song, *known, *parts).out


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_at_a_terminal_one_is_asked(
    render: Cli, seller: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(typed))
    answer = render()
    assert answer.code == code, answer.err
    asked = next(line for line in answer.err.splitlines() if "Buy?" in line)
    assert "by openai gpt-image" in asked and "at most $" in asked and "[y/N]" in asked
    assert (seller.bill > 0) == (code == 0)
    if code:
        assert "nothing was bought" in answer.err


def test_a_month_that_is_nearly_spent_is_told_and_kept(
    render: Cli, seller: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAVILUX_MONTH_BUDGET", "0.001")
    monkeypatch.setattr(sys, "stdin", Keyboard("y\n"))
    answer = render("--json")
    assert answer.code == 0 and "month_budget leaves $0.0010" in answer.err
    assert seller.bill == 0
    assert any("this month's limit" in notice for notice in json.loads(answer.out)["notices"])


def test_a_budget_that_is_too_small_is_told_before(render: Cli, seller: FakeOpenAI) -> None:
    answer = render("--budget", "0.001")
    assert answer.code == 0 and "$0.0010 of --budget is left" in answer.err
    assert seller.bill == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--budget", "1"), "say --images, such as openai"),
        (("--again",), "say --images, such as openai"),
        (("--images", "openai", "--budget", "two"), "--budget two: write US dollars"),
        (("--images", "openai", "--budget", "-1"), "--budget -1: write US dollars"),
        (("--images", "openai", "--budget", "nan"), "write US dollars"),
        (("--images", "openai", "--budget", "2,50"), "write US dollars, such as 2.50"),
        (("--images", "openai", "--budget", "1"), "set OPENAI_API_KEY"),
        (("--images", "openai,bfl", "--budget", "1"), "set BFL_API_KEY"),
    ],
)
def test_what_cannot_be_bought_is_said_in_a_line(
    cli: Cli, song: Path, options: tuple[str, ...], said: str
) -> None:
    answer = cli("render", song, *options)
    assert answer.code == 2 and said in answer.err and len(answer.err.splitlines()) == 1
    assert answer.out == ""


def test_who_has_no_key_is_stood_in_for(render: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeStability() as fake:
        monkeypatch.setenv("STABILITY_API_KEY", fake.key)
        monkeypatch.setenv("CLAVILUX_STABILITY_BASE_URL", fake.url)
        asked = render(images="openai,stability")
        assert asked.code == 2 and "by stability ultra" in asked.err
        answer = render("--budget", 1, "--json", images="openai,stability")
        assert answer.code == 0, answer.err
        assert fake.bill == spent() > 0
        assert {p["provider"] for p in answer.json["pictures"]} == {"stability"}


def test_only_who_costs_nothing_needs_no_budget(render: Cli) -> None:
    answer = render("--json", images="openai,painter")
    assert answer.code == 0, answer.err
    assert {picture["provider"] for picture in answer.json["pictures"]} == {"painter"}


def test_without_a_price_nothing_is_bought(render: Cli, seller: FakeOpenAI, own_data: Path) -> None:
    (own_data.parent / "config.toml").write_text('[providers.openai]\nmodel = "my-own-model"')
    answer = render("--budget", 1)
    assert answer.code == 2 and '[prices.openai."my-own-model"]' in answer.err
    assert seller.bill == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('[providers.opnai]\nmodel = "x"', "[providers.opnai]: there is no provider 'opnai'"),
        ("[prices.opnai.x]\nimage = 1", "[prices.opnai]: there is no provider 'opnai'"),
        ('[prices.openai."m"]\nimage = -1', "'image'"),
        ("[providers.openai]\nconcurrency = 0", "[providers.openai] concurrency"),
        ('[providers.openai]\napi_key = "x"', "keys do not belong in a file"),
    ],
)
def test_settings_of_providers_are_checked_when_they_matter(
    cli: Cli, song: Path, own_data: Path, config: str, said: str
) -> None:
    path = own_data.parent / "config.toml"
    path.write_text(config)
    answer = cli("cost", song, "--images", "openai")
    assert answer.code == 2 and said in answer.err and str(path) in answer.err


# --- What is sent ----------------------------------------------------------------------------


def test_the_text_that_plan_shows_is_the_text_that_is_sent(
    cli: Cli, song: Path, plain_style: Path, render: Cli, seller: FakeOpenAI
) -> None:
    parts = ("--sections", _two_sections(song))
    shown = cli(
        "plan", song, "--style", plain_style, "--tier", 2, "--prompts", "--images", "openai",
        "-o", "-", *parts,
    )  # fmt: skip
    assert shown.code == 0 and "sections:" in shown.out
    assert render("--budget", 1, *parts).code == 0
    assert len(seller.sales) >= 2
    for sale in seller.sales:
        assert sale.prompt in shown.err and sale.prompt not in shown.out
    assert "given up: seed" in shown.err


def test_plan_refuses_images_without_prompts(cli: Cli, song: Path) -> None:
    answer = cli("plan", song, "--images", "openai")
    assert answer.code == 2 and "--prompts" in answer.err


# --- spend and doctor ------------------------------------------------------------------------


def test_spend_shows_the_ledger(
    cli: Cli, render: Cli, seller: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing was ever bought" in cli("spend").out and cli("spend", "--json").json == []
    seller.script("moderated")
    assert render("--budget", 1).code == 0
    rows = cli("spend", "--json", "--month").json
    assert sum(row["cost"] or 0 for row in rows) == pytest.approx(seller.bill / USD)
    assert {row["state"] for row in rows} == {"settled", "released"}
    assert all(row["order"]["prompt"] and row["provider"] == "openai" for row in rows)
    monkeypatch.setattr(console, "out", Console(highlight=False, width=80))
    table = cli("spend")
    lines = table.out.splitlines()
    assert all(len(line) <= 80 for line in lines[: 1 + len(rows)])
    assert "paid" in table.out and "1 not billed: " in table.out
    assert lines[-1].startswith(f"spent {dollars(seller.bill)}, in flight $0.00")
    assert cli("spend", "--limit", 1).out.count("gpt-image") == 1


def test_doctor_tells_of_accounts_and_never_of_keys(
    cli: Cli, render: Cli, seller: FakeOpenAI, own_data: Path
) -> None:
    checks = {check["name"]: check for check in cli("doctor", "--json").json}
    assert (
        checks["pictures by openai"]["present"]
        and seller.url in checks["pictures by openai"]["found"]
    )
    assert not checks["pictures by bfl"]["present"]
    assert "BFL_API_KEY" in checks["pictures by bfl"]["adds"]
    assert not checks["ledger"]["present"] and str(own_data) in checks["ledger"]["adds"]
    assert not any(call.path.endswith(("generations", "edits")) for call in seller.calls)
    assert render("--budget", 1).code == 0
    text = cli("doctor").out
    assert f"{own_data}/ledger.sqlite; {dollars(seller.bill)} this month" in text
    assert f"bought pictures: {own_data}/pictures" in text
    assert seller.key not in text


def test_a_key_is_nowhere(render: Cli, seller: FakeOpenAI, own_data: Path, song: Path) -> None:
    seller.script("bad_key", "moderated")
    answer = render("--budget", 1)
    again = render("--budget", 1)
    assert (answer.code, again.code) == (0, 0)
    files = [path for path in own_data.parent.rglob("*") if path.is_file()]
    assert any(path.name == "ledger.sqlite" for path in files)
    for path in files:
        assert seller.key.encode() not in path.read_bytes(), path
    for text in (answer.out, answer.err, again.out, again.err):
        assert seller.key not in text
