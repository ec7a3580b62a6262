"""Ablation: does a rater agree better with one's benchmark when it is shown something more?

`off` is a rater, `on` the same with a word such as `+rag` in its name. On the videos that both and
the benchmark rated, each has its agreement, and their difference an interval of its own: the same
videos are left out of both, so what the two have in common cancels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from shared.insights.agreement.known_groups import area_of, group_of
from shared.insights.agreement.onset import ONSET, TOLERANCES_S
from shared.insights.agreement.peers import pair_icc
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    SHARE,
    Estimate,
    Scale,
    Statistic,
    jackknife_estimate,
    weighted_mean,
)
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import spearman_of

Verdict = Literal["better", "worse", "undecided", "stand_in"]
FEWEST = 2


@dataclass(frozen=True)
class RaterComparison:
    """One figure of agreement without and with the addition; `difference` is on minus off."""

    dimension: str
    benchmark: str
    metric: str
    off_rater: str
    on_rater: str
    off: Estimate
    on: Estimate
    difference: Estimate
    stand_in: bool

    @property
    def verdict(self) -> Verdict:
        """Whether the addition helps, by the whole interval of the difference."""
        if self.stand_in:
            return "stand_in"
        if self.difference.ci_low is not None and self.difference.ci_low > 0:
            return "better"
        if self.difference.ci_high is not None and self.difference.ci_high < 0:
            return "worse"
        return "undecided"

    def document(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension,
            "benchmark": self.benchmark,
            "metric": self.metric,
            "off_rater": self.off_rater,
            "on_rater": self.on_rater,
            "off": self.off.document(),
            "on": self.on.document(),
            "difference": self.difference.document(),
            "verdict": self.verdict,
        }


def pairs(ratings: Ratings, condition: str) -> list[tuple[str, str]]:
    """Raters that differ in this condition alone: (off, on)."""
    known = ratings.raters
    return [
        (without, rater)
        for rater in known
        if (without := _without(rater, condition)) != rater and without in known
    ]


def ablation(ratings: Ratings, condition: str) -> list[RaterComparison]:
    """Every comparison that the ratings allow, benchmark by benchmark."""
    return [
        compared
        for off, on in pairs(ratings, condition)
        for compared in _compared(ratings, off, on)
    ]


def _without(rater: str, condition: str) -> str:
    """The rater's name with the condition taken out; a configuration behind @ is left off."""
    name, _, _ = rater.partition("@")
    head, *shown = name.split("+")
    return "+".join([head, *(one for one in shown if one != condition)])


def _compared(ratings: Ratings, off: str, on: str) -> Iterator[RaterComparison]:
    for dimension in ratings.dimensions:
        if {off, on} <= set(ratings.of(dimension)):
            for benchmark, metric, scale, two in _measures(ratings, dimension, off, on):
                yield _one(ratings, dimension, benchmark, metric, scale, two, (off, on))


@dataclass(frozen=True)
class _StatisticPair:
    """The statistic of both raters on the same videos."""

    off: Statistic
    on: Statistic
    videos: int


Measured = tuple[str, str, Scale, _StatisticPair]


def _measures(ratings: Ratings, dimension: str, off: str, on: str) -> Iterator[Measured]:
    if dimension == ONSET:
        yield from _onsets(ratings, off, on)
        return
    table = ratings.table(dimension, [off, on])
    at = dict(zip(table.videos, table.values, strict=True))
    people = ratings.of(dimension, "human")
    if people:
        own, mean = _beside(at, _means(ratings, dimension, people))
        if len(mean) >= FEWEST:
            two = _StatisticPair(pair_icc(own[:, 0], mean), pair_icc(own[:, 1], mean), len(mean))
            yield "people's mean", "icc_a1", CORRELATION, two
            yield "people's mean", "spearman", CORRELATION, _ranked(own, mean)
    for benchmark in ratings.of(dimension, "benchmark"):
        own, value = _beside(at, _means(ratings, dimension, [benchmark]))
        if len(value) >= FEWEST:
            yield benchmark, "spearman", CORRELATION, _ranked(own, value)
    own, known = _beside(at, {video: float(g) for video, g in group_of(ratings).items()})
    if 0 < known.sum() < len(known):
        yield "known groups", "auc", SHARE, _groups(own, known > 0)


def _onsets(ratings: Ratings, off: str, on: str) -> Iterator[Measured]:
    table = ratings.table(ONSET, [off, on])
    at = dict(zip(table.videos, table.values, strict=True))
    people = ratings.of(ONSET, "human")
    sources = {"people's median": people, **{one: [one] for one in ratings.of(ONSET, "benchmark")}}
    for name, raters in sources.items():
        own, moment = _beside(at, _means(ratings, ONSET, raters, np.median))
        if len(moment) >= FEWEST:
            near = np.abs(own - moment[:, None]) <= max(TOLERANCES_S) + 1e-9
            hits = near.astype(np.float64)
            two = _StatisticPair(weighted_mean(hits[:, 0]), weighted_mean(hits[:, 1]), len(moment))
            yield name, f"within_{max(TOLERANCES_S):g}_s", SHARE, two


def _ranked(own: FloatArray, value: FloatArray) -> _StatisticPair:
    return _StatisticPair(spearman_of(own[:, 0], value), spearman_of(own[:, 1], value), len(value))


def _groups(own: FloatArray, surprising: Any) -> _StatisticPair:
    """Weights come in the order of the videos; the area wants the surprising ones first."""
    order = np.concatenate([np.flatnonzero(surprising), np.flatnonzero(~surprising)])

    def of(scores: FloatArray) -> Statistic:
        first, second = scores[surprising], scores[~surprising]
        above = (first[:, None] > second) + 0.5 * (first[:, None] == second)
        area = area_of(above)
        return lambda weights: area(weights[:, order])

    return _StatisticPair(of(own[:, 0]), of(own[:, 1]), len(own))


def _means(
    ratings: Ratings, dimension: str, raters: list[str], middle: Any = np.mean
) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for rater in raters:
        for video, replicates in ratings.values[(dimension, rater)].items():
            values.setdefault(video, []).extend(replicates.values())
    return {video: float(middle(given)) for video, given in values.items()}


def _beside(at: dict[str, FloatArray], of: dict[str, float]) -> tuple[FloatArray, FloatArray]:
    """The two raters' values and the benchmark's, of videos that all three have."""
    videos = [video for video, pair in at.items() if video in of and not np.isnan(pair).any()]
    own = np.array([at[video] for video in videos]).reshape(len(videos), 2)
    return own, np.array([of[video] for video in videos])


def _one(
    ratings: Ratings,
    dimension: str,
    benchmark: str,
    metric: str,
    scale: Scale,
    two: _StatisticPair,
    raters: tuple[str, str],
) -> RaterComparison:
    return RaterComparison(
        dimension,
        benchmark,
        metric,
        *raters,
        jackknife_estimate(two.off, two.videos, scale),
        jackknife_estimate(two.on, two.videos, scale),
        jackknife_estimate(lambda weights: two.on(weights) - two.off(weights), two.videos, PLAIN),
        any(rater in ratings.stand_ins for rater in raters),
    )
