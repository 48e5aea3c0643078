"""Prices are dated data; users may override them; what is reserved bounds what can be billed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clavilux.model.errors import InputError, ProviderError
from clavilux.providers import prices
from clavilux.providers.model_prices import WAYS, ModelPrices
from clavilux.providers.prices import ENDING_DAYS, STALE_DAYS, Prices

SHIPPED = Prices.read()
TODAY = date(2026, 11, 26)
FLARE = "gpt-image-2.5-flare"


def own(**fields: object) -> ModelPrices:
    """A model of a user's own."""
    return Prices.read({"shop": {"m": fields}}).of("shop", "m")


# --- The lists -------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "model"), SHIPPED.models)
def test_every_price_says_when_and_where_it_was_found(provider: str, model: str) -> None:
    found = SHIPPED.of(provider, model)
    assert found.checked is not None and date(2026, 1, 1) < found.checked < date(2027, 6, 1)
    assert len(found.source) > 10 and found.source != "config.toml"
    if found.successor:
        assert SHIPPED.find(provider, found.successor), "the successor has no price"


@pytest.mark.parametrize(
    ("model", "quality", "width", "height", "usd"),
    [
        (FLARE, "low", 1024, 1024, 0.0059),
        (FLARE, "medium", 1536, 1024, 0.0103),
        ("gpt-image-2.5-sunburst", "max", 3840, 2160, 0.4003),
        ("gpt-image-2.5-sunburst-2026-09-08", "xhigh", 2160, 3840, 0.1779),
        ("gpt-image-2.6-flare", "high", 1024, 1024, 0.0527),
        ("gpt-image-2", "high", 2560, 1440, 0.222),
        ("dall-e-3", "standard", 1792, 1024, 0.08),
        ("dall-e-3", "hd", 1024, 1792, 0.12),
    ],
)
def test_listed_sizes_cost_what_is_listed(
    model: str, quality: str, width: int, height: int, usd: float
) -> None:
    price = prices.of("openai", model).price(width=width, height=height, quality=quality)
    assert price.low == price.likely == round(usd * 1e6)
    assert price.high == pytest.approx(usd * 1e6 * SHIPPED.of("openai", model).margin, abs=2)


def test_assumed_prices_say_so_and_are_bounded_more_widely() -> None:
    for name in ("flare", "sunburst"):
        assumed = SHIPPED.of("openai", f"gpt-image-2.6-{name}")
        assert "assumed" in assumed.note
        assert assumed.margin > SHIPPED.of("openai", f"gpt-image-2.5-{name}").margin


def test_the_prompt_and_the_pictures_that_go_along_cost_too() -> None:
    flare = prices.of("openai", FLARE)
    size = {"width": 1024, "height": 1024, "quality": "low"}
    bare = flare.price(**size)  # type: ignore[arg-type]
    full = flare.price(**size, prompt="x" * 4000, references=2)  # type: ignore[arg-type]
    assert full.likely - bare.likely == 20_000 + 5 * 1000  # two references, a thousand tokens
    assert full.high >= bare.high + 30_000 + 5 * 4000  # a token is never less than a byte


@given(
    size=st.tuples(st.integers(16, 200), st.integers(16, 200)),
    prompt=st.text(max_size=300),
    references=st.integers(0, 8),
)
@settings(max_examples=30, deadline=None)
def test_low_is_under_likely_and_likely_under_high(
    size: tuple[int, int], prompt: str, references: int
) -> None:
    for found in SHIPPED.models.values():
        if not any(getattr(found, way) for way in WAYS):
            continue  # it only writes
        qualities = ("", *found.image_table) if "any" not in found.image_table else ("",)
        for quality, word in product(qualities, found.image_sizes or ("",)):
            price = found.price(
                width=size[0] * 16, height=size[1] * 16, quality=quality, size=word,
                prompt=prompt, references=references,
            )  # fmt: skip
            assert 0 <= price.low <= price.likely <= price.high and price.seconds > 0


def test_a_model_that_only_writes_has_a_price_for_words_and_none_for_pictures() -> None:
    writer = own(tokens={"text_in": 0.5, "text_out": 2.0})
    assert writer.of_tokens(text_in=1000, text_out=100) == 700
    with pytest.raises(ProviderError, match=r"no price for .* with pictures") as refused:
        writer.price(width=64, height=64)
    assert refused.value.trouble == "bad_request"


def test_between_listed_sizes_the_dearest_neighbour_bounds_the_price() -> None:
    """Per picture lists are no ladder: the square of 2.5 costs more than larger pictures."""
    price = prices.of("openai", FLARE).price(width=1536, height=864, quality="high")
    assert price.likely == 41_200
    assert price.high == pytest.approx(52_700 * 1.15, abs=2)
    beyond = own(image_table={"any": {"1000x1000": 0.01, "2000x2000": 0.04}})
    assert beyond.price(width=4000, height=2000).likely == 80_000
    assert beyond.price(width=1100, height=1100).high == 40_000


