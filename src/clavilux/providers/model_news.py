"""What the user of a model should know when it is paid: that it ends, or that its price is old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Thread

from clavilux.interfaces import PictureSeller
from clavilux.providers import prices


def tell_of_model(seller: PictureSeller, tell: Callable[[str], None]) -> None:
    """Tell what our lists know of the wanted model; and what the provider itself says, if it can.

    That is one call, which nobody waits for: a provider that does not answer must not keep a render
    waiting. `tell` is called from another thread then.
    """
    known = prices.used().warnings(seller.name, seller.models[0], today=date.today())
    for line in known:
        tell(line)
    ask = getattr(seller, "warnings", None)
    if not callable(ask):
        return

    def tell_more() -> None:
        for line in ask():
            if line not in known:
                tell(line)

    Thread(target=tell_more, name="model news", daemon=True).start()
