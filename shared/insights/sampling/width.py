"""The width of the interval to expect from a draw, before anybody rates.

The error has two parts. One is left if people rate every video; it is known from the rater's own
estimate. The other comes from the draw: each creator adds the expected square of its score, over
its probability, and over the share of its videos that are drawn. What the rater's ratings tell of
people's is known for all videos, so only the unexplained part counts.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.headline import FEWEST_CREATORS
from shared.insights.sampling.draw import DrawFrame, creator_probabilities
from shared.insights.sampling.leverage import Leverage
from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.resampling import FloatArray

_UPPER = 0.975


@dataclass(frozen=True, slots=True)
class ExpectedWidth:
    """The half width of the 95 % interval of the log ratio, for one standard deviation of people's
    ratings within creators.

    `people_alone` is that of the same videos without the rater's ratings.
    """

    videos: int
    half_width: float
    people_alone: float


def expected_width(leverage: Leverage, frame: DrawFrame, count: int) -> ExpectedWidth:
    """What `count` drawn videos are expected to give, where people's ratings go with the rater's as
    EXPECTED_CORRELATION says."""
    count = min(count, frame.creators.n)
    probabilities = creator_probabilities(frame, count)
    numbers = _numbers(frame, probabilities, count)
    codes, sizes = frame.creators.codes, frame.creators.sizes
    # k videos say (k - 1) / k of what they would around a known mean; all n have (n - 1) / n.
    lost = (numbers / (numbers - 1)) * ((sizes - 1) / sizes)
    factor = np.maximum(sizes / numbers / probabilities * lost, 1.0)[codes]
    squares = leverage.squares[frame.rows]
    own = leverage.deviations[frame.rows] * squares
    own = own * leverage.own_variance / float(own.sum())
    half_widths = []
    for variance in (leverage.unexplained, leverage.deviations):
        drawn = variance[frame.rows] * squares / leverage.information**2
        parts = (factor - 1) * drawn + own
        quantile = _quantile(frame, parts, probabilities, numbers)
        half_widths.append(float(np.sqrt(parts.sum())) * quantile)
    return ExpectedWidth(count, *half_widths)


def _numbers(frame: DrawFrame, probabilities: FloatArray, count: int) -> FloatArray:
    """The expected number of videos of each creator, if it is drawn."""
    share = frame.sizes / probabilities
    numbers = count * share / float(probabilities @ share)
    return np.clip(numbers, 2.0, frame.creators.sizes)


def _quantile(
    frame: DrawFrame, parts: FloatArray, probabilities: FloatArray, numbers: FloatArray
) -> float:
    """t for as many units as carry the variance (Satterthwaite 1946, Biometrics 2, 110–114).

    The units are creators, or videos where the answer is about a few accounts.
    """
    codes = frame.creators.codes
    if frame.creators.count >= FEWEST_CREATORS:
        parts, chances = frame.creators.sums(parts), probabilities
    else:
        chances = (probabilities * numbers / frame.creators.sizes)[codes]
    carrying = float(parts.sum() ** 2 / (parts**2 / chances).sum())
    return float(t_quantile(_UPPER, max(carrying - 1, 2.0)))
