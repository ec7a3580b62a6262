"""Programs that run for the length of a block, and their memory and processor time."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Sample = TypeVar("Sample")


@contextmanager
def process(
    module: str, *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[dict[str, object]]:
    """Run a module in a process group of its own; gives its ready line, and the `group`."""
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
    """The peak resident memory of each process of a program, added up."""
    return _sum_mb(group, "status", "VmHWM")


def resident_mb(group: int) -> float:
    """The resident memory of a program's processes now, added up."""
    return _sum_mb(group, "status", "VmRSS")


def proportional_mb(group: int) -> float:
    """The sum of proportional set sizes: pages that processes share count once, as in a
    container."""
    return _sum_mb(group, "smaps_rollup", "Pss")


def cpu_s(group: int) -> float:
    """Processor seconds that the processes of a program have used so far, added up."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                # Fields 14 and 15 of proc(5); the name before them may contain spaces.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def sampling(sample: Callable[[], Sample], every_s: float) -> Iterator[list[Sample]]:
    """Results of `sample`, taken every `every_s` seconds while the block runs."""
    samples: list[Sample] = []
    over = threading.Event()

    def take() -> None:
        while not over.wait(every_s):
            samples.append(sample())

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _sum_mb(group: int, file: str, name: str) -> float:
    sizes_kb = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                text = (folder / file).read_text()
                sizes_kb.append(int(re.search(rf"{name}:\s+(\d+) kB", text)[1]))  # type: ignore[index]
        except (OSError, TypeError):
            continue
    return sum(sizes_kb) / 1_000


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """Time and memory of a program with its children, and what it printed."""

    seconds: float
    processor_seconds: float
    gb: float
    """The peak of proportional set sizes, looked up every half second."""
    output: str


def outcome_of(function: str) -> dict[str, Any]:
    """What a function of a module returns as a JSON text, in a process of its own.

    So its peak memory is not that of this program.
    """
    module, _, name = function.rpartition(".")
    code = f"from {module} import {name}; print({name}())"
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    outcome: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return outcome


def measured_run(*command: str) -> MeasuredRun:
    """Run a module of this interpreter to its end; ends this program where it fails."""
    began = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert program.stdout
    with sampling(lambda: proportional_mb(program.pid), 0.5) as sizes_mb:
        output = program.stdout.read()
        _, status, used = os.wait4(program.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} ended with status {status}.")
    return MeasuredRun(
        seconds=time.monotonic() - began,
        processor_seconds=used.ru_utime + used.ru_stime,
        gb=max(sizes_mb, default=0.0) / 1_000,
        output=output,
    )
