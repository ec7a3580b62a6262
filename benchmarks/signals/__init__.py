"""The signals rater: what it finds, what it costs, and a thousand broken files."""

from collections.abc import Iterator

from benchmarks.signals import accuracy, calibration, mutated, speed
from benchmarks.table import Figure


def figures() -> Iterator[Figure]:
    yield from accuracy.figures()
    yield from calibration.figures()
    yield from speed.figures()
    yield from mutated.figures()
