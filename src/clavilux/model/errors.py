"""Every error Clavilux raises on purpose: one tree, one line each, saying what to do."""

from __future__ import annotations

from typing import Literal


class ClaviluxError(Exception):
    """Something a person can act on; the command line prints it in one line and exits with 2."""


class InputError(ClaviluxError):
    """A file or value given by the user cannot be used."""


class AudioError(InputError):
    """The song cannot be opened, decoded, or holds nothing to hear."""


class SpecError(InputError):
    """A render spec says something that cannot be drawn."""


class OutputError(ClaviluxError):
    """The result cannot be written."""


class PluginError(ClaviluxError):
    """A named plugin does not exist or does not keep its interface."""


Trouble = Literal[
    "moderated",  # the prompt was refused: another one may pass
    "filtered",  # a picture came, but blurred or blank
    "bad_request",  # refused as malformed: the same again is pointless
    "unusable",  # what came is no picture
    "quota",  # no money or credit left there
    "authentication",  # no key, or a wrong one
    "verification",  # the account may not use this model yet
    "model_gone",  # retired, or never there
    "rate_limited",  # too fast: the same again later
    "transient",  # server or network trouble: the same again later
    "budget",  # our own cap, or our own books cannot be used
    "unknown",
]
"""Why a provider gave no picture."""

DEAD: frozenset[Trouble] = frozenset({"quota", "authentication", "verification"})
"""Troubles that every further call to the same provider would meet."""

WORTH_REPEATING: frozenset[Trouble] = frozenset({"rate_limited", "transient"})
"""Troubles that may pass by themselves: the same call again, later."""


class ProviderError(ClaviluxError):
    """An image or video could not be had from a provider."""

    def __init__(
        self,
        message: str,
        *,
        trouble: Trouble = "unknown",
        billed: Literal["no", "maybe", "yes"] = "no",
        cost: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`billed`: whether the provider charges for it; `cost` in millionths of a dollar, if it
        said. `retry_after`: seconds it asked to wait."""
        super().__init__(message)
        self.trouble: Trouble = trouble
        self.billed: Literal["no", "maybe", "yes"] = billed
        self.cost = cost
        self.retry_after = retry_after


class BudgetError(ProviderError):
    """The next picture might cost more than is left of the budget."""

    def __init__(self, message: str) -> None:
        super().__init__(message, trouble="budget")


class WorkerError(ClaviluxError):
    """A drawing worker died or could not do its segment."""
