"""A program that runs for the length of a block, and what it weighed."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

Sample = TypeVar("Sample")


@contextmanager
def process(
    module: str, *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[dict[str, object]]:
    """Run a module of ours in a process group of its own; gives its ready line, and the `group`."""
    started = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert started.stdout
        yield {**json.loads(started.stdout.readline()), "group": started.pid}
    finally:
        started.terminate()
        started.wait(30)


def peak_mb(group: int) -> float:
    """The most memory that each process of a program ever held, added up, by the kernel's count."""
    return _sum_mb(group, "status", "VmHWM")


def resident_mb(group: int) -> float:
    """What the processes of a program hold now, added up."""
    return _sum_mb(group, "status", "VmRSS")


def proportional_mb(group: int) -> float:
    """What a program holds now, where pages that a worker shares with the process it was forked
    from count once, as they do in a container: the sum of proportional set sizes."""
    return _sum_mb(group, "smaps_rollup", "Pss")


def cpu_s(group: int) -> float:
    """Processor seconds that the processes of a program have used so far, added up."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                # After the name, which may hold blanks: fields 14 and 15 of proc(5).
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def sampled(sample: Callable[[], Sample], every_s: float) -> Iterator[list[Sample]]:
    """What `sample` gives, again and again while the block runs."""
    found: list[Sample] = []
    over = threading.Event()

    def take() -> None:
        while not over.wait(every_s):
            found.append(sample())

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _sum_mb(group: int, file: str, name: str) -> float:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                said = (folder / file).read_text()
                found.append(int(re.search(rf"{name}:\s+(\d+) kB", said)[1]))  # type: ignore[index]
        except (OSError, TypeError):
            continue
    return sum(found) / 1_000
