"""How much of a second lies in a stretch of time after an onset that is known with an error.

Videos are watched second by second, and an onset may lie within a second. It is also marked with an
error. So a step gets the expected part of it that lies in the stretch, given the marked onset: the
regression calibration of Prentice (1982) for a mismeasured time. The error is taken as normal, and
the true onset as equally likely on either side of the marked one.
"""

import numpy as np

from shared.insights.statistics.distributions import normal_cdf
from shared.insights.statistics.resampling import FloatArray


def after(onsets_s: FloatArray, seconds: int, delay_s: float, sd_s: float) -> FloatArray:
    """Expected part of each second `delay_s` or more after the onset: (videos, seconds)."""
    edges = np.arange(seconds + 1) - onsets_s[:, None] - delay_s
    passed: FloatArray = np.diff(_expected_positive(edges, sd_s), axis=1)
    return passed


def between(
    onsets_s: FloatArray, seconds: int, delays_s: tuple[float, float], sd_s: float
) -> FloatArray:
    """Expected part of each second from one delay after the onset to another."""
    start, end = (after(onsets_s, seconds, delay_s, sd_s) for delay_s in delays_s)
    part: FloatArray = np.maximum(start - end, 0.0)
    return part


def since_onset(onsets_s: FloatArray, seconds: int) -> FloatArray:
    """Whole seconds from the second of the onset: (videos, seconds)."""
    since: FloatArray = np.arange(seconds, dtype=np.float64) - np.floor(onsets_s)[:, None]
    return since


def _expected_positive(distance: FloatArray, sd_s: float) -> FloatArray:
    """E max(distance - error, 0) for a normal error."""
    if sd_s == 0:
        return np.maximum(distance, 0.0)
    z = distance / sd_s
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    expected: FloatArray = distance * normal_cdf(z) + sd_s * density
    return expected