def test_an_open_quality_may_cost_as_much_as_the_best() -> None:
    flare = prices.of("openai", FLARE)
    open_, best = (
        flare.price(width=1024, height=1024, quality=quality) for quality in ("auto", "max")
    )
    assert open_.high == best.high and open_.low == 5900 and open_.likely == 52_700
    assert flare.price(width=1024, height=1024) == open_


def test_a_quality_or_size_without_a_price_is_not_guessed() -> None:
    with pytest.raises(ProviderError, match=r"quality 'hd'; known: low, medium, high, xhigh, max"):
        prices.of("openai", FLARE).price(width=1024, height=1024, quality="hd")
    with pytest.raises(ProviderError, match=r"size '8K'; known: 1K"):
        own(image_sizes={"1K": 0.1}).price(width=64, height=64, size="8K")


# --- The other ways --------------------------------------------------------------------------


def test_flat_prices_sizes_credits_and_requests() -> None:
    at = {"width": 1920, "height": 1088}
    assert own(image=0.04).price(**at).high == 40_000  # type: ignore[arg-type]
    assert own(image=0.04, request=0.002).price(**at).low == 42_000  # type: ignore[arg-type]
    assert own(credits=8, credit=0.01).price(**at).likely == 80_000  # type: ignore[arg-type]
    sizes = own(image_sizes={"1K": 0.0336, "2K": 0.1})
    assert sizes.price(**at, size="2K").likely == 100_000  # type: ignore[arg-type]
    assert own(image=0).price(**at).high == 0  # type: ignore[arg-type]


def test_begun_megapixels_count_whole() -> None:
    area = own(megapixel={"first": 0.03, "extra": 0.015})
    assert area.price(width=512, height=512).high == 30_000
    square = area.price(width=1024, height=1024)  # one binary megapixel, more than a decimal one
    assert (square.likely, square.high) == (30_000, 45_000)
    assert area.price(width=1920, height=1088).likely == 45_000


def test_a_bill_in_tokens_becomes_money() -> None:
    flare = prices.of("openai", FLARE)
    assert flare.of_tokens(image_out=1757) == 52_710
    assert flare.of_tokens(text_in=200, image_in=1000, image_out=100) == 1000 + 8000 + 3000
    cached = flare.of_tokens(text_in=200, text_in_cached=100, image_in=10, image_in_cached=10)
    assert cached == 500 + 125 + 20
    assert flare.of_tokens(text_in=1, text_in_cached=1) == 2  # 1.25 millionths, rounded up
    assert own(image=0.1).of_tokens(image_out=5) is None


# --- Overrides -------------------------------------------------------------------------------


def test_a_user_overrides_one_number_and_keeps_the_rest() -> None:
    said = {"openai": {FLARE: {"image_table": {"low": {"1024x1024": 0.5}}}}}
    found = Prices.read(said).of("openai", FLARE)
    assert found.image_table["low"]["1024x1024"] == 0.5
    assert found.image_table["low"]["1024x1536"] == 0.0047 and found.tokens is not None
    assert found.source == SHIPPED.of("openai", FLARE).source


def test_another_way_of_pricing_replaces_the_lists_way() -> None:
    """A compatible server with a flat price sends no bill in tokens."""
    found = Prices.read({"openai": {FLARE: {"image": 0.02}}}).of("openai", FLARE)
    assert found.price(width=1024, height=1024, quality="max", prompt="x" * 99).high == 20_000
    assert not found.image_table and found.tokens is None and found.margin == 1
    assert found.successor == "gpt-image-2.6-flare"


def test_a_snapshot_can_be_overridden_by_itself() -> None:
    found = Prices.read({"openai": {f"{FLARE}-2026-09-08": {"seconds": 5}}})
    assert found.of("openai", f"{FLARE}-2026-09-08").seconds == 5
    assert found.of("openai", f"{FLARE}-2026-09-08").image_table
    assert found.of("openai", FLARE).seconds == SHIPPED.of("openai", FLARE).seconds


