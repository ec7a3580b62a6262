"""A soak tells a process that grows from one that does not."""

import os
import time

from benchmarks.processes import sampling
from benchmarks.soak import Weights, _measurements, memory_mb

MINUTES = 10


def weighed(**programs: tuple[float, float]) -> Weights:
    """What programs held that grew steadily from so many MB to so many."""
    return [
        (
            float(at),
            {
                name: start + (end - start) * at / (MINUTES * 60)
                for name, (start, end) in programs.items()
            },
        )
        for at in range(0, MINUTES * 60, 2)
    ]


def test_a_process_that_grows_by_a_quarter_misses_the_bar():
    steady, growing = _measurements(weighed(a=(100, 103), b=(100, 125)), MINUTES)

    assert (steady.ok, growing.ok) == (True, False)
    assert 1.15 < growing.measured < 1.25


def test_what_grows_only_in_the_first_minute_has_warmed_up():
    warmed = [(at, {"a": 50.0 if at < 55 else 100.0}) for at, _ in weighed()]

    (measurement,) = _measurements(warmed, MINUTES)

    assert measurement.measured == 1.0


def test_a_process_weighs_what_its_group_holds_again_and_again(tmp_path):
    (tmp_path / "here.pid").write_text(f"{os.getpgid(0)}\n")

    with sampling(lambda: memory_mb(tmp_path), 0.001) as weights:
        while len(weights) < 3:
            time.sleep(0.001)

    assert all(memory["here"] > 20 for memory in weights)
