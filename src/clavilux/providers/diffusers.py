"""Pictures by a diffusion model on this machine: SDXL, its few-step kin, Flux and others.

It is a seller whose prices are nothing. So what it makes is kept, checked, graded and counted like
what is bought: a picture that took a minute is not thrown away with the cache, the ledger has the
seconds, and the next provider steps in where it fails. See docs/diffusion.md.
"""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import ClassVar

from clavilux.interfaces import Capabilities, OnStep, Sold, Step, Ticket
from clavilux.model.errors import ProviderError
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers.diffusion import extra
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.devices import described
from clavilux.providers.diffusion.engine import engine_for
from clavilux.providers.diffusion.generating import Job
from clavilux.providers.diffusion.model import Model
from clavilux.providers.diffusion.orders import order_for
from clavilux.providers.diffusion.weights import unfit

AT_ONCE = 8
"""Orders taken at once: twice a batch, so that the next one stands ready. They wait for each other
(see diffusion/batching.py) and take no memory meanwhile."""


class Diffusers:
    """Pictures for nothing but time."""

    name: ClassVar[str] = "diffusers"
    machines: ClassVar[int] = 1
    """However many orders it takes at once, one device makes them."""

    def __init__(self, said: ProviderSettings | None = None) -> None:
        """Raises InputError where what the user said cannot be used. Loads nothing."""
        said = said or ProviderSettings()
        self._choices = Choices.of(said)
        self._model = Model(self._choices)
        self._at_once, self._per_minute = said.concurrency or AT_ONCE, said.per_minute
        self._stop: Event | None = None
        self._on_step: OnStep = lambda key, step: None

    @classmethod
    def configured(cls, said: ProviderSettings) -> Diffusers:
        """With the user's model and options."""
        return cls(said)

    @property
    def capabilities(self) -> Capabilities:
        follows, ways = self._choices.follows, self._choices.ways
        return Capabilities(
            seed=True,
            negative_prompt=True,  # where it does nothing it is left out: see orders.py
            references=int(bool(ways) or follows != "none"),
            likeness=follows,
            alike_by=ways,
            prompt_limit=self._model.family.prompt_limit,
            concurrency=self._at_once,
            per_minute=self._per_minute,
            paid=False,
        )

    @property
    def models(self) -> tuple[str, ...]:
        """The model's id, or the name of its folder."""
        return (self._model.name,)

    def ready(self) -> str:
        """ "" if it can be asked, or what the user must do first."""
        return self._model.trouble()

    def found(self) -> str:
        """The device that torch finds, and its memory. Raises ProviderError where it finds none."""
        return described(self._choices.device)

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        """What would be made. The model's files are read once to know what they are."""
        return order_for(
            self._model,
            self._choices,
            request,
            self.capabilities,
            name=model,
            simplified=simplified,
            references=references,
        )

    def price(self, order: Order) -> Price:
        """Nothing; `seconds` is a guess until pictures have been made here."""
        return Price(low=0, likely=0, high=0, seconds=self._model.family.seconds)

    def stop_on(self, stop: Event) -> None:
        """Give up what is being made before its next step, once this is set."""
        self._stop = stop

    def tell_of(self, on_step: OnStep) -> None:
        """Call this at every step of every picture, and while the model is loaded."""
        self._on_step = on_step

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold:
        """Make it, together with others that wait. Raises ProviderError, or CancelledError."""
        if lacking := extra.missing():
            raise unfit(lacking)
        model, tell = self._model, partial(self._on_step, order.key)
        if model.folder is None:
            tell(Step(what="downloading"))
        engine = engine_for(model.fetched(), model.weights, self._choices, model.family)
        job = Job(order=order, references=references, stop=self._stop, on_step=tell)
        return engine.picture(job)

    def collect(self, ticket: Ticket) -> Sold | None:
        """There are no tickets: submit waits."""
        raise ProviderError("diffusers gives no tickets", trouble="bad_request")