def test_a_user_prices_a_model_and_a_provider_that_nobody_knows() -> None:
    found = Prices.read({"openai": {"sdxl": {"image": 0}}, "mine": {"m": {"image": 1}}})
    assert found.of("openai", "sdxl").price(width=64, height=64).high == 0
    assert found.of("mine", "m").price(width=64, height=64).high == 10**6
    assert found.warnings("mine", "m", today=date(2100, 1, 1)) == ()
    with pytest.raises(ProviderError, match=r'\[prices.openai."sdxl"\].*config.toml'):
        SHIPPED.of("openai", "sdxl")
    assert SHIPPED.find("openai", "sdxl") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"imagee": 1}, "no field 'imagee'"),
        ({"tokens": {"image_uot": 1}}, "no field 'tokens.image_uot'"),
        ({"image": -0.01}, "'image'"),
        ({"image": "0.04"}, "'image'"),
        ({"image": True}, "'image'"),
        ({"image": float("inf")}, "'image'"),
        ({"image": float("nan")}, "'image'"),
        ({"image_table": {"low": {"1024x1024": -1}}}, "'image_table.low.1024x1024'"),
        ({"image_table": {"low": {"big": 1}}}, "'image_table.low.big'"),
        ({"image_table": {"low": 1}}, "'image_table.low'"),
        ({"tokens": {"text_in": "5"}}, "'tokens.text_in'"),
        ({"margin": 0.5}, "'margin'"),
        ({"seconds": 0}, "'seconds'"),
        ({"checked": "2026-01-01"}, "'checked'"),
        ({"shutdown": 5}, "'shutdown'"),
        ({"source": 5}, "'source'"),
        ({"credits": 8}, "'credits' and 'credit'"),
        ({"image": 1, "credits": 8, "credit": 1}, "one of image"),
        ({"like": "nobody"}, "'like'"),
        ({"aliases": "x"}, "'aliases'"),
        ({"provider": "x"}, "'provider'"),
    ],
)
def test_an_override_that_cannot_be_used_is_named(fields: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        Prices.read({"openai": {FLARE: fields}})
    message = str(refused.value)
    assert said in message and f'[prices.openai."{FLARE}"]' in message and "\n" not in message


@pytest.mark.parametrize("said", [3, {"openai": 3}, {"openai": {FLARE: 3}}, {"openai": [1]}])
def test_an_override_that_is_no_table_is_named(said: Any) -> None:
    with pytest.raises(InputError, match="must be a table"):
        Prices.read(said)


def test_the_prices_of_a_command_are_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "_used", None)
    assert prices.used() == SHIPPED
    prices.use(Prices.read({"openai": {FLARE: {"image": 0.02}}}))
    assert prices.of("openai", FLARE).image == 0.02


# --- Lifetimes -------------------------------------------------------------------------------


def test_a_model_that_was_shut_down_names_what_to_take() -> None:
    said = SHIPPED.gone("openai", "dall-e-3", today=TODAY)
    assert "2026-05-12" in said and FLARE in said and "\n" not in said
    assert SHIPPED.gone("openai", "dall-e-3", today=date(2026, 5, 11)) == ""
    assert SHIPPED.gone("openai", FLARE, today=TODAY) == ""
    assert SHIPPED.gone("openai", "never heard of", today=TODAY) == ""
    assert SHIPPED.successors("openai", "dall-e-3") == (FLARE, "gpt-image-2.6-flare")


def test_a_model_that_ends_soon_is_told() -> None:
    end = date(2026, 12, 1)
    for days, told in ((ENDING_DAYS + 1, False), (ENDING_DAYS, True), (1, True)):
        said = SHIPPED.warnings("openai", "gpt-image-1.5", today=end - timedelta(days=days))
        assert any("shuts gpt-image-1.5 down on 2026-12-01" in line for line in said) == told
    (line,) = SHIPPED.warnings("openai", "gpt-image-1.5", today=end)
    assert "shut gpt-image-1.5 down" in line and FLARE in line


def test_advice_skips_successors_that_are_gone_too() -> None:
    day = date(2026, 1, 1)
    chain = Prices.read(
        {
            "shop": {
                "a": {"image": 1, "shutdown": day, "successor": "b"},
                "b": {"image": 1, "shutdown": day, "successor": "c"},
                "c": {"image": 1, "successor": "a"},
                "d": {"image": 1, "shutdown": day},
            }
        }
    )
    assert chain.successors("shop", "a") == ("b", "c")
    assert 'model = "c"' in chain.gone("shop", "a", today=TODAY)
    assert "another model" in chain.gone("shop", "d", today=TODAY)


def test_old_prices_are_told() -> None:
    checked = SHIPPED.of("openai", FLARE).checked
    assert checked is not None
    assert SHIPPED.warnings("openai", FLARE, today=checked + timedelta(days=STALE_DAYS)) == ()
    (line,) = SHIPPED.warnings("openai", FLARE, today=checked + timedelta(days=STALE_DAYS + 1))
    assert "last checked on 2026-11-22" in line and "config.toml" in line


# --- Packaging -------------------------------------------------------------------------------


def test_the_lists_are_read_from_a_zipped_package_too(tmp_path: Path) -> None:
    """Through importlib.resources, wherever the package lies."""
    package = Path(prices.__file__).parents[1]
    archive = tmp_path / "clavilux.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in package.rglob("*"):
            if file.suffix in (".py", ".toml"):
                zipped.write(file, Path("clavilux") / file.relative_to(package))
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from clavilux.providers import prices\n"
        "assert '.zip' in prices.__file__\n"
        f"print(prices.of('openai', {FLARE!r}).checked)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "2026-11-22", done.stderr
