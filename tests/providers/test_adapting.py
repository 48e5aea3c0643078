"""What a provider cannot do is done without, or otherwise, and said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from clavilux.interfaces import Capabilities
from clavilux.providers.adapting import (
    adapt,
    clean,
    fitted,
    nearest_aspect,
    ratio,
    seed_within,
    shape_given_up,
    size_of,
    unwanted,
)
from providers.shopping import request

ALL = Capabilities(seed=True, negative_prompt=True, references=2, prompt_limit=200)
NONE = Capabilities(seed=False, negative_prompt=False, references=0, prompt_limit=200)


def test_who_can_do_everything_is_sent_everything() -> None:
    fit = adapt(request(seed=7, shared_seed=11, variation=3), ALL, references=("a", "b"))
    assert (fit.prompt, fit.negative_prompt) == ("a calm sea", "text, faces, blurry")
    assert (fit.seed, fit.references, fit.given_up) == (11, ("a", "b"), ())


def test_who_can_do_nothing_is_told_in_the_prompt_and_the_user_what_is_lost() -> None:
    fit = adapt(request(), NONE, references=("a",))
    assert fit.prompt == "a calm sea, no text, no faces, not blurry"
    assert (fit.negative_prompt, fit.seed, fit.references) == ("", None, ())
    assert fit.given_up == (
        "seed", "separate negative prompt (it is part of the prompt)", "reference pictures",
    )  # fmt: skip


def test_some_of_the_references() -> None:
    fit = adapt(request(), ALL, references=("a", "b", "c"))
    assert fit.references == ("a", "b") and fit.given_up == ("1 of 3 reference pictures",)


def test_stills_of_a_section_are_different_orders_even_without_seeds() -> None:
    prompts = [adapt(request(variation=index), NONE).prompt for index in range(20)]
    assert len(set(prompts)) == 20
    assert {adapt(request(variation=index), ALL).prompt for index in range(20)} == {"a calm sea"}


def test_the_simplified_prompt_where_there_is_one() -> None:
    assert adapt(request(), ALL, simplified=True).prompt == "sea"
    assert adapt(request(simplified=""), ALL, simplified=True).prompt == "a calm sea"
    assert adapt(request(prompt="  ", theme="the sea"), ALL).prompt == "the sea"
    assert adapt(request(prompt="  "), ALL).prompt == "ocean"


def test_a_long_prompt_loses_its_end_but_not_what_is_unwanted() -> None:
    fit = adapt(request(prompt=", ".join(["a long part of it"] * 40)), NONE)
    assert len(fit.prompt) <= 200
    assert fit.prompt.endswith("a long part of it, no text, no faces, not blurry")
    assert "prompt beyond 200 characters" in fit.given_up


def test_text_that_cannot_be_sent_is_cleaned() -> None:
    assert clean(" a\n\x00b \ud800 c\t夜 🎹 ") == "a b ? c 夜 🎹"
    adapt(request(prompt="x\udfff"), NONE).prompt.encode()


def test_words_for_what_is_unwanted() -> None:
    assert unwanted("text, Blurry,low quality,, ") == "no text, not Blurry, no low quality"
    assert unwanted("") == ""


@given(prompt=some.text(max_size=300), tail=some.text(max_size=300), limit=some.integers(10, 300))
@trials(deadline=None)
def test_nothing_is_over_the_limit(prompt: str, tail: str, limit: int) -> None:
    both = fitted(prompt, tail, limit=limit)
    assert len(both) <= limit
    assert not prompt.strip(" ,") or both.strip(" ,")
    if len(prompt) + len(tail.strip()) + 2 <= limit and len(tail) <= limit // 3:
        assert prompt.strip() in both and tail.strip() in both


@pytest.mark.parametrize(
    ("size", "aspect"),
    [((1920, 1080), "16:9"), ((1080, 1920), "9:16"), ((1000, 1000), "1:1"), ((4000, 1000), "21:9")],
)
def test_the_nearest_aspect(size: tuple[int, int], aspect: str) -> None:
    assert nearest_aspect(*size, ["1:1", "16:9", "9:16", "3:2", "21:9"]) == aspect
    assert ratio("16:9") == pytest.approx(16 / 9)


@given(aspect=some.floats(0.25, 4), step=some.sampled_from([8, 16, 64]))
@trials(deadline=None)
def test_a_size_of_an_aspect(aspect: float, step: int) -> None:
    width, height = size_of(aspect, pixels=2_000_000, step=step)
    assert width % step == height % step == 0
    assert width / height == pytest.approx(aspect, rel=0.06 if step == 64 else 0.02)
    assert width * height == pytest.approx(2_000_000, rel=0.3)


def test_what_is_lost_with_a_shape_or_a_size() -> None:
    assert shape_given_up(request(), 1920, 1088) == ()
    assert shape_given_up(request(), 1344, 768) == ("size 1920x1080 (enlarged from 1344x768)",)
    assert shape_given_up(request(), 1536, 1024) == ("shape 1920x1080 (cut from 1536x1024)",)
    assert shape_given_up(request(width=2208, height=1242), 2048, 1152) == ()  # headroom enough


@given(seed=some.integers(0, 2**70))
@trials(deadline=None)
def test_seeds_stay_in_range_and_neighbours_stay_neighbours(seed: int) -> None:
    one, next_ = (seed_within(s, low=1, high=100) for s in (seed, seed + 1))
    assert 1 <= one <= 100 and next_ in (one + 1, 1)
    assert seed_within(42, low=1, high=100) == 42
