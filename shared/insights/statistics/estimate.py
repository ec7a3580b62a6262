"""An estimate over videos with its 95 % interval: the jackknife, and Wilson's for shares.

The jackknife leaves out one video at a time and keeps the raters, so an interval speaks of these
raters on other videos. It works on a scale where the estimate is nearly normal (Fisher's z for
bounded ones), with a t distribution on videos - 1 degrees of freedom.
docs/reference/validation.md has the measured coverage.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from shared.insights.statistics.distributions import normal_quantile, t_quantile
from shared.insights.statistics.left_out import LeftOutBlocks
from shared.insights.statistics.resampling import FloatArray, jackknife_variance

Statistic = Callable[[FloatArray], FloatArray]
"""From weights (b, videos) to one number per weighting (b,); NaN where it is not defined."""

CONFIDENCE = 0.95
FEWEST_VIDEOS = 5
"""With fewer videos there is an estimate without an interval."""

MOST_BLOCKS = 1_000
"""Beyond this many videos, the jackknife leaves out blocks of videos."""

_AT_ONCE = 200
_NOTHING = 1e-9
_NEARLY_ONE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and its 95 % interval over `n` videos; None with a note where not defined."""

    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int = 0
    note: str | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale on which an estimate is nearly normal, and the ends that the estimate cannot pass."""

    forward: Callable[[Any], Any]
    back: Callable[[Any], Any]
    low: float = -np.inf
    high: float = np.inf


PLAIN = Scale(lambda value: value, lambda value: value)
CORRELATION = Scale(np.arctanh, np.tanh, -_NEARLY_ONE, _NEARLY_ONE)
SHARE = Scale(
    lambda share: np.log(share / (1 - share)),
    lambda logit: 1 / (1 + np.exp(-logit)),
    1 - _NEARLY_ONE,
    _NEARLY_ONE,
)


def intraclass(raters: int) -> Scale:
    """Fisher's z for an intraclass correlation of `raters` raters (Fisher 1925, chapter 7)."""
    return Scale(
        lambda icc: 0.5 * np.log((1 + (raters - 1) * icc) / (1 - icc)),
        lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + raters - 1),
        -_NEARLY_ONE / (raters - 1),
        _NEARLY_ONE,
    )


def jackknife_estimate(statistic: Statistic, n: int, scale: Scale) -> Estimate:
    """The statistic over all n videos, with its jackknife interval."""
    if n == 0:
        return Estimate(None, note="no video")
    estimate = float(statistic(np.ones((1, n)))[0])
    if not np.isfinite(estimate):
        return Estimate(None, n=n, note="nothing varies, or there is too little")
    if n < FEWEST_VIDEOS:
        return Estimate(estimate, n=n, note=f"no interval from fewer than {FEWEST_VIDEOS} videos")
    replicates = jackknife_replicates(statistic, n)
    if not np.isfinite(replicates).all():
        return Estimate(estimate, n=n, note="not defined without some videos: no interval")
    values = np.append(replicates, estimate)
    if (values <= scale.low).any() or (values >= scale.high).any():
        return Estimate(estimate, n=n, note="at the end of its scale: no interval")
    return _with_interval(estimate, replicates, scale, n)


def jackknife_replicates(statistic: Statistic, n: int) -> FloatArray:
    """The statistic without each video (or block of videos) in turn."""
    return np.concatenate([statistic(weights) for weights in _weights(n)])


def weighted_mean(values: FloatArray) -> Statistic:
    """The mean of one value per video, as a function of the videos' weights."""
    return lambda weights: weights @ values / weights.sum(axis=1)


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """The share of `hits` in n independent cases, with Wilson's interval.

    Wilson 1927, J. Am. Stat. Assoc. 22, 209–212.
    """
    if n == 0:
        return Estimate(None, note="no video")
    z = float(normal_quantile((1 + confidence) / 2))
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    reach = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return Estimate(share, max(0.0, float(middle - reach)), min(1.0, float(middle + reach)), n)


def _with_interval(estimate: float, replicates: FloatArray, scale: Scale, n: int) -> Estimate:
    transformed = scale.forward(replicates)
    se = float(np.sqrt(jackknife_variance(transformed[:, None])[0]))
    if not se > _NOTHING:
        return Estimate(estimate, n=n, note="no video changes it, so there is no interval")
    middle = float(scale.forward(estimate))
    reach = float(t_quantile((1 + CONFIDENCE) / 2, len(replicates) - 1)) * se
    low, high = float(scale.back(middle - reach)), float(scale.back(middle + reach))
    return Estimate(estimate, low, high, n)


def _weights(n: int) -> Iterator[FloatArray]:
    blocks = min(n, MOST_BLOCKS)
    for start in range(0, blocks, _AT_ONCE):
        left_out = LeftOutBlocks.of(n, blocks, range(start, min(start + _AT_ONCE, blocks)))
        # Statistics of sums need no table of weights; the others get it from np.asarray.
        yield np.asarray(left_out) if blocks == n else cast(FloatArray, left_out)
