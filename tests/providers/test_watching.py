"""How far pictures are: told of requests, in one line that can be read, and never for a price."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clavilux.interfaces import Step
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.providers.watching import Painting, Watch, words
from providers.shopping import request

HALF = Step(what="Sampler", done=15, total=30, share=0.5)


def of(section: str, index: int = 0) -> ImageRequest:
    return request(section=section, index=index)


def order(prompt: str) -> Order:
    return Order(provider="p", model="m", prompt=prompt, width=64, height=64)


def test_steps_of_an_order_are_steps_of_its_request() -> None:
    told: list[tuple[ImageRequest, Step]] = []
    watch = Watch(lambda *said: told.append(said))
    first, second = order("a"), order("b")
    watch(first.key, HALF)  # nobody waits for it yet
    with watch.at(first, of("verse_1")), watch.at(second, of("chorus_1")):
        watch(second.key, HALF)
        watch(first.key, HALF)
    watch(first.key, HALF)  # nor any more
    assert told == [(of("chorus_1"), HALF), (of("verse_1"), HALF)]


def test_who_tells_nothing_was_at_least_asked() -> None:
    told: list[Step] = []
    watch = Watch(lambda request, step: told.append(step), first=Step(what="at openai"))
    with watch.at(order("a"), of("verse_1")):
        pass
    assert told == [Step(what="at openai")]


def test_a_display_that_fails_costs_no_picture() -> None:
    def broken(request: ImageRequest, step: Step) -> None:
        raise RuntimeError("no screen")

    with (watch := Watch(broken)).at(order("a"), of("verse_1")):
        watch(order("a").key, HALF)


def test_the_line_names_the_picture_that_was_begun_first() -> None:
    told: list[tuple[str, int, float]] = []
    painting = Painting(lambda *said: told.append(said))
    painting.step(of("verse_1"), HALF)
    painting.step(of("chorus_1"), Step(what="Save", share=0.9))
    painting.step(of("verse_1"), Step(what="Sampler", done=24, total=30, share=0.8))
    painting.step(of("verse_1"), Step(what="fetching", share=1.0))
    painting.done(of("verse_1"))
    painting.done(of("chorus_1"))
    painting.done(of("outro"))  # was there already
    assert [at for at, _, _ in told] == [
        "verse_1 · Sampler 15 of 30",
        "verse_1 +1 · Sampler 15 of 30",
        "verse_1 +1 · Sampler 24 of 30",
        "chorus_1 +1 · Save",
        "chorus_1 · Save",
        "chorus_1",
        "outro",
    ]
    assert [done for _, done, _ in told] == [0, 0, 0, 0, 1, 2, 3]
    assert [begun for _, _, begun in told] == pytest.approx([0.5, 1.4, 1.7, 1.89, 0.9, 0, 0])


def test_pictures_of_many_threads_add_up() -> None:
    told: list[float] = []
    painting = Painting(lambda at, done, begun: told.append(done + begun))

    def paint(number: int) -> None:
        for share in (0.0, 0.25, 0.5, 1.0):
            painting.step(of("verse", number), Step(what="step", share=share))
        painting.done(of("verse", number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(paint, range(60)))
    assert told[-1] == 60 and all(b - a > -1e-9 for a, b in pairwise(told))


@given(
    section=some.text(min_size=1, max_size=40),
    what=some.text(max_size=60),
    done=some.integers(0, 200),
    total=some.integers(0, 200),
    share=some.floats(),
)
def test_every_line_fits_and_steers_nothing(
    section: str, what: str, done: int, total: int, share: float
) -> None:
    told: list[tuple[str, int, float]] = []
    painting = Painting(lambda *said: told.append(said))
    step = Step(what=what, done=done, total=total, share=share)
    painting.step(of(section), step)
    ((line, finished, begun),) = told
    assert len(line) <= 38 and finished == 0 and 0 <= begun < 1
    assert line.isprintable() and words(step) in line
    assert not total or line.endswith(f"{done} of {total}")
