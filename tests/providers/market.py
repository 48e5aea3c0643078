"""What tests of buying share: fakes by name with settings for them, a seller in this process, and
short pauses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from clavilux.interfaces import Capabilities, Sold, Ticket
from clavilux.media.image import STILL_SUFFIX
from clavilux.model.errors import ProviderError
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.objects import Objects, open_objects
from clavilux.providers.buying import Buyer, Purse
from clavilux.providers.fulfil import Fulfilled, fulfil
from clavilux.providers.ledger import Ledger
from clavilux.providers.pacing import Pace
from clavilux.providers.shop import Shop
from clavilux.settings import Settings, key_variables
from clavilux.storage import Store
from providers.fakes.__main__ import fake_of
from providers.fakes.pictures import make_picture
from providers.fakes.server import COMMON, Fake

NAMES = ("openai", "stability", "gemini", "bfl", "fal")
KEY = "test-key-0123456789"
DOLLAR = 1_000_000


# --- The fakes of this folder, as a user meets them ------------------------------------------


@contextmanager
def selling(monkeypatch: pytest.MonkeyPatch, name: str = "openai", **options: Any) -> Any:
    """A fake, with its key and address in the environment."""
    with fake_of(name)(**options) as fake:
        for variable, value in environment_of(name, fake.url).items():
            monkeypatch.setenv(variable, value)
        yield fake


def environment_of(name: str, url: str) -> dict[str, str]:
    return {key_variables(name)[0]: KEY, f"CLAVILUX_{name.upper()}_BASE_URL": url}


def settings_in(folder: Path, **providers: dict[str, Any]) -> Settings:
    return Settings(cache=folder, workers=1, data=folder, providers=providers)


class Clock:
    """Time that passes when somebody waits, and a little of the real one."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.rests: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return time.monotonic() + self.ahead

    def rest(self, seconds: float) -> None:
        with self._lock:
            self.rests.append(seconds)
            self.ahead += seconds
        time.sleep(0.001)


