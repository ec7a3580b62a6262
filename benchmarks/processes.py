"""A program that runs for the length of a block, and what it weighed."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


@contextmanager
def weighed(group: int, every_s: float = 0.05) -> Iterator[list[float]]:
    """What a program holds while the block runs, in MB, weighed again and again.

    Pages that a worker shares with the process it was forked from count once, as they do in a
    container: this is the sum of proportional set sizes.
    """
    weights: list[float] = []
    over = threading.Event()

    def weigh() -> None:
        while not over.wait(every_s):
            weights.append(_sum_mb(group, "smaps_rollup", "Pss"))

    thread = threading.Thread(target=weigh)
    thread.start()
    try:
        yield weights
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
