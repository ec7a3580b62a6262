"""The signals rater: what it finds, what it costs, and a thousand broken files."""

from collections.abc import Iterator

from benchmarks.signals import accuracy, calibration, mutations, speed
from benchmarks.table import Measurement


def figures() -> Iterator[Measurement]:
    yield from accuracy.figures()
    yield from calibration.figures()
    yield from speed.figures()
    yield from mutations.figures()