def hurried(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """No pause takes longer than a moment, whoever makes it."""
    clock, usual = Clock(), Pace.__init__

    def init(self: Pace, can: Capabilities, *, stop: threading.Event | None = None) -> None:
        usual(self, can, stop=stop, rest=clock.rest, now=clock.now)

    monkeypatch.setattr(Pace, "__init__", init)
    return clock


def faults_of(name: str) -> list[str]:
    """All that can go wrong with a seller's fake."""
    return sorted({*COMMON, *fake_of(name).faults})


def fulfilled(
    folder: Path,
    *names: str,
    wanted: Sequence[ImageRequest],
    budget: int | None = 5_000_000,
    again: frozenset[str] | None = frozenset(),
    store: str = "stills",
    on_notice: Callable[[str], None] = lambda _: None,
    **providers: dict[str, Any],
) -> tuple[Fulfilled, ...]:
    """Pictures had as a render has them, without its video."""
    settings = settings_in(folder, **{**{name: {"timeout": 5} for name in names}, **providers})
    stills = Store(folder / store)
    shop = Shop(names, settings, budget, again)
    makers = shop.makers(wanted, stills, account="song", workers=1, on_notice=on_notice)
    done = fulfil(wanted, makers, on_notice=on_notice)
    assert all(stills.has(one.source.picture, STILL_SUFFIX) for one in done if one.source)
    return done


def posts(fake: Fake) -> int:
    """How many calls could have been billed."""
    return sum(call.method == "POST" for call in fake.calls)


def books(settings: Settings) -> Any:
    """The sums of a ledger."""
    return Ledger(settings.ledger).totals()


def check_books(settings: Settings, *fakes: Fake, cap: int | None = None) -> None:
    """The bill of the providers lies between what is known and what may be; never over the cap."""
    totals, bill = books(settings), sum(fake.bill for fake in fakes)
    assert totals.spent <= bill <= totals.spent + totals.in_doubt + totals.reserved, (totals, bill)
    if cap is not None:
        assert totals.counted <= cap and bill <= cap


# --- A seller in this process ----------------------------------------------------------------


def request(section: str = "verse_1", index: int = 0, **fields: object) -> ImageRequest:
    usual: dict[str, object] = {
        "section": section, "index": index, "prompt": f"{section} {index}", "width": 320,
        "height": 180, "simplified": f"simply {section} {index}", "seed": 1, "scene": "plain",
        "palette": ("#000000", "#FFFFFF"), "energy": 0.5,
    }  # fmt: skip
    return ImageRequest.model_validate({**usual, **fields})


Act = Callable[[Order], Any]


@dataclass
class Stall:
    """Sells what `act` gives for an order, and counts. None: a picture; an exception is raised."""

    act: Act = lambda _: None
    can: Capabilities = field(
        default_factory=lambda: Capabilities(
            seed=True, negative_prompt=True, references=0, prompt_limit=1000
        )
    )
    models: tuple[str, ...] = ("m",)
    low: int = 80
    likely: int = 100
    high: int = 150
    cost: int | None = 90
    jobs: Callable[[str], Any] | None = None
    """Where set, orders are answered with tickets, and this tells what comes of one."""
    submitted: list[Order] = field(default_factory=list)
    collected: list[str] = field(default_factory=list)
    said: ProviderSettings = field(default_factory=ProviderSettings)
    lock: threading.Lock = field(default_factory=threading.Lock)
    name: ClassVar[str] = "stall"

    @classmethod
    def configured(cls, said: ProviderSettings) -> Self:
        return cls(said=said)

    @property
    def capabilities(self) -> Capabilities:
        return self.can

    def ready(self) -> str:
        return ""

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        return Order(
            provider=self.name, model=model, references=references, width=640, height=360,
            prompt=request.simplified if simplified else request.prompt,
        )  # fmt: skip

    def price(self, order: Order) -> Price:
        return Price(low=self.low, likely=self.likely, high=self.high, seconds=1)

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold | Ticket:
        with self.lock:
            self.submitted.append(order)
        sold = self._sold(self.act(order), order.prompt)
        return Ticket(id=order.prompt) if self.jobs is not None else sold

    def collect(self, ticket: Ticket) -> Sold | None:
        assert self.jobs is not None
        with self.lock:
            self.collected.append(ticket.id)
        made = self.jobs(ticket.id)
        return None if made is None else self._sold(made, ticket.id)

    def _sold(self, made: Any, prompt: str) -> Any:
        if isinstance(made, BaseException):
            raise made
        if made is None or made is True:
            made = make_picture(prompt, 640, 360)
        return Sold(data=made, cost=self.cost) if isinstance(made, bytes) else made

    @property
    def prompts(self) -> list[str]:
        return [order.prompt for order in self.submitted]


def order(name: str = "a", **fields: object) -> Order:
    usual: dict[str, object] = {
        "provider": "stall", "model": "m", "prompt": name, "width": 640, "height": 360,
    }  # fmt: skip
    return Order.model_validate({**usual, **fields})


def buyer(
    seller: Stall,
    folder: Path,
    *,
    cap: int | None = 10_000,
    again: frozenset[str] | None = frozenset(),
    clock: Clock | None = None,
    stop: threading.Event | None = None,
    pictures: Objects | None = None,
    **more: Any,
) -> Buyer:
    """A buyer whose pauses are short, with a ledger and pictures in a folder."""
    clock = clock or Clock()
    return Buyer(
        seller, Ledger(folder / "ledger.sqlite"), pictures or open_objects(folder / "pictures"),
        Purse("song", cap, again=again),
        Pace(seller.can, stop=stop, rest=clock.rest, now=clock.now), **more,
    )  # fmt: skip


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gives or raises, in threads of their own."""

    def one(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def trouble(message: str = "no", **said: Any) -> ProviderError:
    return ProviderError(message, **said)


def wait_until(holds: Callable[[], object], *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def states(folder: Path) -> Sequence[str]:
    """Of the ledger's rows, the oldest first."""
    return [row.state for row in reversed(Ledger(folder / "ledger.sqlite").rows())]
