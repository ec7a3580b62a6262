"""The signals rater: accuracy, cost, and damaged files."""

from collections.abc import Iterator

from benchmarks.signals import accuracy, calibration, mutations, speed
from benchmarks.table import Measurement


def measurements() -> Iterator[Measurement]:
    yield from accuracy.measurements()
    yield from calibration.measurements()
    yield from speed.measurements()
    yield from mutations.measurements()
