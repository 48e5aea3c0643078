"""The director a user named: the rules, an installed one, or a server of his own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clavilux import registry
from clavilux.directors.asking import KEPT, SECTION, Asker, order_for
from clavilux.directors.briefing import Wish, longest_repair, question_for
from clavilux.directors.directing import Directed, by_rules, direct_with_model
from clavilux.interfaces import LanguageModel
from clavilux.model.errors import InputError, PluginError, ProviderError
from clavilux.model.money import Price
from clavilux.model.question import Question
from clavilux.providers import prices
from clavilux.providers.shop import open_ledger, open_pictures

if TYPE_CHECKING:
    from clavilux.providers.shop import Shop
    from clavilux.settings import Settings

RULES = "rules"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What an answer would cost, before anything is asked."""

    what: str = "a plan"
    """That is asked for, with its article."""
    director: str
    model: str
    paid: bool
    """Whether it takes money at all."""
    price: Price
    """Of one answer; `high` of the two that there are where a plan must be corrected."""
    known: bool
    """It was answered before: it costs nothing."""
    trouble: str = ""
    """What must be done before it can be asked, such as setting a key."""


def open_director(name: str, settings: Settings) -> LanguageModel:
    """A language model by the name of its plugin, or of a [directors.NAME] with a base_url.

    Raises PluginError where there is none, InputError for settings that cannot be used.
    """
    prices.use(prices.Prices.read(settings.prices))
    said = settings.director(name)
    if name not in registry.names("directors"):
        if not said.base_url:
            known = ", ".join((RULES, *registry.names("directors")))
            raise PluginError(
                f"there is no director '{name}'; choose {known}, or set [directors.{name}] "
                "base_url and model in config.toml"
            )
        from clavilux.directors.openai import OpenAI

        return OpenAI.configured(name, said)
    found = registry.load("directors", name)
    if not hasattr(found, "complete"):
        raise PluginError(f"the director '{name}' does not keep the interface LanguageModel")
    model: LanguageModel = found.configured(name, said)
    return model


def directed(
    wish: Wish, name: str, shop: Shop, *, on_ask: Callable[[str], None] = lambda _: None
) -> Directed:
    """The video by a director of this name. `shop`: whose settings, and whose money.

    Raises InputError, before anything is asked, where it cannot be: no settings, key or budget.
    """
    if name == RULES:
        return Directed(by_rules(wish), RULES)
    asker = asker_for(name, shop, account=wish.analysis.song.digest, on_ask=on_ask)
    return direct_with_model(wish, asker.ask, name=name)


def asker_for(
    name: str, shop: Shop, *, account: str, on_ask: Callable[[str], None] = lambda _: None
) -> Asker:
    """Somebody who asks the director of this name. `account`: the song's digest, for the budget.

    Raises InputError where it cannot be asked: no settings, key or budget.
    """
    settings = _settings_of(shop, name)
    model = ready_director(name, settings)
    if model.paid and shop.budget is None:
        raise InputError(
            f"{name} is paid for its answer: say --budget USD, the most that this song may cost"
        )
    free = not model.paid
    return Asker(
        model,
        open_ledger(settings),
        open_pictures(settings, shop.on_notice),
        account,
        cap=None if free else shop.budget,
        month_cap=None if free else settings.month_budget,
        again=free or shop.again is None or SECTION in shop.again,
        on_ask=on_ask,
    )


def ready_director(name: str, settings: Settings) -> LanguageModel:
    """The same as `open_director`, of one that can be asked. Raises InputError for one that
    cannot, which says what to do first."""
    model = open_director(name, settings)
    if trouble := model.ready():
        raise InputError(f"cannot ask the director {name}: {trouble}")
    return model


def _settings_of(shop: Shop, name: str) -> Settings:
    if shop.settings is None:
        raise InputError(f"the director {name} is not to be asked here; use `clavilux plan`")
    return shop.settings


def offer(wish: Wish, name: str, settings: Settings) -> Offer:
    """What a plan by a director would cost. Asks nobody. Raises PluginError or InputError."""
    question = question_for(wish)
    return offer_of("a plan", (question, longest_repair(question)), name, settings)


def offer_of(
    what: str, questions: tuple[Question, Question], name: str, settings: Settings
) -> Offer:
    """What the answer to a question would cost. `questions`: it, and the dearest repair of it."""
    model, (question, repair) = open_director(name, settings), questions
    first, trouble = model.models[0], model.ready()
    try:
        one, two = (model.price(q, model=first) for q in (question, repair))
    except ProviderError as error:
        trouble = trouble or str(error)
        one = two = Price(low=0, likely=0, high=0, seconds=0.0)
    known, most = False, one.high + two.high
    if settings.pictures or settings.picture_folder.exists():
        known = open_pictures(settings).has(order_for(question, model, first).key, KEPT)
    return Offer(
        what=what,
        director=name,
        model=first,
        paid=model.paid,
        price=Price(low=one.low, likely=one.likely, high=most, seconds=one.seconds),
        known=known,
        trouble=trouble,
    )
