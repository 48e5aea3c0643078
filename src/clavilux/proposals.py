"""A revision that is proposed, as the command line tells it: what changes, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from clavilux.model.errors import ClaviluxError

if TYPE_CHECKING:
    from clavilux.pipeline import RenderOptions
    from clavilux.revision.consequences import Consequences
    from clavilux.revision.revising import Proposal
    from clavilux.storage import Store


def consequences_of(
    proposal: Proposal, options: RenderOptions, store: Store
) -> Consequences | ClaviluxError:
    """What it leads to, or why that cannot be told: a revision needs no song, this does."""
    from clavilux import pipeline, terminal
    from clavilux.revision.consequences import consequences

    try:
        song = pipeline.song_of(proposal.before, proposal.path)
        with terminal.progress(quiet=False) as on_progress:
            return consequences(
                proposal.before, proposal.after, song, options, store, on_progress=on_progress
            )
    except ClaviluxError as error:
        return error


def show_proposal(
    proposal: Proposal, outcome: Consequences | ClaviluxError, *, by: str = ""
) -> None:
    """The revision, section by section, and what it leads to. `by`: the model that read it."""
    from clavilux.documents.checking import shown

    for reading in proposal.readings:
        typer.echo(f"understood: {shown(reading)}")
    if by and not proposal.readings:
        typer.echo(shown(by))
    last = None
    for one in proposal.differences:
        if one.section != last:
            typer.echo(shown(one.section) or "the whole video")
            last = one.section
        typer.echo(f"  {one.told}")
    typer.echo(_outcome(outcome))


def _outcome(outcome: Consequences | ClaviluxError) -> str:
    from clavilux.model.money import dollars

    if isinstance(outcome, ClaviluxError):
        return f"what is drawn again cannot be told: {outcome}"
    sections = ", ".join(outcome.sections) or "no section"
    between = ", ".join(f"{a} to {b}" for a, b in outcome.transitions)
    drawn = f"drawn again: {sections}" + (f"; transitions {between}" if between else "")
    if not outcome.segments:
        drawn = "drawn again: nothing"
    offer, made = outcome.offer, outcome.pictures
    if offer is None or not offer.to_buy:
        cost = f"{made} made anew, at no cost" if made else "none made anew, at no cost"
    else:
        bound = f"about {dollars(offer.likely)}, at most {dollars(offer.high)}"
        cost = f"{offer.to_buy} to buy from {offer.provider} for {bound}"
    return f"{drawn} ({outcome.segments} of {outcome.of} segments)\npictures: {cost}"


def as_data(
    proposal: Proposal, outcome: Consequences | ClaviluxError, *, by: str, applied: bool
) -> dict[str, Any]:
    """The same for programs; money in US dollars."""
    plain: dict[str, Any] = {
        "request": proposal.said,
        "understood": proposal.readings,
        "by": by,
        "patch": proposal.patch.model_dump(mode="json")["operations"],
        "changes": [vars(one) for one in proposal.differences],
        "applied": applied,
    }
    if isinstance(outcome, ClaviluxError):
        return {**plain, "consequences": None, "why": str(outcome)}
    offer = outcome.offer
    money = {"to_buy": offer.to_buy, "usd": offer.likely / 1e6} if offer else None
    return {
        **plain,
        "consequences": {
            "sections": outcome.sections,
            "transitions": outcome.transitions,
            "segments": outcome.segments,
            "of": outcome.of,
            "pictures": outcome.pictures,
            "cost": money,
        },
    }
