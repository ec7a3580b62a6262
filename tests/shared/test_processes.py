"""Work in several processes: what comes back, and what happens when a child or a caller stops."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from shared.processes import IN_THIS_PROCESS, ProcessDied, Processes, usual_count


@dataclass(frozen=True)
class SumTimes:
    """Work with arrays of its own."""

    values: np.ndarray

    def __call__(self, factor: int) -> tuple[float, int]:
        return float(self.values.sum() * factor), os.getpid()


def slow_square(number: int) -> int:
    time.sleep(0.05 if number == 0 else 0.0)
    return number**2


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number


def die_of_memory(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def sleep_long(seconds: float) -> None:
    time.sleep(seconds)


@pytest.fixture(scope="module")
def two():
    with Processes(2) as processes:
        yield processes


def test_results_come_in_the_order_of_the_items(two):
    assert list(two.map(slow_square, range(20))) == [number**2 for number in range(20)]


def test_one_process_is_this_one():
    ((_, pid),) = IN_THIS_PROCESS.map(SumTimes(np.ones(3)), [1])

    assert pid == os.getpid()


def test_children_share_the_arrays_of_the_work_and_serve_further_work(two):
    first = list(two.map(SumTimes(np.arange(1e5)), range(8)))
    second = list(two.map(SumTimes(np.arange(10.0)), range(8)))

    assert [total for total, _ in first] == [np.arange(1e5).sum() * n for n in range(8)]
    assert [total for total, _ in second] == [45.0 * n for n in range(8)]
    children = {pid for _, pid in first + second}
    assert len(children) == 2 and os.getpid() not in children


def test_an_error_of_the_work_is_raised_at_its_turn(two):
    results = two.map(refuse_three, range(9))

    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three is refused"):
        next(results)


def test_a_child_that_dies_is_one_sentence_and_the_next_work_has_new_children():
    with Processes(2) as processes:
        with pytest.raises(ProcessDied, match=r"by signal 9.*--processes 1"):
            list(processes.map(die_of_memory, range(4)))
        assert list(processes.map(slow_square, [3])) == [9]


@pytest.fixture
def interruptible():
    """Ctrl-C interrupts, even where a shell started the suite in its background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_the_children_at_once():
    with Processes(2) as processes:
        list(processes.map(slow_square, range(4)))
        pids = [child._process.pid for child in processes._children]
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        began = time.monotonic()
        timer.start()

        with pytest.raises(KeyboardInterrupt):
            list(processes.map(sleep_long, [60.0, 60.0]))

    assert time.monotonic() - began < 30
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_caller_that_stops_early_leaves_no_child_at_work():
    with Processes(2) as processes:
        results = processes.map(sleep_long, [0.0, 60.0, 60.0])
        next(results)
        results.close()

        assert processes._children == []


def test_fewer_than_one_process_is_refused():
    with pytest.raises(ValueError, match="one is the fewest"):
        Processes(0)


def test_a_quota_of_processor_time_is_a_number_of_processors(monkeypatch, tmp_path):
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr("shared.processes._QUOTA", quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)

    counts = []
    for text in ("max 100000", "200000 100000", "50000 100000"):
        quota.write_text(text)
        counts.append(usual_count())

    assert counts == [4, 2, 1]
