"""What a command uses: time, memory of all its processes; and how busy the machine was."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

EVERY = 0.25
"""Seconds between two looks at the memory; one look takes some milliseconds of this process."""

PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h"""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Used:
    """What a command used."""

    wall: float
    """Seconds."""
    cores: float
    """User and system seconds of all its processes."""
    largest: float
    """MB: the peak of the process that grew largest."""
    together: float
    """MB: the most that all of its processes held at one moment, shared pages counted once; nan
    where the system does not tell (no /proc)."""
    elsewhere: float
    """Cores that something else kept busy meanwhile; nan where the system does not tell."""
    printed: str


def run(command: list[str], environment: dict[str, str] | None = None) -> Used:
    """Run a command to its end; exits with its last line if it fails."""
    children, ours, busy = _rusage(resource.RUSAGE_CHILDREN), time.process_time(), machine_seconds()
    begin = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        with _adopting(), _watched(process.pid) as memory:
            printed, complaint = process.communicate()
            wall = time.perf_counter() - begin
        if process.returncode:
            sys.exit(f"error: {' '.join(command)}: {complaint.strip().splitlines()[-1:]}")
    cores = _rusage(resource.RUSAGE_CHILDREN) - children
    others = machine_seconds() - busy - cores - (time.process_time() - ours)
    return Used(
        wall=wall,
        cores=cores,
        largest=max(memory.largest.values(), default=_largest_child()),
        together=memory.together or float("nan"),
        elsewhere=max(0.0, others / wall) if others == others else others,
        printed=printed,
    )


@contextmanager
def _adopting() -> Iterator[None]:
    """Wait for processes that outlive the one which started them, as the server does that workers
    are forked from: what they used is counted once they were waited for. Linux only."""
    if not sys.platform.startswith("linux"):
        yield
        return
    subreaper = ctypes.CDLL(None).prctl
    subreaper(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        end = time.monotonic() + 5
        while _has_children() and time.monotonic() < end:
            with suppress(ChildProcessError):
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.01)
        subreaper(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _has_children() -> bool:
    with suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False


def core_seconds() -> float:
    """User and system time so far, of this process and of its children that have ended."""
    return _rusage(resource.RUSAGE_SELF) + _rusage(resource.RUSAGE_CHILDREN)


def _rusage(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def machine_seconds() -> float:
    """Seconds that all cores together were busy since the machine started; nan if unknown."""
    try:
        fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return float("nan")
    user, nice, system, _, _, irq, softirq, _ = map(int, fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def timed(work: Callable[[], object]) -> float:
    """Core seconds of a call, over all threads of this process."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _largest_child() -> float:
    """MB; where there is no /proc. It may be that of an earlier, larger child."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit


# --- Memory of a tree of processes -----------------------------------------------------------


@dataclass
class Memory:
    """Of a process and all that it started, in MB."""

    largest: dict[int, float] = field(default_factory=dict)
    """The peak of each process."""
    together: float = 0.0


@contextmanager
def _watched(pid: int) -> Iterator[Memory]:
    memory, done = Memory(), Event()

    def watch() -> None:
        while not done.wait(EVERY):
            _look(pid, memory)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()


def _look(pid: int, memory: Memory) -> None:
    """Linux only: elsewhere nothing is found, and nothing is noted.

    The peak is that of the memory now in use: ru_maxrss would count what the parent had before it
    became another program.
    """
    now = 0.0
    for process in _tree(pid):
        with suppress(OSError, KeyError, ValueError):
            peak = _kilobytes(Path(f"/proc/{process}/status"))["VmHWM"]
            memory.largest[process] = max(memory.largest.get(process, 0.0), peak / 1024)
            now += _kilobytes(Path(f"/proc/{process}/smaps_rollup"))["Pss"] / 1024
    memory.together = max(memory.together, now)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _kilobytes(path: Path) -> dict[str, int]:
    lines = [line.split() for line in path.read_text().splitlines()]
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}
