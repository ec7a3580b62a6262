"""The line that a person watches while long work runs."""

import pytest

from cli.progress import ProgressLine, duration
from shared.progress import Progress


def shown(*steps: tuple[float, Progress]) -> list[str]:
    """What the line says at these seconds."""
    lines: list[str] = []
    times = iter([seconds for seconds, _ in steps])
    line = ProgressLine(lines.append, lambda: next(times))
    for _, progress in steps:
        line(progress)
    return lines


def test_the_time_left_follows_from_the_step_so_far():
    lines = shown((0, Progress("Searching", 100, 1_100)), (10, Progress("Searching", 200, 1_100)))

    assert lines == [
        "Searching: 100 of 1,100 objects …",
        "Searching: 200 of 1,100 objects, about 2 min left …",
    ]


def test_a_new_step_is_estimated_by_itself():
    first, second = Progress("Searching", 5, 10), Progress("Deleting", 5, 10)

    assert shown((0, Progress("Searching", 0, 10)), (20, first), (21, second))[-1] == (
        "Deleting: 5 of 10 objects …"
    )


@pytest.mark.parametrize("progress", [Progress("Searching", 5), Progress("Searching", 0, 10)])
def test_nobody_guesses_without_a_total_or_a_beginning(progress):
    assert "left" not in shown((0, Progress("Searching")), (60, progress))[-1]


@pytest.mark.parametrize(
    ("seconds", "words"), [(40, "40 s"), (700, "12 min"), (7_800, "2 h 10 min")]
)
def test_a_duration_is_said_in_its_largest_units(seconds, words):
    assert duration(seconds) == words
