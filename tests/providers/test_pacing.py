"""How fast a provider is called, and when no more."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from itertools import pairwise
from typing import Any

import pytest

from clavilux.interfaces import Capabilities
from clavilux.model.errors import ProviderError
from clavilux.providers.pacing import LONGEST_SILENCE, MOST_IN_A_ROW, PATIENCE, Pace
from providers.market import Clock, at_once, trouble, wait_until


def pace(clock: Clock | None = None, *, stop: threading.Event | None = None, **can: Any) -> Pace:
    clock = clock or Clock()
    usual: dict[str, Any] = {
        "seed": True, "negative_prompt": True, "references": 0, "prompt_limit": 100,
    }  # fmt: skip
    return Pace(Capabilities(**{**usual, **can}), stop=stop, rest=clock.rest, now=clock.now)


def test_no_more_calls_at_once_than_allowed() -> None:
    one, inside, most, lock = pace(concurrency=3), 0, 0, threading.Lock()
    full = threading.Barrier(3, timeout=20)

    def call() -> None:
        nonlocal inside, most
        with one.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            full.wait()
            with lock:
                inside -= 1

    at_once(*[call] * 9)
    assert (inside, most) == (0, 3)


def test_calls_are_spaced_as_the_limit_per_minute_says() -> None:
    clock = Clock()
    one, times = pace(clock, concurrency=4, per_minute=5), list[float]()

    def call() -> None:
        with one.turn():
            times.append(clock.now())

    at_once(*[call] * 4)
    times.sort()
    assert all(later - sooner >= 11.9 for sooner, later in pairwise(times))


def test_when_asked_to_wait_all_threads_wait() -> None:
    clock = Clock()
    one = pace(clock)
    one.failed(trouble(trouble="rate_limited", retry_after=40))
    began = clock.now()

    def call() -> float:
        with one.turn():
            return clock.now() - began

    assert min(at_once(*[call] * 3)) > 39


def test_backing_off_takes_longer_each_time_or_as_long_as_was_asked() -> None:
    clock = Clock()
    one = pace(clock)
    for attempt in range(3):
        one.back_off(attempt, trouble(trouble="transient"))
    one.back_off(0, trouble(trouble="rate_limited", retry_after=17))
    assert clock.rests == [1, 2, 4, 17]


@pytest.mark.parametrize("kind", ["quota", "authentication", "verification"])
def test_a_dead_key_stops_every_further_call(kind: Any) -> None:
    one = pace()
    one.failed(trouble("the key is wrong", trouble=kind))
    assert one.is_down
    for _ in range(2):
        with pytest.raises(ProviderError, match="the key is wrong"), one.turn():
            raise AssertionError("called")


def test_one_that_asks_for_an_hour_is_given_up_at_once() -> None:
    clock = Clock()
    one = pace(clock)
    error = trouble(trouble="rate_limited", retry_after=PATIENCE + 1)
    one.failed(error)
    with pytest.raises(ProviderError):
        one.back_off(0, error)
    with pytest.raises(ProviderError), one.turn():
        raise AssertionError("called")
    assert clock.rests == []


@pytest.mark.parametrize("kind", ["transient", "rate_limited", "unknown", "unusable", "filtered"])
def test_one_that_gives_nothing_usable_any_more_is_down(kind: Any) -> None:
    one = pace()
    for _ in range(MOST_IN_A_ROW - 1):
        one.failed(trouble("broken", trouble=kind))
    one.went_well()
    for _ in range(MOST_IN_A_ROW - 1):
        one.failed(trouble("broken", trouble=kind))
    assert not one.is_down
    one.failed(trouble("broken", trouble=kind))
    with pytest.raises(ProviderError, match="6 calls in a row failed, the last: broken"):
        one.check()


def test_refusals_of_prompts_are_answers() -> None:
    one = pace()
    for _ in range(3 * MOST_IN_A_ROW):
        one.failed(trouble(trouble="moderated"))
    assert not one.is_down


def test_one_that_hangs_is_given_up_after_a_while_however_patient_the_user_is() -> None:
    clock = Clock()
    one = pace(clock)
    clock.ahead += 5000  # nobody called meanwhile
    for call in range(2):
        with one.turn():
            clock.ahead += LONGEST_SILENCE / 2 + 1
        one.failed(trouble("no answer", trouble="transient"))
        assert one.is_down == (call == 1)


def test_a_stop_ends_waiting_and_lets_nothing_begin() -> None:
    stop = threading.Event()
    one = Pace(
        Capabilities(seed=True, negative_prompt=True, references=0, prompt_limit=9), stop=stop
    )
    one.failed(trouble(trouble="rate_limited", retry_after=100))
    said: list[Any] = []

    def call() -> None:
        with one.turn():
            raise AssertionError("called")

    waiting = threading.Thread(target=lambda: said.extend(at_once(call)))
    waiting.start()
    stop.set()
    waiting.join(20)
    assert not waiting.is_alive() and isinstance(said[0], CancelledError)
    with pytest.raises(CancelledError):
        one.check()
    assert one.stopped


def test_waiting_is_over_as_soon_as_somebody_else_learns_that_the_key_is_dead() -> None:
    one = pace(concurrency=1)
    entered, said = threading.Event(), list[Any]()

    def second() -> None:
        with one.turn():
            raise AssertionError("called")

    with one.turn():
        entered.set()
        thread = threading.Thread(target=lambda: said.extend(at_once(second)))
        thread.start()
        one.failed(trouble("gone", trouble="quota"))
    thread.join(20)
    wait_until(lambda: said)
    assert isinstance(said[0], ProviderError)
