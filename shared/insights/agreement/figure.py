"""A figure about ratings with the interval that other videos would have given it.

Videos are left out in turn and raters stay as they are, so an interval speaks of these raters on
other videos. The jackknife is read on a scale where the figure is nearly normal (Fisher's z for
what is bounded), with a t distribution on videos - 1 degrees of freedom; docs/validation.md has its
measured coverage. Beyond MOST_BLOCKS videos they are left out in blocks.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from shared.insights.statistics.resampling import FloatArray, jackknife_variance

Statistic = Callable[[FloatArray], FloatArray]
"""From weights (b, videos) to a figure for each weighting (b,); NaN where it is not defined."""

CONFIDENCE = 0.95
FEWEST_VIDEOS = 5
"""With fewer an estimate is told, but no interval."""

MOST_BLOCKS = 1_000
_AT_ONCE = 200
_NOTHING = 1e-9
_NEARLY_ONE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
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
    """Where a figure is nearly normal: there and back, and the values that it cannot pass."""

    there: Callable[[Any], Any]
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
    """Fisher's z of an intraclass correlation between so many raters (1925, chapter 7)."""
    return Scale(
        lambda icc: 0.5 * np.log((1 + (raters - 1) * icc) / (1 - icc)),
        lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + raters - 1),
        -_NEARLY_ONE / (raters - 1),
        _NEARLY_ONE,
    )


def figure(statistic: Statistic, videos: int, scale: Scale, n: int | None = None) -> Figure:
    """The statistic over all videos, with its interval. `n` is told where it is not `videos`."""
    told = videos if n is None else n
    if videos == 0:
        return Figure(None, n=told, note="no video")
    estimate = float(statistic(np.ones((1, videos)))[0])
    if not np.isfinite(estimate):
        return Figure(None, n=told, note="nothing varies, or there is too little")
    if told < FEWEST_VIDEOS:
        return Figure(estimate, n=told, note=f"no interval from fewer than {FEWEST_VIDEOS} videos")
    left_out = leave_out(statistic, videos)
    if not np.isfinite(left_out).all():
        return Figure(estimate, n=told, note="not defined without some videos: no interval")
    values = np.append(left_out, estimate)
    if (values <= scale.low).any() or (values >= scale.high).any():
        return Figure(estimate, n=told, note="at the end of its scale: no interval")
    return _around(estimate, left_out, scale, told)


def leave_out(statistic: Statistic, videos: int) -> FloatArray:
    """The statistic without each video (or block of videos) in turn."""
    return np.concatenate([statistic(weights) for weights in _weights(videos)])


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Figure:
    """A share of n independent cases with Wilson's interval (1927, J. Am. Stat. Assoc. 22)."""
    if n == 0:
        return Figure(None, note="no video")
    z = float(stats.norm.ppf((1 + confidence) / 2))
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    reach = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return Figure(share, max(0.0, float(middle - reach)), min(1.0, float(middle + reach)), n)


def _around(estimate: float, left_out: FloatArray, scale: Scale, n: int) -> Figure:
    spread = scale.there(left_out)
    se = float(np.sqrt(jackknife_variance(spread[:, None])[0]))
    if not se > _NOTHING:
        return Figure(estimate, n=n, note="no video changes it, so there is no interval")
    middle = float(scale.there(estimate))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(left_out) - 1)) * se
    low, high = float(scale.back(middle - reach)), float(scale.back(middle + reach))
    return Figure(estimate, low, high, n)


def _weights(videos: int) -> Iterator[FloatArray]:
    blocks = min(videos, MOST_BLOCKS)
    block = np.arange(videos) % blocks
    for start in range(0, blocks, _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, blocks))
        yield (block[None, :] != rows[:, None]).astype(np.float64)
