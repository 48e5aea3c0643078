"""No thread stays urgent: not those of an encoder, not the one that opened it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.media.encoders import SOFTWARE
from clavilux.media.scheduling import ordinary_threads
from clavilux.model.time import FrameRate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the priorities of Linux")


def in_thread(do: Callable[[], None]) -> None:
    """So that a failing test leaves this process as it was."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            do()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def urgent_threads() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return [t.name for t in tasks if os.sched_getscheduler(int(t.name)) != os.SCHED_OTHER]


def hurry() -> None:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pytest.skip("only root may be urgent")


@pytest.mark.parametrize("encoder", [e.name for e in SOFTWARE])
def test_encoding_leaves_the_scheduler_alone(encoder: str) -> None:
    seen: list[list[str]] = []

    def frames() -> Iterator[np.ndarray]:
        for _ in range(3):
            seen.append(urgent_threads())
            yield np.full((96, 64), 128, np.uint8)

    def encode() -> None:
        settings, rate = EncoderSettings.at(encoder), FrameRate(numerator=30)
        encode_segment(frames(), width=64, height=64, rate=rate, settings=settings)
        assert os.sched_getscheduler(0) == os.SCHED_OTHER

    in_thread(encode)
    assert seen == [[], [], []], "encoding threads are urgent"


def test_a_thread_that_became_urgent_is_ordinary_again() -> None:
    def work() -> None:
        with pytest.raises(ValueError, match="in the middle"), ordinary_threads():
            hurry()
            raise ValueError("in the middle")
        assert os.sched_getscheduler(0) == os.SCHED_OTHER

    in_thread(work)


def test_a_thread_that_was_urgent_before_stays_so() -> None:
    def work() -> None:
        hurry()
        with ordinary_threads():
            pass
        assert os.sched_getscheduler(0) == os.SCHED_FIFO

    in_thread(work)
