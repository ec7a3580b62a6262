"""A soak tells a process that grows from one that does not."""

import os

from benchmarks.soak import _figures, resident_mb


def weighed(mb_at_start: float, mb_at_end: float, minutes: int = 10) -> list[tuple[float, float]]:
    seconds = range(0, minutes * 60, 2)
    step = (mb_at_end - mb_at_start) / (minutes * 60)
    return [(float(at), mb_at_start + step * at) for at in seconds]


def test_a_process_that_grows_by_a_quarter_misses_the_bar():
    steady, growing = _figures({"a": weighed(100, 103), "b": weighed(100, 125)}, 10)

    assert (steady.ok, growing.ok) == (True, False)
    assert 1.15 < growing.measured < 1.25


def test_what_grows_only_in_the_first_minute_has_warmed_up():
    warmed = [(at, 50.0 if at < 55 else 100.0) for at, _ in weighed(0, 0)]

    (figure,) = _figures({"a": warmed}, 10)

    assert figure.measured == 1.0


def test_a_process_weighs_what_its_group_holds(tmp_path):
    (tmp_path / "here.pid").write_text(f"{os.getpgid(0)}\n")

    assert resident_mb(tmp_path)["here"] > 20
