"""Draws of creators for several statistics at once, so that what they share is kept."""

from collections.abc import Callable, Iterator

import numpy as np

from shared.insights.resampling import FloatArray, Groups

Statistics = Callable[[FloatArray], FloatArray]
"""From a weight per row for each draw, (draws, rows), to numbers, (draws, k)."""

AT_ONCE = 100


def drawn(statistics: Statistics, groups: Groups, resamples: int, seed: int) -> FloatArray:
    """The statistics over `resamples` draws of all creators with replacement, (resamples, k)."""
    return np.concatenate([statistics(weights) for weights in _weights(groups, resamples, seed)])


def _weights(groups: Groups, resamples: int, seed: int) -> Iterator[FloatArray]:
    for start in range(0, resamples, AT_ONCE):
        count = min(AT_ONCE, resamples - start)
        random = np.random.default_rng((seed, start))
        chosen = random.integers(0, groups.count, (count, groups.count))
        times = np.zeros((count, groups.count))
        np.add.at(times, (np.arange(count)[:, None], chosen), 1.0)
        yield times[:, groups.codes]
