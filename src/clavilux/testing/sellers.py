"""Does a provider that sells pictures keep its interface?

Nothing is bought: `submit` and `collect` are never called. What must hold for money's sake is that
an order says all that is sent and nothing else, that it is the same each time, and that its price
is known beforehand.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from itertools import product

from pydantic import SecretStr

from clavilux.interfaces import Capabilities, PictureSeller
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.testing.rules import PALETTE, Say, about, check_name

KEY = "check-8d1f0c7b5e2a4936"
"""A key that must not turn up anywhere."""

SHAPES = ((2208, 1242), (1242, 2208), (1242, 1242), (736, 414), (4416, 2484))
"""Width and height of what is asked for: of every preset, with headroom."""

PROMPTS = (
    "a red fox under the moon",
    "brumes d'été, Straßenlicht, 霧の中の塔, 🦊",
    "a long road, " * 4000,
    "two\nlines\tand \x00 what cannot be sent",
    "",
)

REFERENCES = tuple(f"{number:064x}" for number in range(1, 20))
"""More than anybody takes."""

MOST_SECONDS = 3600.0


def check_seller(kind: type[PictureSeller], said: ProviderSettings | None = None) -> None:
    """Raise AssertionError where a seller breaks a rule of interfaces.PictureSeller.

    `kind` is its class. `said`: settings it cannot do without; its key is replaced.
    """
    assert isinstance(kind, type), "give the class, not one of its instances"
    say = about("provider", kind)
    check_name(kind, say)
    said = (said or ProviderSettings()).model_copy(update={"key": SecretStr(KEY)})
    seller = _kept(lambda: kind.configured(said), say)
    assert isinstance(seller, PictureSeller), say("it lacks a member of PictureSeller")
    _check_models(seller.models, say)
    for model in seller.models:
        _check_model(kind, said.model_copy(update={"model": model}), _about_model(model, say))
    if seller.capabilities.alike_by:
        _check_ways(seller, say)
    _check_ready(kind, said, seller, say)


def _check_model(kind: type[PictureSeller], said: ProviderSettings, say: Say) -> None:
    """All about one of its models: capabilities are those of the one a user wants."""
    model = said.model
    seller = kind.configured(said)
    assert seller.models[0] == model, say("it is wanted, but not the first of `models`")
    can = seller.capabilities
    _check_capabilities(can, say)
    _check_orders(seller, kind.configured(said), model, can, say)
    _check_simplified(seller, model, say)
    _check_references(seller, model, can, say)
    _check_seeds(seller, model, can, say)


def _about_model(model: str, say: Say) -> Say:
    return lambda rule: say(f"model {model}: {rule}")


def _request(prompt: str = PROMPTS[0], **fields: object) -> ImageRequest:
    usual: dict[str, object] = {
        "section": "chorus_1", "index": 0, "prompt": prompt, "simplified": "a fox",
        "negative_prompt": "text, watermark, blurry", "width": 2208, "height": 1242, "seed": 7,
        "shared_seed": 2**31 - 1, "scene": "ridges", "theme": "a fox", "palette": PALETTE,
        "energy": 0.7,
    }  # fmt: skip
    return ImageRequest.model_validate({**usual, **fields})


def _kept(act: Callable[[], object], say: Say) -> object:
    """What something gives; no error of it may hold the key."""
    try:
        return act()
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        assert KEY not in told, say("an error shows the key")
        raise AssertionError(say(f"{type(error).__name__}: {error}")) from error


def _check_ready(
    kind: type[PictureSeller], said: ProviderSettings, seller: PictureSeller, say: Say
) -> None:
    """It says in one line what is missing, and shows the key to nobody."""
    assert seller.ready() == "", say(f"with a key, `ready` must be empty, not: {seller.ready()}")
    assert KEY not in f"{seller!r} {seller}", say("its repr shows the key")
    bare = kind.configured(said.model_copy(update={"key": None}))
    trouble = bare.ready()
    assert isinstance(trouble, str) and "\n" not in trouble, say("`ready` must be one line")
    if seller.capabilities.paid and not said.base_url:
        assert trouble, say("without a key, `ready` must say what to do")
    order = bare.order(_request(), model=bare.models[0])
    _check_price(bare, order, say)


def _check_capabilities(can: Capabilities, say: Say) -> None:
    assert isinstance(can, Capabilities), say("`capabilities` must be Capabilities")
    assert can.prompt_limit >= 100, say("a `prompt_limit` under 100 characters is of no use")
    assert can.concurrency >= 1, say("`concurrency` must be 1 at least")
    assert can.references >= 0, say("`references` must not be negative")
    assert can.per_minute is None or can.per_minute > 0, say("`per_minute` must be above 0 or None")


def _check_models(models: tuple[str, ...], say: Say) -> None:
    assert isinstance(models, tuple) and models, say("`models` must name one at least")
    assert all(isinstance(name, str) and name for name in models), say("`models` must be ids")
    assert len(set(models)) == len(models), say("`models` names one twice")


def _check_orders(
    seller: PictureSeller, twin: PictureSeller, model: str, can: Capabilities, say: Say
) -> None:
    """Orders are pure and complete, whatever is asked for; prices are too."""
    for (width, height), prompt in product(SHAPES, PROMPTS):
        request = _request(prompt, width=width, height=height)
        order = _ordered(seller, request, model, say)
        _check_words(order, can, say)
        assert seller.order(request, model=model) == order, say("the same order came out otherwise")
        assert twin.order(request, model=model).key == order.key, say(
            "another instance with the same settings gives the order another address"
        )
        assert (order.width > order.height) == (width > height), say(
            f"{order.width}x{order.height} is ordered for {width}x{height}: lying for standing"
        )
        _check_price(seller, order, say)


def _ordered(
    seller: PictureSeller,
    request: ImageRequest,
    model: str,
    say: Say,
    *,
    simplified: bool = False,
    references: tuple[str, ...] = (),
) -> Order:
    order = _kept(
        lambda: seller.order(request, model=model, simplified=simplified, references=references),
        say,
    )
    assert isinstance(order, Order), say("`order` must give an Order")
    shown = f"{order!r} {order.model_dump_json()}"
    assert KEY not in shown, say("the order holds the key")
    assert Order.model_validate_json(order.model_dump_json()) == order, say(
        "the order does not survive being written down as JSON"
    )
    assert order.provider == seller.name, say(f"the order is for '{order.provider}'")
    assert order.model == model, say(f"the order is for the model '{order.model}'")
    return order


def _check_words(order: Order, can: Capabilities, say: Say) -> None:
    for name in ("prompt", "negative_prompt"):
        text = getattr(order, name)
        assert len(text) <= can.prompt_limit, say(
            f"the {name} has {len(text)} characters, more than the limit of {can.prompt_limit}"
        )
        assert "\x00" not in text, say(f"the {name} holds a character that cannot be sent")
    assert order.prompt.strip(), say("an order without a prompt")
    if not can.negative_prompt:
        assert not order.negative_prompt, say("it sends a negative prompt that it does not take")
        assert "text" in order.prompt, say(
            "it takes no negative prompt, so `order` must fold it into the prompt: see "
            "providers/adapting.py"
        )
    assert (order.seed is not None) <= can.seed, say("it sends a seed that it does not take")


def _check_price(seller: PictureSeller, order: Order, say: Say) -> None:
    price = _kept(lambda: seller.price(order), say)
    assert isinstance(price, Price), say("`price` must give a Price")
    amounts = (price.low, price.likely, price.high)
    assert all(type(amount) is int for amount in amounts), say(
        f"prices are whole millionths of a dollar, not {amounts}"
    )
    assert 0 <= price.low <= price.likely <= price.high, say(
        f"not low <= likely <= high: {amounts}"
    )
    if seller.capabilities.paid:
        assert price.high > 0, say("it is paid, but its price is 0")
    assert math.isfinite(price.seconds) and 0 < price.seconds < MOST_SECONDS, say(
        f"`seconds` must be the usual time of a picture, not {price.seconds}"
    )
    assert seller.price(order) == price, say("the same order has another price the second time")


def _check_simplified(seller: PictureSeller, model: str, say: Say) -> None:
    usual = _ordered(seller, _request(), model, say)
    simple = _ordered(seller, _request(), model, say, simplified=True)
    assert simple.prompt != usual.prompt, say("the simplified order has the same prompt")
    assert simple.key != usual.key, say("the simplified order has the same address")


def _check_references(seller: PictureSeller, model: str, can: Capabilities, say: Say) -> None:
    """As many as it takes, in their order, in the address and in the price."""
    plain = _ordered(seller, _request(), model, say)
    assert plain.references == (), say("an order without references has some")
    order = _ordered(seller, _request(), model, say, references=REFERENCES)
    taken = order.references
    assert len(taken) <= can.references, say(f"it takes {len(taken)} references")
    assert taken == REFERENCES[: len(taken)], say("references are not the first, in their order")
    assert order.given_up != plain.given_up, say("it gives references up without saying so")
    one = _ordered(seller, _request(), model, say, references=REFERENCES[:1])
    if one.references:
        assert one.key != plain.key, say("a reference does not change the order's address")
        assert seller.price(one).high >= seller.price(plain).high, say("a reference costs less")


def _check_ways(seller: PictureSeller, say: Say) -> None:
    """What it says that a style may choose from, it does."""
    keys: dict[str, str] = {}
    for way in ("seeds", *seller.capabilities.alike_by):
        request = _request(likeness=way)
        order = seller.order(request, model=seller.models[0], references=REFERENCES[:1])
        wanted = () if way == "seeds" else REFERENCES[:1]
        assert order.references == wanted, say(
            f"pictures alike by {way} are sent {len(order.references)} references, "
            f"not {len(wanted)}"
        )
        _check_price(seller, order, say)
        assert order.key not in keys, say(f"{way} gives the same order as {keys.get(order.key)}")
        keys[order.key] = way


def _check_seeds(seller: PictureSeller, model: str, can: Capabilities, say: Say) -> None:
    """Stills of the same words are other pictures: by their seed, or by other words."""
    first = _ordered(seller, _request(), model, say)
    second = _ordered(seller, _request(variation=1, shared_seed=2**31 - 2), model, say)
    assert first.key != second.key, say(
        "two stills of the same prompt are one order: use the seed or `variation`"
    )
    if can.seed:
        assert first.seed is not None, say("it takes seeds, but the order has none")
