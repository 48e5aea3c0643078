"""How strongly a clause wants what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from clavilux.revision.words.lexing import Token
from clavilux.revision.words.wishes import Ask, NotUnderstoodError


class Modifiers:
    """More, less, off, a bit, half, 1.5: how a clause wants what it asks for."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        kinds = [t.kind for t in tokens]
        self.off = "off" in kinds
        self.less = "less" in kinds
        self.more = "more" in kinds
        self.amount = 1.0
        for token in tokens:
            if token.kind == "amount":
                self.amount *= float(str(token.value))
        self.factor = next((float(str(t.value)) for t in tokens if t.kind in ("half", "double")), 0)
        kinds_of_number = ("number", "milliseconds", "seconds")
        self.numbers = [float(str(t.value)) for t in tokens if t.kind in kinds_of_number]
        self.number = self.numbers[0] if self.numbers else None
        self._set_to = any(
            word.text.lower() in ("to", "at", "of") and number.kind in kinds_of_number
            for word, number in pairwise(tokens)
        )
        self.later = next((int(str(t.value)) for t in tokens if t.kind == "later"), 0)
        self._timed = any(t.kind in ("seconds", "milliseconds") for t in tokens)
        self._uses_number = False
        self._of_effect = "effect" in kinds
        if self._of_effect:
            self._take_speeds()

    def _take_speeds(self) -> None:
        """ "a slower zoom" is less of it, "a wild zoom" more; "less wild" is less again."""
        for token in self._tokens:
            if token.kind == "energy":
                up = (int(str(token.value)) > 0) != (self.less or self.off)
                self.more, self.less, self.off = up, not up, False

    @property
    def any(self) -> bool:
        return bool(self.off or self.less or self.more or self.factor or self.numbers)

    def swallowed(self, token: Token) -> bool:
        """ "slow down" beside an effect says how strong, and is no wish of its own."""
        mixes = any(t.kind == "transition" for t in self._tokens)
        strong = token.text.lower() == "stronger"
        return token.kind == "energy" and (self._of_effect or (mixes and strong))

    def completed(self, asked: list[Token]) -> list[Token]:
        """ "stronger" alone is about energy; "15 ms later" about the beats; "3 stills" a number."""
        kinds = {t.kind for t in asked}
        if not asked and any(t.kind == "more" and t.value == "stronger" for t in self._tokens):
            return [Token("stronger", "energy", 1)]
        if self.later and "bars" not in kinds:
            return [*asked, Token("the beats", "beats")] if "beats" not in kinds else asked
        if (self.number is not None or self.more or self.less) and "tier" in kinds:
            return [Token(t.text, "stills") if t.value == 2 else t for t in asked]
        return asked

    def on(self, ask: Ask) -> Ask:
        if ask.kind in ("beats", "bars"):
            size = 1.0 if self.number is None else self.number
            if not self.later or (ask.kind == "beats" and self.number is None):
                raise NotUnderstoodError("say by how much: beats 15 ms later, downbeat 1 later")
            unit = [t.kind for t in self._tokens if t.kind in ("number", "seconds")]
            if ask.kind == "beats" and unit:
                size *= 1000
                if unit[0] == "number":
                    raise NotUnderstoodError("say the beats in milliseconds: beats 15 ms later")
            self._uses_number = True
            return replace(ask, number=size * self.later)
        more = -1 if self.less else int(self.more)
        amount = self.amount * (2.0 if self.factor == 2.0 else 1.0)
        if self.factor:
            more = 1 if self.factor > 1 else -1
        takes = ask.kind in ("effect", "stills", "energy", "meter", "transition")
        number = self.number if takes and not self._timed else None
        self._uses_number |= number is not None
        if number is not None and self._set_to:
            more = 0
        elif number is not None and more and ask.kind != "stills":
            raise NotUnderstoodError(
                f"say the strength that there is to be, such as {ask.words} to 0.8"
            )
        return replace(
            ask, amount=amount, more=more, off=self.off, number=number, factor=self.factor or None
        )

    def refuse_leftover(self, asks: Sequence[Ask], *, placed: bool) -> None:
        """Raise NotUnderstoodError for a number that nothing takes, or words about nothing.

        `placed`: sections are named.
        """
        if self.numbers and not self._uses_number:
            raise NotUnderstoodError(f"it is not clear what {self.numbers[0]:g} is for")
        if asks or (placed and not self.any):
            return
        words = " ".join(t.text for t in self._tokens)
        raise NotUnderstoodError(f"it is not clear what '{words}' is about")

    def refuse_mixture(self, asks: Sequence[Ask]) -> None:
        """Raise NotUnderstoodError where "less" could be meant for one wish or for another."""
        kinds = {ask.kind for ask in asks}
        if kinds >= {"transition", "energy"}:
            raise NotUnderstoodError(
                "how a section begins has no speed; put a comma between one wish and the next"
            )
        several = len(asks) > 1 and kinds != {"effect"}
        both = (self.more and self.less) or (self.off and (self.more or self.less))
        if both or len(self.numbers) > 1 or (several and (self.any or self.amount != 1)):
            raise NotUnderstoodError("put a comma or 'and' between one wish and the next")
