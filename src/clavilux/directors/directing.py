"""Analysis -> RenderSpec by a language model: asked, checked, asked once more, or else by rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clavilux.direction.rules import RulesDirector
from clavilux.directors.briefing import Wish, choices_for, question_for, repair
from clavilux.directors.merge import merged
from clavilux.directors.plan import DirectorsPlan, PlanError, read_plan
from clavilux.directors.wording import plain, shortened
from clavilux.interfaces import Answer
from clavilux.model.errors import ProviderError
from clavilux.model.question import Question
from clavilux.model.spec import RenderSpec

Ask = Callable[[Question], Answer]

REASON_LIMIT = 240
"""Characters of a notice's reason."""


@dataclass(frozen=True)
class Directed:
    """A video, and who decided how it looks."""

    spec: RenderSpec
    director: str
    """The model's name, or "rules"."""
    notice: str = ""
    """For the user, where it is not as asked."""


def by_rules(wish: Wish, *, style: str = "") -> RenderSpec:
    """The spec that needs no model."""
    return RulesDirector().direct(
        wish.analysis,
        style=style or wish.style,
        seed=wish.seed,
        tier=wish.tier,
        song_path=wish.song_path,
    )


def direct_with_model(wish: Wish, ask: Ask, *, name: str) -> Directed:
    """A valid spec in any case: by the model's plan, or by rules with a notice that says why.

    Raises SpecError where not even rules can direct: the song has no sections, the style is none.
    """
    base = by_rules(wish)  # before anything is asked: what is wrong with the song costs nothing
    try:
        plan = _planned(wish, ask)
    except (ProviderError, PlanError) as error:
        reason = shortened(plain(str(error)), limit=REASON_LIMIT)
        notice = f"The director {name} gave no plan; the video is directed by rules. ({reason})"
        return Directed(base, "rules", notice=notice)
    own_style = wish.style != "auto"
    ground = base if own_style else by_rules(wish, style=plan.style)
    spec = merged(plan, ground, wish.analysis, tier=wish.tier, own_style=own_style)
    return Directed(spec, name)


def _planned(wish: Wish, ask: Ask) -> DirectorsPlan:
    """The plan, at the second try at the latest. Raises ProviderError or PlanError."""
    question, choices = question_for(wish), choices_for(wish)
    answer = ask(question)
    try:
        return read_plan(_whole(answer), choices)
    except PlanError as error:
        again = repair(question, said=answer.text, problems=str(error))
    return read_plan(_whole(ask(again)), choices)


def _whole(answer: Answer) -> str:
    """The text of an answer that was given to its end."""
    if answer.stop == "refusal":
        raise ProviderError("it refused to answer", trouble="moderated", billed="yes")
    if answer.stop == "length":
        raise PlanError("the answer was too long and was cut off; say everything in fewer words")
    return answer.text
