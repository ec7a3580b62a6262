"""How many videos it takes to find a ratio within creators, from how sure these videos are."""

from dataclasses import dataclass
from math import ceil, exp, log
from typing import Any

from shared.insights.quality_gate import FEWEST_ROWS
from shared.insights.statistics.effect import Effect

USUAL_RATIOS = (1.05, 1.1, 1.25, 1.5)
_Z_95, _Z_80 = 1.959964, 0.841621


@dataclass(frozen=True, slots=True)
class RatioPower:
    """`step` is the difference in the predictor that the ratios are for.

    `smallest_ratio` is what these videos find with a chance of 80 %, and `needed` are the videos
    like these that it takes for other ratios: 20 at least, since fewer are not analysed.
    """

    step: float
    smallest_ratio: float
    needed: tuple[tuple[float, int], ...]

    def document(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "smallest_ratio": self.smallest_ratio,
            "of": [{"ratio": ratio, "videos_needed": videos} for ratio, videos in self.needed],
        }


def ratio_power(effect: Effect, step: float) -> RatioPower | None:
    """From the width of the interval; None where it has no end.

    The interval of flipped signs is skewed, so its half width stands for 1.96 standard errors. The
    width falls with the square root of the number of videos of as many more creators.
    """
    if effect.ci_low is None or effect.ci_high is None or not effect.ci_high > effect.ci_low:
        return None
    error = step * (effect.ci_high - effect.ci_low) / (2 * _Z_95)
    reach = (_Z_95 + _Z_80) * error
    if reach > 20:
        return None
    needed = tuple((ratio, _videos(effect.n, reach, ratio)) for ratio in USUAL_RATIOS)
    return RatioPower(step, exp(reach), needed)


def _videos(n: int, reach: float, ratio: float) -> int:
    return max(FEWEST_ROWS, ceil(n * (reach / log(ratio)) ** 2))
