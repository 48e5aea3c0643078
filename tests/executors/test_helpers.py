"""Processes beside this one: they answer, and they end when they are told or left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from clavilux.executors.helpers import Helpers

ABANDON = """
import os, sys, time
from clavilux.executors.helpers import Helpers
if __name__ == "__main__":
    helpers = Helpers(1)
    print(helpers.submit(os.getpid).result(), flush=True)
    helpers.submit(time.sleep, 60)
    time.sleep(0.2)
    os._exit(1)
"""


def gone(process: int, *, within: float) -> bool:
    """Whether a process ends in that many seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{process}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_helpers_answer_from_other_processes() -> None:
    with Helpers(2) as helpers:
        answers = {helpers.submit(os.getpid).result(60) for _ in range(3)}
        assert answers and os.getpid() not in answers


def test_helpers_end_in_the_middle_of_something() -> None:
    with Helpers(1) as helpers:
        process = helpers.submit(os.getpid).result(60)
        helpers.submit(time.sleep, 60)
        time.sleep(0.2)
        begin = time.monotonic()
    assert time.monotonic() - begin < 10
    assert gone(process, within=5)


def test_helpers_end_when_their_parent_is_gone(tmp_path: Path) -> None:
    script = tmp_path / "abandon.py"
    script.write_text(ABANDON)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        parent.wait(60)
        assert gone(process, within=10)


def test_helpers_that_nobody_asked_never_start() -> None:
    with Helpers(4):
        pass
