"""Synthetic videos of creators, with a known association and ratings with errors.

For video i of creator c, all letters but β, b independent standard normal:

    videos of c   1 + ⌊2 · Lomax(1.5)⌋, at most 60; drawn again until there are 20 in all, which
                  is what an analysis asks for (100 creators then weigh as 38 equal ones)
    surprise      s = √.4 A_c + √.6 B_i
    rating        50 + 15 (√.7 s + √.3 C_i), in whole numbers from 0 to 100, every second one
                  rounded to a multiple of 5: a reliability of .7, heaped as raters heap
    controls      ln followers f = 9 + 1.6 D_c; ln duration d = 3 + .7 H_i; ln age a = 3 + .5 I_i
    views         Poisson(m · Gamma(1.2)),
                  ln m = 6.4 + .45 (f - ln 1000) - .2 (d - 3) + .5 (a - 3) + β s + 1.2 E_c + .9 F_i
    likes         Poisson(views · exp(-2.5 + b s + .3 G_c) · Gamma(5))
    rare          yes for every tenth video, whatever else it is

Gamma(k) has mean 1 and variance 1 / k. The model of views is the sandbox's with creators further
apart: an ICC of log views near .5, between what was seen in outlets (.34 to .50) and among
trending videos (.64 to .74). β and b are 0, or PLANTED.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.quality_gate import FEWEST_ROWS

SEED = 20261124
PLANTED = (0.25, 0.1)
"""β and b: twice as surprising by one standard deviation has 28 % more views."""

CONTROLS = ("log_followers", "log_duration", "log_age")
TRUTH_ROWS = 4_000_000


@dataclass(frozen=True)
class Videos:
    """One sample: a row per video, and the creator of each."""

    frame: pd.DataFrame
    creators: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """The true value that each method estimates, over all possible videos."""

    spearman: float
    spearman_rate: float
    partial_spearman: float
    pearson_log1p: float
    log_ratio: float
    log_ratio_rate: float


def sample(clusters: int, planted: bool, run: int) -> Videos:
    """The videos of one run: the same for the same arguments."""
    rng = np.random.default_rng((SEED, clusters, planted, run))
    sizes = np.zeros(clusters, dtype=np.int64)
    while sizes.sum() < FEWEST_ROWS:
        sizes = np.minimum(1 + np.floor(2 * rng.pareto(1.5, clusters)).astype(np.int64), 60)
    creators = np.repeat(np.arange(clusters), sizes)
    return Videos(_videos(rng, creators, planted)[0], creators)


def _videos(
    rng: np.random.Generator, creators: npt.NDArray[np.int64], planted: bool
) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """The videos, and the true surprise of each."""
    count, n = int(creators.max()) + 1, len(creators)
    on_views, on_rate = PLANTED if planted else (0.0, 0.0)

    def of_creator(scale: float) -> npt.NDArray[np.float64]:
        return scale * rng.normal(size=count)[creators]

    def of_video(scale: float) -> npt.NDArray[np.float64]:
        return scale * rng.normal(size=n)

    surprise = of_creator(np.sqrt(0.4)) + of_video(np.sqrt(0.6))
    rating = 50 + 15 * (np.sqrt(0.7) * surprise + of_video(np.sqrt(0.3)))
    step = np.where(rng.random(n) < 0.5, 5.0, 1.0)
    controls = {
        "log_followers": 9 + of_creator(1.6),
        "log_duration": 3 + of_video(0.7),
        "log_age": 3 + of_video(0.5),
    }
    level = _log_views(controls) + on_views * surprise + of_creator(1.2) + of_video(0.9)
    views = rng.poisson(np.exp(level) * rng.gamma(1.2, 1 / 1.2, n))
    rate = np.exp(-2.5 + on_rate * surprise + of_creator(0.3))
    likes = rng.poisson(views * rate * rng.gamma(5, 1 / 5, n))
    rare = rng.random(n) < 0.1
    frame = pd.DataFrame(
        {
            "rating": np.clip(step * np.round(rating / step), 0, 100),
            **controls,
            "rare": rare.astype(np.float64),
            "views": views.astype(np.float64),
            "likes": likes.astype(np.float64),
        }
    )
    return frame, surprise


def _log_views(controls: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Expected log of views by the controls alone."""
    by_reach = 6.4 + 0.45 * (controls["log_followers"] - np.log(1000))
    return by_reach + 0.5 * (controls["log_age"] - 3) - 0.2 * (controls["log_duration"] - 3)


@cache
def truth(planted: bool) -> Truth:
    """0 where nothing is planted; else measured on millions of independent videos.

    The log rate ratios are β and b times the slope of surprise on rating: with normal errors the
    mean of a count is exactly log-linear in the rating too, at that smaller slope.
    """
    if not planted:
        return Truth(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    rng = np.random.default_rng((SEED, 0))
    frame, surprise = _videos(rng, np.arange(TRUTH_ROWS), planted=True)
    slope = np.cov(surprise, frame["rating"])[0, 1] / frame["rating"].var()
    ranks = frame[["rating", "views", *CONTROLS]].rank().corr().to_numpy()
    return Truth(
        spearman=float(ranks[0, 1]),
        spearman_rate=_of_rates(frame),
        partial_spearman=_partial(ranks),
        pearson_log1p=float(np.corrcoef(frame["rating"], np.log1p(frame["views"]))[0, 1]),
        log_ratio=float(PLANTED[0] * slope),
        log_ratio_rate=float(PLANTED[1] * slope),
    )


def _of_rates(frame: pd.DataFrame) -> float:
    seen = frame[frame["views"] > 0]
    return float(seen["rating"].corr(seen["likes"] / seen["views"], method="spearman"))


def _partial(correlations: npt.NDArray[np.float64]) -> float:
    """The partial correlation of the first two, from the inverse matrix."""
    inverse = np.linalg.inv(correlations)
    return float(-inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1]))
